import { errorMessage } from "../../errors.ts";
import { decodeProtobuf, protobufType } from "./builtin/protobuf.ts";
import { goJsonError } from "./go-json-error.ts";
import { parseGoYaml } from "./go-yaml.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import { type RepeatedMembers, repeatedMembers } from "./repeated-members.ts";
import { badRequest, type StatusError, tooLarge, unsupportedMediaType } from "./status-error.ts";

const ACCEPTED = ["application/json", "application/yaml", protobufType] as const;

export interface DecodedBody {
  readonly value: unknown;
  readonly text: string;
  /** Members that a JSON body names more than once. */
  readonly repeated: RepeatedMembers | undefined;
  /** Keys that a map of a YAML body has twice, in the words of the parser. */
  readonly repeatedKeys: readonly string[];
}

/** Reads a JSON, YAML or protobuf body by its `content-type`; none means JSON. `kind` is what errors say was expected. */
export function decodeBody(
  body: string | Uint8Array | undefined,
  contentType: string | undefined,
  kind?: string,
): DecodedBody {
  const given = contentType === undefined || contentType === "" ? "application/json" : contentType;
  const type = given.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!ACCEPTED.some((accepted) => accepted === type)) throw unsupportedMediaType(ACCEPTED);
  if (type === protobufType) return { value: decodeBinary(body), text: "", repeated: undefined, repeatedKeys: [] };
  const text = bodyText(body);
  try {
    return decodeText(text, type === "application/yaml");
  } catch (error) {
    if (kind === undefined) throw error;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): ${errorMessage(error)} (${bodySummary(text)})`,
    );
  }
}

const SUMMARY_LENGTH = 30;

/** The start of a body as error messages show it: JSON as it is, anything else in hexadecimal. */
export function bodySummary(text: string): string {
  if (text === "") return "<empty>";
  const start = text.slice(0, SUMMARY_LENGTH);
  const shown = text.startsWith("{") ? start : Buffer.from(start).toString("hex");
  return text.length > SUMMARY_LENGTH ? `${shown} ...` : shown;
}

/** The bytes that a request may have (`MaxRequestBodyBytes`). */
const MAX_BYTES = 3 * 1024 * 1024;

function checkSize(body: string | Uint8Array): void {
  const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  if (bytes > MAX_BYTES) throw tooLarge(MAX_BYTES);
}

function decodeBinary(body: string | Uint8Array | undefined): unknown {
  if (body !== undefined) checkSize(body);
  try {
    return decodeProtobuf(typeof body === "string" ? Buffer.from(body) : (body ?? new Uint8Array()));
  } catch (error) {
    throw badRequest(`couldn't read the protobuf body: ${errorMessage(error)}`);
  }
}

export function bodyText(body: string | Uint8Array | undefined): string {
  if (body === undefined) return "";
  checkSize(body);
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

export function decodeText(text: string, yaml: boolean): DecodedBody {
  try {
    if (yaml) {
      const { value, repeated } = parseGoYaml(text);
      return { value, text, repeated: undefined, repeatedKeys: repeated };
    }
    return { value: JSON.parse(text) as unknown, text, repeated: repeatedMembers(text), repeatedKeys: [] };
  } catch (error) {
    if (yaml) throw badRequest(errorMessage(error));
    throw badRequest(`couldn't get version/kind; json parse error: ${goJsonError(text) ?? errorMessage(error)}`);
  }
}

/** The text of a patch that is JSON; `prefix` is what the API server says before the words of its decoder. */
export function decodePatchText(text: string, prefix: string): unknown {
  const problem = goJsonError(text);
  if (problem !== undefined) throw badRequest(`${prefix}${problem}`);
  return JSON.parse(text) as unknown;
}

/** The object that a body holds; nothing at all, `null`, is read as an empty one. */
export function requireObject(
  { value, text }: { readonly value: unknown; readonly text?: string },
  resource?: { readonly kind: string; readonly custom: boolean },
): JsonObject {
  if (isObject(value)) return value;
  const refuse = (why: string): StatusError => {
    if (resource === undefined) return badRequest(why);
    const what = `the object provided is unrecognized (must be of type ${resource.kind})`;
    return badRequest(`${what}: ${why} (${bodySummary(text ?? JSON.stringify(value))})`);
  };
  if (value === null) {
    if (resource?.custom === true) throw refuse("Object 'Kind' is missing in 'null'");
    return {};
  }
  const actual = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  throw refuse(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${actual} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  );
}
