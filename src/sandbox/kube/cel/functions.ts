import { isIP } from "node:net";
import { isObject } from "../json-value.ts";
import { hasFormat } from "../schema/formats.ts";
import { re2 as pattern } from "../schema/re2.ts";
import {
  CelDuration,
  CelError,
  CelOptional,
  CelQuantity,
  CelTimestamp,
  celCompare,
  celEquals,
  celSize,
  celText,
  parseDuration,
  parseQuantity,
} from "./values.ts";

type CelFunction = (args: readonly unknown[]) => unknown;

/** Functions by name; a method is called with its receiver as the first argument. */
export const celFunctions: Readonly<Record<string, CelFunction>> = {
  size: ([value]) => celSize(value),
  int: ([value]) => integer(value),
  uint: ([value]) => integer(value),
  double: ([value]) => Number(value),
  string: ([value]) => celText(value),
  bool: ([value]) => (typeof value === "boolean" ? value : value === "true"),
  type: ([value]) => typeName(value),
  dyn: ([value]) => value,
  duration: ([value]) => (value instanceof CelDuration ? value : parseDuration(text(value))),
  timestamp: ([value]) => (value instanceof CelTimestamp ? value : timestamp(text(value))),
  quantity: ([value]) => {
    const parsed = parseQuantity(text(value));
    if (parsed === undefined) throw new CelError("quantities must match the regular expression");
    return parsed;
  },
  isQuantity: ([value]) => parseQuantity(text(value)) !== undefined,
  isURL: ([value]) => URL.canParse(text(value)),
  url: ([value]) => {
    if (!URL.canParse(text(value))) throw new CelError(`URL parse error during conversion from string`);
    return { url: text(value) };
  },
  isIP: ([value]) => isIP(text(value)) !== 0,
  isCIDR: ([value]) => hasFormat(text(value), "cidr"),
  getScheme: ([value]) => url(value).protocol.replace(/:$/, ""),
  getHost: ([value]) => url(value).host,
  getHostname: ([value]) => url(value).hostname,
  getPort: ([value]) => url(value).port,
  getEscapedPath: ([value]) => url(value).pathname,

  startsWith: ([value, prefix]) => text(value).startsWith(text(prefix)),
  endsWith: ([value, suffix]) => text(value).endsWith(text(suffix)),
  contains: ([value, part]) => text(value).includes(text(part)),
  matches: ([value, source]) => pattern(text(source)).test(text(value)),
  find: ([value, source]) => pattern(text(source)).exec(text(value))?.[0] ?? "",
  findAll: ([value, source, limit]) => {
    const found = [...text(value).matchAll(new RegExp(text(source), "gu"))].map(([whole]) => whole);
    return typeof limit === "number" && limit >= 0 ? found.slice(0, limit) : found;
  },
  split: ([value, separator, limit]) => split(text(value), text(separator), limit),
  join: ([list, separator]) =>
    items(list)
      .map(text)
      .join(separator === undefined ? "" : text(separator)),
  replace: ([value, from, to, limit]) => replace(text(value), text(from), text(to), limit),
  lowerAscii: ([value]) => text(value).replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
  upperAscii: ([value]) => text(value).replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
  trim: ([value]) => text(value).trim(),
  charAt: ([value, index]) => Array.from(text(value))[integer(index)] ?? "",
  substring: ([value, start, end]) =>
    Array.from(text(value))
      .slice(integer(start), end === undefined ? undefined : integer(end))
      .join(""),
  indexOf: ([value, part]) =>
    Array.isArray(value) ? value.findIndex((item) => celEquals(item, part)) : text(value).indexOf(text(part)),
  lastIndexOf: ([value, part]) =>
    Array.isArray(value) ? value.findLastIndex((item) => celEquals(item, part)) : text(value).lastIndexOf(text(part)),
  reverse: ([value]) =>
    Array.isArray(value) ? [...items(value)].reverse() : Array.from(text(value)).reverse().join(""),
  format: ([value, args]) => format(text(value), items(args)),

  isSorted: ([list]) => items(list).every((item, index, all) => index === 0 || celCompare(all[index - 1], item) <= 0),
  sum: ([list]) => items(list).reduce((sum: number, item) => sum + Number(item), 0),
  min: (args) => extreme(args, -1),
  max: (args) => extreme(args, 1),
  distinct: ([list]) =>
    items(list).filter((item, index, all) => all.findIndex((other) => celEquals(other, item)) === index),
  flatten: ([list]) => items(list).flat(),
  range: ([count]) => Array.from({ length: integer(count) }, (_item, index) => index),
  abs: ([value]) => Math.abs(Number(value)),
  ceil: ([value]) => Math.ceil(Number(value)),
  floor: ([value]) => Math.floor(Number(value)),
  round: ([value]) => Math.round(Number(value)),

  isInteger: ([value]) => quantity(value).amount % 1 === 0,
  asInteger: ([value]) => integer(quantity(value).amount),
  asApproximateFloat: ([value]) => quantity(value).amount,
  sign: ([value]) => Math.sign(quantity(value).amount),
  add: ([value, other]) => new CelQuantity(quantity(value).amount + amountOf(other)),
  sub: ([value, other]) => new CelQuantity(quantity(value).amount - amountOf(other)),
  compareTo: ([value, other]) => Math.sign(quantity(value).amount - quantity(other).amount),
  isGreaterThan: ([value, other]) => quantity(value).amount > quantity(other).amount,
  isLessThan: ([value, other]) => quantity(value).amount < quantity(other).amount,

  getHours: ([value]) => (value instanceof CelDuration ? Math.trunc(value.ms / 3_600_000) : date(value).getUTCHours()),
  getMinutes: ([value]) => (value instanceof CelDuration ? Math.trunc(value.ms / 60_000) : date(value).getUTCMinutes()),
  getSeconds: ([value]) => (value instanceof CelDuration ? Math.trunc(value.ms / 1000) : date(value).getUTCSeconds()),
  getMilliseconds: ([value]) =>
    value instanceof CelDuration ? Math.trunc(value.ms) : date(value).getUTCMilliseconds(),
  getFullYear: ([value]) => date(value).getUTCFullYear(),
  getMonth: ([value]) => date(value).getUTCMonth(),
  getDate: ([value]) => date(value).getUTCDate(),
  getDayOfMonth: ([value]) => date(value).getUTCDate() - 1,
  getDayOfWeek: ([value]) => date(value).getUTCDay(),

  hasValue: ([value]) => optional(value).value !== undefined,
  value: ([value]) => {
    const inner = optional(value).value;
    if (inner === undefined) throw new CelError("optional.none() dereference");
    return inner;
  },
  orValue: ([value, other]) => optional(value).value ?? other,
  or: ([value, other]) => (optional(value).value === undefined ? other : value),
};

