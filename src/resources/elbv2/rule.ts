import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { hasCode } from "../../aws/errors.ts";
import type { CallContext, Observed, ResourceType } from "../../engine/resource-type.ts";
import { AppError } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import type { Elbv2Context } from "./context.ts";
import { callOptions, detailTags } from "./context.ts";
import { listenerTypeName } from "./listener.ts";
import { applyRules } from "./rule-batch.ts";
import { compareRules, pairRules } from "./rule-compare.ts";
import { observedRule, ruleOwnership, ruleTypeName, withOwnTags } from "./rule-observed.ts";
import type { ListenerSpec, RuleSpec } from "./specs.ts";

const page = 400;

/**
 * Rules of application load balancers. A rule is recognised by what it does, not by its priority: a rule that moves keeps its
 * ARN. All rules of a listener change as one batch. All rules of a listener of ours are ours.
 */
export function ruleType(aws: Elbv2Context): ResourceType<RuleSpec> {
  const single = (): never => {
    throw new AppError("rules change as a batch", { class: "bug", code: "BatchOnly" });
  };
  return {
    type: ruleTypeName,
    iamActions: [
      "elasticloadbalancing:DescribeRules",
      "elasticloadbalancing:DescribeTags",
      "elasticloadbalancing:CreateRule",
      "elasticloadbalancing:ModifyRule",
      "elasticloadbalancing:SetRulePriorities",
      "elasticloadbalancing:DeleteRule",
      "elasticloadbalancing:AddTags",
      "elasticloadbalancing:RemoveTags",
    ],
    dependsOn: [listenerTypeName, "elbv2/TargetGroup"],
    parents: [listenerTypeName],
    deletedWith: listenerTypeName,

    async observe({ desired, parents }, context) {
      const listeners = parents.filter(({ spec }) => {
        const { protocol } = spec as ListenerSpec;
        return protocol === "HTTP" || protocol === "HTTPS";
      });
      const found = await Promise.all(listeners.map((listener) => observeUnder(aws, listener, context)));
      return pairRules(desired, found.flat()).map(({ rule, resource }) =>
        resource === undefined ? rule : withOwnTags(aws, rule, ruleOwnership(resource, rule.spec.tags, context)),
      );
    },

    match: (desired, observed) => pairRules(desired, observed).map(({ rule }) => rule),

    compare: compareRules,
    create: single,
    update: single,
    delete: single,

    batch: {
      key: ({ listenerARN }) => (typeof listenerARN === "string" ? listenerARN : canonicalJson(listenerARN)),
      apply: (changes, context) => applyRules(aws, changes, context),
    },
  };
}

async function observeUnder(
  aws: Elbv2Context,
  listener: Observed,
  context: CallContext,
): Promise<readonly Observed<RuleSpec>[]> {
  const listenerARN = listener.outputs["arn"] ?? "";
  const { port } = listener.spec as ListenerSpec;
  const rules = await readRules(aws, listenerARN, context);
  await detailTags(
    aws,
    rules.flatMap(({ RuleArn }) => RuleArn ?? []),
    context,
  );
  return rules.map((rule) => observedRule(aws, rule, { listenerARN, id: `${port}:${rule.Priority}` }));
}

async function readRules(
  { elbv2, inventory: { details } }: Elbv2Context,
  ListenerArn: string,
  context: CallContext,
): Promise<readonly Rule[]> {
  return details.know(ListenerArn, "rules", context.depth === "full", async () => {
    const found: Rule[] = [];
    let Marker: string | undefined;
    try {
      do {
        const answer = await elbv2.describeRules(
          { ListenerArn, PageSize: page, ...(Marker === undefined ? {} : { Marker }) },
          callOptions(context, ListenerArn),
        );
        found.push(...(answer.Rules ?? []).filter(({ IsDefault }) => IsDefault !== true));
        Marker = answer.NextMarker;
      } while (Marker !== undefined && Marker !== "");
    } catch (error) {
      if (!hasCode(error, "ListenerNotFound")) throw error;
    }
    return found;
  });
}
