import { deepEqual, isObject, type JsonObject } from "./json-value.ts";
import type { Schema } from "./resource-definition.ts";
import { badRequest, StatusError } from "./status-error.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/**
 * Strategic merge patch as Kubernetes defines it (community `strategic-merge-patch.md`), by the patch strategies and
 * merge keys of the kind's schema.
 */
export function strategicMergePatch(target: JsonObject, patch: unknown, schema: Schema): JsonObject {
  if (!isObject(patch))
    throw badRequest(
      "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
  const result = mergeObject(target, patch, schema);
  return result === undefined ? {} : result;
}

function mergeObject(target: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject | undefined {
  const directive = patch[DIRECTIVE];
  if (directive === "delete") return undefined;
  if (directive === "replace") return withoutDirectives(patch);
  if (directive !== undefined && directive !== "merge") {
    throw badRequest(`Unknown patch type: ${JSON.stringify(directive)}`);
  }
  const result: JsonObject = { ...target };
  retainKeys(result, patch);
  for (const [name, value] of Object.entries(patch)) {
    if (name === DIRECTIVE || name === RETAIN_KEYS || name.startsWith(ORDER)) continue;
    if (name.startsWith(DELETE_PRIMITIVES)) {
      const list = name.slice(DELETE_PRIMITIVES.length);
      const current = result[list];
      if (Array.isArray(current) && Array.isArray(value)) {
        result[list] = current.filter((item) => !value.some((gone) => deepEqual(gone, item)));
      }
      continue;
    }
    if (value === null) {
      delete result[name];
      continue;
    }
    const child = memberSchema(schema, name);
    const order = patch[`${ORDER}${name}`];
    if (isObject(value)) {
      const current = result[name];
      if (child?.["x-kubernetes-patch-strategy"]?.split(",").includes("replace") === true) {
        result[name] = withoutDirectives(value);
        continue;
      }
      const merged = mergeObject(isObject(current) ? current : {}, value, child);
      if (merged === undefined) delete result[name];
      else result[name] = merged;
    } else if (Array.isArray(value)) {
      const current = result[name];
      result[name] = mergeList(name, Array.isArray(current) ? current : [], value, { schema: child, order });
    } else {
      result[name] = value;
    }
  }
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(ORDER)) continue;
    const list = name.slice(ORDER.length);
    const current = result[list];
    if (patch[list] === undefined && Array.isArray(current)) {
      const key = memberSchema(schema, list)?.["x-kubernetes-patch-merge-key"];
      result[list] = inOrder(current, current, { order, key });
    }
  }
  return result;
}

function retainKeys(result: JsonObject, patch: JsonObject): void {
  const keys = patch[RETAIN_KEYS];
  if (!Array.isArray(keys)) return;
  for (const name of Object.keys(result)) if (!keys.includes(name)) delete result[name];
}

function memberSchema(schema: Schema | undefined, name: string): Schema | undefined {
  const property = schema?.properties?.[name];
  if (property !== undefined) return property;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

interface ListRule {
  readonly schema: Schema | undefined;
  readonly order: unknown;
}

function mergeList(name: string, target: readonly unknown[], patch: readonly unknown[], rule: ListRule): unknown[] {
  const { schema } = rule;
  const merges = schema?.["x-kubernetes-patch-strategy"]?.split(",").includes("merge") === true;
  if (!merges) return patch.map((item) => (isObject(item) ? withoutDirectives(item) : item));
  const key = schema?.["x-kubernetes-patch-merge-key"];
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === "replace")) {
    return patch
      .filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined && Object.keys(item).length === 1))
      .map((item) => (isObject(item) ? withoutDirectives(item) : item));
  }
  if (key === undefined || !patch.every(isObject)) return mergePrimitives(target, patch, rule.order);
  const result = [...target];
  for (const item of patch) {
    const identity = item[key];
    if (identity === undefined) {
      throw new StatusError(400, "BadRequest", `map: ${goMap(item)} does not contain declared merge key: ${key}`, {
        details: { causes: [{ field: name }] },
      });
    }
    const matches = (other: unknown): boolean => isObject(other) && deepEqual(other[key], identity);
    const index = result.findIndex(matches);
    if (item[DIRECTIVE] === "delete") {
      for (let at = index; at !== -1; at = result.findIndex(matches)) result.splice(at, 1);
      continue;
    }
    const current = index === -1 ? {} : (result[index] as JsonObject);
    const merged = mergeObject(current, item, schema?.items);
    if (merged === undefined) continue;
    if (index === -1) result.push(merged);
    else result[index] = merged;
  }
  return inOrder(result, target, { order: rule.order, key });
}

function mergePrimitives(target: readonly unknown[], patch: readonly unknown[], order: unknown): unknown[] {
  const result = [...target];
  for (const item of patch) if (!result.some((other) => deepEqual(other, item))) result.push(item);
  return inOrder(result, target, { order, key: undefined });
}

/** Puts list items into the order that `$setElementOrder` gives; items it does not name keep their place among the live ones. */
function inOrder(
  items: readonly unknown[],
  target: readonly unknown[],
  { order, key }: { readonly order: unknown; readonly key: string | undefined },
): unknown[] {
  if (!Array.isArray(order)) return [...items];
  const identity = (item: unknown): string => JSON.stringify(key !== undefined && isObject(item) ? item[key] : item);
  const wanted = new Map((order as unknown[]).map((item, index) => [identity(item), index]));
  const livePlace = new Map(target.map((item, index) => [identity(item), index]));
  const ordered = items.filter((item) => wanted.has(identity(item)));
  ordered.sort((a, b) => (wanted.get(identity(a)) ?? 0) - (wanted.get(identity(b)) ?? 0));
  const result: unknown[] = [...ordered];
  for (const item of items) {
    if (wanted.has(identity(item))) continue;
    const place = livePlace.get(identity(item)) ?? Number.POSITIVE_INFINITY;
    let at = result.findIndex((other) => (livePlace.get(identity(other)) ?? Number.NEGATIVE_INFINITY) > place);
    if (at === -1) at = result.length;
    result.splice(at, 0, item);
  }
  return result;
}

function withoutDirectives(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, member]) =>
        member !== null &&
        name !== DIRECTIVE &&
        name !== RETAIN_KEYS &&
        !name.startsWith(ORDER) &&
        !name.startsWith(DELETE_PRIMITIVES),
    ),
  );
}

function goMap(value: JsonObject): string {
  return `map[${Object.keys(value)
    .sort()
    .map((name) => `${name}:${String(value[name])}`)
    .join(" ")}]`;
}
