import type { IngressPath } from "../../api/builtin.ts";
import type { ActionSpec, ConditionSpec, Tags, TransformSpec } from "../../resources/elbv2/specs.ts";
import { InputError, problemOf } from "../load-balancing/input-error.ts";
import { wantedTags } from "../load-balancing/tags.ts";
import { type BackendActions, type BackendContext, resolveBackend } from "./backend.ts";
import { readConditions, readTransforms } from "./condition-annotation.ts";
import { groupTags } from "./member-tags.ts";
import type { MemberView } from "./member-view.ts";
import { pathPatterns, sortPaths } from "./path-patterns.ts";
import { ruleConditions } from "./rule-conditions.ts";
import { covers, optimizeRules } from "./rule-optimization.ts";
import { splitConditions } from "./rule-splitting.ts";

/** One path of one member, before it is known on which listeners it ends. */
export interface CandidateRule {
  readonly view: MemberView;
  /** Where it is written, for messages. */
  readonly field: string;
  readonly conditions: readonly ConditionSpec[];
  readonly transforms: readonly TransformSpec[];
  readonly actions: BackendActions;
  readonly tags: Tags;
}

export interface ListenerRule {
  readonly view: MemberView;
  readonly field: string;
  readonly conditions: readonly ConditionSpec[];
  readonly transforms: readonly TransformSpec[];
  readonly actions: readonly ActionSpec[];
  readonly tags: Tags;
}

/** The rules of one member's `spec.rules`; entries keep their order, paths inside one entry are sorted by path type. */
export function candidateRules(context: BackendContext): readonly CandidateRule[] {
  const { view } = context;
  const regexMatch = view.annotations.bool("use-regex-path-match") ?? false;
  const tags = wantedTags(view.settings.tags, [groupTags(view)]);
  return (view.spec.rules ?? []).flatMap((rule, ruleIndex) => {
    const paths = (rule.http?.paths ?? []).map((path, index) => ({
      path,
      field: `spec.rules[${ruleIndex}].http.paths[${index}]`,
    }));
    return sortPaths(paths).flatMap(({ path, field }): readonly CandidateRule[] => {
      try {
        const name = backendName(path);
        const conditions = ruleConditions(
          rule.host,
          pathPatterns(path, field, regexMatch),
          readConditions(view, name),
          field,
        );
        splitConditions(conditions, field);
        const transforms = readTransforms(view, name);
        return [
          {
            view,
            field,
            conditions,
            transforms,
            actions: resolveBackend(context, path.backend, `${field}.backend`),
            tags,
          },
        ];
      } catch (error) {
        if (!view.lenient || !(error instanceof InputError)) throw error;
        view.report(problemOf(error, view.object));
        return [];
      }
    });
  });
}

/** The rules of one listener in order of priority: optimised, then split to what ELBv2 allows in one rule. */
export function listenerRules(
  candidates: readonly CandidateRule[],
  listener: { readonly port: number; readonly protocol: "HTTP" | "HTTPS" },
): readonly ListenerRule[] {
  const rules = candidates.map(
    ({ actions, ...rest }): ListenerRule => ({ ...rest, actions: actions[listener.protocol] }),
  );
  const kept = optimizeRules(rules, listener);
  warnUnreachable(kept, listener.port);
  return kept.flatMap((rule) =>
    splitConditions(rule.conditions, rule.field).map((conditions) => ({ ...rule, conditions })),
  );
}

/** Rules that an earlier one leaves nothing to match: the order stays, and the user is told. */
function warnUnreachable(rules: readonly ListenerRule[], port: number): void {
  for (const [index, rule] of rules.entries()) {
    const hiding = rules.slice(0, index).find((earlier) => covers(earlier, rule));
    if (hiding === undefined) continue;
    rule.view.report({
      reason: "ConflictingSettings",
      field: rule.field,
      message: `${rule.field} can never match on port ${port}: ${hiding.field} of Ingress ${hiding.view.key} comes first and matches everything that it does`,
      severity: "warning",
    });
  }
}

function backendName(path: IngressPath): string {
  return path.backend.service?.name ?? "";
}
