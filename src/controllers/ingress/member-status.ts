import type { Ingress, LoadBalancerIngress } from "../../api/builtin.ts";
import type { Observed } from "../../engine/resource-type.ts";
import { sameHostnames } from "../load-balancing/hostname-status.ts";
import { dnsNameOf } from "../load-balancing/report.ts";
import { frontendNLBID } from "./frontend-nlb.ts";
import { loadBalancerID } from "./load-balancer.ts";

/** The entries that a member shall have: the load balancer with the member's own ports, and the frontend NLB. */
export function wantedEntries(observed: readonly Observed[], ports: readonly number[]): readonly LoadBalancerIngress[] {
  const hostname = dnsNameOf(observed, loadBalancerID);
  if (hostname === undefined) return [];
  const frontend = dnsNameOf(observed, frontendNLBID);
  return [
    { hostname, ports: ports.map((port) => ({ port, protocol: "TCP" })) },
    ...(frontend === undefined ? [] : [{ hostname: frontend }]),
  ];
}

/** The merge patch of a member's status, or undefined when it is right already. */
export function statusPatch(ingress: Ingress, wanted: readonly LoadBalancerIngress[]): object | undefined {
  if (sameHostnames(ingress.status?.loadBalancer?.ingress, wanted)) return undefined;
  return { status: { loadBalancer: { ingress: wanted } } };
}

/** For a member that left and lives on: takes our hostnames away, and only ours. */
export function departurePatch(ingress: Ingress, observed: readonly Observed[]): object | undefined {
  const ours = [dnsNameOf(observed, loadBalancerID), dnsNameOf(observed, frontendNLBID)];
  const present = ingress.status?.loadBalancer?.ingress ?? [];
  const kept = present.filter(({ hostname }) => hostname === undefined || !ours.includes(hostname));
  return kept.length === present.length
    ? undefined
    : { status: { loadBalancer: { ingress: kept.length === 0 ? null : kept } } };
}
