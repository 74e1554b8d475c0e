import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { list, oneOf, required, string, structure } from "../shapes.ts";
import { invalidConfiguration, validationError } from "./errors.ts";
import { checkedSecurityGroups, ipAddressTypes } from "./load-balancer-operations.ts";
import type { LoadBalancer, LoadBalancerIpType } from "./model.ts";
import { place, placementMembers, wantedSubnets, zonesToWire } from "./placement.ts";
import type { Elbv2State } from "./state.ts";

/** SetSubnets, SetSecurityGroups, SetIpAddressType, ModifyIpPools. */
export function loadBalancerSettingOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "SetSubnets",
      mutating: true,
      bucket: "heavy",
      input: {
        LoadBalancerArn: required(string()),
        ...placementMembers,
        IpAddressType: oneOf(ipAddressTypes),
        EnablePrefixForIpv6SourceNat: oneOf(["on", "off"]),
      },
      handle(input) {
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        const ipAddressType = input.IpAddressType ?? loadBalancer.ipAddressType;
        if (input.EnablePrefixForIpv6SourceNat !== undefined && loadBalancer.type !== "network")
          throw invalidConfiguration("EnablePrefixForIpv6SourceNat is supported only on network load balancers");
        const prefixForIpv6SourceNat = input.EnablePrefixForIpv6SourceNat ?? loadBalancer.prefixForIpv6SourceNat;
        const wanted = wantedSubnets(state, input, {
          type: loadBalancer.type,
          scheme: loadBalancer.scheme,
          ipAddressType,
          prefixForIpv6SourceNat,
          current: loadBalancer.zones,
        });
        if (wanted.some(({ subnet }) => subnet.vpcId !== loadBalancer.vpcId))
          throw invalidConfiguration("All subnets must belong to the VPC of the load balancer");
        checkIpAddressType(state, loadBalancer, {
          ipAddressType,
          prefixForIpv6SourceNat,
          subnetIds: wanted.map(({ subnet }) => subnet.id),
        });
        loadBalancer.zones = place(state, loadBalancer, wanted, loadBalancer.zones);
        loadBalancer.ipAddressType = ipAddressType;
        loadBalancer.prefixForIpv6SourceNat = prefixForIpv6SourceNat;
        return {
          AvailabilityZones: zonesToWire(loadBalancer.zones),
          IpAddressType: ipAddressType,
          EnablePrefixForIpv6SourceNat: prefixForIpv6SourceNat,
        };
      },
    }),
    defineOperation({
      name: "SetSecurityGroups",
      mutating: true,
      bucket: "writes",
      input: {
        LoadBalancerArn: required(string()),
        SecurityGroups: required(list(string())),
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: oneOf(["on", "off"]),
      },
      handle(input) {
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        const enforce = input.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic;
        const network = loadBalancer.type === "network";
        if (!network && enforce !== undefined)
          throw invalidConfiguration("Enforcement on PrivateLink traffic is supported only on network load balancers");
        if (network && loadBalancer.securityGroups.length === 0) {
          throw invalidConfiguration(
            "You cannot add security groups to a network load balancer that was created without any",
          );
        }
        if (input.SecurityGroups.length === 0)
          throw invalidConfiguration("At least one security group must be specified");
        const groups = checkedSecurityGroups(state, input.SecurityGroups, loadBalancer);
        loadBalancer.securityGroups = groups;
        if (network) loadBalancer.enforceOnPrivateLink = enforce ?? loadBalancer.enforceOnPrivateLink;
        for (const { held } of loadBalancer.zones) state.interfaces.setGroups(held, groups);
        return {
          SecurityGroupIds: groups,
          EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: loadBalancer.enforceOnPrivateLink,
        };
      },
    }),
    defineOperation({
      name: "SetIpAddressType",
      mutating: true,
      bucket: "writes",
      input: { LoadBalancerArn: required(string()), IpAddressType: required(oneOf(ipAddressTypes)) },
      handle(input) {
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        checkIpAddressType(state, loadBalancer, {
          ipAddressType: input.IpAddressType,
          prefixForIpv6SourceNat: loadBalancer.prefixForIpv6SourceNat,
          subnetIds: loadBalancer.zones.map(({ subnetId }) => subnetId),
        });
        loadBalancer.ipAddressType = input.IpAddressType;
        return { IpAddressType: input.IpAddressType };
      },
    }),
    defineOperation({
      name: "ModifyIpPools",
      mutating: true,
      bucket: "writes",
      input: {
        LoadBalancerArn: required(string()),
        IpamPools: structure({ Ipv4IpamPoolId: string({ maxLength: 1000, pattern: /^(ipam-pool-)[a-zA-Z0-9]+$/ }) }),
        RemoveIpamPools: list(oneOf(["ipv4"])),
      },
      handle(input) {
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        const set = input.IpamPools?.Ipv4IpamPoolId;
        const remove = input.RemoveIpamPools?.includes("ipv4") === true;
        if (set === undefined && !remove)
          throw validationError("Either IpamPools or RemoveIpamPools must be specified");
        if (set !== undefined && remove) throw validationError("An IPAM pool cannot be set and removed in one call");
        if (loadBalancer.type !== "application" || loadBalancer.scheme !== "internet-facing") {
          throw invalidConfiguration("IPAM pools are supported only on internet-facing application load balancers");
        }
        loadBalancer.ipamPoolId = set;
        return { IpamPools: set === undefined ? {} : { Ipv4IpamPoolId: set } };
      },
    }),
  ];
}

function checkIpAddressType(
  state: Elbv2State,
  loadBalancer: LoadBalancer,
  wanted: {
    readonly ipAddressType: LoadBalancerIpType;
    readonly prefixForIpv6SourceNat: "on" | "off" | undefined;
    readonly subnetIds: readonly string[];
  },
): void {
  const publicApplication = loadBalancer.type === "application" && loadBalancer.scheme === "internet-facing";
  if (wanted.ipAddressType === "dualstack-without-public-ipv4" && !publicApplication) {
    throw invalidConfiguration(
      "IP address type 'dualstack-without-public-ipv4' is supported only on internet-facing application load balancers",
    );
  }
  const udp = [...loadBalancer.listeners.values()].some(({ protocol }) => protocol.includes("UDP"));
  if (wanted.ipAddressType === "dualstack" && udp && wanted.prefixForIpv6SourceNat !== "on") {
    throw invalidConfiguration(
      "Dual-stack network load balancers with UDP listeners require EnablePrefixForIpv6SourceNat to be 'on'",
    );
  }
  if (wanted.ipAddressType === "ipv4") {
    for (const arn of loadBalancer.targetGroupUse.keys()) {
      if (state.targetGroups.get(arn)?.ipAddressType === "ipv6")
        throw invalidConfiguration("A load balancer with IPv6 target groups must be dual-stack");
    }
    return;
  }
  const { network } = state.context.surroundings;
  for (const id of wanted.subnetIds) {
    if (network.subnet(id)?.ipv6Cidr === undefined)
      throw new AwsError("InvalidSubnet", `The subnet '${id}' has no associated IPv6 CIDR block`);
  }
}
