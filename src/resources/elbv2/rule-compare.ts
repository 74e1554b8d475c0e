import type { Difference, Observed } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { compareTags } from "../tagging.ts";
import { sameActions, shownActions } from "./actions.ts";
import { sameConditions, sameTransforms } from "./conditions.ts";
import type { RuleSpec } from "./specs.ts";

/** A rule cannot move to another listener; all else, its priority among it, changes in place. */
export function compareRules(desired: RuleSpec, observed: RuleSpec): readonly Difference[] {
  const differences: Difference[] = [];
  if (desired.listenerARN !== observed.listenerARN) {
    const { listenerARN: to } = desired;
    differences.push({ field: "listenerARN", from: observed.listenerARN, to, replace: true });
  }
  if (desired.priority !== observed.priority) {
    differences.push({ field: "priority", from: observed.priority, to: desired.priority });
  }
  if (!sameConditions(desired.conditions, observed.conditions)) {
    differences.push({ field: "conditions", from: observed.conditions, to: desired.conditions });
  }
  if (!sameActions(desired.actions, observed.actions)) {
    differences.push({ field: "actions", from: shownActions(observed.actions), to: shownActions(desired.actions) });
  }
  if (!sameTransforms(desired.transforms, observed.transforms)) {
    differences.push({ field: "transforms", from: observed.transforms ?? [], to: desired.transforms ?? [] });
  }
  return [...differences, ...compareTags(desired.tags, observed.tags)];
}

function sameContent(desired: RuleSpec, observed: RuleSpec): boolean {
  return (
    sameConditions(desired.conditions, observed.conditions) &&
    sameActions(desired.actions, observed.actions) &&
    sameTransforms(desired.transforms, observed.transforms)
  );
}

/** An observed rule with the desired one that it is, or shall become. */
export interface PairedRule {
  readonly rule: Observed<RuleSpec>;
  readonly resource: Resource<RuleSpec> | undefined;
}

/**
 * Gives observed rules the ids of the desired ones that they are, or shall become: first those that are equal at their
 * priority, then equal ones at another (they move), then those that merely hold a wanted priority (they get new content).
 * What is left keeps an id of its own and is deleted. Pure.
 */
export function pairRules(
  desired: readonly Resource<RuleSpec>[],
  observed: readonly Observed<RuleSpec>[],
): readonly PairedRule[] {
  const pairs = new Map<Observed<RuleSpec>, Resource<RuleSpec>>();
  const open = new Set(desired);
  const likenesses = [
    (a: RuleSpec, b: RuleSpec) => a.priority === b.priority && sameContent(a, b),
    sameContent,
    (a: RuleSpec, b: RuleSpec) => a.priority === b.priority,
  ];
  for (const alike of likenesses) {
    for (const resource of open) {
      const { spec } = resource;
      const match = observed.find(
        (rule) => !pairs.has(rule) && rule.spec.listenerARN === spec.listenerARN && alike(spec, rule.spec),
      );
      if (match === undefined) continue;
      pairs.set(match, resource);
      open.delete(resource);
    }
  }
  const taken = new Set(desired.map(({ id }) => id));
  return observed.map((rule) => {
    const resource = pairs.get(rule);
    if (resource !== undefined) return { rule: { ...rule, id: resource.id }, resource };
    return { rule: taken.has(rule.id) ? { ...rule, id: rule.outputs["arn"] ?? rule.id } : rule, resource };
  });
}
