import type { CreateLoadBalancerInput, SubnetMapping as SdkMapping } from "@aws-sdk/client-elastic-load-balancing-v2";
import { literal } from "./context.ts";
import type { LoadBalancerSpec, SubnetMapping } from "./specs.ts";

export function createInput(
  spec: LoadBalancerSpec,
  Tags: NonNullable<CreateLoadBalancerInput["Tags"]>,
): CreateLoadBalancerInput {
  return {
    Name: spec.name,
    Type: spec.type,
    Scheme: spec.scheme,
    IpAddressType: spec.ipAddressType,
    SubnetMappings: spec.subnetMappings.map(toSdkMapping),
    ...(Tags.length === 0 ? {} : { Tags }),
    ...(spec.securityGroups === undefined || spec.securityGroups.length === 0
      ? {}
      : { SecurityGroups: spec.securityGroups.map(literal) }),
    ...(spec.customerOwnedIPv4Pool === undefined ? {} : { CustomerOwnedIpv4Pool: spec.customerOwnedIPv4Pool }),
    ...(spec.ipv4IPAMPoolID === undefined ? {} : { IpamPools: { Ipv4IpamPoolId: spec.ipv4IPAMPoolID } }),
    ...(spec.enablePrefixForIPv6SourceNat === undefined
      ? {}
      : { EnablePrefixForIpv6SourceNat: spec.enablePrefixForIPv6SourceNat }),
  };
}

export function toSdkMapping(mapping: SubnetMapping): SdkMapping {
  return {
    SubnetId: mapping.subnetID,
    ...(mapping.allocationID === undefined ? {} : { AllocationId: mapping.allocationID }),
    ...(mapping.privateIPv4Address === undefined ? {} : { PrivateIPv4Address: mapping.privateIPv4Address }),
    ...(mapping.ipv6Address === undefined ? {} : { IPv6Address: mapping.ipv6Address }),
    ...(mapping.sourceNatIpv6Prefix === undefined ? {} : { SourceNatIpv6Prefix: mapping.sourceNatIpv6Prefix }),
  };
}
