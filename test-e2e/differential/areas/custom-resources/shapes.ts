import type { Scenario } from "../../scenario.ts";
import { definition, specSchema, withKind } from "./sample-definition.ts";

const string = { type: "string" };
const integer = { type: "integer" };
const free = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

const unknowns = [
  { known: "a", unknown: 1 },
  { nested: { known: "a", unknown: 1, deeper: { unknown: 2 } } },
  { list: [{ known: "a", unknown: 1 }, { unknown: 2 }] },
  { map: { a: { known: "a", unknown: 1 } } },
  { free: { a: 1, known: { b: 2 }, typed: { unknown: 1 } } },
  { any: { deep: [{ a: 1 }] } },
  { any: 5 },
  {
    template: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", labels: { a: "b" }, unknown: 1 },
      spec: { a: 1 },
    },
  },
  { template: { kind: "Pod" } },
  { template: { apiVersion: "v1", kind: "bad kind" } },
  { template: { apiVersion: "a/b/c", kind: "Pod", metadata: { labels: { "bad key!": "x" } } } },
  { template: { apiVersion: 1, kind: "" } },
];

export const shapeScenarios: readonly Scenario[] = [
  {
    name: "defaults",
    run: (session) =>
      withKind(
        session,
        definition(
          "defaulteds",
          specSchema(
            {
              type: "object",
              default: {},
              properties: {
                text: { type: "string", default: "given" },
                number: { type: "integer", default: 3 },
                nested: {
                  type: "object",
                  default: { a: "outer" },
                  properties: { a: { type: "string", default: "inner" }, b: { type: "string", default: "b" } },
                },
                only: { type: "object", properties: { c: { type: "boolean", default: false } } },
                list: { type: "array", items: { type: "object", properties: { d: { type: "integer", default: 0 } } } },
                map: {
                  type: "object",
                  additionalProperties: { type: "object", properties: { e: { type: "string", default: "e" } } },
                },
                values: { type: "object", additionalProperties: { type: "string", default: "v" } },
                items: { type: "array", items: { type: "string", default: "i" } },
                nullable: { type: "string", nullable: true, default: "n" },
                either: { "x-kubernetes-int-or-string": true, default: "25%" },
                full: { type: "array", items: string, default: ["x", "y"] },
              },
            },
            {},
          ),
        ),
        async (kind) => {
          await kind.createEach([
            {},
            { spec: {} },
            { spec: null },
            { spec: { text: "", number: 0 } },
            { spec: { text: null, nested: null } },
            { spec: { nested: {} } },
            { spec: { nested: { a: null } } },
            { spec: { only: {}, list: [{}, { d: 5 }], map: { x: {}, y: { e: "f" } } } },
            { spec: { values: { a: null, b: "c" }, items: [null, "a"] } },
            { spec: { list: [null] } },
            { spec: { nullable: null, either: null, full: [] } },
            { spec: { only: null, list: null, map: null } },
          ]);
          const at = kind.path("case-2");
          await session.patch(at, "merge", { spec: { text: null, nested: { b: null } } });
          await session.patch(at, "merge", { spec: null });
          await session.patch(at, "json", [{ op: "remove", path: "/spec/number" }]);
          await session.apply(kind.path("applied"), "one", kind.object("applied", { spec: { text: "mine" } }));
          await session.apply(kind.path("applied"), "one", kind.object("applied", { spec: {} }));
        },
      ),
  },
  {
    name: "defaults that come later",
    run: (session) => {
      const before = definition("laters", specSchema({ type: "object", properties: { a: string, gone: string } }));
      const after = definition(
        "laters",
        specSchema({
          type: "object",
          properties: {
            a: string,
            b: { type: "string", default: "new" },
            c: { type: "object", default: { d: 1 }, properties: { d: integer } },
          },
        }),
      );
      return withKind(session, before, async (kind) => {
        await kind.create("old", { spec: { a: "x", gone: "y" } });
        await kind.redefine(after, { spec: {} }, ({ body }) => body.spec?.b === "new");
        await session.get(kind.path("old"));
        await session.get(kind.path());
        await session.patch(kind.path("old"), "merge", { metadata: { labels: { a: "b" } } });
        await session.patch(kind.path("old"), "merge", { spec: { a: "z" } });
      });
    },
  },
  ...(["", "Strict", "Warn", "Ignore"] as const).map(
    (mode): Scenario => ({
      name: `unknown fields${mode === "" ? "" : `: ${mode}`}`,
      run: (session) =>
        withKind(
          session,
          definition(
            `pruned${mode.toLowerCase()}s`,
            specSchema({
              type: "object",
              properties: {
                known: string,
                nested: { type: "object", properties: { known: string, deeper: { type: "object" } } },
                list: { type: "array", items: { type: "object", properties: { known: string } } },
                map: { type: "object", additionalProperties: { type: "object", properties: { known: string } } },
                free: {
                  ...free,
                  properties: { known: { type: "object" }, typed: { type: "object", properties: { a: string } } },
                },
                any: { "x-kubernetes-preserve-unknown-fields": true },
                template: { ...free, "x-kubernetes-embedded-resource": true },
              },
            }),
          ),
          async (kind) => {
            const query = mode === "" ? "" : `?fieldValidation=${mode}`;
            await kind.createSpecs(unknowns, query);
            await kind.create("top", { unknown: 1, spec: {}, status: { a: 1 } }, query);
            const metadata = { name: "meta", unknown: 1, labels: { a: "b" } };
            await session.post(kind.path() + query, { ...kind.object("meta"), metadata });
            const twice = `{"apiVersion":"${kind.crd.spec.group}/v1","kind":"${kind.crd.spec.names.kind}","metadata":{"name":"twice"},"spec":{"known":"a","known":"b"}}`;
            await session.post(kind.path() + query, twice);
          },
        ),
    }),
  ),
  {
    name: "status and scale",
    run: (session) =>
      withKind(
        session,
        definition(
          "scaleds",
          {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["replicas"],
                properties: { replicas: { type: "integer", minimum: 0 } },
              },
              status: {
                type: "object",
                properties: {
                  replicas: integer,
                  selector: string,
                  phase: { type: "string", enum: ["A", "B"] },
                  list: { type: "array", items: integer, maxItems: 2 },
                },
              },
            },
          },
          {
            subresources: {
              status: {},
              scale: {
                specReplicasPath: ".spec.replicas",
                statusReplicasPath: ".status.replicas",
                labelSelectorPath: ".status.selector",
              },
            },
          },
        ),
        async (kind) => {
          await kind.create("one", { spec: { replicas: 1 }, status: { phase: "A" } });
          await kind.create("negative", { spec: { replicas: -1 } });
          await kind.create("large", { spec: { replicas: 3000000000 } });
          await kind.create("missing", { spec: {} });
          const at = kind.path("one");
          await session.patch(at, "merge", { status: { phase: "B" } });
          await session.patch(at, "merge", { spec: { replicas: 2 }, status: { phase: "B" } });
          await session.patch(`${at}/status`, "merge", { status: { phase: "A" }, spec: { replicas: 9 } });
          await session.patch(`${at}/status`, "merge", { status: { phase: "C" } });
          await session.patch(`${at}/status`, "merge", { status: { phase: 1 } });
          await session.patch(`${at}/status`, "merge", { status: { list: [1, "2", 3] } });
          await session.patch(`${at}/status`, "merge", { status: "text" });
          await session.patch(`${at}/status`, "merge", { status: { unknown: 1 } });
          await session.patch(`${at}/status`, "merge", { status: { replicas: -1 } });
          await session.patch(`${at}/status`, "merge", { status: { replicas: 2, selector: "a=b" } });
          await session.patch(`${at}/status`, "merge", { metadata: { labels: { a: "b" } }, status: {} });
          await session.patch(at, "merge", { metadata: { labels: { a: "b" } } });
          await session.patch(at, "merge", { spec: { replicas: null } });
          await session.get(at);
        },
      ),
  },
  {
    name: "generations without a status subresource",
    run: (session) =>
      withKind(
        session,
        definition("plains", { type: "object", properties: { spec: { ...free }, status: { ...free } } }),
        async (kind) => {
          await kind.create("one", { spec: { a: 1 }, status: { b: 1 } });
          const at = kind.path("one");
          await session.patch(at, "merge", { status: { b: 2 } });
          await session.patch(at, "merge", { metadata: { annotations: { a: "b" } } });
          await session.patch(at, "merge", { spec: { a: 1 } });
          await session.patch(at, "merge", { spec: { a: 2 } });
          await session.patch(`${at}/status`, "merge", { status: { b: 3 } });
          await session.get(`${at}/scale`);
          await session.patch(at, "merge", { extra: 1 });
        },
      ),
  },
  {
    name: "what was wrong already may stay",
    run: (session) => {
      const before = definition(
        "ratchets",
        specSchema({
          type: "object",
          properties: {
            a: string,
            b: string,
            n: { type: "object", properties: { c: string, d: string } },
            l: { type: "array", items: string },
          },
        }),
      );
      const after = definition(
        "ratchets",
        specSchema({
          type: "object",
          required: ["must"],
          properties: {
            must: string,
            probe: { type: "string", default: "new" },
            a: { type: "string", maxLength: 2, pattern: "^x" },
            b: { type: "string", "x-kubernetes-validations": [{ rule: "self == 'ok'", message: "not ok" }] },
            n: { type: "object", maxProperties: 1, properties: { c: { type: "string", enum: ["z"] }, d: string } },
            l: { type: "array", maxItems: 1, items: { type: "string", pattern: "^q" } },
          },
        }),
      );
      return withKind(session, before, async (kind) => {
        await kind.create("old", { spec: { a: "long", b: "bad", n: { c: "c", d: "d" }, l: ["r", "s"] } });
        await kind.redefine(after, { spec: { must: "x" } }, ({ body }) => body.spec?.probe === "new");
        const at = kind.path("old");
        const options = { contentType: "application/merge-patch+json", anyOrder: true };
        const changes = [
          { metadata: { labels: { a: "b" } } },
          { spec: { must: "here" } },
          { spec: { a: "other" } },
          { spec: { b: "worse" } },
          { spec: { n: { d: "e" } } },
          { spec: { n: { c: "y" } } },
          { spec: { l: ["r", "s", "t"] } },
          { spec: { l: ["r"] } },
          { spec: { a: "x", b: "ok" } },
        ];
        for (const change of changes) await session.call("PATCH", at, change, options);
      });
    },
  },
];
