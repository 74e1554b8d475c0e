import { builtinDefinitions } from "./builtin/definitions.ts";
import { inOrderOfNames, type JsonObject } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import { bodySummary } from "./request-body.ts";
import { badRequest, invalid, type StatusError } from "./status-error.ts";

/** Kinds that every group version of the API server knows. */
const COMMON = new Set([
  "CreateOptions",
  "DeleteOptions",
  "GetOptions",
  "ListOptions",
  "PatchOptions",
  "UpdateOptions",
  "WatchEvent",
]);
let known: ReadonlySet<string> | undefined;

/** Whether the API server has a type for the kind, which then is of the wrong type rather than unknown. */
function isKnown(apiVersion: string, kind: string): boolean {
  known ??= new Set(
    builtinDefinitions.flatMap(({ group, version, kind: name, listKind }) => {
      const prefix = group === "" ? version : `${group}/${version}`;
      return [`${prefix} ${name}`, `${prefix} ${listKind}`];
    }),
  );
  return COMMON.has(kind) || kind === "Status" || known.has(`${apiVersion} ${kind}`);
}

/** Why data of this kind are none of the resource's, in the words of the API server; undefined when they are. */
export function builtinKindProblem(value: JsonObject, resource: ServedResource): string | undefined {
  const apiVersion = text(value["apiVersion"]) || resource.apiVersion;
  const kind = text(value["kind"]) || resource.kind;
  if (apiVersion === resource.apiVersion && kind === resource.kind) return undefined;
  if (!isKnown(apiVersion, kind)) {
    return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  }
  if (kind === resource.kind) return undefined;
  const { group } = resource.definition;
  const internal = group === "" ? "core" : (group.split(".", 1)[0] ?? group);
  return `converting (${versionOf(apiVersion)}.${kind}) to (${internal}.${resource.kind}): unknown conversion`;
}

/** Refuses the body of a create or an update that is of another kind or version than its path. */
export function checkBodyKind(value: JsonObject, resource: ServedResource): void {
  checkTypeMembers(value, resource);
  const apiVersion = text(value["apiVersion"]);
  if (!resource.custom) {
    const problem = builtinKindProblem(value, resource);
    if (problem !== undefined) {
      const kind = text(value["kind"]) || resource.kind;
      const version = versionOf(apiVersion || resource.apiVersion);
      throw badRequest(
        `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}: ${problem}`,
      );
    }
  }
  if (apiVersion !== resource.apiVersion && (resource.custom || apiVersion !== "")) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${resource.apiVersion})`,
    );
  }
  if (resource.custom) checkCustomKind(value, resource);
}

/** Whether the body for a custom resource says that it is of another kind, in the version of the path. */
export function isOfOtherKind(value: JsonObject, resource: ServedResource): boolean {
  const { apiVersion, kind } = value;
  if (!resource.custom) return false;
  return apiVersion === resource.apiVersion && typeof kind === "string" && kind !== "" && kind !== resource.kind;
}

function checkTypeMembers(value: JsonObject, resource: ServedResource): void {
  const refuse = (why: string): StatusError => {
    const body = JSON.stringify(value);
    const what = `the object provided is unrecognized (must be of type ${resource.kind})`;
    return badRequest(`${what}: ${why.replace("BODY", () => body)} (${bodySummary(body)})`);
  };
  for (const name of ["kind", "apiVersion"]) {
    const given = value[name];
    if (given === undefined || given === null || typeof given === "string") continue;
    const actual = Array.isArray(given) ? "array" : typeof given === "boolean" ? "bool" : typeof given;
    const why = `json: cannot unmarshal ${actual} into Go struct field .${name} of type string`;
    throw refuse(`couldn't get version/kind; json parse error: ${why}`);
  }
  const apiVersion = text(value["apiVersion"]);
  if (apiVersion.split("/").length > 2) throw refuse(`unexpected GroupVersion string: ${apiVersion}`);
  if (resource.custom && text(value["kind"]) === "") throw refuse("Object 'Kind' is missing in 'BODY'");
}

/** Refuses what a patch has made of an object when it is of another kind or version. */
export function checkPatchedKind(value: JsonObject, resource: ServedResource): void {
  if (!resource.custom) {
    const problem = builtinKindProblem(value, resource);
    if (problem !== undefined) throw patchInvalid(value, false, problem);
    return;
  }
  if (text(value["kind"]) === "") {
    throw patchInvalid(value, true, `Object 'Kind' is missing in '${patchedText(value, true)}'`);
  }
  checkCustomKind(value, resource);
}

/** A patch whose result cannot be read as an object of its kind. */
export function patchInvalid(value: JsonObject, custom: boolean, why: string): StatusError {
  const detail = `Invalid value: ${JSON.stringify(patchedText(value, custom))}: ${why}`;
  return invalid({ group: "", resource: "", kind: "" }, "", [{ field: "patch", type: "FieldValueInvalid", detail }]);
}

const METADATA_ORDER = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
];

/** The result of a patch as the API server's library writes it: members in order of their names, but for metadata. */
function patchedText(value: JsonObject, custom: boolean): string {
  const { metadata } = value;
  const place = (name: string): number => METADATA_ORDER.indexOf(name);
  const ordered =
    custom || typeof metadata !== "object" || metadata === null
      ? inOrderOfNames(metadata)
      : Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => place(a) - place(b)));
  return JSON.stringify({
    ...(inOrderOfNames(value) as JsonObject),
    ...(metadata === undefined ? {} : { metadata: ordered }),
  });
}

/** Custom resources are read whatever they say they are, and told in the validation. */
function checkCustomKind(value: JsonObject, resource: ServedResource): void {
  const apiVersion = text(value["apiVersion"]);
  const kind = text(value["kind"]);
  const group = apiVersion.includes("/") ? (apiVersion.split("/", 1)[0] ?? "") : "";
  const metadata = value["metadata"];
  const name = typeof metadata === "object" && metadata !== null ? text((metadata as JsonObject)["name"]) : "";
  const refuse = (field: string, given: string, expected: string): StatusError => {
    const detail = `Invalid value: ${JSON.stringify(given)}: must be ${expected}`;
    return invalid({ group, resource: resource.resource, kind }, name, [{ field, type: "FieldValueInvalid", detail }]);
  };
  if (kind !== resource.kind) throw refuse("kind", kind, resource.kind);
  if (apiVersion !== resource.apiVersion) throw refuse("apiVersion", apiVersion, resource.apiVersion);
}

function versionOf(apiVersion: string): string {
  return apiVersion.split("/").at(-1) ?? "";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
