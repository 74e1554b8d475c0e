import type { FieldError } from "../resource-definition.ts";
import { invalidValue } from "./field-errors.ts";

/** A count, or a percentage such as `25%`, that is not negative. */
export function checkCountOrPercent(field: string, value: unknown): readonly FieldError[] {
  if (typeof value === "string") {
    if (/^[0-9]+%$/.test(value)) return [];
    const why =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    return [invalidValue(field, value, why)];
  }
  if (typeof value === "number" && value < 0) {
    return [invalidValue(field, value, "must be greater than or equal to 0")];
  }
  return [];
}

export function checkAtMostAll(field: string, value: unknown): readonly FieldError[] {
  const isTooMuch = typeof value === "string" && /^[0-9]+%$/.test(value) && countOrPercent(value) > 100;
  return isTooMuch ? [invalidValue(field, value, "must not be greater than 100%")] : [];
}

/** The number in a count or percentage. */
export function countOrPercent(value: unknown): number {
  if (typeof value === "number") return value;
  const text = typeof value === "string" ? value.replace(/%$/, "") : "";
  return /^[0-9]+$/.test(text) ? Number(text) : 0;
}
