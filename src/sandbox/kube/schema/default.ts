import { isObject } from "../json-value.ts";
import type { Schema } from "../resource-definition.ts";

const NEEDED = new WeakMap<Schema, boolean>();

/** Fills in the schema's defaults, as the API server does for custom resources: absent members, and null where null is not allowed. */
export function applyDefaults(value: unknown, schema: Schema): unknown {
  if (!hasDefaults(schema)) return value;
  if (isObject(value)) {
    let copy: Record<string, unknown> | undefined;
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const before = value[name];
      let after = before;
      const replaceable = before === undefined || (before === null && property.nullable !== true);
      if (replaceable && property.default !== undefined) after = property.default;
      if (after !== undefined && after !== null) after = applyDefaults(after, property);
      if (after !== before) {
        copy ??= { ...value };
        copy[name] = after;
      }
    }
    if (isSchema(schema.additionalProperties) && hasDefaults(schema.additionalProperties)) {
      for (const [name, before] of Object.entries(value)) {
        if (schema.properties?.[name] !== undefined) continue;
        const after = applyDefaults(before, schema.additionalProperties);
        if (after !== before) {
          copy ??= { ...value };
          copy[name] = after;
        }
      }
    }
    return copy ?? value;
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    const items = schema.items;
    const result = value.map((item: unknown) => applyDefaults(item, items));
    return result.some((item, index) => item !== value[index]) ? result : value;
  }
  return value;
}

function isSchema(value: Schema | boolean | undefined): value is Schema {
  return typeof value === "object";
}

function hasDefaults(schema: Schema): boolean {
  const known = NEEDED.get(schema);
  if (known !== undefined) return known;
  NEEDED.set(schema, false);
  const inside = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(isSchema(schema.additionalProperties) ? [schema.additionalProperties] : []),
  ];
  const result = inside.some((child) => child.default !== undefined || hasDefaults(child));
  NEEDED.set(schema, result);
  return result;
}
