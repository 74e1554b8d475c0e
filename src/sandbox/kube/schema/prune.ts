import { isObject } from "../json-value.ts";
import { objectMetaSchema } from "../object-meta.ts";
import type { Schema } from "../resource-definition.ts";

/** What an embedded object may always have beside its schema. */
const EMBEDDED = new Set(["apiVersion", "kind", "metadata"]);

/**
 * Drops the members that the schema does not know, as pruning does for custom resources and decoding for built-in
 * kinds. The paths dropped are added to `unknown`, in the notation of field validation (`spec.ports[0].foo`).
 */
export function pruneUnknown(value: unknown, schema: Schema, unknown: string[], path = ""): unknown {
  if (isObject(value)) return pruneObject(value, schema, unknown, path);
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return value;
    let changed = false;
    const result = value.map((item: unknown, index) => {
      const pruned = pruneUnknown(item, items, unknown, `${path}[${index}]`);
      changed ||= pruned !== item;
      return pruned;
    });
    return changed ? result : value;
  }
  return value;
}

function pruneObject(
  value: Record<string, unknown>,
  schema: Schema,
  unknown: string[],
  path: string,
): Record<string, unknown> {
  const additional = schema.additionalProperties;
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true || additional === true || isFree(schema);
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const ofEmbedded = schema["x-kubernetes-embedded-resource"] === true && name === "metadata";
    const property = ofEmbedded ? objectMetaSchema : schema.properties?.[name];
    const child = property ?? (typeof additional === "object" ? additional : undefined);
    const childPath = path === "" ? name : `${path}.${name}`;
    if (child !== undefined) {
      const pruned = pruneUnknown(value[name], child, unknown, childPath);
      if (pruned !== value[name]) {
        copy ??= { ...value };
        copy[name] = pruned;
      }
    } else if (!open && !(schema["x-kubernetes-embedded-resource"] === true && EMBEDDED.has(name))) {
      unknown.push(childPath);
      copy ??= { ...value };
      delete copy[name];
    }
  }
  return copy ?? value;
}

/** A schema without any statement about members, such as the one of `IntOrString` or raw JSON. */
function isFree(schema: Schema): boolean {
  return schema.type === undefined && schema.properties === undefined && schema.additionalProperties === undefined;
}
