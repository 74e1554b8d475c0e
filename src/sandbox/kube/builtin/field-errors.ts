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

function printed(value: unknown): string {
  return value === undefined ? '""' : JSON.stringify(value);
}
