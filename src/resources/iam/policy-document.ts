import { AppError, errorMessage } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";

/**
 * Compares IAM policy documents by what they mean: one statement or a list of one, one action or a list of one, order,
 * the case of actions and condition keys, and missing versus empty parts make no difference ("Grammar of the IAM JSON
 * policy language").
 */
export function samePolicy(a: string, b: string): boolean {
  return canonicalPolicy(a) === canonicalPolicy(b);
}

/** Equal text for documents that mean the same. A text that is not JSON stands for itself. */
export function canonicalPolicy(document: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    return document;
  }
  if (!isRecord(parsed)) return canonicalJson(parsed);
  const { Version: version, Id: id, Statement: statement, ...rest } = parsed;
  return canonicalJson({
    ...withoutEmpty(rest),
    Version: version ?? "2008-10-17",
    ...(id === undefined || id === "" ? {} : { Id: id }),
    Statement: [...new Set(listOf(statement).map((one) => canonicalJson(canonicalStatement(one))))].toSorted(),
  });
}

/** IAM returns documents percent-encoded (RFC 3986); text that is not is taken as it is. */
export function decodePolicy(document: string): string {
  try {
    return decodeURIComponent(document);
  } catch {
    return document;
  }
}

/** Characters as IAM's quotas count them: white space is left out. */
export function policySize(document: string): number {
  return document.replace(/\s/g, "").length;
}

/** The compact text of a policy document that a user wrote. Throws `invalid` (code `InvalidPolicy`) with a clear text. */
export function parsePolicy(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new AppError(`is not JSON: ${errorMessage(error)}`, {
      class: "invalid",
      code: "InvalidPolicy",
      cause: error,
    });
  }
  if (!isRecord(parsed)) throw invalid("must be a JSON object with Version and Statement");
  return parsed;
}

/** What is wrong with an identity policy (one that is put on a role), or undefined. */
export function identityPolicyFault(document: Readonly<Record<string, unknown>>): string | undefined {
  const version = document["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17")
    return `Version is ${JSON.stringify(version)}; allowed are "2012-10-17" and "2008-10-17"`;
  const statements = listOf(document["Statement"]);
  if (statements.length === 0) return "Statement is missing or empty";
  for (const [index, statement] of statements.entries()) {
    const at = `Statement[${index}]`;
    if (!isRecord(statement)) return `${at} is not an object`;
    const effect = statement["Effect"];
    if (effect !== "Allow" && effect !== "Deny")
      return `${at}.Effect is ${JSON.stringify(effect) ?? "missing"}; allowed are "Allow" and "Deny"`;
    if ("Principal" in statement || "NotPrincipal" in statement)
      return `${at} has a Principal, which a policy of a role must not have`;
    if ("Action" in statement === "NotAction" in statement) return `${at} needs exactly one of Action and NotAction`;
    if ("Resource" in statement === "NotResource" in statement)
      return `${at} needs exactly one of Resource and NotResource`;
  }
  const foreign = /[^\t\n\r\u0020-\u00ff]/u.exec(JSON.stringify(document));
  return foreign === null ? undefined : `has the character ${JSON.stringify(foreign[0])}, which IAM does not accept`;
}

/** Every action that the document allows, as written. */
export function allowedActions(document: Readonly<Record<string, unknown>>): readonly {
  readonly action: string;
  readonly resources: readonly string[];
}[] {
  return listOf(document["Statement"]).flatMap((statement) => {
    if (!isRecord(statement) || statement["Effect"] !== "Allow") return [];
    const resources = listOf(statement["Resource"] ?? "*").map(String);
    const actions = "NotAction" in statement ? ["*"] : listOf(statement["Action"]).map(String);
    return actions.map((action) => ({ action, resources }));
  });
}

const setKeys: ReadonlySet<string> = new Set(["Action", "NotAction", "Resource", "NotResource"]);
const principalKeys: ReadonlySet<string> = new Set(["Principal", "NotPrincipal"]);

function canonicalStatement(statement: unknown): unknown {
  if (!isRecord(statement)) return statement;
  return Object.fromEntries(
    Object.entries(statement).flatMap(([key, value]) => {
      const canonical = canonicalMember(key, value);
      return isEmpty(canonical) ? [] : [[key, canonical]];
    }),
  );
}

function canonicalMember(key: string, value: unknown): unknown {
  if (setKeys.has(key)) {
    const values = listOf(value).map(String);
    return setOf(key.endsWith("Action") ? values.map((action) => action.toLowerCase()) : values);
  }
  if (principalKeys.has(key)) return canonicalPrincipal(value);
  if (key === "Condition") return canonicalCondition(value);
  return value;
}

function canonicalPrincipal(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([kind, members]) => {
      const values = listOf(members).map(String);
      // IAM shows an account id as the ARN of its root.
      return [
        kind,
        setOf(kind === "AWS" ? values.map((arn) => /^arn:[a-z-]+:iam::(\d{12}):root$/.exec(arn)?.[1] ?? arn) : values),
      ];
    }),
  );
}

function canonicalCondition(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([operator, keys]) => {
      if (!isRecord(keys)) return [[operator, keys]];
      const merged = new Map<string, string[]>();
      for (const [key, values] of Object.entries(keys)) {
        const name = key.toLowerCase();
        merged.set(name, [...(merged.get(name) ?? []), ...listOf(values).map(String)]);
      }
      const entries = [...merged].map(([key, values]) => [key, setOf(values)]);
      return entries.length === 0 ? [] : [[operator, Object.fromEntries(entries)]];
    }),
  );
}

function setOf(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted();
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function withoutEmpty(record: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string): AppError {
  return new AppError(message, { class: "invalid", code: "InvalidPolicy" });
}
