import { isObject } from "../json-value.ts";
import type { Schema } from "../resource-definition.ts";

const NEEDED = new WeakMap<Schema, boolean>();

/** Fills in the schema's defaults, as the API server does for custom resources: absent members, and null where null is not allowed. */
export function applyDefaults(value: unknown, schema: Schema): unknown {
  if (!hasDefaults(schema)) return value;
  if (isObject(value)) return defaultedObject(value, schema);
  if (Array.isArray(value) && schema.items !== undefined) {
    const items = schema.items;
    const result = value.map((item: unknown) => applyDefaults(defaultedNull(item, items), items));
    return result.some((item, index) => item !== value[index]) ? result : value;
  }
  return value;
}

function defaultedObject(value: Record<string, unknown>, schema: Schema): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  const set = (name: string, before: unknown, after: unknown): void => {
    if (after === before) return;
    copy ??= { ...value };
    copy[name] = after;
  };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const before = value[name];
    const given = before === undefined ? property.default : defaultedNull(before, property);
    if (given !== undefined) set(name, before, applyDefaults(given, property));
  }
  if (isSchema(schema.additionalProperties)) {
    const additional = schema.additionalProperties;
    for (const [name, before] of Object.entries(value)) {
      if (schema.properties?.[name] !== undefined) continue;
      set(name, before, applyDefaults(defaultedNull(before, additional), additional));
    }
  }
  return copy ?? value;
}

/** A null that may not be is the same as nothing. */
function defaultedNull(value: unknown, schema: Schema): unknown {
  return value === null && schema.nullable !== true && schema.default !== undefined ? schema.default : value;
}

/**
 * Drops members that are null where the schema allows no null and has no default instead. Null items of lists stay for
 * validation to refuse.
 */
export function dropNulls(value: unknown, schema: Schema): unknown {
  if (isObject(value)) {
    let copy: Record<string, unknown> | undefined;
    for (const [name, before] of Object.entries(value)) {
      const child = memberSchema(schema, name);
      if (child === undefined) continue;
      if (before === null && child.nullable !== true && child.default === undefined) {
        copy ??= { ...value };
        delete copy[name];
        continue;
      }
      const after = dropNulls(before, child);
      if (after === before) continue;
      copy ??= { ...value };
      copy[name] = after;
    }
    return copy ?? value;
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    const items = schema.items;
    const result = value.map((item: unknown) => dropNulls(item, items));
    return result.some((item, index) => item !== value[index]) ? result : value;
  }
  return value;
}

function memberSchema(schema: Schema, name: string): Schema | undefined {
  const property = schema.properties?.[name];
  return property ?? (isSchema(schema.additionalProperties) ? schema.additionalProperties : undefined);
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
