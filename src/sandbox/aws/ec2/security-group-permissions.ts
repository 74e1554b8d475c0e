import ipaddr from "ipaddr.js";
import { AwsError } from "../aws-error.ts";
import { integer, list, required, string, structure } from "../shapes.ts";
import type { RulePeer, SecurityGroupRule } from "./state.ts";

/** `IpPermissions.N` of the Authorize, Revoke and Update calls. */
export const ipPermission = structure({
  IpProtocol: string(),
  FromPort: integer(),
  ToPort: integer(),
  IpRanges: list(structure({ CidrIp: required(string()), Description: string() })),
  Ipv6Ranges: list(structure({ CidrIpv6: required(string()), Description: string() })),
  PrefixListIds: list(structure({ PrefixListId: required(string()), Description: string() })),
  Groups: list(
    structure({
      GroupId: string(),
      GroupName: string(),
      UserId: string(),
      VpcId: string(),
      VpcPeeringConnectionId: string(),
      PeeringStatus: string(),
      Description: string(),
    }),
  ),
});

export type IpPermissionInput = NonNullable<ReturnType<typeof ipPermission.decode>>;

/** What one rule allows, without its place. */
export interface RuleContent {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: RulePeer;
  readonly description: string | undefined;
}

const protocolNames: ReadonlyMap<string, string> = new Map([
  ["1", "icmp"],
  ["6", "tcp"],
  ["17", "udp"],
  ["58", "icmpv6"],
  ["all", "-1"],
]);

/** Single rules of the permissions, in EC2's normal form: protocol names, cleared host bits, -1 ports for "all". */
export function ruleContents(permissions: readonly IpPermissionInput[], accountId: string): readonly RuleContent[] {
  return permissions.flatMap((permission) => {
    const protocol = normalProtocol(permission.IpProtocol);
    const [fromPort, toPort] = portRange(protocol, permission);
    const peers: readonly { readonly peer: RulePeer; readonly description: string | undefined }[] = [
      ...(permission.IpRanges ?? []).map(({ CidrIp, Description }) => ({
        peer: { kind: "ipv4" as const, cidr: canonicalCidr(CidrIp, "ipv4") },
        description: Description,
      })),
      ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => ({
        peer: { kind: "ipv6" as const, cidr: canonicalCidr(CidrIpv6, "ipv6") },
        description: Description,
      })),
      ...(permission.PrefixListIds ?? []).map(({ PrefixListId, Description }) => ({
        peer: { kind: "prefixList" as const, id: PrefixListId },
        description: Description,
      })),
      ...(permission.Groups ?? []).map(({ GroupId, UserId, Description }) => {
        if (GroupId === undefined)
          throw new AwsError("MissingParameter", "The request must contain the parameter groupId");
        return { peer: { kind: "group" as const, id: GroupId, userId: UserId ?? accountId }, description: Description };
      }),
    ];
    return peers.map(({ peer, description }) => {
      checkDescription(description);
      return { protocol, fromPort, toPort, peer, description };
    });
  });
}

/** Equal keys are the same rule: the description does not count. */
export function ruleKey(rule: Omit<RuleContent, "description"> & { readonly isEgress?: boolean }): string {
  return `${rule.protocol} ${rule.fromPort} ${rule.toPort} ${peerKey(rule.peer)}`;
}

export function peerText(peer: RulePeer): string {
  return peer.kind === "ipv4" || peer.kind === "ipv6" ? peer.cidr : peer.id;
}

/** `"peer: 10.0.0.0/16, TCP, from port: 80, to port: 80, ALLOW"`, as EC2 names a rule in its messages. */
export function ruleText(rule: RuleContent): string {
  const ports =
    rule.protocol === "-1"
      ? "ALL"
      : `${rule.protocol.toUpperCase()}, from port: ${rule.fromPort}, to port: ${rule.toPort}`;
  return `"peer: ${peerText(rule.peer)}, ${ports}, ALLOW"`;
}

