import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { boolean, integer, list, required, string, structure } from "../shapes.ts";
import { actionList, actionsToWire, forwardedGroups, storedActions } from "./actions.ts";
import { checkAssociations, replaceReferences } from "./associations.ts";
import { invalidConfiguration, notPermitted, ruleNotFound, tooMany, validationError } from "./errors.ts";
import { dropRule } from "./listener-removal.ts";
import type { Listener, Rule } from "./model.ts";
import { onePage, pageMembers } from "./paging.ts";
import { conditionList, storedConditions } from "./rule-conditions.ts";
import { storedTransforms, transformList } from "./rule-transforms.ts";
import type { Elbv2State } from "./state.ts";
import { mergedTags, tagList } from "./tags.ts";

const priority = integer({ min: 1, max: 50000 });

/** CreateRule, DescribeRules, ModifyRule, SetRulePriorities, DeleteRule. */
export function ruleOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateRule",
      mutating: true,
      bucket: "writes",
      secrets: ["ClientSecret"],
      input: {
        ListenerArn: required(string()),
        Conditions: required(conditionList),
        Priority: required(priority),
        Actions: required(actionList),
        Tags: tagList,
        Transforms: transformList,
      },
      handle(input) {
        const { context } = state;
        const listener = state.getListener(input.ListenerArn);
        const { loadBalancer, protocol } = listener;
        if (loadBalancer.type === "network" && loadBalancer.ipAddressType !== "dualstack")
          throw new AwsError("UnsupportedProtocol", `Rules are not supported for ${protocol} listeners`);
        const conditions = storedConditions(input.Conditions, loadBalancer.type, context.quotas);
        const actions = storedActions(state, input.Actions, { loadBalancer, protocol, before: [] });
        const transforms = storedTransforms(input.Transforms ?? []);
        checkTransforms(listener, transforms);
        const tags = mergedTags(new Map(), input.Tags);
        if (listener.priorities.has(input.Priority))
          throw new AwsError("PriorityInUse", "The specified priority is in use.");
        const limit = context.quotas.rulesPerApplicationLoadBalancer;
        if (loadBalancer.ruleCount >= limit) {
          throw tooMany(
            "TooManyRules",
            `The maximum number of rules on load balancer '${loadBalancer.arn}' has been reached`,
          );
        }
        checkAssociations(state, loadBalancer, forwardedGroups(state, actions));
        const rule: Rule = {
          arn: `${listener.defaultRule.arn.slice(0, listener.defaultRule.arn.lastIndexOf("/"))}/${context.ids.hex(16)}`,
          createdAt: context.clock.now(),
          tags,
          listenerArn: listener.arn,
          isDefault: false,
          priority: input.Priority,
          conditions,
          actions,
          transforms,
        };
        state.rules.set(rule.arn, rule);
        listener.rules.set(rule.arn, rule);
        listener.priorities.set(rule.priority, rule);
        loadBalancer.ruleCount += 1;
        replaceReferences(state, { arn: rule.arn, loadBalancer }, [], actions);
        return { Rules: [ruleToWire(listener, rule)] };
      },
    }),
    defineOperation({
      name: "DescribeRules",
      mutating: false,
      bucket: "reads",
      input: { ListenerArn: string(), RuleArns: list(string()), ...pageMembers },
      handle(input) {
        const { ListenerArn: listenerArn, RuleArns: arns = [] } = input;
        if ((listenerArn === undefined) === (arns.length === 0))
          throw validationError("You must specify either a listener ARN or rule ARNs");
        const rules = listenerArn === undefined ? namedRules(state, arns) : rulesOf(state.getListener(listenerArn));
        const visible = rules.filter((rule) => rule.isDefault || state.isVisible(rule));
        const page = onePage(visible, sortKey, input, { state, scope: [listenerArn, arns] });
        return {
          Rules: page.items.map((rule) => ruleToWire(listenerOf(state, rule), rule)),
          NextMarker: page.NextMarker,
        };
      },
    }),
    defineOperation({
      name: "ModifyRule",
      mutating: true,
      bucket: "writes",
      secrets: ["ClientSecret"],
      input: {
        RuleArn: required(string()),
        Conditions: conditionList,
        Actions: actionList,
        Transforms: transformList,
        ResetTransforms: boolean(),
      },
      handle(input) {
        const rule = state.getRule(input.RuleArn);
        const listener = listenerOf(state, rule);
        const { loadBalancer, protocol } = listener;
        const { Conditions: conditionInput, Actions: actionInput, Transforms: transformInput } = input;
        const reset = input.ResetTransforms === true;
        if (conditionInput === undefined && actionInput === undefined && transformInput === undefined && !reset)
          throw validationError("Either conditions or actions must be specified");
        if (rule.isDefault) throw notPermitted(`Default rule '${rule.arn}' cannot be modified`);
        if (reset && transformInput !== undefined)
          throw validationError("Transforms cannot be set and reset in one call");
        const conditions =
          conditionInput === undefined
            ? rule.conditions
            : storedConditions(conditionInput, loadBalancer.type, state.context.quotas);
        const actions =
          actionInput === undefined
            ? rule.actions
            : storedActions(state, actionInput, { loadBalancer, protocol, before: rule.actions });
        const transforms = reset
          ? []
          : transformInput === undefined
            ? rule.transforms
            : storedTransforms(transformInput);
        checkTransforms(listener, transforms);
        checkAssociations(state, loadBalancer, forwardedGroups(state, actions));
        replaceReferences(state, { arn: rule.arn, loadBalancer }, rule.actions, actions);
        Object.assign(rule, { conditions, actions, transforms });
        return { Rules: [ruleToWire(listener, rule)] };
      },
    }),
    defineOperation({
      name: "SetRulePriorities",
      mutating: true,
      bucket: "writes",
      input: {
        RulePriorities: required(
          list(structure({ RuleArn: required(string()), Priority: required(priority) }), { min: 1 }),
        ),
      },
      handle(input) {
        const moves = input.RulePriorities.map((move) => ({ rule: state.getRule(move.RuleArn), to: move.Priority }));
        const listener = checkMoves(state, moves);
        for (const { rule } of moves) listener.priorities.delete(rule.priority);
        for (const { rule, to } of moves) {
          rule.priority = to;
          listener.priorities.set(to, rule);
        }
        return { Rules: moves.map(({ rule }) => ruleToWire(listener, rule)) };
      },
    }),
    defineOperation({
      name: "DeleteRule",
      mutating: true,
      bucket: "writes",
      input: { RuleArn: required(string()) },
      handle(input) {
        const rule = state.getRule(input.RuleArn);
        if (rule.isDefault) throw notPermitted(`Default rule '${rule.arn}' cannot be deleted`);
        dropRule(state, listenerOf(state, rule), rule);
        return {};
      },
    }),
  ];
}

