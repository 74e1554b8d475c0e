import assert from "node:assert/strict";
import { ApiClient } from "./api-client.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.io/v1/namespaces/default/widgets";

function crd(spec: Record<string, unknown> = {}, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.io" },
    spec: {
      group: "example.io",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget", shortNames: ["wd"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: ".spec.minSize",
              statusReplicasPath: ".status.size",
              labelSelectorPath: ".status.selector",
            },
          },
          additionalPrinterColumns: [
            { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: "Size", type: "integer", jsonPath: ".spec.minSize", priority: 1 },
          ],
          selectableFields: [{ jsonPath: ".spec.mode" }],
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec: {
                  type: "object",
                  required: ["minSize"],
                  properties: {
                    minSize: { type: "integer", minimum: 0 },
                    maxSize: { type: "integer" },
                    mode: { type: "string", enum: ["A", "B"], default: "A" },
                    port: { "x-kubernetes-int-or-string": true },
                    note: { type: "string", nullable: true, maxLength: 5 },
                    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  },
                  "x-kubernetes-validations": [
                    {
                      rule: "!has(self.maxSize) || self.minSize <= self.maxSize",
                      message: "minSize must not be above maxSize",
                    },
                    { rule: "self.mode == oldSelf.mode", messageExpression: "'mode must stay ' + oldSelf.mode" },
                  ],
                  ...spec,
                },
                status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
              },
            },
          },
          ...extra,
        },
      ],
    },
  };
}

function widget(spec: Record<string, unknown>, name = "w"): Record<string, unknown> {
  return { apiVersion: "example.io/v1", kind: "Widget", metadata: { name }, spec };
}

async function established(definition = crd()): Promise<ApiClient> {
  const client = new ApiClient();
  await client.create(CRDS, definition);
  await client.clock.settle();
  return client;
}

