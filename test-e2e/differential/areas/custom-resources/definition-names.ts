import type { Scenario } from "../../scenario.ts";
import type { Body } from "../../session.ts";
import { crds, definition } from "./sample-definition.ts";

const free = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** Definitions of one scenario, each sent as a dry run: what is right is shown complete, what is wrong with its causes. */
export function tried(name: string, candidates: (plural: string) => readonly Body[]): Scenario {
  const plural = `${name.replaceAll(/[^a-z]/g, "").slice(0, 40)}s`;
  return {
    name,
    run: async (session) => {
      for (const candidate of candidates(plural)) {
        await session.post(`${crds}?dryRun=All`, candidate, { anyOrder: true });
      }
    },
  };
}

/** A definition with other names. */
function named(plural: string, names: object, rest: { metadata?: object; spec?: object } = {}): Body {
  const crd = definition(plural, free);
  return {
    ...crd,
    metadata: { ...crd.metadata, ...rest.metadata },
    spec: { ...crd.spec, names: { ...crd.spec.names, ...names }, ...rest.spec },
  };
}

function grouped(plural: string, group: unknown, annotations: object = {}): Body {
  const crd = definition(plural, free);
  return { ...crd, metadata: { name: `${plural}.${String(group)}`, annotations }, spec: { ...crd.spec, group } };
}

export const definitionNameScenarios: readonly Scenario[] = [
  tried("definition names that are filled in", (plural) => [
    named(plural, { singular: undefined, listKind: undefined }),
    named(plural, { singular: "", listKind: "" }),
    named(plural, { shortNames: ["a", "bc"], categories: ["all", "own"] }),
    named(plural, { shortNames: [], categories: [] }),
    named(plural, {}, { spec: { scope: "Cluster" } }),
  ]),
  tried("definition names that do not fit the name", (plural) => [
    named(plural, {}, { metadata: { name: plural } }),
    named(plural, {}, { metadata: { name: "others.custom-resources.differential.test" } }),
    named(plural, {}, { metadata: { name: "Bad_Name" } }),
    named(plural, {}, { metadata: { name: "" } }),
    named(plural, {}, { metadata: { namespace: "default" } }),
    named(plural, {}, { metadata: { labels: { "bad key": "x" }, name: "other" } }),
  ]),
  tried("definition names that are no names", (plural) => [
    named("Upper", {}),
    named("with_underscore", {}),
    named("1digit", {}),
    named("a".repeat(64), {}),
    named(plural, { singular: "Bad" }),
    named(plural, { kind: "bad kind" }),
    named(plural, { kind: "1st" }),
    named(plural, { kind: "x".repeat(64), listKind: "y".repeat(64) }),
    named(plural, { listKind: "List_" }),
    named(plural, { kind: "Same", listKind: "Same" }),
    named(plural, { shortNames: ["ok", "Bad", ""] }),
    named(plural, { categories: ["ok", "Bad one"] }),
    named(plural, { singular: "Bad", kind: "no no", listKind: "no no", shortNames: ["X"], categories: ["Y"] }),
  ]),
  tried("definition names that are missing", (plural) => [
    named(plural, { plural: "" }),
    named(plural, { plural: undefined }),
    named(plural, { kind: "" }),
    named(plural, { kind: undefined, singular: undefined, listKind: undefined }),
    named(plural, {}, { spec: { names: {} } }),
    named(plural, {}, { spec: { names: undefined } }),
    named(plural, {}, { spec: { names: null } }),
  ]),
  tried("definition groups", (plural) => [
    grouped(plural, ""),
    grouped(plural, undefined),
    grouped(plural, "nodot"),
    grouped(plural, "Upper.case"),
    grouped(plural, "under_score.test"),
    grouped(plural, ".leading.dot"),
    grouped(plural, "apps"),
    grouped(plural, `${"long.".repeat(52)}test`),
  ]),
  tried("definition groups of the Kubernetes project", (plural) => [
    grouped(plural, "sandbox.k8s.io"),
    grouped(plural, "sandbox.kubernetes.io"),
    grouped(plural, "k8s.io"),
    grouped(plural, "sandboxk8s.io"),
    grouped(plural, "sandbox.k8s.io", { "api-approved.kubernetes.io": "maybe" }),
    grouped(plural, "sandbox.k8s.io", { "api-approved.kubernetes.io": "unapproved, only tried" }),
    grouped(plural, "sandbox.k8s.io", { "api-approved.kubernetes.io": "https://example.com/approval" }),
  ]),
  tried("definition scopes", (plural) => [
    named(plural, {}, { spec: { scope: "" } }),
    named(plural, {}, { spec: { scope: undefined } }),
    named(plural, {}, { spec: { scope: "namespaced" } }),
    named(plural, {}, { spec: { scope: "Global" } }),
  ]),
  tried("definitions without a spec", (plural) => [
    { ...named(plural, {}), spec: undefined },
    { ...named(plural, {}), spec: {} },
    { ...named(plural, {}), spec: null },
    { ...named(plural, {}), metadata: undefined },
    {
      ...named(plural, {}),
      status: { storedVersions: ["v9"], conditions: [], acceptedNames: { plural: "x", kind: "y" } },
    },
  ]),
];
