import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { list, oneOf, required, string, structure } from "../shapes.ts";
import type { LoadBalancerState } from "../surroundings.ts";
import {
  invalidConfiguration,
  loadBalancerNotFound,
  notPermitted,
  resourceInUse,
  tooMany,
  validationError,
} from "./errors.ts";
import { dropListener } from "./listener-removal.ts";
import type { LoadBalancer, LoadBalancerType } from "./model.ts";
import { checkLoadBalancerName, dnsName, hostedZoneId } from "./names.ts";
import { onePage, pageMembers } from "./paging.ts";
import { place, placementMembers, wantedSubnets, zonesToWire } from "./placement.ts";
import type { Elbv2State } from "./state.ts";
import { mergedTags, tagList } from "./tags.ts";

export const ipAddressTypes = ["ipv4", "dualstack", "dualstack-without-public-ipv4"] as const;

/** CreateLoadBalancer, DescribeLoadBalancers, DeleteLoadBalancer. */
export function loadBalancerOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateLoadBalancer",
      mutating: true,
      bucket: "heavy",
      input: {
        Name: required(string()),
        ...placementMembers,
        SecurityGroups: list(string()),
        Scheme: string(),
        Tags: tagList,
        Type: oneOf(["application", "network", "gateway"]),
        IpAddressType: oneOf(ipAddressTypes),
        CustomerOwnedIpv4Pool: string({ maxLength: 256, pattern: /^(ipv4pool-coip-)[a-zA-Z0-9]+$/ }),
        EnablePrefixForIpv6SourceNat: oneOf(["on", "off"]),
        IpamPools: structure({ Ipv4IpamPoolId: string({ maxLength: 1000, pattern: /^(ipam-pool-)[a-zA-Z0-9]+$/ }) }),
      },
      handle(input) {
        const { context } = state;
        const { Name: name, Type: type = "application" } = input;
        checkLoadBalancerName(name);
        if (type === "gateway")
          throw invalidConfiguration("Load balancers with type 'gateway' are not supported by this sandbox");
        const scheme = checkedScheme(input.Scheme ?? "internet-facing");
        const ipAddressType = input.IpAddressType ?? "ipv4";
        const existing = state.loadBalancersByName.get(name);
        checkOptions(type, scheme, input);
        const prefixForIpv6SourceNat = type === "network" ? (input.EnablePrefixForIpv6SourceNat ?? "off") : undefined;
        const wanted = wantedSubnets(state, input, {
          type,
          scheme,
          ipAddressType,
          prefixForIpv6SourceNat,
          current: (existing?.zones ?? []).filter(({ subnetId }) => askedSubnetIds(input).has(subnetId)),
        });
        const vpcId = wanted[0]?.subnet.vpcId ?? "";
        const securityGroups = checkedSecurityGroups(state, input.SecurityGroups ?? [], { type, vpcId });
        const tags = mergedTags(new Map(), input.Tags);
        if (existing !== undefined) {
          const subnetIds = wanted.map(({ subnet }) => subnet.id);
          const same =
            existing.type === type &&
            existing.scheme === scheme &&
            existing.ipAddressType === ipAddressType &&
            sameSet(existing.securityGroups, securityGroups) &&
            sameSet(
              existing.zones.map(({ subnetId }) => subnetId),
              subnetIds,
            );
          if (!same) {
            const text = `A load balancer with the same name '${name}' exists, but with different settings`;
            throw new AwsError("DuplicateLoadBalancerName", text);
          }
          return { LoadBalancers: [loadBalancerToWire(existing, context.clock.now())] };
        }
        const limit =
          type === "application" ? context.quotas.applicationLoadBalancers : context.quotas.networkLoadBalancers;
        if (state.counts[type] >= limit) {
          const text = `The maximum number of load balancers has been reached: '${limit}' of type '${type}'`;
          throw tooMany("TooManyLoadBalancers", text);
        }
        const id = context.ids.hex(16);
        const now = context.clock.now();
        const { timings } = context;
        const identity = { id, name, type, scheme, vpcId, securityGroups };
        const loadBalancer: LoadBalancer = {
          ...identity,
          arn: state.arn(`loadbalancer/${type === "application" ? "app" : "net"}/${name}/${id}`),
          createdAt: now,
          activeAt: now + (type === "application" ? timings.applicationLoadBalancerMs : timings.networkLoadBalancerMs),
          dnsName: dnsName(context, identity),
          hostedZoneId: hostedZoneId(context.region, type),
          forcedState: undefined,
          customerOwnedIpv4Pool: input.CustomerOwnedIpv4Pool,
          ipamPoolId: input.IpamPools?.Ipv4IpamPoolId,
          zones: place(state, identity, wanted, []),
          ipAddressType,
          enforceOnPrivateLink: type === "network" && securityGroups.length > 0 ? "on" : undefined,
          prefixForIpv6SourceNat,
          tags,
          attributes: new Map(),
          listeners: new Map(),
          targetGroupUse: new Map(),
          ruleCount: 0,
          capacityUnits: undefined,
          capacityChangedAt: undefined,
          capacityDecreasesLeft: 2,
        };
        state.loadBalancers.set(loadBalancer.arn, loadBalancer);
        state.loadBalancersByName.set(name, loadBalancer);
        state.counts[type] += 1;
        return { LoadBalancers: [loadBalancerToWire(loadBalancer, now)] };
      },
    }),
    defineOperation({
      name: "DescribeLoadBalancers",
      mutating: false,
      bucket: "reads",
      input: {
        LoadBalancerArns: list(string(), { max: 20 }),
        Names: list(string(), { max: 20 }),
        ...pageMembers,
      },
      handle(input) {
        const { LoadBalancerArns: arns = [], Names: names = [] } = input;
        if (arns.length > 0 && names.length > 0)
          throw validationError("Load balancer names and load balancer ARNs cannot be specified at the same time");
        const page = onePage(select(state, arns, names), ({ arn }) => arn, input, { state, scope: [arns, names] });
        const now = state.context.clock.now();
        return {
          LoadBalancers: page.items.map((loadBalancer) => loadBalancerToWire(loadBalancer, now)),
          NextMarker: page.NextMarker,
        };
      },
    }),
    defineOperation({
      name: "DeleteLoadBalancer",
      mutating: true,
      bucket: "writes",
      input: { LoadBalancerArn: required(string()) },
      handle(input) {
        const loadBalancer = state.loadBalancers.get(input.LoadBalancerArn);
        if (loadBalancer === undefined) return {};
        if (loadBalancer.attributes.get("deletion_protection.enabled") === "true") {
          throw notPermitted(
            `Load balancer '${loadBalancer.arn}' cannot be deleted because deletion protection is enabled`,
          );
        }
        if ((state.albTargetOf.get(loadBalancer.arn)?.size ?? 0) > 0) {
          throw resourceInUse(
            `Load balancer '${loadBalancer.arn}' cannot be deleted because it is a target of another load balancer`,
          );
        }
        for (const listener of loadBalancer.listeners.values()) dropListener(state, listener);
        for (const { held } of loadBalancer.zones)
          state.interfaces.release(held, state.context.timings.interfaceReleaseMs);
        state.loadBalancers.delete(loadBalancer.arn);
        state.loadBalancersByName.delete(loadBalancer.name);
        state.counts[loadBalancer.type] -= 1;
        return {};
      },
    }),
  ];
}

