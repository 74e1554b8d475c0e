import { formOf } from "./atom.ts";
import {
  EMPTY_SET,
  elementsOf,
  type FieldSet,
  FieldSetBuilder,
  isEmptySet,
  union,
  withoutSubtrees,
} from "./field-set.ts";
import type { MergeType } from "./merge-type.ts";
import type { PathElement } from "./path-element.ts";

/**
 * The set as it has to be after the schema has made parts of it atomic: who owned something inside such a part owns the
 * part. The other way round nothing changes.
 */
export function reconciledWithSchema(set: FieldSet, type: MergeType): FieldSet {
  const atomic = new FieldSetBuilder();
  walk(set, type, [], true, atomic);
  const parts = atomic.build();
  return isEmptySet(parts) ? set : union(withoutSubtrees(set, parts), parts);
}

function walk(
  node: FieldSet,
  type: MergeType,
  path: readonly PathElement[],
  isInside: boolean,
  atomic: FieldSetBuilder,
): void {
  const form = formOf(type);
  if (form === "scalar") return;
  if (form === "map" ? type.map?.atomic === true : type.list?.associative === false) {
    if (isInside) atomic.insert(path);
    return;
  }
  for (const element of elementsOf(node)) {
    const child = node[element] ?? EMPTY_SET;
    const name = element.startsWith("f:") ? element.slice(2) : undefined;
    const below =
      form === "list"
        ? type.list?.items()
        : name === undefined
          ? undefined
          : (type.map?.field(name) ?? type.map?.element());
    if (below !== undefined) walk(child, below, [...path, element], !isEmptySet(child), atomic);
  }
}
