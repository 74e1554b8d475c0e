import assert from "node:assert/strict";
import { CoreV1Api, KubeConfig, Watch } from "@kubernetes/client-node";
import { systemClock } from "../../src/clock.ts";
import { type HttpServer, serve } from "../../src/sandbox/http-server.ts";
import { createKubeApi } from "../../src/sandbox/kube/kube-api.ts";
import { seeded } from "./kube/api-client.ts";

function configFor(url: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "sandbox", server: url, skipTLSVerify: true }],
    users: [{ name: "me" }],
    contexts: [{ name: "sandbox", cluster: "sandbox", user: "me" }],
    currentContext: "sandbox",
  });
  return config;
}

describe("the HTTP server of the sandbox", () => {
  let server: HttpServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it("serves the Kubernetes API to the official client", async () => {
    const api = createKubeApi({ clock: systemClock, random: seeded(1) });
    server = await serve(api.handle, { port: 0 });
    const config = configFor(server.url);
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: "default", body: { metadata: { name: "a" }, data: { x: "1" } } });
    const list = await core.listNamespacedConfigMap({ namespace: "default", fieldSelector: "metadata.name=a" });
    assert.deepEqual(
      list.items.map(({ data }) => data),
      [{ x: "1" }],
    );
    await assert.rejects(core.readNamespacedConfigMap({ namespace: "default", name: "b" }), { code: 404 });

    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    const query = { resourceVersion: list.metadata?.resourceVersion ?? "" };
    const controller = await new Watch(config).watch(
      "/api/v1/namespaces/default/configmaps",
      query,
      (type: string, object: { metadata: { name: string } }) => {
        seen.push(`${type} ${object.metadata.name}`);
        if (seen.length === 2) done.resolve();
      },
      () => undefined,
    );
    await core.createNamespacedConfigMap({ namespace: "default", body: { metadata: { name: "c" } } });
    await core.deleteNamespacedConfigMap({ namespace: "default", name: "c" });
    await done.promise;
    controller.abort();
    assert.deepEqual(seen, ["ADDED c", "DELETED c"]);
  });

  it("closes at once although a watch is open", async () => {
    const api = createKubeApi({ clock: systemClock, random: seeded(1) });
    server = await serve(api.handle, { port: 0 });
    const response = await fetch(`${server.url}/api/v1/namespaces?watch=1`);
    const reader = response.body?.getReader();
    await reader?.read();
    await server.close();
    server = undefined;
    await assert.rejects(async () => {
      for (;;) if ((await reader?.read())?.done !== false) throw new Error("ended");
    });
  });

  it("rejects a port that is taken", async () => {
    const handler = () => Promise.resolve({ status: 200, headers: {}, body: "ok" });
    server = await serve(handler, { port: 0 });
    await assert.rejects(serve(handler, { port: server.port }), { code: "EADDRINUSE" });
  });
});
