export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Equality of JSON values; a member that is `undefined` counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  if (Array.isArray(b)) return false;
  const left = a as JsonObject;
  const right = b as JsonObject;
  let count = 0;
  for (const key in left) {
    if (left[key] === undefined) continue;
    count++;
    if (!deepEqual(left[key], right[key])) return false;
  }
  for (const key in right) if (right[key] !== undefined) count--;
  return count === 0;
}

/** Freezes a JSON value through and through, so that stored objects can be shared without copies. Stops at frozen parts. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (const item of value) deepFreeze(item as unknown);
  else for (const key in value) deepFreeze(value[key]);
  return value;
}

/** The value at a dotted path such as `.spec.replicas`; undefined when a parent is missing. */
export function valueAt(object: unknown, path: string): unknown {
  let current = object;
  for (const name of path.split(".")) {
    if (name === "") continue;
    if (!isObject(current)) return undefined;
    current = current[name];
  }
  return current;
}

/** A copy of `object` with the value at a dotted path set (or removed when `value` is undefined); parents are created. */
export function withValueAt(object: JsonObject, path: string, value: unknown): JsonObject {
  const [name, ...rest] = path.split(".").filter((part) => part !== "");
  if (name === undefined) return object;
  if (rest.length > 0) {
    const child = object[name];
    return { ...object, [name]: withValueAt(isObject(child) ? child : {}, rest.join("."), value) };
  }
  const copy = { ...object };
  if (value === undefined) delete copy[name];
  else copy[name] = value;
  return copy;
}

/** A copy of a JSON value whose objects have their members in order of their names, as Go writes maps. */
export function inOrderOfNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrderOfNames);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, inOrderOfNames(value[name])]));
}

/** A copy of `object` without the named members. */
export function omit(object: JsonObject, names: readonly string[]): JsonObject {
  const copy = { ...object };
  for (const name of names) delete copy[name];
  return copy;
}
