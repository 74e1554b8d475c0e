import { builtinDefinitions } from "./builtin/definitions.ts";
import { modelOf } from "./builtin/model-schema.ts";
import type { ResourceDefinition, Schema } from "./resource-definition.ts";

export type OpenApiVersion = "v2" | "v3";

const metaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1";
const metaModels = new Set([
  "V1ShardInfo",
  "V1APIResource",
  "V1APIResourceList",
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
  "V1Status",
  "V1StatusCause",
  "V1StatusDetails",
]);

/** Kinds of subresources with what is theirs alone, and what is not in the group that uses it first. */
const subresourceModels: Readonly<Record<string, string>> = {
  AuthenticationV1TokenRequest: "io.k8s.api.authentication.v1.TokenRequest",
  V1TokenRequestSpec: "io.k8s.api.authentication.v1.TokenRequestSpec",
  V1TokenRequestStatus: "io.k8s.api.authentication.v1.TokenRequestStatus",
  V1BoundObjectReference: "io.k8s.api.authentication.v1.BoundObjectReference",
  V1Binding: "io.k8s.api.core.v1.Binding",
  V1Eviction: "io.k8s.api.policy.v1.Eviction",
  V1Scale: "io.k8s.api.autoscaling.v1.Scale",
  V1ScaleSpec: "io.k8s.api.autoscaling.v1.ScaleSpec",
  V1ScaleStatus: "io.k8s.api.autoscaling.v1.ScaleStatus",
  V1TopologySelectorLabelRequirement: "io.k8s.api.core.v1.TopologySelectorLabelRequirement",
  V1TopologySelectorTerm: "io.k8s.api.core.v1.TopologySelectorTerm",
};

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

/** The name of a schema that all groups share, such as `Status`. */
export function metaSchemaName(kind: string): string {
  return `${metaPackage}.${kind}`;
}

/** The name of the schema of a subresource: its own kind, or that of the resource. */
export function subresourceSchemaName(
  definition: ResourceDefinition,
  { group, version, kind }: { readonly group: string; readonly version: string; readonly kind: string },
): string {
  return kind === definition.kind ? rootSchemaName(definition) : `${packageOf(group, version)}.${kind}`;
}

export function schemaPrefix(version: OpenApiVersion): string {
  return version === "v2" ? "#/definitions/" : "#/components/schemas/";
}

function collectNames(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  // No kind refers to these.
  for (const [model, name] of Object.entries(subresourceModels)) found.set(model, name);
  for (const model of metaModels) found.set(model, `${metaPackage}.${baseName(model)}`);
  for (const definition of builtinDefinitions)
    visit(definition.schema, packageOf(definition.group, definition.version), found);
  return found;
}

function visit(schema: Schema, packageName: string, found: Map<string, string>): void {
  const model = modelOf(schema);
  if (model !== undefined) {
    if (found.has(model)) return;
    found.set(model, `${metaModels.has(model) ? metaPackage : packageName}.${baseName(model)}`);
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
