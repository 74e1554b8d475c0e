import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { type Ingress, ingressKind, namespaceKind, type Service, serviceKind } from "../../src/api/builtin.ts";
import { AppError } from "../../src/errors.ts";
import type { HttpResponse } from "../../src/http.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { json, status } from "../support/fake-kube.ts";
import { outcome, service, services, setUp, web } from "../support/kube-client.ts";

describe("Kubernetes client retries", () => {
  it("J11: 429 three times, then success, is one successful call that waited as asked", async () => {
    const { kube, clock, metrics, client } = setUp();
    const times: number[] = [];
    kube.fault = () => {
      times.push(clock.monotonic());
      return times.length <= 3
        ? status(429, "TooManyRequests", "slow down", { headers: { "retry-after": "2" } })
        : undefined;
    };
    const created = await outcome(clock, client.create(serviceKind, { metadata: web }));
    assert.ok(!(created instanceof AppError));
    assert.deepEqual(times, [0, 2_100, 4_200, 6_300]);
    const retries = await metrics.value("fairlead_kube_request_retries_total", { code: "429", method: "POST" });
    assert.equal(retries, 3);
  });

  it("J11: no wait is longer than 15 s, and after five tries the error is given back", async () => {
    const { kube, clock, client } = setUp();
    const times: number[] = [];
    kube.fault = () => {
      times.push(clock.monotonic());
      return status(503, "ServiceUnavailable", "starting", { headers: { "retry-after": "13" } });
    };
    const error = await outcome(clock, client.get(serviceKind, web));
    assert.ok(error instanceof AppError);
    assert.deepEqual([error.class, error.code, error.retryAfterMs], ["transient", "ServiceUnavailable", 13_000]);
    assert.equal(times.length, 5);
    kube.fault = () => {
      times.push(clock.monotonic());
      return times.length === 6
        ? status(429, "TooManyRequests", "", { headers: { "retry-after": "3600" } })
        : json(200, {});
    };
    await outcome(clock, client.get(serviceKind, web));
    assert.equal((times[6] ?? 0) - (times[5] ?? 0), 15_100);
  });

  const repeats: readonly {
    readonly title: string;
    readonly answer: () => HttpResponse | Promise<HttpResponse>;
    readonly call: (client: KubeClient) => Promise<unknown>;
    readonly repeated: boolean;
  }[] = [
    {
      title: "a read after 500",
      answer: () => status(500, "InternalError", "etcd"),
      call: (client) => client.get(serviceKind, web),
      repeated: true,
    },
    {
      title: "a read after a lost connection",
      answer: () => Promise.reject(new Error("ECONNRESET")),
      call: (client) => client.get(serviceKind, web),
      repeated: true,
    },
    {
      title: "an apply after a lost connection",
      answer: () => Promise.reject(new Error("ECONNRESET")),
      call: (client) => client.apply(serviceKind, { metadata: web }),
      repeated: true,
    },
    {
      title: "a merge patch after 500",
      answer: () => status(500, "InternalError", "etcd"),
      call: (client) => client.mergePatch(serviceKind, web, {}),
      repeated: true,
    },
    {
      title: "a delete after 502",
      answer: () => ({ status: 502, headers: {}, body: "" }),
      call: (client) => client.delete(serviceKind, web),
      repeated: true,
    },
    {
      title: "a create after a lost connection",
      answer: () => Promise.reject(new Error("ECONNRESET")),
      call: (client) => client.create(serviceKind, { metadata: web }),
      repeated: false,
    },
    {
      title: "a create after 503 without a time",
      answer: () => status(503, "ServiceUnavailable", ""),
      call: (client) => client.create(serviceKind, { metadata: web }),
      repeated: false,
    },
    {
      title: "a merge patch with a version after 500",
      answer: () => status(500, "InternalError", ""),
      call: (client) => client.mergePatch(serviceKind, web, { metadata: { resourceVersion: "1" } }),
      repeated: false,
    },
    {
      title: "a JSON patch after 500",
      answer: () => status(500, "InternalError", ""),
      call: (client) => client.jsonPatch(serviceKind, web, []),
      repeated: false,
    },
    {
      title: "a read after 403",
      answer: () => status(403, "Forbidden", "no"),
      call: (client) => client.get(serviceKind, web),
      repeated: false,
    },
    {
      title: "a write after 409",
      answer: () => status(409, "Conflict", "changed"),
      call: (client) => client.apply(serviceKind, { metadata: web }),
      repeated: false,
    },
  ];
  for (const { title, answer, call, repeated } of repeats) {
    it(`J11: ${title} is ${repeated ? "" : "not "}tried again`, async () => {
      const { kube, clock, client } = setUp();
      kube.put(services, service());
      let first = true;
      kube.fault = () => {
        if (!first) return undefined;
        first = false;
        return answer();
      };
      const result = await outcome(clock, call(client));
      assert.equal(result instanceof AppError, !repeated);
      assert.equal(kube.requests.length, repeated ? 2 : 1);
    });
  }

  it("gives up on a server that never answers, in time and with a transient error", async () => {
    const { kube, clock, client } = setUp();
    kube.fault = () => new Promise(() => undefined);
    const error = await outcome(clock, client.get(serviceKind, web), 60_000);
    assert.ok(error instanceof AppError);
    assert.deepEqual([error.class, error.code], ["transient", "Timeout"]);
    const create = await outcome(clock, client.create(serviceKind, { metadata: web }), 30_000);
    assert.ok(create instanceof AppError && create.code === "Timeout");
  });

  it("gives up on an answer that stops in the middle, and lets go of its body", async () => {
    const { kube, clock, client } = setUp();
    let freed = 0;
    kube.fault = () => ({
      status: 200,
      headers: {},
      body: {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => undefined),
          return: () => {
            freed++;
            return Promise.resolve({ done: true as const, value: undefined });
          },
        }),
      },
    });
    const error = await outcome(clock, client.create(serviceKind, { metadata: web }), 30_000);
    assert.ok(error instanceof AppError && error.code === "Timeout");
    assert.equal(freed, 1);
  });

  it("ends at once with the reason of the caller's signal", async () => {
    const { kube, client } = setUp();
    kube.fault = () => new Promise(() => undefined);
    const controller = new AbortController();
    const call = client.get(serviceKind, web, { signal: controller.signal });
    const reason = new Error("stop");
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
  });

  it("J18: calls with one long-lived signal leave no listener on it", async () => {
    const { kube, client } = setUp();
    kube.put(services, service());
    const { signal } = new AbortController();
    for (let times = 0; times < 1_000; times++) await client.get(serviceKind, web, { signal });
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});

