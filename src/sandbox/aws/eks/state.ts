import type { SandboxContext } from "../service.ts";
import { eksError } from "./errors.ts";

export type Tags = Map<string, string>;

export type NodeGroupStatus =
  | "CREATING"
  | "ACTIVE"
  | "UPDATING"
  | "DELETING"
  | "CREATE_FAILED"
  | "DELETE_FAILED"
  | "DEGRADED";

export interface HealthIssue {
  readonly code: string;
  readonly message: string;
  readonly resourceIds: readonly string[];
}

export interface Taint {
  readonly key: string;
  readonly value: string | undefined;
  readonly effect: "NO_SCHEDULE" | "NO_EXECUTE" | "PREFER_NO_SCHEDULE";
}

export interface Scaling {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredSize: number;
}

/** An instance of a node group and what it was started from. */
export interface GroupInstance {
  readonly instanceId: string;
  readonly releaseVersion: string;
  readonly launchTemplateVersion: number | undefined;
}

export interface NodeGroup {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  modifiedAt: number;
  status: NodeGroupStatus;
  version: string | undefined;
  releaseVersion: string;
  readonly capacityType: "ON_DEMAND" | "SPOT" | "CAPACITY_BLOCK";
  readonly amiType: string;
  /** Absent when the launch template names the type. */
  readonly instanceTypes: readonly string[] | undefined;
  readonly diskSize: number | undefined;
  readonly remoteAccess:
    | { readonly ec2SshKey: string | undefined; readonly sourceSecurityGroups: readonly string[] | undefined }
    | undefined;
  remoteAccessSecurityGroup: string | undefined;
  readonly subnets: readonly string[];
  readonly nodeRole: string;
  scaling: Scaling;
  readonly labels: Map<string, string>;
  taints: readonly Taint[];
  updateConfig: Readonly<Record<string, unknown>>;
  nodeRepairConfig: Readonly<Record<string, unknown>> | undefined;
  warmPoolConfig: Readonly<Record<string, unknown>> | undefined;
  launchTemplate: { readonly id: string; readonly name: string; readonly version: number } | undefined;
  readonly autoScalingGroup: string;
  readonly issues: HealthIssue[];
  readonly instances: GroupInstance[];
  readonly tags: Tags;
  /** How many instances were ever started, to spread them over the subnets. */
  started: number;
}

export interface Update {
  readonly id: string;
  readonly nodeGroupName: string | undefined;
  status: "InProgress" | "Successful" | "Failed" | "Cancelled";
  readonly type: "ConfigUpdate" | "VersionUpdate";
  readonly params: readonly { readonly type: string; readonly value: string }[];
  readonly createdAt: number;
  errors: readonly {
    readonly errorCode: string;
    readonly errorMessage: string;
    readonly resourceIds: readonly string[];
  }[];
}

export interface FargateProfile {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  status: "CREATING" | "ACTIVE" | "DELETING" | "CREATE_FAILED" | "DELETE_FAILED";
  readonly podExecutionRoleArn: string;
  readonly subnets: readonly string[];
  readonly selectors: readonly { readonly namespace: string; readonly labels: ReadonlyMap<string, string> }[];
  readonly tags: Tags;
}

export interface AccessEntry {
  readonly principalArn: string;
  readonly arn: string;
  readonly type: string;
  readonly createdAt: number;
  modifiedAt: number;
  username: string;
  groups: readonly string[];
  readonly policies: Map<string, AccessPolicyAssociation>;
  readonly tags: Tags;
  /** Made by EKS for a node group or Fargate profile: goes when the last of them does. */
  readonly madeByEks: boolean;
}

export interface AccessPolicyAssociation {
  readonly policyArn: string;
  readonly scope: { readonly type: "cluster" | "namespace"; readonly namespaces: readonly string[] };
  readonly associatedAt: number;
  readonly modifiedAt: number;
}

export interface PodIdentityAssociation {
  readonly id: string;
  readonly arn: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  roleArn: string;
  targetRoleArn: string | undefined;
  externalId: string | undefined;
  disableSessionTags: boolean;
  policy: string | undefined;
  readonly createdAt: number;
  modifiedAt: number;
  readonly tags: Tags;
}

export interface Addon {
  readonly name: string;
  readonly arn: string;
  readonly version: string;
  readonly createdAt: number;
  readonly tags: Tags;
}

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly version: string;
  readonly platformVersion: string;
  readonly endpoint: string;
  readonly roleArn: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly clusterSecurityGroupId: string;
  readonly serviceIpv4Cidr: string;
  readonly oidcIssuer: string;
  readonly certificateAuthority: string;
  readonly authenticationMode: "API" | "API_AND_CONFIG_MAP" | "CONFIG_MAP";
  readonly status: "ACTIVE";
  readonly tags: Tags;
  readonly nodeGroups: Map<string, NodeGroup>;
  readonly fargateProfiles: Map<string, FargateProfile>;
  /** By principal ARN. */
  readonly accessEntries: Map<string, AccessEntry>;
  /** By id. */
  readonly podIdentityAssociations: Map<string, PodIdentityAssociation>;
  readonly addons: Map<string, Addon>;
  readonly updates: Map<string, Update>;
  /** Idempotency tokens, with what they came with and what they made. */
  readonly tokens: Map<string, { readonly fingerprint: string; readonly made: string }>;
}

/** EKS in one Region of one account. */
export class EksState {
  readonly clusters = new Map<string, Cluster>();
  readonly context: SandboxContext;

  constructor(context: SandboxContext) {
    this.context = context;
  }

  arn(resource: string): string {
    const { partition, region, accountId } = this.context;
    return `arn:${partition}:eks:${region}:${accountId}:${resource}`;
  }

  cluster(name: string): Cluster {
    const cluster = this.clusters.get(name);
    if (cluster === undefined)
      throw eksError("ResourceNotFoundException", `No cluster found for name: ${name}.`, { clusterName: name });
    return cluster;
  }
}
