import type { JsonObject } from "../json-value.ts";

/**
 * A set of fields in the form of `fieldsV1`: a member is a key with an empty object or with `"."` inside. Keys are
 * `f:name`, `k:{...}` (list item by its keys), `v:value` (set item) and `i:index`.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

interface MutableSet {
  [element: string]: MutableSet;
}

const SELF = ".";
export const EMPTY_SET: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Collects members; `build` gives the set with `fieldsV1`'s own shape. */
export class FieldSetBuilder {
  readonly #root: MutableSet = {};

  insert(path: readonly string[]): void {
    let node = this.#root;
    for (const element of path) node = node[element] ??= {};
    if (node !== this.#root) node[SELF] = {};
  }

  build(): FieldSet {
    return normalized(this.#root) ?? EMPTY_SET;
  }
}

/** Makes a lone `"."` an empty object and drops branches without members. */
function normalized(node: MutableSet): FieldSet | undefined {
  const entries: [string, FieldSet][] = [];
  const self = node[SELF] !== undefined;
  for (const key of Object.keys(node)) {
    if (key === SELF) continue;
    const child = normalized(node[key] as MutableSet);
    if (child !== undefined) entries.push([key, child]);
  }
  if (entries.length === 0) return self ? EMPTY_SET : undefined;
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(self ? [[SELF, EMPTY_SET], ...entries] : entries);
}

export function hasSelf(node: FieldSet): boolean {
  return node[SELF] !== undefined || isEmptySet(node);
}

function withSelf(self: boolean, children: readonly (readonly [string, FieldSet])[]): FieldSet | undefined {
  if (children.length === 0) return self ? EMPTY_SET : undefined;
  return Object.fromEntries(self ? [[SELF, EMPTY_SET], ...children] : children);
}

function keysOf(...nodes: (FieldSet | undefined)[]): string[] {
  const keys = new Set<string>();
  for (const node of nodes) for (const key in node) if (key !== SELF) keys.add(key);
  return [...keys].sort();
}

type Rule = (a: boolean, b: boolean) => boolean;

function combine(a: FieldSet | undefined, b: FieldSet | undefined, rule: Rule, root: boolean): FieldSet | undefined {
  const self = !root && rule(a !== undefined && hasSelf(a), b !== undefined && hasSelf(b));
  const children: [string, FieldSet][] = [];
  for (const key of keysOf(a, b)) {
    const child = combine(a?.[key], b?.[key], rule, false);
    if (child !== undefined) children.push([key, child]);
  }
  return withSelf(self, children);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b;
  if (isEmptySet(b)) return a;
  return combine(a, b, (inA, inB) => inA || inB, true) ?? EMPTY_SET;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB, true) ?? EMPTY_SET;
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  return combine(a, b, (inA, inB) => inA && !inB, true) ?? EMPTY_SET;
}

/** `a` without the members of `b` and all that lies below them. */
export function withoutSubtrees(a: FieldSet, b: FieldSet): FieldSet {
  return cut(a, b, true) ?? EMPTY_SET;
}

function cut(a: FieldSet, b: FieldSet | undefined, root: boolean): FieldSet | undefined {
  if (b === undefined) return a;
  if (!root && hasSelf(b)) return undefined;
  const children: [string, FieldSet][] = [];
  for (const key of keysOf(a)) {
    const child = cut(a[key] ?? EMPTY_SET, b[key], false);
    if (child !== undefined) children.push([key, child]);
  }
  return withSelf(!root && hasSelf(a), children);
}

/** The set with every named field that has members below it made a member too. */
export function withNamedParents(set: FieldSet): FieldSet {
  const children = keysOf(set).map((key): [string, FieldSet] => {
    const child = set[key] ?? EMPTY_SET;
    const inner = withNamedParents(child);
    const self = hasSelf(child) || key.startsWith("f:");
    return [
      key,
      withSelf(
        self,
        Object.entries(inner).filter(([name]) => name !== SELF),
      ) ?? EMPTY_SET,
    ];
  });
  return Object.fromEntries(children);
}

/** The paths of all members, depth first. */
export function* members(set: FieldSet, path: readonly string[] = []): IterableIterator<readonly string[]> {
  for (const key of keysOf(set)) {
    const child = set[key] ?? EMPTY_SET;
    const childPath = [...path, key];
    if (hasSelf(child)) yield childPath;
    yield* members(child, childPath);
  }
}

export function setsEqual(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(difference(a, b)) && isEmptySet(difference(b, a));
}

/** A path as conflict messages show it: `.spec.ports[port=80,protocol="TCP"].name`. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const body = element.slice(2);
      if (element.startsWith("f:")) return `.${body}`;
      if (element.startsWith("k:")) {
        const parts = Object.entries(JSON.parse(body) as JsonObject).map(
          ([key, value]) => `${key}=${JSON.stringify(value)}`,
        );
        return `[${parts.join(",")}]`;
      }
      return element.startsWith("v:") ? `[=${body}]` : `[${body}]`;
    })
    .join("");
}
