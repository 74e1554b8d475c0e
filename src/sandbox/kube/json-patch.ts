import { applyPatch, type Operation } from "rfc6902";
import { isObject } from "./json-value.ts";
import { badRequest, StatusError } from "./status-error.ts";

const MAX_OPERATIONS = 10_000;
const OPERATIONS = new Set(["add", "remove", "replace", "move", "copy", "test"]);

/** JSON patch (RFC 6902), with the API server's answers to a patch that cannot be applied (422). */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  }
  if (patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      413,
      "RequestEntityTooLarge",
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const copy: unknown = structuredClone(target);
  for (const operation of patch as unknown[]) {
    const { op, path } = isObject(operation) ? operation : {};
    if (typeof op !== "string" || !OPERATIONS.has(op)) throw unprocessable(`Unexpected kind: ${String(op)}`);
    if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) {
      throw unprocessable(
        `${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`,
      );
    }
    const [error] = applyPatch(copy, [operation as Operation]);
    if (error !== null && error !== undefined) throw failure(op, path, operation as { from?: string; value?: unknown });
  }
  return copy;
}

function failure(op: string, path: string, operation: { readonly from?: string }): StatusError {
  switch (op) {
    case "test":
      return unprocessable(`testing value ${path} failed: test failed`);
    case "remove":
      return unprocessable(
        `remove operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`,
      );
    case "replace":
      return unprocessable(`replace operation does not apply: doc is missing path: ${path}: missing value`);
    case "move":
    case "copy":
      return unprocessable(
        `${op} operation does not apply: doc is missing from path: ${operation.from ?? ""}: missing value`,
      );
    default:
      return unprocessable(`add operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`);
  }
}

/** The API server keeps the reason to itself here; it is the `cause` of the error. */
function unprocessable(message: string): StatusError {
  return new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {
    details: {},
    cause: new Error(message),
  });
}
