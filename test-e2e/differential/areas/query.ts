/** A path with a query, encoded. */
export function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query).toString().replaceAll("+", "%20")}`;
}
