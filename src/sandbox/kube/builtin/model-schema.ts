import * as client from "@kubernetes/client-node";
import { AppError } from "../../../errors.ts";
import type { Schema } from "../resource-definition.ts";
import {
  atomicMaps,
  atomicModels,
  fieldStrategies,
  granularFields,
  type ListRule,
  listRules,
  listsWithoutType,
  patchOnlyMergeKeys,
  quantityFields,
} from "./field-rules.ts";
import { requiredFields } from "./required-fields.ts";

/** One field as the client's generated model classes describe it. */
interface ModelField {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

/** A quantity such as `500m`, `2Gi` or plain `1.5`; the API server takes numbers and keeps text. */
export const quantitySchema: Schema = { anyOf: [{ type: "string" }, { type: "number" }], nullable: true };

/** Times of RFC 3339, to the second and to the microsecond. */
export const timeSchema: Schema = { type: "string", format: "date-time", nullable: true };
export const microTimeSchema: Schema = { ...timeSchema };
export const intOrStringSchema: Schema = { "x-kubernetes-int-or-string": true, nullable: true };

/** Raw JSON inside a built-in kind. */
export const anything: Schema = { "x-kubernetes-preserve-unknown-fields": true, nullable: true };
const schemas = new Map<string, Schema>();
const modelNames = new WeakMap<Schema, string>();

/**
 * The schema of a model class of the Kubernetes client (`V1Pod`), built at the first call: the class knows the fields
 * and their types, `field-rules.ts` the rest. Everything is nullable, because the API server reads null as absent in
 * its own kinds. Schemas of the same model are the same object.
 */
export function modelSchema(model: string): Schema {
  const known = schemas.get(model);
  if (known !== undefined) return known;
  const schema = model === "V1JSONSchemaProps" ? { ...anything, type: "object" as const } : buildSchema(model);
  schemas.set(model, schema);
  modelNames.set(schema, model);
  return schema;
}

/** The model that a schema object was made of, so that OpenAPI documents can refer to it by name. */
export function modelOf(schema: Schema): string | undefined {
  return modelNames.get(schema);
}

/** The model's fields, with the name of the property in the client's declarations, which carry the descriptions. */
export function modelFields(model: string): readonly { readonly name: string; readonly property: string }[] {
  return fieldsOf(model).map((field) => ({ name: field.baseName, property: field.name }));
}

function buildSchema(model: string): Schema {
  const properties: Record<string, Schema> = {};
  for (const field of fieldsOf(model)) properties[field.baseName] = fieldSchema(`${model}.${field.baseName}`, field);
  const required = requiredFields[model]?.split(" ");
  return {
    type: "object",
    nullable: true,
    properties,
    ...(required === undefined ? {} : { required }),
    ...(atomicModels.has(model) ? { "x-kubernetes-map-type": "atomic" as const } : {}),
  };
}

function fieldSchema(path: string, field: ModelField): Schema {
  const strategy = fieldStrategies[path];
  const schema = typeSchema(path, field.type, field.format);
  if (strategy === undefined && !granularFields.has(path)) return schema;
  const copy: Schema = {
    ...schema,
    ...(strategy === undefined ? {} : { "x-kubernetes-patch-strategy": strategy }),
    ...(granularFields.has(path) ? { "x-kubernetes-map-type": "granular" as const } : {}),
  };
  const model = modelNames.get(schema);
  if (model !== undefined) modelNames.set(copy, model);
  return copy;
}

function typeSchema(path: string, type: string, format: string): Schema {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) {
    return { type: "array", nullable: true, items: typeSchema(path, list, format), ...listExtensions(path) };
  }
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map !== undefined) {
    return {
      type: "object",
      nullable: true,
      additionalProperties: typeSchema(path, map, format),
      ...(atomicMaps.has(path) ? { "x-kubernetes-map-type": "atomic" as const } : {}),
    };
  }
  if (quantityFields.has(path)) return quantitySchema;
  switch (type) {
    case "string":
      return { type: "string", nullable: true, ...(format === "byte" ? { format } : {}) };
    case "boolean":
      return { type: "boolean", nullable: true };
    case "number":
      return format.startsWith("int")
        ? { type: "integer", format, nullable: true }
        : { type: "number", format: "double", nullable: true };
    case "Date":
      return timeSchema;
    case "V1MicroTime":
      return microTimeSchema;
    case "IntOrString":
      return intOrStringSchema;
    case "any":
      return anything;
    default:
      return modelSchema(type);
  }
}

function listExtensions(path: string): Partial<Schema> {
  if (listsWithoutType.has(path)) return {};
  const rule: ListRule | undefined = listRules[path];
  if (rule === undefined) {
    const mergeKey = patchOnlyMergeKeys[path];
    const merge = { "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": mergeKey ?? "" };
    return { "x-kubernetes-list-type": "atomic", ...(mergeKey === undefined ? {} : merge) };
  }
  return {
    "x-kubernetes-list-type": rule.type,
    ...(rule.keys === undefined ? {} : { "x-kubernetes-list-map-keys": rule.keys }),
    ...(rule.strategy === undefined ? {} : { "x-kubernetes-patch-strategy": rule.strategy }),
    ...(rule.mergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": rule.mergeKey }),
  };
}

function fieldsOf(model: string): readonly ModelField[] {
  const modelClass = (client as unknown as Record<string, { getAttributeTypeMap?(): ModelField[] } | undefined>)[model];
  if (modelClass?.getAttributeTypeMap === undefined) {
    throw new AppError(`the Kubernetes client has no model ${model}`, { class: "bug", code: "UnknownModel" });
  }
  return modelClass.getAttributeTypeMap();
}
