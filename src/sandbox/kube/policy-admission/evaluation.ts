import { evaluateCel } from "../cel/evaluate.ts";
import { authorizer, requestResource } from "../cel/functions/authorization.ts";
import { parseCel } from "../cel/parse.ts";
import { CelSyntaxError } from "../cel/syntax.ts";
import { CelError } from "../cel/values.ts";
import type { JsonObject } from "../json-value.ts";
import { dynamic, matchConditions } from "../webhook-admission/match-conditions.ts";
import type { PolicySpec, Validation } from "./policy.ts";

/** What a validation that does not hold, or an expression that fails, comes to. */
export interface Denial {
  readonly message: string;
  /** Absent when an expression has failed. */
  readonly reason?: Validation["reason"];
  /** Whatever the binding's actions: audit annotations that fail. */
  readonly always?: true;
}

/** What expressions see, as JSON: `object`, `oldObject`, `request`, `params` and `namespaceObject`. */
export type PolicyInput = JsonObject;

const MAX_MESSAGE_BYTES = 5120;

/** Evaluates a policy. What the failure policy lets pass is not among the answers. */
export function denials(policy: PolicySpec, input: PolicyInput): readonly Denial[] {
  const failing = (message: string, always?: true): readonly Denial[] =>
    policy.failurePolicy === "Ignore" ? [] : [{ message, ...(always === true ? { always } : {}) }];
  const scope = scopeOf(policy, input);
  const conditions = policy.matchConditions ?? [];
  if (conditions.length > 0) {
    const result = matchConditions(conditions, scopeOf(policy, { ...input, namespaceObject: null }));
    if ("errors" in result) {
      const [single = ""] = result.errors;
      return failing(result.errors.length === 1 ? single : `[${result.errors.join(", ")}]`);
    }
    if (!result.matches) return [];
  }
  const refused = (policy.validations ?? []).flatMap((validation): readonly Denial[] => {
    const { value, failure } = evaluated(validation.expression, scope);
    if (failure !== undefined) return failing(failure);
    if (value === true) return [];
    return [{ message: messageOf(validation, scope), reason: validation.reason ?? "Invalid" }];
  });
  const annotations = (policy.auditAnnotations ?? []).flatMap(({ valueExpression }) => {
    const { failure } = evaluated(valueExpression, scope);
    return failure === undefined ? [] : failing(failure, true);
  });
  return [...refused, ...annotations];
}

type Scope = Readonly<Record<string, unknown>>;

function scopeOf({ variables = [] }: PolicySpec, input: PolicyInput): Scope {
  const scope: Record<string, unknown> = {
    ...Object.fromEntries(Object.entries(input).map(([name, value]) => [name, dynamic(value)])),
    authorizer,
    "authorizer.requestResource": requestResource,
  };
  scope["variables"] = new LazyVariables(
    variables.map(({ name, expression }) => [
      name,
      () => {
        try {
          return evaluateCel(parseCel(expression), scope);
        } catch (error) {
          if (!(error instanceof CelError)) throw error;
          throw new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`);
        }
      },
    ]),
  );
  return scope;
}

/** A policy's variables, each evaluated when it is first used. */
class LazyVariables extends Map<unknown, unknown> {
  readonly #known = new Map<unknown, unknown>();

  constructor(variables: readonly (readonly [name: string, compute: () => unknown])[]) {
    super(variables);
  }

  override get(name: unknown): unknown {
    if (!this.#known.has(name)) this.#known.set(name, (super.get(name) as (() => unknown) | undefined)?.());
    return this.#known.get(name);
  }
}

function evaluated(expression: string, scope: Scope): { readonly value?: unknown; readonly failure?: string } {
  try {
    return { value: evaluateCel(parseCel(expression), scope) };
  } catch (error) {
    if (!(error instanceof CelError) && !(error instanceof CelSyntaxError)) throw error;
    return { failure: `expression '${expression}' resulted in error: ${error.message}` };
  }
}

/** The message of a validation that does not hold; an expression for it that fails, or makes no use, is passed over. */
function messageOf({ expression, message = "", messageExpression = "" }: Validation, scope: Scope): string {
  if (messageExpression !== "") {
    const { value } = evaluated(messageExpression, scope);
    const text = typeof value === "string" ? value.trim() : "";
    if (text !== "" && !text.includes("\n") && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) return text;
  }
  return message.trim() === "" ? `failed expression: ${expression.trim()}` : message.trim();
}
