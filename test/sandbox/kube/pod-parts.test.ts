import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { ApiClient } from "./api-client.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const PODS = `${NAMESPACE}/pods`;
const BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const merge = { "content-type": "application/merge-patch+json" };
const target = { kind: "Node", name: "node-1" };
const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } };

async function clientWithPod(): Promise<ApiClient> {
  const client = new ApiClient();
  await client.create(`${NAMESPACE}/serviceaccounts`, { metadata: { name: "default" } });
  const metadata = { name: "a", labels: { app: "a" } };
  await client.create(PODS, { metadata, spec: { containers: [{ name: "main", image: "nginx" }] } });
  return client;
}

async function podOf(client: ApiClient): Promise<KubeObject> {
  return (await client.get(`${PODS}/a`)).body as unknown as KubeObject;
}

describe("bindings of pods", () => {
  it("count as no change of the generation, and nobody owns what they write", async () => {
    const client = await clientWithPod();
    const before = await podOf(client);
    const { status } = await client.call("POST", `${NAMESPACE}/bindings`, { metadata: { name: "a" }, target });
    assert.equal(status, 201);
    const after = await podOf(client);
    assert.equal((after["spec"] as { nodeName?: string }).nodeName, "node-1");
    assert.equal(after.metadata.generation, 1);
    assert.deepEqual(after.metadata.managedFields, before.metadata.managedFields);
  });

  it("must name the pod of their path", async () => {
    const client = await clientWithPod();
    const { status, body } = await client.call("POST", `${PODS}/a/binding`, { target });
    assert.deepEqual([status, body.message], [400, "name in URL does not match name in Binding object"]);
  });
});

describe("evictions of pods", () => {
  it("take from a budget what it allows, and are refused beyond it", async () => {
    const client = await clientWithPod();
    await client.call("POST", `${PODS}/a/binding`, { metadata: { name: "a" }, target });
    await client.call("PATCH", `${PODS}/a/status`, { status: { phase: "Running" } }, merge);
    const selector = { matchLabels: { app: "a" } };
    await client.create(BUDGETS, { metadata: { name: "guard" }, spec: { minAvailable: 1, selector } });
    const allow = (disruptionsAllowed: number): Promise<unknown> => {
      const status = { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
      return client.call("PATCH", `${BUDGETS}/guard/status`, { status: { ...status, disruptionsAllowed } }, merge);
    };
    await client.call("PATCH", `${PODS}/a/status`, ready, merge);
    await allow(0);
    assert.equal((await client.call("POST", `${PODS}/a/eviction`, eviction)).status, 429);
    assert.equal((await podOf(client)).metadata.deletionTimestamp, undefined);
    await allow(1);
    assert.equal((await client.call("POST", `${PODS}/a/eviction`, eviction)).status, 201);
    assert.notEqual((await podOf(client)).metadata.deletionTimestamp, undefined);
    const { body } = await client.get(`${BUDGETS}/guard`);
    assert.equal((body["status"] as { disruptionsAllowed: number }).disruptionsAllowed, 0);
  });
});

const ready = { status: { conditions: [{ type: "Ready", status: "True" }] } };
