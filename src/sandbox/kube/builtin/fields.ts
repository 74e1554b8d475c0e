/** Reading of JSON whose shape is not known to the compiler: what is absent or of another type reads as undefined or empty. */
export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at the path, or undefined. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof step === "number") current = Array.isArray(current) ? current[step] : undefined;
    else current = isFields(current) ? current[step] : undefined;
  }
  return current;
}

export function stringAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function fieldsAt(value: unknown, ...path: readonly (string | number)[]): Fields {
  const found = valueAt(value, ...path);
  return isFields(found) ? found : {};
}

/** Text or number at the path as text, or undefined. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  return textOf(valueAt(value, ...path));
}

/** A scalar as text; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** The strings of a map, others left out. */
export function stringMapAt(value: unknown, ...path: readonly (string | number)[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, member] of Object.entries(fieldsAt(value, ...path))) {
    if (typeof member === "string") found[key] = member;
  }
  return found;
}

/** Sets `target[name]` when it is absent, as defaulting does. */
export function setDefault(target: Fields, name: string, value: unknown): void {
  if (target[name] === undefined) target[name] = value;
}

/** The object at `target[name]`, made empty first when there is none. */
export function ensureFields(target: Fields, name: string): Fields {
  const found = target[name];
  if (isFields(found)) return found;
  const made: Fields = {};
  target[name] = made;
  return made;
}

/** The members of a list that are objects, themselves, so that they can be changed. */
export function objectsAt(value: unknown, ...path: readonly (string | number)[]): readonly Fields[] {
  return listAt(value, ...path).filter(isFields);
}
