import type { Tags } from "./state.ts";

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** What each filter name of a Describe call reads from an item; `tag:<key>` and `tag-key` need no entry. */
export type FilterFields<T> = Readonly<Record<string, (item: T) => readonly (string | undefined)[]>>;

/**
 * One predicate for all filters of a Describe call: filters are AND-ed, the values of one are OR-ed, `*` and `?` are
 * wildcards that a backslash escapes, letter case counts (EC2 User Guide, "List and filter using the CLI and API").
 * Gives the name of the first filter that the call does not know instead, if there is one.
 */
export function compileFilters<T extends { readonly tags: Tags }>(
  filters: readonly Filter[],
  fields: FilterFields<T>,
): { readonly matches: (item: T) => boolean } | { readonly unknown: string } {
  const tests: ((item: T) => boolean)[] = [];
  for (const { name, values } of filters) {
    const matches = compileValues(values);
    if (name.startsWith("tag:")) {
      const key = name.slice("tag:".length);
      tests.push((item) => {
        const value = item.tags.get(key);
        return value !== undefined && matches(value);
      });
    } else if (name === "tag-key") {
      tests.push((item) => item.tags.keys().some(matches));
    } else {
      const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (read === undefined) return { unknown: name };
      tests.push((item) => read(item).some((value) => value !== undefined && matches(value)));
    }
  }
  return { matches: (item) => tests.every((test) => test(item)) };
}

function compileValues(values: readonly string[]): (value: string) => boolean {
  const exact = new Set<string>();
  const patterns: RegExp[] = [];
  for (const value of values) {
    if (/[*?\\]/.test(value)) patterns.push(wildcardExpression(value));
    else exact.add(value);
  }
  return (value) => exact.has(value) || patterns.some((pattern) => pattern.test(value));
}

function wildcardExpression(pattern: string): RegExp {
  let source = "";
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "\\" && index + 1 < pattern.length) source += RegExp.escape(pattern.charAt(++index));
    else if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else source += RegExp.escape(character);
  }
  return new RegExp(`^${source}$`, "s");
}