export function loadBalancerState(loadBalancer: LoadBalancer, now: number): LoadBalancerState {
  if (loadBalancer.forcedState !== undefined) return loadBalancer.forcedState.code;
  return now >= loadBalancer.activeAt ? "active" : "provisioning";
}

export function loadBalancerToWire(loadBalancer: LoadBalancer, now: number): Record<string, unknown> {
  return {
    LoadBalancerArn: loadBalancer.arn,
    DNSName: loadBalancer.dnsName,
    CanonicalHostedZoneId: loadBalancer.hostedZoneId,
    CreatedTime: new Date(loadBalancer.createdAt),
    LoadBalancerName: loadBalancer.name,
    Scheme: loadBalancer.scheme,
    VpcId: loadBalancer.vpcId,
    State: { Code: loadBalancerState(loadBalancer, now), Reason: loadBalancer.forcedState?.reason },
    Type: loadBalancer.type,
    AvailabilityZones: zonesToWire(loadBalancer.zones),
    SecurityGroups: loadBalancer.securityGroups,
    IpAddressType: loadBalancer.ipAddressType,
    CustomerOwnedIpv4Pool: loadBalancer.customerOwnedIpv4Pool,
    EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: loadBalancer.enforceOnPrivateLink,
    EnablePrefixForIpv6SourceNat: loadBalancer.prefixForIpv6SourceNat,
    IpamPools: loadBalancer.ipamPoolId === undefined ? undefined : { Ipv4IpamPoolId: loadBalancer.ipamPoolId },
  };
}