/** Functions of the `optional` namespace. */
export const optionalFunctions: Readonly<Record<string, CelFunction>> = {
  none: () => new CelOptional(undefined),
  of: ([value]) => new CelOptional(value),
  ofNonZeroValue: ([value]) =>
    new CelOptional(
      value === "" ||
        value === 0 ||
        value === false ||
        value === null ||
        (typeof value === "object" && Object.keys(value ?? {}).length === 0)
        ? undefined
        : value,
    ),
};

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new CelError("no such overload");
}

function items(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new CelError("no such overload");
}

function integer(value: unknown): number {
  const number = value instanceof CelTimestamp ? value.ms / 1000 : Number(value);
  if (Number.isNaN(number)) throw new CelError(`type conversion error from '${typeName(value)}' to 'int'`);
  return Math.trunc(number);
}

function quantity(value: unknown): CelQuantity {
  if (value instanceof CelQuantity) return value;
  throw new CelError("no such overload");
}

function amountOf(value: unknown): number {
  return typeof value === "number" ? value : quantity(value).amount;
}

function optional(value: unknown): CelOptional {
  if (value instanceof CelOptional) return value;
  throw new CelError("no such overload");
}

function url(value: unknown): URL {
  if (isObject(value) && typeof value["url"] === "string") return new URL(value["url"]);
  throw new CelError("no such overload");
}

function date(value: unknown): Date {
  if (value instanceof CelTimestamp) return new Date(value.ms);
  throw new CelError("no such overload");
}

function timestamp(value: string): CelTimestamp {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new CelError(`invalid timestamp ${JSON.stringify(value)}`);
  return new CelTimestamp(ms);
}

function split(value: string, separator: string, limit: unknown): string[] {
  const parts = value.split(separator);
  if (typeof limit !== "number" || limit < 0 || parts.length <= limit) return parts;
  if (limit === 0) return [];
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function replace(value: string, from: string, to: string, limit: unknown): string {
  if (typeof limit !== "number" || limit < 0) return value.replaceAll(from, () => to);
  let result = value;
  let at = 0;
  for (let count = 0; count < limit; count++) {
    const found = result.indexOf(from, at);
    if (found === -1) break;
    result = result.slice(0, found) + to + result.slice(found + from.length);
    at = found + to.length;
  }
  return result;
}

function extreme(args: readonly unknown[], sign: 1 | -1): unknown {
  const [first] = args;
  const candidates = args.length === 1 && Array.isArray(first) ? (first as unknown[]) : args;
  if (candidates.length === 0) throw new CelError(`${sign === 1 ? "max" : "min"} called on empty list`);
  return candidates.reduce((best, item) => (celCompare(item, best) * sign > 0 ? item : best));
}

function format(template: string, args: readonly unknown[]): string {
  let next = 0;
  return template.replaceAll(/%(?:%|\.?(\d*)([sdfexXob]))/g, (whole, precision: string, verb: string) => {
    if (whole === "%%") return "%";
    const value = args[next++];
    switch (verb) {
      case "f":
        return Number(value).toFixed(precision === "" ? 6 : Number(precision));
      case "e":
        return Number(value).toExponential(precision === "" ? 6 : Number(precision));
      case "x":
      case "X": {
        const hex = typeof value === "string" ? Buffer.from(value).toString("hex") : Number(value).toString(16);
        return verb === "X" ? hex.toUpperCase() : hex;
      }
      case "o":
        return Number(value).toString(8);
      case "b":
        return Number(value).toString(2);
      default:
        return celText(value);
    }
  });
}

export function typeName(value: unknown): string {
  if (value === null) return "null_type";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "double";
  if (typeof value === "string") return "string";
  if (Array.isArray(value)) return "list";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  return value instanceof CelTimestamp ? "google.protobuf.Timestamp" : "map";
}
