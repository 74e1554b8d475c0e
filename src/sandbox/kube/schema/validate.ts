import { deepEqual, isObject } from "../json-value.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { hasFormat } from "./formats.ts";

/** Checks a value against a structural schema; texts are those of the API server for custom resources. */
export function validateSchema(value: unknown, schema: Schema, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  check(value, schema, path, errors);
  return errors;
}

/** A value as the API server shows it in `Invalid value: ...`: text quoted, objects and lists by type or as JSON. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || value === undefined) return "null";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value as number | boolean);
}

function check(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  if (value === null && schema.nullable === true) return;
  if (!checkType(value, schema, path, errors)) return;
  checkEnum(value, schema, path, errors);
  if (typeof value === "string") checkString(value, schema, path, errors);
  else if (typeof value === "number") checkNumber(value, schema, path, errors);
  else if (Array.isArray(value)) checkArray(value, schema, path, errors);
  else if (isObject(value)) checkObject(value, schema, path, errors);
  checkCombinations(value, schema, path, errors);
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkType(value: unknown, schema: Schema, path: string, errors: FieldError[]): boolean {
  const actual = jsonType(value);
  if (schema["x-kubernetes-int-or-string"] === true) {
    if (actual === "integer" || actual === "string") return true;
    errors.push(typeError(path, actual, "integer,string"));
    return false;
  }
  const expected = schema.type;
  if (expected === undefined || actual === expected) return true;
  if (expected === "number" && actual === "integer") return true;
  errors.push(typeError(path, actual, expected));
  return false;
}

function typeError(path: string, actual: string, expected: string): FieldError {
  const where = path === "" ? "" : ` in body`;
  return {
    field: path === "" ? "" : path,
    type: "FieldValueTypeInvalid",
    detail: `Invalid value: "${actual}": ${path}${where === "" ? "<nil>" : where} must be of type ${expected}: "${actual}"`,
  };
}

function invalid(path: string, value: unknown, text: string): FieldError {
  return { field: path, type: "FieldValueInvalid", detail: `Invalid value: ${shown(value)}: ${path} in body ${text}` };
}

function checkEnum(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  if (schema.enum === undefined || schema.enum.some((allowed) => deepEqual(allowed, value))) return;
  const allowed = schema.enum.map((item) => shown(typeof item === "string" ? item : JSON.stringify(item)));
  errors.push({
    field: path,
    type: "FieldValueNotSupported",
    detail: `Unsupported value: ${shown(value)}: supported values: ${allowed.join(", ")}`,
  });
}

function checkString(value: string, schema: Schema, path: string, errors: FieldError[]): void {
  const length = schema.maxLength === undefined && schema.minLength === undefined ? 0 : Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    errors.push({
      field: path,
      type: "FieldValueTooLong",
      detail: `Too long: may not be more than ${schema.maxLength} bytes`,
    });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    errors.push(invalid(path, value, `should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !pattern(schema.pattern).test(value)) {
    errors.push(invalid(path, value, `should match '${schema.pattern}'`));
  }
  if (schema.format !== undefined && !hasFormat(value, schema.format)) {
    errors.push(invalid(path, value, `must be of type ${schema.format}: ${JSON.stringify(value)}`));
  }
}

const PATTERNS = new Map<string, RegExp>();

/** Go's RE2 syntax as far as it differs from JavaScript's: `(?i)` in front and `(?P<name>`. */
export function pattern(source: string): RegExp {
  let known = PATTERNS.get(source);
  if (known === undefined) {
    const flags = /^\(\?([imsU]+)\)/.exec(source);
    const body = source
      .slice(flags?.[0].length ?? 0)
      .replaceAll("(?P<", "(?<")
      .replaceAll("\\z", "$")
      .replaceAll("\\A", "^");
    known = new RegExp(body, `u${(flags?.[1] ?? "").replace("U", "")}`);
    PATTERNS.set(source, known);
  }
  return known;
}

