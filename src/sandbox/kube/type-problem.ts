import { modelOf, quantitySchema } from "./builtin/model-schema.ts";
import { canonicalQuantity } from "./builtin/quantity.ts";
import { base64Problem, timeProblem } from "./go-text-problems.ts";
import { isObject } from "./json-value.ts";
import { metadataSchemas } from "./object-meta.ts";
import type { Schema } from "./resource-definition.ts";

const BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/** Times that Kubernetes keeps to the microsecond. */
const microTimes = new Set(["renewTime", "acquireTime", "eventTime", "lastObservedTime"]);
/** A model's name: the group where several have one, the version, and the name of the Go type. */
const MODEL = /^(?:[A-Z][a-z]+)?V(\d+(?:(?:alpha|beta)\d+)?)([A-Z].*)$/;

/** Where a value is: the names of the fields on the way to it, and the Go struct that has the last of them. */
interface Place {
  readonly path: readonly string[];
  readonly owner: string;
}

/** What a type's own decoder says, which ends the decoding; of what else is wrong, Go tells the first when it is through. */
class Ended extends Error {}

/**
 * What is wrong with the types in the JSON of a built-in kind, or of metadata, in the words of the decoder that reads it
 * into Go's structures. `kind` is the name of the outermost, where the schema does not tell it. Undefined when nothing is.
 */
export function typeProblem(value: unknown, schema: Schema, kind: string): string | undefined {
  const found: string[] = [];
  try {
    check(value, schema, { path: [], owner: "" }, { kind, found });
  } catch (error) {
    if (error instanceof Ended) return error.message;
    throw error;
  }
  return found[0];
}

interface Run {
  readonly kind: string;
  readonly found: string[];
}

function check(value: unknown, schema: Schema, place: Place, run: Run): void {
  if (value === null || value === undefined) return;
  const actual = jsonType(value);
  if (schema["x-kubernetes-int-or-string"] === true) {
    if (typeof value !== "string" && !isInteger(value, "int32")) throw new Ended(mismatch(value, "int32", place));
    return;
  }
  if (schema === quantitySchema) {
    const isText = typeof value === "string" || typeof value === "number";
    if (!isText || canonicalQuantity(String(value)) === undefined) throw new Ended(BAD_QUANTITY);
    return;
  }
  if (schema.format === "date-time") return checkTime(value, place);
  if (!fits(value, actual, schema)) {
    const struct = structName(schema) ?? (place.path.length === 0 ? run.kind : undefined);
    run.found.push(
      mismatch(value, place.path.at(-1) === "uid" && isMeta(place) ? "types.UID" : goType(schema, struct), place),
    );
  } else if (typeof value === "string") {
    const problem = schema.format === "byte" ? base64Problem(value) : undefined;
    if (problem !== undefined) run.found.push(problem);
  } else if (Array.isArray(value)) {
    for (const item of value as unknown[]) check(item, schema.items ?? {}, place, run);
  } else if (isObject(value)) checkMembers(value, schema, place, run);
}

function checkMembers(value: Record<string, unknown>, schema: Schema, place: Place, run: Run): void {
  const owner = structName(schema) ?? (place.path.length === 0 ? run.kind : place.owner);
  const { additionalProperties } = schema;
  for (const [name, member] of Object.entries(value)) {
    const own = schema.properties?.[name];
    if (own !== undefined) check(member, own, { path: [...place.path, name], owner }, run);
    else if (typeof additionalProperties === "object") check(member, additionalProperties, place, run);
  }
}

function checkTime(value: unknown, place: Place): void {
  if (typeof value !== "string") throw new Ended(mismatch(value, "string", place));
  const problem = timeProblem(value, microTimes.has(place.path.at(-1) ?? ""));
  if (problem !== undefined) throw new Ended(problem);
}

function mismatch(value: unknown, type: string, { owner, path }: Place): string {
  const actual = jsonType(value);
  const shown = actual === "number" && type.startsWith("int") ? `number ${String(value as number)}` : actual;
  const into = path.length === 0 ? "Go value" : `Go struct field ${owner}.${path.join(".")}`;
  return `json: cannot unmarshal ${shown} into ${into} of type ${type}`;
}

function isMeta({ owner }: Place): boolean {
  return owner === "ObjectMeta" || owner === "OwnerReference";
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function isInteger(value: unknown, format: string): boolean {
  const most = 2 ** (format === "int64" ? 63 : 31);
  return typeof value === "number" && Number.isInteger(value) && value >= -most && value < most;
}

function fits(value: unknown, actual: string, { type, format }: Schema): boolean {
  switch (type) {
    case "string":
    case "object":
    case "array":
      return actual === type;
    case "boolean":
      return actual === "bool";
    case "integer":
      return isInteger(value, format ?? "int64");
    case "number":
      return actual === "number";
    case undefined:
      return true;
    default:
      return type satisfies never;
  }
}

function goType(schema: Schema, struct = structName(schema)): string {
  const { type, format, items, additionalProperties } = schema;
  if (schema === quantitySchema) return "resource.Quantity";
  if (schema["x-kubernetes-int-or-string"] === true) return "intstr.IntOrString";
  switch (type) {
    case "boolean":
      return "bool";
    case "integer":
      return format === "int64" ? "int64" : "int32";
    case "number":
      return "float64";
    case "array":
      return `[]${items === undefined ? "interface {}" : goType(items)}`;
    case "object":
      if (struct !== undefined) return `v${MODEL.exec(modelOf(schema) ?? "")?.[1] ?? "1"}.${struct}`;
      return `map[string]${typeof additionalProperties === "object" ? goType(additionalProperties) : "interface {}"}`;
    case "string":
      return format === "byte" ? "[]uint8" : "string";
    case undefined:
      return "interface {}";
    default:
      return type satisfies never;
  }
}

/** The name of the Go struct that a schema stands for; undefined for maps and what else is none. */
function structName(schema: Schema): string | undefined {
  return metadataSchemas.get(schema) ?? MODEL.exec(modelOf(schema) ?? "")?.[2];
}
