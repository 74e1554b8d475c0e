import { isObject, type JsonObject } from "./json-value.ts";
import { checkBodyKind, checkPatchedKind, patchInvalid } from "./object-kind.ts";
import { completeSchema } from "./object-meta.ts";
import type { ServedResource } from "./registry.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject, Schema } from "./resource-definition.ts";
import { mistypedEmbedded } from "./schema/embedded.ts";
import { pruneUnknown } from "./schema/prune.ts";
import { badRequest, invalid } from "./status-error.ts";
import { typeProblem } from "./type-problem.ts";

export interface Expected {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  /** Undefined on create. */
  readonly name: string | undefined;
}

/** Makes an object of the resource from a request's JSON: kind and names checked, unknown members dropped and reported. */
export function decodeObject(
  value: JsonObject,
  expected: Expected,
  context: WriteContext,
  duplicates: readonly string[],
): KubeObject {
  const { resource, name } = expected;
  checkBodyKind(value, resource);
  const given = isObject(value["metadata"]) ? value["metadata"] : {};
  checkNames(given, expected);
  const pruned = prune(value, resource);
  const problems = [
    ...pruned.unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
  const metadata = isObject(pruned.value["metadata"]) ? withoutNulls(pruned.value["metadata"]) : {};
  if (!resource.custom) checkTypes(pruned.value, resource.definition.schema, resource);
  checkTypes({ metadata }, { properties: { metadata: completeSchema({}).properties?.["metadata"] ?? {} } }, resource);
  const mistyped = resource.custom ? mistypedEmbedded(value, resource.definition.schema) : undefined;
  if (mistyped !== undefined) throw badRequest(cannotBeHandled(resource, mistyped));
  if (problems.length > 0) report(problems, resource, context);
  return {
    ...pruned.value,
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: {
      ...withoutRepeatedOwners(metadata, "", context),
      name: (metadata["name"] as string | undefined) ?? name ?? "",
    },
  };
}

/** The result of a patch as an object again. Unknown members that the patch brought are reported as a patch's. */
export function decodePatched(
  value: unknown,
  before: KubeObject,
  { resource, name, patch }: { readonly resource: ServedResource; readonly name: string; readonly patch: string },
  context: WriteContext,
): KubeObject {
  if (!isObject(value)) throw badRequest("patch does not give an object");
  const pruned = prune(value, resource);
  if (pruned.unknown.length > 0) {
    const problems = pruned.unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
    if (context.fieldValidation === "Strict") {
      throw invalid({ group: "", resource: "", kind: "" }, "", [
        {
          field: "patch",
          type: "FieldValueInvalid",
          detail: `Invalid value: ${JSON.stringify(patch)}: strict decoding error: ${problems.join(", ")}`,
        },
      ]);
    }
    if (context.fieldValidation === "Warn") context.warnings.push(...problems);
  }
  const metadata = isObject(pruned.value["metadata"]) ? withoutNulls(pruned.value["metadata"]) : {};
  checkPatchedKind(value, resource);
  const problem = resource.custom ? undefined : typeProblem(pruned.value, resource.definition.schema, resource.kind);
  if (problem !== undefined) throw patchInvalid(value, false, problem);
  if ((metadata["name"] ?? "") === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  checkNames(metadata, { resource, namespace: before.metadata.namespace, name });
  return {
    ...pruned.value,
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: {
      ...withoutRepeatedOwners(metadata, " after mutating admission happens", context),
      name: before.metadata.name,
    },
  };
}

/** What a webhook has made of an object: what the kind does not know goes without a word. Throws an Error for wrong types. */
export function decodeMutated(value: JsonObject, resource: ServedResource): KubeObject {
  const pruned = prune(value, resource).value;
  const metadata = isObject(pruned["metadata"]) ? withoutNulls(pruned["metadata"]) : {};
  if (!resource.custom) {
    const problem = typeProblem(pruned, resource.definition.schema, resource.kind);
    if (problem !== undefined) throw new Error(problem);
  }
  const name = metadata["name"];
  return {
    ...pruned,
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { ...metadata, name: typeof name === "string" ? name : "" },
  };
}

/** Owners named twice are kept once, with a warning. */
function withoutRepeatedOwners(metadata: JsonObject, when: string, { warnings }: WriteContext): JsonObject {
  const owners = metadata["ownerReferences"];
  if (!Array.isArray(owners)) return metadata;
  const uidOf = (owner: unknown): unknown => (isObject(owner) ? owner["uid"] : undefined);
  const uids = owners.map(uidOf);
  const kept = owners.filter((_, index) => uids.indexOf(uids[index]) === index);
  if (kept.length === owners.length) return metadata;
  const repeated = [...new Set(uids.filter((uid, index) => uids.indexOf(uid) !== index))].join(", ");
  warnings.push(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated}`,
  );
  return { ...metadata, ownerReferences: kept };
}

function prune(value: JsonObject, resource: ServedResource): { value: JsonObject; unknown: string[] } {
  const unknown: string[] = [];
  if (!resource.definition.prune) return { value, unknown };
  const pruned = pruneUnknown(value, completeSchema(resource.definition.schema), unknown) as JsonObject;
  return { value: pruned, unknown: resource.custom ? unknown.sort() : unknown };
}

function report(problems: readonly string[], resource: ServedResource, context: WriteContext): void {
  if (context.fieldValidation === "Ignore") return;
  if (context.fieldValidation === "Warn") {
    context.warnings.push(...problems);
    return;
  }
  const text = `strict decoding error: ${problems.join(", ")}`;
  throw badRequest(cannotBeHandled(resource, text));
}

function cannotBeHandled({ kind, definition }: ServedResource, why: string): string {
  return `${kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${kind}: ${why}`;
}

function checkNames(metadata: JsonObject, { resource, namespace, name }: Expected): void {
  const givenName = metadata["name"];
  if (name !== undefined && typeof givenName === "string" && givenName !== "" && givenName !== name) {
    throw badRequest(`the name of the object (${givenName}) does not match the name on the URL (${name})`);
  }
  const givenNamespace = metadata["namespace"];
  if (typeof givenNamespace !== "string" || givenNamespace === "") return;
  if (resource.definition.namespaced && givenNamespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (!resource.definition.namespaced) delete metadata["namespace"];
}

/** Metadata without what reads as absent: null, and collections of nothing. */
export const DROPPED_EMPTY = new Set(["labels", "annotations", "finalizers", "ownerReferences"]);

/** Metadata as Go's type keeps them: without nulls and empty lists and maps, and without the link that nobody sets any more. */
export function withoutNulls(metadata: JsonObject): JsonObject {
  const isEmpty = (value: unknown): boolean => typeof value === "object" && Object.keys(value ?? {}).length === 0;
  return Object.fromEntries(
    Object.entries(metadata).filter(
      ([name, value]) => value !== null && name !== "selfLink" && !(DROPPED_EMPTY.has(name) && isEmpty(value)),
    ),
  );
}

/** Built-in kinds are decoded into Go structs: a value of the wrong type fails there, before any validation. */
function checkTypes(value: unknown, schema: Schema, resource: ServedResource): void {
  const problem = typeProblem(value, schema, resource.kind);
  if (problem !== undefined) throw badRequest(cannotBeHandled(resource, problem));
}
