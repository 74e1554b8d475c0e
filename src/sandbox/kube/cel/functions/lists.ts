import { CelDuration, CelError, type CelMap, CelOptional, CelUint, celCompare, celEquals, int } from "../values.ts";
import { declare, each } from "./declare.ts";

const COMPARABLE = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

function extreme(list: readonly unknown[], sign: 1 | -1): unknown {
  if (list.length === 0) throw new CelError(`${sign === 1 ? "max" : "min"} called on empty list`);
  return list.reduce((best, item) => (celCompare(item, best) * sign > 0 ? item : best));
}

function sum(list: readonly unknown[]): unknown {
  return list.reduce((total, item) => {
    if (typeof item === "bigint") return int((total as bigint) + item);
    if (typeof item === "number") return Number(total) + item;
    if (item instanceof CelUint) return new CelUint((total instanceof CelUint ? total.value : 0n) + item.value);
    if (item instanceof CelDuration) return new CelDuration((total instanceof CelDuration ? total.ns : 0n) + item.ns);
    throw new CelError("no such overload");
  }, 0n as unknown);
}

function flatten(list: readonly unknown[], depth = 1n): unknown[] {
  if (depth < 0n) throw new CelError("level must be non-negative");
  return list.flatMap((item) => (Array.isArray(item) && depth > 0n ? flatten(item, depth - 1n) : [item]));
}

function slice(list: readonly unknown[], start: bigint, end: bigint): unknown[] {
  if (start < 0n || end < 0n) throw new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    throw new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (BigInt(list.length) < end) throw new CelError(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

function contains(list: readonly unknown[], part: readonly unknown[]): boolean {
  return part.every((item) => list.some((other) => celEquals(item, other)));
}

export const listFunctions = declare([
  ["size(list<A>): int;list<A>.size(): int", (list: unknown[]) => BigInt(list.length)],
  ["size(map<A, B>): int;map<A, B>.size(): int", (map: CelMap) => BigInt(map.size)],
  [
    each(COMPARABLE, "list<T>.isSorted(): bool"),
    (list: unknown[]) => list.every((item, index) => index === 0 || celCompare(list[index - 1], item) <= 0),
  ],
  [each(["int", "uint", "double", "duration"], "list<T>.sum(): T"), sum],
  [each(COMPARABLE, "list<T>.max(): T"), (list: unknown[]) => extreme(list, 1)],
  [each(COMPARABLE, "list<T>.min(): T"), (list: unknown[]) => extreme(list, -1)],
  [
    "list<A>.indexOf(A): int",
    (list: unknown[], item: unknown) => BigInt(list.findIndex((other) => celEquals(item, other))),
  ],
  [
    "list<A>.lastIndexOf(A): int",
    (list: unknown[], item: unknown) => BigInt(list.findLastIndex((other) => celEquals(item, other))),
  ],
  ["list<A>.slice(int, int): list<A>", slice],
  ["list<list<A>>.flatten(): list<A>;list<dyn>.flatten(int): list<dyn>", flatten],
  [
    "list<A>.distinct(): list<A>",
    (list: unknown[]) => list.filter((item, index) => list.findIndex((other) => celEquals(item, other)) === index),
  ],
  [
    "`lists.range`(int): list<int>",
    (count: bigint) => Array.from({ length: Number(count) }, (_item, index) => BigInt(index)),
  ],
  ["list<A>.first(): optional<A>", (list: unknown[]) => new CelOptional(list[0])],
  ["list<A>.last(): optional<A>", (list: unknown[]) => new CelOptional(list.at(-1))],
  ["list<A>.reverse(): list<A>", (list: unknown[]) => [...list].reverse()],
  [each(COMPARABLE, "list<T>.sort(): list<T>"), (list: unknown[]) => [...list].sort(celCompare)],
  ["`sets.contains`(list<A>, list<A>): bool", contains],
  [
    "`sets.equivalent`(list<A>, list<A>): bool",
    (one: unknown[], other: unknown[]) => contains(one, other) && contains(other, one),
  ],
  [
    "`sets.intersects`(list<A>, list<A>): bool",
    (one: unknown[], other: unknown[]) => one.some((item) => other.some((member) => celEquals(item, member))),
  ],
]);
