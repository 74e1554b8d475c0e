import { deepEqual, isObject } from "../json-value.ts";
import { atomFor, formOf, isVoid } from "./atom.ts";
import { type FieldSet, FieldSetBuilder, hasSelf } from "./field-set.ts";
import { itemElement, itemsByElement } from "./list-items.ts";
import type { ListType, MapType, MergeType } from "./merge-type.ts";
import type { PathElement } from "./path-element.ts";

type Path = readonly PathElement[];

/** The fields that a configuration states. */
export function fieldsOf(value: unknown, type: MergeType): FieldSet {
  const builder = new FieldSetBuilder();
  collect(value, type, [], builder);
  return builder.build();
}

function collect(value: unknown, type: MergeType, path: Path, out: FieldSetBuilder): void {
  const atom = atomFor(type, value);
  switch (formOf(atom)) {
    case "scalar":
      out.insert(path);
      return;
    case "map":
      if (atom.map?.atomic === true) out.insert(path);
      else if (atom.map !== undefined && isObject(value)) collectMembers(value, atom.map, path, out);
      return;
    case "list":
      if (atom.list?.associative === false) out.insert(path);
      else if (atom.list !== undefined && Array.isArray(value)) collectItems(value, atom.list, path, out);
  }
}

function collectMembers(
  value: Readonly<Record<string, unknown>>,
  map: MapType,
  path: Path,
  out: FieldSetBuilder,
): void {
  for (const [name, member] of Object.entries(value)) {
    const declared = map.field(name);
    const type = declared ?? map.element();
    const below = [...path, `f:${name}`];
    if (type !== undefined) collect(member, type, below, out);
    if (declared === undefined || member === null || (isObject(member) && isVoid(member))) out.insert(below);
  }
}

function collectItems(items: readonly unknown[], list: ListType, path: Path, out: FieldSetBuilder): void {
  for (const [element, same] of itemsByElement(items, list)) {
    const below = [...path, element];
    if (same.length === 1) collect(same[0], list.items(), below, out);
    out.insert(below);
  }
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Which fields differ between two values of a type. */
export function compareValues(before: unknown, after: unknown, type: MergeType): Comparison {
  const out = { added: new FieldSetBuilder(), modified: new FieldSetBuilder(), removed: new FieldSetBuilder() };
  compare(before, after, type, [], out);
  return { added: out.added.build(), modified: out.modified.build(), removed: out.removed.build() };
}

interface Differences {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

function compare(before: unknown, after: unknown, type: MergeType, path: Path, out: Differences): void {
  if (before === after) return;
  const [left, right] = [atomFor(type, before), atomFor(type, after)];
  let isLeaf: boolean;
  if (after === undefined) isLeaf = compareAs(left, before, after, path, out);
  else {
    if (before !== undefined && left !== right) compareAs(left, before, after, path, out);
    isLeaf = compareAs(right, before, after, path, out);
  }
  if (isLeaf) return;
  if (before === undefined) out.added.insert(path);
  else if (after === undefined) out.removed.insert(path);
}

/** Whether the two were looked at as a whole. */
function compareAs(atom: MergeType, before: unknown, after: unknown, path: Path, out: Differences): boolean {
  const form = formOf(atom);
  if (form === "map" && atom.map?.atomic === false) {
    const [left, right] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
    if (!isVoid(left) || !isVoid(right)) {
      for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
        const type = atom.map.field(name) ?? atom.map.element();
        if (type !== undefined) compare(left[name], right[name], type, [...path, `f:${name}`], out);
      }
      return false;
    }
  } else if (form === "list" && atom.list?.associative === true) {
    const left: readonly unknown[] = Array.isArray(before) ? before : [];
    const right: readonly unknown[] = Array.isArray(after) ? after : [];
    if (left.length > 0 || right.length > 0) {
      compareItems(left, right, atom.list, path, out);
      return false;
    }
  }
  compareWhole(before, after, path, out);
  return true;
}

function compareWhole(before: unknown, after: unknown, path: Path, out: Differences): void {
  if (before === undefined) out.added.insert(path);
  else if (after === undefined) out.removed.insert(path);
  else if (!deepEqual(before, after)) out.modified.insert(path);
}

/** Items that occur more than once are compared as a whole. */
function compareItems(
  before: readonly unknown[],
  after: readonly unknown[],
  list: ListType,
  path: Path,
  out: Differences,
): void {
  const [left, right] = [itemsByElement(before, list), itemsByElement(after, list)];
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const [old, next] = [left.get(element) ?? [], right.get(element) ?? []];
    const below = [...path, element];
    if (old.length <= 1 && next.length <= 1) compare(old[0], next[0], list.items(), below, out);
    else if (old.length > 1 && next.length > 1) {
      if (!deepEqual(old, next)) out.modified.insert(below);
    } else if (old.length > 1) {
      if (next.length > 0) compare(undefined, next[0], list.items(), below, out);
      out.removed.insert(below);
    } else {
      if (old.length > 0) compare(old[0], undefined, list.items(), below, out);
      out.added.insert(below);
    }
  }
}

/** `value` without the members of `remove`. What loses all it held becomes null, which built-in kinds read as absent. */
export function removeFields(value: unknown, remove: FieldSet, type: MergeType): unknown {
  const atom = atomFor(type, value);
  switch (formOf(atom)) {
    case "scalar":
      return value;
    case "map":
      return isObject(value) && atom.map?.atomic === false ? withoutMembers(value, remove, atom.map) : null;
    case "list":
      return Array.isArray(value) && atom.list?.associative === true ? withoutItems(value, remove, atom.list) : null;
  }
}

function withoutMembers(value: Readonly<Record<string, unknown>>, remove: FieldSet, map: MapType): unknown {
  const kept: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const found = remove[`f:${name}`];
    if (found === undefined) kept[name] = member;
    else if (!hasSelf(found)) {
      const type = map.field(name) ?? map.element();
      kept[name] = type === undefined ? member : removeFields(member, found, type);
    }
  }
  return Object.keys(kept).length === 0 ? null : kept;
}

function withoutItems(items: readonly unknown[], remove: FieldSet, list: ListType): unknown {
  const kept: unknown[] = [];
  for (const item of items) {
    const at = itemElement(item, list);
    const found = "element" in at ? remove[at.element] : undefined;
    if (found === undefined) kept.push(item);
    else if (!hasSelf(found)) kept.push(removeFields(item, found, list.items()));
  }
  return kept.length === 0 ? null : kept;
}
