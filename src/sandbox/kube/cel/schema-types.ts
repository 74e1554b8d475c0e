import { isObject } from "../json-value.ts";
import type { Schema } from "../resource-definition.ts";
import { parseDuration, parseTimestamp } from "./functions/conversions.ts";
import { type CelType, celTypes } from "./types.ts";

const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package return var void while".split(
    " ",
  ),
);
const PLAIN = /^[A-Za-z_][A-Za-z0-9_./-]*$/;

/** The name of a property in rules; undefined for those that rules cannot reach. */
export function escapedName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!PLAIN.test(name)) return undefined;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}

const METADATA: Schema = { type: "object", properties: { name: { type: "string" }, generateName: { type: "string" } } };

/** The schema with what every object has: its kind, and the names in its metadata. */
export function withTypeAndNames(schema: Schema): Schema {
  const { properties, ...rest } = schema;
  return {
    ...rest,
    properties: { ...properties, apiVersion: { type: "string" }, kind: { type: "string" }, metadata: METADATA },
  };
}

/** The type that rules see; undefined for what has no schema, which they do not see. */
export function schemaType(schema: Schema, name: string): CelType | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) return celTypes.dyn;
  if (schema["x-kubernetes-embedded-resource"] === true && schema.properties?.["metadata"] !== METADATA) {
    return schemaType(withTypeAndNames({ ...schema, "x-kubernetes-embedded-resource": false }), name);
  }
  switch (schema.type) {
    case "array": {
      const item = schema.items === undefined ? undefined : schemaType(schema.items, `${name}.@idx`);
      return item === undefined ? undefined : { kind: "list", item };
    }
    case "object":
      return objectType(schema, name);
    case "string":
      return stringType(schema.format);
    case "boolean":
      return celTypes.bool;
    case "number":
      return celTypes.double;
    case "integer":
      return celTypes.int;
    default:
      return undefined;
  }
}

function stringType(format: string | undefined): CelType {
  if (format === "byte") return celTypes.bytes;
  if (format === "duration") return celTypes.duration;
  return format === "date" || format === "date-time" ? celTypes.timestamp : celTypes.string;
}

function objectType(schema: Schema, name: string): CelType | undefined {
  if (typeof schema.additionalProperties === "object") {
    const value = schemaType(schema.additionalProperties, `${name}.@elem`);
    return value === undefined ? undefined : { kind: "map", key: celTypes.string, value };
  }
  const fields = new Map<string, CelType>();
  for (const [property, inner] of Object.entries(schema.properties ?? {})) {
    const type = schemaType(inner, `${name}.${property}`);
    const field = escapedName(property);
    if (type !== undefined && field !== undefined) fields.set(field, type);
  }
  return { kind: "object", name, fields };
}

/** A value of JSON as rules see it. */
export function celValue(value: unknown, schema: Schema | undefined): unknown {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  if (typeof value === "number") {
    return schema?.type === "number" || !Number.isInteger(value) ? value : BigInt(value);
  }
  if (typeof value === "string") return schema?.type === "string" ? textValue(value, schema.format) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => celValue(item, schema?.items));
  if (!isObject(value)) return null;
  if (schema?.["x-kubernetes-embedded-resource"] === true && schema.properties?.["metadata"] !== METADATA) {
    return celValue(value, withTypeAndNames({ ...schema, "x-kubernetes-embedded-resource": false }));
  }
  const additional = schema?.additionalProperties;
  const result = new Map<unknown, unknown>();
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const property = schema?.properties?.[name];
    if (schema === undefined || typeof additional === "object") {
      result.set(name, celValue(member, typeof additional === "object" ? additional : undefined));
    } else if (property !== undefined) {
      const field = escapedName(name);
      if (field !== undefined) result.set(field, celValue(member, property));
    }
  }
  return result;
}

function textValue(value: string, format: string | undefined): unknown {
  switch (format) {
    case "byte":
      return new Uint8Array(Buffer.from(value, "base64"));
    case "duration":
      return parseDuration(value) ?? value;
    case "date":
      return parseTimestamp(`${value}T00:00:00Z`) ?? value;
    case "date-time":
      return parseTimestamp(value) ?? value;
    default:
      return value;
  }
}
