import type { IpPermission } from "@aws-sdk/client-ec2";
import ipaddr from "ipaddr.js";
import { isRef } from "../../engine/stack.ts";
import { canonicalJson } from "../../json.ts";
import { literal } from "../elbv2/context.ts";
import type { IngressPermission } from "./specs.ts";

/** EC2 permissions hold many sources each: here they are one by one. */
export function fromSdkPermissions(permissions: readonly IpPermission[] | undefined): readonly IngressPermission[] {
  return (permissions ?? []).flatMap((permission) => {
    const { IpProtocol = "-1", FromPort, ToPort } = permission;
    const base = {
      protocol: protocolName(IpProtocol),
      ...(FromPort === undefined ? {} : { fromPort: FromPort }),
      ...(ToPort === undefined ? {} : { toPort: ToPort }),
    };
    const described = (Description: string | undefined): { description?: string } =>
      Description === undefined ? {} : { description: Description };
    return [
      ...(permission.IpRanges ?? []).map(({ CidrIp = "", Description }) => ({
        ...base,
        source: { cidr: CidrIp },
        ...described(Description),
      })),
      ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 = "", Description }) => ({
        ...base,
        source: { cidrIPv6: CidrIpv6 },
        ...described(Description),
      })),
      ...(permission.PrefixListIds ?? []).map(({ PrefixListId = "", Description }) => ({
        ...base,
        source: { prefixListID: PrefixListId },
        ...described(Description),
      })),
      ...(permission.UserIdGroupPairs ?? []).map(({ GroupId = "", Description }) => ({
        ...base,
        source: { securityGroupID: GroupId },
        ...described(Description),
      })),
    ];
  });
}

/** One entry for each protocol and port range, with all its sources: one call carries them all. */
export function toSdkPermissions(permissions: readonly IngressPermission[]): IpPermission[] {
  const byRange = new Map<string, IpPermission>();
  for (const { protocol, fromPort, toPort, source, description } of permissions) {
    const key = canonicalJson([protocol, fromPort, toPort]);
    const entry = byRange.get(key) ?? {
      IpProtocol: protocol,
      ...(fromPort === undefined ? {} : { FromPort: fromPort }),
      ...(toPort === undefined ? {} : { ToPort: toPort }),
    };
    byRange.set(key, entry);
    const Description = description === undefined || description === "" ? {} : { Description: description };
    if ("cidr" in source) {
      entry.IpRanges = [...(entry.IpRanges ?? []), { CidrIp: source.cidr, ...Description }];
    } else if ("cidrIPv6" in source) {
      entry.Ipv6Ranges = [...(entry.Ipv6Ranges ?? []), { CidrIpv6: source.cidrIPv6, ...Description }];
    } else if ("prefixListID" in source) {
      entry.PrefixListIds = [...(entry.PrefixListIds ?? []), { PrefixListId: source.prefixListID, ...Description }];
    } else {
      const GroupId = literal(source.securityGroupID);
      entry.UserIdGroupPairs = [...(entry.UserIdGroupPairs ?? []), { GroupId, ...Description }];
    }
  }
  return [...byRange.values()];
}

const protocolNames: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6" };

function protocolName(protocol: string): string {
  return protocolNames[protocol] ?? protocol.toLowerCase();
}

/**
 * What makes two permissions the same rule for EC2: protocol, ports and source, in the form in which EC2 keeps them (a block
 * loses its host bits, all protocols have no ports). The description is no part of it.
 */
export function permissionKey({ protocol, fromPort, toPort, source }: IngressPermission): string {
  const name = protocolName(protocol);
  const ports = name === "-1" ? "" : `${fromPort ?? -1}-${toPort ?? -1}`;
  if ("cidr" in source) return `${name} ${ports} ${network(source.cidr)}`;
  if ("cidrIPv6" in source) return `${name} ${ports} ${network(source.cidrIPv6)}`;
  if ("prefixListID" in source) return `${name} ${ports} ${source.prefixListID}`;
  const group = source.securityGroupID;
  return `${name} ${ports} ${isRef(group) ? canonicalJson(group) : group}`;
}

function network(cidr: string): string {
  if (!ipaddr.isValidCIDR(cidr)) return cidr;
  const [address, length] = ipaddr.parseCIDR(cidr);
  const base =
    address.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()
      : ipaddr.IPv6.networkAddressFromCIDR(cidr).toString();
  return `${base}/${length}`;
}

/** Rules to add and to take away. Pure. */
export function permissionChanges(
  desired: readonly IngressPermission[],
  observed: readonly IngressPermission[],
): { readonly missing: readonly IngressPermission[]; readonly surplus: readonly IngressPermission[] } {
  const wanted = new Map(desired.map((permission) => [permissionKey(permission), permission]));
  const present = new Map(observed.map((permission) => [permissionKey(permission), permission]));
  return {
    missing: [...wanted].filter(([key]) => !present.has(key)).map(([, permission]) => permission),
    surplus: [...present].filter(([key]) => !wanted.has(key)).map(([, permission]) => permission),
  };
}

/** Permissions in one line each, sorted, for people. */
export function shownPermissions(permissions: readonly IngressPermission[]): readonly string[] {
  return permissions.map(permissionKey).toSorted();
}
