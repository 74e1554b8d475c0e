import { deepEqual, isObject } from "../json-value.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { hasFormat, knownFormat } from "./formats.ts";
import { oldItem } from "./old-item.ts";
import { Re2SyntaxError, re2 } from "./re2.ts";
import { goFloat, shown } from "./shown.ts";
import { ValidationResult } from "./validation-result.ts";

/** What a value replaces; undefined where there is nothing that it could be compared with. */
type Old = { readonly value: unknown } | undefined;

/**
 * Checks a value against a structural schema; texts and their order are those of the API server for custom resources.
 * With the value that it replaces, what was left as it is passes whatever it is (ratcheting).
 */
export function validateSchema(value: unknown, schema: Schema, old?: { readonly value: unknown }): FieldError[] {
  return check(value, schema, "", old).errors;
}

function check(value: unknown, schema: Schema, path: string, old: Old): ValidationResult {
  const result = new ValidationResult();
  if (old !== undefined && value !== undefined && deepEqual(value, old.value)) return result;
  if (value === null) {
    checkType(value, schema, path, result);
    checkEnum(value, schema, path, result);
    return result;
  }
  if (schema.type !== undefined || isIntOrString(schema)) {
    checkType(value, schema, path, result);
    result.matches++;
  }
  result.merge(checkCombinations(value, schema, path, old));
  result.matches++;
  if (typeof value === "string") checkString(value, schema, path, result);
  else if (typeof value === "number") checkNumber(value, schema, path, result);
  else if (Array.isArray(value)) checkArray(value, schema, path, { result, old });
  checkEnum(value, schema, path, result);
  result.matches++;
  if (isObject(value)) checkObject(value, schema, path, { result, old });
  result.matches++;
  return result;
}

function isIntOrString(schema: Schema): boolean {
  return schema["x-kubernetes-int-or-string"] === true;
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkType(value: unknown, schema: Schema, path: string, result: ValidationResult): void {
  const actual = jsonType(value);
  const expected = isIntOrString(schema) ? ["integer", "string"] : schema.type === undefined ? [] : [schema.type];
  const fits =
    expected.length === 0 ||
    (value === null && schema.nullable === true) ||
    expected.some((type) => type === actual || (type === "number" && actual === "integer"));
  if (fits) {
    result.matches++;
    return;
  }
  // Of numbers with a format, the formats are compared.
  const [wanted, found] =
    actual === "number" && schema.format !== undefined ? [schema.format, "float64"] : [expected.join(","), actual];
  result.add({
    field: fieldOf(path),
    type: "FieldValueTypeInvalid",
    detail: `Invalid value: "${found}": ${path} in body must be of type ${wanted}: "${found}"`,
  });
}

function fieldOf(path: string): string {
  const field = path.replace(/^\./, "");
  return field === "" ? "<nil>" : field;
}

function invalid(path: string, value: unknown, text: string): FieldError {
  const detail = `Invalid value: ${shown(value)}: ${path} in body ${text}`;
  return { field: fieldOf(path), type: "FieldValueInvalid", detail };
}

/** What is not about one place has none. */
function general(text: string): FieldError {
  return { field: "<nil>", type: "FieldValueInvalid", detail: `Invalid value: "": ${text}` };
}

function checkEnum(value: unknown, schema: Schema, path: string, result: ValidationResult): void {
  if (schema.enum === undefined || schema.enum.length === 0) return;
  // A null in the list lets no null through.
  if (value !== null && schema.enum.some((allowed) => isChoice(value, allowed))) return;
  const allowed = schema.enum.map((item) => shown(typeof item === "string" ? item : JSON.stringify(item)));
  result.add({
    field: fieldOf(path),
    type: "FieldValueNotSupported",
    detail: `Unsupported value: ${shown(value)}: supported values: ${allowed.join(", ")}`,
  });
}

function isChoice(value: unknown, allowed: unknown): boolean {
  // A fraction is cut off where the choice is a whole number.
  if (typeof value === "number" && Number.isInteger(allowed)) return Math.trunc(value) === allowed;
  return deepEqual(value, allowed);
}

function checkString(value: string, schema: Schema, path: string, result: ValidationResult): void {
  const length = schema.maxLength === undefined && schema.minLength === undefined ? 0 : Array.from(value).length;
  // One thing is said of a text at a time.
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    const detail = `Too long: may not be more than ${schema.maxLength} ${schema.maxLength === 1 ? "byte" : "bytes"}`;
    result.add({ field: fieldOf(path), type: "FieldValueTooLong", detail });
  } else if (schema.minLength !== undefined && length < schema.minLength) {
    result.add(invalid(path, value, `should be at least ${schema.minLength} chars long`));
  } else if (schema.pattern !== undefined && schema.pattern !== "" && !matchesPattern(schema.pattern, value)) {
    result.add(invalid(path, value, `should match '${schema.pattern}'`));
  }
  result.matches++;
  const { format } = schema;
  if (format === undefined || !knownFormat(format, schema)) return;
  if (!hasFormat(value, format)) {
    const detail = `Invalid value: ${shown(value)}: ${path} in body must be of type ${format}: ${shown(value)}`;
    result.add({ field: fieldOf(path), type: "FieldValueTypeInvalid", detail });
  }
  result.matches++;
}

