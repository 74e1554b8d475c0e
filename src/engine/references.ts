import { isRef, type Ref, resourceKey } from "./stack.ts";

/** Outputs of existing resources, by `resourceKey`. */
export type Outputs = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** A copy of `value` in which every Ref whose resource has that output is replaced by it; other Refs stay. */
export function resolveRefs<T>(value: T, outputs: Outputs): T {
  return resolve(value, outputs) as T;
}

function resolve(value: unknown, outputs: Outputs): unknown {
  if (isRef(value)) return outputs.get(resourceKey(value.$ref))?.[value.$ref.output] ?? value;
  if (Array.isArray(value)) return value.map((item) => resolve(item, outputs));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner, outputs)]));
}

/** Every Ref inside `value`, in order of appearance. */
export function refsIn(value: unknown): readonly Ref[] {
  if (isRef(value)) return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(refsIn);
}

/** Whether any string inside `value` is one of `wanted`. */
export function mentions(value: unknown, wanted: ReadonlySet<string>): boolean {
  if (typeof value === "string") return wanted.has(value);
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some((inner) => mentions(inner, wanted));
}
