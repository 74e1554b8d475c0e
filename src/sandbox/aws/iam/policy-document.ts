import type { Json } from "../../../json.ts";

type JsonObject = { readonly [key: string]: Json };

/** Which grammar a document is checked against: what a principal may do, or who may become the role. */
export type PolicyKind = "identity" | "trust";

export interface PolicyCheckOptions {
  readonly kind: PolicyKind;
  /** Tells whether a role, user, account or provider ARN names something that exists; trust policies only. */
  readonly principalExists?: (type: "AWS" | "Federated", value: string) => boolean;
}

const topLevelElements = new Set(["Version", "Id", "Statement"]);
const statementElements = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "NotPrincipal",
  "Condition",
]);
const principalTypes = new Set(["AWS", "Service", "Federated", "CanonicalUser"]);
const partitions = new Set([
  "aws",
  "aws-cn",
  "aws-us-gov",
  "aws-iso",
  "aws-iso-b",
  "aws-iso-e",
  "aws-iso-f",
  "aws-eusc",
]);

const conditionOperators = new Set(
  [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
  ].map((name) => name.toLowerCase()),
);

const trustActions = new Set([
  "sts:*",
  "*",
  "sts:assumerole",
  "sts:assumerolewithsaml",
  "sts:assumerolewithwebidentity",
  "sts:tagsession",
  "sts:setsourceidentity",
  "sts:setcontext",
]);

/**
 * What IAM would answer with `MalformedPolicyDocument` for this text, or undefined when it would take it.
 * Follows the "IAM JSON policy grammar" page of the IAM User Guide; texts are those that IAM is known to use.
 */
export function policyDocumentProblem(text: string, options: PolicyCheckOptions): string | undefined {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch {
    return "Syntax errors in policy.";
  }
  if (!isObject(document)) return "Syntax errors in policy.";
  if (Object.keys(document).some((key) => !topLevelElements.has(key))) return "Syntax errors in policy.";
  const version = document["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17")
    return "Policy document must be version 2012-10-17 or greater.";
  if (document["Id"] !== undefined && typeof document["Id"] !== "string") return "Syntax errors in policy.";
  const statements = statementsOf(document);
  if (statements === undefined || statements.length === 0) return "Syntax errors in policy.";
  const sids = new Set<string>();
  for (const statement of statements) {
    const problem = statementProblem(statement, options);
    if (problem !== undefined) return problem;
    const sid = statement["Sid"];
    if (typeof sid !== "string" || sid === "") continue;
    if (sids.has(sid)) return "Statement IDs (SID) in a single policy must be unique.";
    sids.add(sid);
  }
  return undefined;
}

/** The statements of a parsed document as a list, or undefined when it is not a policy. */
export function statementsOf(document: Json): readonly JsonObject[] | undefined {
  if (!isObject(document)) return undefined;
  const statement = document["Statement"];
  const list = Array.isArray(statement) ? (statement as readonly Json[]) : [statement];
  return list.every(isObject) ? (list as readonly JsonObject[]) : undefined;
}

/** A string or list of strings as a list; undefined for any other value. */
export function stringList(value: Json | undefined): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === "string") ? (value as readonly string[]) : undefined;
}

/** Size as IAM counts it against its quotas: whitespace outside of strings is free. */
export function policySize(text: string): number {
  let size = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (inString && character === "\\") {
      size += 2;
      index++;
      continue;
    }
    if (character === '"') inString = !inString;
    if (inString || !/\s/.test(character)) size++;
  }
  return size;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function statementProblem(statement: JsonObject, options: PolicyCheckOptions): string | undefined {
  if (Object.keys(statement).some((key) => !statementElements.has(key))) return "Syntax errors in policy.";
  const sid = statement["Sid"];
  if (sid !== undefined && (typeof sid !== "string" || !/^[A-Za-z0-9 ]*$/.test(sid)))
    return typeof sid === "string"
      ? "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
      : "Syntax errors in policy.";
  const effect = statement["Effect"];
  if (effect === undefined) return "Missing required field Effect";
  if (effect !== "Allow" && effect !== "Deny") return `Invalid effect: ${JSON.stringify(effect)}`;
  return (
    actionProblem(statement, options.kind) ??
    (options.kind === "identity" ? identityProblem(statement) : trustProblem(statement, options)) ??
    conditionProblem(statement["Condition"])
  );
}

function actionProblem(statement: JsonObject, kind: PolicyKind): string | undefined {
  const given = statement["Action"] ?? statement["NotAction"];
  if (given === undefined) return "Policy statement must contain actions.";
  if (statement["Action"] !== undefined && statement["NotAction"] !== undefined) return "Syntax errors in policy.";
  const actions = stringList(given);
  if (actions === undefined) return "Syntax errors in policy.";
  if (actions.length === 0) return "Policy statement must contain actions.";
  for (const action of actions) {
    if (action === "*") continue;
    const match = /^([A-Za-z0-9-]+):([A-Za-z0-9*?]+)$/.exec(action);
    if (match === null)
      return action.includes(":")
        ? "The policy failed legacy parsing"
        : "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    if (kind === "trust" && !trustActions.has(action.toLowerCase()))
      return "AssumeRole policy may only specify STS AssumeRole actions.";
  }
  return undefined;
}

