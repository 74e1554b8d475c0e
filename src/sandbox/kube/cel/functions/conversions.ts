import {
  CelDuration,
  CelError,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  durationText,
  int,
  timestampText,
  typeName,
} from "../values.ts";
import { declare, each } from "./declare.ts";

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Go's notation of durations; undefined for others. */
export function parseDuration(text: string): CelDuration | undefined {
  const [, sign, body = ""] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (body === "0") return new CelDuration(0n);
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of body.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = UNITS[unit] ?? 0n;
    total += BigInt(whole === "" ? "0" : whole) * scale;
    if (fraction !== "") total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return new CelDuration(sign === "-" ? -total : total);
}

/** RFC 3339; undefined for others. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const form = /^(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;
  const [, base = "", fraction = "", zone = ""] = form.exec(text) ?? [];
  const ms = Date.parse(`${base}${zone}`);
  if (base === "" || Number.isNaN(ms)) return undefined;
  const plain = `${base}Z`.toUpperCase();
  if (new Date(Date.parse(plain)).toISOString().slice(0, 19) !== plain.slice(0, 19)) return undefined;
  return new CelTimestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0")));
}

function failed(value: unknown, type: string): CelError {
  return new CelError(`type conversion error from '${typeName(value)}' to '${type}'`);
}

function parsed<T>(value: string, type: string, result: T | undefined): T {
  if (result === undefined) throw failed(value, type);
  return result;
}

function truncated(value: number): bigint {
  const whole = Math.trunc(value);
  if (!Number.isFinite(whole) || whole >= 2 ** 63 || whole <= -(2 ** 63)) throw new CelError("integer overflow");
  return BigInt(whole);
}

function doubleOf(text: string): number {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  return parsed(text, "double", /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined);
}

const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);

function boolOf(text: string): boolean {
  return parsed(text, "bool", TRUE.has(text) ? true : FALSE.has(text) ? false : undefined);
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 21)) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return String(value);
}

/** What `string(value)` gives, of whatever type. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return doubleText(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (value instanceof CelDuration) return durationText(value);
  if (value instanceof CelTimestamp) return timestampText(value);
  throw failed(value, "string");
}

export const conversions = declare([
  ["bool(bool): bool;int(int): int;uint(uint): uint;double(double): double;dyn(A): dyn", (value: unknown) => value],
  ["duration(duration): duration;timestamp(timestamp): timestamp;bytes(bytes): bytes", (value: unknown) => value],
  ["bool(string): bool", boolOf],
  ["int(double): int", truncated],
  [
    "int(string): int",
    (value: string) => int(parsed(value, "int", /^[+-]?\d+$/.test(value) ? BigInt(value.replace("+", "")) : undefined)),
  ],
  ["int(timestamp): int", ({ ns }: CelTimestamp) => ns / 1_000_000_000n],
  ["int(duration): int", ({ ns }: CelDuration) => ns],
  ["int(uint): int", ({ value }: CelUint) => int(value)],
  ["uint(double): uint", (value: number) => new CelUint(truncated(value))],
  ["uint(int): uint", (value: bigint) => new CelUint(value)],
  [
    "uint(string): uint",
    (value: string) => new CelUint(parsed(value, "uint", /^\d+$/.test(value) ? BigInt(value) : undefined)),
  ],
  ["double(int): double", Number],
  ["double(string): double", doubleOf],
  ["double(uint): double", ({ value }: CelUint) => Number(value)],
  ["bytes(string): bytes", (value: string) => new Uint8Array(Buffer.from(value))],
  [each(["string", "bool", "bytes", "double", "duration", "int", "timestamp", "uint"], "string(T): string"), textOf],
  ["duration(string): duration", (value: string) => parsed(value, "google.protobuf.Duration", parseDuration(value))],
  ["duration(int): duration", (value: bigint) => new CelDuration(value)],
  [
    "timestamp(string): timestamp",
    (value: string) => parsed(value, "google.protobuf.Timestamp", parseTimestamp(value)),
  ],
  ["timestamp(int): timestamp", (value: bigint) => new CelTimestamp(value * 1_000_000_000n)],
  ["type(A): type<A>", (value: unknown) => new CelTypeValue(typeName(value))],
  ["`optional.none`(): optional<A>", () => new CelOptional(undefined)],
  ["`optional.of`(A): optional<A>", (value: unknown) => new CelOptional(value)],
  ["`optional.ofNonZeroValue`(A): optional<A>", (value: unknown) => new CelOptional(isZero(value) ? undefined : value)],
  ["optional<A>.hasValue(): bool", ({ value }: CelOptional) => value !== undefined],
  ["optional<A>.value(): A", present],
  [
    "optional<A>.or(optional<A>): optional<A>",
    (one: CelOptional, other: CelOptional) => (one.value === undefined ? other : one),
  ],
  ["optional<A>.orValue(A): A", ({ value }: CelOptional, other: unknown) => (value === undefined ? other : value)],
  ["`optional.unwrap`(list<optional<A>>): list<A>;list<optional<A>>.unwrapOpt(): list<A>", unwrapped],
]);

function present({ value }: CelOptional): unknown {
  if (value === undefined) throw new CelError("optional.none() dereference");
  return value;
}

function unwrapped(list: readonly CelOptional[]): unknown[] {
  return list.flatMap(({ value }) => (value === undefined ? [] : [value]));
}

export function isZero(value: unknown): boolean {
  if (value === null || value === "" || value === false || value === 0 || value === 0n) return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.ns === 0n;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return value instanceof Map && value.size === 0;
}
