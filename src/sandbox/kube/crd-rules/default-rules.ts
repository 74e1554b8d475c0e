import { invalidValue } from "../builtin/field-errors.ts";
import { hasRules, validateRules } from "../cel/schema-rules.ts";
import { deepEqual } from "../json-value.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { validateEmbedded } from "../schema/embedded.ts";
import { pruneUnknown } from "../schema/prune.ts";
import { validateSchema } from "../schema/validate.ts";

/**
 * Defaults that their own schema would not let through (`pkg/apiserver/schema/defaulting/validation.go`). Those of
 * members of `additionalProperties` are not looked at.
 */
export function defaultProblems(schema: Schema, path: string): FieldError[] {
  const errors = ownProblems(schema, path);
  if (schema.items !== undefined) errors.push(...defaultProblems(schema.items, `${path}.items`));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...defaultProblems(property, `${path}.properties[${name}]`));
  }
  return errors;
}

function ownProblems(schema: Schema, path: string): FieldError[] {
  const { default: value } = schema;
  if (value === undefined || value === null) return [];
  const at = `${path}.default`;
  const errors: FieldError[] = [];
  if (!deepEqual(pruneUnknown(value, schema, []), value)) {
    errors.push(invalidValue(at, value, "must not have unknown fields"));
  }
  const inside = [
    () => validateEmbedded(value, schema),
    () => validateSchema(value, schema),
    () => (hasRules(schema) ? validateRules(value, undefined, schema) : []),
  ];
  for (const check of inside) {
    const found = check();
    if (found.length > 0) return [...errors, ...found.map((error) => ({ ...error, field: within(at, error.field) }))];
  }
  return errors;
}

function within(path: string, field: string): string {
  if (field === "" || field === "<nil>") return path;
  // The API server puts a point before the index of an item, too.
  return `${path}.${field}`;
}
