import { pageByKey } from "../page-by-key.ts";
import { integer, string } from "../shapes.ts";
import { validationError } from "./errors.ts";

/** Members of every paged Describe. */
export const pageMembers = { Marker: string(), PageSize: integer({ min: 1, max: 400 }) };

const largestPage = 400;

/** One page in the order of the keys, with the marker of the next. */
export function onePage<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  request: { readonly Marker: string | undefined; readonly PageSize: number | undefined },
  scope: string,
): { readonly items: readonly T[]; readonly NextMarker: string | undefined } {
  const page = pageByKey(items, keyOf, { limit: request.PageSize ?? largestPage, token: request.Marker, scope });
  if (page === undefined) throw validationError(`The marker '${request.Marker ?? ""}' is not valid`);
  return { items: page.items, NextMarker: page.nextToken };
}