describe("errors of the Kubernetes API", () => {
  const cases: readonly [title: string, answer: HttpResponse, expected: Partial<AppError>][] = [
    ["403", status(403, "Forbidden", 'services "web" is forbidden'), { class: "denied", code: "Forbidden" }],
    ["409", status(409, "Conflict", "changed"), { class: "conflict", code: "Conflict" }],
    [
      "409 for a name that is taken",
      status(409, "AlreadyExists", "exists"),
      { class: "conflict", code: "AlreadyExists" },
    ],
    [
      "422",
      status(422, "Invalid", "bad port", {
        details: { causes: [{ reason: "FieldValueInvalid", field: "spec.ports[0]" }] },
      }),
      { class: "invalid", code: "Invalid", details: { status: 422, field: "spec.ports[0]" } },
    ],
    [
      "429 without a header",
      status(429, "TooManyRequests", "slow", { details: { retryAfterSeconds: 1 } }),
      { class: "transient", code: "TooManyRequests", retryAfterMs: 1_000 },
    ],
    ["500", status(500, "InternalError", "etcd"), { class: "transient", code: "InternalError" }],
    ["400", status(400, "BadRequest", "no"), { class: "invalid", code: "BadRequest" }],
    ["401", status(401, "Unauthorized", "Unauthorized"), { class: "transient", code: "Unauthorized" }],
    ["410", status(410, "Expired", "too old"), { class: "transient", code: "Expired" }],
    ["415", { status: 415, headers: {}, body: "" }, { class: "bug", code: "UnsupportedMediaType" }],
    [
      "a namespace that is being deleted",
      status(403, "Forbidden", "terminating", { details: { causes: [{ reason: "NamespaceTerminating" }] } }),
      { class: "missing", code: "NamespaceTerminating" },
    ],
    [
      "a text body",
      { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" },
      { class: "missing", code: "NotFound", message: "create Service shop/web failed: 404 page not found" },
    ],
    [
      "a page of a proxy",
      { status: 502, headers: { "content-type": "text/html" }, body: "<html><body>secret</body></html>" },
      { class: "transient", code: "BadGateway", message: "create Service shop/web failed: BadGateway" },
    ],
    [
      "an answer that is not JSON",
      { status: 200, headers: {}, body: "<html>" },
      { class: "transient", code: "MalformedAnswer" },
    ],
  ];
  for (const [title, answer, expected] of cases) {
    it(`J12: ${title} becomes class ${expected.class}, code ${expected.code}`, async () => {
      const { kube, clock, client } = setUp();
      kube.fault = () => ({ ...answer, headers: { ...answer.headers, "x-secret": "token" } });
      const error = await outcome(clock, client.create(serviceKind, { metadata: web }));
      assert.ok(error instanceof AppError);
      for (const [field, value] of Object.entries(expected))
        assert.deepEqual(error[field as keyof AppError], value, field);
      assert.doesNotMatch(`${error.message}${JSON.stringify(error)}`, /token|secret/, "headers and pages stay out");
    });
  }

  it("takes a failed test of a JSON patch as a conflict, not as an object that is not valid", async () => {
    const { kube, client } = setUp();
    const test = [{ op: "test", path: "/metadata/resourceVersion", value: "1" }] as const;
    kube.fault = () => status(422, "Invalid", "the server rejected our request due to an error in our request");
    await assert.rejects(client.jsonPatch(serviceKind, web, test), { class: "conflict", code: "Conflict" });
    await assert.rejects(client.jsonPatch(serviceKind, web, [{ op: "remove", path: "/a" }]), { class: "invalid" });
    kube.fault = () => status(422, "Invalid", "bad", { details: { causes: [{ field: "spec.ports" }] } });
    await assert.rejects(client.jsonPatch(serviceKind, web, test), { class: "invalid" });
  });

  it("says what was tried on which object", async () => {
    const { kube, client } = setUp();
    kube.fault = () => status(403, "Forbidden", "no");
    const cases: [Promise<unknown>, RegExp][] = [
      [client.get<Ingress>(ingressKind, web), /^get Ingress shop\/web failed: no$/],
      [client.delete(namespaceKind, { name: "shop" }), /^delete Namespace shop failed: no$/],
      [client.list<Service>(serviceKind, {}), /^list services failed: no$/],
      [client.apply(serviceKind, { metadata: web }), /^apply Service shop\/web failed: no$/],
      [client.jsonPatch(serviceKind, web, []), /^patch Service shop\/web failed: no$/],
    ];
    for (const [call, message] of cases) await assert.rejects(call, { message });
  });
});
