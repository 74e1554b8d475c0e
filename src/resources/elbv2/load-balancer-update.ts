import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { CallContext, Difference, Observed } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { wantedTags } from "../tagging.ts";
import type { Elbv2Context } from "./context.ts";
import { applyTags, attributeList, callOptions, differs, literal, noAnswer } from "./context.ts";
import { toSdkMapping } from "./load-balancer-input.ts";
import { asObserved } from "./load-balancer-observed.ts";
import type { LoadBalancerSpec } from "./specs.ts";

interface Change {
  readonly resource: Resource<LoadBalancerSpec>;
  readonly observed: Observed<LoadBalancerSpec>;
  readonly differences: readonly Difference[];
}

/**
 * One call for each kind of setting that differs: an IPAM pool is taken off first and put on last; the address type comes
 * after the subnets, which must have what it needs.
 */
export async function updateLoadBalancer(
  aws: Elbv2Context,
  change: Change,
  context: CallContext,
): Promise<Observed<LoadBalancerSpec>> {
  const { elbv2, inventory } = aws;
  const { resource, observed, differences } = change;
  const { spec } = resource;
  const arn = observed.outputs["arn"] ?? "";
  const options = callOptions(context, arn);
  const known = inventory.loadBalancers.get(arn) ?? (await inventory.readLoadBalancer(arn, options));
  if (known === undefined) {
    throw new AppError(`load balancer ${arn} does not exist any more`, {
      class: "missing",
      code: "LoadBalancerNotFound",
    });
  }
  let item: LoadBalancer = known.item;
  let tags = known.tags;
  // What has been written is remembered also when a later call fails.
  const remember = (): void => void inventory.putLoadBalancer(item, tags);

  if (differs(differences, "ipv4IPAMPoolID") && spec.ipv4IPAMPoolID === undefined) {
    await elbv2.modifyIpPools({ LoadBalancerArn: arn, RemoveIpamPools: ["ipv4"] }, options);
    item = { ...item };
    delete item.IpamPools;
    remember();
  }
  if (differs(differences, "tags")) {
    const wanted = wantedTags(resource, context);
    tags = await applyTags(aws, { arn, present: tags, wanted, differences }, options);
    remember();
  }
  if (differs(differences, "securityGroups", "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic")) {
    const enforce = spec.enforceSecurityGroupInboundRulesOnPrivateLinkTraffic;
    const groups = spec.securityGroups === undefined ? (item.SecurityGroups ?? []) : spec.securityGroups.map(literal);
    await elbv2.setSecurityGroups(
      {
        LoadBalancerArn: arn,
        SecurityGroups: groups,
        ...(differs(differences, "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic") && enforce !== undefined
          ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: enforce }
          : {}),
      },
      options,
    );
    item = {
      ...item,
      SecurityGroups: groups,
      ...(enforce === undefined ? {} : { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: enforce }),
    };
    remember();
  }
  if (differs(differences, "subnetMappings", "enablePrefixForIPv6SourceNat")) {
    item = await setSubnets(aws, { arn, item, spec }, context);
    remember();
  }
  if (differs(differences, "ipAddressType")) {
    await elbv2.setIpAddressType({ LoadBalancerArn: arn, IpAddressType: spec.ipAddressType }, options);
    item = { ...item, IpAddressType: spec.ipAddressType };
    remember();
  }
  if (differs(differences, "attributes")) {
    const Attributes = attributeList(differences);
    await elbv2.modifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes }, options);
    const written = Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value]));
    inventory.details.set(arn, "attributes", { ...inventory.details.get(arn, "attributes"), ...written });
  }
  if (differs(differences, "ipv4IPAMPoolID") && spec.ipv4IPAMPoolID !== undefined) {
    const IpamPools = { Ipv4IpamPoolId: spec.ipv4IPAMPoolID };
    await elbv2.modifyIpPools({ LoadBalancerArn: arn, IpamPools }, options);
    item = { ...item, IpamPools };
    remember();
  }
  if (differs(differences, "minimumCapacityUnits")) await setCapacity(aws, { arn, item, spec }, context);

  const entry = inventory.loadBalancers.get(arn);
  if (entry === undefined) throw noAnswer("DescribeLoadBalancers");
  const { details } = inventory;
  return asObserved(
    aws,
    { entry, id: resource.id, resource },
    { attributes: details.get(arn, "attributes"), capacity: details.get(arn, "capacity") },
    context,
  );
}

interface Target {
  readonly arn: string;
  readonly item: LoadBalancer;
  readonly spec: LoadBalancerSpec;
}

/**
 * An NLB refuses another subnet of a zone that it has already: then the zone is taken off in a first call and put on
 * again in a second.
 */
async function setSubnets(aws: Elbv2Context, { arn, item, spec }: Target, context: CallContext): Promise<LoadBalancer> {
  const options = callOptions(context, arn);
  const present = item.AvailabilityZones ?? [];
  const kept = spec.subnetMappings.filter(({ subnetID }) => present.some(({ SubnetId }) => SubnetId === subnetID));
  const prefix = spec.enablePrefixForIPv6SourceNat;
  const set = async (mappings: LoadBalancerSpec["subnetMappings"]): Promise<LoadBalancer> => {
    const answer = await aws.elbv2.setSubnets(
      {
        LoadBalancerArn: arn,
        SubnetMappings: mappings.map(toSdkMapping),
        ...(prefix === undefined ? {} : { EnablePrefixForIpv6SourceNat: prefix }),
      },
      options,
    );
    return {
      ...item,
      AvailabilityZones: answer.AvailabilityZones ?? [],
      ...(prefix === undefined ? {} : { EnablePrefixForIpv6SourceNat: prefix }),
    };
  };
  const leaves = present.length > kept.length;
  const joins = spec.subnetMappings.length > kept.length;
  if (spec.type === "network" && leaves && joins && kept.length > 0) await set(kept);
  return set(spec.subnetMappings);
}

/** AWS takes capacity only for a load balancer that is active. */
async function setCapacity(aws: Elbv2Context, { arn, item, spec }: Target, context: CallContext): Promise<void> {
  if (item.State?.Code === "provisioning") {
    throw new AppError(`capacity of ${arn} can be reserved once the load balancer is active`, {
      class: "waiting",
      code: "Provisioning",
      retryAfterMs: 10_000,
    });
  }
  const units = spec.minimumCapacityUnits ?? 0;
  await aws.elbv2.modifyCapacityReservation(
    {
      LoadBalancerArn: arn,
      ...(units === 0 ? { ResetCapacityReservation: true } : { MinimumLoadBalancerCapacity: { CapacityUnits: units } }),
    },
    callOptions(context, arn),
  );
  aws.inventory.details.set(arn, "capacity", units);
}
