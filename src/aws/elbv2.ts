import type * as Elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Operation, Port } from "./operation.ts";
import { idempotentWrite, onceOnlyWrite, read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

const actions = (...names: string[]): string[] => names.map((name) => `elasticloadbalancing:${name}`);
const reads = (name: string): Operation => read("reads", actions(name));
const writes = (name: string): Operation => idempotentWrite("writes", actions(name));

/**
 * The ELBv2 operations that Fairlead uses. Creates of load balancers, target groups and listeners succeed again with
 * the same settings; a rule's does not ("Request throttling for the ELB API" and the API reference of Elastic Load
 * Balancing).
 */
export const elbv2Operations = {
  DescribeLoadBalancers: reads("DescribeLoadBalancers"),
  DescribeLoadBalancerAttributes: reads("DescribeLoadBalancerAttributes"),
  DescribeCapacityReservation: reads("DescribeCapacityReservation"),
  DescribeTargetGroups: reads("DescribeTargetGroups"),
  DescribeTargetGroupAttributes: reads("DescribeTargetGroupAttributes"),
  DescribeTargetHealth: { ...reads("DescribeTargetHealth"), lane: "health" },
  DescribeListeners: reads("DescribeListeners"),
  DescribeListenerAttributes: reads("DescribeListenerAttributes"),
  DescribeListenerCertificates: reads("DescribeListenerCertificates"),
  DescribeRules: reads("DescribeRules"),
  DescribeTags: reads("DescribeTags"),
  DescribeAccountLimits: reads("DescribeAccountLimits"),
  DescribeTrustStores: read("trustStoreReads", actions("DescribeTrustStores")),
  CreateLoadBalancer: idempotentWrite("resourceIntensive", actions("CreateLoadBalancer", "AddTags")),
  SetSubnets: idempotentWrite("resourceIntensive", actions("SetSubnets")),
  SetSecurityGroups: writes("SetSecurityGroups"),
  SetIpAddressType: writes("SetIpAddressType"),
  ModifyIpPools: writes("ModifyIpPools"),
  ModifyLoadBalancerAttributes: writes("ModifyLoadBalancerAttributes"),
  ModifyCapacityReservation: writes("ModifyCapacityReservation"),
  DeleteLoadBalancer: writes("DeleteLoadBalancer"),
  CreateTargetGroup: idempotentWrite("writes", actions("CreateTargetGroup", "AddTags")),
  ModifyTargetGroup: writes("ModifyTargetGroup"),
  ModifyTargetGroupAttributes: writes("ModifyTargetGroupAttributes"),
  DeleteTargetGroup: writes("DeleteTargetGroup"),
  RegisterTargets: { ...idempotentWrite("registration", actions("RegisterTargets")), lane: "registration" },
  DeregisterTargets: { ...idempotentWrite("registration", actions("DeregisterTargets")), lane: "registration" },
  CreateListener: idempotentWrite("writes", actions("CreateListener", "AddTags")),
  ModifyListener: writes("ModifyListener"),
  ModifyListenerAttributes: writes("ModifyListenerAttributes"),
  DeleteListener: writes("DeleteListener"),
  AddListenerCertificates: writes("AddListenerCertificates"),
  RemoveListenerCertificates: writes("RemoveListenerCertificates"),
  CreateRule: onceOnlyWrite("writes", actions("CreateRule", "AddTags")),
  ModifyRule: writes("ModifyRule"),
  SetRulePriorities: writes("SetRulePriorities"),
  DeleteRule: writes("DeleteRule"),
  AddTags: writes("AddTags"),
  RemoveTags: writes("RemoveTags"),
} as const satisfies Record<string, Operation>;

export type Elbv2Port = Port<typeof Elbv2, typeof elbv2Operations>;

export function createElbv2(factory: PortFactory): Elbv2Port {
  return createPort(factory, {
    service: "elbv2",
    operations: elbv2Operations,
    load: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
    client: (sdk: typeof Elbv2, settings: ClientSettings) => new sdk.ElasticLoadBalancingV2Client(settings),
  });
}
