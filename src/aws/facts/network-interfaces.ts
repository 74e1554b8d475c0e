import type { Instance, InstanceNetworkInterface, NetworkInterface } from "@aws-sdk/client-ec2";
import ipaddr from "ipaddr.js";
import type { Clock } from "../../clock.ts";
import type { Ec2Port } from "../ec2.ts";
import { batches } from "../inventory.ts";
import { Batcher } from "./batcher.ts";
import { Cached } from "./cached.ts";
import { isInAnyCIDR } from "./vpc.ts";

/** The interface that carries an endpoint's traffic. */
export interface EndpointInterface {
  readonly id: string;
  readonly securityGroupIDs: readonly string[];
}

/** A pod, as far as its interface is to be found. */
export interface PodAddress {
  readonly ip: string;
  /** `fargate` pods have an interface of their own; `ec2` pods share those of their instance. */
  readonly compute: "ec2" | "fargate";
  /** The EC2 instance of the pod's node. */
  readonly instanceID?: string;
  /** Ids of branch interfaces from the annotation `vpc.amazonaws.com/pod-eni`, the one that holds `ip`. */
  readonly branchInterfaceID?: string;
}

export interface NetworkInterfaceFacts {
  /** By the pod's address; pods whose interface cannot be found are absent. */
  ofPods(pods: readonly PodAddress[]): Promise<ReadonlyMap<string, EndpointInterface>>;
  /** The primary interface of each instance; unknown instances are absent. */
  ofInstances(instanceIDs: readonly string[]): Promise<ReadonlyMap<string, EndpointInterface>>;
}

const ttlMs = 10 * 60_000;
/** Long enough for the reconciles of one rollout to share a call, too short to be felt. */
const windowMs = 20;
/** "Up to 200 filter values in a single request" (EC2 API reference). */
const filterValues = 200;

interface InstanceInterface extends EndpointInterface {
  readonly primary: boolean;
  /** The interface's own first address; the others are there for pods. */
  readonly ownAddress: string;
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
}

