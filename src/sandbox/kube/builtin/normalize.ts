import type { Schema } from "../resource-definition.ts";
import { type Fields, isFields } from "./fields.ts";
import { quantitySchema } from "./model-schema.ts";

/**
 * A deep copy in the form in which the API server keeps its own kinds: null members are gone (they read as absent)
 * and quantities given as numbers are text. Free-form parts are copied as they are.
 */
export function normalize(value: unknown, schema: Schema | undefined): unknown {
  if (schema === quantitySchema) return typeof value === "number" ? String(value) : value;
  if (schema === undefined || schema["x-kubernetes-preserve-unknown-fields"] === true) return structuredClone(value);
  if (Array.isArray(value)) return value.map((item) => normalize(item, schema.items));
  if (!isFields(value)) return value;
  const extra = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  const copy: Fields = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === null) continue;
    copy[name] = normalize(member, schema.properties?.[name] ?? extra);
  }
  return copy;
}
