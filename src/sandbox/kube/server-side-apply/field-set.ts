import { isObject } from "../json-value.ts";
import type { MergeType } from "./merge-type.ts";
import { compareElements, type PathElement, parseElement } from "./path-element.ts";

/**
 * A set of fields in the form of `fieldsV1`: a member is a path element with an empty object, or with `"."` beside
 * what lies below it.
 */
export interface FieldSet {
  readonly [element: PathElement]: FieldSet;
}

interface MutableSet {
  [element: PathElement]: MutableSet;
}

const SELF = ".";
export const EMPTY_SET: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Collects members; `build` gives the set. The root is never a member. */
export class FieldSetBuilder {
  readonly #root: MutableSet = {};

  insert(path: readonly PathElement[]): void {
    let node = this.#root;
    for (const element of path) node = node[element] ??= {};
    if (node !== this.#root) node[SELF] = {};
  }

  build(): FieldSet {
    return normalized(this.#root) ?? EMPTY_SET;
  }
}

/** A set from the given paths. */
export function setOf(...paths: readonly (readonly PathElement[])[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path);
  return builder.build();
}

/** Makes a lone `"."` an empty object, sorts, and drops branches without members. */
function normalized(node: MutableSet): FieldSet | undefined {
  const children: [PathElement, FieldSet][] = [];
  for (const key of elementsOf(node)) {
    const child = normalized(node[key] as MutableSet);
    if (child !== undefined) children.push([key, child]);
  }
  return withSelf(node[SELF] !== undefined, children);
}

/** What a client gave as `fieldsV1`; undefined when it is none. */
export function parseFieldSet(value: unknown): FieldSet | undefined {
  if (!isObject(value)) return undefined;
  const builder = new FieldSetBuilder();
  return collect(value, [], builder) ? builder.build() : undefined;
}

function collect(node: Readonly<Record<string, unknown>>, path: readonly PathElement[], out: FieldSetBuilder): boolean {
  const names = Object.keys(node);
  if (names.length === 0) out.insert(path);
  return names.every((name) => {
    const child = node[name];
    if (name === SELF) {
      out.insert(path);
      return true;
    }
    // What a later version of Kubernetes may have added is passed over.
    if (/^[^fvki]:/s.test(name)) return true;
    const element = parseElement(name);
    return element !== undefined && isObject(child) && collect(child, [...path, element], out);
  });
}

/** Whether the field itself, not only what lies below it, is a member. */
export function hasSelf(node: FieldSet): boolean {
  return node[SELF] !== undefined || isEmptySet(node);
}

/** Whether the field at the path is a member. */
export function hasMember(set: FieldSet, path: readonly PathElement[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) node = node?.[element];
  return node !== undefined && path.length > 0 && hasSelf(node);
}

/** The elements below a node, in order. */
export function elementsOf(node: FieldSet): PathElement[] {
  return Object.keys(node)
    .filter((key) => key !== SELF)
    .sort(compareElements);
}

function withSelf(self: boolean, children: readonly (readonly [PathElement, FieldSet])[]): FieldSet | undefined {
  if (children.length === 0) return self ? EMPTY_SET : undefined;
  return Object.fromEntries(self ? [[SELF, EMPTY_SET], ...children] : children);
}

type Rule = (inA: boolean, inB: boolean) => boolean;

function combine(a: FieldSet | undefined, b: FieldSet | undefined, rule: Rule, root: boolean): FieldSet | undefined {
  const self = !root && rule(a !== undefined && hasSelf(a), b !== undefined && hasSelf(b));
  const children: [PathElement, FieldSet][] = [];
  for (const key of elementsOf({ ...a, ...b })) {
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
  if (isEmptySet(b) || isEmptySet(a)) return a;
  return combine(a, b, (inA, inB) => inA && !inB, true) ?? EMPTY_SET;
}

/** `a` without the members of `b` and all that lies below them. */
export function withoutSubtrees(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  return cut(a, b, true) ?? EMPTY_SET;
}

function cut(a: FieldSet, b: FieldSet | undefined, root: boolean): FieldSet | undefined {
  if (b === undefined) return a;
  if (!root && hasSelf(b)) return undefined;
  const children: [PathElement, FieldSet][] = [];
  for (const key of elementsOf(a)) {
    const child = cut(a[key] ?? EMPTY_SET, b[key], false);
    if (child !== undefined) children.push([key, child]);
  }
  return withSelf(!root && hasSelf(a), children);
}

/** The set with every field of a structure that has members below it made a member too; entries of maps are left. */
export function withNamedParents(set: FieldSet, type: MergeType | undefined, root = true): FieldSet {
  const children = elementsOf(set).map((key): [PathElement, FieldSet] => {
    const child = set[key] ?? EMPTY_SET;
    const name = key.startsWith("f:") ? key.slice(2) : undefined;
    const below =
      name === undefined
        ? key.startsWith("k:")
          ? type?.list?.items()
          : undefined
        : (type?.map?.field(name) ?? type?.map?.element());
    const isNamed = name !== undefined && type?.map?.field(name) !== undefined;
    const inner = withNamedParents(child, below, false);
    const { [SELF]: _self, ...rest } = inner;
    return [key, withSelf(hasSelf(child) || isNamed, Object.entries(rest)) ?? EMPTY_SET];
  });
  return withSelf(!root && hasSelf(set), children) ?? EMPTY_SET;
}

/** The paths of all members: those of a level before those of the levels below, as the API server lists them. */
export function* members(set: FieldSet, path: readonly PathElement[] = []): IterableIterator<readonly PathElement[]> {
  const elements = elementsOf(set);
  for (const key of elements) if (hasSelf(set[key] ?? EMPTY_SET)) yield [...path, key];
  for (const key of elements) yield* members(set[key] ?? EMPTY_SET, [...path, key]);
}