function ruleToWire(listener: Listener, rule: Rule): Record<string, unknown> {
  return {
    RuleArn: rule.arn,
    Priority: rule.isDefault ? "default" : String(rule.priority),
    Conditions: rule.conditions,
    Actions: actionsToWire(rule.isDefault ? listener.defaultActions : rule.actions),
    IsDefault: rule.isDefault,
    Transforms: rule.transforms,
  };
}

function listenerOf(state: Elbv2State, rule: Rule): Listener {
  const listener = state.listeners.get(rule.listenerArn);
  if (listener === undefined) throw ruleNotFound(rule.arn);
  return listener;
}

function rulesOf(listener: Listener): readonly Rule[] {
  return [...listener.rules.values(), listener.defaultRule];
}

function namedRules(state: Elbv2State, arns: readonly string[]): readonly Rule[] {
  return [...new Set(arns)].map((arn) => {
    const rule = state.rules.get(arn);
    if (rule === undefined || !state.isVisible(rule)) throw ruleNotFound();
    return rule;
  });
}

/** Ascending priority, the default rule last. */
function sortKey(rule: Rule): string {
  return `${rule.isDefault ? "default" : String(rule.priority).padStart(5, "0")} ${rule.arn}`;
}

function checkTransforms(listener: Listener, transforms: readonly object[]): void {
  if (transforms.length > 0 && listener.loadBalancer.type === "network")
    throw invalidConfiguration("Transforms are not supported on network load balancers");
}

function checkMoves(state: Elbv2State, moves: readonly { readonly rule: Rule; readonly to: number }[]): Listener {
  const listeners = new Set(moves.map(({ rule }) => listenerOf(state, rule)));
  const [listener] = listeners;
  if (listener === undefined || listeners.size > 1) throw validationError("All rules must belong to the same listener");
  const moving = new Set<Rule>();
  const taken = new Set<number>();
  for (const { rule, to } of moves) {
    if (rule.isDefault) throw notPermitted(`The priority of default rule '${rule.arn}' cannot be modified`);
    if (moving.has(rule)) throw validationError(`Rule '${rule.arn}' was provided multiple times`);
    if (taken.has(to)) throw validationError(`Priority '${to}' was provided multiple times`);
    moving.add(rule);
    taken.add(to);
  }
  for (const { to } of moves) {
    const holder = listener.priorities.get(to);
    if (holder !== undefined && !moving.has(holder))
      throw new AwsError("PriorityInUse", `Priority '${to}' is currently in use`);
  }
  return listener;
}
