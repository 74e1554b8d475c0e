import { AwsError, ec2Validation } from "../aws-error.ts";
import type { AwsService, SandboxContext } from "../service.ts";
import type { NetworkFacts, SubnetView, VpcView } from "../surroundings.ts";
import type { ComputeFacts } from "../surroundings-account.ts";
import { AddressPool } from "./address-pool.ts";
import { isPublicSubnet, networkOperations } from "./describe-network.ts";
import { addInitialNetwork } from "./initial-network.ts";
import { instanceTypeByName, instanceTypeOperations, zonesOffering } from "./instance-types.ts";
import { instanceOperations, launchedView, launchInstance, terminateInstance } from "./instances.ts";
import { launchTemplateFor, launchTemplateOperations } from "./launch-templates.ts";
import { networkInterfaceOperations } from "./network-interfaces.ts";
import { securityGroupRuleOperations } from "./security-group-rules.ts";
import {
  addRule,
  createSecurityGroup,
  isVisible,
  removeSecurityGroup,
  securityGroupOperations,
} from "./security-groups.ts";
import { smallDescribeOperations } from "./small-describes.ts";
import { Ec2State, type Subnet } from "./state.ts";
import { tagOperations } from "./tags.ts";

/**
 * EC2, the part that load balancers and node groups touch. Its network is that of `eksctl create cluster`.
 * Buckets: EC2 API reference, "Throttle API requests"; each operation has one of its category's size.
 */
export function createEc2(context: SandboxContext): AwsService {
  const state = new Ec2State(context);
  const pool = new AddressPool(state);
  addInitialNetwork(state, context);
  context.surroundings.network = networkFacts(state, context, pool);
  context.surroundings.compute = computeFacts(state, context, pool);
  context.surroundings.addTaggedSource({
    service: "ec2",
    *resources() {
      for (const group of state.securityGroups.values())
        yield { arn: state.arn(`security-group/${group.groupId}`), tags: group.tags };
      for (const template of state.launchTemplates.values())
        yield { arn: state.arn(`launch-template/${template.launchTemplateId}`), tags: template.tags };
      for (const subnet of state.subnets.values())
        yield { arn: state.arn(`subnet/${subnet.subnetId}`), tags: subnet.tags };
      for (const vpc of state.vpcs.values()) yield { arn: state.arn(`vpc/${vpc.vpcId}`), tags: vpc.tags };
      for (const instance of state.instances.values())
        yield { arn: state.arn(`instance/${instance.instanceId}`), tags: instance.tags };
    },
    setTags: (arn, tags) => {
      const holder = taggedByArn(state, arn);
      for (const [key, value] of tags) holder?.tags.set(key, value);
      return holder !== undefined;
    },
    removeTags: (arn, keys) => {
      const holder = taggedByArn(state, arn);
      for (const key of keys) holder?.tags.delete(key);
      return holder !== undefined;
    },
  });
  return {
    name: "ec2",
    signingName: "ec2",
    protocol: { kind: "ec2", version: "2016-11-15", namespace: "http://ec2.amazonaws.com/doc/2016-11-15/" },
    invalidInput: ec2Validation,
    throttled: () => new AwsError("RequestLimitExceeded", "Request limit exceeded.", { status: 503 }),
    buckets: {
      reads: { capacity: 100, refillPerSecond: 20, perOperation: true },
      unfilteredReads: { capacity: 50, refillPerSecond: 10, perOperation: true },
      writes: { capacity: 50, refillPerSecond: 5, perOperation: true },
      resourceIntensive: { capacity: 50, refillPerSecond: 5, perOperation: true },
      tags: { capacity: 100, refillPerSecond: 10, perOperation: true },
      launchTemplateVersions: { capacity: 100, refillPerSecond: 5, perOperation: true },
    },
    operations: [
      ...networkOperations(state, (subnet) => pool.free(subnet.subnetId)),
      ...securityGroupOperations(state, context),
      ...securityGroupRuleOperations(state, context),
      ...networkInterfaceOperations(state, context),
      ...instanceOperations(state),
      ...instanceTypeOperations(state),
      ...launchTemplateOperations(state, context),
      ...smallDescribeOperations(state),
      ...tagOperations(state),
    ],
  };
}

function taggedByArn(state: Ec2State, arn: string) {
  const id = arn.slice(arn.lastIndexOf("/") + 1);
  return (
    state.securityGroups.get(id) ??
    state.launchTemplates.get(id) ??
    state.subnets.get(id) ??
    state.vpcs.get(id) ??
    state.instances.get(id)
  );
}

