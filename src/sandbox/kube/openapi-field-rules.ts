import {
  anything,
  intOrStringSchema,
  microTimeSchema,
  modelOf,
  quantitySchema,
  timeSchema,
} from "./builtin/model-schema.ts";
import { fieldDefaults, fieldValues, unions } from "./openapi-field-facts.ts";
import type { OpenApiVersion } from "./openapi-names.ts";
import type { Schema } from "./resource-definition.ts";

/** Where a schema stands in a built-in kind. */
export interface FieldPlace {
  /** The name of the schema with the field; `[]` stands for the items of a list, `{}` for the values of a map. */
  readonly path: string;
  /** Whether the field is written in any case: Kubernetes publishes the zero of its type as its default. */
  readonly always: boolean;
}

const withoutDefault = new Set<Schema>([anything, intOrStringSchema, microTimeSchema, quantitySchema, timeSchema]);
const zeros: Readonly<Record<string, unknown>> = { string: "", integer: 0, number: 0, boolean: false };

/** What Kubernetes publishes of a field beyond its type: its default and its values. Version 2 has no defaults. */
export function fieldFacts(schema: Schema, place: FieldPlace, version: OpenApiVersion): Record<string, unknown> {
  const path = shortName(place.path);
  const values = fieldValues[path];
  const found = path in fieldDefaults ? (fieldDefaults[path] ?? undefined) : usualDefault(schema, place);
  return {
    ...(version === "v2" || found === undefined ? {} : { default: found }),
    ...(values === undefined ? {} : { enum: values.split("|") }),
  };
}

export function schemaUnions(name: string): Record<string, unknown> {
  const found = unions[shortName(name)];
  return found === undefined ? {} : { "x-kubernetes-unions": found };
}

function usualDefault(schema: Schema, { path, always }: FieldPlace): unknown {
  if (withoutDefault.has(schema) || schema.format === "byte") return undefined;
  if (modelOf(schema) !== undefined) return always || /\.(metadata|spec|status)$/.test(path) ? {} : undefined;
  return always ? zeros[schema.type ?? ""] : undefined;
}

export function shortName(name: string): string {
  return name.replace(/^io\.k8s\.(api|apiextensions-apiserver\.pkg\.apis|apimachinery\.pkg\.apis)\./, "");
}
