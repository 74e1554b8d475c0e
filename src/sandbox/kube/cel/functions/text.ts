import { Re2SyntaxError, re2 } from "../../schema/re2.ts";
import { goFloat, goQuoted } from "../../schema/shown.ts";
import { CelDuration, CelError, CelTimestamp, CelTypeValue, CelUint, durationText, timestampText } from "../values.ts";
import { textOf } from "./conversions.ts";
import { declare } from "./declare.ts";

function pattern(source: string): RegExp {
  try {
    return re2(source);
  } catch (error) {
    if (error instanceof Re2SyntaxError) throw new CelError(error.message);
    throw error;
  }
}

function size(text: string): bigint {
  return BigInt(Array.from(text).length);
}

function findAll(text: string, source: string, limit = -1n): string[] {
  const found = [...text.matchAll(new RegExp(pattern(source), "gu"))].map(([whole]) => whole);
  return limit >= 0n ? found.slice(0, Number(limit)) : found;
}

function charAt(text: string, index: bigint): string {
  const letters = Array.from(text);
  if (index < 0n || index > BigInt(letters.length)) throw new CelError(`index out of range: ${index}`);
  return letters[Number(index)] ?? "";
}

function substring(text: string, start: bigint, end?: bigint): string {
  const letters = Array.from(text);
  const length = BigInt(letters.length);
  if (end === undefined) {
    if (start < 0n || start > length) throw new CelError(`index out of range: ${start}`);
    return letters.slice(Number(start)).join("");
  }
  if (start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0n || start > length) throw new CelError(`index out of range: ${start}`);
  if (end < 0n || end > length) throw new CelError(`index out of range: ${end}`);
  return letters.slice(Number(start), Number(end)).join("");
}

function indexOf(text: string, part: string, offset = 0n): bigint {
  const letters = Array.from(text);
  if (offset < 0n || (offset > BigInt(letters.length) && part !== ""))
    throw new CelError(`index out of range: ${offset}`);
  const wanted = Array.from(part);
  for (let at = Number(offset); at + wanted.length <= letters.length; at++) {
    if (wanted.every((letter, index) => letters[at + index] === letter)) return BigInt(at);
  }
  return -1n;
}

function lastIndexOf(text: string, part: string, offset?: bigint): bigint {
  const letters = Array.from(text);
  const wanted = Array.from(part);
  if (offset !== undefined && (offset < 0n || offset > BigInt(letters.length))) {
    throw new CelError(`index out of range: ${offset}`);
  }
  for (let at = Math.min(Number(offset ?? letters.length), letters.length - wanted.length); at >= 0; at--) {
    if (wanted.every((letter, index) => letters[at + index] === letter)) return BigInt(at);
  }
  return -1n;
}

function replace(text: string, from: string, to: string, limit = -1n): string {
  const parts = from === "" ? ["", ...Array.from(text), ""] : text.split(from);
  const kept = limit < 0n ? parts.length - 1 : Math.min(Number(limit), parts.length - 1);
  return parts.reduce(
    (result, part, index) => (index === 0 ? part : `${result}${index <= kept ? to : from}${part}`),
    "",
  );
}

