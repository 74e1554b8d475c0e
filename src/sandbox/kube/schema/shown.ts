import { isObject } from "../json-value.ts";

/** A value as the API server shows it in `Invalid value: ...`: text quoted, objects and lists as JSON with sorted keys. */
export function shown(value: unknown): string {
  if (typeof value === "string") return goQuoted(value);
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : goFloat(value);
  if (typeof value === "object") return goJson(JSON.stringify(value, sorted));
  return String(value as boolean);
}

function sorted(_key: string, member: unknown): unknown {
  return isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member;
}

/** JSON as Go writes it: safe to be put into HTML. */
export function goJson(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Go's `%q`. */
export function goQuoted(text: string): string {
  // Go keeps what can be printed, and escapes the rest with lower-case digits.
  return JSON.stringify(text)
    .replaceAll(/\\u00([01][0-9a-f]|7f)/g, "\\x$1")
    .replaceAll(/[\u007f-\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g, (letter) => {
      const code = letter.charCodeAt(0);
      return code < 0x80 ? `\\x${code.toString(16)}` : `\\u${code.toString(16).padStart(4, "0")}`;
    });
}

/** Go's `%v` of a float64, which has an exponent from a million on. */
export function goFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "0", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return String(value);
}
