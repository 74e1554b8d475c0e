import { builtinDefinitions } from "./builtin/definitions.ts";
import { modelOf } from "./builtin/model-schema.ts";
import type { ResourceDefinition, Schema } from "./resource-definition.ts";

export type OpenApiVersion = "v2" | "v3";

const metaModels = new Set([
  "V1Condition",
  "V1DeleteOptions",
  "V1FieldSelectorRequirement",
  "V1LabelSelector",
  "V1LabelSelectorRequirement",
  "V1ListMeta",
  "V1ManagedFieldsEntry",
  "V1ObjectMeta",
  "V1OwnerReference",
  "V1Preconditions",
]);

let names: ReadonlyMap<string, string> | undefined;

/**
 * The published name of a model's schema, such as `io.k8s.api.core.v1.PodSpec` for `V1PodSpec`. The client's model names say
 * nothing of the API group: a structure belongs to the first group that uses it, core before others.
 */
export function modelSchemaName(model: string, owner?: ResourceDefinition): string {
  names ??= collectNames();
  return (
    names.get(model) ??
    (owner === undefined ? baseName(model) : `${packageOf(owner.group, owner.version)}.${baseName(model)}`)
  );
}

/** The name of a kind's schema, such as `io.k8s.api.apps.v1.Deployment` or `io.fairlead.v1alpha1.NodeGroup`. */
export function rootSchemaName(definition: ResourceDefinition): string {
  const model = modelOf(definition.schema);
  if (model !== undefined) return modelSchemaName(model, definition);
  return `${definition.group.split(".").reverse().join(".")}.${definition.version}.${definition.kind}`;
}

export function schemaPrefix(version: OpenApiVersion): string {
  return version === "v2" ? "#/definitions/" : "#/components/schemas/";
}

function collectNames(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  // No kind refers to these.
  for (const model of metaModels) found.set(model, `io.k8s.apimachinery.pkg.apis.meta.v1.${baseName(model)}`);
  for (const definition of builtinDefinitions)
    visit(definition.schema, packageOf(definition.group, definition.version), found);
  return found;
}

function visit(schema: Schema, packageName: string, found: Map<string, string>): void {
  const model = modelOf(schema);
  if (model !== undefined) {
    if (found.has(model)) return;
    found.set(
      model,
      `${metaModels.has(model) ? "io.k8s.apimachinery.pkg.apis.meta.v1" : packageName}.${baseName(model)}`,
    );
  }
  for (const member of Object.values(schema.properties ?? {})) visit(member, packageName, found);
  if (schema.items !== undefined) visit(schema.items, packageName, found);
  if (typeof schema.additionalProperties === "object") visit(schema.additionalProperties, packageName, found);
}

function packageOf(group: string, version: string): string {
  if (group === "apiextensions.k8s.io") return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}`;
  return `io.k8s.api.${group === "" ? "core" : (group.split(".", 1)[0] ?? group)}.${version}`;
}

function baseName(model: string): string {
  return model.replace(/^[A-Za-z]*?V\d+(?:(?:alpha|beta)\d+)?(?=[A-Z])/, "");
}
