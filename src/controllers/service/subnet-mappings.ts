import ipaddr from "ipaddr.js";
import type { SubnetMapping } from "../../resources/elbv2/specs.ts";
import { parseCidr } from "../load-balancing/cidr.ts";
import type { SubnetFact } from "../load-balancing/facts.ts";
import type { Placement } from "./placement.ts";
import type { ServiceView } from "./service-view.ts";

type Place = Omit<Placement, "mappings" | "succession">;

/** One mapping for each subnet, in order, with the addresses that the user wants there. */
export function subnetMappings(view: ServiceView, place: Place): readonly SubnetMapping[] {
  const elastic = elasticAddresses(view, place);
  const privateIPv4 = privateAddresses(view, place);
  const ipv6 = ipv6Addresses(view, place);
  const prefixes = sourceNatPrefixes(view, place);
  return place.subnets.map(({ id }, index) => ({
    subnetID: id,
    ...optional("allocationID", elastic?.[index]),
    ...optional("privateIPv4Address", privateIPv4?.[index]),
    ...optional("ipv6Address", ipv6?.[index]),
    ...(place.sourceNat === "on" ? optional("sourceNatIpv6Prefix", prefixes?.[index]) : {}),
  }));
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: string };
}

function elasticAddresses(view: ServiceView, { scheme, subnets }: Place): readonly string[] | undefined {
  const suffix = "eip-allocations";
  const ids = view.annotations.list(suffix);
  if (ids === undefined) return undefined;
  if (scheme !== "internet-facing")
    throw view.annotations.invalid(suffix, `can only be set for internet-facing load balancers; this one is ${scheme}`);
  requireOnePerSubnet(view, suffix, ids, subnets);
  return ids;
}

function privateAddresses(view: ServiceView, { scheme, subnets }: Place): readonly string[] | undefined {
  const suffix = "private-ipv4-addresses";
  const addresses = view.annotations.list(suffix);
  if (addresses === undefined) return undefined;
  if (scheme !== "internal")
    throw view.annotations.invalid(suffix, `can only be set for internal load balancers; this one is ${scheme}`);
  requireOnePerSubnet(view, suffix, addresses, subnets);
  for (const address of addresses) {
    if (!ipaddr.IPv4.isValidFourPartDecimal(address))
      throw view.annotations.invalid(suffix, `has ${address}, which is not an IPv4 address`);
  }
  return bySubnet(view, suffix, addresses, subnets, ({ cidr }) => (cidr === undefined ? [] : [cidr]));
}

function ipv6Addresses(view: ServiceView, { ipAddressType, subnets }: Place): readonly string[] | undefined {
  const suffix = "ipv6-addresses";
  const addresses = view.annotations.list(suffix);
  if (addresses === undefined) return undefined;
  if (ipAddressType !== "dualstack")
    throw view.annotations.invalid(suffix, "can only be set for dualstack load balancers; this one is ipv4");
  requireOnePerSubnet(view, suffix, addresses, subnets);
  for (const address of addresses) {
    if (!ipaddr.IPv6.isValid(address))
      throw view.annotations.invalid(suffix, `has ${address}, which is not an IPv6 address`);
  }
  return bySubnet(view, suffix, addresses, subnets, ({ ipv6CIDRs = [] }) => ipv6CIDRs);
}

function sourceNatPrefixes(
  view: ServiceView,
  { ipAddressType, sourceNat, subnets }: Place,
): readonly string[] | undefined {
  const suffix = "source-nat-ipv6-prefixes";
  const prefixes = view.annotations.list(suffix);
  if (prefixes === undefined) return undefined;
  if (ipAddressType !== "dualstack")
    throw view.annotations.invalid(suffix, "can only be set for dualstack load balancers; this one is ipv4");
  if (sourceNat !== "on")
    throw view.annotations.invalid(suffix, "needs annotation enable-prefix-for-ipv6-source-nat to be on");
  requireOnePerSubnet(view, suffix, prefixes, subnets);
  for (const [index, prefix] of prefixes.entries()) {
    if (prefix === "auto_assigned") continue;
    const parsed = parseCidr(prefix);
    if (parsed?.family !== "ipv6" || !prefix.endsWith("/80"))
      throw view.annotations.invalid(
        suffix,
        `has ${prefix}; each must be auto_assigned or an IPv6 CIDR of prefix length 80`,
      );
    const subnet = subnets[index];
    if (subnet === undefined || !isInside(prefix.slice(0, prefix.indexOf("/")), subnet.ipv6CIDRs ?? []))
      throw view.annotations.invalid(
        suffix,
        `has ${prefix}, which is not within the IPv6 CIDRs of subnet ${subnet?.id ?? ""}`,
      );
  }
  return prefixes;
}

function requireOnePerSubnet(
  { annotations }: ServiceView,
  suffix: string,
  values: readonly string[],
  subnets: readonly SubnetFact[],
): void {
  if (values.length === subnets.length) return;
  throw annotations.invalid(
    suffix,
    `has ${values.length} entries, and the load balancer ${subnets.length} subnets: count of both must match`,
  );
}

/** Addresses come in any order; each subnet takes the one that lies in its blocks. */
function bySubnet(
  { annotations }: ServiceView,
  suffix: string,
  addresses: readonly string[],
  subnets: readonly SubnetFact[],
  blocksOf: (subnet: SubnetFact) => readonly string[],
): readonly string[] {
  return subnets.map((subnet) => {
    const inside = addresses.filter((address) => isInside(address, blocksOf(subnet)));
    const [address] = inside;
    if (inside.length === 1 && address !== undefined) return address;
    const blocks = blocksOf(subnet).join(", ") || "no address blocks";
    throw annotations.invalid(
      suffix,
      `must have exactly one address of subnet ${subnet.id} (${blocks}); it has ${inside.length}`,
    );
  });
}

function isInside(address: string, blocks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return blocks.some((block) => {
    const [base, length] = ipaddr.parseCIDR(block);
    return base.kind() === parsed.kind() && parsed.match(base, length);
  });
}
