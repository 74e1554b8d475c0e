import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { ApiClient, configMap, deployment } from "./api-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

function managed(object: unknown): unknown {
  return (object as KubeObject).metadata.managedFields;
}

function data(object: unknown): unknown {
  return (object as KubeObject)["data"];
}

describe("server-side apply", () => {
  it("creates what is missing and records its fields", async () => {
    const client = new ApiClient();
    const { status, body } = await client.apply(`${MAPS}/a`, "one", configMap("a", { x: "1" }, { labels: { l: "1" } }));
    assert.equal(status, 201);
    assert.deepEqual(managed(body), [
      {
        manager: "one",
        operation: "Apply",
        apiVersion: "v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { "f:x": {} }, "f:metadata": { "f:labels": { "f:l": {} } } },
      },
    ]);
  });

  it("does nothing the second time", async () => {
    const client = new ApiClient();
    const first = await client.apply(`${MAPS}/a`, "one", configMap("a", { x: "1" }));
    await client.clock.advance(5_000);
    const second = await client.apply(`${MAPS}/a`, "one", configMap("a", { x: "1" }));
    assert.deepEqual(second.body, first.body);
    assert.equal(second.status, 200);
  });

  it("removes what the manager no longer states, but nothing of others", async () => {
    const client = new ApiClient();
    await client.apply(`${MAPS}/a`, "one", configMap("a", { mine: "1", shared: "1" }));
    await client.apply(`${MAPS}/a`, "two", configMap("a", { shared: "1", theirs: "1" }));
    const { body } = await client.apply(`${MAPS}/a`, "one", configMap("a", {}));
    assert.deepEqual(data(body), { shared: "1", theirs: "1" });
  });

  it("refuses to change fields of other managers, naming each", async () => {
    const client = new ApiClient();
    await client.create(`${MAPS}?fieldManager=editor`, configMap("a", { x: "1", y: "1" }));
    const one = await client.apply(`${MAPS}/a`, "one", configMap("a", { x: "2", y: "1" }));
    assert.equal(one.status, 409);
    assert.equal(one.body.message, 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.x');
    assert.deepEqual(one.body["details"], {
      causes: [
        {
          reason: "FieldManagerConflict",
          message: 'conflict with "editor" using v1',
          field: ".data.x",
        },
      ],
    });
    const both = await client.apply(`${MAPS}/a`, "one", configMap("a", { x: "2", y: "2" }));
    assert.equal(
      both.body.message,
      'Apply failed with 2 conflicts: conflicts with "editor" using v1:\n- .data.x\n- .data.y',
    );
  });

  it("takes the fields over by force", async () => {
    const client = new ApiClient();
    await client.apply(`${MAPS}/a`, "one", configMap("a", { x: "1", y: "1" }));
    const { body } = await client.apply(`${MAPS}/a`, "two", configMap("a", { x: "2" }), "&force=true");
    assert.deepEqual(data(body), { x: "2", y: "1" });
    const fields = (managed(body) as { manager: string; fieldsV1: unknown }[]).map(({ manager, fieldsV1 }) => [
      manager,
      fieldsV1,
    ]);
    assert.deepEqual(fields, [
      ["one", { "f:data": { "f:y": {} } }],
      ["two", { "f:data": { "f:x": {} } }],
    ]);
  });

  it("merges lists by their keys", async () => {
    const client = new ApiClient();
    await client.apply(`${DEPLOYMENTS}/a`, "one", deployment("a"));
    const sidecar = {
      ...deployment("a"),
      spec: { template: { spec: { containers: [{ name: "side", image: "x" }] } } },
    };
    const { body } = await client.apply(`${DEPLOYMENTS}/a`, "two", sidecar);
    const containers = (object: unknown): string[] =>
      (
        object as { spec: { template: { spec: { containers: { name: string }[] } } } }
      ).spec.template.spec.containers.map(({ name }) => name);
    assert.deepEqual(containers(body), ["main", "side"]);
    const left = await client.apply(`${DEPLOYMENTS}/a`, "two", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a" },
    });
    assert.deepEqual(containers(left.body), ["main"]);
    const other = await client.apply(`${DEPLOYMENTS}/a`, "three", deployment("a", "changed"));
    assert.equal(
      other.body.message,
      'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="main"].image',
    );
  });

  it("knows a port again although its protocol was left to the default", async () => {
    const client = new ApiClient();
    const path = "/api/v1/namespaces/default/services";
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { ports: [{ port: 80 }] } };
    await client.apply(`${path}/a`, "one", service);
    const { status, body } = await client.apply(`${path}/a`, "one", service);
    assert.equal(status, 200);
    assert.equal((body["spec"] as { ports: unknown[] }).ports.length, 1);
    const [entry] = managed(body) as { fieldsV1: unknown }[];
    assert.deepEqual(entry?.fieldsV1, {
      "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } } },
    });
  });

  it("refuses fields that the schema does not declare", async () => {
    const { status, body } = await new ApiClient().apply(`${MAPS}/a`, "one", { ...configMap("a"), foo: 1 });
    assert.deepEqual(
      [status, body.message],
      [500, "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: field not declared in schema"],
    );
  });

  it("needs a manager, and no other patch may be forced", async () => {
    const client = new ApiClient();
    const nameless = await client.call("PATCH", `${MAPS}/a`, configMap("a"), {
      "content-type": "application/apply-patch+yaml",
    });
    assert.deepEqual(
      [nameless.status, nameless.body.message],
      [422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'],
    );
    await client.create(MAPS, configMap("a"));
    const forced = await client.patch(`${MAPS}/a?force=true`, "merge", {});
    assert.equal(forced.status, 422);
  });

  it("reads YAML", async () => {
    const text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n";
    const client = new ApiClient();
    const { status, body } = await client.call("PATCH", `${MAPS}/a?fieldManager=one`, text, {
      "content-type": "application/apply-patch+yaml",
    });
    assert.deepEqual([status, data(body)], [201, { x: "1" }]);
  });
});

describe("managed fields of updates", () => {
  it("belong to the named manager, or else to the user agent", async () => {
    const client = new ApiClient();
    await client.create(MAPS, configMap("a", { x: "1" }));
    await client.clock.advance(1_000);
    const { body } = await client.patch(`${MAPS}/a?fieldManager=editor`, "merge", { data: { x: "2", y: "1" } });
    const entries = (managed(body) as { manager: string; operation: string; time: string; fieldsV1: unknown }[]).map(
      ({ manager, operation, time, fieldsV1 }) => ({ manager, operation, time, fieldsV1 }),
    );
    assert.deepEqual(entries, [
      { manager: "tester", operation: "Update", time: "2026-01-01T00:00:00Z", fieldsV1: { "f:data": {} } },
      {
        manager: "editor",
        operation: "Update",
        time: "2026-01-01T00:00:01Z",
        fieldsV1: { "f:data": { "f:x": {}, "f:y": {} } },
      },
    ]);
  });

  it("keep the subresource apart", async () => {
    const client = new ApiClient();
    await client.create(DEPLOYMENTS, deployment("a"));
    const { body } = await client.patch(`${DEPLOYMENTS}/a/status`, "merge", { status: { replicas: 1 } });
    const entry = (managed(body) as { subresource?: string; fieldsV1: unknown }[]).find(
      ({ subresource }) => subresource === "status",
    );
    assert.deepEqual(entry?.fieldsV1, { "f:status": { "f:replicas": {} } });
  });
});
