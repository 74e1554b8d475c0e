import type { Aws } from "../aws/clients.ts";
import { type AccountLimitFacts, accountLimitFacts } from "../aws/facts/account-limits.ts";
import { type CertificateFacts, certificateFacts } from "../aws/facts/certificates.ts";
import { type ClusterFacts, clusterFacts } from "../aws/facts/cluster.ts";
import { type NetworkInterfaceFacts, networkInterfaceFacts } from "../aws/facts/network-interfaces.ts";
import { type SecurityGroupFacts, securityGroupFacts } from "../aws/facts/security-groups.ts";
import { type SubnetFacts, subnetFacts } from "../aws/facts/subnets.ts";
import { type VpcFacts, vpcFacts } from "../aws/facts/vpc.ts";
import { type WebACLFacts, webACLFacts } from "../aws/facts/web-acls.ts";
import { zoneFacts } from "../aws/facts/zones.ts";
import { Inventory } from "../aws/inventory.ts";
import { TargetsCache } from "../aws/targets-cache.ts";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { FargateQueue } from "../resources/eks/fargate-queue.ts";
import type { Settings } from "./settings.ts";

/** What is known of AWS, shared by all controllers. */
export interface AwsParts {
  readonly inventory: Inventory;
  readonly targets: TargetsCache;
  readonly vpc: VpcFacts;
  readonly subnets: SubnetFacts;
  readonly securityGroups: SecurityGroupFacts;
  readonly certificates: CertificateFacts;
  readonly interfaces: NetworkInterfaceFacts;
  readonly cluster: ClusterFacts;
  readonly webACLs: WebACLFacts;
  readonly accountLimits: AccountLimitFacts;
  /** The line of the Fargate profiles that wait for EKS to create or delete them. */
  readonly fargateQueue: FargateQueue;
  /** From now on the inventory is listed anew from time to time. */
  start(): void;
  stop(): void;
}

export function createAwsParts(
  aws: Aws,
  {
    settings,
    vpcID,
    clock,
    log,
  }: { readonly settings: Settings; readonly vpcID: string; readonly clock: Clock; readonly log: Logger },
): AwsParts {
  const { ec2, elbv2, eks, acm, wafv2 } = aws;
  const inventory = new Inventory({ elbv2, ec2, clock, log, vpcID });
  let endRefresh: (() => void) | undefined;
  return {
    inventory,
    targets: new TargetsCache(),
    vpc: vpcFacts({ ec2, clock }),
    subnets: subnetFacts({ ec2, zones: zoneFacts({ ec2, clock }), clock }),
    securityGroups: securityGroupFacts({ ec2, inventory }),
    certificates: certificateFacts({ acm, clock, allowedAuthorityARNs: settings.allowedCertificateAuthorityARNs }),
    interfaces: networkInterfaceFacts({ ec2, clock, vpcID }),
    cluster: clusterFacts({ eks, clock }),
    webACLs: webACLFacts({ wafv2, clock }),
    accountLimits: accountLimitFacts({ elbv2, clock }),
    fargateQueue: new FargateQueue(clock),
    start() {
      endRefresh = inventory.keepFresh(settings.inventoryEveryMs);
    },
    stop() {
      endRefresh?.();
    },
  };
}

/** The cluster's VPC: by flag, by tags, or as EKS says. Rejects with advice when none of these tells. */
export async function findVPC(
  aws: Aws,
  { settings, clock }: { readonly settings: Settings; readonly clock: Clock },
): Promise<string> {
  if (settings.vpcID !== undefined) return settings.vpcID;
  const { ec2, eks } = aws;
  if (settings.vpcTags !== undefined) return (await vpcFacts({ ec2, clock }).find(settings.vpcTags)).id;
  const cluster = await clusterFacts({ eks, clock }).get(settings.clusterName);
  if (cluster.vpcID !== undefined) return cluster.vpcID;
  throw new AppError(`EKS names no VPC for cluster ${settings.clusterName}: set --aws-vpc-id`, {
    class: "invalid",
    code: "VPCNotFound",
  });
}
