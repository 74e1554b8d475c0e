import { badRequest } from "./status-error.ts";

/** Decides on a set of labels or fields. */
export type Matcher = (values: Readonly<Record<string, string>>) => boolean;

interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "!" | "gt" | "lt";
  readonly values: readonly string[];
}

/** A label selector as in `labelSelector=` (apimachinery `labels.Parse`): `a=b,c!=d,e in (f,g),!h,i>1`. */
export function parseLabelSelector(text: string): Matcher | undefined {
  if (text.trim() === "") return undefined;
  const requirements = splitOutsideParentheses(text).map((part) => parseRequirement(part));
  return (labels) => requirements.every((requirement) => meets(requirement, labels));
}

/** A `LabelSelector` object (`matchLabels` and `matchExpressions`); an empty one selects everything. */
export function objectSelector(selector: unknown): Matcher {
  const { matchLabels, matchExpressions } = (selector ?? {}) as {
    matchLabels?: Record<string, string>;
    matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
  };
  const requirements: Requirement[] = Object.entries(matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "in",
    values: [value],
  }));
  for (const { key, operator, values } of matchExpressions ?? []) {
    const known = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" } as const;
    const name = known[operator as keyof typeof known];
    if (name === undefined) throw badRequest(`"${operator}" is not a valid label selector operator`);
    requirements.push({ key, operator: name, values: values ?? [] });
  }
  return (labels) => requirements.every((requirement) => meets(requirement, labels));
}

/** The text form of a `LabelSelector` with `matchLabels`, as `status.selector` of a scale shows it. */
export function selectorText(selector: unknown): string {
  const { matchLabels, matchExpressions } = (selector ?? {}) as {
    matchLabels?: Record<string, string>;
    matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
  };
  const parts = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of matchExpressions ?? []) {
    const list = `(${[...(values ?? [])].sort().join(",")})`;
    if (operator === "In") parts.push(`${key} in ${list}`);
    else if (operator === "NotIn") parts.push(`${key} notin ${list}`);
    else parts.push(operator === "Exists" ? key : `!${key}`);
  }
  return parts.sort().join(",");
}

/** A field selector as in `fieldSelector=`; fields other than `supported` are refused as the API server does. */
export function parseFieldSelector(text: string, isSupported: (field: string) => boolean): Matcher | undefined {
  if (text.trim() === "") return undefined;
  const terms = text.split(",").map((term) => {
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term.trim());
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term.trim()}'`);
    const [, field = "", operator = "=", value = ""] = match;
    if (!isSupported(field)) {
      const known = `field label not supported: ${field}`;
      throw badRequest(known);
    }
    return { field, negative: operator === "!=", value };
  });
  return (fields) => terms.every(({ field, negative, value }) => ((fields[field] ?? "") === value) !== negative);
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

const KEY = "(?:[A-Za-z0-9][-A-Za-z0-9_.]*/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?";
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(!=|==|=|>|<)\\s*(\\S*)$`);
const PRESENCE = new RegExp(`^(!?)\\s*(${KEY})$`);
const VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function parseRequirement(part: string): Requirement {
  const text = part.trim();
  const set = SET.exec(text);
  if (set !== null) {
    const values = (set[3] ?? "").split(",").map((value) => checkedValue(value.trim()));
    return { key: set[1] ?? "", operator: set[2] === "in" ? "in" : "notin", values };
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    if (operator === ">" || operator === "<") {
      if (!/^-?\d+$/.test(value))
        throw badRequest(
          `unable to parse requirement: values[0][${key}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      return { key, operator: operator === ">" ? "gt" : "lt", values: [value] };
    }
    return { key, operator: operator === "!=" ? "notin" : "in", values: [checkedValue(value)] };
  }
  const presence = PRESENCE.exec(text);
  if (presence !== null) return { key: presence[2] ?? "", operator: presence[1] === "!" ? "!" : "exists", values: [] };
  const [, second] = text.split(/\s+/);
  const expected = second === undefined ? "!, identifier, or 'end of string'" : "in, notin, =, ==, !=, gt, lt";
  throw badRequest(`unable to parse requirement: found '${second ?? text}', expected: ${expected}`);
}

function checkedValue(value: string): string {
  if (VALUE.test(value)) return value;
  throw badRequest(
    `unable to parse requirement: values[0]: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  );
}

function meets({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
      return value !== undefined && values.includes(value);
    case "notin":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0]);
    case "lt":
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0]);
  }
}
