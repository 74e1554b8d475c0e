import type { FieldError } from "./resource-definition.ts";
import { invalid } from "./status-error.ts";

const MAX_MANAGER_BYTES = 128;
const VALIDATIONS = ["", "Ignore", "Strict", "Warn"];

/** How a write is asked for; what `CreateOptions`, `UpdateOptions` and `PatchOptions` have in common. */
export interface WriteOptions {
  /** Empty when the client names none. */
  readonly fieldManager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
}

/** The options of a write, from its query. Throws 422 with every option that is wrong. `type` is the patch's media type. */
export function parseWriteOptions(query: URLSearchParams, verb: string, type: string | undefined): WriteOptions {
  const errors: FieldError[] = [];
  const fieldManager = query.get("fieldManager") ?? "";
  const kind = KINDS[verb];
  if (kind === undefined) return { fieldManager, dryRun: false, fieldValidation: "Ignore" };
  if (verb === "patch") checkPatch(query, fieldManager, type ?? "", errors);
  checkManager(fieldManager, errors);
  const dryRun = query.getAll("dryRun");
  if (dryRun.some((value) => value !== "All")) {
    errors.push(unsupported("dryRun", dryRun, ["All"]));
  }
  const validation = query.get("fieldValidation") ?? "";
  if (!VALIDATIONS.includes(validation)) errors.push(unsupported("fieldValidation", validation, VALIDATIONS));
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", resource: "", kind }, "", errors);
  return {
    fieldManager,
    dryRun: dryRun.includes("All"),
    fieldValidation: validation === "Strict" || validation === "Ignore" ? validation : "Warn",
  };
}

const KINDS: Readonly<Record<string, string>> = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions",
};

function checkPatch(query: URLSearchParams, fieldManager: string, type: string, errors: FieldError[]): void {
  const isApply = type.split(";", 1)[0]?.trim().toLowerCase() === "application/apply-patch+yaml";
  if (isApply && fieldManager === "") {
    errors.push({
      field: "fieldManager",
      type: "FieldValueRequired",
      detail: "Required value: is required for apply patch",
    });
  }
  if (!isApply && query.has("force")) {
    errors.push({
      field: "force",
      type: "FieldValueForbidden",
      detail: "Forbidden: may not be specified for non-apply patch",
    });
  }
}

function checkManager(manager: string, errors: FieldError[]): void {
  const field = "fieldManager";
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES) {
    const detail = `Too long: may not be more than ${MAX_MANAGER_BYTES} bytes`;
    errors.push({ field, type: "FieldValueTooLong", detail });
  }
  let at = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      const detail = `Invalid value: ${quoted(manager)}: invalid character U+${code} (at position ${at})`;
      errors.push({ field, type: "FieldValueInvalid", detail });
    }
    at += Buffer.byteLength(character);
  }
}

/** Letters, marks, numbers, punctuation, symbols and the plain space. */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Text as Go quotes it. */
function quoted(text: string): string {
  const body = Array.from(text, (character) => {
    if (character === '"' || character === "\\") return `\\${character}`;
    if (isPrintable(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    return (
      ESCAPES[character] ??
      (code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`)
    );
  });
  return `"${body.join("")}"`;
}

function unsupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(", ");
  return {
    field,
    type: "FieldValueNotSupported",
    detail: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  };
}

/** Who writes when the client names no manager: what stands before the first slash of its user agent. */
export function managerFromAgent(userAgent: string): string {
  let manager = "";
  for (const character of userAgent.split("/", 1)[0] ?? "") {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(manager + character) > MAX_MANAGER_BYTES) break;
    manager += character;
  }
  return manager === "" ? "unknown" : manager;
}
