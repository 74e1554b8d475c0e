import type { Vpc as SdkVpc } from "@aws-sdk/client-ec2";
import ipaddr from "ipaddr.js";
import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";
import type { Ec2Port } from "../ec2.ts";
import { Cached } from "./cached.ts";

export interface Vpc {
  readonly id: string;
  /** Associated blocks only. */
  readonly cidrs: readonly string[];
  readonly ipv6CIDRs: readonly string[];
}

const ttlMs = 10 * 60_000;

export interface VpcFacts {
  /** @throws AppError `missing` when there is no such VPC. */
  get(vpcID: string): Promise<Vpc>;
  /** The one VPC that has all of `tags`. */
  find(tags: Readonly<Record<string, string>>): Promise<Vpc>;
}

export function vpcFacts({ ec2, clock }: { readonly ec2: Ec2Port; readonly clock: Clock }): VpcFacts {
  const known = new Cached<Vpc>(clock, ttlMs);
  return {
    get: (vpcID) =>
      known.get(vpcID, async () => {
        const { Vpcs } = await ec2.describeVpcs({ VpcIds: [vpcID] }, { resource: vpcID });
        const vpc = Vpcs?.[0];
        if (vpc === undefined)
          throw new AppError(`VPC ${vpcID} does not exist`, { class: "missing", code: "VpcNotFound" });
        return toVpc(vpc);
      }),
    async find(tags) {
      const Filters = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
      const { Vpcs = [] } = await ec2.describeVpcs({ Filters });
      const [vpc, ...others] = Vpcs;
      const wanted = JSON.stringify(tags);
      if (vpc === undefined)
        throw new AppError(`no VPC exists with tags ${wanted}`, { class: "invalid", code: "VpcNotFound" });
      if (others.length > 0)
        throw new AppError(`multiple VPCs exist with tags ${wanted}`, { class: "invalid", code: "VpcAmbiguous" });
      return toVpc(vpc);
    },
  };
}

function toVpc(vpc: SdkVpc): Vpc {
  const blocks = vpc.CidrBlockAssociationSet ?? [];
  const ipv6Blocks = vpc.Ipv6CidrBlockAssociationSet ?? [];
  return {
    id: vpc.VpcId ?? "",
    cidrs: blocks.flatMap(({ CidrBlock, CidrBlockState }) =>
      CidrBlock !== undefined && CidrBlockState?.State === "associated" ? [CidrBlock] : [],
    ),
    ipv6CIDRs: ipv6Blocks.flatMap(({ Ipv6CidrBlock, Ipv6CidrBlockState }) =>
      Ipv6CidrBlock !== undefined && Ipv6CidrBlockState?.State === "associated" ? [Ipv6CidrBlock] : [],
    ),
  };
}

/** Whether an address lies in the VPC: a target outside needs its availability zone named. */
export function isInVpc(address: string, vpc: Vpc): boolean {
  return isInAnyCIDR(address, [...vpc.cidrs, ...vpc.ipv6CIDRs]);
}

export function isInAnyCIDR(address: string, cidrs: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return cidrs.some((cidr) => {
    const [base, length] = ipaddr.parseCIDR(cidr);
    return base.kind() === parsed.kind() && parsed.match(base, length);
  });
}
