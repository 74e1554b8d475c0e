import type { Json } from "../../../json.ts";
import { statementsOf, stringList } from "./policy-document.ts";

/** Who asks to become a role, and with what. */
export interface TrustRequest {
  /** For example `sts:AssumeRoleWithWebIdentity`. */
  readonly action: string;
  readonly principal: { readonly type: "AWS" | "Service" | "Federated"; readonly values: readonly string[] };
  /** Condition keys in lower case (`oidc.eks.…/id/x:sub`, `sts:externalid`) and their values. */
  readonly context: ReadonlyMap<string, readonly string[]>;
}

/**
 * Whether a trust policy allows the request: some statement allows it and none denies it. Statements, operators and
 * keys combine as the "IAM JSON policy elements" pages describe; an operator that is not known never matches.
 */
export function trustAllows(document: Json, request: TrustRequest): boolean {
  let allowed = false;
  for (const statement of statementsOf(document) ?? []) {
    if (!actionMatches(statement["Action"], statement["NotAction"], request.action)) continue;
    if (!principalMatches(statement["Principal"], request.principal)) continue;
    if (!conditionMatches(statement["Condition"], request.context)) continue;
    if (statement["Effect"] === "Deny") return false;
    allowed = true;
  }
  return allowed;
}

/**
 * Whether the trust policy lets a service principal take the action whatever the conditions say: the check that EKS
 * makes when a role is handed to it.
 */
export function trustNamesService(document: Json, service: string, action: string): boolean {
  return (statementsOf(document) ?? []).some(
    (statement) =>
      statement["Effect"] === "Allow" &&
      actionMatches(statement["Action"], statement["NotAction"], action) &&
      principalMatches(statement["Principal"], { type: "Service", values: [service] }),
  );
}

/** IAM's wildcard match: `*` is any run of characters, `?` exactly one. */
export function wildcardMatches(pattern: string, value: string): boolean {
  let p = 0;
  let v = 0;
  let star = -1;
  let mark = 0;
  while (v < value.length) {
    const character = pattern.charAt(p);
    if (p < pattern.length && (character === "?" || (character !== "*" && character === value.charAt(v)))) {
      p++;
      v++;
    } else if (character === "*") {
      star = p++;
      mark = v;
    } else if (star >= 0) {
      p = star + 1;
      v = ++mark;
    } else return false;
  }
  while (pattern.charAt(p) === "*") p++;
  return p === pattern.length;
}

function actionMatches(action: Json | undefined, notAction: Json | undefined, wanted: string): boolean {
  const matches = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => wildcardMatches(pattern.toLowerCase(), wanted.toLowerCase()));
  if (action !== undefined) return matches(stringList(action) ?? []);
  return notAction !== undefined && !matches(stringList(notAction) ?? []);
}

function principalMatches(principal: Json | undefined, wanted: TrustRequest["principal"]): boolean {
  if (principal === "*") return true;
  if (typeof principal !== "object" || principal === null || Array.isArray(principal)) return false;
  const values = stringList((principal as { readonly [key: string]: Json })[wanted.type]) ?? [];
  return values.some((value) => (value === "*" && wanted.type === "AWS") || wanted.values.includes(value));
}

function conditionMatches(condition: Json | undefined, context: ReadonlyMap<string, readonly string[]>): boolean {
  if (condition === undefined) return true;
  if (typeof condition !== "object" || condition === null) return false;
  return Object.entries(condition).every(([operator, tests]) => {
    if (typeof tests !== "object" || tests === null) return false;
    return Object.entries(tests).every(([key, expected]) =>
      testMatches(operator, context.get(key.toLowerCase()), conditionValues(expected as Json)),
    );
  });
}

function conditionValues(value: Json): readonly string[] {
  return (Array.isArray(value) ? (value as readonly Json[]) : [value]).map((item) =>
    typeof item === "string" ? item : JSON.stringify(item),
  );
}

function testMatches(operator: string, actual: readonly string[] | undefined, expected: readonly string[]): boolean {
  const lower = operator.toLowerCase();
  const [, quantifier, rest = ""] = /^(?:for(allvalues|anyvalue):)?(.*)$/.exec(lower) ?? [];
  if (rest === "null") return expected.includes(String(actual === undefined));
  const ifExists = rest.endsWith("ifexists");
  const bare = ifExists ? rest.slice(0, -"ifexists".length) : rest;
  const negated = /^(.*)not(.*)$/.exec(bare);
  const positive = negated === null ? bare : `${negated[1] ?? ""}${negated[2] ?? ""}`;
  if (actual === undefined) return ifExists || negated !== null || quantifier === "allvalues";
  const compare = comparisons.get(positive);
  if (compare === undefined) return false;
  const one = (value: string): boolean => expected.some((item) => compare(item, value)) !== (negated !== null);
  return quantifier === "allvalues" || negated !== null ? actual.every(one) : actual.some(one);
}

const comparisons: ReadonlyMap<string, (expected: string, actual: string) => boolean> = new Map([
  ["stringequals", (expected, actual) => expected === actual],
  ["stringequalsignorecase", (expected, actual) => expected.toLowerCase() === actual.toLowerCase()],
  ["stringlike", wildcardMatches],
  ["arnequals", wildcardMatches],
  ["arnlike", wildcardMatches],
  ["bool", (expected, actual) => expected.toLowerCase() === actual.toLowerCase()],
  ["numericequals", (expected, actual) => Number(expected) === Number(actual)],
  ["numericlessthan", (expected, actual) => Number(actual) < Number(expected)],
  ["numericlessthanequals", (expected, actual) => Number(actual) <= Number(expected)],
  ["numericgreaterthan", (expected, actual) => Number(actual) > Number(expected)],
  ["numericgreaterthanequals", (expected, actual) => Number(actual) >= Number(expected)],
]);
