import type { Cluster } from "../../aws/facts/cluster.ts";

/** Where nodes and Fargate pods can be. */
export interface PlacementFacts {
  readonly cluster: Cluster;
  /** Subnets of the cluster's VPC. */
  readonly subnets: readonly NodeSubnet[];
}

/** The AWS surroundings that the build of a node group asks for. */
export interface NodeGroupFacts extends PlacementFacts {
  /** By instance type; a type that EC2 does not know in the region is absent. */
  readonly instanceTypes: ReadonlyMap<string, InstanceTypeFact>;
}

export interface NodeSubnet {
  readonly id: string;
  readonly zone: string;
  readonly zoneID: string;
  /** Whether a route leads out to an internet gateway. */
  readonly isPublic: boolean;
  readonly isOutpost: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface InstanceTypeFact {
  readonly architecture: "x86_64" | "arm64";
  readonly accelerator: "none" | "nvidia" | "neuron";
}

/** Reads them, cached for all node groups together. */
export interface NodeGroupSurroundings {
  placement(): Promise<PlacementFacts>;
  /** `instanceTypes`: the types that the node group names. */
  facts(instanceTypes: readonly string[], signal: AbortSignal): Promise<NodeGroupFacts>;
}
