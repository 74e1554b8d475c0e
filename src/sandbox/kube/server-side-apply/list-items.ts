import { isObject } from "../json-value.ts";
import type { ListType } from "./merge-type.ts";
import { keyElement, type PathElement, valueElement } from "./path-element.ts";

/** The element that stands for an item of an associative list, or why there is none. */
export function itemElement(
  item: unknown,
  list: ListType,
): { readonly element: PathElement } | { readonly problem: string } {
  return list.keys.length > 0 ? keyedElement(item, list) : setElement(item);
}

function setElement(item: unknown): { readonly element: PathElement } | { readonly problem: string } {
  if (isObject(item)) return { problem: "associative list without keys has an element that's a map type" };
  if (Array.isArray(item)) return { problem: "not supported: associative list with lists as elements" };
  if (item === null || item === undefined) {
    return { problem: "associative list without keys has an element that's an explicit null" };
  }
  return { element: valueElement(item) };
}

/** A key field that is absent counts with its default, or not at all. */
function keyedElement(item: unknown, list: ListType): { readonly element: PathElement } | { readonly problem: string } {
  if (item === null || item === undefined) return { problem: "associative list with keys may not have a null element" };
  if (!isObject(item)) return { problem: "associative list with keys may not have non-map elements" };
  const keys: Record<string, unknown> = {};
  for (const key of list.keys) {
    const value = item[key] === undefined ? list.keyDefault(key) : item[key];
    if (value !== undefined) keys[key] = value;
  }
  if (Object.keys(keys).length > 0) return { element: keyElement(keys) };
  const names = list.keys.map((key) => JSON.stringify(key)).join(" ");
  return {
    problem: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  };
}

/** The items of a list under their elements; several items under one element are duplicates. Others are left out. */
export function itemsByElement(items: readonly unknown[], list: ListType): Map<PathElement, unknown[]> {
  const result = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const found = itemElement(item, list);
    if ("problem" in found) continue;
    const same = result.get(found.element);
    if (same === undefined) result.set(found.element, [item]);
    else same.push(item);
  }
  return result;
}
