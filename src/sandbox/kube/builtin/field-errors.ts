import type { FieldError } from "../resource-definition.ts";

/** Field errors in the API server's own words (apimachinery `util/validation/field`). */
export function required(field: string, message = ""): FieldError {
  return {
    field,
    type: "FieldValueRequired",
    detail: message === "" ? "Required value" : `Required value: ${message}`,
  };
}

export function invalidValue(field: string, value: unknown, message: string): FieldError {
  return { field, type: "FieldValueInvalid", detail: `Invalid value: ${printed(value)}: ${message}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((text) => JSON.stringify(text)).join(", ");
  return {
    field,
    type: "FieldValueNotSupported",
    detail: `Unsupported value: ${printed(value)}: supported values: ${list}`,
  };
}

export function forbidden(field: string, message: string): FieldError {
  return { field, type: "FieldValueForbidden", detail: `Forbidden: ${message}` };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, type: "FieldValueDuplicate", detail: `Duplicate value: ${printed(value)}` };
}

export function tooLong(field: string, limit: number): FieldError {
  return { field, type: "FieldValueTooLong", detail: `Too long: may not be more than ${limit} bytes` };
}

export function notFoundValue(field: string, value: unknown): FieldError {
  return { field, type: "FieldValueNotFound", detail: `Not found: ${printed(value)}` };
}

export function tooMany(field: string, count: number, limit: number): FieldError {
  const items = limit === 1 ? "item" : "items";
  return { field, type: "FieldValueTooMany", detail: `Too many: ${count}: must have at most ${limit} ${items}` };
}

/** What is wrong with a value by the rule, each as an error of the field. */
export function invalidBy(rule: (value: string) => readonly string[], field: string, value: string): FieldError[] {
  return rule(value).map((problem) => invalidValue(field, value, problem));
}

/** A number that must not be negative; what is absent is right. */
export function nonNegative(field: string, value: unknown): readonly FieldError[] {
  return typeof value === "number" && value < 0
    ? [invalidValue(field, value, "must be greater than or equal to 0")]
    : [];
}

function printed(value: unknown): string {
  return value === undefined ? '""' : JSON.stringify(value);
}
