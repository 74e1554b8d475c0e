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

describe("garbage collection", () => {
  async function family(policy: string): Promise<ApiClient> {
    const client = new ApiClient();
    const parent = await client.create(MAPS, configMap("parent"));
    const child = await client.create(
      MAPS,
      configMap(
        "child",
        {},
        { ownerReferences: [owner(parent, { blockOwnerDeletion: true })], finalizers: ["example.io/x"] },
      ),
    );
    await client.create(MAPS, configMap("grandchild", {}, { ownerReferences: [owner(child)] }));
    await client.clock.settle();
    await client.call("DELETE", `${MAPS}/parent`, { propagationPolicy: policy });
    await client.clock.settle();
    return client;
  }

  it("deletes dependents after their owner in the background", async () => {
    const client = await family("Background");
    assert.equal(await exists(client, `${MAPS}/parent`), false);
    const { body } = await client.get(`${MAPS}/child`);
    assert.notEqual((body["metadata"] as KubeObject["metadata"]).deletionTimestamp, undefined);
    await client.patch(`${MAPS}/child`, "merge", { metadata: { finalizers: null } });
    await client.clock.settle();
    assert.deepEqual(
      [await exists(client, `${MAPS}/child`), await exists(client, `${MAPS}/grandchild`)],
      [false, false],
    );
  });

  it("keeps the owner until its dependents are gone in the foreground", async () => {
    const client = await family("Foreground");
    const { body } = await client.get(`${MAPS}/parent`);
    assert.deepEqual((body["metadata"] as KubeObject["metadata"]).finalizers, ["foregroundDeletion"]);
    await client.patch(`${MAPS}/child`, "merge", { metadata: { finalizers: null } });
    await client.clock.settle();
    for (const name of ["parent", "child", "grandchild"])
      assert.equal(await exists(client, `${MAPS}/${name}`), false, name);
  });

  it("leaves orphans without the owner reference", async () => {
    const client = await family("Orphan");
    assert.equal(await exists(client, `${MAPS}/parent`), false);
    const { body } = await client.get(`${MAPS}/child`);
    const { ownerReferences, deletionTimestamp } = body["metadata"] as KubeObject["metadata"];
    assert.deepEqual([ownerReferences, deletionTimestamp], [undefined, undefined]);
  });

  it("deletes what names an owner that does not exist, and spares what has another", async () => {
    const client = new ApiClient();
    const real = await client.create(MAPS, configMap("real"));
    const ghost = { apiVersion: "v1", kind: "ConfigMap", name: "ghost", uid: "00000000-0000-4000-8000-000000000000" };
    await client.create(MAPS, configMap("lost", {}, { ownerReferences: [ghost] }));
    await client.create(MAPS, configMap("kept", {}, { ownerReferences: [ghost, owner(real)] }));
    await client.clock.settle();
    assert.equal(await exists(client, `${MAPS}/lost`), false);
    const { body } = await client.get(`${MAPS}/kept`);
    assert.deepEqual((body["metadata"] as KubeObject["metadata"]).ownerReferences, [owner(real)]);
  });
});

describe("namespaces", () => {
  it("exist from the start and bring their contents", async () => {
    const client = new ApiClient();
    await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    await client.clock.settle();
    const { body } = await client.get("/api/v1/namespaces");
    assert.deepEqual(
      (body["items"] as KubeObject[]).map(({ metadata }) => metadata.name),
      ["default", "kube-node-lease", "kube-public", "kube-system", "shop"],
    );
    const shop = await client.get("/api/v1/namespaces/shop");
    assert.deepEqual((shop.body["metadata"] as KubeObject["metadata"]).labels, {
      "kubernetes.io/metadata.name": "shop",
    });
    assert.equal(await exists(client, "/api/v1/namespaces/shop/serviceaccounts/default"), true);
    assert.equal(await exists(client, "/api/v1/namespaces/shop/configmaps/kube-root-ca.crt"), true);
  });

  it("go when all of their contents have gone, and take nothing new meanwhile", async () => {
    const client = new ApiClient();
    await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    await client.create("/api/v1/namespaces/shop/configmaps", configMap("a", {}, { finalizers: ["example.io/x"] }));
    await client.create("/api/v1/namespaces/shop/configmaps", configMap("b"));
    await client.call("DELETE", "/api/v1/namespaces/shop");
    await client.clock.advance(4_000);
    assert.equal(await exists(client, "/api/v1/namespaces/shop/configmaps/b"), true);
    await client.clock.advance(1_000);
    assert.equal(await exists(client, "/api/v1/namespaces/shop/configmaps/b"), false);
    const { body } = await client.get("/api/v1/namespaces/shop");
    const status = body["status"] as { phase: string; conditions: { type: string; status: string; message: string }[] };
    assert.equal(status.phase, "Terminating");
    assert.equal(
      status.conditions.find(({ type }) => type === "NamespaceFinalizersRemaining")?.message,
      "Some content in the namespace has finalizers remaining: example.io/x in 1 resource instances",
    );
    const refused = await client.call("POST", "/api/v1/namespaces/shop/configmaps", configMap("c"));
    assert.deepEqual(
      [refused.status, refused.body.message],
      [
        403,
        'configmaps "c" is forbidden: unable to create new content in namespace shop because it is being terminated',
      ],
    );
    await client.patch("/api/v1/namespaces/shop/configmaps/a", "merge", { metadata: { finalizers: null } });
    await client.clock.settle();
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
