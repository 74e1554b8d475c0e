import { type CelType, parseType, splitTypes } from "../types.ts";

// biome-ignore lint/suspicious/noExplicitAny: the signature says what the arguments are.
// oxlint-disable-next-line typescript/no-explicit-any
export type Implementation = (...args: any[]) => unknown;

/** One form of a function. A method has its receiver as the first parameter. */
export interface Overload {
  readonly name: string;
  readonly method: boolean;
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  readonly run: Implementation;
}

/**
 * Reads declarations such as `size(string): int` and, of a method, `string.size(): int`. A name with a point that is a
 * function's is set off by a backtick: `` `ip.isCanonical`(string): bool ``.
 */
export function declare(declarations: readonly (readonly [signatures: string, run: Implementation])[]): Overload[] {
  return declarations.flatMap(([signatures, run]) =>
    signatures.split(";").map((signature): Overload => {
      const [, head = "", parameters = "", result = ""] = /^\s*(.+?)\(([^()]*)\): (.+?)\s*$/.exec(signature) ?? [];
      const own = splitTypes(parameters).map(parseType);
      const point = head.lastIndexOf(".");
      if (head.startsWith("`") || point < 0 || head.includes("_")) {
        return { name: head.replaceAll("`", ""), method: false, parameters: own, result: parseType(result), run };
      }
      const receiver = parseType(head.slice(0, point));
      return {
        name: head.slice(point + 1),
        method: true,
        parameters: [receiver, ...own],
        result: parseType(result),
        run,
      };
    }),
  );
}

/** A signature for each of some types: `T` is put in. */
export function each(types: readonly string[], signature: string): string {
  return types.map((type) => signature.replaceAll(/\bT\b/g, type)).join(";");
}
