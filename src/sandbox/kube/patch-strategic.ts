import { deepEqual, isObject, type JsonObject } from "./json-value.ts";
import type { Schema } from "./resource-definition.ts";
import { badRequest, StatusError } from "./status-error.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/**
 * Strategic merge patch as Kubernetes defines it (apimachinery `util/strategicpatch`), by the patch strategies and merge
 * keys of the kind's schema. What the API server does not expect of a patch it answers with a plain 500, so this does too.
 */
export function strategicMergePatch(target: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  return mergeObject(target, patch, schema);
}

function mergeObject(target: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const { [DIRECTIVE]: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  if (directive !== undefined) throw unexpected(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  const result = retained(target, rest);
  delete rest[RETAIN_KEYS];
  mergeOrdered(result, rest, schema);
  for (const [name, value] of Object.entries(rest)) {
    if (name.startsWith(DELETE_PRIMITIVES)) deletePrimitives(result, name.slice(DELETE_PRIMITIVES.length), value);
    else mergeMember(result, name, value, memberSchema(schema, name));
  }
  return result;
}

function mergeMember(result: JsonObject, name: string, value: unknown, schema: Schema | undefined): void {
  if (value === null) {
    delete result[name];
    return;
  }
  const current = result[name];
  if (isObject(current) && isObject(value)) {
    result[name] = strategies(schema).includes("replace") ? value : mergeObject(current, value, schema);
  } else if (Array.isArray(current) && Array.isArray(value)) {
    result[name] = mergeList(current, value, schema);
  } else {
    const clean = withoutDirectives(withoutNulls(value));
    if (clean === undefined) delete result[name];
    else result[name] = clean;
  }
}

/** Members that `$retainKeys` does not name go; those of the patch must be among them. */
function retained(target: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return { ...target };
  const refused = badRequest("invalid patch format of retainKeys");
  if (!Array.isArray(keys)) throw refused;
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || name === RETAIN_KEYS || name.startsWith(DELETE_PRIMITIVES) || name.startsWith(ORDER))
      continue;
    if (!keys.includes(name)) throw refused;
  }
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)));
}

function deletePrimitives(result: JsonObject, name: string, gone: unknown): void {
  const current = result[name];
  if (!Array.isArray(current) || !Array.isArray(gone)) return;
  result[name] = current.filter((item) => !gone.some((other) => deepEqual(other, item)));
}

/** Lists that come with `$setElementOrder`: merged, then put in order. Takes them out of the patch. */
function mergeOrdered(result: JsonObject, patch: JsonObject, schema: Schema | undefined): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(ORDER)) continue;
    const order = patch[directive];
    delete patch[directive];
    const name = directive.slice(ORDER.length);
    const [current, given] = [result[name], patch[name]];
    for (const list of [order, current, given]) {
      if (list === undefined || list === null || Array.isArray(list)) continue;
      throw unexpected(`expected a []interface {}, but received a ${goType(list)}`);
    }
    const child = memberSchema(schema, name);
    const key = child?.["x-kubernetes-patch-merge-key"];
    const wanted = order as unknown[];
    if (Array.isArray(given)) checkOrder(given, wanted, key);
    const merged = orderedContents(current, given, child);
    if (merged === undefined) continue;
    result[name] = inOrder(merged, wanted, Array.isArray(current) ? current : [], key);
    delete patch[name];
  }
}

function orderedContents(current: unknown, given: unknown, schema: Schema | undefined): unknown[] | undefined {
  if (Array.isArray(current)) return Array.isArray(given) ? mergeList(current, given, schema) : current;
  return Array.isArray(given) ? (withoutDirectives(given) as unknown[]) : undefined;
}

/** What the patch has of the list must be in the order that it asks for. */
function checkOrder(given: readonly unknown[], wanted: readonly unknown[], key: string | undefined): void {
  const kept = given.filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined));
  if (wanted.length === 0 || kept.length === 0) return;
  let at = 0;
  for (const item of wanted) if (at < kept.length && same(kept[at], item, key)) at++;
  if (at === kept.length) return;
  throw unexpected(
    `The order in patch list:\n${goText(given)}\n doesn't match $setElementOrder list:\n${goText(wanted)}\n`,
  );
}