/** Rules as `ipPermissions`: one item for each protocol and port range, with all its peers. */
export function permissionsOf(rules: readonly SecurityGroupRule[]) {
  const ranges = Map.groupBy(rules, (rule) => `${rule.protocol} ${rule.fromPort} ${rule.toPort}`);
  return [...ranges.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const withPorts = first.protocol === "-1" ? {} : { fromPort: first.fromPort, toPort: first.toPort };
    return [
      {
        ipProtocol: first.protocol,
        ...withPorts,
        groups: same.flatMap(({ peer, description }) =>
          peer.kind === "group" ? [{ groupId: peer.id, userId: peer.userId, description }] : [],
        ),
        ipRanges: same.flatMap(({ peer, description }) =>
          peer.kind === "ipv4" ? [{ cidrIp: peer.cidr, description }] : [],
        ),
        ipv6Ranges: same.flatMap(({ peer, description }) =>
          peer.kind === "ipv6" ? [{ cidrIpv6: peer.cidr, description }] : [],
        ),
        prefixListIds: same.flatMap(({ peer, description }) =>
          peer.kind === "prefixList" ? [{ prefixListId: peer.id, description }] : [],
        ),
      },
    ];
  });
}

/** The egress rules that every new group starts with. */
export function egressToAnywhere(
  groupId: string,
  ipv6: boolean,
  newRuleId: () => string,
): readonly SecurityGroupRule[] {
  const peers: readonly RulePeer[] = [
    { kind: "ipv4", cidr: "0.0.0.0/0" },
    ...(ipv6 ? [{ kind: "ipv6" as const, cidr: "::/0" }] : []),
  ];
  return peers.map((peer) => ({
    ruleId: newRuleId(),
    groupId,
    isEgress: true,
    protocol: "-1",
    fromPort: -1,
    toPort: -1,
    peer,
    description: undefined,
    tags: new Map(),
  }));
}

export function checkDescription(description: string | undefined): void {
  if (description === undefined) return;
  if (description.length > 255 || !/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/.test(description))
    throw new AwsError(
      "InvalidParameterValue",
      "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: " +
        "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
}

function peerKey(peer: RulePeer): string {
  return `${peer.kind} ${peerText(peer)}`;
}

function normalProtocol(given: string | undefined): string {
  if (given === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter ipProtocol");
  const lower = given.toLowerCase();
  const protocol = protocolNames.get(lower) ?? lower;
  const known = ["tcp", "udp", "icmp", "icmpv6", "-1"].includes(protocol);
  const numeric = /^\d{1,3}$/.test(protocol) && Number(protocol) <= 255;
  if (!known && !numeric)
    throw new AwsError("InvalidParameterValue", `Invalid value '${given}' for IP protocol. Unknown protocol.`);
  return protocol;
}

function portRange(
  protocol: string,
  { FromPort: from, ToPort: to }: { readonly FromPort: number | undefined; readonly ToPort: number | undefined },
): readonly [number, number] {
  if (protocol === "icmp" || protocol === "icmpv6") return [from ?? -1, to ?? -1];
  if (protocol !== "tcp" && protocol !== "udp") return [-1, -1];
  if (from === undefined || to === undefined)
    throw new AwsError(
      "InvalidParameterValue",
      "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
    );
  if (from < 0 || to > 65_535 || from > to)
    throw new AwsError(
      "InvalidParameterValue",
      `Invalid value '${from}-${to}'. Invalid TCP/UDP port range (${from}:${to})`,
    );
  return [from, to];
}

function canonicalCidr(cidr: string, kind: "ipv4" | "ipv6"): string {
  const malformed = () => new AwsError("InvalidParameterValue", `CIDR block ${cidr} is malformed`);
  if (!cidr.includes("/") || !ipaddr.isValidCIDR(cidr)) throw malformed();
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  if (address.kind() !== kind) throw malformed();
  const network = kind === "ipv4" ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${prefix}`;
}
