import type { Scenario } from "../../scenario.ts";
import type { Body } from "../../session.ts";
import { tried } from "./definition-names.ts";
import { definition } from "./sample-definition.ts";

const schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer" },
        ratio: { type: "number" },
        name: { type: "string" },
        on: { type: "boolean" },
        mode: { type: "string", enum: ["a", "b"] },
        list: { type: "array", items: { type: "string" } },
        map: { type: "object", additionalProperties: { type: "string" } },
        at: { type: "string", format: "date-time" },
        either: { "x-kubernetes-int-or-string": true },
      },
    },
    status: { type: "object", properties: { size: { type: "integer" }, selector: { type: "string" } } },
  },
};
const other = { type: "object", properties: { spec: { type: "object" } } };

function version(name: unknown, rest: object = {}): object {
  return { name, served: true, storage: false, schema: { openAPIV3Schema: schema }, ...rest };
}

function withVersions(plural: string, versions: unknown): Body {
  const crd = definition(plural, schema);
  return { ...crd, spec: { ...crd.spec, versions } };
}

/** A single version with these members. */
function withMembers(plural: string, members: object, spec: object = {}): Body {
  return definition(plural, schema, members, spec);
}

const scale = { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" };
const column = { name: "Size", type: "integer", jsonPath: ".spec.size" };
const client = { url: "https://example.com/convert" };

function conversion(plural: string, value: unknown): Body {
  const crd = withVersions(plural, [version("v1", { storage: true }), version("v2")]);
  return { ...crd, spec: { ...crd.spec, conversion: value } };
}

function webhook(plural: string, value: object): Body {
  return conversion(plural, {
    strategy: "Webhook",
    webhook: { conversionReviewVersions: ["v1"], clientConfig: client, ...value },
  });
}

export const definitionVersionScenarios: readonly Scenario[] = [
  tried("definition versions", (plural) => [
    withVersions(plural, [version("v1", { storage: true }), version("v1beta1", { served: false })]),
    withVersions(plural, [version("v1", { storage: true, served: false })]),
    withVersions(plural, [version("v1", { storage: true }), version("v2", { schema: { openAPIV3Schema: other } })]),
    withVersions(plural, []),
    withVersions(plural, null),
    withVersions(plural, undefined),
    withVersions(plural, [version("v1")]),
    withVersions(plural, [version("v1", { storage: true }), version("v2", { storage: true })]),
    withVersions(plural, [version("v1", { storage: true }), version("v1")]),
    withVersions(plural, [version("v1", { storage: true }), version("v1", { schema: { openAPIV3Schema: other } })]),
    withVersions(plural, [version("V1", { storage: true })]),
    withVersions(plural, [version("1", { storage: true }), version("a.b"), version("")]),
    withVersions(plural, [version(undefined, { storage: true })]),
    withVersions(plural, [version("v1", { storage: true, served: undefined })]),
    withVersions(plural, [version("v1", { storage: undefined })]),
    withVersions(plural, [version("stable", { storage: true }), version("draft")]),
  ]),
  tried("definition versions without a schema", (plural) => [
    withVersions(plural, [version("v1", { storage: true, schema: undefined })]),
    withVersions(plural, [version("v1", { storage: true, schema: {} })]),
    withVersions(plural, [version("v1", { storage: true }), version("v2", { schema: undefined })]),
    withVersions(plural, [version("v1", { storage: true }), version("v2", { schema: {}, served: false })]),
    withVersions(plural, [version("v1", { storage: true, schema: undefined }), version("v2", { schema: undefined })]),
  ]),
  tried("definition versions that are deprecated", (plural) => [
    withMembers(plural, { deprecated: true }),
    withMembers(plural, { deprecated: true, deprecationWarning: "use v2" }),
    withMembers(plural, { deprecated: true, deprecationWarning: "" }),
    withMembers(plural, { deprecationWarning: "use v2" }),
    withMembers(plural, { deprecated: true, deprecationWarning: "x".repeat(257) }),
    withMembers(plural, { deprecated: true, deprecationWarning: "line\nbreak" }),
    withMembers(plural, { deprecated: true, deprecationWarning: "wörld ✓" }),
  ]),
  tried("definition columns", (plural) => [
    withMembers(plural, {
      additionalPrinterColumns: [column, { ...column, name: "Other", priority: 1, format: "int32" }],
    }),
    withMembers(plural, { additionalPrinterColumns: [{}] }),
    withMembers(plural, { additionalPrinterColumns: [{ ...column, name: "" }] }),
    withMembers(plural, {
      additionalPrinterColumns: [
        { ...column, type: "" },
        { ...column, type: "int" },
      ],
    }),
    withMembers(plural, { additionalPrinterColumns: [{ ...column, format: "hex" }] }),
    withMembers(plural, {
      additionalPrinterColumns: [
        { ...column, jsonPath: "" },
        { ...column, jsonPath: "spec.size" },
      ],
    }),
    withMembers(plural, {
      additionalPrinterColumns: [
        { ...column, jsonPath: "." },
        { ...column, jsonPath: "{.spec}" },
      ],
    }),
    withMembers(plural, { additionalPrinterColumns: [{ ...column, jsonPath: '.spec.list[?(@=="a")]' }] }),
    withMembers(plural, { additionalPrinterColumns: [column, column] }),
    withMembers(plural, { additionalPrinterColumns: [] }),
    withVersions(plural, [
      version("v1", { storage: true, additionalPrinterColumns: [{ ...column, type: "int" }] }),
      version("v2", { additionalPrinterColumns: [{ ...column, type: "int" }] }),
    ]),
    withVersions(plural, [
      version("v1", { storage: true, additionalPrinterColumns: [{ ...column, type: "int" }] }),
      version("v2", { additionalPrinterColumns: [{ ...column, type: "text" }] }),
    ]),
  ]),
  tried("definition fields to select by", (plural) => [
    withMembers(plural, {
      selectableFields: [{ jsonPath: ".spec.name" }, { jsonPath: ".spec.size" }, { jsonPath: ".spec.on" }],
    }),
    withMembers(plural, { selectableFields: [{ jsonPath: ".spec.mode" }, { jsonPath: ".spec.at" }] }),
    withMembers(plural, { selectableFields: [{ jsonPath: "" }, {}] }),
    withMembers(plural, { selectableFields: [{ jsonPath: "spec.name" }] }),
    withMembers(plural, {
      selectableFields: [{ jsonPath: ".spec.none" }, { jsonPath: ".none" }, { jsonPath: ".spec.name.x" }],
    }),
    withMembers(plural, {
      selectableFields: [{ jsonPath: ".spec.list" }, { jsonPath: ".spec.map" }, { jsonPath: ".spec" }],
    }),
    withMembers(plural, { selectableFields: [{ jsonPath: ".spec.ratio" }, { jsonPath: ".spec.either" }] }),
    withMembers(plural, {
      selectableFields: [{ jsonPath: ".spec.list[0]" }, { jsonPath: ".spec['name']" }, { jsonPath: "." }],
    }),
    withMembers(plural, { selectableFields: [{ jsonPath: ".spec.map.key" }] }),
    withMembers(plural, { selectableFields: [{ jsonPath: ".metadata.name" }] }),
    withMembers(plural, { selectableFields: [{ jsonPath: ".spec.name" }, { jsonPath: ".spec.name" }] }),
    withMembers(plural, {
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, { type: "string" }])),
        },
      },
      selectableFields: Array.from({ length: 9 }, (_, index) => ({ jsonPath: `.f${index}` })),
    }),
    withMembers(plural, { schema: undefined, selectableFields: [{ jsonPath: ".spec.name" }] }),
    withVersions(plural, [
      version("v1", { storage: true, selectableFields: [{ jsonPath: ".spec.no" }] }),
      version("v2", { selectableFields: [{ jsonPath: ".spec.none" }] }),
    ]),
  ]),
  tried("definition subresources", (plural) => [
    withMembers(plural, { subresources: { status: {}, scale } }),
    withMembers(plural, { subresources: {} }),
    withMembers(plural, { subresources: { scale: {} } }),
    withMembers(plural, { subresources: { scale: { ...scale, specReplicasPath: "" } } }),
    withMembers(plural, { subresources: { scale: { ...scale, specReplicasPath: "spec.size" } } }),
    withMembers(plural, { subresources: { scale: { ...scale, specReplicasPath: ".status.size" } } }),
    withMembers(plural, { subresources: { scale: { ...scale, statusReplicasPath: ".spec.size" } } }),
    withMembers(plural, { subresources: { scale: { ...scale, labelSelectorPath: ".status.selector" } } }),
    withMembers(plural, { subresources: { scale: { ...scale, labelSelectorPath: ".metadata.labels" } } }),
    withMembers(plural, { subresources: { scale: { ...scale, labelSelectorPath: "status.selector" } } }),
    withMembers(plural, { subresources: { scale: { ...scale, labelSelectorPath: "" } } }),
    withMembers(plural, { subresources: { scale: { specReplicasPath: ".spec", statusReplicasPath: ".status" } } }),
    withVersions(plural, [
      version("v1", { storage: true, subresources: { scale: {} } }),
      version("v2", { subresources: { status: {}, scale: {} } }),
    ]),
  ]),
  tried("definition conversion", (plural) => [
    conversion(plural, undefined),
    conversion(plural, {}),
    conversion(plural, null),
    conversion(plural, { strategy: "None" }),
    conversion(plural, { strategy: "" }),
    conversion(plural, { strategy: "Magic" }),
    conversion(plural, { strategy: "None", webhook: { conversionReviewVersions: ["v1"], clientConfig: client } }),
    conversion(plural, { strategy: "Webhook" }),
    conversion(plural, { strategy: "Webhook", webhook: {} }),
    webhook(plural, {}),
    webhook(plural, { clientConfig: {} }),
    webhook(plural, { clientConfig: { ...client, service: { name: "a", namespace: "b" } } }),
    webhook(plural, { clientConfig: { service: { name: "a", namespace: "b" } } }),
    webhook(plural, { clientConfig: { service: { name: "", namespace: "" } } }),
    webhook(plural, { clientConfig: { service: { name: "a", namespace: "b", port: 0 } } }),
    webhook(plural, { clientConfig: { service: { name: "a", namespace: "b", port: 70_000, path: "no" } } }),
    webhook(plural, { clientConfig: { service: { name: "a", namespace: "b", path: "/a//b" } } }),
    webhook(plural, { clientConfig: { service: { name: "a", namespace: "b", path: "//" } } }),
    webhook(plural, { clientConfig: { service: { name: "a", namespace: "b", path: "/A" } } }),
    webhook(plural, { clientConfig: { url: "http://example.com/x?a=b#c" } }),
    webhook(plural, { clientConfig: { url: "example.com" } }),
    webhook(plural, { clientConfig: { url: "https://user@example.com" } }),
    webhook(plural, { conversionReviewVersions: [] }),
    webhook(plural, { conversionReviewVersions: undefined }),
    webhook(plural, { conversionReviewVersions: ["v3"] }),
    webhook(plural, { conversionReviewVersions: ["v1", "v1", "V2"] }),
    withMembers(plural, {}, { preserveUnknownFields: true, conversion: { strategy: "Webhook" } }),
  ]),
  tried("definition that keeps unknown fields", (plural) => [
    withMembers(plural, {}, { preserveUnknownFields: false }),
    withMembers(plural, {}, { preserveUnknownFields: true }),
    withMembers(
      plural,
      { schema: { openAPIV3Schema: { type: "object", properties: { a: { type: "string", default: "x" } } } } },
      { preserveUnknownFields: true },
    ),
  ]),
];
