import type { StringOrRef, Tags } from "../elbv2/specs.ts";

/** One inbound permission with exactly one source. Ports are inclusive; protocol `-1` means all and has no ports. */
export interface IngressPermission {
  readonly protocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly source:
    | { readonly cidr: string }
    | { readonly cidrIPv6: string }
    | { readonly prefixListID: string }
    | { readonly securityGroupID: StringOrRef };
  readonly description?: string;
}

/** `ec2/SecurityGroup`: a group of our own; its inbound rules are wholly ours. Outputs: `id`. */
export interface SecurityGroupSpec {
  readonly name: string;
  readonly description: string;
  readonly vpcID: string;
  /** Absent: not managed (the back-end group has none of its own, others may add some). */
  readonly ingress?: readonly IngressPermission[];
  readonly tags: Tags;
}

/**
 * `ec2/SecurityGroupRules`: our inbound rules on a security group that belongs to somebody else (nodes, pods). Id: the
 * group's id. Only rules whose description carries our marker are ever revoked.
 */
export interface SecurityGroupRulesSpec {
  readonly securityGroupID: string;
  readonly ingress: readonly IngressPermission[];
}
