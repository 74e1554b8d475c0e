/** Tags by key, in the order they were set. */
export type Tags = Map<string, string>;

export interface Vpc {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly ipv6CidrBlock?: string;
  readonly isDefault: boolean;
  readonly tags: Tags;
}

export interface AvailabilityZone {
  readonly zoneName: string;
  readonly zoneId: string;
  readonly zoneType: "availability-zone" | "local-zone" | "wavelength-zone";
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly ipv6CidrBlock?: string;
  readonly availabilityZone: string;
  readonly availabilityZoneId: string;
  readonly mapPublicIpOnLaunch: boolean;
  readonly outpostArn?: string;
  readonly tags: Tags;
}

export interface Route {
  readonly destinationCidrBlock: string;
  /** `local` or an internet gateway. */
  readonly gatewayId?: string;
  readonly natGatewayId?: string;
}

export interface RouteTable {
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly main: boolean;
  readonly subnetIds: readonly string[];
  readonly routes: readonly Route[];
  readonly tags: Tags;
}

/** Where a rule lets traffic come from or go to. */
export type RulePeer =
  | { readonly kind: "ipv4"; readonly cidr: string }
  | { readonly kind: "ipv6"; readonly cidr: string }
  | { readonly kind: "prefixList"; readonly id: string }
  | { readonly kind: "group"; readonly id: string; readonly userId: string };

export interface SecurityGroupRule {
  readonly ruleId: string;
  readonly groupId: string;
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1`. */
  readonly protocol: string;
  /** Port, ICMP type, or -1 for all. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: RulePeer;
  description: string | undefined;
  readonly tags: Tags;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly description: string;
  readonly vpcId: string;
  readonly createdAt: number;
  readonly tags: Tags;
  /** By rule id. */
  readonly rules: Map<string, SecurityGroupRule>;
}

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly description: string;
  readonly interfaceType: string;
  /** Set for interfaces that an AWS service made, for example `amazon-elb`. */
  readonly requesterId?: string;
  readonly attachment?: { readonly attachmentId: string; readonly instanceId?: string; readonly deviceIndex: number };
  readonly macAddress: string;
  /** The first one is the primary. */
  readonly privateIpAddresses: string[];
  readonly ipv6Addresses: string[];
  readonly publicIp?: string;
  groupIds: readonly string[];
  readonly tags: Tags;
}

export type InstanceStateName = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

export interface Instance {
  readonly instanceId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly privateDnsName: string;
  readonly privateIpAddress: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly iamInstanceProfileArn?: string;
  readonly launchedAt: number;
  readonly reservationId: string;
  /** Primary first; emptied on termination. */
  networkInterfaceIds: readonly string[];
  state: InstanceStateName;
  readonly tags: Tags;
}

export interface Address {
  readonly allocationId: string;
  readonly publicIp: string;
  associationId?: string;
  networkInterfaceId?: string;
  readonly tags: Tags;
}

export interface PrefixList {
  readonly prefixListId: string;
  readonly prefixListName: string;
  readonly ownerId: string;
  readonly maxEntries: number;
  readonly addressFamily: "IPv4" | "IPv6";
  readonly tags: Tags;
}

/** A value as EC2's wire form holds it; launch template data is kept as it was sent, lists merged by name. */
export type WireTree = string | readonly WireTree[] | { readonly [name: string]: WireTree };

export interface LaunchTemplateVersion {
  readonly versionNumber: number;
  readonly versionDescription: string | undefined;
  readonly createdAt: number;
  readonly data: { readonly [name: string]: WireTree };
}

export interface LaunchTemplate {
  readonly launchTemplateId: string;
  readonly launchTemplateName: string;
  readonly createdAt: number;
  readonly tags: Tags;
  readonly versions: Map<number, LaunchTemplateVersion>;
  defaultVersionNumber: number;
  latestVersionNumber: number;
  /** The idempotency token of the create call and what it came with. */
  readonly clientToken: { readonly token: string; readonly fingerprint: string } | undefined;
  /** The versions that were made with an idempotency token. */
  readonly versionTokens: Map<string, { readonly fingerprint: string; readonly version: LaunchTemplateVersion }>;
}

/** The network part of EC2 in one Region of one account; every map is keyed by id. */
export class Ec2State {
  readonly vpcs = new Map<string, Vpc>();
  readonly zones: AvailabilityZone[] = [];
  readonly subnets = new Map<string, Subnet>();
  readonly routeTables = new Map<string, RouteTable>();
  readonly securityGroups = new Map<string, SecurityGroup>();
  readonly networkInterfaces = new Map<string, NetworkInterface>();
  readonly instances = new Map<string, Instance>();
  readonly addresses = new Map<string, Address>();
  readonly prefixLists = new Map<string, PrefixList>();
  readonly launchTemplates = new Map<string, LaunchTemplate>();
  /** `<instance type> <zone>` of which no instance starts for now. */
  readonly exhausted = new Set<string>();
  /** The group of every rule. */
  readonly ruleOwners = new Map<string, SecurityGroup>();

  readonly region: string;
  readonly accountId: string;
  readonly partition: string;

  constructor(place: { readonly region: string; readonly accountId: string; readonly partition: string }) {
    this.region = place.region;
    this.accountId = place.accountId;
    this.partition = place.partition;
  }

  /** ARN of an EC2 resource, for example `security-group/sg-…`. */
  arn(resource: string): string {
    return `arn:${this.partition}:ec2:${this.region}:${this.accountId}:${resource}`;
  }
}
