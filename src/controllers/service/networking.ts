import type { NetworkingPeer } from "../../resources/kubernetes/specs.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { BindingPort, BindingRule } from "../load-balancing/target-group-binding.ts";
import type { Placement } from "./placement.ts";
import type { AdmittedTraffic } from "./security-groups.ts";
import type { ServiceView } from "./service-view.ts";
import { readSourceRanges } from "./source-ranges.ts";
import { type ServiceTargetGroup, trafficPort } from "./target-group.ts";

/** Which traffic nodes or pods must let in for a target group; undefined: their security groups are left alone. */
export function bindingRules(
  view: ServiceView,
  group: ServiceTargetGroup,
  { admitted, place }: { readonly admitted: AdmittedTraffic; readonly place: Placement },
): readonly BindingRule[] | undefined {
  switch (admitted.by) {
    case "nobody":
      return undefined;
    case "group":
      return [{ from: [{ securityGroup: { groupID: admitted.groupID } }], ports: portsFromGroup(view, group) }];
    case "addresses":
      return rulesByAddress(view, group, place);
    default:
      return admitted satisfies never;
  }
}

const datagrams = ["UDP", "QUIC", "TCP_UDP", "TCP_QUIC"];
const onlyDatagrams = ["UDP", "QUIC"];

function portsFromGroup(view: ServiceView, group: ServiceTargetGroup): readonly BindingPort[] {
  const { protocol } = group.resource.spec;
  if (!view.input.settings.restrictedSecurityGroupRules)
    return datagrams.includes(protocol) ? [{ protocol: "TCP" }, { protocol: "UDP" }] : [{ protocol: "TCP" }];
  const ports = trafficPorts(group);
  const health = healthPort(group);
  if (onlyDatagrams.includes(protocol) || String(health) !== String(trafficPort(group)))
    return unique([...ports, { protocol: "TCP", port: health }]);
  return ports;
}

function trafficPorts(group: ServiceTargetGroup): readonly BindingPort[] {
  const { protocol } = group.resource.spec;
  const port = trafficPort(group);
  if (onlyDatagrams.includes(protocol)) return [{ protocol: "UDP", port }];
  if (!datagrams.includes(protocol)) return [{ protocol: "TCP", port }];
  return [
    { protocol: "UDP", port },
    { protocol: "TCP", port },
  ];
}

function healthPort(group: ServiceTargetGroup): number | string {
  const { port } = group.resource.spec.healthCheck;
  return port === "traffic-port" ? trafficPort(group) : Number(port);
}

/** Without a security group, traffic bears the client's address or that of the load balancer in its subnets. */
function rulesByAddress(view: ServiceView, group: ServiceTargetGroup, place: Placement): readonly BindingRule[] {
  const { spec } = group.resource;
  const family = spec.ipAddressType ?? "ipv4";
  const ofSubnets = place.subnets.flatMap(({ cidr, ipv6CIDRs = [] }) =>
    family === "ipv6" ? ipv6CIDRs : cidr === undefined ? [] : [cidr],
  );
  const showsClients = datagrams.includes(spec.protocol) || group.preservesClientIP;
  const ranges = readSourceRanges(view).map(({ text }) => text);
  const clients = ranges.length > 0 ? ranges : defaultClients(view, place.scheme, family);
  const traffic: BindingRule = { from: peers(showsClients ? clients : ofSubnets), ports: trafficPorts(group) };
  const admitsChecks = !showsClients || ranges.length === 0 || ranges.includes("0.0.0.0/0") || ranges.includes("::/0");
  const isOnTrafficPort = String(healthPort(group)) === String(trafficPort(group));
  if (admitsChecks && isOnTrafficPort && !onlyDatagrams.includes(spec.protocol)) return [traffic];
  return [traffic, { from: peers(ofSubnets), ports: [{ protocol: "TCP", port: healthPort(group) }] }];
}

/** Everyone; an internal load balancer is reached from the VPC only. */
function defaultClients(view: ServiceView, scheme: string, family: "ipv4" | "ipv6"): readonly string[] {
  if (scheme === "internet-facing") return [family === "ipv6" ? "::/0" : "0.0.0.0/0"];
  const answer = view.facts.ask({ kind: "vpc-cidrs" });
  if ("value" in answer) return answer.value[family];
  throw new InputError(`the address blocks of the VPC cannot be found out: ${answer.error}`, { reason: "VPCNotFound" });
}

function peers(cidrs: readonly string[]): readonly NetworkingPeer[] {
  return [...new Set(cidrs)].map((cidr) => ({ ipBlock: { cidr } }));
}

function unique(ports: readonly BindingPort[]): readonly BindingPort[] {
  return [...new Map(ports.map((port) => [`${port.protocol} ${port.port ?? ""}`, port])).values()];
}
