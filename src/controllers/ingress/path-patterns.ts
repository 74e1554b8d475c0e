import type { IngressPath } from "../../api/builtin.ts";
import { InputError } from "../load-balancing/input-error.ts";

export interface PathPatterns {
  readonly values: readonly string[];
  readonly regexValues: readonly string[];
}

/** Exact first, then prefixes from long to short, then the rest; otherwise in the order given. */
export function sortPaths<T extends { readonly path: IngressPath }>(paths: readonly T[]): readonly T[] {
  const rank = ({ path }: T): number => (path.pathType === "Exact" ? 0 : path.pathType === "Prefix" ? 1 : 2);
  const length = ({ path }: T): number => (path.pathType === "Prefix" ? (path.path ?? "").length : 0);
  return [...paths].sort((a, b) => rank(a) - rank(b) || length(b) - length(a));
}

/** What a path of an Ingress means as an ALB's path-pattern condition. */
export function pathPatterns(path: IngressPath, field: string, regexMatch: boolean): PathPatterns {
  const text = path.path ?? "";
  const type = path.pathType ?? "ImplementationSpecific";
  const values = (...patterns: string[]): PathPatterns => ({ values: patterns, regexValues: [] });
  const noWildcards = (kind: string): void => {
    if (!/[*?]/.test(text)) return;
    throw new InputError(
      `${field}.path: ${kind} path shouldn't contain wildcards: ${text}; use pathType ImplementationSpecific`,
      { reason: "InvalidSpec", field: `${field}.path`, value: text },
    );
  };
  switch (type) {
    case "Exact":
      noWildcards("exact");
      return text === "" ? values() : values(text);
    case "Prefix": {
      noWildcards("prefix");
      if (text === "") return values();
      if (text === "/") return values("/*");
      const base = text.endsWith("/") ? text.slice(0, -1) : text;
      return values(base, `${base}/*`);
    }
    case "ImplementationSpecific":
      if (text === "") return values();
      return regexMatch ? { values: [], regexValues: [text.slice(1)] } : values(text);
    default:
      throw new InputError(
        `${field}.pathType: unknown pathType ${type} for path ${text}; allowed are Exact, Prefix, ImplementationSpecific`,
        { reason: "InvalidSpec", field: `${field}.pathType`, value: type },
      );
  }
}
