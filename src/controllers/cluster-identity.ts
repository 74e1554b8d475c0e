import type { Cluster } from "../aws/facts/cluster.ts";
import { AppError } from "../errors.ts";

/** The cluster as names, ARNs and tags need it; partition, region and account come from its ARN, never from a table. */
export interface ClusterIdentity {
  readonly name: string;
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly accountID: string;
}

/** Throws `waiting` for a cluster whose ARN EKS does not tell yet. */
export function clusterIdentity(cluster: Pick<Cluster, "name" | "arn">): ClusterIdentity {
  const [, partition, service, region, accountID] = cluster.arn.split(":");
  if (service !== "eks" || partition === undefined || region === undefined || accountID === undefined) {
    throw new AppError(`EKS tells no usable ARN of cluster ${cluster.name}: "${cluster.arn}"`, {
      class: "waiting",
      code: "Waiting",
      retryAfterMs: 30_000,
    });
  }
  return { name: cluster.name, arn: cluster.arn, partition, region, accountID };
}

/** The tags by which the AWS resources of one of our own objects are recognised. */
export const ownershipTagKeys = {
  cluster: "fairlead.io/cluster",
  clusterARN: "fairlead.io/cluster-arn",
  owner: "fairlead.io/owner",
  ownerUID: "fairlead.io/owner-uid",
  resource: "fairlead.io/resource",
} as const;

export function ownershipOf(cluster: ClusterIdentity, owner: string) {
  return {
    tags: {
      [ownershipTagKeys.cluster]: cluster.name,
      // Names of clusters repeat across regions and accounts.
      [ownershipTagKeys.clusterARN]: cluster.arn,
      [ownershipTagKeys.owner]: owner,
    },
    idTag: ownershipTagKeys.resource,
  };
}
