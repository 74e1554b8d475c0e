import assert from "node:assert/strict";
import { jsonPatch } from "../../../src/sandbox/kube/json-patch.ts";
import { mergePatch } from "../../../src/sandbox/kube/merge-patch.ts";
import { objectMetaSchema } from "../../../src/sandbox/kube/object-meta.ts";
import { strategicMergePatch } from "../../../src/sandbox/kube/patch-strategic.ts";
import type { Schema } from "../../../src/sandbox/kube/resource-definition.ts";
import { ApiClient, configMap, deployment } from "./api-client.ts";

const schema: Schema = {
  type: "object",
  properties: {
    metadata: objectMetaSchema,
    containers: {
      type: "array",
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name",
      items: {
        type: "object",
        properties: { name: { type: "string" }, args: { type: "array", items: { type: "string" } } },
      },
    },
    strategy: { type: "object", "x-kubernetes-patch-strategy": "retainKeys", properties: { type: { type: "string" } } },
    args: { type: "array", items: { type: "string" } },
  },
};

describe("strategic merge patches", () => {
  const cases: readonly {
    readonly name: string;
    readonly target: object;
    readonly patch: object;
    readonly expected: object;
  }[] = [
    {
      name: "merge list items by their key and add new ones",
      target: {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "1" },
        ],
      },
      patch: {
        containers: [
          { name: "b", image: "2" },
          { name: "c", image: "3" },
        ],
      },
      expected: {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "2" },
          { name: "c", image: "3" },
        ],
      },
    },
    {
      name: "replace lists without a strategy",
      target: { args: ["a", "b"] },
      patch: { args: ["c"] },
      expected: { args: ["c"] },
    },
    {
      name: "delete members by null and items by $patch",
      target: { x: 1, containers: [{ name: "a" }, { name: "b" }] },
      patch: { x: null, containers: [{ name: "a", $patch: "delete" }] },
      expected: { containers: [{ name: "b" }] },
    },
    {
      name: "replace a whole map or list by $patch",
      target: { metadata: { labels: { a: "1", b: "2" } }, containers: [{ name: "a" }] },
      patch: {
        metadata: { labels: { $patch: "replace", c: "3" } },
        containers: [{ $patch: "replace" }, { name: "z" }],
      },
      expected: { metadata: { labels: { c: "3" } }, containers: [{ name: "z" }] },
    },
    {
      name: "merge primitive lists, and take items out of them",
      target: { metadata: { finalizers: ["x/a", "x/b"] } },
      patch: { metadata: { "$deleteFromPrimitiveList/finalizers": ["x/a"], finalizers: ["x/c"] } },
      expected: { metadata: { finalizers: ["x/c", "x/b"] } },
    },
    {
      name: "put items in the order that they ask for",
      target: { containers: [{ name: "a" }, { name: "b" }, { name: "c" }] },
      patch: { "$setElementOrder/containers": [{ name: "c" }, { name: "a" }, { name: "b" }] },
      expected: { containers: [{ name: "c" }, { name: "a" }, { name: "b" }] },
    },
    {
      name: "keep only the keys that $retainKeys names",
      target: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
      patch: { strategy: { $retainKeys: ["type"], type: "Recreate" } },
      expected: { strategy: { type: "Recreate" } },
    },
  ];
  for (const { name, target, patch, expected } of cases) {
    it(name, () => {
      assert.deepEqual(
        strategicMergePatch(target as Record<string, unknown>, patch as Record<string, unknown>, schema),
        expected,
      );
    });
  }

  it("refuse a list item without its merge key", () => {
    const target = { containers: [{ name: "a" }] };
    assert.throws(() => strategicMergePatch(target, { containers: [{ image: "a" }] }, schema), { status: 500 });
  });

  it("are applied to built-in kinds with their own keys", async () => {
    const client = new ApiClient();
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await client.create(path, deployment("a"));
    const { body } = await client.patch(`${path}/a`, "strategic-merge", {
      spec: {
        template: {
          spec: {
            containers: [
              { name: "main", image: "other" },
              { name: "side", image: "x" },
            ],
          },
        },
      },
    });
    const containers = (body["spec"] as { template: { spec: { containers: { name: string; image: string }[] } } })
      .template.spec.containers;
    assert.deepEqual(
      containers.map(({ name, image }) => `${name}=${image}`),
      ["main=other", "side=x"],
    );
  });
});

describe("merge patches", () => {
  it("merge objects, remove nulls and replace everything else", () => {
    assert.deepEqual(mergePatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null, e: 3 }, d: [2, 3] }), {
      a: { c: 2, e: 3 },
      d: [2, 3],
    });
  });
});

describe("JSON patches", () => {
  it("leave their target alone", () => {
    const target = Object.freeze({ a: Object.freeze({ b: 1 }) });
    assert.deepEqual(jsonPatch(target, [{ op: "replace", path: "/a/b", value: 2 }]), { a: { b: 2 } });
  });

  for (const patch of [
    [{ op: "remove", path: "/nope" }],
    [{ op: "test", path: "/data/x", value: "9" }],
    [{ op: "replace", path: "/nope/x", value: 1 }],
  ]) {
    it(`answer 422 when ${patch[0]?.op ?? ""} does not apply`, async () => {
      const client = new ApiClient();
      await client.create("/api/v1/namespaces/default/configmaps", configMap("a", { x: "1" }));
      const { status, body } = await client.patch("/api/v1/namespaces/default/configmaps/a", "json", patch);
      assert.deepEqual(
        [status, body.reason, body.message],
        [422, "Invalid", "the server rejected our request due to an error in our request"],
      );
    });
  }

  it("that bring a version conflict when it is not the present one", async () => {
    const client = new ApiClient();
    await client.create("/api/v1/namespaces/default/configmaps", configMap("a", { x: "1" }));
    const { status, body } = await client.patch("/api/v1/namespaces/default/configmaps/a", "json", [
      { op: "replace", path: "/metadata/resourceVersion", value: "1" },
    ]);
    assert.deepEqual([status, body.reason], [409, "Conflict"]);
  });
});
