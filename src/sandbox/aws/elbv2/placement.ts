import ipaddr from "ipaddr.js";
import { AwsError } from "../aws-error.ts";
import { list, string, structure, type ValueOf } from "../shapes.ts";
import type { SubnetView } from "../surroundings.ts";
import { invalidConfiguration, resourceInUse, validationError } from "./errors.ts";
import type { LoadBalancer, LoadBalancerIpType, LoadBalancerType, ZonePlacement } from "./model.ts";
import type { Elbv2State } from "./state.ts";

const subnetMapping = structure({
  SubnetId: string(),
  AllocationId: string(),
  PrivateIPv4Address: string(),
  IPv6Address: string(),
  SourceNatIpv6Prefix: string(),
});

/** The members that say where a load balancer stands. */
export const placementMembers = { Subnets: list(string()), SubnetMappings: list(subnetMapping) };

/** One subnet as asked for. */
export interface WantedSubnet extends Omit<ValueOf<typeof subnetMapping>, "SubnetId"> {
  readonly subnet: SubnetView;
}

export interface PlacementRules {
  readonly type: LoadBalancerType;
  readonly scheme: "internet-facing" | "internal";
  readonly ipAddressType: LoadBalancerIpType;
  readonly prefixForIpv6SourceNat: "on" | "off" | undefined;
  /** The subnets that the load balancer has already. */
  readonly current: readonly ZonePlacement[];
}

/** The subnets of a request after every check that AWS makes. Source: ELBv2 API reference, CreateLoadBalancer. */
export function wantedSubnets(
  state: Elbv2State,
  input: {
    readonly Subnets: readonly string[] | undefined;
    readonly SubnetMappings: readonly ValueOf<typeof subnetMapping>[] | undefined;
  },
  rules: PlacementRules,
): readonly WantedSubnet[] {
  if (input.Subnets !== undefined && input.SubnetMappings !== undefined)
    throw validationError("You can specify either subnets or subnet mappings, not both");
  const asked = input.SubnetMappings ?? (input.Subnets ?? []).map((id) => ({ ...noMapping, SubnetId: id }));
  if (asked.length === 0) throw validationError("At least one subnet must be specified");
  state.interfaces.sweep();
  const wanted = asked.map(({ SubnetId: id, ...mapping }): WantedSubnet => {
    if (id === undefined || id === "") throw validationError("A subnet ID must be specified");
    const subnet = state.context.surroundings.network.subnet(id);
    if (subnet === undefined) throw new AwsError("SubnetNotFound", `The subnet ID '${id}' does not exist`);
    return { ...mapping, subnet };
  });
  checkZones(wanted, rules);
  for (const subnet of wanted) checkSubnet(state, subnet, rules);
  const allocations = wanted.flatMap(({ AllocationId: id }) => (id === undefined ? [] : [id]));
  if (allocations.length > 0 && allocations.length < wanted.length)
    throw invalidConfiguration("You must specify an allocation ID for every subnet or for none");
  if (new Set(allocations).size < allocations.length)
    throw validationError("The same allocation ID was specified for several subnets");
  return wanted;
}

/** Puts the load balancer's feet into its subnets: keeps those that stand already, frees those no longer wanted. */
export function place(
  state: Elbv2State,
  loadBalancer: Pick<LoadBalancer, "id" | "name" | "type" | "scheme" | "vpcId" | "securityGroups">,
  wanted: readonly WantedSubnet[],
  current: readonly ZonePlacement[],
): readonly ZonePlacement[] {
  const bySubnet = new Map(current.map((placement) => [placement.subnetId, placement]));
  const zones = wanted.map((want): ZonePlacement => {
    const standing = bySubnet.get(want.subnet.id);
    bySubnet.delete(want.subnet.id);
    if (standing !== undefined)
      return { ...standing, sourceNatIpv6Prefix: want.SourceNatIpv6Prefix ?? standing.sourceNatIpv6Prefix };
    return stand(state, loadBalancer, want);
  });
  for (const left of bySubnet.values()) state.interfaces.release(left.held, state.context.timings.interfaceReleaseMs);
  return zones;
}

