import { forbidden, invalidValue, notSupported, required } from "../builtin/field-errors.ts";
import type { FieldError } from "../resource-definition.ts";
import { itemsOf, type SchemaDocument } from "./schema-document.ts";

/** The rules of `x-kubernetes-list-type` and `x-kubernetes-list-map-keys`. */
export function listProblems(schema: SchemaDocument, path: string): FieldError[] {
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const errors: FieldError[] = [];
  const { type = "" } = schema;
  if (listType !== undefined && type !== "array") {
    const text = "must be array if x-kubernetes-list-type is specified";
    errors.push(type === "" ? required(`${path}.type`, text) : invalidValue(`${path}.type`, type, text));
  } else if (listType === "set") errors.push(...setItemProblems(itemsOf(schema), path));
  if (listType !== undefined && !["atomic", "set", "map"].includes(listType)) {
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ["atomic", "set", "map"]));
  }
  if (keys.length > 0 && listType !== "map") {
    const at = `${path}.x-kubernetes-list-type`;
    const text = "must be map if x-kubernetes-list-map-keys is non-empty";
    errors.push(listType === undefined ? required(at, text) : invalidValue(at, listType, text));
  }
  if (listType === "map") errors.push(...mapProblems(schema, path, keys));
  errors.push(...itemProblems(schema, path, keys));
  return errors;
}

function setItemProblems(item: SchemaDocument | undefined, path: string): FieldError[] {
  const text = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const inner = item?.["x-kubernetes-list-type"];
  if (item?.type === "array" && inner !== undefined && inner !== "atomic") {
    return [invalidValue(`${path}.items.x-kubernetes-list-type`, inner, text)];
  }
  if (item?.type === "object" && item["x-kubernetes-map-type"] !== "atomic") {
    // The API server shows the list type here.
    return [invalidValue(`${path}.items.x-kubernetes-map-type`, inner ?? null, text)];
  }
  return [];
}

function mapProblems(schema: SchemaDocument, path: string, keys: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const at = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(required(at, "must not be empty if x-kubernetes-list-type is map"));
  if (schema.items === undefined) {
    errors.push(required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map"));
  }
  const item = itemsOf(schema);
  if (item === undefined) return errors;
  if (item.type !== "object") {
    const text = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalidValue(`${path}.items.type`, item.type ?? "", text)];
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = item.properties?.[key];
    if (property === undefined) errors.push(invalidValue(at, keys, "entries must all be names of item properties"));
    else if (property.type === "array" || property.type === "object") {
      const text = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalidValue(`${path}.items.properties[${key}].type`, item.type, text));
    }
    if (seen.has(key)) errors.push(invalidValue(at, keys, "must not contain duplicate entries"));
    seen.add(key);
  }
  return errors;
}

function itemProblems(schema: SchemaDocument, path: string, keys: readonly string[]): FieldError[] {
  const listType = schema["x-kubernetes-list-type"];
  const item = itemsOf(schema);
  if (item === undefined || (listType !== "set" && listType !== "map")) return [];
  const errors: FieldError[] = [];
  if (item.nullable === true) {
    const text = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbidden(`${path}.items.nullable`, text));
  }
  if (listType === "set") return errors;
  for (const key of keys) {
    const property = item.properties?.[key];
    if (property === undefined) continue;
    const at = `${path}.items.properties[${key}]`;
    if (item.required?.includes(key) !== true && (property.default ?? null) === null) {
      const text =
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
      errors.push(required(`${at}.default`, text));
    }
    if (property.nullable === true) {
      const text = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
      errors.push(forbidden(`${at}.nullable`, text));
    }
  }
  return errors;
}
