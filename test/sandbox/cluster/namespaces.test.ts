import assert from "node:assert/strict";
import { type ClusterResource, resources } from "../../../src/sandbox/cluster/cluster-api.ts";
import { conditionsOf } from "../../../src/sandbox/cluster/pod-state.ts";
import { stringAt } from "../../../src/sandbox/kube/builtin/fields.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { type ClusterHarness, podSpecOf, startHarness, stopPlane, testNode } from "./cluster-harness.ts";

const configMaps: ClusterResource = { group: "", version: "v1", plural: "configmaps" };
const accounts: ClusterResource = { group: "", version: "v1", plural: "serviceaccounts" };

describe("namespaces of the sandbox cluster", () => {
  let harness: ClusterHarness;
  let name: string;

  beforeEach(async () => {
    harness = await startHarness([testNode(1)]);
    name = `${harness.namespace}-shop`;
    await harness.create(resources.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  afterEach(async () => {
    await harness.stop();
  });
  after(stopPlane);

  const has = async (resource: ClusterResource, object: string): Promise<boolean> =>
    (await harness.api.get(resource, { namespace: name, name: object })) !== undefined;
  const make = (object: string, metadata: Partial<KubeObject["metadata"]> = {}): Promise<KubeObject> =>
    harness.api.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, name: object, namespace: name },
    });
  const isGone = async (): Promise<boolean> => (await harness.api.get(resources.namespaces, { name })) === undefined;
  const condition = async (type: string): Promise<string | undefined> => {
    const namespace = await harness.api.get(resources.namespaces, { name });
    return conditionsOf(namespace).find((each) => each.type === type)?.message;
  };

  it("have an account and the root certificate, and get them back", async () => {
    const complete = async (): Promise<boolean> =>
      (await has(accounts, "default")) && (await has(configMaps, "kube-root-ca.crt"));
    await harness.until(complete);
    const certificate = { namespace: name, name: "kube-root-ca.crt" };
    assert.equal(stringAt(await harness.api.get(configMaps, certificate), "data", "ca.crt"), "the root");
    await harness.api.delete(accounts, { namespace: name, name: "default" }, {});
    await harness.api.delete(configMaps, certificate, {});
    await harness.until(complete);
    await harness.api.patch(configMaps, certificate, { data: { "ca.crt": "another" } });
    await harness.until(
      async () => stringAt(await harness.api.get(configMaps, certificate), "data", "ca.crt") === "the root",
    );
  });

  it("run pods as soon as they are there", async () => {
    const metadata = { name: "first", namespace: name };
    await harness.api.create(resources.deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        selector: { matchLabels: { app: "first" } },
        template: { metadata: { labels: { app: "first" } }, spec: podSpecOf() },
      },
    });
    await harness.until(async () => {
      const { items } = await harness.api.list(resources.pods, { namespace: name });
      return items.length === 1 && items.every((pod) => stringAt(pod, "status", "phase") === "Running");
    });
    await harness.api.delete(resources.deployments, metadata, { propagationPolicy: "Foreground" });
    await harness.until(async () => (await harness.api.list(resources.pods, { namespace: name })).items.length === 0);
  });

  it("go when all of their contents have gone, and tell what they wait for", async () => {
    await make("a", { finalizers: ["example.io/x"] });
    await make("b");
    await harness.api.delete(resources.namespaces, { name }, {});
    assert.equal(await has(configMaps, "b"), true);
    await harness.until(async () => !(await has(configMaps, "b")));
    const held = "Some content in the namespace has finalizers remaining: example.io/x in 1 resource instances";
    await harness.until(async () => (await condition("NamespaceFinalizersRemaining")) === held);
    assert.equal(
      await condition("NamespaceContentRemaining"),
      "Some resources are remaining: configmaps. has 1 resource instances",
    );
    assert.equal(await isGone(), false);
    await harness.api.patch(configMaps, { namespace: name, name: "a" }, { metadata: { finalizers: null } });
    await harness.until(isGone);
  });

  it("end their pods before the rest goes", async () => {
    await make("needed");
    const pod = { name: "slow", namespace: name };
    await harness.until(() => has(accounts, "default"));
    await harness.api.create(resources.pods, { apiVersion: "v1", kind: "Pod", metadata: pod, spec: podSpecOf() });
    await harness.until(
      async () => stringAt(await harness.api.get(resources.pods, pod), "status", "phase") === "Running",
    );
    await harness.api.patch(resources.pods, pod, { metadata: { finalizers: ["example.io/hold"] } });
    await harness.api.delete(resources.namespaces, { name }, {});
    await harness.until(
      async () => (await harness.api.get(resources.pods, pod))?.metadata.deletionTimestamp !== undefined,
    );
    await harness.until(async () => (await condition("NamespaceContentRemaining")) !== undefined);
    assert.equal(await has(configMaps, "needed"), true);
    await harness.api.patch(resources.pods, pod, { metadata: { finalizers: null } });
    await harness.until(isGone);
  });
});
