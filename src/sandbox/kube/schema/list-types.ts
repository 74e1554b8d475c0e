import { isObject } from "../json-value.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { shown } from "./shown.ts";

/** What is twice in lists that are sets or maps (`x-kubernetes-list-type`). */
export function validateListTypes(value: unknown, schema: Schema, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  visit(value, schema, path, errors);
  return errors;
}

function visit(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const list = value as unknown[];
    if (schema["x-kubernetes-list-type"] === "set") {
      for (const index of repeated(list)) errors.push(duplicate(`${path}[${index}]`, list[index]));
    } else if (schema["x-kubernetes-list-type"] === "map") checkMap(list, schema, path, errors);
    const { items } = schema;
    if (items !== undefined) list.forEach((item, index) => visit(item, items, `${path}[${index}]`, errors));
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const property = schema.properties?.[name];
      if (property !== undefined) visit(member, property, path === "" ? name : `${path}.${name}`, errors);
      else if (typeof schema.additionalProperties === "object") {
        visit(member, schema.additionalProperties, `${path}[${name}]`, errors);
      }
    }
  }
}

function checkMap(list: readonly unknown[], schema: Schema, path: string, errors: FieldError[]): void {
  const stray = list.findIndex((item) => item !== null && !isObject(item));
  if (stray >= 0) {
    const detail = `Invalid value: ${shown(list[stray])}: must be an object for an array of list-type map`;
    errors.push({ field: `${path}[${stray}]`, type: "FieldValueInvalid", detail });
    return;
  }
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const identities = list.map((item) =>
    Object.fromEntries(
      keys.flatMap((key) => (isObject(item) && item[key] !== undefined ? [[key, item[key]] as const] : [])),
    ),
  );
  for (const index of repeated(identities)) errors.push(duplicate(`${path}[${index}]`, identities[index]));
}

/** Indexes of the first repetition of each item. */
function repeated(list: readonly unknown[]): number[] {
  const times = new Map<string, number>();
  return list.flatMap((item, index) => {
    const text = sortedJson(item);
    const before = times.get(text) ?? 0;
    times.set(text, before + 1);
    return before === 1 ? [index] : [];
  });
}

function duplicate(field: string, value: unknown): FieldError {
  return { field, type: "FieldValueDuplicate", detail: `Duplicate value: ${shown(value)}` };
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
