import { deepEqual, isObject } from "./json-value.ts";
import { badRequest, StatusError } from "./status-error.ts";

const MAX_OPERATIONS = 10_000;

interface Operation {
  readonly op?: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

type Container = Record<string, unknown> | unknown[];

/**
 * JSON patch (RFC 6902) as the API server's library reads it: it may replace, test and copy what a map does not have,
 * and counts array indices from the end when they are negative. A patch that cannot be applied is answered with 422.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (patch === null) return target;
  checkPatch(patch);
  let document = structuredClone(target);
  for (const operation of patch) {
    try {
      document = applied(document, operation ?? {});
    } catch (error) {
      throw inOperation(error, operation ?? {});
    }
  }
  return document;
}

/** The failure with the words of its operation, which webhooks' patches show to clients. */
function inOperation(error: unknown, { op, path }: Operation): unknown {
  if (!(error instanceof StatusError) || !(error.cause instanceof Error)) return error;
  const { message } = error.cause;
  if (op === "remove" && message.startsWith("Unable to remove")) {
    return unprocessable(`error in remove for path: '${path}': ${message}`);
  }
  const missing = /^doc is missing path: (.*): missing value$/s.exec(message)?.[1];
  if (missing === undefined || op === "test") return error;
  const shown = op === "add" || op === "remove" ? JSON.stringify(missing) : missing;
  return unprocessable(`${op ?? ""} operation does not apply: doc is missing path: ${shown}: missing value`);
}

function checkPatch(patch: unknown): asserts patch is readonly Operation[] {
  if (!Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  const odd = (patch as unknown[]).find((operation) => operation !== null && !isObject(operation));
  if (odd !== undefined) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(odd)} into Go value of type handlers.jsonPatchOp`,
    );
  }
  if (patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      413,
      "RequestEntityTooLarge",
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function applied(document: unknown, operation: Operation): unknown {
  const { op, path } = operation;
  if (path === undefined || typeof path !== "string")
    throw unprocessable(`${op ?? ""} operation failed to decode path`);
  if (path === "" && op === "replace") {
    if (!isContainer(operation.value)) throw unprocessable("replace operation value must be object or array");
    return structuredClone(operation.value);
  }
  if (path === "" && op === "test") {
    if (!deepEqual(document, operation.value)) throw unprocessable("testing value  failed: test failed");
    return document;
  }
  const copy = (value: unknown): unknown => (value === undefined ? null : structuredClone(value));
  switch (op) {
    case "add":
      add(place(document, path), copy(operation.value));
      return document;
    case "remove":
      remove(place(document, path));
      return document;
    case "replace": {
      const where = place(document, path);
      get(where);
      set(where, copy(operation.value));
      return document;
    }
    case "test":
      if (!deepEqual(get(place(document, path)) ?? null, operation.value ?? null)) {
        throw unprocessable(`testing value ${path} failed: test failed`);
      }
      return document;
    case "move": {
      const from = place(document, operation.from ?? "");
      const value = get(from);
      remove(from);
      add(place(document, path), value);
      return document;
    }
    case "copy": {
      const value = get(place(document, operation.from ?? ""));
      add(place(document, path), copy(value));
      return document;
    }
    default:
      throw unprocessable(`Unexpected kind: ${op ?? "unknown"}`);
  }
}

/** A member of an object or array of the document; it need not be there. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

function place(document: unknown, path: string): Place {
  const parts = path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const key = parts.pop();
  let container: unknown = document;
  for (const part of parts) if (isContainer(container)) container = get({ container, key: part });
  if (key === undefined || !isContainer(container)) throw unprocessable(`doc is missing path: ${path}: missing value`);
  return { container, key };
}

function get({ container, key }: Place): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  return container[existingIndex(container, key)];
}

function set({ container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[existingIndex(container, key)] = value;
  else container[key] = value;
}

function add({ container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) container[key] = value;
  else if (key === "-") container.push(value);
  else container.splice(index(key, container.length + 1), 0, value);
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(existingIndex(container, key), 1);
  else if (!Object.hasOwn(container, key))
    throw unprocessable(`Unable to remove nonexistent key: ${key}: missing value`);
  else delete container[key];
}

function existingIndex(array: readonly unknown[], key: string): number {
  return index(key, array.length);
}

/** A place of an array with so many places; negative ones count from the end. */
function index(key: string, length: number): number {
  const given = /^[-+]?\d+$/.test(key) ? Number(key) : Number.NaN;
  const result = given < 0 ? given + length : given;
  if (!(result >= 0 && result < length)) throw unprocessable(`Unable to access invalid index: ${key}: invalid index`);
  return result;
}

function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isObject(value);
}

/** The API server keeps the reason to itself here; it is the `cause` of the error. */
function unprocessable(message: string): StatusError {
  return new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {
    details: {},
    cause: new Error(message),
  });
}
