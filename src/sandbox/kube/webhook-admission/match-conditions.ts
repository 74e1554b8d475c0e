import { errorMessage } from "../../../errors.ts";
import { type CelScope, evaluateCel } from "../cel/evaluate.ts";
import { parseCel } from "../cel/parse.ts";
import { CelSyntaxError } from "../cel/syntax.ts";
import { CelError } from "../cel/values.ts";
import { isObject } from "../json-value.ts";
import type { MatchCondition } from "./configuration.ts";

/** What conditions of webhooks and policies come to: `match`, `no match`, or the texts of what failed. */
export type MatchResult = { readonly matches: boolean } | { readonly errors: readonly string[] };

/** Evaluates `matchConditions`: one that is false decides, whatever others fail with. */
export function matchConditions(conditions: readonly MatchCondition[], values: CelScope): MatchResult {
  const errors: string[] = [];
  for (const { expression } of conditions) {
    try {
      const value = evaluateCel(parseCel(expression), values);
      if (value === false) return { matches: false };
      if (value !== true) {
        errors.push(`expression '${expression}' resulted in error: no such overload`);
      }
    } catch (error) {
      if (!(error instanceof CelError) && !(error instanceof CelSyntaxError)) throw error;
      errors.push(`expression '${expression}' resulted in error: ${errorMessage(error)}`);
    }
  }
  return errors.length > 0 ? { errors } : { matches: true };
}

/** JSON as CEL sees what has no schema. */
export function dynamic(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => dynamic(item));
  if (!isObject(value)) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name, dynamic(member)]));
}
