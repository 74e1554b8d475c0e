import { canonicalJson } from "../../../json.ts";
import { AwsError } from "../aws-error.ts";
import { pageByKey } from "../page-by-key.ts";
import { integer, list, required, string, structure } from "../shapes.ts";
import { policyDocumentProblem } from "./policy-document.ts";
import type { Tags } from "./state.ts";

/** Patterns and lengths: IAM API reference. */
export const roleName = string({ minLength: 1, maxLength: 64, pattern: /^[\w+=,.@-]+$/ });
export const policyName = string({ minLength: 1, maxLength: 128, pattern: /^[\w+=,.@-]+$/ });
export const path = string({ minLength: 1, maxLength: 512, pattern: /^(\/|\/[\u0021-\u007E]+\/)$/ });
export const pathPrefix = string({ minLength: 1, maxLength: 512, pattern: /^\/[\u0021-\u007E]*$/ });
export const arn = string({ minLength: 20, maxLength: 2048 });
export const description = string({ maxLength: 1000 });
export const policyText = string({
  minLength: 1,
  maxLength: 131_072,
  pattern: /^[\t\n\r\u0020-\u00FF]+$/,
});
export const tags = list(
  structure({ Key: required(string({ minLength: 1, maxLength: 128 })), Value: required(string({ maxLength: 256 })) }),
);
export const tagKeys = list(string({ minLength: 1, maxLength: 128 }), { max: 50 });
export const paging = { Marker: string({ minLength: 1 }), MaxItems: integer({ min: 1, max: 1000 }) } as const;

const maximumTags = 50;

export function noSuchEntity(message: string): AwsError {
  return new AwsError("NoSuchEntity", message, { status: 404 });
}

export function entityAlreadyExists(message: string): AwsError {
  return new AwsError("EntityAlreadyExists", message, { status: 409 });
}

export function deleteConflict(message: string): AwsError {
  return new AwsError("DeleteConflict", message, { status: 409 });
}

export function limitExceeded(quota: string, limit: number): AwsError {
  return new AwsError("LimitExceeded", `Cannot exceed quota for ${quota}: ${limit}`, { status: 409 });
}

/** A page of the items, with `IsTruncated` and `Marker`. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  input: { readonly Marker: string | undefined; readonly MaxItems: number | undefined },
) {
  const { Marker, MaxItems, ...scope } = input;
  const page = pageByKey(items, keyOf, { limit: MaxItems ?? 100, token: Marker, scope: canonicalJson(scope) });
  if (page === undefined) throw new AwsError("ValidationError", "Invalid Marker.");
  return {
    items: page.items,
    end: { IsTruncated: page.nextToken !== undefined, Marker: page.nextToken },
  };
}

/** What the tags are after adding some; refuses what IAM refuses. `quota` is IAM's name of the limit. */
export function withTags(
  present: ReadonlyMap<string, string>,
  added: readonly { readonly Key: string; readonly Value: string }[],
  quota: string,
): Tags {
  const seen = new Set<string>();
  const result: Tags = new Map(present);
  for (const { Key: key, Value: value } of added) {
    const lower = key.toLowerCase();
    if (lower.startsWith("aws:"))
      throw new AwsError("InvalidInput", "Tag keys beginning with 'aws:' are reserved for system use.");
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u.test(key) || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value))
      throw new AwsError("ValidationError", `The tag '${key}' holds characters that are not allowed.`);
    if (seen.has(lower))
      throw new AwsError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    seen.add(lower);
    for (const existing of result.keys()) if (existing.toLowerCase() === lower) result.delete(existing);
    result.set(key, value);
  }
  if (result.size > maximumTags) throw limitExceeded(quota, maximumTags);
  return result;
}

export function replaceTags(holder: Tags, wanted: ReadonlyMap<string, string>): void {
  holder.clear();
  for (const [key, value] of wanted) holder.set(key, value);
}

export function untag(holder: Tags, keys: readonly string[]): void {
  const lower = new Set(keys.map((key) => key.toLowerCase()));
  for (const key of holder.keys()) if (lower.has(key.toLowerCase())) holder.delete(key);
}

export function tagList(holder: Tags): readonly { readonly Key: string; readonly Value: string }[] {
  return [...holder].map(([Key, Value]) => ({ Key, Value }));
}

/** Policy documents leave IAM percent-encoded by RFC 3986. */
export function encodedDocument(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function checkIdentityPolicy(text: string): void {
  const problem = policyDocumentProblem(text, { kind: "identity" });
  if (problem !== undefined) throw new AwsError("MalformedPolicyDocument", problem);
}
