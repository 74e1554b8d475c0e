import type { IngressPermission } from "../../resources/ec2/specs.ts";
import { parseCidr } from "./cidr.ts";

/** Who may reach one port of a load balancer. */
export interface InboundPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly cidrs: readonly string[];
  readonly prefixLists: readonly string[];
}

/**
 * The inbound rules of a managed security group. A port with neither CIDRs nor prefix lists is open to everyone. IPv6
 * sources count on dual-stack load balancers only. Neighbouring ports with equal sources share ranges when `merge` is
 * set, which saves rules where the quota of EC2 (60 per group and family) would not suffice.
 */
export function inboundPermissions(
  ports: readonly InboundPort[],
  options: { readonly dualStack: boolean; readonly merge?: boolean },
): readonly IngressPermission[] {
  const wanted = ports.map((port) => ({ port, sources: sourcesOf(port, options.dualStack) }));
  const permissions: IngressPermission[] = [];
  for (const { protocol, fromPort, toPort, sources } of options.merge === true
    ? mergeNeighbours(wanted)
    : wanted.map(single)) {
    for (const source of sources) permissions.push({ protocol, fromPort, toPort, source });
  }
  return permissions;
}

type Source = IngressPermission["source"];

function sourcesOf(port: InboundPort, dualStack: boolean): readonly Source[] {
  const open = port.cidrs.length === 0 && port.prefixLists.length === 0;
  const cidrs = (open ? ["0.0.0.0/0", "::/0"] : port.cidrs).flatMap((text) => parseCidr(text) ?? []);
  return [
    ...cidrs.filter(({ family }) => family === "ipv4").map(({ text }) => ({ cidr: text })),
    ...cidrs.filter(({ family }) => family === "ipv6" && dualStack).map(({ text }) => ({ cidrIPv6: text })),
    ...port.prefixLists.map((prefixListID) => ({ prefixListID })),
  ];
}

interface Range {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly sources: readonly Source[];
}

function single(wanted: { readonly port: InboundPort; readonly sources: readonly Source[] }): Range {
  return {
    protocol: wanted.port.protocol,
    fromPort: wanted.port.port,
    toPort: wanted.port.port,
    sources: wanted.sources,
  };
}

function mergeNeighbours(
  wanted: readonly { readonly port: InboundPort; readonly sources: readonly Source[] }[],
): readonly Range[] {
  const ranges: Range[] = [];
  for (const range of wanted
    .map(single)
    .sort((a, b) => a.protocol.localeCompare(b.protocol) || a.fromPort - b.fromPort)) {
    const last = ranges.at(-1);
    const joins =
      last !== undefined &&
      last.protocol === range.protocol &&
      last.toPort + 1 === range.fromPort &&
      JSON.stringify(last.sources) === JSON.stringify(range.sources);
    if (joins) ranges[ranges.length - 1] = { ...last, toPort: range.toPort };
    else ranges.push(range);
  }
  return ranges;
}
