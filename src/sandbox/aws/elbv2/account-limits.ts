import type { Quotas } from "../quotas.ts";
import { defineOperation, type Operation } from "../service.ts";
import { onePage, pageMembers } from "./paging.ts";
import type { Elbv2State } from "./state.ts";

export function accountLimitOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeAccountLimits",
      mutating: false,
      bucket: "reads",
      input: pageMembers,
      handle(input) {
        const limits = limitsOf(state.context.quotas);
        const page = onePage(limits, ({ Name: name }) => name, input, { state, scope: [] });
        return { Limits: page.items, NextMarker: page.NextMarker };
      },
    }),
  ];
}

/** Names as DescribeAccountLimits gives them. Source: ELBv2 API reference, Limit. */
function limitsOf(quotas: Quotas): readonly { readonly Name: string; readonly Max: string }[] {
  const limits: Readonly<Record<string, number>> = {
    "application-load-balancers": quotas.applicationLoadBalancers,
    "certificates-per-application-load-balancer": quotas.certificatesPerLoadBalancer,
    "condition-values-per-alb-rule": quotas.conditionValuesPerRule,
    "condition-wildcards-per-alb-rule": quotas.conditionWildcardsPerRule,
    "listeners-per-application-load-balancer": quotas.listenersPerLoadBalancer,
    "rules-per-application-load-balancer": quotas.rulesPerApplicationLoadBalancer,
    "target-groups-per-action-on-application-load-balancer": quotas.targetGroupsPerAction,
    "target-groups-per-application-load-balancer": quotas.targetGroupsPerLoadBalancer,
    "target-id-registrations-per-application-load-balancer": quotas.registrationsPerTarget,
    "targets-per-application-load-balancer": quotas.targetsPerApplicationLoadBalancer,
    "target-groups": quotas.targetGroups,
    "targets-per-target-group": quotas.targetsPerTargetGroup,
    "network-load-balancers": quotas.networkLoadBalancers,
    "certificates-per-network-load-balancer": quotas.certificatesPerLoadBalancer,
    "listeners-per-network-load-balancer": quotas.listenersPerLoadBalancer,
    "targets-per-network-load-balancer": quotas.targetsPerNetworkLoadBalancer,
    "targets-per-availability-zone-per-network-load-balancer": 500,
  };
  return Object.entries(limits).map(([name, max]) => ({ Name: name, Max: String(max) }));
}
