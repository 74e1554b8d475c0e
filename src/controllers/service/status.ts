import type { Service } from "../../api/builtin.ts";
import { sameHostnames } from "../load-balancing/hostname-status.ts";

/** The merge patch that publishes the load balancer's name with all ports of the Service; undefined when it is there. */
export function statusPatch({ spec, status }: Service, hostname: string): object | undefined {
  const ports = (spec?.ports ?? []).map(({ port, protocol = "TCP" }) => ({ port, protocol }));
  const wanted = [{ hostname, ports }];
  return sameHostnames(status?.loadBalancer?.ingress, wanted)
    ? undefined
    : { status: { loadBalancer: { ingress: wanted } } };
}

/** Takes our name away; undefined when no name is there. */
export function clearingPatch({ status }: Service): object | undefined {
  const present = status?.loadBalancer?.ingress ?? [];
  return present.length === 0 ? undefined : { status: { loadBalancer: { ingress: null } } };
}
