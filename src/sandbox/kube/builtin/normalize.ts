import type { Schema } from "../resource-definition.ts";
import { alwaysWritten } from "./always-written.ts";
import { type Fields, isFields } from "./fields.ts";
import { keptWhenZero } from "./kept-when-zero.ts";
import { modelOf, quantitySchema } from "./model-schema.ts";
import { canonicalQuantity } from "./quantity.ts";

/**
 * A deep copy in the form in which the API server reads its own kinds: null members are gone, and so are empty values
 * that its Go types do not tell from absent ones; quantities are canonical. Free-form parts are copied as they are.
 */
export function normalize(value: unknown, schema: Schema | undefined): unknown {
  if (schema === quantitySchema) return quantityText(value);
  if (schema === undefined || schema["x-kubernetes-preserve-unknown-fields"] === true) return structuredClone(value);
  if (Array.isArray(value)) return value.map((item) => normalize(item, schema.items));
  if (!isFields(value)) return value;
  const extra = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  const kept = extra === undefined ? namesIn(keptWhenZero, schema) : undefined;
  const copy: Fields = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === null) {
      // In a map of text, null is read as no text.
      if (extra?.type === "string" && extra.format === undefined) copy[name] = "";
      continue;
    }
    const memberSchema = schema.properties?.[name] ?? extra;
    const normal = normalize(member, memberSchema);
    if (kept !== undefined && !kept.has(name) && isZero(normal, memberSchema)) continue;
    copy[name] = normal;
  }
  return copy;
}

/** Writes what the API server always writes into the objects that are there: empty structures, zeros and nulls. */
export function writeZeros(value: unknown, schema: Schema | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) writeZeros(item, schema.items);
    return;
  }
  if (!isFields(value)) return;
  if (schema.properties === undefined) {
    if (typeof schema.additionalProperties !== "object") return;
    for (const member of Object.values(value)) writeZeros(member, schema.additionalProperties);
    return;
  }
  for (const name of namesIn(alwaysWritten, schema)) {
    const member = schema.properties[name];
    if (value[name] === undefined && member !== undefined) value[name] = zeroOf(member);
  }
  for (const [name, member] of Object.entries(value)) writeZeros(member, schema.properties[name]);
}

function quantityText(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") return value;
  return canonicalQuantity(String(value)) ?? String(value);
}

function isZero(value: unknown, schema: Schema | undefined): boolean {
  if (value === "" || value === 0 || value === false) return schema !== quantitySchema && !isIntOrString(schema);
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && typeof schema?.additionalProperties === "object" && Object.keys(value).length === 0;
}

function zeroOf(schema: Schema): unknown {
  if (schema === quantitySchema) return "0";
  if (isIntOrString(schema)) return 0;
  switch (schema.type) {
    case "string":
      return schema.format === "date-time" ? null : "";
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "object":
      return schema.properties === undefined ? null : {};
    case "array":
    case undefined:
      return null;
    default:
      return schema.type satisfies never;
  }
}

function isIntOrString(schema: Schema | undefined): boolean {
  return schema?.["x-kubernetes-int-or-string"] === true;
}

const nameSets = new WeakMap<Schema, Map<object, ReadonlySet<string>>>();

/** The names that a table has for the model of a schema. */
function namesIn(table: Readonly<Record<string, string>>, schema: Schema): ReadonlySet<string> {
  let sets = nameSets.get(schema);
  if (sets === undefined) nameSets.set(schema, (sets = new Map()));
  let names = sets.get(table);
  if (names === undefined) {
    const model = modelOf(schema);
    sets.set(table, (names = new Set((model === undefined ? undefined : table[model])?.split(" "))));
  }
  return names;
}
