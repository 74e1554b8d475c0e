import type * as Eks from "@aws-sdk/client-eks";
import type { Port } from "./operation.ts";
import { idempotentWrite, onceOnlyWrite, read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

/**
 * The EKS operations that Fairlead uses. Creates and updates are idempotent only with a `clientRequestToken` that is
 * derived from stable input: callers give one, so that a repetition, also one after a restart, is the same request.
 */
export const eksOperations = {
  DescribeCluster: read("reads", ["eks:DescribeCluster"]),
  ListNodegroups: read("reads", ["eks:ListNodegroups"]),
  DescribeNodegroup: read("reads", ["eks:DescribeNodegroup"]),
  CreateNodegroup: idempotentWrite("writes", ["eks:CreateNodegroup", "eks:TagResource", "iam:PassRole"]),
  UpdateNodegroupConfig: idempotentWrite("writes", ["eks:UpdateNodegroupConfig"]),
  UpdateNodegroupVersion: idempotentWrite("writes", ["eks:UpdateNodegroupVersion"]),
  DeleteNodegroup: idempotentWrite("writes", ["eks:DeleteNodegroup"]),
  DescribeUpdate: read("reads", ["eks:DescribeUpdate"]),
  ListUpdates: read("reads", ["eks:ListUpdates"]),
  ListFargateProfiles: read("reads", ["eks:ListFargateProfiles"]),
  DescribeFargateProfile: read("reads", ["eks:DescribeFargateProfile"]),
  CreateFargateProfile: idempotentWrite("writes", ["eks:CreateFargateProfile", "eks:TagResource", "iam:PassRole"]),
  DeleteFargateProfile: idempotentWrite("writes", ["eks:DeleteFargateProfile"]),
  ListAccessEntries: read("reads", ["eks:ListAccessEntries"]),
  DescribeAccessEntry: read("reads", ["eks:DescribeAccessEntry"]),
  CreateAccessEntry: idempotentWrite("writes", ["eks:CreateAccessEntry", "eks:TagResource"]),
  UpdateAccessEntry: idempotentWrite("writes", ["eks:UpdateAccessEntry"]),
  DeleteAccessEntry: idempotentWrite("writes", ["eks:DeleteAccessEntry"]),
  ListAssociatedAccessPolicies: read("reads", ["eks:ListAssociatedAccessPolicies"]),
  AssociateAccessPolicy: idempotentWrite("writes", ["eks:AssociateAccessPolicy"]),
  DisassociateAccessPolicy: idempotentWrite("writes", ["eks:DisassociateAccessPolicy"]),
  ListPodIdentityAssociations: read("reads", ["eks:ListPodIdentityAssociations"]),
  DescribePodIdentityAssociation: read("reads", ["eks:DescribePodIdentityAssociation"]),
  CreatePodIdentityAssociation: idempotentWrite("writes", [
    "eks:CreatePodIdentityAssociation",
    "eks:TagResource",
    "iam:GetRole",
    "iam:PassRole",
  ]),
  UpdatePodIdentityAssociation: idempotentWrite("writes", [
    "eks:UpdatePodIdentityAssociation",
    "iam:GetRole",
    "iam:PassRole",
  ]),
  DeletePodIdentityAssociation: idempotentWrite("writes", ["eks:DeletePodIdentityAssociation"]),
  ListAddons: read("reads", ["eks:ListAddons"]),
  DescribeAddon: read("reads", ["eks:DescribeAddon"]),
  CreateAddon: onceOnlyWrite("writes", ["eks:CreateAddon", "eks:TagResource"]),
  ListTagsForResource: read("reads", ["eks:ListTagsForResource"]),
  TagResource: idempotentWrite("writes", ["eks:TagResource"]),
  UntagResource: idempotentWrite("writes", ["eks:UntagResource"]),
} as const;

export type EksPort = Port<typeof Eks, typeof eksOperations>;

export function createEks(factory: PortFactory): EksPort {
  return createPort(factory, {
    service: "eks",
    operations: eksOperations,
    load: () => import("@aws-sdk/client-eks"),
    client: (sdk: typeof Eks, settings: ClientSettings) => new sdk.EKSClient(settings),
  });
}