export function zonesToWire(zones: readonly ZonePlacement[]): Record<string, unknown>[] {
  return zones.map((placement) => ({
    ZoneName: placement.zone,
    SubnetId: placement.subnetId,
    LoadBalancerAddresses: addressesToWire(placement),
    SourceNatIpv6Prefixes: placement.sourceNatIpv6Prefix === undefined ? undefined : [placement.sourceNatIpv6Prefix],
  }));
}

const noMapping = {
  AllocationId: undefined,
  PrivateIPv4Address: undefined,
  IPv6Address: undefined,
  SourceNatIpv6Prefix: undefined,
};

/** Free addresses that ELB wants in each subnet. */
const addressReserve = 8;

function checkZones(wanted: readonly WantedSubnet[], rules: PlacementRules): void {
  const vpcs = new Set(wanted.map(({ subnet }) => subnet.vpcId));
  if (vpcs.size > 1) throw invalidConfiguration("All subnets must belong to the same VPC");
  const zones = new Set(wanted.map(({ subnet }) => subnet.zone));
  if (zones.size < wanted.length)
    throw invalidConfiguration("A load balancer cannot be attached to multiple subnets in the same Availability Zone");
  const local = wanted.every(({ subnet }) => subnet.zoneType !== "availability-zone");
  if (rules.type === "application" && zones.size < 2 && !local)
    throw validationError("At least two subnets in two different Availability Zones must be specified");
  for (const { subnet } of wanted) {
    const standing = rules.current.find(({ zone }) => zone === subnet.zone);
    if (standing !== undefined && standing.subnetId !== subnet.id) {
      throw invalidConfiguration(
        "You cannot specify an additional subnet from an Availability Zone that is already associated with the load balancer",
      );
    }
  }
}

function checkSubnet(state: Elbv2State, want: WantedSubnet, rules: PlacementRules): void {
  const { subnet } = want;
  const standing = rules.current.find(({ subnetId }) => subnetId === subnet.id);
  if (standing !== undefined) {
    checkUnchanged(want, standing);
    return;
  }
  if (want.PrivateIPv4Address === undefined && subnet.freeAddresses < addressReserve) {
    throw invalidSubnet(
      `Not enough IP space available in ${subnet.id}. ELB requires at least ${addressReserve} free IP addresses in each subnet.`,
    );
  }
  if (rules.type === "application" && prefixLength(subnet.cidr) > 27)
    throw invalidSubnet(`The subnet '${subnet.id}' is too small: it must have a CIDR block of at least /27`);
  const vpc = state.context.surroundings.network.vpc(subnet.vpcId);
  if (rules.scheme === "internet-facing" && vpc?.hasInternetGateway !== true)
    throw invalidSubnet(`VPC ${subnet.vpcId} has no internet gateway`);
  if (rules.ipAddressType !== "ipv4" && subnet.ipv6Cidr === undefined)
    throw invalidSubnet(`The subnet '${subnet.id}' has no associated IPv6 CIDR block`);
  checkMapping(state, want, rules);
}

function checkUnchanged(want: WantedSubnet, standing: ZonePlacement): void {
  const changed =
    (want.AllocationId !== undefined && want.AllocationId !== standing.allocationId) ||
    (want.PrivateIPv4Address !== undefined && want.PrivateIPv4Address !== standing.privateAddress);
  if (changed) throw invalidConfiguration(`The addresses of the subnet '${want.subnet.id}' in use cannot be changed`);
}

