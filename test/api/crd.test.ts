import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { crdOf, rootSchema, type StructuralSchema } from "../../src/api/crd.ts";
import { customKinds } from "../../src/api/custom-kinds.ts";
import { apiReference } from "../../src/api/reference.ts";
import { targetGroupBindingKind } from "../../src/api/target-group-binding.ts";

/** Every node of a schema with its path. */
function* nodes(schema: StructuralSchema, path = ""): Generator<readonly [string, StructuralSchema]> {
  yield [path, schema];
  for (const [name, field] of Object.entries(schema.properties ?? {})) yield* nodes(field, `${path}.${name}`);
  if (schema.items !== undefined) yield* nodes(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* nodes(schema.additionalProperties, `${path}.*`);
}

const schemas = customKinds.flatMap((kind) =>
  [{ version: kind.version, ...kind.schemas }, ...(kind.olderVersions ?? [])].map((version) => ({
    title: `${kind.kind} ${version.version}`,
    schema: rootSchema(kind, version),
  })),
);

describe("custom resource definitions", () => {
  for (const { title, schema } of schemas) {
    it(`${title} is a structural schema`, () => {
      for (const [path, node] of nodes(schema)) {
        const intOrString = node["x-kubernetes-int-or-string"] === true;
        assert.ok(intOrString ? node.type === undefined : typeof node.type === "string", `${path} has a type`);
        for (const forbidden of ["$ref", "anyOf", "oneOf", "allOf", "not", "definitions", "$defs", "propertyNames"])
          assert.equal(node[forbidden], undefined, `${path} has no ${forbidden}`);
        assert.ok(node.properties === undefined || node.additionalProperties === undefined, `${path} has one of both`);
        assert.equal(typeof (node.additionalProperties ?? {}), "object", `${path} names the type of its values`);
        assert.ok(node.type !== "array" || node.items !== undefined, `${path} has items`);
        for (const name of node.required ?? []) assert.ok(node.properties?.[name], `${path} has its required ${name}`);
      }
    });

    it(`${title} describes every field, for kubectl explain`, () => {
      for (const [path, node] of nodes(schema)) {
        if (path === ".metadata") continue;
        assert.ok(typeof node.description === "string" && node.description.length > 3, `${path} has a description`);
      }
    });

    it(`${title} bounds what users write, so that rules have a bounded cost`, () => {
      for (const [path, node] of nodes(schema)) {
        if (!path.startsWith(".spec") || node["x-kubernetes-preserve-unknown-fields"] === true) continue;
        if (node.type === "array") assert.ok(typeof node["maxItems"] === "number", `${path} has maxItems`);
        if (node.additionalProperties !== undefined)
          assert.ok(typeof node["maxProperties"] === "number", `${path} has maxProperties`);
        if (node.type === "string" && node["enum"] === undefined)
          assert.ok(typeof node["maxLength"] === "number", `${path} has maxLength`);
      }
    });

    it(`${title} keys its list-maps by fields that every item has`, () => {
      for (const [path, node] of nodes(schema)) {
        if (node["x-kubernetes-list-type"] !== "map") continue;
        for (const key of node["x-kubernetes-list-map-keys"] as readonly string[])
          assert.ok(node.items?.required?.includes(key), `${path} requires its key ${key}`);
      }
    });

    it(`${title} sets no default inside list items, which would show as drift`, () => {
      for (const [path, node] of nodes(schema)) {
        if (path.includes("[]")) assert.equal(node["default"], undefined, `${path} has no default`);
      }
    });

    it(`${title} gives each rule a message`, () => {
      for (const [path, node] of nodes(schema)) {
        const rules = (node["x-kubernetes-validations"] ?? []) as readonly { rule: string; message: string }[];
        for (const { rule, message } of rules) assert.ok(rule !== "" && message !== "", path);
      }
    });
  }

  it("serve TargetGroupBinding in both versions, the older with fewer fields", () => {
    const { spec } = crdOf(targetGroupBindingKind) as {
      spec: { versions: { name: string; storage: boolean; schema: { openAPIV3Schema: StructuralSchema } }[] };
    };
    assert.deepEqual(
      spec.versions.map(({ name, storage }) => ({ name, storage })),
      [
        { name: "v1beta1", storage: true },
        { name: "v1alpha1", storage: false },
      ],
    );
    const older = spec.versions[1]?.schema.openAPIV3Schema.properties?.["spec"];
    assert.equal(older?.properties?.["ipAddressType"], undefined);
    assert.ok(older?.properties?.["targetGroupARN"]);
  });

  it("come out the same every time", () => {
    assert.deepEqual(customKinds.map(crdOf), customKinds.map(crdOf));
    assert.equal(apiReference(customKinds), apiReference(customKinds));
  });

  it("are current in the repository", async () => {
    const script = join(import.meta.dirname, "../../hack/generate.ts");
    await promisify(execFile)(process.execPath, [script, "--check"]);
  });
});
