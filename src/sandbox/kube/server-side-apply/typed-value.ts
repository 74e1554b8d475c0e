import { deepEqual, isObject } from "../json-value.ts";
import type { Schema } from "../resource-definition.ts";
import { EMPTY_SET, type FieldSet, FieldSetBuilder, hasSelf, isEmptySet } from "./field-set.ts";
import { shapeOf } from "./list-items.ts";

/** The fields that a configuration states (structured-merge-diff `ToFieldSet`). */
export function fieldsOf(value: unknown, schema: Schema): FieldSet {
  const builder = new FieldSetBuilder();
  collect(value, schema, [], builder);
  return builder.build();
}

function collect(value: unknown, schema: Schema | undefined, path: readonly string[], builder: FieldSetBuilder): void {
  const shape = shapeOf(value, schema);
  if (shape.kind === "struct" && isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const childPath = [...path, `f:${name}`];
      const { schema: childSchema, known } = shape.field(name);
      collect(member, childSchema, childPath, builder);
      if (!known || member === null || (isObject(member) && Object.keys(member).length === 0))
        builder.insert(childPath);
    }
  } else if (shape.kind === "list" && Array.isArray(value)) {
    for (const item of value as unknown[]) {
      const childPath = [...path, shape.element(item)];
      collect(item, shape.items, childPath, builder);
      builder.insert(childPath);
    }
  } else {
    builder.insert(path);
  }
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Which fields differ between two values of one schema (structured-merge-diff `Compare`). */
export function compareValues(before: unknown, after: unknown, schema: Schema): Comparison {
  const result = { added: new FieldSetBuilder(), modified: new FieldSetBuilder(), removed: new FieldSetBuilder() };
  walk(before, after, schema, [], result);
  return { added: result.added.build(), modified: result.modified.build(), removed: result.removed.build() };
}

interface Differences {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

function walk(
  before: unknown,
  after: unknown,
  schema: Schema | undefined,
  path: readonly string[],
  out: Differences,
): void {
  if (before === after || (before === undefined && after === undefined)) return;
  const shape = shapeOf(after ?? before, schema);
  const bothEmpty = isVoid(before) && isVoid(after);
  const mixed = before !== undefined && after !== undefined && shapeOf(before, schema).kind !== shape.kind;
  if (shape.kind === "scalar" || bothEmpty || mixed) {
    leaf(before, after, path, out);
    return;
  }
  if (shape.kind === "struct") {
    const left = isObject(before) ? before : {};
    const right = isObject(after) ? after : {};
    for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
      walk(left[name], right[name], shape.field(name).schema, [...path, `f:${name}`], out);
    }
  } else {
    const left = itemsByElement(before, shape.element);
    const right = itemsByElement(after, shape.element);
    for (const element of new Set([...left.keys(), ...right.keys()])) {
      walk(left.get(element), right.get(element), shape.items, [...path, element], out);
    }
  }
  if (path.length === 0) return;
  if (before === undefined) out.added.insert(path);
  else if (after === undefined) out.removed.insert(path);
}

function leaf(before: unknown, after: unknown, path: readonly string[], out: Differences): void {
  if (before === undefined) out.added.insert(path);
  else if (after === undefined) out.removed.insert(path);
  else if (!deepEqual(before, after)) out.modified.insert(path);
}

function isVoid(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function itemsByElement(value: unknown, element: (item: unknown) => string): Map<string, unknown> {
  const result = new Map<string, unknown>();
  if (Array.isArray(value))
    for (const item of value as unknown[]) if (!result.has(element(item))) result.set(element(item), item);
  return result;
}

/** `applied` laid over `live` (structured-merge-diff `Merge`): granular parts merge, atomic parts are replaced. */
export function mergeValues(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null || applied === null) return applied;
  const shape = shapeOf(applied, schema);
  if (shape.kind === "struct" && isObject(live) && isObject(applied)) {
    const result = { ...live };
    for (const [name, value] of Object.entries(applied)) {
      result[name] = mergeValues(live[name], value, shape.field(name).schema);
    }
    return result;
  }
  if (shape.kind === "list" && Array.isArray(live) && Array.isArray(applied)) {
    return mergeLists(live, applied, shape.items, shape.element);
  }
  return applied;
}

/** Items keep the order of the applied list; what only the live list has stays behind its live neighbour. */
function mergeLists(
  live: readonly unknown[],
  applied: readonly unknown[],
  items: Schema | undefined,
  element: (item: unknown) => string,
): unknown[] {
  const liveItems = live.map((item) => ({ key: element(item), item }));
  const appliedItems = applied.map((item) => ({ key: element(item), item }));
  const liveByKey = new Map(liveItems.map(({ key, item }) => [key, item]));
  const appliedKeys = new Set(appliedItems.map(({ key }) => key));
  const result: unknown[] = [];
  let next = 0;
  const takeLiveOnly = (): void => {
    for (let entry = liveItems[next]; entry !== undefined && !appliedKeys.has(entry.key); entry = liveItems[++next]) {
      result.push(entry.item);
    }
  };
  takeLiveOnly();
  for (const { key, item } of appliedItems) {
    result.push(mergeValues(liveByKey.get(key), item, items));
    if (liveItems[next]?.key === key) {
      next++;
      takeLiveOnly();
    } else if (liveByKey.has(key)) {
      for (let index = next; index < liveItems.length; index++) {
        if (liveItems[index]?.key !== key) continue;
        liveItems.splice(index, 1);
        break;
      }
      takeLiveOnly();
    }
  }
  for (; next < liveItems.length; next++) {
    const entry = liveItems[next];
    if (entry !== undefined && !appliedKeys.has(entry.key)) result.push(entry.item);
  }
  return result;
}

/** `value` without the members of `remove`, sparing what holds a member of `keep`. */
export function removeFields(value: unknown, remove: FieldSet, keep: FieldSet, schema: Schema | undefined): unknown {
  const shape = shapeOf(value, schema);
  if (shape.kind === "struct" && isObject(value)) {
    const result: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const kept = remaining(member, remove[`f:${name}`], keep[`f:${name}`], shape.field(name).schema);
      if (kept !== undefined) result[name] = kept;
    }
    return result;
  }
  if (shape.kind === "list" && Array.isArray(value)) {
    return (value as unknown[])
      .map((item) => {
        const element = shape.element(item);
        return remaining(item, remove[element], keep[element], shape.items);
      })
      .filter((item) => item !== undefined);
  }
  return value;
}

function remaining(
  value: unknown,
  remove: FieldSet | undefined,
  keep: FieldSet | undefined,
  schema: Schema | undefined,
): unknown {
  if (remove === undefined) return value;
  if (hasSelf(remove) && (keep === undefined || (isEmptySet(keep) && !hasSelf(keep)))) return undefined;
  return removeFields(value, remove, keep ?? EMPTY_SET, schema);
}
