import { deepEqual, isObject } from "../json-value.ts";
import type { Schema } from "../resource-definition.ts";

/** What an item of a list replaces: items can be told apart in lists that are maps, and in no others. */
export function oldItem(item: unknown, old: unknown, schema: Schema): { readonly value: unknown } | undefined {
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(old) || !isObject(item)) return undefined;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const found = (old as unknown[]).find(
    (other) => isObject(other) && keys.every((key) => deepEqual(other[key], item[key])),
  );
  return found === undefined ? undefined : { value: found };
}
