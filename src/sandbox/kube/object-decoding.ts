import { fieldProblems } from "./field-problems.ts";
import { inOrderOfNames, isObject, type JsonObject } from "./json-value.ts";
import { checkBodyKind, checkPatchedKind, patchInvalid } from "./object-kind.ts";
import { completeSchema, objectMetaSchema } from "./object-meta.ts";
import type { ServedResource } from "./registry.ts";
import { type DecodedBody, requireObject } from "./request-body.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject } from "./resource-definition.ts";
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

/** Makes an object of the resource from a request's body: kind and names checked, unknown members dropped and reported. */
export function decodeObject(body: DecodedBody, expected: Expected, context: WriteContext): KubeObject {
  const { resource, name } = expected;
  const given = requireObject(body, resource);
  checkBodyKind(given, resource);
  // Custom resources are maps, in which the last of two members stays alone.
  const value = resource.custom || body.repeated === undefined ? given : (body.repeated.merged as JsonObject);
  const pruned = prune(value, resource);
  const problem = resource.custom
    ? (typeProblem(inOrderOfNames(pruned.value["metadata"]), objectMetaSchema, "ObjectMeta") ??
      mistypedEmbedded(value, resource.definition.schema))
    : typeProblem(pruned.value, completeSchema(resource.definition.schema), resource.kind);
  if (problem !== undefined) throw badRequest(cannotBeHandled(resource, problem));
  reportFields(body, pruned.unknown, resource, context);
  const metadata = isObject(pruned.value["metadata"]) ? withoutNulls(pruned.value["metadata"]) : {};
  checkNames(metadata, expected);
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

/** Warns of members that are not known or come twice, or refuses them, as the client wants it. */
function reportFields(
  body: DecodedBody,
  unknown: readonly string[],
  resource: ServedResource,
  { fieldValidation, warnings }: WriteContext,
): void {
  const { repeatedKeys } = body;
  if (fieldValidation === "Ignore") return;
  const problems = fieldProblems(body.repeated, unknown, resource.custom);
  if (fieldValidation === "Warn") {
    warnings.push(...repeatedKeys, ...problems);
    return;
  }
  const keys = repeatedKeys.map((key) => `\n  ${key}`).join("");
  const all = [...(keys === "" ? [] : [`yaml: unmarshal errors:${keys}`]), ...problems];
  if (all.length > 0) throw badRequest(cannotBeHandled(resource, `strict decoding error: ${all.join(", ")}`));
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
  return { value: pruned, unknown };
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

const TEXT_MAPS = new Set(["labels", "annotations"]);

/** In a map of texts, null is the empty text. */
function withTexts(map: unknown): unknown {
  if (!isObject(map) || !Object.values(map).includes(null)) return map;
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, value ?? ""]));
}

/** Metadata as Go's type keeps them: without nulls and empty lists and maps, and without the link that nobody sets any more. */
export function withoutNulls(metadata: JsonObject): JsonObject {
  const isEmpty = (value: unknown): boolean => typeof value === "object" && Object.keys(value ?? {}).length === 0;
  const kept = Object.entries(metadata).filter(
    ([name, value]) => value !== null && name !== "selfLink" && !(DROPPED_EMPTY.has(name) && isEmpty(value)),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, TEXT_MAPS.has(name) ? withTexts(value) : value]));
}