function mergeList(current: readonly unknown[], patch: readonly unknown[], schema: Schema | undefined): unknown[] {
  if (!strategies(schema).includes("merge")) return [...patch];
  if (current.length === 0 && patch.length === 0) return [];
  const types = new Set([...current, ...patch].map(goType));
  if (types.size > 1) throw unexpected(`list element types are not identical: [${goText(current)} ${goText(patch)}]`);
  const key = schema?.["x-kubernetes-patch-merge-key"];
  if (key === undefined || ![...current, ...patch].every(isObject)) {
    const merged = [...current, ...patch].filter((item, index, all) => all.indexOf(item) === index);
    return inOrder(merged, patch, current, undefined);
  }
  const { original, changes } = withSpecialItems(current as JsonObject[], patch as JsonObject[], key);
  const merged: JsonObject[] = [...original];
  for (const change of changes) {
    if (change[key] === undefined) throw withoutKey(change, key);
    const index = merged.findIndex((item) => deepEqual(item[key], change[key]));
    const present = merged[index];
    if (present === undefined) merged.push(change);
    else merged[index] = mergeObject(present, change, schema?.items);
  }
  return inOrder(merged, changes, original, key);
}

/** Items that are directives: matching items deleted, or the whole list replaced. */
function withSpecialItems(
  current: readonly JsonObject[],
  patch: readonly JsonObject[],
  key: string,
): { readonly original: readonly JsonObject[]; readonly changes: readonly JsonObject[] } {
  let original = current;
  let replaced = false;
  const changes = patch.filter((item) => {
    const directive = item[DIRECTIVE];
    if (directive === undefined) return true;
    if (directive === "replace") replaced = true;
    else if (directive === "delete") {
      if (item[key] === undefined) throw withoutKey(item, key);
      original = original.filter((other) => !deepEqual(other[key], item[key]));
    } else if (directive === "merge") throw unexpected("merging lists cannot yet be specified in the patch");
    else throw unexpected(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`);
    return false;
  });
  return replaced ? { original: changes, changes: [] } : { original, changes };
}

/**
 * Items that `order` names stand in its order; the others keep the order of the live list, and stand before a named item
 * only where the live list has them so. New items therefore come first.
 */
function inOrder(
  items: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const placeIn = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((other) => same(other, item, key));
  const named = sorted(
    items.filter((item) => placeIn(order, item) >= 0),
    (item) => placeIn(order, item),
  );
  const others = sorted(
    items.filter((item) => placeIn(order, item) < 0),
    (item) => placeIn(live, item),
  );
  const result: unknown[] = [];
  while (named.length > 0 && others.length > 0) {
    const [left, right] = [placeIn(live, others[0]), placeIn(live, named[0])];
    result.push((left >= 0 && right >= 0 && left < right ? others : named).shift());
  }
  return [...result, ...named, ...others];
}

function sorted(items: readonly unknown[], place: (item: unknown) => number): unknown[] {
  return items.toSorted((a, b) => place(a) - place(b));
}

function same(a: unknown, b: unknown, key: string | undefined): boolean {
  return key !== undefined && isObject(a) && isObject(b) ? deepEqual(a[key], b[key]) : deepEqual(a, b);
}

function strategies(schema: Schema | undefined): readonly string[] {
  return schema?.["x-kubernetes-patch-strategy"]?.split(",") ?? [];
}

function memberSchema(schema: Schema | undefined, name: string): Schema | undefined {
  const property = schema?.properties?.[name];
  if (property !== undefined) return property;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** Undefined when the value is itself a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (value[DIRECTIVE] !== undefined) return undefined;
  const members = Object.entries(value).map(([name, member]) => [name, withoutDirectives(member)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

function withoutKey(item: JsonObject, key: string): StatusError {
  return unexpected(`map: ${goText(item)} does not contain declared merge key: ${key}`);
}

function unexpected(message: string): StatusError {
  return new StatusError(500, "", message);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isObject(value)) return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** A value as Go prints it with `%v`. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isObject(value)) return value === null || value === undefined ? "<nil>" : String(value as string | number);
  const names = Object.keys(value).sort();
  return `map[${names.map((name) => `${name}:${goText(value[name])}`).join(" ")}]`;
}
