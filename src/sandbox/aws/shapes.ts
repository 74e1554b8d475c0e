import type { ParameterConstraint, ParameterProblem } from "./aws-error.ts";

/**
 * The shape of a parameter: checks a decoded request value and gives it its type. Query protocols carry everything as
 * text, so numbers and booleans are accepted as text too, and an empty text is an empty list (the SDKs send `Subnets=`).
 */
export interface Shape<T> {
  readonly required: boolean;
  /** A list: a query string that names the member once still carries a list. */
  readonly isList?: boolean;
  /** Returns undefined when absent or wrong; what is wrong is added to `problems`. */
  decode(raw: unknown, at: Position): T | undefined;
}

export interface RequiredShape<T> extends Shape<T> {
  readonly required: true;
}

/** Where a value stands, and where problems are collected. */
export interface Position {
  readonly path: readonly (string | number)[];
  readonly problems: ParameterProblem[];
}

export type Members = Readonly<Record<string, Shape<unknown>>>;

/** The decoded form of a set of members: every key is there, undefined when the request did not give it. */
export type Decoded<M extends Members> = {
  readonly [K in keyof M]: M[K] extends RequiredShape<infer T>
    ? T
    : M[K] extends Shape<infer T>
      ? T | undefined
      : never;
};

/** The decoded form of one shape: `type Tag = ValueOf<typeof tag>`. */
export type ValueOf<S> = S extends Shape<infer T> ? T : never;

export interface StringRules {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
}

export interface NumberRules {
  readonly min?: number;
  readonly max?: number;
}

export interface ListRules {
  readonly min?: number;
  readonly max?: number;
}

export function string(rules: StringRules = {}): Shape<string> {
  return optional((raw, at) => {
    const text = scalarText(raw);
    if (text === undefined) return wrong(at, raw, { kind: "type", expected: "String" });
    if (rules.minLength !== undefined && text.length < rules.minLength)
      wrong(at, text, { kind: "minimumLength", limit: rules.minLength });
    if (rules.maxLength !== undefined && text.length > rules.maxLength)
      wrong(at, text, { kind: "maximumLength", limit: rules.maxLength });
    if (rules.pattern !== undefined && !rules.pattern.test(text))
      wrong(at, text, { kind: "pattern", pattern: rules.pattern.source });
    return text;
  });
}

/** One of a closed set of words, compared with case. */
export function oneOf<const V extends readonly string[]>(values: V): Shape<V[number]> {
  return optional((raw, at) => {
    const text = scalarText(raw);
    const found = values.find((value) => value === text);
    return found ?? wrong(at, raw, { kind: "enum", values });
  });
}

export function integer(rules: NumberRules = {}): Shape<number> {
  return optional((raw, at) => {
    const text = scalarText(raw);
    if (text === undefined || !/^-?\d+$/.test(text)) return wrong(at, raw, { kind: "type", expected: "Integer" });
    const value = Number(text);
    if (rules.min !== undefined && value < rules.min) wrong(at, text, { kind: "minimum", limit: rules.min });
    if (rules.max !== undefined && value > rules.max) wrong(at, text, { kind: "maximum", limit: rules.max });
    return value;
  });
}

export function boolean(): Shape<boolean> {
  return optional((raw, at) => {
    if (raw === true || raw === "true") return true;
    if (raw === false || raw === "false") return false;
    return wrong(at, raw, { kind: "type", expected: "Boolean" });
  });
}

/** ISO 8601 text, or seconds since the epoch. */
export function timestamp(): Shape<Date> {
  return optional((raw, at) => {
    const value = typeof raw === "number" ? new Date(raw * 1000) : new Date(scalarText(raw) ?? Number.NaN);
    return Number.isNaN(value.getTime()) ? wrong(at, raw, { kind: "type", expected: "Timestamp" }) : value;
  });
}

export function list<T>(element: Shape<T>, rules: ListRules = {}): Shape<readonly T[]> {
  const shape = optional<readonly T[]>((raw, at) => {
    const items = raw === "" ? [] : raw;
    if (!Array.isArray(items)) return wrong(at, raw, { kind: "type", expected: "List" });
    if (rules.min !== undefined && items.length < rules.min)
      wrong(at, describe(items), { kind: "minimumLength", limit: rules.min });
    if (rules.max !== undefined && items.length > rules.max)
      wrong(at, describe(items), { kind: "maximumLength", limit: rules.max });
    return items.flatMap((item: unknown, index) => {
      const value = element.decode(item, { ...at, path: [...at.path, index + 1] });
      return value === undefined ? [] : [value];
    });
  });
  return { ...shape, isList: true };
}

/** Text keys and values (EKS tags and labels; `entry.N.key`/`.value` of the query protocol). */
export function map<T>(element: Shape<T>, rules: ListRules = {}): Shape<ReadonlyMap<string, T>> {
  return optional((raw, at) => {
    const object = raw === "" ? {} : raw;
    if (!isObject(object)) return wrong(at, raw, { kind: "type", expected: "Map" });
    const entries = Object.entries(object);
    if (rules.max !== undefined && entries.length > rules.max)
      wrong(at, describe(object), { kind: "maximumLength", limit: rules.max });
    return new Map(
      entries.flatMap(([key, item]): [string, T][] => {
        const value = element.decode(item, { ...at, path: [...at.path, key] });
        return value === undefined ? [] : [[key, value]];
      }),
    );
  });
}

export function structure<const M extends Members>(members: M): Shape<Decoded<M>> {
  return optional((raw, at) => {
    const object = raw === "" ? {} : raw;
    if (!isObject(object)) return wrong(at, raw, { kind: "type", expected: "Structure" });
    return decodeMembers(members, object, at);
  });
}

/** Any JSON value, taken as it is (nested rule statements of WAFv2 and the like). */
export function document(): Shape<unknown> {
  return optional((raw) => raw);
}

/** A member that the request must carry. */
export function required<T>(shape: Shape<T>): RequiredShape<T> {
  return { ...shape, required: true };
}

/** Checks `raw` against `members`; a member that the table does not know is a problem, never ignored. */
export function decodeMembers<const M extends Members>(
  members: M,
  raw: Readonly<Record<string, unknown>>,
  at: Position,
): Decoded<M> {
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(members, name)) wrong({ ...at, path: [...at.path, name] }, raw[name], { kind: "unknown" });
  }
  const decoded: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(members)) {
    const here = { ...at, path: [...at.path, name] };
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value === undefined || value === null) {
      if (shape.required) wrong(here, undefined, { kind: "required" });
      decoded[name] = undefined;
    } else {
      decoded[name] = shape.decode(value, here);
    }
  }
  return decoded as Decoded<M>;
}

function optional<T>(decode: (raw: unknown, at: Position) => T | undefined): Shape<T> {
  return { required: false, decode };
}

function scalarText(raw: unknown): string | undefined {
  return typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean" ? String(raw) : undefined;
}

function isObject(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

function wrong(at: Position, value: unknown, constraint: ParameterConstraint): undefined {
  at.problems.push({ path: at.path, value: value === undefined ? undefined : describe(value), constraint });
}

function describe(value: unknown): string {
  return scalarText(value) ?? (Array.isArray(value) ? `[${value.map(describe).join(", ")}]` : JSON.stringify(value));
}
