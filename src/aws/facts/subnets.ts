import type { RouteTable, Subnet as SdkSubnet } from "@aws-sdk/client-ec2";
import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";
import type { Ec2Port } from "../ec2.ts";
import { hasCode } from "../errors.ts";
import { fromTagList } from "../tags.ts";
import { Cached } from "./cached.ts";
import type { Subnet, SubnetRequest } from "./subnet-choice.ts";
import { chooseSubnets, needsReachability, unknownIDs } from "./subnet-choice.ts";
import type { ZoneFacts } from "./zones.ts";

/** Tags and free addresses change by hand or with load: soon enough seen, and one call for many new load balancers. */
const ttlMs = 60_000;

export interface SubnetFacts {
  /** All subnets of the VPC. */
  list(vpcID: string): Promise<readonly Subnet[]>;
  /** @throws AppError `invalid` as `chooseSubnets` does. */
  choose(request: SubnetRequest): Promise<readonly Subnet[]>;
}

export function subnetFacts(options: {
  readonly ec2: Ec2Port;
  readonly zones: ZoneFacts;
  readonly clock: Clock;
}): SubnetFacts {
  const { ec2 } = options;
  const byVPC = new Cached<readonly Subnet[]>(options.clock, ttlMs);
  const byIDs = new Cached<readonly Subnet[]>(options.clock, ttlMs);
  const publicByVPC = new Cached<ReadonlySet<string>>(options.clock, ttlMs);

  const list = (vpcID: string): Promise<readonly Subnet[]> =>
    byVPC.get(vpcID, async () => {
      const found: SdkSubnet[] = [];
      let NextToken: string | undefined;
      do {
        const page = await ec2.describeSubnets({
          Filters: [{ Name: "vpc-id", Values: [vpcID] }],
          ...(NextToken === undefined ? {} : { NextToken }),
        });
        found.push(...(page.Subnets ?? []));
        NextToken = page.NextToken;
      } while (NextToken !== undefined && NextToken !== "");
      return found.map(toSubnet);
    });

  const elsewhere = (ids: readonly string[]): Promise<readonly Subnet[]> =>
    byIDs.get(ids.join(), async () => {
      try {
        const { Subnets } = await ec2.describeSubnets({ SubnetIds: [...ids] });
        return (Subnets ?? []).map(toSubnet);
      } catch (error) {
        if (hasCode(error, "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed")) return [];
        throw error;
      }
    });

  const publicIDs = (vpcID: string, subnets: readonly Subnet[]): Promise<ReadonlySet<string>> =>
    publicByVPC.get(vpcID, async () => {
      const tables: RouteTable[] = [];
      let NextToken: string | undefined;
      do {
        const page = await ec2.describeRouteTables({
          Filters: [{ Name: "vpc-id", Values: [vpcID] }],
          ...(NextToken === undefined ? {} : { NextToken }),
        });
        tables.push(...(page.RouteTables ?? []));
        NextToken = page.NextToken;
      } while (NextToken !== undefined && NextToken !== "");
      return publicSubnetIDs(
        vpcID,
        subnets.map(({ id }) => id),
        tables,
      );
    });

  return {
    list,
    async choose(request) {
      const [subnets, zones] = await Promise.all([list(request.vpcID), options.zones.list()]);
      const missing = unknownIDs(subnets, request.source);
      return chooseSubnets(
        {
          zones,
          subnets: missing.length === 0 ? subnets : [...subnets, ...(await elsewhere(missing))],
          ...(needsReachability(subnets, request) ? { publicIDs: await publicIDs(request.vpcID, subnets) } : {}),
        },
        request,
      );
    },
  };
}

function toSubnet(subnet: SdkSubnet): Subnet {
  return {
    id: subnet.SubnetId ?? "",
    vpcID: subnet.VpcId ?? "",
    zone: subnet.AvailabilityZone ?? "",
    zoneID: subnet.AvailabilityZoneId ?? "",
    cidr: subnet.CidrBlock ?? "",
    ipv6CIDRs: (subnet.Ipv6CidrBlockAssociationSet ?? []).flatMap(({ Ipv6CidrBlock, Ipv6CidrBlockState }) =>
      Ipv6CidrBlock !== undefined && Ipv6CidrBlockState?.State === "associated" ? [Ipv6CidrBlock] : [],
    ),
    availableIPs: subnet.AvailableIpAddressCount ?? 0,
    ...(subnet.OutpostArn === undefined || subnet.OutpostArn === "" ? {} : { outpostARN: subnet.OutpostArn }),
    tags: fromTagList(subnet.Tags),
  };
}

/**
 * The subnets that a route leads out of, to an internet gateway. A subnet without a route table of its own has the VPC's
 * main one ("Subnet route tables" of the VPC user guide). Pure.
 */
export function publicSubnetIDs(
  vpcID: string,
  subnetIDs: readonly string[],
  tables: readonly RouteTable[],
): ReadonlySet<string> {
  const main = tables.find(({ Associations }) => Associations?.some(({ Main }) => Main === true));
  const isPublic = (table: RouteTable | undefined): boolean =>
    table?.Routes?.some(({ GatewayId }) => GatewayId?.startsWith("igw") === true) === true;
  return new Set(
    subnetIDs.filter((id) => {
      const own = tables.find(({ Associations }) => Associations?.some(({ SubnetId }) => SubnetId === id));
      if (own === undefined && main === undefined) {
        throw new AppError(`[this shall never happen] could not identify main route table for vpc: ${vpcID}`, {
          class: "invalid",
          code: "SubnetsNotResolved",
        });
      }
      return isPublic(own ?? main);
    }),
  );
}
