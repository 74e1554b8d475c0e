import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Difference } from "../../engine/resource-type.ts";
import { isRef } from "../../engine/stack.ts";
import { compareTags } from "../tagging.ts";
import { compareAttributes } from "./context.ts";
import type { LoadBalancerSpec, StringOrRef, SubnetMapping } from "./specs.ts";

/** A described load balancer in the words of the spec; attributes, capacity and tags come from elsewhere. */
export function describedSpec(item: LoadBalancer): Omit<LoadBalancerSpec, "attributes" | "tags"> {
  return {
    name: item.LoadBalancerName ?? "",
    type: item.Type === "network" ? "network" : "application",
    scheme: item.Scheme === "internal" ? "internal" : "internet-facing",
    ipAddressType: (item.IpAddressType ?? "ipv4") as LoadBalancerSpec["ipAddressType"],
    subnetMappings: (item.AvailabilityZones ?? []).map((zone) => {
      const [address] = zone.LoadBalancerAddresses ?? [];
      const [prefix] = zone.SourceNatIpv6Prefixes ?? [];
      return {
        subnetID: zone.SubnetId ?? "",
        ...(address?.AllocationId === undefined ? {} : { allocationID: address.AllocationId }),
        ...(address?.PrivateIPv4Address === undefined ? {} : { privateIPv4Address: address.PrivateIPv4Address }),
        ...(address?.IPv6Address === undefined ? {} : { ipv6Address: address.IPv6Address }),
        ...(prefix === undefined ? {} : { sourceNatIpv6Prefix: prefix }),
      };
    }),
    securityGroups: item.SecurityGroups ?? [],
    ...(item.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic === undefined
      ? {}
      : {
          enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: onOff(
            item.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic,
          ),
        }),
    ...(item.CustomerOwnedIpv4Pool === undefined ? {} : { customerOwnedIPv4Pool: item.CustomerOwnedIpv4Pool }),
    ...(item.IpamPools?.Ipv4IpamPoolId === undefined ? {} : { ipv4IPAMPoolID: item.IpamPools.Ipv4IpamPoolId }),
    ...(item.EnablePrefixForIpv6SourceNat === undefined
      ? {}
      : { enablePrefixForIPv6SourceNat: onOff(item.EnablePrefixForIpv6SourceNat) }),
  };
}

function onOff(value: string): "on" | "off" {
  return value === "on" ? "on" : "off";
}

/**
 * Type and scheme need another load balancer. The name and a customer-owned pool are given at creation and not compared;
 * nor are elastic and private addresses of subnets that are attached already, which AWS cannot change.
 */
export function compareLoadBalancers(desired: LoadBalancerSpec, observed: LoadBalancerSpec): readonly Difference[] {
  const differences: Difference[] = [];
  const add = (field: string, from: unknown, to: unknown, replace = false): void => {
    differences.push(replace ? { field, from, to, replace } : { field, from, to });
  };
  if (desired.type !== observed.type) add("type", observed.type, desired.type, true);
  if (desired.scheme !== observed.scheme) add("scheme", observed.scheme, desired.scheme, true);
  if (desired.ipv4IPAMPoolID !== observed.ipv4IPAMPoolID && desired.type === "application") {
    add("ipv4IPAMPoolID", observed.ipv4IPAMPoolID, desired.ipv4IPAMPoolID);
  }
  compareSecurityGroups(desired, observed, add);
  const enforce = desired.enforceSecurityGroupInboundRulesOnPrivateLinkTraffic;
  const enforced = observed.enforceSecurityGroupInboundRulesOnPrivateLinkTraffic;
  if (enforce !== undefined && enforce !== (enforced ?? "on")) {
    add("enforceSecurityGroupInboundRulesOnPrivateLinkTraffic", enforced, enforce);
  }
  if (!sameSubnets(desired, observed)) add("subnetMappings", observed.subnetMappings, desired.subnetMappings);
  const prefix = desired.enablePrefixForIPv6SourceNat;
  if (prefix !== undefined && prefix !== (observed.enablePrefixForIPv6SourceNat ?? "off")) {
    add("enablePrefixForIPv6SourceNat", observed.enablePrefixForIPv6SourceNat, prefix);
  }
  if (desired.ipAddressType !== observed.ipAddressType) {
    add("ipAddressType", observed.ipAddressType, desired.ipAddressType);
  }
  const capacity = desired.minimumCapacityUnits;
  if (capacity !== undefined && capacity !== (observed.minimumCapacityUnits ?? 0)) {
    add("minimumCapacityUnits", observed.minimumCapacityUnits, capacity);
  }
  return [
    ...differences,
    ...compareAttributes(desired.attributes, observed.attributes),
    ...compareTags(desired.tags, observed.tags),
  ];
}

/** An NLB that was made without security groups can never have any, one with some never none (ELBv2, SetSecurityGroups). */
function compareSecurityGroups(
  desired: LoadBalancerSpec,
  observed: LoadBalancerSpec,
  add: (field: string, from: unknown, to: unknown, replace?: boolean) => void,
): void {
  if (desired.securityGroups === undefined) return;
  const present = observed.securityGroups ?? [];
  if (sameSet(desired.securityGroups.map(idOf), present.map(idOf))) return;
  const impossible = desired.type === "network" && (desired.securityGroups.length === 0) !== (present.length === 0);
  add("securityGroups", present, desired.securityGroups, impossible);
}

function sameSubnets(desired: LoadBalancerSpec, observed: LoadBalancerSpec): boolean {
  const ids = ({ subnetMappings }: LoadBalancerSpec): string[] => subnetMappings.map(({ subnetID }) => subnetID);
  if (!sameSet(ids(desired), ids(observed))) return false;
  const present = new Map(observed.subnetMappings.map((mapping) => [mapping.subnetID, mapping]));
  return desired.subnetMappings.every((mapping) => {
    const other = present.get(mapping.subnetID);
    return samePrefix(mapping, other) && !gainsIPv6(desired, observed, mapping, other);
  });
}

/** `auto_assigned` is whatever AWS chose. */
function samePrefix(mapping: SubnetMapping, other: SubnetMapping | undefined): boolean {
  if (mapping.sourceNatIpv6Prefix === undefined) return true;
  if (mapping.sourceNatIpv6Prefix === "auto_assigned") return other?.sourceNatIpv6Prefix !== undefined;
  return mapping.sourceNatIpv6Prefix === other?.sourceNatIpv6Prefix;
}

/** A static IPv6 address can be given at the change from ipv4 to dualstack, and never later. */
function gainsIPv6(
  desired: LoadBalancerSpec,
  observed: LoadBalancerSpec,
  mapping: SubnetMapping,
  other: SubnetMapping | undefined,
): boolean {
  return (
    mapping.ipv6Address !== undefined &&
    other?.ipv6Address === undefined &&
    desired.ipAddressType === "dualstack" &&
    observed.ipAddressType === "ipv4"
  );
}

function idOf(value: StringOrRef): string {
  return isRef(value) ? JSON.stringify(value) : value;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a);
  const right = new Set(b);
  return left.size === right.size && [...left].every((item) => right.has(item));
}
