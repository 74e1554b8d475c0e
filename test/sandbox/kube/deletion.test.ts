import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { ApiClient, configMap } from "./api-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";

function owner(object: KubeObject, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    uid: object.metadata.uid,
    ...extra,
  };
}

function pod(name: string, spec: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "main", image: "x" }], ...spec },
  };
}

async function exists(client: ApiClient, path: string): Promise<boolean> {
  return (await client.get(path)).status === 200;
}

describe("deletion", () => {
  it("answers with a Status that names the object", async () => {
    const client = new ApiClient();
    const { metadata } = await client.create(MAPS, configMap("a"));
    const { status, body } = await client.call("DELETE", `${MAPS}/a`);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: metadata.uid },
    });
  });

  it("waits for finalizers and takes no new ones", async () => {
    const client = new ApiClient();
    await client.create(MAPS, configMap("a", {}, { finalizers: ["example.io/x"] }));
    const { body } = await client.call("DELETE", `${MAPS}/a`);
    assert.equal((body["metadata"] as KubeObject["metadata"]).deletionTimestamp, "2026-01-01T00:00:00Z");
    const more = await client.patch(`${MAPS}/a`, "merge", {
      metadata: { finalizers: ["example.io/x", "example.io/y"] },
    });
    assert.deepEqual(
      [more.status, more.body.message],
      [
        422,
        'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.io/y"}',
      ],
    );
    const last = await client.patch(`${MAPS}/a`, "merge", { metadata: { finalizers: [] } });
    assert.equal(last.status, 200);
    assert.equal(await exists(client, `${MAPS}/a`), false);
  });

  it("gives pods on a node their grace period, and none to others", async () => {
    const client = new ApiClient();
    await client.createAccount();
    await client.create(PODS, pod("free"));
    await client.create(PODS, pod("bound", { nodeName: "n1", terminationGracePeriodSeconds: 20 }));
    await client.call("DELETE", `${PODS}/free`);
    const { body } = await client.call("DELETE", `${PODS}/bound`);
    assert.equal(await exists(client, `${PODS}/free`), false);
    const { deletionTimestamp, deletionGracePeriodSeconds } = body["metadata"] as KubeObject["metadata"];
    assert.deepEqual([deletionTimestamp, deletionGracePeriodSeconds], ["2026-01-01T00:00:20Z", 20]);
    await client.call("DELETE", `${PODS}/bound?gracePeriodSeconds=0`);
    assert.equal(await exists(client, `${PODS}/bound`), false);
  });

  it("of a collection takes what is selected", async () => {
    const client = new ApiClient();
    await client.create(MAPS, configMap("a", {}, { labels: { x: "1" } }));
    await client.create(MAPS, configMap("b"));
    const { body } = await client.call("DELETE", `${MAPS}?labelSelector=x%3D1`);
    assert.deepEqual(
      (body["items"] as KubeObject[]).map(({ metadata }) => metadata.name),
      ["a"],
    );
    assert.deepEqual([await exists(client, `${MAPS}/a`), await exists(client, `${MAPS}/b`)], [false, true]);
  });
});

describe("the ways of a deletion", () => {
  const cases = [
    { policy: "Foreground", finalizers: ["foregroundDeletion"] },
    { policy: "Orphan", finalizers: ["orphan"] },
    { policy: "Background", finalizers: undefined },
  ];
  for (const { policy, finalizers } of cases) {
    it(`are left to a garbage collector by finalizers: ${policy}`, async () => {
      const client = new ApiClient();
      const parent = await client.create(MAPS, configMap("parent"));
      await client.create(MAPS, configMap("child", {}, { ownerReferences: [owner(parent)] }));
      await client.call("DELETE", `${MAPS}/parent`, { propagationPolicy: policy });
      await client.clock.settle();
      const { status, body } = await client.get(`${MAPS}/parent`);
      assert.equal(status, finalizers === undefined ? 404 : 200);
      if (status === 200) assert.deepEqual((body["metadata"] as KubeObject["metadata"]).finalizers, finalizers);
      assert.equal(await exists(client, `${MAPS}/child`), true);
    });
  }
});

describe("namespaces", () => {
  it("exist from the start", async () => {
    const client = new ApiClient();
    await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    const { body } = await client.get("/api/v1/namespaces");
    assert.deepEqual(
      (body["items"] as KubeObject[]).map(({ metadata }) => metadata.name),
      ["default", "kube-node-lease", "kube-public", "kube-system", "shop"],
    );
    const shop = await client.get("/api/v1/namespaces/shop");
    assert.deepEqual((shop.body["metadata"] as KubeObject["metadata"]).labels, {
      "kubernetes.io/metadata.name": "shop",
    });
  });

  it("take nothing new while they go, and go when they are finalized", async () => {
    const client = new ApiClient();
    await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    const { body } = await client.call("DELETE", "/api/v1/namespaces/shop");
    assert.equal((body["status"] as { phase: string }).phase, "Terminating");
    const refused = await client.call("POST", "/api/v1/namespaces/shop/configmaps", configMap("c"));
    assert.deepEqual(
      [refused.status, refused.body.message],
      [
        403,
        'configmaps "c" is forbidden: unable to create new content in namespace shop because it is being terminated',
      ],
    );
    const { metadata } = body as unknown as KubeObject;
    const finalized = { apiVersion: "v1", kind: "Namespace", metadata, spec: { finalizers: [] } };
    const done = await client.call("PUT", "/api/v1/namespaces/shop/finalize", finalized);
    assert.equal(done.status, 200);
    assert.equal(await exists(client, "/api/v1/namespaces/shop"), false);
  });

  it("of the cluster itself cannot be deleted", async () => {
    const { status, body } = await new ApiClient().call("DELETE", "/api/v1/namespaces/default");
    assert.deepEqual(
      [status, body.message],
      [403, 'namespaces "default" is forbidden: this namespace may not be deleted'],
    );
  });
});
