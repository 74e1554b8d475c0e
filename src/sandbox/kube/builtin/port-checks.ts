import type { FieldError } from "../resource-definition.ts";
import { invalidBy, invalidValue } from "./field-errors.ts";
import { portName, portNumber } from "./name-rules.ts";

/** A port by its number or by the name that a container gives it. */
export function checkPort(field: string, value: unknown): readonly FieldError[] {
  if (typeof value === "string") return invalidBy(portName, field, value);
  return portNumber(value).map((problem) => invalidValue(field, value, problem));
}