export function networkInterfaceFacts(options: {
  readonly ec2: Ec2Port;
  readonly clock: Clock;
  readonly vpcID: string;
}): NetworkInterfaceFacts {
  const { ec2, clock, vpcID } = options;

  async function readInstances(ids: readonly string[]): Promise<ReadonlyMap<string, readonly InstanceInterface[]>> {
    const found: Instance[] = [];
    for (const Values of batches(ids, filterValues)) {
      let NextToken: string | undefined;
      do {
        const page = await ec2.describeInstances({
          Filters: [{ Name: "instance-id", Values }],
          ...(NextToken === undefined ? {} : { NextToken }),
        });
        found.push(...(page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []));
        NextToken = page.NextToken;
      } while (NextToken !== undefined && NextToken !== "");
    }
    return new Map(
      found.map((instance) => [instance.InstanceId ?? "", (instance.NetworkInterfaces ?? []).map(toInstanceInterface)]),
    );
  }

  async function readInterfaces(
    filter: string,
    values: readonly string[],
    keysOf: (item: NetworkInterface) => readonly string[],
  ): Promise<ReadonlyMap<string, EndpointInterface>> {
    const found = new Map<string, EndpointInterface>();
    for (const Values of batches(values, filterValues - 1)) {
      let NextToken: string | undefined;
      do {
        const page = await ec2.describeNetworkInterfaces({
          Filters: [
            { Name: "vpc-id", Values: [vpcID] },
            { Name: filter, Values },
          ],
          ...(NextToken === undefined ? {} : { NextToken }),
        });
        for (const item of page.NetworkInterfaces ?? []) {
          for (const key of keysOf(item)) found.set(key, toInterface(item));
        }
        NextToken = page.NextToken;
      } while (NextToken !== undefined && NextToken !== "");
    }
    return found;
  }

  async function readAddresses(addresses: readonly string[]): Promise<ReadonlyMap<string, EndpointInterface>> {
    const ipv6 = addresses.filter((address) => address.includes(":"));
    const ipv4 = addresses.filter((address) => !address.includes(":"));
    const [found4, found6] = await Promise.all([
      ipv4.length === 0
        ? new Map<string, EndpointInterface>()
        : readInterfaces("addresses.private-ip-address", ipv4, (item) =>
            (item.PrivateIpAddresses ?? []).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
          ),
      ipv6.length === 0
        ? new Map<string, EndpointInterface>()
        : readInterfaces("ipv6-addresses.ipv6-address", ipv6, (item) =>
            (item.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => (Ipv6Address ? [normalAddress(Ipv6Address)] : [])),
          ),
    ]);
    return new Map([...found4, ...found6]);
  }

  const instances = remembered(clock, readInstances);
  /** Sets of security groups that interfaces with pods have been seen to have. */
  const podGroups = new Set<string>();
  const byAddress = remembered(clock, readAddresses);
  const byID = remembered(clock, (ids) =>
    readInterfaces("network-interface-id", ids, ({ NetworkInterfaceId }) =>
      NetworkInterfaceId === undefined ? [] : [NetworkInterfaceId],
    ),
  );

  async function ofPod(pod: PodAddress): Promise<EndpointInterface | undefined> {
    if (pod.branchInterfaceID !== undefined) return byID.get(pod.branchInterfaceID);
    if (pod.compute === "fargate" || pod.instanceID === undefined) return byAddress.get(normalAddress(pod.ip));
    const holds = (item: InstanceInterface): boolean =>
      item.addresses.includes(pod.ip) || isInAnyCIDR(pod.ip, item.prefixes);
    const read = await instances.get(pod.instanceID);
    const known = read?.find(holds) ?? (read === undefined ? undefined : podInterface(read));
    // The instance may have got another interface, or the interface another address, since it was looked at.
    const found = known ?? (await instances.again(pod.instanceID))?.find(holds);
    if (found !== undefined && pod.ip !== found.ownAddress) podGroups.add(groupsKey(found));
    return found;
  }

  /**
   * Stands in for the interface of a pod whose address is newer than what was read of the instance: all interfaces on which
   * pods may be have the same security groups. An interface whose groups have not been seen on any pod is no such one,
   * since with custom networking the first interface carries no pods.
   */
  function podInterface(interfaces: readonly InstanceInterface[]): InstanceInterface | undefined {
    const [first, ...others] = interfaces.filter((item) => podGroups.has(groupsKey(item)));
    return others.every((item) => first !== undefined && groupsKey(item) === groupsKey(first)) ? first : undefined;
  }

  return {
    async ofPods(pods) {
      const found = await Promise.all(pods.map(async (pod) => [pod.ip, await ofPod(pod)] as const));
      return new Map(found.flatMap(([ip, item]) => (item === undefined ? [] : [[ip, plain(item)] as const])));
    },
    async ofInstances(instanceIDs) {
      const found = await Promise.all(
        instanceIDs.map(async (id) => [id, (await instances.get(id))?.find(({ primary }) => primary)] as const),
      );
      return new Map(found.flatMap(([id, item]) => (item === undefined ? [] : [[id, plain(item)] as const])));
    },
  };
}

/** Questions about one key each, merged into batches; only answers are remembered, an unknown key is asked again. */
function remembered<Value>(
  clock: Clock,
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): { get(key: string): Promise<Value | undefined>; again(key: string): Promise<Value | undefined> } {
  const batcher = new Batcher<Value>(clock, windowMs, load);
  const known = new Cached<Value | undefined>(clock, ttlMs);
  const get = async (key: string): Promise<Value | undefined> => {
    const value = await known.get(key, () => batcher.get(key));
    if (value === undefined) known.forget(key);
    return value;
  };
  return {
    get,
    again(key) {
      known.forget(key);
      return get(key);
    },
  };
}

function groupsKey({ securityGroupIDs }: EndpointInterface): string {
  return [...securityGroupIDs].sort().join();
}

function plain({ id, securityGroupIDs }: EndpointInterface): EndpointInterface {
  return { id, securityGroupIDs };
}

function normalAddress(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address;
}

function toInterface(item: NetworkInterface): EndpointInterface {
  return {
    id: item.NetworkInterfaceId ?? "",
    securityGroupIDs: (item.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  };
}

function toInstanceInterface(item: InstanceNetworkInterface): InstanceInterface {
  return {
    id: item.NetworkInterfaceId ?? "",
    securityGroupIDs: (item.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    primary: item.Attachment?.DeviceIndex === 0,
    ownAddress: item.PrivateIpAddress ?? "",
    addresses: (item.PrivateIpAddresses ?? []).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    prefixes: [
      ...(item.Ipv4Prefixes ?? []).flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? []),
      ...(item.Ipv6Prefixes ?? []).flatMap(({ Ipv6Prefix }) => Ipv6Prefix ?? []),
    ],
  };
}