function split(text: string, separator: string, limit = -1n): string[] {
  if (limit === 0n) return [];
  const parts = separator === "" ? Array.from(text) : text.split(separator);
  if (limit < 0n || parts.length <= limit) return parts;
  const count = Number(limit);
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

const CLAUSE = /%(?:%|(?:\.(\d+))?([a-zA-Z]))|%/g;

function format(template: string, args: readonly unknown[]): string {
  let next = 0;
  return template.replaceAll(CLAUSE, (whole, precision: string | undefined, verb: string | undefined) => {
    if (whole === "%%") return "%";
    if (verb === undefined) throw new CelError("unexpected end of string");
    if (!/[sdfexXob]/.test(verb))
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
    if (next >= args.length) throw new CelError(`index ${next} out of range`);
    return clause(verb, args[next++], precision === undefined ? undefined : Number(precision));
  });
}

function clause(verb: string, value: unknown, precision: number | undefined): string {
  const whole = value instanceof CelUint ? value.value : value;
  const misused = (allowed: string): CelError =>
    new CelError(`error during formatting: ${allowed}, was given ${value === null ? "null_type" : typeof value}`);
  switch (verb) {
    case "d":
      if (typeof whole !== "bigint") throw misused("decimal clause can only be used on integers");
      return String(whole);
    case "f":
      if (typeof value !== "number" && typeof whole !== "bigint")
        throw misused("fixed-point clause can only be used on doubles");
      return Number(whole).toFixed(precision ?? 6);
    case "e": {
      if (typeof value !== "number" && typeof whole !== "bigint")
        throw misused("scientific clause can only be used on doubles");
      return scientific(Number(whole), precision ?? 6);
    }
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      if (typeof whole !== "bigint") throw misused("only integers and bools can be formatted as binary");
      return whole.toString(2);
    case "o":
      if (typeof whole !== "bigint") throw misused("octal clause can only be used on integers");
      return whole.toString(8);
    case "x":
    case "X": {
      const hex =
        typeof whole === "bigint"
          ? whole.toString(16)
          : typeof value === "string"
            ? Buffer.from(value).toString("hex")
            : value instanceof Uint8Array
              ? Buffer.from(value).toString("hex")
              : undefined;
      if (hex === undefined) throw misused("only integers, byte buffers, and strings can be formatted as hex");
      return verb === "X" ? hex.toUpperCase() : hex;
    }
    default:
      return shownText(value);
  }
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Such as 1.5×10⁰⁴. */
function scientific(value: number, precision: number): string {
  const [mantissa = "", power = "0"] = value.toExponential(precision).split("e");
  const digits = String(Math.abs(Number(power))).padStart(2, "0");
  const raised = Array.from(digits, (digit) => RAISED[Number(digit)] ?? "").join("");
  return `${mantissa}×10${power.startsWith("-") ? "⁻" : ""}${raised}`;
}

/** A value as `%s` shows it. */
function shownText(value: unknown, inside = false): string {
  if (value === null) return "null";
  if (typeof value === "string") return inside ? goQuoted(value) : value;
  if (Array.isArray(value)) return `[${value.map((item: unknown) => shownText(item, true)).join(", ")}]`;
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => `${shownText(key, true)}:${shownText(item, true)}`).sort();
    return `{${entries.join(", ")}}`;
  }
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelDuration) return durationText(value);
  if (value instanceof CelTimestamp) return timestampText(value);
  return typeof value === "number" ? goFloat(value) : textOf(value);
}

export const textFunctions = declare([
  ["size(string): int;string.size(): int", size],
  ["size(bytes): int;bytes.size(): int", (value: Uint8Array) => BigInt(value.length)],
  ["string.contains(string): bool", (text: string, part: string) => text.includes(part)],
  ["string.startsWith(string): bool", (text: string, part: string) => text.startsWith(part)],
  ["string.endsWith(string): bool", (text: string, part: string) => text.endsWith(part)],
  [
    "string.matches(string): bool;matches(string, string): bool",
    (text: string, source: string) => pattern(source).test(text),
  ],
  ["string.find(string): string", (text: string, source: string) => pattern(source).exec(text)?.[0] ?? ""],
  ["string.findAll(string): list<string>;string.findAll(string, int): list<string>", findAll],
  ["string.charAt(int): string", charAt],
  ["string.indexOf(string): int;string.indexOf(string, int): int", indexOf],
  ["string.lastIndexOf(string): int;string.lastIndexOf(string, int): int", lastIndexOf],
  ["string.lowerAscii(): string", (text: string) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())],
  ["string.upperAscii(): string", (text: string) => text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())],
  ["string.replace(string, string): string;string.replace(string, string, int): string", replace],
  ["string.split(string): list<string>;string.split(string, int): list<string>", split],
  ["string.substring(int): string;string.substring(int, int): string", substring],
  ["string.trim(): string", (text: string) => text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, "")],
  ["string.format(list<dyn>): string", format],
  ["`strings.quote`(string): string", goQuoted],
  [
    "list<string>.join(): string;list<string>.join(string): string",
    (list: string[], separator = "") => list.join(separator),
  ],
]);
