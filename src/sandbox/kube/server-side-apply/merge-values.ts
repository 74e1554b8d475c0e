import { isObject } from "../json-value.ts";
import { atomFor, formOf, isVoid } from "./atom.ts";
import { itemElement } from "./list-items.ts";
import type { ListType, MapType, MergeType } from "./merge-type.ts";
import type { PathElement } from "./path-element.ts";

/** `applied` laid over `live`: what is kept apart merges, what is owned as a whole is replaced. Undefined is absent. */
export function mergeValues(live: unknown, applied: unknown, type: MergeType): unknown {
  if (live === undefined && applied === undefined) return undefined;
  // The form of what is applied decides, where the two have different ones.
  const atom = applied === undefined ? atomFor(type, live) : atomFor(type, applied);
  const form = formOf(atom);
  if (form === "map" && atom.map?.atomic === false && !(isVoidMap(live) && isVoidMap(applied))) {
    return mergeMembers(isObject(live) ? live : {}, isObject(applied) ? applied : {}, atom.map);
  }
  if (form === "list" && atom.list?.associative === true && !(isVoidList(live) && isVoidList(applied))) {
    return mergeItems(Array.isArray(live) ? live : [], Array.isArray(applied) ? applied : [], atom.list);
  }
  return applied === undefined ? live : applied;
}

function isVoidMap(value: unknown): boolean {
  return !isObject(value) || isVoid(value);
}

function isVoidList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
}

type Members = Readonly<Record<string, unknown>>;

function mergeMembers(live: Members, applied: Members, map: MapType): unknown {
  const result: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(live), ...Object.keys(applied)])) {
    const type = map.field(name) ?? map.element();
    const merged = type === undefined ? (applied[name] ?? live[name]) : mergeValues(live[name], applied[name], type);
    if (merged !== undefined) result[name] = merged;
  }
  return result;
}

interface Item {
  readonly element: PathElement;
  readonly value: unknown;
}

function indexed(
  values: readonly unknown[],
  list: ListType,
): { readonly items: Item[]; readonly seen: Map<PathElement, unknown> } {
  const items: Item[] = [];
  const seen = new Map<PathElement, unknown>();
  for (const value of values) {
    const at = itemElement(value, list);
    if ("problem" in at) continue;
    // Of items that occur more than once, none is merged with what is applied.
    seen.set(at.element, seen.has(at.element) ? null : value);
    items.push({ element: at.element, value });
  }
  return { items, seen };
}

/**
 * Shared items stand in the order of the applied list; what only the live list has keeps its place between the shared
 * ones.
 */
function mergeItems(liveValues: readonly unknown[], appliedValues: readonly unknown[], list: ListType): unknown[] {
  const [live, applied] = [indexed(liveValues, list), indexed(appliedValues, list)];
  const shared = applied.items.filter(({ element }) => live.seen.has(element)).map(({ element }) => element);
  let next = shared.shift();
  const done = new Set<PathElement>();
  const result: unknown[] = [];
  const take = (old: unknown, wanted: unknown): void => {
    const merged = mergeValues(old, wanted, list.items());
    if (merged !== undefined) result.push(merged);
  };
  let [l, r] = [0, 0];
  while (l < live.items.length || r < applied.items.length) {
    const [mine, theirs] = [live.items[l], applied.items[r]];
    if (mine !== undefined && theirs !== undefined) {
      if (mine.element === theirs.element) {
        done.add(mine.element);
        take(live.seen.get(mine.element), applied.seen.get(mine.element));
        l++;
        r++;
        next = shared.shift();
        continue;
      }
      if (applied.seen.has(mine.element) && next !== undefined && next !== mine.element) {
        l++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!applied.seen.has(mine.element)) {
        take(mine.value, undefined);
        l++;
        continue;
      }
      if (done.has(mine.element)) l++;
    }
    if (theirs !== undefined) {
      done.add(theirs.element);
      take(live.seen.get(theirs.element), applied.seen.get(theirs.element));
      r++;
      if (next === theirs.element) next = shared.shift();
    }
  }
  return result;
}
