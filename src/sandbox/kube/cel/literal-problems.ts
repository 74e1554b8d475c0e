import { Re2SyntaxError, re2 } from "../schema/re2.ts";
import type { CelProblem } from "./check.ts";
import { parseDuration, parseTimestamp } from "./functions/conversions.ts";
import type { CelNode } from "./syntax.ts";

/** Durations, times and patterns that are written out in an expression and are none. */
export function literalProblems(node: CelNode): CelProblem[] {
  const inside = partsOf(node).flatMap(literalProblems);
  const own = node.kind === "call" ? callProblem(node) : undefined;
  return own === undefined ? inside : [own, ...inside];
}

function callProblem({ name, args }: CelNode & { readonly kind: "call" }): CelProblem | undefined {
  const literal = args.at(-1);
  if (literal?.kind !== "literal" || typeof literal.value !== "string") return undefined;
  const { value, offset } = literal;
  switch (name) {
    case "duration":
      return parseDuration(value) === undefined ? { message: "invalid duration argument", offset } : undefined;
    case "timestamp":
      return parseTimestamp(value) === undefined ? { message: "invalid timestamp argument", offset } : undefined;
    case "matches":
      return isPattern(value) ? undefined : { message: "invalid matches argument", offset };
    default:
      return undefined;
  }
}

function isPattern(text: string): boolean {
  try {
    re2(text);
    return true;
  } catch (error) {
    if (error instanceof Re2SyntaxError) return false;
    throw error;
  }
}

function partsOf(node: CelNode): readonly CelNode[] {
  switch (node.kind) {
    case "literal":
    case "name":
      return [];
    case "select":
    case "has":
      return [node.target];
    case "call":
      return [...(node.target === undefined ? [] : [node.target]), ...node.args];
    case "macro":
      return [node.target, ...node.bodies];
    case "list":
      return node.items.map(({ value }) => value);
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
  }
}
