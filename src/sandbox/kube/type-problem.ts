import { modelOf, quantitySchema } from "./builtin/model-schema.ts";
import { canonicalQuantity } from "./builtin/quantity.ts";
import { isObject } from "./json-value.ts";
import type { Schema } from "./resource-definition.ts";

const SCALARS: Readonly<Record<string, string>> = { string: "string", boolean: "bool", number: "float64" };
const BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/** Times that Kubernetes keeps to the microsecond. */
const microTimes = new Set(["renewTime", "acquireTime", "eventTime", "lastObservedTime"]);

interface Place {
  readonly path: readonly string[];
  /** The Go type that has the field. */
  readonly owner: string;
}

/**
 * What is wrong with the types in the JSON of a built-in kind, in the words of the decoder that reads it into Go's structures:
 * the first that it comes to. Undefined when nothing is.
 */
export function typeProblem(value: unknown, schema: Schema, kind: string): string | undefined {
  return problemAt(value, schema, { path: [], owner: kind });
}

function problemAt(value: unknown, schema: Schema, place: Place): string | undefined {
  if (value === null || value === undefined || schema["x-kubernetes-int-or-string"] === true) return undefined;
  if (schema === quantitySchema) {
    const isText = typeof value === "string" || typeof value === "number";
    return isText && canonicalQuantity(String(value)) !== undefined ? undefined : BAD_QUANTITY;
  }
  const actual = jsonType(value);
  if (!fits(value, actual, schema)) {
    const shown = actual === "number" && schema.type === "integer" ? `number ${String(value as number)}` : actual;
    const { owner, path } = place;
    return `json: cannot unmarshal ${shown} into Go struct field ${owner}.${path.join(".")} of type ${goType(schema)}`;
  }
  if (typeof value === "string") return textProblem(value, schema, place.path.at(-1) ?? "");
  if (Array.isArray(value)) return firstProblem(value, (item) => problemAt(item, schema.items ?? {}, place));
  if (!isObject(value)) return undefined;
  const owner = structName(schema) ?? place.owner;
  return firstProblem(Object.entries(value), ([name, member]) => {
    const own = schema.properties?.[name];
    if (own !== undefined) return problemAt(member, own, { path: [...place.path, name], owner });
    const { additionalProperties } = schema;
    return typeof additionalProperties === "object" ? problemAt(member, additionalProperties, place) : undefined;
  });
}

function firstProblem<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function fits(value: unknown, actual: string, { type }: Schema): boolean {
  switch (type) {
    case "string":
    case "object":
    case "array":
      return actual === type;
    case "boolean":
      return actual === "bool";
    case "integer":
      return Number.isInteger(value);
    case "number":
      return actual === "number";
    case undefined:
      return true;
    default:
      return type satisfies never;
  }
}

function goType(schema: Schema): string {
  const { type, format, items, additionalProperties } = schema;
  if (schema === quantitySchema) return "resource.Quantity";
  if (schema["x-kubernetes-int-or-string"] === true) return "intstr.IntOrString";
  if (type === "array") return items === undefined ? "[]interface {}" : `[]${goType(items)}`;
  if (type === "integer") return format === "int64" ? "int64" : "int32";
  if (type === "object") {
    const name = structName(schema);
    if (name !== undefined) return `v1.${name}`;
    return typeof additionalProperties === "object"
      ? `map[string]${goType(additionalProperties)}`
      : "map[string]interface {}";
  }
  if (type === "string" && format === "byte") return "[]uint8";
  return SCALARS[type ?? ""] ?? "interface {}";
}

/** The Go type of a model: `V1ServicePort` and `CoreV1EndpointPort` without what tells the version. */
function structName(schema: Schema): string | undefined {
  return modelOf(schema)?.replace(/^(?:[A-Z][a-z]+)?V\d+(?:(?:alpha|beta)\d+)?/, "");
}

function textProblem(text: string, { format }: Schema, field: string): string | undefined {
  if (format === "byte") {
    const index = text.replaceAll(/[\r\n]/g, "").search(/[^A-Za-z0-9+/=]/);
    if (index >= 0) return `illegal base64 data at input byte ${index}`;
    return text.length % 4 === 0 ? undefined : `illegal base64 data at input byte ${text.length - (text.length % 4)}`;
  }
  if (format !== "date-time" || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return undefined;
  const layout = microTimes.has(field) ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
  return `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(text)} as "2006"`;
}
