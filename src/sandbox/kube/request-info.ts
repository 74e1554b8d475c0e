import { badRequest } from "./status-error.ts";

/** What a request is about, as far as its path and query tell (apiserver `request.RequestInfo`). */
export interface RequestInfo {
  readonly method: string;
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  /** Plural name. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** Empty for the resource itself. */
  readonly subresource: string;
  readonly query: URLSearchParams;
  /** Below the deprecated `/watch/`. */
  readonly oldWatch: boolean;
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** Undefined when the path is not one of a resource. */
export function parseRequest(method: string, pathAndQuery: string): RequestInfo | undefined {
  const mark = pathAndQuery.indexOf("?");
  const path = mark === -1 ? pathAndQuery : pathAndQuery.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? "" : pathAndQuery.slice(mark + 1));
  const segments = decodedSegments(path);
  if (segments === undefined) return undefined;
  const root = segments.shift();
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "api" ? "" : (segments.shift() ?? "");
  const version = segments.shift();
  if (version === undefined || (root === "apis" && group === "")) return undefined;
  const oldWatch = segments[0] === "watch";
  if (oldWatch) segments.shift();
  let namespace: string | undefined;
  if (segments[0] === "namespaces" && segments.length > 2 && !isNamespaceSubresource(segments)) {
    namespace = segments[1];
    segments.splice(0, 2);
  }
  const [resource, name, ...rest] = segments;
  if (resource === undefined) return undefined;
  const watching = oldWatch || (name === undefined && isTrue(query.get("watch")));
  return {
    method,
    verb: verbOf(method, name, watching),
    group,
    version,
    resource,
    namespace,
    name: oldWatch ? undefined : name,
    subresource: rest.join("/"),
    oldWatch,
    query: oldWatch && name !== undefined ? withFieldSelector(query, name) : query,
  };
}

export function isTrue(text: string | null): boolean {
  return text !== null && text !== "0" && text.toLowerCase() !== "false";
}

/** A slash at the end does not count, two in a row stand around a name that is empty. */
function decodedSegments(path: string): string[] | undefined {
  try {
    return decodeURIComponent(path)
      .replace(/^\/+|\/+$/g, "")
      .split("/");
  } catch {
    return undefined;
  }
}

/** Whether each `%` of a path begins the code of a character. */
export function isReadable(path: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(path.split("?", 1)[0] ?? "");
}

function isNamespaceSubresource(segments: readonly string[]): boolean {
  return segments.length === 3 && (segments[2] === "status" || segments[2] === "finalize");
}

function verbOf(method: string, name: string | undefined, watching: boolean): Verb {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === undefined ? "deletecollection" : "delete";
    default:
      if (watching) return "watch";
      return name === undefined ? "list" : "get";
  }
}

function withFieldSelector(query: URLSearchParams, name: string): URLSearchParams {
  const copy = new URLSearchParams(query);
  const given = copy.get("fieldSelector") ?? "";
  if (given !== "" && given !== `metadata.name=${name}`)
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  copy.set("fieldSelector", `metadata.name=${name}`);
  return copy;
}
