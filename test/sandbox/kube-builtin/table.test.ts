import assert from "node:assert/strict";
import { negotiate } from "../../../src/sandbox/kube/content-negotiation.ts";
import { toPartialObject, toTable } from "../../../src/sandbox/kube/table.ts";
import { definitionOf, make, now } from "./definition-harness.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

describe("the form in which a client gets objects", () => {
  const cases = [
    [undefined, "Object"],
    ["", "Object"],
    ["*/*", "Object"],
    ["application/vnd.kubernetes.protobuf,application/json", "Object"],
    [`${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`, "Table"],
    ["application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "Object"],
    ["application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "PartialObjectMetadataList"],
    [`application/json;q=0.5,${table}`, "Table"],
  ] as const;
  for (const [accept, expected] of cases) {
    it(`is ${expected} for ${accept ?? "no header"}`, () => assert.equal(negotiate(accept, "list").as, expected));
  }

  it("has the version that is asked for", () => {
    assert.deepEqual(negotiate("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", "item"), {
      as: "Table",
      version: "v1beta1",
    });
  });

  for (const accept of ["application/vnd.kubernetes.protobuf", "text/html", "application/json;as=Table"]) {
    it(`is none for ${accept}`, () => assert.throws(() => negotiate(accept, "item"), { status: 406 }));
  }
});

describe("tables", () => {
  const map = make("ConfigMap", { data: { a: "b" } }, { resourceVersion: "5" });
  const definition = definitionOf("ConfigMap");

  it("have columns, a row for each object, and its metadata", () => {
    const list = { apiVersion: "v1", kind: "ConfigMapList", metadata: { resourceVersion: "9" }, items: [map] };
    const made = toTable(definition, list, { now });
    assert.deepEqual(made["metadata"], { resourceVersion: "9" });
    assert.deepEqual(
      (made["columnDefinitions"] as { name: string; type: string }[]).map(({ name, type }) => [name, type]),
      [
        ["Name", "string"],
        ["Data", "string"],
        ["Age", "string"],
      ],
    );
    assert.deepEqual(made["rows"], [{ cells: ["a", 1, "5m"], object: toPartialObject(map) }]);
  });

  it("carry whole objects, or none, and leave columns out, as asked", () => {
    const rows = (includeObject: string): unknown => toTable(definition, map, { now, includeObject })["rows"];
    assert.deepEqual(rows("Object"), [{ cells: ["a", 1, "5m"], object: map }]);
    assert.deepEqual(rows("None"), [{ cells: ["a", 1, "5m"], object: null }]);
    assert.equal(toTable(definition, map, { now, headers: false })["columnDefinitions"], null);
  });
});
