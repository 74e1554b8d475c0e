import { pageByKey } from "../page-by-key.ts";
import { integer, string } from "../shapes.ts";
import { validationError } from "./errors.ts";
import type { Elbv2State } from "./state.ts";

/** Members of every paged Describe. */
export const pageMembers = { Marker: string(), PageSize: integer({ min: 1, max: 400 }) };

const largestPage = 400;

/** One page in the order of the keys, with the marker of the next. A marker is good only within its `scope`. */
export function onePage<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  request: { readonly Marker: string | undefined; readonly PageSize: number | undefined },
  { state, scope }: { readonly state: Elbv2State; readonly scope: readonly unknown[] },
): { readonly items: readonly T[]; readonly NextMarker: string | undefined } {
  const page = pageByKey(items, keyOf, {
    limit: Math.min(request.PageSize ?? largestPage, state.context.largestPage),
    token: request.Marker,
    scope: JSON.stringify(scope),
  });
  if (page === undefined) throw validationError(`The marker '${request.Marker ?? ""}' is not valid`);
  return { items: page.items, NextMarker: page.nextToken };
}
