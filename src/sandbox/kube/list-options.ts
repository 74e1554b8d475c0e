import { parseFieldSelector } from "./field-selector.ts";
import type { ServedResource } from "./registry.ts";
import { isTrue } from "./request-info.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { parseLabelSelector } from "./selectors.ts";
import { badRequest, invalid, StatusError } from "./status-error.ts";

export interface ListOptions {
  readonly selectsAll: boolean;
  /** One object at most, by its name: there is no next page. */
  readonly single: boolean;
  /** Of an object in the storage version. */
  matches(object: KubeObject): boolean;
  readonly limit: number;
  readonly continueToken: string;
  /** Empty when not given. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** Reads the query of a list, watch or deletecollection; refuses what the API server refuses. */
export function parseListOptions(query: URLSearchParams, resource: ServedResource, watch: boolean): ListOptions {
  // The API server decodes the whole query first, then validates, then looks at which fields a kind has.
  const labelMatcher = parseLabelSelector(query.get("labelSelector") ?? "");
  const fields: string[] = [];
  const fieldMatcher = parseFieldSelector(query.get("fieldSelector") ?? "", (field) => void fields.push(field));
  const sendInitial = query.get("sendInitialEvents");
  const given: ListOptions = {
    single: /(?:^|,)metadata\.name==?[^=,]+/.test(query.get("fieldSelector") ?? ""),
    selectsAll: labelMatcher === undefined && fieldMatcher === undefined,
    matches: (object) =>
      (labelMatcher === undefined || labelMatcher(object.metadata.labels ?? {})) &&
      (fieldMatcher === undefined || fieldMatcher(fieldsOf(object, resource))),
    limit: integer(query, "limit") ?? 0,
    continueToken: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    allowWatchBookmarks: isTrue(query.get("allowWatchBookmarks")),
    sendInitialEvents: sendInitial === null ? undefined : isTrue(sendInitial),
    timeoutSeconds: integer(query, "timeoutSeconds"),
  };
  const options = watch ? withWatchDefaults(given) : given;
  const errors = watch ? watchProblems(options) : listProblems(options);
  if (errors.length > 0) {
    throw invalid({ group: "meta.k8s.io", resource: "", kind: "ListOptions" }, "", errors);
  }
  const check = fieldCheck(resource);
  for (const field of fields) check(field);
  return options;
}

/** A watch from nowhere in particular begins with what is there (apimachinery `SetListOptionsDefaults`). */
function withWatchDefaults(options: ListOptions): ListOptions {
  const { sendInitialEvents, resourceVersion, resourceVersionMatch } = options;
  if (sendInitialEvents !== undefined || resourceVersionMatch !== "") return options;
  if (resourceVersion !== "" && resourceVersion !== "0") return options;
  return { ...options, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };
}

/** The number that a `resourceVersion` is, 0 when it is not given. `fail` makes the answer to what is no number. */
export function versionNumber(text: string, fail: (message: string) => StatusError): number {
  if (text === "") return 0;
  const complaint = !/^\d+$/.test(text)
    ? "invalid syntax"
    : BigInt(text) > 0xffff_ffff_ffff_ffffn
      ? "value out of range"
      : undefined;
  if (complaint === undefined) return Number(text);
  const quoted = JSON.stringify(text);
  throw fail(`resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${complaint}`);
}

/** For a get or a watch, where the API server has made no client error of it. */
export function unreadableVersion(message: string): StatusError {
  return new StatusError(500, "", message);
}

/** 504: a client has to wait for this version, and for longer than the API server waits by itself. */
export function tooLargeVersion(wanted: number, current: number): StatusError {
  return new StatusError(504, "Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const quoted = JSON.stringify(text);
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${quoted}: invalid syntax`);
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) throw badRequest(`strconv.ParseInt: parsing ${quoted}: value out of range`);
  return Number(value);
}

const matchField = "resourceVersionMatch";

function forbidden(field: string, text: string): FieldError {
  return { field, type: "FieldValueForbidden", detail: `Forbidden: ${text}` };
}

function unsupportedMatch(match: string, supported: string): FieldError {
  const detail = `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported}`;
  return { field: matchField, type: "FieldValueNotSupported", detail };
}

function listProblems(options: ListOptions): FieldError[] {
  const { resourceVersionMatch: match, resourceVersion } = options;
  const errors: FieldError[] = [];
  if (match !== "") {
    if (resourceVersion === "")
      errors.push(forbidden(matchField, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (options.continueToken !== "") errors.push(forbiddenWithContinue());
    if (match !== "Exact" && match !== "NotOlderThan")
      errors.push(unsupportedMatch(match, '"Exact", "NotOlderThan", ""'));
    if (match === "Exact" && resourceVersion === "0") {
      errors.push(forbidden(matchField, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (options.sendInitialEvents !== undefined)
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return errors;
}

function watchProblems(options: ListOptions): FieldError[] {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  const text =
    sendInitialEvents === undefined
      ? "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
      : "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
  if (sendInitialEvents === undefined ? match !== "" : match !== "NotOlderThan")
    errors.push(forbidden(matchField, text));
  if (match === "") return errors;
  if (match !== "NotOlderThan") errors.push(unsupportedMatch(match, '"NotOlderThan"'));
  if (options.continueToken !== "") errors.push(forbiddenWithContinue());
  return errors;
}

function forbiddenWithContinue(): FieldError {
  return forbidden(matchField, "resourceVersionMatch is forbidden when continue is provided");
}

function fieldsOf(object: KubeObject, resource: ServedResource): Record<string, string> {
  return {
    ...resource.definition.selectableFields?.(resource.fromStorage(object)),
    "metadata.name": object.metadata.name,
    ...(resource.definition.namespaced ? { "metadata.namespace": object.metadata.namespace ?? "" } : {}),
  };
}

/** Refuses fields that the kind cannot be selected by. Kinds without fields of their own have another text for it. */
function fieldCheck(resource: ServedResource): (field: string) => void {
  const { definition } = resource;
  const plain = definition.selectableFields === undefined && !resource.custom;
  const known = new Set(["metadata.name", ...(definition.namespaced || plain ? ["metadata.namespace"] : [])]);
  const sample: KubeObject = { apiVersion: resource.apiVersion, kind: definition.kind, metadata: { name: "" } };
  for (const field of Object.keys(definition.selectableFields?.(sample) ?? {})) known.add(field);
  return (field) => {
    if (known.has(field)) return;
    if (!plain)
      throw badRequest(
        resource.storageKey === "batch/jobs"
          ? `field label ${JSON.stringify(field)} not supported for Job`
          : `field label not supported: ${field}`,
      );
    const list = [...known].map((name) => JSON.stringify(name)).join(", ");
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only ${list}`);
  };
}