function matchesPattern(pattern: string, value: string): boolean {
  try {
    return re2(pattern).test(value);
  } catch (error) {
    if (error instanceof Re2SyntaxError) return false;
    throw error;
  }
}

function checkNumber(value: number, schema: Schema, path: string, result: ValidationResult): void {
  checkRange(value, schema, path, result);
  const whole = Number.isInteger(value);
  const limit = (bound: number): string => (whole ? String(Math.trunc(bound)) : goFloat(bound));
  const { minimum, maximum, multipleOf } = schema;
  if (multipleOf !== undefined) {
    const factor = whole ? Math.trunc(multipleOf) : multipleOf;
    if (factor <= 0) {
      result.add(invalidFactor(path, factor));
    } else if (!isMultiple(value, factor))
      result.add(invalid(path, value, `should be a multiple of ${goFloat(factor)}`));
  }
  if (minimum !== undefined) {
    const low = whole ? Math.trunc(minimum) : minimum;
    const exclusive = schema.exclusiveMinimum === true;
    if (exclusive ? value <= low : value < low) {
      result.add(invalid(path, value, `should be greater than ${exclusive ? "" : "or equal to "}${limit(low)}`));
    }
  }
  if (maximum !== undefined) {
    const high = whole ? Math.trunc(maximum) : maximum;
    const exclusive = schema.exclusiveMaximum === true;
    if (exclusive ? value >= high : value > high) {
      result.add(invalid(path, value, `should be less than ${exclusive ? "" : "or equal to "}${limit(high)}`));
    }
  }
  result.matches += 2;
}

function invalidFactor(path: string, factor: number): FieldError {
  return {
    field: fieldOf(path),
    type: "FieldValueInvalid",
    detail: `Invalid value: ${shown(factor)}: factor MultipleOf declared for ${path} must be positive: ${goFloat(factor)}`,
  };
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient));
}

/** Whether a number is in the range of its type and format. */
function checkRange(value: number, schema: Schema, path: string, result: ValidationResult): void {
  const { type, format } = schema;
  if (isIntOrString(schema)) return;
  const kind = (name: string): string =>
    `must be of type ${name} ${format === undefined ? "(default format)" : `with format ${format}`}`;
  if (type === "integer") {
    const bound = format === "int32" ? 2 ** 31 : 2 ** 63;
    const named = format === "int32" || format === "int64" ? kind(type) : `must be of type ${type} (default format)`;
    if (!Number.isInteger(value) || value >= bound || value < -bound) {
      result.add(general(`Checked value ${named} in ${path}`));
    }
  } else if (type === "number" && format === "float" && Math.abs(value) > 3.4028234663852886e38) {
    result.add(general(`Checked value ${kind(type)} in ${path}`));
  }
}

