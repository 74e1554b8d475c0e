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
  availableIpAddressCount: number;
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

/** Where a security group rule lets traffic come from or go to; exactly one member is set. */
export interface RulePeer {
  readonly cidrIpv4?: string;
  readonly cidrIpv6?: string;
  readonly prefixListId?: string;
  readonly groupId?: string;
}

export interface SecurityGroupRule extends RulePeer {
  readonly securityGroupRuleId: string;
  readonly groupId_: string;
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1`. */
  readonly ipProtocol: string;
  /** -1 for all traffic. */
  readonly fromPort: number;
  readonly toPort: number;
  description?: string;
  readonly tags: Tags;
}
