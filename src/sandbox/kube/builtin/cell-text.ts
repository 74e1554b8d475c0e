import { listAt, stringAt, stringMapAt } from "./fields.ts";

/** `<none>` for what is absent or empty, as the API server's tables show it. */
export function orNone(text: string | undefined): string {
  return text === undefined || text === "" ? "<none>" : text;
}

export function orUnset(text: string | undefined): string {
  return text === undefined || text === "" ? "<unset>" : text;
}

/** At most three of the texts, and how many more there are. */
export function firstThree(texts: readonly string[], separator = ","): string {
  const shown = texts.slice(0, 3).join(separator);
  return texts.length > 3 ? `${shown} + ${texts.length - 3} more...` : shown;
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return parts.length === 0 ? "<none>" : parts.sort().join(",");
}

/** A `LabelSelector` in the syntax of `kubectl -l`, by label. */
export function selectorText(selector: unknown): string {
  const parts = Object.entries(stringMapAt(selector, "matchLabels")).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  for (const expression of listAt(selector, "matchExpressions")) {
    const key = stringAt(expression, "key") ?? "";
    const values = listAt(expression, "values").map(String).sort().join(",");
    const text = {
      In: `${key} in (${values})`,
      NotIn: `${key} notin (${values})`,
      Exists: key,
      DoesNotExist: `!${key}`,
    }[stringAt(expression, "operator") ?? ""];
    if (text !== undefined) parts.push({ key, text });
  }
  const sorted = parts.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return orNone(sorted.map(({ text }) => text).join(","));
}

/** Names and images of a pod template's containers. */
export function containerCells(podSpec: unknown): readonly [string, string] {
  const containers = listAt(podSpec, "containers");
  return [
    containers.map((container) => stringAt(container, "name") ?? "").join(","),
    containers.map((container) => stringAt(container, "image") ?? "").join(","),
  ];
}