function identityProblem(statement: JsonObject): string | undefined {
  if (statement["Principal"] !== undefined || statement["NotPrincipal"] !== undefined)
    return "Policy document should not specify a principal.";
  const given = statement["Resource"] ?? statement["NotResource"];
  if (given === undefined) return "Policy statement must contain resources.";
  if (statement["Resource"] !== undefined && statement["NotResource"] !== undefined) return "Syntax errors in policy.";
  const resources = stringList(given);
  if (resources === undefined) return "Syntax errors in policy.";
  if (resources.length === 0) return "Policy statement must contain resources.";
  for (const resource of resources) {
    if (/^[*?]+$/.test(resource)) continue;
    const parts = resource.split(":");
    if (parts[0] !== "arn" || parts.length < 6) return `Resource ${resource} must be in ARN format or "*".`;
    const partition = parts[1] ?? "";
    if (!/[*?$]/.test(partition) && !partitions.has(partition))
      return `Partition "${partition}" is not valid for resource "${resource}".`;
    const vendor = parts[2] ?? "";
    if (!/^[a-z0-9*?-]+$/i.test(vendor)) return `Vendor ${vendor} is not valid`;
  }
  return undefined;
}

function trustProblem(statement: JsonObject, options: PolicyCheckOptions): string | undefined {
  if (statement["Resource"] !== undefined || statement["NotResource"] !== undefined)
    return "Has prohibited field Resource";
  const principal = statement["Principal"] ?? statement["NotPrincipal"];
  if (principal === undefined) return "Missing required field Principal";
  if (statement["NotPrincipal"] !== undefined) return "Has prohibited field NotPrincipal";
  if (principal === "*") return undefined;
  if (!isObject(principal)) return "Invalid principal in policy.";
  if (Object.keys(principal).length === 0) return "Missing required field Principal cannot be empty!";
  for (const [type, given] of Object.entries(principal)) {
    if (!principalTypes.has(type)) return `Invalid principal in policy: "${type.toUpperCase()}"`;
    const values = stringList(given);
    if (values === undefined || values.length === 0) return "Syntax errors in policy.";
    for (const value of values) {
      if (!principalIsValid(type, value, options))
        return `Invalid principal in policy: "${type.toUpperCase()}":"${value}"`;
    }
  }
  return webIdentityProblem(statement, principal);
}

function webIdentityProblem(statement: JsonObject, principal: JsonObject): string | undefined {
  const actions = (stringList(statement["Action"]) ?? []).map((action) => action.toLowerCase());
  const federatedOnly = actions.some((action) => /^sts:assumerolewith(webidentity|saml)$/.test(action));
  if (federatedOnly && principal["Federated"] === undefined)
    return "AssumeRole policy may only specify STS AssumeRole actions.";
  return undefined;
}

function principalIsValid(type: string, value: string, options: PolicyCheckOptions): boolean {
  const exists = options.principalExists ?? (() => true);
  if (type === "Service") return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/.test(value);
  if (type === "Federated") {
    const webIdentity = /^[a-z0-9.-]+\.[a-z]+(\/[^\s]*)?$/.test(value) && !value.startsWith("arn:");
    if (webIdentity) return true;
    return /^arn:aws[a-z-]*:iam::\d{12}:(oidc|saml)-provider\/.+$/.test(value) && exists("Federated", value);
  }
  if (type === "AWS") {
    if (value === "*" || /^\d{12}$/.test(value)) return true;
    // A principal whose role was deleted reads back as its unique id; IAM refuses such an id when it is sent again.
    if (!/^arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|role\/.+|user\/.+|assumed-role\/.+)$/.test(value)) return false;
    return exists("AWS", value);
  }
  return /^[0-9a-f]{64}$/.test(value);
}

function conditionProblem(condition: Json | undefined): string | undefined {
  if (condition === undefined) return undefined;
  if (!isObject(condition)) return "Syntax errors in policy.";
  for (const [operator, tests] of Object.entries(condition)) {
    const bare = operator.toLowerCase().replace(/^for(allvalues|anyvalue):/, "");
    if (bare !== "null" && !conditionOperators.has(bare.replace(/ifexists$/, "")))
      return `Invalid Condition type : ${operator}.`;
    if (!isObject(tests)) return "Syntax errors in policy.";
    for (const [key, values] of Object.entries(tests)) {
      if (!key.includes(":")) return "Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
      const list = Array.isArray(values) ? (values as readonly Json[]) : [values];
      if (list.some((value) => value === null || typeof value === "object")) return "Syntax errors in policy.";
    }
  }
  return undefined;
}