function networkFacts(state: Ec2State, context: SandboxContext, pool: AddressPool): NetworkFacts {
  const view = (subnet: Subnet | undefined): SubnetView | undefined =>
    subnet === undefined ? undefined : subnetView(state, subnet, pool.free(subnet.subnetId));
  return {
    vpc: (id) => vpcView(state, id),
    subnet: (id) => view(state.subnets.get(id)),
    subnetOfAddress(vpcId, address) {
      return view(state.subnets.values().find((subnet) => subnet.vpcId === vpcId && pool.contains(subnet, address)));
    },
    securityGroup(id) {
      const group = state.securityGroups.get(id);
      return group === undefined || !isVisible(group, context) ? undefined : { id, vpcId: group.vpcId };
    },
    instance(id) {
      const instance = state.instances.get(id);
      return instance === undefined ? undefined : launchedView(instance);
    },
    elasticIp(allocationId) {
      const address = state.addresses.get(allocationId);
      return address === undefined
        ? undefined
        : { publicIp: address.publicIp, inUse: address.associationId !== undefined };
    },
    setElasticIpInUse(allocationId, inUse) {
      const address = state.addresses.get(allocationId);
      if (address === undefined) return;
      if (inUse) address.associationId ??= `eipassoc-${context.ids.hex(17)}`;
      else delete address.associationId;
    },
    takeAddress: (subnetId, wanted) => pool.take(subnetId, wanted),
    releaseAddress: (subnetId, address) => pool.release(subnetId, address),
  };
}

function vpcView(state: Ec2State, id: string): VpcView | undefined {
  const vpc = state.vpcs.get(id);
  if (vpc === undefined) return undefined;
  const defaultGroup = state.securityGroups
    .values()
    .find((group) => group.vpcId === id && group.groupName === "default");
  return {
    id,
    cidrs: [vpc.cidrBlock],
    ipv6Cidrs: vpc.ipv6CidrBlock === undefined ? [] : [vpc.ipv6CidrBlock],
    hasInternetGateway: state.subnets.values().some((subnet) => subnet.vpcId === id && isPublicSubnet(state, subnet)),
    defaultSecurityGroupId: defaultGroup?.groupId ?? "",
  };
}

function subnetView(state: Ec2State, subnet: Subnet, freeAddresses: number): SubnetView {
  const zone = state.zones.find(({ zoneName }) => zoneName === subnet.availabilityZone);
  return {
    id: subnet.subnetId,
    vpcId: subnet.vpcId,
    zone: subnet.availabilityZone,
    zoneType: subnet.outpostArn === undefined ? (zone?.zoneType ?? "availability-zone") : "outpost",
    cidr: subnet.cidrBlock,
    ...(subnet.ipv6CidrBlock === undefined ? {} : { ipv6Cidr: subnet.ipv6CidrBlock }),
    freeAddresses,
  };
}

function computeFacts(state: Ec2State, context: SandboxContext, pool: AddressPool): ComputeFacts {
  return {
    launchInstance: (request) => launchInstance(state, context, pool, request),
    setCapacity(instanceType, zone, available) {
      if (available) state.exhausted.delete(`${instanceType} ${zone}`);
      else state.exhausted.add(`${instanceType} ${zone}`);
    },
    terminateInstance: (instanceId) => terminateInstance(state, context, pool, instanceId),
    assignPodAddress(instanceId, wanted) {
      const instance = state.instances.get(instanceId);
      const primary = state.networkInterfaces.get(instance?.networkInterfaceIds[0] ?? "");
      if (instance === undefined || primary === undefined) return undefined;
      const address = pool.take(instance.subnetId, wanted);
      if (address !== undefined) primary.privateIpAddresses.push(address);
      return address;
    },
    releasePodAddress(address) {
      for (const item of state.networkInterfaces.values()) {
        const index = item.privateIpAddresses.indexOf(address);
        if (index <= 0) continue;
        item.privateIpAddresses.splice(index, 1);
        pool.release(item.subnetId, address);
        return;
      }
    },
    launchTemplate: (reference) => launchTemplateFor(state, reference),
    createSecurityGroup(request) {
      const group = createSecurityGroup(state, context, { ...request, tags: new Map(request.tags) });
      if (request.selfReferencing)
        addRule(state, group, {
          ruleId: `sgr-${context.ids.hex(17)}`,
          groupId: group.groupId,
          isEgress: false,
          protocol: "-1",
          fromPort: -1,
          toPort: -1,
          peer: { kind: "group", id: group.groupId, userId: state.accountId },
          description: undefined,
          tags: new Map(),
        });
      return group.groupId;
    },
    deleteSecurityGroup(groupId) {
      const group = state.securityGroups.get(groupId);
      if (group !== undefined) removeSecurityGroup(state, group);
    },
    isPublicSubnet(subnetId) {
      const subnet = state.subnets.get(subnetId);
      return subnet !== undefined && isPublicSubnet(state, subnet);
    },
    mapsPublicIp: (subnetId) => state.subnets.get(subnetId)?.mapPublicIpOnLaunch ?? false,
    clusterNetwork() {
      const [vpc] = state.vpcs.values();
      return { vpcId: vpc?.vpcId ?? "", subnetIds: [...state.subnets.keys()] };
    },
    instanceType: instanceTypeByName,
    zonesOffering: (name) => zonesOffering(state, name),
  };
}
