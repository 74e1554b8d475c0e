/** One page of a list, and where the next one starts. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly nextToken: string | undefined;
}

export interface PageRequest {
  /** Undefined: everything in one page. */
  readonly limit: number | undefined;
  readonly token: string | undefined;
  /** The other parameters of the call: a token is good only with the ones it was made for. */
  readonly scope: string;
}

/**
 * Pages a list in the order of its keys, so that objects that come or go between two calls never hide or repeat others.
 * Returns undefined for a token that was not made for this call.
 */
export function pageByKey<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  request: PageRequest,
): Page<T> | undefined {
  if (request.limit === undefined && request.token === undefined) return { items, nextToken: undefined };
  const after = request.token === undefined ? undefined : decodeToken(request.token, request.scope);
  if (request.token !== undefined && after === undefined) return undefined;
  const sorted = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const page = sorted.slice(0, request.limit ?? sorted.length);
  const last = page.at(-1);
  const more = last !== undefined && page.length < sorted.length;
  return {
    items: page.map(({ item }) => item),
    nextToken: more ? encodeToken(last.key, request.scope) : undefined,
  };
}

function encodeToken(key: string, scope: string): string {
  return Buffer.from(JSON.stringify([scope, key])).toString("base64url");
}

function decodeToken(token: string, scope: string): string | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as unknown;
    if (!Array.isArray(parsed) || parsed[0] !== scope || typeof parsed[1] !== "string") return undefined;
    return parsed[1];
  } catch {
    return undefined;
  }
}