function checkMapping(state: Elbv2State, want: WantedSubnet, rules: PlacementRules): void {
  const { subnet, AllocationId: allocationId, PrivateIPv4Address: privateAddress, IPv6Address: ipv6 } = want;
  if (allocationId !== undefined) {
    if (rules.type !== "network" || rules.scheme !== "internet-facing")
      throw invalidConfiguration("Allocation IDs are supported only for internet-facing network load balancers");
    const address = state.context.surroundings.network.elasticIp(allocationId);
    if (address === undefined)
      throw new AwsError("AllocationIdNotFound", `The allocation IDs '${allocationId}' do not exist`);
    if (address.inUse) throw resourceInUse(`The allocation IDs are not available for use`);
  }
  if (privateAddress !== undefined) {
    if (rules.type !== "network" || rules.scheme !== "internal")
      throw invalidConfiguration("Private IPv4 addresses are supported only for internal network load balancers");
    if (!isInside(privateAddress, subnet.cidr))
      throw invalidConfiguration(`The private IPv4 address '${privateAddress}' is not in the subnet '${subnet.id}'`);
  }
  if (ipv6 !== undefined) {
    if (rules.type !== "network" || rules.ipAddressType !== "dualstack")
      throw invalidConfiguration("IPv6 addresses are supported only for dual-stack network load balancers");
    if (subnet.ipv6Cidr === undefined || !isInside(ipv6, subnet.ipv6Cidr))
      throw invalidConfiguration(`The IPv6 address '${ipv6}' is not in the subnet '${subnet.id}'`);
  }
  if (want.SourceNatIpv6Prefix !== undefined && rules.prefixForIpv6SourceNat !== "on")
    throw invalidConfiguration("Source NAT IPv6 prefixes require EnablePrefixForIpv6SourceNat to be 'on'");
}

function stand(
  state: Elbv2State,
  loadBalancer: Pick<LoadBalancer, "id" | "name" | "type" | "scheme" | "vpcId" | "securityGroups">,
  want: WantedSubnet,
): ZonePlacement {
  const { network } = state.context.surroundings;
  const { subnet, AllocationId: allocationId, PrivateIPv4Address: privateAddress } = want;
  const privateIp = network.takeAddress(subnet.id, privateAddress);
  if (privateIp === undefined) {
    throw privateAddress === undefined
      ? invalidSubnet(`Not enough IP space available in ${subnet.id}`)
      : invalidConfiguration(`The private IPv4 address '${privateAddress}' is already in use`);
  }
  const publicIp = allocationId === undefined ? undefined : network.elasticIp(allocationId)?.publicIp;
  const family = loadBalancer.type === "application" ? "app" : "net";
  const held = state.interfaces.hold(
    {
      id: `eni-${state.context.ids.hex(17)}`,
      subnetId: subnet.id,
      vpcId: loadBalancer.vpcId,
      zone: subnet.zone,
      privateIp,
      ...(publicIp === undefined ? {} : { publicIp }),
      groupIds: loadBalancer.securityGroups,
      description: `ELB ${family}/${loadBalancer.name}/${loadBalancer.id}`,
      interfaceType: loadBalancer.type === "network" ? "network_load_balancer" : "interface",
      requesterId: "amazon-elb",
    },
    allocationId,
  );
  return {
    zone: subnet.zone,
    subnetId: subnet.id,
    held,
    allocationId,
    privateAddress,
    ipv6Address: want.IPv6Address,
    sourceNatIpv6Prefix: want.SourceNatIpv6Prefix,
  };
}

function addressesToWire(placement: ZonePlacement): Record<string, unknown>[] {
  if (placement.allocationId !== undefined)
    return [
      {
        IpAddress: placement.held.view.publicIp,
        AllocationId: placement.allocationId,
        IPv6Address: placement.ipv6Address,
      },
    ];
  if (placement.privateAddress !== undefined || placement.ipv6Address !== undefined)
    return [{ PrivateIPv4Address: placement.privateAddress, IPv6Address: placement.ipv6Address }];
  return [];
}

function invalidSubnet(message: string): AwsError {
  return new AwsError("InvalidSubnet", message);
}

function prefixLength(cidr: string): number {
  return Number(cidr.split("/")[1] ?? 0);
}

function isInside(address: string, cidr: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const [range, bits] = ipaddr.parseCIDR(cidr);
  return parsed.kind() === range.kind() && parsed.match(range, bits);
}
