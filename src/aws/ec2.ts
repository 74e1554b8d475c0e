import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operation, Port } from "./operation.ts";
import { idempotentWrite, onceOnlyWrite, read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

// In EC2 each operation has a rate bucket of its own, of its category's size: the bucket is named for both.
const reads = (name: string): Operation => read(`reads:${name}`, [`ec2:${name}`]);
const writes = (name: string): Operation => idempotentWrite(`writes:${name}`, [`ec2:${name}`]);

/** The EC2 operations that Fairlead uses. Callers always filter or page, so that the larger buckets apply. */
export const ec2Operations = {
  DescribeVpcs: reads("DescribeVpcs"),
  DescribeSubnets: reads("DescribeSubnets"),
  DescribeRouteTables: reads("DescribeRouteTables"),
  DescribeAvailabilityZones: reads("DescribeAvailabilityZones"),
  DescribeInstances: reads("DescribeInstances"),
  DescribeInstanceTypes: reads("DescribeInstanceTypes"),
  DescribeNetworkInterfaces: reads("DescribeNetworkInterfaces"),
  DescribeSecurityGroups: reads("DescribeSecurityGroups"),
  DescribeManagedPrefixLists: reads("DescribeManagedPrefixLists"),
  DescribeAddresses: reads("DescribeAddresses"),
  DescribeLaunchTemplates: reads("DescribeLaunchTemplates"),
  DescribeLaunchTemplateVersions: reads("DescribeLaunchTemplateVersions"),
  CreateSecurityGroup: onceOnlyWrite("writes:CreateSecurityGroup", ["ec2:CreateSecurityGroup", "ec2:CreateTags"]),
  DeleteSecurityGroup: writes("DeleteSecurityGroup"),
  AuthorizeSecurityGroupIngress: onceOnlyWrite("intensive:AuthorizeSecurityGroupIngress", [
    "ec2:AuthorizeSecurityGroupIngress",
  ]),
  RevokeSecurityGroupIngress: onceOnlyWrite("intensive:RevokeSecurityGroupIngress", ["ec2:RevokeSecurityGroupIngress"]),
  UpdateSecurityGroupRuleDescriptionsIngress: writes("UpdateSecurityGroupRuleDescriptionsIngress"),
  CreateTags: idempotentWrite("tags:CreateTags", ["ec2:CreateTags"]),
  DeleteTags: idempotentWrite("tags:DeleteTags", ["ec2:DeleteTags"]),
  CreateLaunchTemplate: onceOnlyWrite("writes:CreateLaunchTemplate", ["ec2:CreateLaunchTemplate", "ec2:CreateTags"]),
  CreateLaunchTemplateVersion: onceOnlyWrite("templates:CreateLaunchTemplateVersion", [
    "ec2:CreateLaunchTemplateVersion",
  ]),
  ModifyLaunchTemplate: idempotentWrite("templates:ModifyLaunchTemplate", ["ec2:ModifyLaunchTemplate"]),
  DeleteLaunchTemplateVersions: writes("DeleteLaunchTemplateVersions"),
  DeleteLaunchTemplate: writes("DeleteLaunchTemplate"),
} as const satisfies Record<string, Operation>;

export type Ec2Port = Port<typeof Ec2, typeof ec2Operations>;

export function createEc2(factory: PortFactory): Ec2Port {
  return createPort(factory, {
    service: "ec2",
    operations: ec2Operations,
    load: () => import("@aws-sdk/client-ec2"),
    client: (sdk: typeof Ec2, settings: ClientSettings) => new sdk.EC2Client(settings),
  });
}