interface Progress {
  readonly result: ValidationResult;
  readonly old: Old;
}

function checkArray(value: readonly unknown[], schema: Schema, path: string, { result, old }: Progress): void {
  const { items, maxItems, minItems } = schema;
  if (items !== undefined) {
    value.forEach((item, index) => {
      result.merge(check(item, items, `${path}[${index}]`, oldItem(item, old?.value, schema)));
    });
  }
  if (minItems !== undefined && value.length < minItems) {
    result.add(invalid(path, value.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) {
    const detail = `Too many: ${value.length}: must have at most ${maxItems} ${maxItems === 1 ? "item" : "items"}`;
    result.add({ field: fieldOf(path), type: "FieldValueTooMany", detail });
  }
  result.matches += 2;
}

function checkObject(value: Record<string, unknown>, schema: Schema, path: string, { result, old }: Progress): void {
  const size = Object.values(value).filter((member) => member !== undefined).length;
  const { maxProperties, minProperties, additionalProperties } = schema;
  if (minProperties !== undefined && size < minProperties) {
    result.add(invalid(path, size, `should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && size > maxProperties) {
    const detail = `Too many: ${size}: must have at most ${maxProperties} ${maxProperties === 1 ? "item" : "items"}`;
    result.add({ field: fieldOf(path), type: "FieldValueTooMany", detail });
  }
  const before = isObject(old?.value) ? old.value : {};
  const oldMember = (name: string): Old => (before[name] === undefined ? undefined : { value: before[name] });
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || schema.properties?.[name] !== undefined) continue;
    if (typeof additionalProperties === "object") {
      result.merge(check(member, additionalProperties, `${path}.${name}`, oldMember(name)));
    }
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (value[name] === undefined) continue;
    result.merge(check(value[name], property, path === "" ? name : `${path}.${name}`, oldMember(name)));
  }
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) {
      result.add({ field: fieldOf(`${path}.${name}`), type: "FieldValueRequired", detail: "Required value" });
    }
  }
  result.matches++;
}

function checkCombinations(value: unknown, schema: Schema, path: string, old: Old): ValidationResult {
  const result = new ValidationResult();
  const run = (part: Schema): ValidationResult => check(value, part, path, old);
  if (schema.anyOf !== undefined && schema.anyOf.length > 0) {
    const outcomes = schema.anyOf.map(run);
    const passed = outcomes.find(({ valid }) => valid);
    if (passed === undefined) result.add(general(`"${path}" must validate at least one schema (anyOf)`));
    result.merge(passed ?? nearest(outcomes));
  }
  if (schema.oneOf !== undefined && schema.oneOf.length > 0) {
    const outcomes = schema.oneOf.map(run);
    const passed = outcomes.filter(({ valid }) => valid);
    const [first] = passed;
    if (first !== undefined && passed.length === 1) result.merge(first);
    else {
      const found = passed.length === 0 ? "Found none valid" : `Found ${passed.length} valid alternatives`;
      result.add(general(`"${path}" must validate one and only one schema (oneOf). ${found}`));
      if (passed.length === 0) result.merge(nearest(outcomes));
    }
  }
  if (schema.allOf !== undefined && schema.allOf.length > 0) {
    const outcomes = schema.allOf.map(run);
    for (const outcome of outcomes) result.merge(outcome);
    if (outcomes.some(({ valid }) => !valid)) {
      const none = outcomes.every(({ valid }) => !valid) ? ". None validated" : "";
      result.add(general(`"${path}" must validate all the schemas (allOf)${none}`));
    }
  }
  if (schema.not !== undefined && run(schema.not).valid) {
    result.add(general(`"${path}" must not validate the schema (not)`));
  }
  result.matches++;
  return result;
}

/** The failure with the most checks passed; of equals the first. */
function nearest(outcomes: readonly ValidationResult[]): ValidationResult {
  return outcomes.reduce((best, outcome) => (outcome.matches > best.matches ? outcome : best));
}
