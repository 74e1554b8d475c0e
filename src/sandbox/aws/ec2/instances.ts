import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { list, string } from "../shapes.ts";
import type { LaunchedInstance, LaunchRequest } from "../surroundings-account.ts";
import type { AddressPool } from "./address-pool.ts";
import { selected } from "./describe-network.ts";
import { groupSet, macAddress, networkInterfaceView } from "./network-interfaces.ts";
import { applyFilters, filters, pageOf, paging, tagSet } from "./parameters.ts";
import type { Ec2State, Instance, InstanceStateName } from "./state.ts";

const stateCodes: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** Terminated instances stay visible for about this long (EC2 User Guide, "Terminate Amazon EC2 instances"). */
const terminatedVisibleMs = 3_600_000;

export function instanceOperations(state: Ec2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeInstances",
      mutating: false,
      bucket: (input) =>
        [input.InstanceId, input.Filter].some((given) => given !== undefined && given.length > 0) ||
        input.MaxResults !== undefined
          ? "reads"
          : "unfilteredReads",
      input: { ...filters, ...paging(5, 1000), InstanceId: list(string()) },
      handle(input) {
        if (input.MaxResults !== undefined && (input.InstanceId ?? []).length > 0)
          throw new AwsError(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
          );
        const found = selected(input.InstanceId, state.instances, {
          prefix: "i-",
          malformed: "InvalidInstanceID.Malformed",
          notFound: "InvalidInstanceID.NotFound",
          message: (ids) => `The instance ID '${ids}' does not exist`,
        });
        const items = applyFilters(found, input.Filter, {
          "instance-id": (item: Instance) => [item.instanceId],
          "instance-state-name": (item) => [item.state],
          "instance-state-code": (item) => [String(stateCodes[item.state])],
          "instance-type": (item) => [item.instanceType],
          "availability-zone": (item) => [item.availabilityZone],
          "subnet-id": (item) => [item.subnetId],
          "vpc-id": (item) => [item.vpcId],
          "private-dns-name": (item) => [item.privateDnsName],
          "private-ip-address": (item) => [item.privateIpAddress],
          "network-interface.network-interface-id": (item) => item.networkInterfaceIds,
          "network-interface.addresses.private-ip-address": (item) =>
            item.networkInterfaceIds.flatMap((id) => state.networkInterfaces.get(id)?.privateIpAddresses ?? []),
          "iam-instance-profile.arn": (item) => [item.iamInstanceProfileArn],
        });
        const page = pageOf(items, (item) => item.instanceId, input);
        return {
          reservationSet: page.items.map((item) => ({
            reservationId: item.reservationId,
            ownerId: state.accountId,
            groupSet: [],
            instancesSet: [instanceView(state, item)],
          })),
          nextToken: page.nextToken,
        };
      },
    }),
  ];
}

/** Makes a running instance with its primary interface, as an Auto Scaling group would. */
export function launchInstance(
  state: Ec2State,
  context: SandboxContext,
  pool: AddressPool,
  request: LaunchRequest,
): LaunchedInstance {
  const subnet = state.subnets.get(request.subnetId);
  if (subnet === undefined)
    throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${request.subnetId}' does not exist`);
  if (state.exhausted.has(`${request.instanceType} ${subnet.availabilityZone}`))
    throw new AwsError(
      "InsufficientInstanceCapacity",
      `We currently do not have sufficient ${request.instanceType} capacity in the Availability Zone you requested ` +
        `(${subnet.availabilityZone}).`,
      { status: 500 },
    );
  const privateIp = pool.take(request.subnetId);
  if (privateIp === undefined)
    throw new AwsError(
      "InsufficientFreeAddressesInSubnet",
      "The specified subnet does not have enough free addresses to satisfy the request.",
    );
  const instanceId = `i-${context.ids.hex(17)}`;
  const networkInterfaceId = `eni-${context.ids.hex(17)}`;
  state.networkInterfaces.set(networkInterfaceId, {
    networkInterfaceId,
    subnetId: subnet.subnetId,
    vpcId: subnet.vpcId,
    availabilityZone: subnet.availabilityZone,
    description: "",
    interfaceType: "interface",
    attachment: { attachmentId: `eni-attach-${context.ids.hex(17)}`, instanceId, deviceIndex: 0 },
    macAddress: macAddress(networkInterfaceId),
    privateIpAddresses: [privateIp],
    ipv6Addresses: [],
    groupIds: request.groupIds,
    tags: new Map([["node.k8s.amazonaws.com/instance_id", instanceId]]),
  });
  const suffix = state.region === "us-east-1" ? "ec2.internal" : `${state.region}.compute.internal`;
  const instance: Instance = {
    instanceId,
    imageId: request.imageId,
    instanceType: request.instanceType,
    privateDnsName: `ip-${privateIp.replaceAll(".", "-")}.${suffix}`,
    privateIpAddress: privateIp,
    subnetId: subnet.subnetId,
    vpcId: subnet.vpcId,
    availabilityZone: subnet.availabilityZone,
    ...(request.instanceProfileArn === undefined ? {} : { iamInstanceProfileArn: request.instanceProfileArn }),
    launchedAt: context.clock.now(),
    reservationId: `r-${context.ids.hex(17)}`,
    networkInterfaceIds: [networkInterfaceId],
    state: "running",
    tags: new Map(request.tags),
  };
  state.instances.set(instanceId, instance);
  return launchedView(instance);
}

/** Frees the instance's interfaces and addresses; it stays visible as `terminated` for a while. */
export function terminateInstance(
  state: Ec2State,
  context: SandboxContext,
  pool: AddressPool,
  instanceId: string,
): void {
  const instance = state.instances.get(instanceId);
  if (instance === undefined || instance.state === "terminated") return;
  for (const id of instance.networkInterfaceIds) {
    const item = state.networkInterfaces.get(id);
    for (const address of item?.privateIpAddresses ?? []) pool.release(instance.subnetId, address);
    state.networkInterfaces.delete(id);
  }
  instance.networkInterfaceIds = [];
  instance.state = "terminated";
  context.schedule(terminatedVisibleMs, () => state.instances.delete(instanceId));
}

export function launchedView(instance: Instance): LaunchedInstance {
  return {
    id: instance.instanceId,
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    zone: instance.availabilityZone,
    state: instance.state,
    privateIp: instance.privateIpAddress,
    instanceType: instance.instanceType,
    privateDnsName: instance.privateDnsName,
  };
}

function instanceView(state: Ec2State, item: Instance) {
  const gone = item.state === "terminated";
  const interfaces = item.networkInterfaceIds.flatMap((id) => state.networkInterfaces.get(id) ?? []);
  return {
    instanceId: item.instanceId,
    imageId: item.imageId,
    instanceState: { code: stateCodes[item.state], name: item.state },
    privateDnsName: gone ? "" : item.privateDnsName,
    dnsName: "",
    instanceType: item.instanceType,
    launchTime: new Date(item.launchedAt),
    placement: { availabilityZone: item.availabilityZone, tenancy: "default" },
    ...(gone ? {} : { subnetId: item.subnetId, vpcId: item.vpcId, privateIpAddress: item.privateIpAddress }),
    groupSet: groupSet(state, interfaces[0]?.groupIds ?? []),
    networkInterfaceSet: interfaces.map((one) => networkInterfaceView(state, one)),
    iamInstanceProfile: item.iamInstanceProfileArn === undefined ? undefined : { arn: item.iamInstanceProfileArn },
    architecture: "x86_64",
    virtualizationType: "hvm",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/xvda",
    monitoring: { state: "disabled" },
    tagSet: tagSet(item.tags),
  };
}