describe("custom resource definitions", () => {
  it("are established and served at once", async () => {
    const client = new ApiClient();
    const watch = await client.watch(`${CRDS}?watch=1`);
    await client.create(CRDS, crd());
    await client.clock.settle();
    const states = watch.events.map(({ object }) =>
      ((object["status"] as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? []).map(
        ({ type, status }) => `${type}=${status}`,
      ),
    );
    assert.deepEqual(states, [
      [],
      ["NamesAccepted=True", "Established=False"],
      ["NamesAccepted=True", "Established=True"],
    ]);
    assert.equal((await client.get(WIDGETS)).status, 200);
    const { body } = await client.get("/apis/example.io/v1");
    assert.deepEqual(
      (body["resources"] as { name: string }[]).map(({ name }) => name),
      ["widgets", "widgets/status", "widgets/scale"],
    );
  });

  it("take their objects with them", async () => {
    const client = await established();
    await client.create(WIDGETS, {
      ...widget({ minSize: 1 }),
      metadata: { name: "w", finalizers: ["example.io/hold"] },
    });
    await client.call("DELETE", `${CRDS}/widgets.example.io`);
    await client.clock.settle();
    assert.notEqual((await client.get(`${CRDS}/widgets.example.io`)).status, 404);
    await client.patch(`${WIDGETS}/w`, "merge", { metadata: { finalizers: null } });
    await client.clock.settle();
    assert.equal((await client.get(`${CRDS}/widgets.example.io`)).status, 404);
    assert.equal((await client.get(WIDGETS)).status, 404);
  });

  const broken: readonly (readonly [
    name: string,
    definition: Record<string, unknown>,
    field: string,
    message: RegExp,
  ])[] = [
    [
      "a rule that is no expression",
      crd({ "x-kubernetes-validations": [{ rule: "self.minSize >" }] }),
      "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
      /compilation failed: ERROR: <input>:1:15: Syntax error: mismatched input '<EOF>'/,
    ],
    [
      "a rule that uses an unknown function",
      crd({ "x-kubernetes-validations": [{ rule: "nope(self.minSize)" }] }),
      "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
      /undeclared reference to 'nope'/,
    ],
    [
      "another name than plural.group",
      { ...crd(), metadata: { name: "other.example.io" } },
      "metadata.name",
      /must be spec\.names\.plural\+"\."\+spec\.group/,
    ],
    [
      "a member without a type",
      crd({ properties: { a: {} } }),
      "spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[a].type",
      /Required value: must not be empty for specified object fields/,
    ],
    [
      "a bad column path",
      crd({}, { additionalPrinterColumns: [{ name: "X", type: "string", jsonPath: "a" }] }),
      "spec.versions[0].additionalPrinterColumns[0].JSONPath",
      /must be a simple json path starting with \./,
    ],
  ];
  for (const [name, definition, field, message] of broken) {
    it(`are refused with ${name}`, async () => {
      const { status, body } = await new ApiClient().call("POST", CRDS, definition);
      assert.equal(status, 422);
      const causes = (body["details"] as { causes: { field: string; message: string }[] }).causes;
      const cause = causes.find((candidate) => candidate.field === field);
      assert.match(cause?.message ?? JSON.stringify(causes), message);
    });
  }
});

describe("custom resources", () => {
  const invalid: readonly (readonly [spec: Record<string, unknown>, message: string])[] = [
    [
      { minSize: -1 },
      "[spec.minSize: Invalid value: -1: spec.minSize in body should be greater than or equal to 0, .spec.minSize: Invalid value: -1: should be a non-negative integer]",
    ],
    [{ minSize: 5, maxSize: 1 }, "spec: Invalid value: minSize must not be above maxSize"],
  ];
  for (const [spec, message] of invalid) {
    it(`are refused: ${message}`, async () => {
      const { status, body } = await (await established()).call("POST", WIDGETS, widget(spec));
      assert.deepEqual([status, body.message], [422, `Widget.example.io "w" is invalid: ${message}`]);
    });
  }

  const unchecked =
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
  const blocking: readonly (readonly [spec: Record<string, unknown>, message: string])[] = [
    [{}, "spec.minSize: Required value"],
    [
      { minSize: "x" },
      'spec.minSize: Invalid value: "string": spec.minSize in body must be of type integer: "string", .spec.minSize: Invalid value: 0: .spec.minSize accessor error: x is of the type string, expected int64',
    ],
    [{ minSize: 1, mode: "x" }, 'spec.mode: Unsupported value: "x": supported values: "A", "B"'],
    [{ minSize: 1, note: "abcdef" }, "spec.note: Too long: may not be more than 5 bytes"],
    [
      { minSize: 1, port: true },
      'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
    ],
  ];
  for (const [spec, message] of blocking) {
    it(`are refused before their rules run: ${message}`, async () => {
      const { status, body } = await (await established()).call("POST", WIDGETS, widget(spec));
      assert.deepEqual([status, body.message], [422, `Widget.example.io "w" is invalid: [${message}, ${unchecked}]`]);
    });
  }

  it("are defaulted and pruned", async () => {
    const client = await established();
    const { status, body, warning } = await client.call(
      "POST",
      WIDGETS,
      widget({ minSize: 1, note: null, foo: 1, free: { any: [1] }, port: "http" }),
    );
    assert.equal(status, 201);
    assert.deepEqual(body["spec"], { minSize: 1, note: null, mode: "A", free: { any: [1] }, port: "http" });
    assert.equal(warning, '299 - "unknown field \\"spec.foo\\""');
  });

  it("compare with their old state in transition rules", async () => {
    const client = await established();
    await client.create(WIDGETS, widget({ minSize: 1 }));
    const { status, body } = await client.patch(`${WIDGETS}/w`, "merge", { spec: { mode: "B" } });
    assert.deepEqual(
      [status, body.message],
      [422, 'Widget.example.io "w" is invalid: spec: Invalid value: mode must stay A'],
    );
  });

  it("keep status and metadata apart from the status endpoint", async () => {
    const client = await established();
    await client.create(WIDGETS, { ...widget({ minSize: 1 }), status: { size: 9 } });
    const { body } = await client.patch(`${WIDGETS}/w/status`, "merge", {
      metadata: { labels: { a: "b" } },
      spec: { minSize: 2 },
      status: { size: 1 },
    });
    assert.deepEqual([body["spec"], body["status"]], [{ minSize: 1, mode: "A" }, { size: 1 }]);
    const { labels, generation } = body["metadata"] as { labels?: unknown; generation: number };
    assert.deepEqual([labels, generation], [undefined, 1]);
  });

  it("are scaled by the paths of their definition", async () => {
    const client = await established();
    await client.create(WIDGETS, widget({ minSize: 1 }));
    await client.patch(`${WIDGETS}/w/status`, "merge", { status: { size: 1, selector: "app=w" } });
    const { body } = await client.patch(`${WIDGETS}/w/scale`, "merge", { spec: { replicas: 3 } });
    assert.deepEqual(
      [body["kind"], body["spec"], body["status"]],
      ["Scale", { replicas: 3 }, { replicas: 1, selector: "app=w" }],
    );
    const after = await client.get(`${WIDGETS}/w`);
    assert.equal((after.body["spec"] as { minSize: number }).minSize, 3);
  });

  it("are printed by the columns of their definition", async () => {
    const client = await established();
    await client.create(WIDGETS, widget({ minSize: 1 }));
    await client.patch(`${WIDGETS}/w/status`, "merge", { status: { conditions: [{ type: "Ready", status: "True" }] } });
    const { body } = await client.call("GET", WIDGETS, undefined, {
      accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
    });
    assert.deepEqual(
      (body["columnDefinitions"] as { name: string }[]).map(({ name }) => name),
      ["Name", "Ready", "Size"],
    );
    assert.deepEqual(
      (body["rows"] as { cells: unknown[] }[]).map(({ cells }) => cells),
      [["w", "True", 1]],
    );
  });

  it("are selected by the fields of their definition", async () => {
    const client = await established();
    await client.create(WIDGETS, widget({ minSize: 1 }, "a"));
    await client.create(WIDGETS, widget({ minSize: 1, mode: "B" }, "b"));
    const { body } = await client.get(`${WIDGETS}?fieldSelector=spec.mode%3DB`);
    assert.deepEqual(
      (body["items"] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name),
      ["b"],
    );
    assert.equal((await client.get(`${WIDGETS}?fieldSelector=spec.minSize%3D1`)).status, 400);
  });

  it("must be replaced with a version", async () => {
    const client = await established();
    await client.create(WIDGETS, widget({ minSize: 1 }));
    const { status, body } = await client.call("PUT", `${WIDGETS}/w`, widget({ minSize: 2 }));
    assert.deepEqual(
      [status, body.message],
      [
        422,
        'widgets.example.io "w" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      ],
    );
  });

  it("take no strategic merge patch", async () => {
    const client = await established();
    await client.create(WIDGETS, widget({ minSize: 1 }));
    assert.equal((await client.patch(`${WIDGETS}/w`, "strategic-merge", {})).status, 415);
  });

  it("look the same in every version of their kind but for apiVersion", async () => {
    const definition = crd();
    const { versions } = definition["spec"] as { versions: Record<string, unknown>[] };
    versions.push({ ...versions[0], name: "v2", storage: false });
    const client = await established(definition);
    await client.create(WIDGETS, widget({ minSize: 1 }));
    const { body } = await client.get(WIDGETS.replace("v1", "v2") + "/w");
    assert.deepEqual([body["apiVersion"], body["spec"]], ["example.io/v2", { minSize: 1, mode: "A" }]);
  });
});
