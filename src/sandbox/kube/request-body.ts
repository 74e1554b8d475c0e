import { errorMessage } from "../../errors.ts";
import { decodeProtobuf, protobufType } from "./builtin/protobuf.ts";
import { goJsonError } from "./go-json-error.ts";
import { parseGoYaml } from "./go-yaml.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import { badRequest, type StatusError, tooLarge, unsupportedMediaType } from "./status-error.ts";

const ACCEPTED = ["application/json", "application/yaml", protobufType] as const;

export interface DecodedBody {
  readonly value: unknown;
  /** Paths of members given twice, such as `spec.replicas`. */
  readonly duplicates: readonly string[];
}

/** Reads a JSON, YAML or protobuf body by its `content-type`; none means JSON. `kind` is what errors say was expected. */
export function decodeBody(
  body: string | Uint8Array | undefined,
  contentType: string | undefined,
  kind?: string,
): DecodedBody {
  const type = (contentType ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "" && type !== "*/*" && !ACCEPTED.some((accepted) => accepted === type))
    throw unsupportedMediaType(ACCEPTED);
  if (type === protobufType) return { value: decodeBinary(body), duplicates: [] };
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
    if (yaml) return { value: parseGoYaml(text).value, duplicates: [] };
    return { value: JSON.parse(text) as unknown, duplicates: duplicateMembers(text) };
  } catch (error) {
    throw badRequest(
      `couldn't get version/kind; json parse error: ${yaml ? errorMessage(error) : (goJsonError(text) ?? errorMessage(error))}`,
    );
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
  value: unknown,
  resource?: { readonly kind: string; readonly custom: boolean },
): JsonObject {
  if (isObject(value)) return value;
  const refuse = (why: string): StatusError => {
    if (resource === undefined) return badRequest(why);
    const what = `the object provided is unrecognized (must be of type ${resource.kind})`;
    return badRequest(`${what}: ${why} (${bodySummary(JSON.stringify(value))})`);
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

interface Level {
  readonly path: string;
  readonly seen: Set<string> | undefined;
  index: number;
  key: string;
}

/** `JSON.parse` keeps the last of two equal members in silence; the API server reports them, so they are looked for here. */
function duplicateMembers(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let expectKey = false;
  const here = (): string => {
    const level = levels.at(-1);
    if (level === undefined) return "";
    if (level.seen === undefined) return `${level.path}[${level.index}]`;
    return level.path === "" ? level.key : `${level.path}.${level.key}`;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      const start = at++;
      while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
      const level = levels.at(-1);
      if (!expectKey || level?.seen === undefined) continue;
      level.key = text.slice(start + 1, at);
      if (level.seen.has(level.key)) found.push(here());
      level.seen.add(level.key);
      expectKey = false;
    } else if (code === 0x7b || code === 0x5b) {
      levels.push({ path: here(), seen: code === 0x7b ? new Set() : undefined, index: 0, key: "" });
      expectKey = code === 0x7b;
    } else if (code === 0x7d || code === 0x5d) {
      levels.pop();
      expectKey = false;
    } else if (code === 0x2c) {
      const level = levels.at(-1);
      if (level === undefined) continue;
      level.index++;
      expectKey = level.seen !== undefined;
    }
  }
  return found;
}
