import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { list, string } from "../shapes.ts";
import type { InterfaceView } from "../surroundings.ts";
import { selected } from "./describe-network.ts";
import { applyFilters, filters, pageOf, paging, tagSet } from "./parameters.ts";
import type { Ec2State, NetworkInterface } from "./state.ts";

export function networkInterfaceOperations(state: Ec2State, context: SandboxContext): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeNetworkInterfaces",
      mutating: false,
      bucket: (input) =>
        [input.NetworkInterfaceId, input.Filter].some((given) => given !== undefined && given.length > 0) ||
        input.MaxResults !== undefined
          ? "reads"
          : "unfilteredReads",
      input: { ...filters, ...paging(5, 1000), NetworkInterfaceId: list(string()) },
      handle(input) {
        const all = new Map(allInterfaces(state, context).map((item) => [item.networkInterfaceId, item]));
        const found = selected(input.NetworkInterfaceId, all, {
          prefix: "eni-",
          malformed: "InvalidNetworkInterfaceId.Malformed",
          notFound: "InvalidNetworkInterfaceID.NotFound",
          message: (ids) => `The networkInterface ID '${ids}' does not exist`,
        });
        const items = applyFilters(found, input.Filter, {
          "network-interface-id": (item: NetworkInterface) => [item.networkInterfaceId],
          "vpc-id": (item) => [item.vpcId],
          "subnet-id": (item) => [item.subnetId],
          "availability-zone": (item) => [item.availabilityZone],
          "group-id": (item) => item.groupIds,
          "group-name": (item) => item.groupIds.map((id) => state.securityGroups.get(id)?.groupName),
          description: (item) => [item.description],
          "interface-type": (item) => [item.interfaceType],
          "requester-id": (item) => [item.requesterId],
          "requester-managed": (item) => [String(item.requesterId !== undefined)],
          "owner-id": () => [state.accountId],
          status: () => ["in-use"],
          "mac-address": (item) => [item.macAddress],
          "private-ip-address": (item) => [item.privateIpAddresses[0]],
          "addresses.private-ip-address": (item) => item.privateIpAddresses,
          "ipv6-addresses.ipv6-address": (item) => item.ipv6Addresses,
          "association.public-ip": (item) => [item.publicIp],
          "attachment.instance-id": (item) => [item.attachment?.instanceId],
          "attachment.device-index": (item) => [String(item.attachment?.deviceIndex)],
        });
        const page = pageOf(items, (item) => item.networkInterfaceId, input);
        return {
          networkInterfaceSet: page.items.map((item) => networkInterfaceView(state, item)),
          nextToken: page.nextToken,
        };
      },
    }),
  ];
}

/** EC2's own interfaces and those that other services hold. */
export function allInterfaces(state: Ec2State, context: SandboxContext): readonly NetworkInterface[] {
  return [
    ...state.networkInterfaces.values(),
    ...[...context.surroundings.serviceInterfaces()].map((view) => serviceInterface(view)),
  ];
}

export function networkInterfaceView(state: Ec2State, item: NetworkInterface) {
  return {
    networkInterfaceId: item.networkInterfaceId,
    subnetId: item.subnetId,
    vpcId: item.vpcId,
    availabilityZone: item.availabilityZone,
    description: item.description,
    ownerId: item.requesterId === undefined ? state.accountId : undefined,
    requesterId: item.requesterId,
    requesterManaged: item.requesterId !== undefined,
    status: "in-use",
    macAddress: item.macAddress,
    privateIpAddress: item.privateIpAddresses[0],
    sourceDestCheck: item.requesterId === undefined,
    groupSet: groupSet(state, item.groupIds),
    attachment: {
      attachmentId: item.attachment?.attachmentId,
      instanceId: item.attachment?.instanceId,
      instanceOwnerId: item.requesterId ?? state.accountId,
      deviceIndex: item.attachment?.deviceIndex ?? 1,
      status: "attached",
      deleteOnTermination: item.attachment?.instanceId !== undefined,
    },
    association:
      item.publicIp === undefined ? undefined : { publicIp: item.publicIp, ipOwnerId: item.requesterId ?? "amazon" },
    privateIpAddressesSet: item.privateIpAddresses.map((address, index) => ({
      privateIpAddress: address,
      primary: index === 0,
    })),
    ipv6AddressesSet: item.ipv6Addresses.map((ipv6Address) => ({ ipv6Address })),
    ipv4PrefixSet: [],
    ipv6PrefixSet: [],
    interfaceType: item.interfaceType,
    tagSet: tagSet(item.tags),
  };
}

export function groupSet(state: Ec2State, groupIds: readonly string[]) {
  return groupIds.map((groupId) => ({ groupId, groupName: state.securityGroups.get(groupId)?.groupName }));
}

function serviceInterface(view: InterfaceView): NetworkInterface {
  return {
    networkInterfaceId: view.id,
    subnetId: view.subnetId,
    vpcId: view.vpcId,
    availabilityZone: view.zone,
    description: view.description,
    interfaceType: view.interfaceType,
    requesterId: view.requesterId,
    attachment: { attachmentId: view.id.replace("eni-", "ela-attach-"), deviceIndex: 1 },
    macAddress: macAddress(view.id),
    privateIpAddresses: [view.privateIp],
    ipv6Addresses: [],
    ...(view.publicIp === undefined ? {} : { publicIp: view.publicIp }),
    groupIds: view.groupIds,
    tags: new Map(),
  };
}

/** A locally administered address from the digits of an interface's id. */
export function macAddress(networkInterfaceId: string): string {
  const digits = networkInterfaceId.slice("eni-".length).padEnd(10, "0").slice(0, 10);
  return `02:${(digits.match(/../g) ?? []).join(":")}`;
}