function checkNumber(value: number, schema: Schema, path: string, errors: FieldError[]): void {
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum === true ? value <= minimum : value < minimum) {
      const relation = schema.exclusiveMinimum === true ? "greater than" : "greater than or equal to";
      errors.push(invalid(path, value, `should be ${relation} ${minimum}`));
    }
  }
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum === true ? value >= maximum : value > maximum) {
      const relation = schema.exclusiveMaximum === true ? "less than" : "less than or equal to";
      errors.push(invalid(path, value, `should be ${relation} ${maximum}`));
    }
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    errors.push(invalid(path, value, `should be a multiple of ${multipleOf}`));
  }
  const limit = schema.format === "int32" ? 2 ** 31 : undefined;
  if (limit !== undefined && (value >= limit || value < -limit)) {
    errors.push(invalid(path, value, `must be of type ${schema.format ?? ""}: "${value}"`));
  }
}

function checkArray(value: readonly unknown[], schema: Schema, path: string, errors: FieldError[]): void {
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    errors.push({
      field: path,
      type: "FieldValueTooMany",
      detail: `Too many: ${value.length}: must have at most ${schema.maxItems} items`,
    });
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    errors.push(invalid(path, value.length, `should have at least ${schema.minItems} items`));
  }
  checkUnique(value, schema, path, errors);
  if (schema.items === undefined) return;
  const items = schema.items;
  value.forEach((item, index) => check(item, items, `${path}[${index}]`, errors));
}

function checkUnique(value: readonly unknown[], schema: Schema, path: string, errors: FieldError[]): void {
  const listType = schema["x-kubernetes-list-type"];
  if (schema.uniqueItems !== true && listType !== "set" && listType !== "map") return;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const seen = new Set<string>();
  value.forEach((item, index) => {
    const identity =
      listType === "map" && isObject(item)
        ? Object.fromEntries(
            keys
              .map((key) => [key, item[key] ?? schema.items?.properties?.[key]?.default] as const)
              .filter(([, part]) => part !== undefined),
          )
        : item;
    const text = JSON.stringify(identity);
    if (seen.has(text)) {
      errors.push({
        field: `${path}[${index}]`,
        type: "FieldValueDuplicate",
        detail: `Duplicate value: ${listType === "map" ? goMap(identity) : shown(identity)}`,
      });
    }
    seen.add(text);
  });
}

function goMap(value: unknown): string {
  return JSON.stringify(value);
}

function checkObject(value: Record<string, unknown>, schema: Schema, path: string, errors: FieldError[]): void {
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) {
      errors.push({ field: join(path, name), type: "FieldValueRequired", detail: "Required value" });
    }
  }
  const size = Object.keys(value).length;
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    errors.push({
      field: path,
      type: "FieldValueTooMany",
      detail: `Too many: ${size}: must have at most ${schema.maxProperties} items`,
    });
  }
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    errors.push(invalid(path, size, `should have at least ${schema.minProperties} properties`));
  }
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const property = schema.properties?.[name];
    if (property !== undefined) check(member, property, join(path, name), errors);
    else if (typeof schema.additionalProperties === "object") {
      check(member, schema.additionalProperties, join(path, name), errors);
    }
  }
}

function checkCombinations(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  for (const part of schema.allOf ?? []) check(value, part, path, errors);
  const passes = (part: Schema): boolean => validateSchema(value, part, path).length === 0;
  if (schema.anyOf !== undefined && !schema.anyOf.some(passes)) {
    errors.push(combination(path, value, "must validate at least one schema (anyOf)"));
  }
  if (schema.oneOf !== undefined) {
    const count = schema.oneOf.filter(passes).length;
    if (count === 0)
      errors.push(combination(path, value, "must validate one and only one schema (oneOf). Found none valid"));
    if (count > 1) {
      errors.push(
        combination(path, value, `must validate one and only one schema (oneOf). Found ${count} valid alternatives`),
      );
    }
  }
  if (schema.not !== undefined && passes(schema.not)) {
    errors.push(combination(path, value, "must not validate the schema (not)"));
  }
}

/** For these the API server shows the path alone as the value. */
function combination(path: string, value: unknown, text: string): FieldError {
  const subject = path === "" ? "<nil>" : path;
  const display = isObject(value) || Array.isArray(value) ? `"${path}"` : shown(value);
  return {
    field: path === "" ? "<nil>" : path,
    type: "FieldValueInvalid",
    detail: `Invalid value: ${display}: ${subject} ${text}`,
  };
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
