import type { Matcher } from "./selectors.ts";
import { badRequest } from "./status-error.ts";

interface Term {
  readonly field: string;
  readonly negative: boolean;
  readonly value: string;
}

/**
 * A field selector as in `fieldSelector=` (apimachinery `fields.ParseSelector`), such as `metadata.name=a,spec.nodeName!=b`.
 * `check` throws when the kind has no field of that name. Undefined when it selects all.
 */
export function parseFieldSelector(text: string, check: (field: string) => void): Matcher | undefined {
  // The API server reads the terms in this order; it shows in which one it complains of.
  const parts = splitTerms(text).sort();
  const terms = parts.filter((part) => part !== "").map((part) => parseTerm(part, text));
  if (terms.length === 0) return undefined;
  for (const { field, value } of terms) if (field !== "" || value !== "") check(field);
  return (fields) => terms.every(({ field, negative, value }) => ((fields[field] ?? "") === value) !== negative);
}

/** A comma after a backslash belongs to the value. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === ",") {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function parseTerm(part: string, whole: string): Term {
  const [, field, operator, value] = /^(.*?)(!=|==|=)(.*)$/s.exec(part) ?? [];
  if (field === undefined || value === undefined)
    throw badRequest(`invalid selector: '${whole}'; can't understand '${part}'`);
  return { field, negative: operator === "!=", value: unescaped(value) };
}

function unescaped(value: string): string {
  let result = "";
  for (let at = 0; at < value.length; at++) {
    const char = value[at] ?? "";
    if (char === "\\") {
      const next = value[++at] ?? "";
      if (!["\\", ",", "="].includes(next))
        throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
      result += next;
    } else if (char === "=") {
      // The API server names the character by its number.
      throw badRequest(`invalid field selector: unescaped character in value: ${char.codePointAt(0) ?? 0}`);
    } else result += char;
  }
  return result;
}
