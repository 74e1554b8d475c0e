import { anything, modelOf, quantitySchema } from "../builtin/model-schema.ts";
import { objectMetaSchema } from "../object-meta.ts";
import type { Schema } from "../resource-definition.ts";
import { jsonSchemaType } from "./json-schema-type.ts";

/**
 * How server-side apply treats values of a type (structured-merge-diff's `Atom`, derived from a schema by the rules of
 * kube-openapi's `schemaconv`). A type may allow several forms; the value decides.
 */
export interface MergeType {
  readonly scalar?: "numeric" | "string" | "boolean" | "untyped";
  readonly list?: ListType;
  readonly map?: MapType;
}

export interface ListType {
  /** Items are kept apart: by their keys, or (without keys) by their values. Else the list is owned as a whole. */
  readonly associative: boolean;
  readonly keys: readonly string[];
  readonly items: () => MergeType;
  /** What a key field that an item leaves out stands for. */
  readonly keyDefault: (key: string) => unknown;
}

export interface MapType {
  readonly atomic: boolean;
  /** The type of a declared member. */
  readonly field: (name: string) => MergeType | undefined;
  /** The type of any other member; undefined when there may be none. */
  readonly element: () => MergeType | undefined;
}

const UNTYPED_ATOMIC: MergeType = {
  scalar: "untyped",
  list: { associative: false, keys: [], items: () => UNTYPED_ATOMIC, keyDefault: () => undefined },
  map: { atomic: true, field: () => undefined, element: () => UNTYPED_ATOMIC },
};

/** What has no schema: maps merge, lists are owned as a whole. */
const DEDUCED: MergeType = {
  scalar: "untyped",
  list: { associative: false, keys: [], items: () => UNTYPED_ATOMIC, keyDefault: () => undefined },
  map: { atomic: false, field: () => undefined, element: () => DEDUCED },
};

const JSON_SCHEMA = jsonSchemaType(DEDUCED);

const closed = new WeakMap<Schema, MergeType>();
const open = new WeakMap<Schema, MergeType>();

/** The type that a schema describes. `preserve`: a schema above lets unknown fields stay. */
export function mergeTypeOf(schema: Schema, preserve = false): MergeType {
  const keeps = preserve || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const cache = keeps ? open : closed;
  let type = cache.get(schema);
  if (type === undefined) cache.set(schema, (type = derived(schema, keeps)));
  return type;
}

function derived(schema: Schema, preserve: boolean): MergeType {
  if (modelOf(schema) === "V1JSONSchemaProps") return JSON_SCHEMA;
  if (schema === anything) return UNTYPED_ATOMIC;
  switch (schema.type) {
    case undefined:
      if (schema === quantitySchema) return { scalar: "untyped" };
      return { scalar: "untyped", list: listType(schema, preserve), map: mapType(schema, preserve) };
    case "object":
      return { map: mapType(schema, preserve) };
    case "array":
      return { list: listType(schema, preserve) };
    case "integer":
    case "number":
      return { scalar: "numeric" };
    case "boolean":
      return { scalar: "boolean" };
    default:
      return { scalar: schema.format === undefined || schema.format === "byte" ? "string" : "untyped" };
  }
}

function listType(schema: Schema, preserve: boolean): ListType {
  const { items } = schema;
  const type = schema["x-kubernetes-list-type"];
  return {
    associative: type === "set" || type === "map",
    keys: type === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : [],
    items: () => (items === undefined ? UNTYPED_ATOMIC : mergeTypeOf(items, preserve)),
    keyDefault: (key) => (items === undefined ? undefined : keyDefault(items, key)),
  };
}

/** Published defaults of key fields of built-in kinds: the zero value, except for the protocol of a port. */
function keyDefault(items: Schema, key: string): unknown {
  const property = items.properties?.[key];
  const model = modelOf(items);
  if (property?.default !== undefined || (model === undefined && items !== ownerReference)) return property?.default;
  if (model === "V1ObjectReference") return undefined;
  if (key === "protocol") return "TCP";
  return property?.type === "integer" ? 0 : "";
}

const ownerReference = objectMetaSchema.properties?.["ownerReferences"]?.items;
const TEXT: Schema = { type: "string" };
/** What an embedded object has beside the fields that its schema states. */
const EMBEDDED: Readonly<Record<string, Schema>> = { apiVersion: TEXT, kind: TEXT, metadata: objectMetaSchema };

function mapType(schema: Schema, preserve: boolean): MapType {
  const additional = schema.additionalProperties;
  const properties = {
    ...schema.properties,
    ...(schema["x-kubernetes-embedded-resource"] === true ? EMBEDDED : {}),
  };
  const element = (): MergeType | undefined => {
    if (typeof additional === "object") return mergeTypeOf(additional, preserve);
    if (additional !== undefined) return additional ? DEDUCED : undefined;
    return preserve || Object.keys(properties).length === 0 ? DEDUCED : undefined;
  };
  return {
    atomic: schema["x-kubernetes-map-type"] === "atomic",
    field: (name) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      // Metadata has its own schema, whatever stays around it.
      return property === undefined ? undefined : mergeTypeOf(property, preserve && property !== objectMetaSchema);
    },
    element,
  };
}
