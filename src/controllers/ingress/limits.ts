import type { Resource } from "../../engine/stack.ts";
import type { SecurityGroupSpec } from "../../resources/ec2/specs.ts";
import type { ActionSpec, ListenerSpec, RuleSpec } from "../../resources/elbv2/specs.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { LoadBalancerQuotas } from "./input.ts";

/** What a group would use of one quota. */
interface Use {
  readonly what: string;
  /** AWS's error code for it. */
  readonly code: string;
  readonly used: number;
  readonly limit: number;
}

/** Quotas as the account has them, where AWS told; it tells only those of Elastic Load Balancing. */
export function accountQuotas(
  defaults: LoadBalancerQuotas,
  limits: Readonly<Record<string, number>>,
): LoadBalancerQuotas {
  const at = (name: string): number => limits[name] ?? 0;
  return {
    ...defaults,
    rules: Math.max(defaults.rules, at("rules-per-application-load-balancer")),
    targetGroups: Math.max(defaults.targetGroups, at("target-groups-per-application-load-balancer")),
    targetGroupsPerAction: Math.max(
      defaults.targetGroupsPerAction,
      at("target-groups-per-action-on-application-load-balancer"),
    ),
    certificates: Math.max(defaults.certificates, at("certificates-per-application-load-balancer")),
    listeners: Math.max(defaults.listeners, at("listeners-per-application-load-balancer")),
  };
}

/** Undefined while the model of a group is within AWS's quotas; else the first that it exceeds, in words. */
export function exceededQuota(resources: readonly Resource[], quotas: LoadBalancerQuotas): InputError | undefined {
  const exceeded = uses(resources, quotas).find(({ used, limit }) => used > limit);
  if (exceeded === undefined) return undefined;
  const { what, code, used, limit } = exceeded;
  return new InputError(`the load balancer would have ${used} ${what}, the quota is ${limit} (${code})`, {
    reason: "QuotaExceeded",
    value: `${used}/${limit}`,
  });
}

function uses(resources: readonly Resource[], quotas: LoadBalancerQuotas): readonly Use[] {
  const of = <Spec>(type: string): readonly Spec[] =>
    resources.filter((resource) => resource.type === type).map(({ spec }) => spec as Spec);
  const rules = of<RuleSpec>("elbv2/Rule");
  const listeners = of<ListenerSpec>("elbv2/Listener").filter(({ protocol }) => protocol.startsWith("HTTP"));
  const targetGroups = new Set(
    [...rules.map(({ actions }) => actions), ...listeners.map(({ defaultActions }) => defaultActions)]
      .flat()
      .flatMap(targetGroupsOf),
  );
  const certificates = listeners.flatMap(({ extraCertificateARNs }) => extraCertificateARNs ?? []);
  const permissions = of<SecurityGroupSpec>("ec2/SecurityGroup").map(({ ingress }) => ingress ?? []);
  const perFamily = permissions.flatMap((list) => [
    list.filter(({ source }) => !("cidrIPv6" in source)).length,
    list.filter(({ source }) => !("cidr" in source)).length,
  ]);
  return [
    { what: "rules", code: "TooManyRules", used: rules.length, limit: quotas.rules },
    {
      what: "target groups",
      code: "TooManyUniqueTargetGroupsPerLoadBalancer",
      used: targetGroups.size,
      limit: quotas.targetGroups,
    },
    { what: "listeners", code: "TooManyListeners", used: listeners.length, limit: quotas.listeners },
    {
      what: "certificates beside the default ones",
      code: "TooManyCertificates",
      used: certificates.length,
      limit: quotas.certificates,
    },
    {
      what: "inbound rules in its security group",
      code: "RulesPerSecurityGroupLimitExceeded",
      used: Math.max(0, ...perFamily),
      limit: quotas.securityGroupRules,
    },
  ];
}

function targetGroupsOf(action: ActionSpec): readonly string[] {
  if (action.type !== "forward") return [];
  return action.targetGroups.map(({ targetGroupARN }) => JSON.stringify(targetGroupARN));
}
