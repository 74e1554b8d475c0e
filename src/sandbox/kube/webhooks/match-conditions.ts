import { errorMessage } from "../../../errors.ts";
import { evaluateCel } from "../cel/evaluate.ts";
import { parseCel } from "../cel/parse.ts";
import { CelSyntaxError } from "../cel/syntax.ts";
import { CelError } from "../cel/values.ts";
import type { JsonObject } from "../json-value.ts";
import type { MatchCondition } from "./configuration.ts";

/** What conditions of webhooks and policies come to: `match`, `no match`, or the texts of what failed. */
export type MatchResult = { readonly matches: boolean } | { readonly errors: readonly string[] };

/** Evaluates `matchConditions`: one that is false decides, whatever others fail with. */
export function matchConditions(conditions: readonly MatchCondition[], scope: JsonObject): MatchResult {
  const errors: string[] = [];
  for (const { expression } of conditions) {
    try {
      const value = evaluateCel(parseCel(expression), scope);
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
