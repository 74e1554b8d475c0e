import { isObject } from "../json-value.ts";
import type { Schema } from "../resource-definition.ts";
import { badRequest } from "../status-error.ts";

/** How server-side apply treats a value (structured-merge-diff's atoms). */
export type Shape =
  | { readonly kind: "scalar" }
  | {
      readonly kind: "struct";
      readonly field: (name: string) => { readonly schema: Schema | undefined; readonly known: boolean };
    }
  | { readonly kind: "list"; readonly items: Schema | undefined; readonly element: (item: unknown) => string };

const ATOMIC: Shape = { kind: "scalar" };

/** The shape of `value` under `schema`; atomic maps and lists count as scalars, as do values without structure. */
export function shapeOf(value: unknown, schema: Schema | undefined): Shape {
  if (isObject(value)) {
    if (schema?.["x-kubernetes-map-type"] === "atomic") return ATOMIC;
    return {
      kind: "struct",
      field: (name) => {
        const property = schema?.properties?.[name];
        if (property !== undefined) return { schema: property, known: true };
        const additional = schema?.additionalProperties;
        return { schema: typeof additional === "object" ? additional : undefined, known: false };
      },
    };
  }
  if (Array.isArray(value)) {
    const listType = schema?.["x-kubernetes-list-type"];
    if (listType === "set") return { kind: "list", items: schema?.items, element: setElement };
    if (listType === "map") {
      const keys = schema?.["x-kubernetes-list-map-keys"] ?? [];
      const items = schema?.items;
      return { kind: "list", items, element: (item) => mapElement(item, keys, items) };
    }
  }
  return ATOMIC;
}

function setElement(item: unknown): string {
  return `v:${JSON.stringify(item)}`;
}

/** Published defaults of key fields of built-in kinds: `protocol` of container and Service ports. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: "TCP" };

/** `k:{...}` with the key fields in order of their names; an absent key takes its schema default. */
function mapElement(item: unknown, keys: readonly string[], items: Schema | undefined): string {
  const values: Record<string, unknown> = {};
  for (const key of [...keys].sort()) {
    const value = (isObject(item) ? item[key] : undefined) ?? items?.properties?.[key]?.default ?? KEY_DEFAULTS[key];
    if (value !== undefined) values[key] = value;
  }
  if (Object.keys(values).length === 0) {
    throw badRequest(
      `associative list with keys has an element that omits key field ${JSON.stringify(keys[0] ?? "")} (and doesn't have default value)`,
    );
  }
  return `k:${JSON.stringify(values)}`;
}
