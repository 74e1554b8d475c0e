import type { InstanceView } from "./surroundings.ts";

/** What EKS asks of EC2 beyond the network: machines, launch templates and groups of its own. Supplied by EC2. */
export interface ComputeFacts {
  /** Makes a running instance with its primary network interface. Throws `AwsError` when the subnet is full. */
  launchInstance(request: LaunchRequest): LaunchedInstance;
  /** Stages that a type is sold out in a zone, or to be had again. */
  setCapacity(instanceType: string, zone: string, available: boolean): void;
  /** Terminates at once: its interfaces go, the instance stays visible as `terminated` for an hour. */
  terminateInstance(instanceId: string): void;
  /** Gives a pod of the instance its address: a secondary one of the instance's interface. */
  assignPodAddress(instanceId: string, address?: string): string | undefined;
  releasePodAddress(address: string): void;
  /** A launch template by id or name, with the version resolved (`$Latest`, `$Default`, absent: the default). */
  launchTemplate(reference: {
    readonly id?: string;
    readonly name?: string;
    readonly version?: string;
  }): LaunchTemplateView | undefined;
  /** A security group that an AWS service makes for itself. */
  createSecurityGroup(request: {
    readonly name: string;
    readonly description: string;
    readonly vpcId: string;
    readonly tags: ReadonlyMap<string, string>;
    /** Lets all traffic of its own members in. */
    readonly selfReferencing: boolean;
  }): string;
  deleteSecurityGroup(groupId: string): void;
  /** Whether the subnet's route table has a route to an internet gateway. */
  isPublicSubnet(subnetId: string): boolean;
  mapsPublicIp(subnetId: string): boolean;
  /** The VPC of the surroundings and its subnets, the public ones first. */
  clusterNetwork(): { readonly vpcId: string; readonly subnetIds: readonly string[] };
  instanceType(name: string): InstanceTypeView | undefined;
  /** Zones that offer the type. */
  zonesOffering(instanceType: string): readonly string[];
}

export interface LaunchRequest {
  readonly subnetId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly groupIds: readonly string[];
  readonly instanceProfileArn?: string;
  readonly tags: ReadonlyMap<string, string>;
}

export interface LaunchedInstance extends InstanceView {
  readonly instanceType: string;
  readonly privateDnsName: string;
}

export interface LaunchTemplateView {
  readonly id: string;
  readonly name: string;
  /** The version asked for; undefined when the template has no such version. */
  readonly version: number | undefined;
  /** Launch template data by its wire names (`ImageId`, `InstanceType`, `SecurityGroupId` ...). */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface InstanceTypeView {
  readonly name: string;
  readonly architecture: "x86_64" | "arm64";
  readonly accelerator: "none" | "nvidia" | "neuron";
}

/** What EKS and STS ask of IAM beyond a role's trust. Supplied by IAM. */
export interface IdentityFacts {
  /** Whether the ARN names a role or user of this account, or anything in another account. */
  principalExists(arn: string): boolean;
  /** The unique id (`AROA…`) of a role; undefined when there is none. */
  roleId(arn: string): string | undefined;
  roleByName(name: string): IdentityRole | undefined;
  oidcProvider(arn: string): { readonly clientIds: readonly string[] } | undefined;
  /** Whether the role has any policy of its own or the one that lets nodes join; without, nodes never become ready. */
  mayJoinClusters(arn: string): boolean;
  /** Makes the role that an AWS service keeps for itself in the account, on its first use. */
  ensureServiceLinkedRole(service: string): void;
  /** Makes a role as an AWS service or eksctl would have made it before the sandbox started. */
  createRole(request: {
    readonly name: string;
    readonly path?: string;
    readonly trustPolicy: string;
    readonly attachedPolicyArns: readonly string[];
  }): string;
}

export interface IdentityRole {
  readonly arn: string;
  readonly roleId: string;
  readonly name: string;
  readonly maxSessionDuration: number;
  readonly trustPolicy: unknown;
}

/** The cluster of the surroundings, for the cluster simulation and the command line. Supplied by EKS. */
export interface ClusterFacts {
  readonly name: string;
  readonly arn: string;
  readonly vpcId: string;
  readonly version: string;
  /** With `https://`. */
  readonly oidcIssuer: string;
  readonly clusterSecurityGroupId: string;
  readonly nodeRoleArn: string;
  /** The instances that were there at the start. */
  readonly nodes: readonly LaunchedInstance[];
  /** Moves a node group's desired size within its limits, as an autoscaler does; false when there is no such group. */
  setDesiredSize(nodeGroupName: string, desiredSize: number): boolean;
  /** Stages a health issue of a node group (AWS's codes, such as `AsgInstanceLaunchFailures`). */
  addIssue(nodeGroupName: string, issue: { readonly code: string; readonly message: string }): boolean;
  clearIssues(nodeGroupName: string): boolean;
}
