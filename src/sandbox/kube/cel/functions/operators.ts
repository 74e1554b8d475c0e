import {
  CelDuration,
  CelError,
  type CelMap,
  CelOptional,
  CelTimestamp,
  CelUint,
  celCompare,
  celEquals,
  int,
  mapKey,
} from "../values.ts";
import { declare, each } from "./declare.ts";

const ORDERED = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"];
const MIXED = ["int, uint", "int, double", "uint, int", "uint, double", "double, int", "double, uint"];

function comparison(operator: string): string {
  return [
    ...ORDERED.map((type) => `${operator}(${type}, ${type}): bool`),
    ...MIXED.map((types) => `${operator}(${types}): bool`),
  ].join(";");
}

export const operators = declare([
  ["_?_:_(bool, A, A): A", () => undefined],
  ["_&&_(bool, bool): bool;_||_(bool, bool): bool", () => undefined],
  ["!_(bool): bool", (value: boolean) => !value],
  ["-_(int): int", (value: bigint) => int(-value)],
  ["-_(double): double", (value: number) => -value],
  ["_==_(A, A): bool", celEquals],
  ["_!=_(A, A): bool", (a: unknown, b: unknown) => !celEquals(a, b)],
  [comparison("_<_"), (a: unknown, b: unknown) => celCompare(a, b) < 0],
  [comparison("_<=_"), (a: unknown, b: unknown) => celCompare(a, b) <= 0],
  [comparison("_>_"), (a: unknown, b: unknown) => celCompare(a, b) > 0],
  [comparison("_>=_"), (a: unknown, b: unknown) => celCompare(a, b) >= 0],
  ["_+_(bytes, bytes): bytes", (a: Uint8Array, b: Uint8Array) => new Uint8Array(Buffer.concat([a, b]))],
  ["_+_(double, double): double", (a: number, b: number) => a + b],
  ["_+_(duration, duration): duration", (a: CelDuration, b: CelDuration) => new CelDuration(a.ns + b.ns)],
  ["_+_(duration, timestamp): timestamp", (a: CelDuration, b: CelTimestamp) => new CelTimestamp(a.ns + b.ns)],
  ["_+_(timestamp, duration): timestamp", (a: CelTimestamp, b: CelDuration) => new CelTimestamp(a.ns + b.ns)],
  ["_+_(int, int): int", (a: bigint, b: bigint) => int(a + b)],
  ["_+_(list<A>, list<A>): list<A>", (a: unknown[], b: unknown[]) => [...a, ...b]],
  ["_+_(string, string): string", (a: string, b: string) => a + b],
  ["_+_(uint, uint): uint", (a: CelUint, b: CelUint) => new CelUint(a.value + b.value)],
  ["_-_(double, double): double", (a: number, b: number) => a - b],
  ["_-_(duration, duration): duration", (a: CelDuration, b: CelDuration) => new CelDuration(a.ns - b.ns)],
  ["_-_(int, int): int", (a: bigint, b: bigint) => int(a - b)],
  ["_-_(timestamp, duration): timestamp", (a: CelTimestamp, b: CelDuration) => new CelTimestamp(a.ns - b.ns)],
  ["_-_(timestamp, timestamp): duration", (a: CelTimestamp, b: CelTimestamp) => new CelDuration(a.ns - b.ns)],
  ["_-_(uint, uint): uint", (a: CelUint, b: CelUint) => new CelUint(a.value - b.value)],
  ["_*_(double, double): double", (a: number, b: number) => a * b],
  ["_*_(int, int): int", (a: bigint, b: bigint) => int(a * b)],
  ["_*_(uint, uint): uint", (a: CelUint, b: CelUint) => new CelUint(a.value * b.value)],
  ["_/_(double, double): double", (a: number, b: number) => a / b],
  ["_/_(int, int): int", (a: bigint, b: bigint) => int(a / divisor(b, "division by zero"))],
  ["_/_(uint, uint): uint", (a: CelUint, b: CelUint) => new CelUint(a.value / divisor(b.value, "division by zero"))],
  ["_%_(int, int): int", (a: bigint, b: bigint) => a % divisor(b, "modulus by zero")],
  ["_%_(uint, uint): uint", (a: CelUint, b: CelUint) => new CelUint(a.value % divisor(b.value, "modulus by zero"))],
  ["@in(A, list<A>): bool", (item: unknown, list: unknown[]) => list.some((other) => celEquals(item, other))],
  ["@in(A, map<A, B>): bool", (key: unknown, map: CelMap) => map.has(mapKey(key))],
  ["_[_](list<A>, int): A", itemAt],
  ["_[_](map<A, B>, A): B", valueAt],
  ["_[_](optional<list<A>>, int): optional<A>;_[_](optional<map<A, B>>, A): optional<B>", within],
  ["_[?_](list<A>, int): optional<A>;_[?_](map<A, B>, A): optional<B>", optionally],
  ["_[?_](optional<list<A>>, int): optional<A>;_[?_](optional<map<A, B>>, A): optional<B>", within],
  [`${each(["int"], "_[_](list<A>, uint): A")}`, itemAt],
]);

function divisor(value: bigint, message: string): bigint {
  if (value === 0n) throw new CelError(message);
  return value;
}

function itemAt(list: readonly unknown[], index: unknown): unknown {
  const at = Number(mapKey(index));
  if (!Number.isInteger(at) || at < 0 || at >= list.length) throw new CelError(`index out of bounds: ${at}`);
  return list[at];
}

function valueAt(map: CelMap, key: unknown): unknown {
  const known = mapKey(key);
  if (!map.has(known)) throw new CelError(`no such key: ${String(known)}`);
  return map.get(known);
}

function optionally(target: readonly unknown[] | CelMap, key: unknown): CelOptional {
  const known = mapKey(key);
  if (Array.isArray(target)) return new CelOptional(target[Number(known)]);
  return new CelOptional((target as CelMap).get(known));
}

function within(target: CelOptional, key: unknown): CelOptional {
  return target.value === undefined ? target : optionally(target.value as readonly unknown[], key);
}
