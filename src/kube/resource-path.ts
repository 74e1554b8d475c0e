import type { Kind, ObjectName } from "../api/object.ts";

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The path of a kind's collection, in one namespace or in all. */
export function collectionPath(kind: Kind, namespace?: string, query?: Query): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${scope}/${kind.plural}${queryText(query)}`;
}

/** The path of one object. Throws a TypeError when a namespaced kind is asked for without a namespace. */
export function objectPath(kind: Kind, name: ObjectName, query?: Query, subresource?: string): string {
  if (kind.namespaced && name.namespace === undefined)
    throw new TypeError(`${kind.kind} "${name.name}" needs a namespace`);
  const base = collectionPath(kind, name.namespace);
  return `${base}/${encodeURIComponent(name.name)}${subresource === undefined ? "" : `/${subresource}`}${queryText(query)}`;
}

function queryText(query: Query = {}): string {
  const parts = Object.entries(query)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
