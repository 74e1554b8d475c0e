import { canonicalJson } from "../../../json.ts";
import { pageByKey } from "../page-by-key.ts";
import { integer, map, required, string } from "../shapes.ts";
import { eksError } from "./errors.ts";
import type { Cluster, Tags } from "./state.ts";

export const clusterName = { name: required(string({ minLength: 1, maxLength: 100 })) } as const;
export const paging = { maxResults: integer({ min: 1, max: 100 }), nextToken: string() } as const;
export const pagingQuery = { maxResults: "maxResults", nextToken: "nextToken" } as const;
export const tags = map(string({ maxLength: 256 }), { max: 50 });

/** A page of the items, with EKS's `nextToken`. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  input: { readonly maxResults: number | undefined; readonly nextToken: string | undefined },
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const { maxResults, nextToken, ...scope } = input;
  const page = pageByKey(items, keyOf, { limit: maxResults ?? 100, token: nextToken, scope: canonicalJson(scope) });
  if (page === undefined) throw eksError("InvalidParameterException", "The nextToken is not valid");
  return page;
}

/** Tags of a create call, checked. */
export function checkedTags(given: ReadonlyMap<string, string> | undefined): Tags {
  const checked: Tags = new Map(given);
  for (const key of checked.keys()) {
    if (/^aws:/i.test(key))
      throw eksError("InvalidParameterException", "Tag keys beginning with 'aws:' are reserved for system use");
    if (key.length < 1 || key.length > 128)
      throw eksError("InvalidParameterException", `Tag key '${key}' must have a length between 1 and 128`);
  }
  return checked;
}

export function objectOf<T>(entries: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries(entries);
}

/** Epoch seconds, as REST-JSON carries time. */
export function time(milliseconds: number): Date {
  return new Date(milliseconds);
}

/**
 * What an idempotency token made before, if it comes again with the same request; another request with it is refused.
 */
export function madeBefore(cluster: Cluster, input: { readonly clientRequestToken: string | undefined }) {
  const { clientRequestToken: token, ...rest } = input;
  if (token === undefined) return { made: undefined, remember: () => undefined };
  const fingerprint = fingerprintOf(rest);
  const earlier = cluster.tokens.get(token);
  if (earlier !== undefined && earlier.fingerprint !== fingerprint)
    throw eksError("InvalidParameterException", "The clientRequestToken was used before with other parameters", {
      clusterName: cluster.name,
    });
  return {
    made: earlier?.made,
    remember: (made: string) => void cluster.tokens.set(token, { fingerprint, made }),
  };
}

function fingerprintOf(value: unknown): string {
  return canonicalJson(
    JSON.parse(
      JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Map ? Object.fromEntries(inner) : inner)),
    ),
  );
}
