import type { InstanceTypeInfo, RouteTable } from "@aws-sdk/client-ec2";
import type { Ec2Port } from "../../aws/ec2.ts";
import { hasCode } from "../../aws/errors.ts";
import { Cached } from "../../aws/facts/cached.ts";
import type { ClusterFacts } from "../../aws/facts/cluster.ts";
import { publicSubnetIDs, type SubnetFacts } from "../../aws/facts/subnets.ts";
import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";
import type { InstanceTypeFact, NodeGroupSurroundings, NodeSubnet, PlacementFacts } from "./facts.ts";

const subnetTtlMs = 60_000;
const instanceTypeTtlMs = 24 * 3_600_000;

export function nodeGroupSurroundings({
  ec2,
  clock,
  clusterName,
  cluster,
  subnets,
}: {
  readonly ec2: Ec2Port;
  readonly clock: Clock;
  readonly clusterName: string;
  readonly cluster: ClusterFacts;
  readonly subnets: SubnetFacts;
}): NodeGroupSurroundings {
  const byVPC = new Cached<readonly NodeSubnet[]>(clock, subnetTtlMs);
  const byTypes = new Cached<ReadonlyMap<string, InstanceTypeFact>>(clock, instanceTypeTtlMs);

  const subnetsOf = (vpcID: string): Promise<readonly NodeSubnet[]> =>
    byVPC.get(vpcID, async () => {
      const [found, tables] = await Promise.all([subnets.list(vpcID), routeTables(vpcID)]);
      const ids = found.map((subnet) => subnet.id);
      const open = publicSubnetIDs(vpcID, ids, tables);
      return found.map((subnet) => ({
        id: subnet.id,
        zone: subnet.zone,
        zoneID: subnet.zoneID,
        isPublic: open.has(subnet.id),
        isOutpost: subnet.outpostARN !== undefined,
        tags: subnet.tags,
      }));
    });

  async function routeTables(vpcID: string): Promise<readonly RouteTable[]> {
    const found: RouteTable[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ec2.describeRouteTables({
        Filters: [{ Name: "vpc-id", Values: [vpcID] }],
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      found.push(...(page.RouteTables ?? []));
      NextToken = page.NextToken === "" ? undefined : page.NextToken;
    } while (NextToken !== undefined);
    return found;
  }

  const typesOf = (names: readonly string[]): Promise<ReadonlyMap<string, InstanceTypeFact>> =>
    byTypes.get(names.toSorted().join(), async () => {
      // EC2 refuses the whole list for one unknown name; then each is asked alone, so that the unknown one is known.
      try {
        return factsOf(await describe(names));
      } catch (error) {
        if (!isUnknownType(error)) throw error;
        const each = await Promise.all(names.map((name) => describe([name]).catch(ignoreUnknown)));
        return factsOf(each.flat());
      }
    });

  async function describe(names: readonly string[]): Promise<readonly InstanceTypeInfo[]> {
    const answer = await ec2.describeInstanceTypes({ InstanceTypes: [...names] as never });
    return answer.InstanceTypes ?? [];
  }

  async function placement(): Promise<PlacementFacts> {
    const found = await cluster.get(clusterName);
    if (found.vpcID === undefined) {
      throw new AppError(`cluster ${clusterName} has no VPC yet`, {
        class: "waiting",
        code: "Waiting",
        retryAfterMs: 30_000,
      });
    }
    return { cluster: found, subnets: await subnetsOf(found.vpcID) };
  }

  return {
    placement,
    async facts(instanceTypes) {
      const [place, types] = await Promise.all([placement(), typesOf(instanceTypes)]);
      return { ...place, instanceTypes: types };
    },
  };
}

function isUnknownType(error: unknown): boolean {
  return hasCode(error, "InvalidInstanceType", "InvalidParameterValue");
}

function ignoreUnknown(error: unknown): readonly InstanceTypeInfo[] {
  if (isUnknownType(error)) return [];
  throw error;
}

function factsOf(infos: readonly InstanceTypeInfo[]): ReadonlyMap<string, InstanceTypeFact> {
  return new Map(
    infos.map((info) => [
      String(info.InstanceType),
      {
        architecture: info.ProcessorInfo?.SupportedArchitectures?.includes("arm64") === true ? "arm64" : "x86_64",
        accelerator: acceleratorOf(info),
      },
    ]),
  );
}

function acceleratorOf(info: InstanceTypeInfo): InstanceTypeFact["accelerator"] {
  if (info.GpuInfo?.Gpus?.some((gpu) => gpu.Manufacturer?.toLowerCase() === "nvidia") === true) return "nvidia";
  const inference = info.InferenceAcceleratorInfo?.Accelerators ?? [];
  return info.NeuronInfo !== undefined || inference.some((one) => one.Manufacturer === "AWS") ? "neuron" : "none";
}
