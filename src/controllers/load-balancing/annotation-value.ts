/**
 * The value grammar of load balancer annotations. Every parser takes the text of one annotation and answers either its
 * value or, in words, what is allowed; surrounding white space of scalars is not significant.
 */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly allowed: string };

const trueWords = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const falseWords = new Set(["0", "f", "F", "false", "FALSE", "False"]);

export function parseBool(text: string): Parsed<boolean> {
  const word = text.trim();
  if (trueWords.has(word)) return { ok: true, value: true };
  if (falseWords.has(word)) return { ok: true, value: false };
  return { ok: false, allowed: "true or false" };
}

/** Base 10 with an optional sign, within [min, max]; the bounds default to 32 bits. */
export function parseInteger(text: string, min = -(2 ** 31), max = 2 ** 31 - 1): Parsed<number> {
  const word = text.trim();
  const value = /^[+-]?\d+$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return { ok: true, value };
  return { ok: false, allowed: `a whole number from ${min} to ${max}` };
}

export function parseOneOf<T extends string>(text: string, words: readonly T[]): Parsed<T> {
  const value = words.find((word) => word === text.trim());
  return value === undefined ? { ok: false, allowed: `one of ${words.join(", ")}` } : { ok: true, value };
}

/** Parts between commas, trimmed, empty ones dropped. */
export function parseList(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/**
 * `key=value` pairs between commas. `\` makes the next character literal. A comma ends a pair only if a `=` follows
 * anywhere later; a comma at the very end belongs to the last value. The last of equal keys wins.
 */
export function parseMap(text: string): Parsed<Readonly<Record<string, string>>> {
  const malformed = { ok: false, allowed: "key=value pairs separated by commas" } as const;
  const entries: [string, string][] = [];
  for (const pair of splitPairs(text)) {
    const cut = pair.indexOf("=");
    const key = pair.slice(0, cut).trim();
    if (cut < 0 || key === "" || pair.startsWith("\0")) return malformed;
    entries.push([key, pair.slice(cut + 1).trim()]);
  }
  return { ok: true, value: Object.fromEntries(entries) };
}

/** A pair that is malformed because text follows a comma without any `=` is marked by a leading NUL. */
function splitPairs(text: string): readonly string[] {
  if (text === "") return [];
  const pairs: string[] = [];
  let current = "";
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === "\\" && index + 1 < text.length) {
      current += text.charAt(++index);
    } else if (char === "," && text.includes("=", index + 1)) {
      pairs.push(current);
      current = "";
    } else if (char === "," && index + 1 < text.length) {
      return ["\0"];
    } else {
      current += char;
    }
  }
  return [...pairs, current];
}
