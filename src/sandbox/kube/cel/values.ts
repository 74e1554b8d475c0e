import { deepEqual, isObject } from "../json-value.ts";

/** What evaluation reports; texts are those of cel-go. */
export class CelError extends Error {
  override readonly name = "CelError";
}

/** A duration, in milliseconds. */
export class CelDuration {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A point in time, in milliseconds since the epoch. */
export class CelTimestamp {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A Kubernetes quantity, as a number of its base unit. */
export class CelQuantity {
  readonly amount: number;
  constructor(amount: number) {
    this.amount = amount;
  }
}

export class CelOptional {
  /** Undefined for none. */
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

export function celEquals(a: unknown, b: unknown): boolean {
  if (a instanceof CelDuration) return b instanceof CelDuration && a.ms === b.ms;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.ms === b.ms;
  if (a instanceof CelQuantity) return b instanceof CelQuantity && a.amount === b.amount;
  if (a instanceof CelOptional) return b instanceof CelOptional && celEquals(a.value, b.value);
  return deepEqual(a, b);
}

/** Negative, zero or positive. Throws when the two cannot be ordered. */
export function celCompare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof CelDuration && b instanceof CelDuration) return a.ms - b.ms;
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return a.ms - b.ms;
  if (a instanceof CelQuantity && b instanceof CelQuantity) return a.amount - b.amount;
  throw new CelError("no such overload");
}

const DURATION_UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

export function parseDuration(text: string): CelDuration {
  if (!/^[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.test(text)) {
    throw new CelError(`invalid duration value: ${JSON.stringify(text)}`);
  }
  let ms = 0;
  for (const [, amount = "0", unit = "s"] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(amount) * (DURATION_UNITS[unit] ?? 0);
  }
  return new CelDuration(text.startsWith("-") ? -ms : ms);
}

const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Undefined when the text is no quantity. */
export function parseQuantity(text: string): CelQuantity | undefined {
  const match = /^([-+]?(?:\d+\.?\d*|\.\d+))(?:([eE][-+]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text);
  if (match === null) return undefined;
  const [, digits = "0", exponent = "", suffix = ""] = match;
  const scale = exponent === "" ? SUFFIXES[suffix] : 1;
  return scale === undefined ? undefined : new CelQuantity(Number(digits + exponent) * scale);
}

export function celSize(value: unknown): number {
  if (typeof value === "string") return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw new CelError("no such overload");
}

/** Text of a value, as `string()` and message expressions give it. */
export function celText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof CelDuration) return `${value.ms / 1000}s`;
  if (value instanceof CelTimestamp) return new Date(value.ms).toISOString().replace(/\.000Z$/, "Z");
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map((item) => celText(item)).join(", ")}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${key}: ${celText(member)}`)
      .join(", ")}}`;
  }
  return String(value as number | boolean);
}
