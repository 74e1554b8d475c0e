import type { StringOrRef, Tags } from "../elbv2/specs.ts";

/** The EKS resource types of one cluster, whose name is given to the types themselves. */

/**
 * `eks/PodIdentityAssociation`: lets the pods of a ServiceAccount have a role. Natural key: namespace and ServiceAccount.
 * Outputs: `arn`, `id`, and `externalID` when there is one.
 */
export interface PodIdentityAssociationSpec {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleARN: StringOrRef;
  /** Empty: none. */
  readonly targetRoleARN: string;
  readonly disableSessionTags: boolean;
  /** A session policy as JSON text; empty: none. */
  readonly policy: string;
  readonly tags: Tags;
}

export interface TaintSpec {
  readonly key: string;
  readonly value: string;
  readonly effect: "NO_SCHEDULE" | "NO_EXECUTE" | "PREFER_NO_SCHEDULE";
}

export interface UpdateConfigSpec {
  readonly maxUnavailable?: number;
  readonly maxUnavailablePercentage?: number;
  readonly updateStrategy: "DEFAULT" | "MINIMAL";
}

export interface NodeRepairSpec {
  readonly enabled: boolean;
  readonly maxUnhealthyNodeThresholdCount?: number;
  readonly maxUnhealthyNodeThresholdPercentage?: number;
  readonly maxParallelNodesRepairedCount?: number;
  readonly maxParallelNodesRepairedPercentage?: number;
  readonly overrides?: readonly {
    readonly nodeMonitoringCondition: string;
    readonly nodeUnhealthyReason: string;
    readonly minRepairWaitTimeMins: number;
    readonly repairAction: "Replace" | "Reboot" | "NoAction";
  }[];
}

/** `eks/NodeGroup`. Natural key: the name. Outputs: `arn`, `name`. */
export interface NodeGroupSpec {
  readonly name: string;
  readonly capacityType: "ON_DEMAND" | "SPOT" | "CAPACITY_BLOCK";
  /** Order is priority. Absent when the launch template holds the type. */
  readonly instanceTypes?: readonly string[];
  /** Absent when the launch template names the image. */
  readonly amiType?: string;
  readonly nodeRoleARN: StringOrRef;
  readonly subnetIDs: readonly string[];
  readonly scaling: {
    readonly min: number;
    readonly max: number;
    /** At creation. Afterwards only with `writeDesired`, or as far as min and max demand it: autoscalers own it. */
    readonly desired: number;
    readonly writeDesired: boolean;
  };
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly TaintSpec[];
  readonly updateConfig: UpdateConfigSpec;
  /** Absent: not managed. */
  readonly nodeRepair?: NodeRepairSpec;
  readonly launchTemplate: { readonly id: StringOrRef; readonly version: StringOrRef } | LaunchTemplateByName;
  /** Absent: left as it is. */
  readonly kubernetesVersion?: string;
  /** Absent: left as it is. */
  readonly releaseVersion?: string;
  /** Version updates delete pods that a PodDisruptionBudget keeps. */
  readonly force: boolean;
  readonly tags: Tags;
  readonly retiredTagKeys: readonly string[];
  /** Only on observed groups: what is not wanted but found. */
  readonly live?: NodeGroupLive;
}

export interface LaunchTemplateByName {
  readonly name: string;
  readonly version: string;
}

export type NodeGroupStatusCode =
  | "CREATING"
  | "ACTIVE"
  | "UPDATING"
  | "DELETING"
  | "CREATE_FAILED"
  | "DELETE_FAILED"
  | "DEGRADED";

export interface NodeGroupLive {
  readonly status: NodeGroupStatusCode;
  readonly desired: number;
  readonly kubernetesVersion?: string;
  readonly releaseVersion?: string;
  readonly autoScalingGroups: readonly string[];
  readonly issues: readonly NodeGroupIssue[];
  /** The update that is in progress, or the last one when it failed. */
  readonly update?: NodeGroupUpdate;
}

export interface NodeGroupIssue {
  readonly code: string;
  readonly message: string;
  readonly resourceIDs: readonly string[];
}

export interface NodeGroupUpdate {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly error?: string;
  readonly attempts: number;
}

export interface AccessPolicySpec {
  readonly arn: string;
  /** Sorted; the whole cluster when empty. `*` stands for any characters. */
  readonly namespaces: readonly string[];
}

/**
 * `eks/AccessEntry`: lets an IAM principal call the Kubernetes API. Natural key: the principal. Outputs: `arn`, `type`,
 * `username`.
 */
export interface AccessEntrySpec {
  readonly principalARN: string;
  readonly type: AccessEntryTypeCode;
  /** Not compared for types other than STANDARD, whose names EKS sets; neither are `groups`. */
  readonly username: string;
  /** EKS sets the user name at creation as it stands in `username`; it is not sent. */
  readonly defaultUsername: boolean;
  readonly groups: readonly string[];
  /** All of the entry's policies, by ARN. */
  readonly policies: readonly AccessPolicySpec[];
  readonly tags: Tags;
}

export type AccessEntryTypeCode =
  | "STANDARD"
  | "EC2_LINUX"
  | "EC2_WINDOWS"
  | "FARGATE_LINUX"
  | "HYBRID_LINUX"
  | "EC2"
  | "HYPERPOD_LINUX";
