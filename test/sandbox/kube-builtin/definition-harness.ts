import { builtinDefinitions } from "../../../src/sandbox/kube/builtin/definitions.ts";
import type { KubeObject, ResourceDefinition } from "../../../src/sandbox/kube/resource-definition.ts";
import { fieldErrorText } from "../../../src/sandbox/kube/status-error.ts";

export const now = Date.parse("2026-01-01T01:00:00Z");

export function definitionOf(kind: string, group?: string): ResourceDefinition {
  const found = builtinDefinitions.find(
    (definition) => definition.kind === kind && (group === undefined || definition.group === group),
  );
  if (found === undefined) throw new Error(`no definition of ${kind}`);
  return found;
}

export function make(
  kind: string,
  fields: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): KubeObject {
  const { group, version, namespaced } = definitionOf(kind);
  return {
    apiVersion: group === "" ? version : `${group}/${version}`,
    kind,
    metadata: {
      name: "a",
      ...(namespaced ? { namespace: "default" } : {}),
      creationTimestamp: "2026-01-01T00:55:00Z",
      ...metadata,
    },
    ...fields,
  };
}

export function defaulted(object: KubeObject): KubeObject {
  return definitionOf(object.kind).defaults?.(object) ?? object;
}

/** The texts of what is wrong with an object after defaulting. */
export function problems(object: KubeObject, old?: KubeObject): readonly string[] {
  const before = old === undefined ? undefined : defaulted(old);
  return (definitionOf(object.kind).validate?.(defaulted(object), before) ?? []).map(fieldErrorText);
}

/** A row as kubectl would print it. */
export function row(object: KubeObject): string {
  return definitionOf(object.kind).cells(object, now).map(String).join(" | ");
}