/** The groups in force for the request: an application load balancer without any gets the VPC's default group. */
export function checkedSecurityGroups(
  state: Elbv2State,
  asked: readonly string[],
  { type, vpcId }: { readonly type: LoadBalancerType; readonly vpcId: string },
): readonly string[] {
  const { network } = state.context.surroundings;
  if (asked.length === 0) {
    const standard = network.vpc(vpcId)?.defaultSecurityGroupId;
    return type === "application" && standard !== undefined ? [standard] : [];
  }
  const groups = [...new Set(asked)];
  const limit = state.context.quotas.securityGroupsPerLoadBalancer;
  if (groups.length > limit)
    throw invalidConfiguration(`You cannot specify more than '${limit}' security groups for a load balancer`);
  for (const id of groups) {
    const group = network.securityGroup(id);
    if (group === undefined) throw new AwsError("InvalidSecurityGroup", `The security group '${id}' does not exist`);
    if (group.vpcId !== vpcId) throw invalidConfiguration("One or more security groups are invalid");
  }
  return groups;
}

function checkedScheme(scheme: string): "internet-facing" | "internal" {
  if (scheme === "internet-facing" || scheme === "internal") return scheme;
  throw new AwsError("InvalidScheme", `Scheme '${scheme}' must be one of 'internet-facing, internal'`);
}

function checkOptions(
  type: LoadBalancerType,
  scheme: string,
  input: {
    readonly IpAddressType: string | undefined;
    readonly EnablePrefixForIpv6SourceNat: string | undefined;
    readonly IpamPools: object | undefined;
    readonly CustomerOwnedIpv4Pool: string | undefined;
  },
): void {
  const publicApplication = type === "application" && scheme === "internet-facing";
  if (input.IpAddressType === "dualstack-without-public-ipv4" && !publicApplication)
    throw invalidConfiguration(
      "IP address type 'dualstack-without-public-ipv4' is supported only on internet-facing application load balancers",
    );
  if (input.EnablePrefixForIpv6SourceNat !== undefined && type !== "network")
    throw invalidConfiguration("EnablePrefixForIpv6SourceNat is supported only on network load balancers");
  if (input.IpamPools !== undefined && !publicApplication)
    throw invalidConfiguration("IPAM pools are supported only on internet-facing application load balancers");
  if (input.CustomerOwnedIpv4Pool !== undefined && type !== "application")
    throw invalidConfiguration("Customer-owned IPv4 pools are supported only on application load balancers");
}

function select(state: Elbv2State, arns: readonly string[], names: readonly string[]): readonly LoadBalancer[] {
  if (arns.length === 0 && names.length === 0)
    return [...state.loadBalancers.values()].filter((loadBalancer) => state.isVisible(loadBalancer));
  const index = arns.length > 0 ? state.loadBalancers : state.loadBalancersByName;
  const missing: string[] = [];
  const found = new Set<LoadBalancer>();
  for (const key of arns.length > 0 ? arns : names) {
    const loadBalancer = index.get(key);
    if (loadBalancer === undefined || !state.isVisible(loadBalancer)) missing.push(key);
    else found.add(loadBalancer);
  }
  if (missing.length > 0) throw loadBalancerNotFound(missing);
  return [...found];
}

function askedSubnetIds(input: {
  readonly Subnets: readonly string[] | undefined;
  readonly SubnetMappings: readonly { readonly SubnetId: string | undefined }[] | undefined;
}): ReadonlySet<string | undefined> {
  return new Set([...(input.Subnets ?? []), ...(input.SubnetMappings ?? []).map(({ SubnetId: id }) => id)]);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const wanted = new Set(b);
  return new Set(a).size === wanted.size && a.every((item) => wanted.has(item));
}
