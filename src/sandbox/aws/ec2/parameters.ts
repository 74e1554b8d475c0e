import { canonicalJson } from "../../../json.ts";
import { AwsError } from "../aws-error.ts";
import { pageByKey } from "../page-by-key.ts";
import { boolean, integer, list, required, string, structure } from "../shapes.ts";
import { compileFilters, type FilterFields } from "./filters.ts";
import type { Tags } from "./state.ts";

const filter = structure({ Name: required(string()), Value: list(string()) });
const tag = structure({ Key: required(string()), Value: string() });

/** `Filter.N`, as every Describe call takes it. */
export const filters = { DryRun: boolean(), Filter: list(filter) } as const;

/** `MaxResults` and `NextToken` within the limits of the call. */
export function paging<const Min extends number>(min: Min, max: number) {
  return { MaxResults: integer({ min, max }), NextToken: string() };
}

export const tagSpecifications = {
  TagSpecification: list(structure({ ResourceType: required(string()), Tag: list(tag) })),
} as const;

export type FilterInput = NonNullable<ReturnType<typeof filter.decode>>;
export type TagInput = NonNullable<ReturnType<typeof tag.decode>>;

/** Keeps the items that pass every filter; an unknown filter name is refused in EC2's words. */
export function applyFilters<T extends { readonly tags: Tags }>(
  items: Iterable<T>,
  given: readonly FilterInput[] | undefined,
  fields: FilterFields<T>,
): T[] {
  const asked = (given ?? []).map(({ Name, Value }) => ({ name: Name, values: Value ?? [] }));
  for (const { name, values } of asked) {
    if (values.length === 0) throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
    if (values.length > 200)
      throw new AwsError(
        "FilterLimitExceeded",
        `The maximum number of filter values specified on a single call is 200`,
      );
  }
  if (asked.length === 0) return [...items];
  const compiled = compileFilters(asked, fields);
  if ("unknown" in compiled) throw new AwsError("InvalidParameterValue", `The filter '${compiled.unknown}' is invalid`);
  return [...items].filter(compiled.matches);
}

export interface PagedInput {
  readonly MaxResults: number | undefined;
  readonly NextToken: string | undefined;
}

/** One page of the items, with the wire's `nextToken`. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  input: PagedInput,
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const { MaxResults, NextToken, ...scope } = input;
  const page = pageByKey(items, keyOf, {
    limit: MaxResults ?? (NextToken === undefined ? undefined : 1000),
    token: NextToken,
    scope: canonicalJson(scope),
  });
  if (page === undefined) throw new AwsError("InvalidNextToken", `The token '${NextToken ?? ""}' is invalid`);
  return page;
}

export interface IdRules {
  /** `subnet-` and the like. */
  readonly prefix: string;
  readonly malformed: string;
  readonly notFound: string;
  /** `The subnet ID 'subnet-…' does not exist`. */
  readonly message: (ids: string) => string;
}

/** Looks up every id; all of the call fails when one is unknown, and the message names the unknown ones. */
export function itemsById<T>(ids: readonly string[], map: ReadonlyMap<string, T>, rules: IdRules): T[] {
  for (const id of ids) {
    if (!new RegExp(`^${rules.prefix}([0-9a-f]{8}|[0-9a-f]{17})$`).test(id))
      throw new AwsError(rules.malformed, `Invalid id: "${id}" (expecting "${rules.prefix}...")`);
  }
  const missing = ids.filter((id) => !map.has(id));
  if (missing.length > 0) throw new AwsError(rules.notFound, rules.message(missing.join(", ")));
  return [...new Set(ids)].flatMap((id) => map.get(id) ?? []);
}

/** Tags for a `tagSet`. */
export function tagSet(tags: Tags): readonly { readonly key: string; readonly value: string }[] {
  return [...tags].map(([key, value]) => ({ key, value }));
}

/** A call with `DryRun` ends here, as AWS ends it when the caller has the permission. */
export function refuseDryRun(dryRun: boolean | undefined): void {
  if (dryRun === true)
    throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 });
}
