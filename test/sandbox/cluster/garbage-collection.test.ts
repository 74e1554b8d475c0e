import assert from "node:assert/strict";
import { type ClusterResource, resources } from "../../../src/sandbox/cluster/cluster-api.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { type ClusterHarness, deployment, service, startHarness, stopPlane, testNode } from "./cluster-harness.ts";

const configMaps: ClusterResource = { group: "", version: "v1", plural: "configmaps" };
const clusterRoles: ClusterResource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles" };
const definitions: ClusterResource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
};
const absentOwner = { apiVersion: "v1", kind: "ConfigMap", name: "ghost", uid: "00000000-0000-4000-8000-000000000000" };

describe("garbage collection", () => {
  let harness: ClusterHarness;

  beforeEach(async () => {
    harness = await startHarness([testNode(1)]);
  });
  afterEach(async () => {
    await harness.stop();
  });
  after(stopPlane);

  const make = (name: string, metadata: Partial<KubeObject["metadata"]> = {}): Promise<KubeObject> =>
    harness.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata } });
  const find = (name: string): Promise<KubeObject | undefined> => harness.get(configMaps, name);
  const gone = async (...names: readonly string[]): Promise<boolean> => {
    const there = (await harness.list(configMaps)).map(({ metadata }) => metadata.name);
    return !names.some((name) => there.includes(name));
  };
  const release = (name: string): Promise<KubeObject> =>
    harness.api.patch(configMaps, { namespace: harness.namespace, name }, { metadata: { finalizers: null } });
  /** Something that the collector sees after all that went before, and does at once. */
  const settled = async (): Promise<void> => {
    await make("marker", { ownerReferences: [absentOwner] });
    await harness.until(() => gone("marker"));
  };

  /** `child`, held by a finalizer, belongs to `parent`, and `grandchild` to `child`. */
  async function family(propagationPolicy: "Background" | "Foreground" | "Orphan"): Promise<void> {
    const parent = await make("parent");
    const ownerReferences = [{ ...reference(parent), blockOwnerDeletion: true }];
    const child = await make("child", { ownerReferences, finalizers: ["example.io/x"] });
    await make("grandchild", { ownerReferences: [reference(child)] });
    await settled();
    await harness.api.delete(configMaps, parent.metadata, { propagationPolicy });
  }

  it("deletes dependents after their owner in the background", async () => {
    await family("Background");
    await harness.until(async () => (await find("child"))?.metadata.deletionTimestamp !== undefined);
    assert.equal(await find("parent"), undefined);
    assert.equal((await find("grandchild"))?.metadata.deletionTimestamp, undefined);
    await release("child");
    await harness.until(() => gone("child", "grandchild"));
  });

  it("keeps the owner until its dependents are gone in the foreground", async () => {
    await family("Foreground");
    // The child has a dependent of its own, which goes first.
    await harness.until(() => gone("grandchild"));
    await harness.until(async () => (await find("child"))?.metadata.finalizers?.join() === "example.io/x");
    assert.deepEqual((await find("parent"))?.metadata.finalizers, ["foregroundDeletion"]);
    await release("child");
    await harness.until(() => gone("parent", "child"));
  });

  it("does not wait for a dependent that blocks nothing", async () => {
    const parent = await make("parent");
    await make("child", { ownerReferences: [reference(parent)], finalizers: ["example.io/x"] });
    await settled();
    await harness.api.delete(configMaps, parent.metadata, { propagationPolicy: "Foreground" });
    await harness.until(() => gone("parent"));
    await harness.until(async () => (await find("child"))?.metadata.deletionTimestamp !== undefined);
    await release("child");
    await harness.until(() => gone("child"));
  });

  it("ends a circle of owners that wait for each other", async () => {
    const one = await make("one");
    const two = await make("two", { ownerReferences: [{ ...reference(one), blockOwnerDeletion: true }] });
    const back = { metadata: { ownerReferences: [{ ...reference(two), blockOwnerDeletion: true }] } };
    await harness.api.patch(configMaps, one.metadata, back);
    await settled();
    await harness.api.delete(configMaps, one.metadata, { propagationPolicy: "Foreground" });
    await harness.until(() => gone("one", "two"));
  });

  it("leaves orphans without the owner reference", async () => {
    await family("Orphan");
    await harness.until(() => gone("parent"));
    const { ownerReferences, deletionTimestamp } = (await find("child"))?.metadata ?? {};
    assert.deepEqual([ownerReferences, deletionTimestamp], [undefined, undefined]);
    assert.equal((await find("grandchild"))?.metadata.ownerReferences?.length, 1);
    await release("child");
  });

  it("deletes what names an owner that does not exist, and spares what has another", async () => {
    const owner = await make("real");
    await make("kept", { ownerReferences: [absentOwner, reference(owner)] });
    await make("lost", { ownerReferences: [absentOwner] });
    await harness.until(() => gone("lost"));
    await harness.until(async () => (await find("kept"))?.metadata.ownerReferences?.length === 1);
    assert.deepEqual((await find("kept"))?.metadata.ownerReferences, [reference(owner)]);
  });

  it("takes a namesake of the owner for another object", async () => {
    const first = await make("owner");
    await make("child", { ownerReferences: [reference(first)], finalizers: ["example.io/x"] });
    await harness.api.delete(configMaps, first.metadata, {});
    const second = await make("owner");
    await make("other", { ownerReferences: [reference(second)] });
    await harness.until(async () => (await find("child"))?.metadata.deletionTimestamp !== undefined);
    await settled();
    assert.notEqual(await find("other"), undefined);
    await release("child");
  });

  it("looks for the owner in the dependent's own namespace only", async () => {
    const name = `${harness.namespace}-other`;
    await harness.create(resources.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    const metadata = { name: "far", namespace: name };
    const far = await harness.api.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
    await make("near", { ownerReferences: [reference(far)] });
    await harness.until(() => gone("near"));
    assert.notEqual(await harness.api.get(configMaps, metadata), undefined);
  });

  it("leaves alone what has no namespace and names an owner that has one", async () => {
    const owner = await make("owner");
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: `${harness.namespace}-role`, ownerReferences: [{ ...reference(owner), uid: absentOwner.uid }] },
    };
    const { metadata } = await harness.create(clusterRoles, role);
    await settled();
    assert.notEqual(await harness.api.get(clusterRoles, metadata), undefined);
    await harness.api.delete(clusterRoles, metadata, {});
  });

  it("takes a deployment's sets and pods, and a service's slices", async () => {
    const web = await harness.create(resources.deployments, deployment("web", 2));
    const front = await harness.create(resources.services, service("web", [{ port: 80, targetPort: "http" }]));
    await harness.until(async () => (await harness.list(resources.endpointSlices)).length === 1);
    await harness.until(async () => (await harness.list(resources.pods)).length === 2);
    await harness.api.delete(resources.deployments, web.metadata, { propagationPolicy: "Foreground" });
    await harness.api.delete(resources.services, front.metadata, {});
    for (const resource of [resources.deployments, resources.replicaSets, resources.pods, resources.endpointSlices]) {
      await harness.until(async () => (await harness.list(resource)).length === 0);
    }
  });

  it("follows kinds that come and go", async () => {
    const group = `${harness.namespace}.example.io`;
    const shelves: ClusterResource = { group, version: "v1", plural: "shelves" };
    const crd = definition(group);
    for (const round of [1, 2]) {
      await harness.create(definitions, crd);
      await harness.until(async () => (await harness.api.discover()).some((found) => found.group === group));
      const shelf = { apiVersion: `${group}/v1`, kind: "Shelf", metadata: { name: `s${round}` } };
      const owner = await created(() => harness.create(shelves, shelf));
      await make(`book${round}`, { ownerReferences: [reference(owner)] });
      await make(`kept${round}`);
      await harness.api.delete(shelves, owner.metadata, {});
      await harness.until(() => gone(`book${round}`));
      const second = await harness.create(shelves, shelf);
      await make(`paper${round}`, { ownerReferences: [reference(second)] });
      await harness.api.delete(definitions, crd.metadata, {});
      await harness.until(async () => (await harness.get(definitions, crd.metadata.name)) === undefined);
    }
    assert.notEqual(await find("kept2"), undefined);
  });

  /** A kind is in discovery a little before it can be used. */
  async function created(create: () => Promise<KubeObject>): Promise<KubeObject> {
    let made: KubeObject | undefined;
    await harness.until(async () => {
      made = await create().catch(() => undefined);
      return made !== undefined;
    });
    return made as KubeObject;
  }
});

function reference({
  apiVersion,
  kind,
  metadata,
}: KubeObject): NonNullable<KubeObject["metadata"]["ownerReferences"]>[0] {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" };
}

function definition(group: string): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `shelves.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "shelves", singular: "shelf", kind: "Shelf", listKind: "ShelfList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  };
}
