import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { ApiClient, configMap, deployment } from "./api-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1: unknown;
}

function entries(object: unknown): readonly Entry[] {
  return ((object as KubeObject).metadata.managedFields ?? []) as Entry[];
}

function owners(object: unknown): unknown {
  return entries(object).map(({ manager, fieldsV1 }) => [manager, fieldsV1]);
}

describe("ownership of fields", () => {
  it("counts what nobody has tracked as there before the first apply", async () => {
    const client = new ApiClient();
    await client.create(MAPS, configMap("a", { x: "1" }));
    const reset = await client.patch(`${MAPS}/a`, "merge", { metadata: { managedFields: [{}] } });
    assert.deepEqual(entries(reset.body), []);
    const { body } = await client.apply(`${MAPS}/a`, "one", configMap("a", { y: "1" }));
    assert.deepEqual(owners(body), [
      ["one", { "f:data": { "f:y": {} } }],
      ["before-first-apply", { "f:data": { ".": {}, "f:x": {} } }],
    ]);
  });

  it("does not count the structures that a kind always has as set by its creator", async () => {
    const client = new ApiClient();
    const body = await client.create(`${DEPLOYMENTS}?fieldManager=creator`, deployment("a"));
    const [entry] = entries(body) as [Entry];
    const { "f:spec": spec } = entry.fieldsV1 as { "f:spec": Record<string, Record<string, unknown>> };
    assert.equal("." in spec, false);
    assert.deepEqual(Object.keys(spec["f:template"] ?? {}).includes("."), false);
    assert.deepEqual(Object.keys(spec["f:strategy"] ?? {}), ["f:rollingUpdate", "f:type"]);
  });

  it("gives the replicas to whoever scales, without a time", async () => {
    const client = new ApiClient();
    const replicas = { ...deployment("a"), spec: { ...(deployment("a")["spec"] as object), replicas: 1 } };
    await client.apply(`${DEPLOYMENTS}/a`, "one", replicas);
    await client.patch(`${DEPLOYMENTS}/a/scale?fieldManager=scaler`, "merge", { spec: { replicas: 3 } });
    const { body } = await client.get(`${DEPLOYMENTS}/a`);
    const scaler = entries(body).find(({ manager }) => manager === "scaler");
    assert.deepEqual(scaler?.fieldsV1, { "f:spec": { "f:replicas": {} } });
    assert.deepEqual([scaler?.subresource, scaler?.time], ["scale", undefined]);
    const back = await client.apply(`${DEPLOYMENTS}/a`, "one", replicas);
    assert.equal(
      back.body.message,
      'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
    );
  });

  it("folds the oldest of more than ten managers into one", async () => {
    const client = new ApiClient();
    await client.create(`${MAPS}?fieldManager=a`, configMap("a", { a: "1" }));
    for (const letter of "bcdefghijkl") {
      await client.patch(`${MAPS}/a?fieldManager=${letter}`, "merge", { data: { [letter]: "1" } });
    }
    const { body } = await client.get(`${MAPS}/a`);
    assert.equal(entries(body).length, 10);
    const ancient = entries(body).find(({ manager }) => manager === "ancient-changes");
    assert.deepEqual(ancient?.fieldsV1, { "f:data": { ".": {}, "f:a": {}, "f:b": {}, "f:c": {} } });
  });

  it("lets kubectl take over what its annotation says it has set", async () => {
    const client = new ApiClient();
    const last = configMap("a", { x: "1" });
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(last) };
    await client.create(`${MAPS}?fieldManager=client-side`, configMap("a", { x: "1" }, { annotations }));
    const other = await client.apply(`${MAPS}/a`, "other", configMap("a", { x: "2" }));
    assert.equal(other.status, 409);
    const { status, body } = await client.apply(`${MAPS}/a`, "kubectl", configMap("a", { x: "2" }));
    assert.equal(status, 200);
    const kept = (body as unknown as KubeObject).metadata.annotations?.[Object.keys(annotations)[0] ?? ""] ?? "";
    assert.deepEqual((JSON.parse(kept) as KubeObject)["data"], { x: "2" });
  });

  it("reads YAML as version 1.1, and tells of keys given twice", async () => {
    const client = new ApiClient();
    const head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    const apply = (text: string, query = ""): Promise<{ status: number; body: { message?: string } }> =>
      client.call("PATCH", `${MAPS}/a?fieldManager=one${query}`, text, {
        "content-type": "application/apply-patch+yaml",
      });
    const yes = await apply(`${head}data:\n  x: yes\n`);
    assert.match(yes.body.message ?? "", /\.data\.x: expected string, got &value\.valueUnstructured\{Value:true\}$/);
    const twice = await apply(`${head}data:\n  x: a\n  x: b\n`, "&fieldValidation=Strict");
    assert.match(twice.body.message ?? "", /line 7: key "x" already set in map$/);
  });
});
