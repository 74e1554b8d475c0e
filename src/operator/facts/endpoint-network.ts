import type { NetworkInterfaceFacts, PodAddress } from "../../aws/facts/network-interfaces.ts";
import { endpointGroup, type SecurityGroupFacts } from "../../aws/facts/security-groups.ts";
import type { Inventory } from "../../aws/inventory.ts";
import type { EndpointNetwork, EndpointRef } from "../../controllers/endpoint-rules/ports.ts";
import { AppError, errorMessage } from "../../errors.ts";

/** Finds the security group that is opened for each endpoint, from what AWS says of its network interface. */
export function endpointNetwork(options: {
  readonly interfaces: NetworkInterfaceFacts;
  readonly groups: SecurityGroupFacts;
  readonly inventory: Inventory;
  readonly clusterName: string;
  readonly extraTags: Readonly<Record<string, string>>;
}): EndpointNetwork {
  const { interfaces, groups, inventory, clusterName, extraTags } = options;

  async function groupOf(interfaceID: string, groupIDs: readonly string[]): Promise<string> {
    const [only, ...others] = groupIDs;
    if (only !== undefined && others.length === 0) return only;
    const tagged = await Promise.all(groupIDs.map(async (id) => ({ id, tags: (await groups.tagsOf(id)) ?? {} })));
    return endpointGroup(tagged, { networkInterfaceID: interfaceID, clusterName, extraTags });
  }

  return {
    async securityGroups(endpoints) {
      const pods = endpoints.filter(({ kind }) => kind === "pod");
      const nodes = endpoints.filter(({ kind }) => kind === "node");
      const [ofPods, ofNodes] = await Promise.all([
        pods.length === 0 ? new Map<string, never>() : interfaces.ofPods(pods.map(podAddress)),
        nodes.length === 0 ? new Map<string, never>() : interfaces.ofInstances(nodes.map(({ id }) => id)),
      ]);
      const answers = await Promise.all(
        endpoints.map(async ({ id, kind }): Promise<[string, Answer]> => {
          const item = (kind === "pod" ? ofPods : ofNodes).get(id);
          if (item === undefined) return [id, { error: `cannot resolve the network interface of ${kind} ${id}` }];
          try {
            return [id, { groupID: await groupOf(item.id, item.securityGroupIDs) }];
          } catch (error) {
            if (error instanceof AppError && error.class === "invalid") return [id, { error: errorMessage(error) }];
            throw error;
          }
        }),
      );
      return new Map(answers);
    },
    async clusterGroups() {
      await inventory.ready();
      const key = `kubernetes.io/cluster/${clusterName}`;
      return [...inventory.securityGroups.all()]
        .filter(({ tags }) => tags[key] !== undefined)
        .map((entry) => entry.key);
    },
  };
}

type Answer = { readonly groupID: string } | { readonly error: string };

function podAddress(endpoint: EndpointRef): PodAddress {
  const branch = endpoint.podENI === undefined ? undefined : branchInterface(endpoint.podENI, endpoint.id);
  return {
    ip: endpoint.id,
    compute: endpoint.computeType === "fargate" ? "fargate" : "ec2",
    ...(endpoint.instanceID === undefined ? {} : { instanceID: endpoint.instanceID }),
    ...(branch === undefined ? {} : { branchInterfaceID: branch }),
  };
}

/** The annotation `vpc.amazonaws.com/pod-eni` of Amazon's VPC CNI; one that cannot be read counts as absent. */
function branchInterface(annotation: string, ip: string): string | undefined {
  let entries: unknown;
  try {
    entries = JSON.parse(annotation);
  } catch {
    return undefined;
  }
  if (!Array.isArray(entries)) return undefined;
  const own = (entries as readonly Readonly<Record<string, unknown>>[]).find(
    (entry) => entry["privateIp"] === ip || (entry["ipv6Addr"] === ip && ip !== ""),
  );
  return typeof own?.["eniId"] === "string" ? own["eniId"] : undefined;
}
