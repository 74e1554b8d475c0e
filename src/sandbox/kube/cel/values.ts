import type { CelType } from "./types.ts";

/** What evaluation reports; texts are those of cel-go. */
export class CelError extends Error {
  override readonly name = "CelError";
}

/** An unsigned integer; `int` is a bigint and `double` a number. */
export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    if (value < 0n || value >= 2n ** 64n) throw new CelError("unsigned integer overflow");
    this.value = value;
  }
}

/** A duration, in nanoseconds. */
export class CelDuration {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

/** A point in time, in nanoseconds since the epoch. */
export class CelTimestamp {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

export class CelOptional {
  /** Undefined for none. */
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** A type as a value, such as what `type(self)` gives. */
export class CelTypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value of one of Kubernetes' own types; `identity` is equal for equal values. */
export interface OpaqueValue {
  readonly celType: string;
  readonly identity: string;
}

export type CelMap = ReadonlyMap<unknown, unknown>;

function isOpaque(value: unknown): value is OpaqueValue {
  return typeof value === "object" && value !== null && "celType" in value;
}

/** Checks a result of arithmetic with integers. */
export function int(value: bigint): bigint {
  if (value >= 2n ** 63n || value < -(2n ** 63n)) throw new CelError("integer overflow");
  return value;
}

export function celEquals(a: unknown, b: unknown): boolean {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.ns === b.ns;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.ns === b.ns;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name;
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional)) return false;
    return a.value === undefined || b.value === undefined ? a.value === b.value : celEquals(a.value, b.value);
  }
  if (isOpaque(a)) return isOpaque(b) && a.celType === b.celType && a.identity === b.identity;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => celEquals(item, b[index]));
  }
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    return [...a].every(([key, value]) => b.has(key) && celEquals(value, b.get(key)));
  }
  return a === b;
}

type CelNumber = bigint | number | CelUint;

function isNumber(value: unknown): value is CelNumber {
  return typeof value === "bigint" || typeof value === "number" || value instanceof CelUint;
}

function compareNumbers(a: CelNumber, b: CelNumber): number {
  const [one, other] = [a instanceof CelUint ? a.value : a, b instanceof CelUint ? b.value : b];
  return one < other ? -1 : one > other ? 1 : one == other ? 0 : Number.NaN; // oxlint-disable-line eqeqeq
}

/** Negative, zero or positive. Throws when the two cannot be ordered. */
export function celCompare(a: unknown, b: unknown): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a instanceof CelDuration && b instanceof CelDuration) return a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0;
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0;
  throw new CelError("no such overload");
}

/** A key as maps hold it: whole numbers of any type are the same key. */
export function mapKey(key: unknown): unknown {
  if (key instanceof CelUint) return key.value;
  return typeof key === "number" && Number.isInteger(key) ? BigInt(key) : key;
}

/** The name of a value's type at run time. */
export function typeName(value: unknown): string {
  if (value === null) return "null_type";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "double";
  if (typeof value === "string") return "string";
  if (value instanceof CelUint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return "list";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
  if (value instanceof CelTypeValue) return "type";
  if (value instanceof CelOptional) return "optional_type";
  return isOpaque(value) ? value.celType : "map";
}

/** Whether a value is of a type, as far as that tells overloads of functions apart. */
export function isOfType(value: unknown, type: CelType): boolean {
  switch (type.kind) {
    case "list":
      return Array.isArray(value);
    case "map":
    case "object":
      return value instanceof Map;
    case "type":
      return value instanceof CelTypeValue;
    case "opaque":
      return typeName(value) === type.name;
    case "scalar":
      return typeName(value) === (RUNTIME_NAMES[type.name] ?? type.name);
    default:
      return true;
  }
}

const RUNTIME_NAMES: Readonly<Record<string, string>> = {
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
};

/** A duration as CEL shows it: seconds. */
export function durationText({ ns }: CelDuration): string {
  return `${Number(ns) / 1e9}s`;
}

/** RFC 3339 with as many digits of a second as there are. */
export function timestampText({ ns }: CelTimestamp): string {
  const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const base = new Date(Number((ns - rest) / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = rest === 0n ? "" : `.${rest.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${base}${fraction}Z`;
}
