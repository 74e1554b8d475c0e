import assert from "node:assert/strict";
import { serviceKind } from "../../src/api/builtin.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { json, status } from "../support/fake-kube.ts";
import { service, services, setUp, web } from "../support/kube-client.ts";

describe("Kubernetes client", () => {
  it("reads one object, and knows when there is none", async () => {
    const { kube, client } = setUp();
    kube.put(services, service());
    assert.equal((await client.get(serviceKind, web))?.spec?.type, "LoadBalancer");
    assert.equal(await client.get(serviceKind, { namespace: "shop", name: "other" }), undefined);
    assert.deepEqual(
      kube.requests.map((request) => [request.method, request.path]),
      [
        ["GET", "/api/v1/namespaces/shop/services/web"],
        ["GET", "/api/v1/namespaces/shop/services/other"],
      ],
    );
  });

  it("reads collections in pages and starts over when the version expires between them", async () => {
    const { kube, client } = setUp();
    for (let index = 0; index < 700; index++)
      kube.put(services, { metadata: { namespace: "shop", name: `s${index}` } });
    let faults = 1;
    kube.fault = (request) =>
      request.query.has("continue") && faults-- > 0 ? status(410, "Expired", "continue expired") : undefined;
    const all = await client.list(serviceKind, { labelSelector: "a=b" });
    assert.equal(all.length, 700);
    assert.deepEqual([all[0]?.kind, all[0]?.apiVersion], ["Service", "v1"]);
    assert.equal(kube.lists.length, 4);
    assert.equal(kube.lists[0]?.query.get("labelSelector"), "a=b");
  });

  it("creates an object with its kind and our field manager", async () => {
    const { kube, client } = setUp();
    const created = await client.create(serviceKind, { metadata: web, spec: { type: "ClusterIP" } });
    assert.equal(created.metadata.uid, "uid-1");
    const [request] = kube.requests;
    assert.equal(request?.path, "/api/v1/namespaces/shop/services?fieldManager=fairlead");
    assert.deepEqual(JSON.parse(request?.body ?? ""), {
      apiVersion: "v1",
      kind: "Service",
      metadata: web,
      spec: { type: "ClusterIP" },
    });
  });

  it("deletes under a uid as precondition, and takes an object that is gone or replaced as deleted", async () => {
    const { kube, client } = setUp();
    kube.put(services, service());
    await client.delete(serviceKind, web, { uid: "uid-1" });
    assert.deepEqual(JSON.parse(kube.requests[0]?.body ?? "").preconditions, { uid: "uid-1" });
    await client.delete(serviceKind, web);
    kube.fault = () => status(409, "Conflict", "Precondition failed: UID in precondition: a, UID in object meta: b");
    await client.delete(serviceKind, web, { uid: "uid-1" });
  });

  it("refuses a namespaced object without a namespace", async () => {
    const { client } = setUp();
    await assert.rejects(client.get(serviceKind, { name: "web" }), TypeError);
    await assert.rejects(client.create(serviceKind, { metadata: { name: "web" } }), TypeError);
  });

  const patches: readonly {
    readonly title: string;
    readonly type: string;
    readonly body: unknown;
    readonly send: (client: KubeClient) => Promise<KubeObject>;
    readonly path?: string;
  }[] = [
    {
      title: "a merge patch",
      type: "application/merge-patch+json",
      body: { a: 1 },
      send: (client) => client.mergePatch(serviceKind, web, { a: 1 }),
    },
    {
      title: "a merge patch of the status of a custom object",
      type: "application/merge-patch+json",
      body: { status: {} },
      send: (client) =>
        client.mergePatch(
          { group: "fairlead.io", version: "v1alpha1", kind: "NodeGroup", plural: "nodegroups", namespaced: true },
          web,
          { status: {} },
          { subresource: "status" },
        ),
      path: "/apis/fairlead.io/v1alpha1/namespaces/shop/nodegroups/web/status?fieldManager=fairlead",
    },
    {
      title: "a JSON patch",
      type: "application/json-patch+json",
      body: [{ op: "remove", path: "/a" }],
      send: (client) => client.jsonPatch(serviceKind, web, [{ op: "remove", path: "/a" }]),
    },
    {
      title: "a strategic merge patch",
      type: "application/strategic-merge-patch+json",
      body: { a: 1 },
      send: (client) => client.strategicPatch(serviceKind, web, { a: 1 }),
    },
    {
      title: "a server-side apply",
      type: "application/apply-patch+yaml",
      body: { metadata: web, spec: {}, apiVersion: "v1", kind: "Service" },
      send: (client) => client.apply(serviceKind, { metadata: web, spec: {} }),
      path: "/api/v1/namespaces/shop/services/web?fieldManager=fairlead&force=false",
    },
    {
      title: "a server-side apply that takes fields over",
      type: "application/apply-patch+yaml",
      body: { metadata: web, apiVersion: "v1", kind: "Service" },
      send: (client) => client.apply(serviceKind, { metadata: web }, { force: true, subresource: "status" }),
      path: "/api/v1/namespaces/shop/services/web/status?fieldManager=fairlead&force=true",
    },
  ];
  for (const { title, type, body, send, path } of patches) {
    it(`J13: sends ${title} with its own content type`, async () => {
      const { kube, client } = setUp();
      kube.fault = () => json(200, {});
      await send(client);
      const [request] = kube.requests;
      assert.equal(request?.method, "PATCH");
      assert.equal(request?.headers["content-type"], type);
      assert.equal(request?.path, path ?? "/api/v1/namespaces/shop/services/web?fieldManager=fairlead");
      assert.deepEqual(JSON.parse(request?.body ?? ""), body);
    });
  }

  it("J14: fields that we do not know survive all our writes byte for byte", async () => {
    const { kube, client } = setUp();
    const unknown = { "x-kubernetes-int-or-string": true, at: "2026-01-01T00:00:00.123456Z", deep: [{ big: 0.1 }] };
    kube.put(services, service({ unknown }));
    await client.mergePatch(serviceKind, web, { metadata: { annotations: { a: "b" } } });
    await client.apply(serviceKind, { metadata: web, spec: { type: "ClusterIP" } });
    const read = (await client.get(serviceKind, web)) as unknown as { unknown: unknown };
    assert.equal(JSON.stringify(read.unknown), JSON.stringify(unknown));
    for (const request of kube.requests) assert.notEqual(request.method, "PUT");
  });
});
