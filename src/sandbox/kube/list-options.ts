import type { ServedResource } from "./registry.ts";
import { isTrue } from "./request-info.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { parseFieldSelector, parseLabelSelector } from "./selectors.ts";
import { badRequest, expired, invalid, StatusError } from "./status-error.ts";

export interface ListOptions {
  readonly selectsAll: boolean;
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
  const labelMatcher = parseLabelSelector(query.get("labelSelector") ?? "");
  const fieldMatcher = parseFieldSelector(query.get("fieldSelector") ?? "", fieldCheck(resource));
  const sendInitial = query.get("sendInitialEvents");
  const options: ListOptions = {
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
  const errors = problems(options, watch);
  if (errors.length > 0) {
    throw invalid({ group: "meta.k8s.io", resource: "", kind: "ListOptions" }, "", errors);
  }
  if (options.resourceVersion !== "" && !/^\d+$/.test(options.resourceVersion)) {
    const text = `invalid resource version ${JSON.stringify(options.resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(options.resourceVersion)}: invalid syntax`;
    throw badRequest(text);
  }
  return options;
}

export interface Continuation {
  /** -1: continue in the present state. */
  readonly version: number;
  /** The last key that was already given. */
  readonly after: string;
}

export function encodeContinue({ version, after }: Continuation): string {
  const text = JSON.stringify({ v: "meta.k8s.io/v1", rv: version, start: `${after}\u0000` });
  return Buffer.from(text).toString("base64url");
}

export function decodeContinue(token: string): Continuation {
  try {
    const value = JSON.parse(Buffer.from(token, "base64url").toString()) as { v?: string; rv?: number; start?: string };
    if (value.v === "meta.k8s.io/v1" && typeof value.rv === "number" && typeof value.start === "string") {
      return { version: value.rv, after: value.start.split("\u0000", 1)[0] ?? "" };
    }
  } catch {
    // Reported below, as any other token that is not ours.
  }
  throw badRequest("continue key is not valid: not a continue token of this server");
}

export function continueExpired(after: string): StatusError {
  return expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    encodeContinue({ version: -1, after }),
  );
}

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
  if (text === null || text === "") return undefined;
  if (!/^-?\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

function problems(options: ListOptions, watch: boolean): FieldError[] {
  const { resourceVersionMatch: match, resourceVersion: version, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  const forbid = (field: string, text: string): void => {
    errors.push({ field, type: "FieldValueForbidden", detail: `Forbidden: ${text}` });
  };
  if (sendInitialEvents !== undefined) {
    if (!watch) forbid("sendInitialEvents", "sendInitialEvents is forbidden for list");
    else if (match !== "NotOlderThan") {
      forbid("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    return errors;
  }
  if (match === "") return errors;
  if (watch)
    forbid("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  if (version === "")
    forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (options.continueToken !== "")
    forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
  if (match !== "Exact" && match !== "NotOlderThan") {
    errors.push({
      field: "resourceVersionMatch",
      type: "FieldValueNotSupported",
      detail: `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
    });
  }
  if (match === "Exact" && version === "0") {
    forbid("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  return errors;
}

function fieldsOf(object: KubeObject, resource: ServedResource): Record<string, string> {
  return {
    ...resource.definition.selectableFields?.(resource.fromStorage(object)),
    "metadata.name": object.metadata.name,
    ...(resource.definition.namespaced ? { "metadata.namespace": object.metadata.namespace ?? "" } : {}),
  };
}

function fieldCheck(resource: ServedResource): (field: string) => boolean {
  const { definition } = resource;
  const known = new Set(["metadata.name", ...(definition.namespaced ? ["metadata.namespace"] : [])]);
  const sample: KubeObject = { apiVersion: resource.apiVersion, kind: definition.kind, metadata: { name: "" } };
  for (const field of Object.keys(definition.selectableFields?.(sample) ?? {})) known.add(field);
  return (field) => {
    if (known.has(field)) return true;
    if (definition.selectableFields !== undefined || resource.custom) return false;
    const list = [...known].map((name) => JSON.stringify(name)).join(", ");
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only ${list}`);
  };
}
