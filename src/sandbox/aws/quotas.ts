/** Account limits. Names and defaults as "Quotas for your Application/Network Load Balancers" gives them. */
export interface Quotas {
  readonly applicationLoadBalancers: number;
  readonly networkLoadBalancers: number;
  readonly targetGroups: number;
  readonly targetGroupsPerLoadBalancer: number;
  readonly targetGroupsPerAction: number;
  readonly targetsPerTargetGroup: number;
  readonly targetsPerApplicationLoadBalancer: number;
  readonly targetsPerNetworkLoadBalancer: number;
  readonly registrationsPerTarget: number;
  readonly listenersPerLoadBalancer: number;
  readonly rulesPerApplicationLoadBalancer: number;
  readonly certificatesPerLoadBalancer: number;
  readonly conditionValuesPerRule: number;
  readonly conditionWildcardsPerRule: number;
  readonly securityGroupsPerLoadBalancer: number;
  readonly trustStores: number;
}

export const defaultQuotas: Quotas = {
  applicationLoadBalancers: 50,
  networkLoadBalancers: 50,
  targetGroups: 3000,
  targetGroupsPerLoadBalancer: 100,
  targetGroupsPerAction: 5,
  targetsPerTargetGroup: 1000,
  targetsPerApplicationLoadBalancer: 1000,
  targetsPerNetworkLoadBalancer: 3000,
  registrationsPerTarget: 1000,
  listenersPerLoadBalancer: 50,
  rulesPerApplicationLoadBalancer: 100,
  certificatesPerLoadBalancer: 25,
  conditionValuesPerRule: 5,
  conditionWildcardsPerRule: 5,
  securityGroupsPerLoadBalancer: 5,
  trustStores: 20,
};
