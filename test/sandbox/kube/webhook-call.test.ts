import assert from "node:assert/strict";
import { systemClock } from "../../../src/clock.ts";
import { type HttpServer, serve } from "../../../src/sandbox/http-server.ts";
import { createWebhookCaller } from "../../../src/sandbox/kube/webhook-call.ts";
import { SimClock } from "../../support/sim-clock.ts";

describe("webhook calls over the network", () => {
  let server: HttpServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it("post the review and give the answer", async () => {
    server = await serve(
      ({ method, path, body }) =>
        Promise.resolve({
          status: 200,
          headers: {},
          body: JSON.stringify({ method, path, got: JSON.parse(String(body)) as unknown }),
        }),
      { port: 0 },
    );
    const answer = await createWebhookCaller(systemClock)(
      { url: `${server.url}/check` },
      { kind: "AdmissionReview" },
      { timeoutSeconds: 5 },
    );
    assert.deepEqual(answer, { method: "POST", path: "/check?timeout=5s", got: { kind: "AdmissionReview" } });
  });

  it("fail on other statuses than 200", async () => {
    server = await serve(() => Promise.resolve({ status: 503, headers: {}, body: "not yet" }), { port: 0 });
    await assert.rejects(createWebhookCaller(systemClock)({ url: server.url }, {}, { timeoutSeconds: 5 }), {
      message: "the server is currently unable to handle the request",
    });
  });

  it("give up at their time-out", async () => {
    const clock = new SimClock();
    const reached = Promise.withResolvers<void>();
    server = await serve(
      () => {
        reached.resolve();
        return new Promise(() => undefined);
      },
      { port: 0 },
    );
    const call = createWebhookCaller(clock)({ url: server.url }, {}, { timeoutSeconds: 3 });
    const outcome = assert.rejects(call, { message: `Post "${server.url}/?timeout=3s": context deadline exceeded` });
    await reached.promise;
    await clock.advance(3_000);
    await outcome;
  });

  it("cannot reach services", async () => {
    const target = { service: { namespace: "a", name: "b" } };
    await assert.rejects(createWebhookCaller(systemClock)(target, {}, { timeoutSeconds: 3 }), {
      message: 'service "a/b" cannot be reached from the sandbox; set clientConfig.url',
    });
  });
});
