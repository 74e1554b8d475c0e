import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { CallContext, Observed } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { ownershipOf, ownershipTags, tagsAsSpec } from "../tagging.ts";
import { fromSdkActions } from "./actions.ts";
import { fromSdkConditions, fromSdkTransforms } from "./conditions.ts";
import type { Elbv2Context } from "./context.ts";
import type { RuleSpec, Tags } from "./specs.ts";

export const ruleTypeName = "elbv2/Rule";

/** A rule with all the tags that are remembered of it. */
export function observedRule(
  { inventory: { details } }: Elbv2Context,
  rule: Rule,
  { listenerARN, id }: { readonly listenerARN: string; readonly id: string },
): Observed<RuleSpec> {
  const arn = rule.RuleArn ?? "";
  const transforms = fromSdkTransforms(rule.Transforms);
  return {
    type: ruleTypeName,
    id,
    spec: {
      listenerARN,
      priority: Number(rule.Priority),
      conditions: fromSdkConditions(rule.Conditions),
      actions: fromSdkActions(rule.Actions, details.get(arn, "clientSecretHash")),
      ...(transforms.length === 0 ? {} : { transforms }),
      tags: details.get(arn, "tags") ?? {},
    },
    outputs: { arn },
    state: "ready",
  };
}

/**
 * The ownership tags that a rule shall bear. The one that names its place says the place at which it was made, and stays so
 * when the rule moves: it would cost a call for every rule below an inserted one, and nothing reads it.
 */
export function ruleOwnership(resource: Resource<RuleSpec>, present: Tags, context: CallContext): Tags {
  const { idTag } = ownershipOf(resource, context);
  const place = present[idTag];
  return { ...ownershipTags(resource, context), ...(idTag === "" || place === undefined ? {} : { [idTag]: place }) };
}

/** The same rule with its tags in the words of the spec. */
export function withOwnTags(
  { tagPolicy }: Elbv2Context,
  rule: Observed<RuleSpec>,
  ownership: Tags,
): Observed<RuleSpec> {
  return { ...rule, spec: { ...rule.spec, tags: tagsAsSpec(rule.spec.tags, ownership, tagPolicy) } };
}
