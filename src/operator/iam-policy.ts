import { acmOperations } from "../aws/acm.ts";
import { ec2Operations } from "../aws/ec2.ts";
import { eksOperations } from "../aws/eks.ts";
import { elbv2Operations } from "../aws/elbv2.ts";
import { iamOperations } from "../aws/iam.ts";
import type { OperationTable } from "../aws/operation.ts";
import { shieldOperations } from "../aws/shield.ts";
import { stsOperations } from "../aws/sts.ts";
import { wafv2Operations } from "../aws/wafv2.ts";
import {
  type Conditions,
  identityAndNodesGrants,
  loadBalancingGrants,
  serviceLinkedRoleServices,
} from "./iam-grants.ts";

export const operationTables: readonly OperationTable[] = [
  elbv2Operations,
  ec2Operations,
  iamOperations,
  eksOperations,
  stsOperations,
  acmOperations,
  wafv2Operations,
  shieldOperations,
];

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Conditions;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** Every action that the operations in the ports need. */
export function usedActions(mutating: boolean): readonly string[] {
  const operations = operationTables.flatMap((table) => Object.values(table));
  const chosen = operations.filter((operation) => operation.mutating === mutating);
  return [...new Set(chosen.flatMap(({ iamActions }) => iamActions))].sort();
}

/** IAM holds a managed policy to 6,144 characters, so that the whole is two policies, both for the operator's role. */
export const policyParts = ["load-balancing", "identity-and-nodes"] as const;
export type PolicyPart = (typeof policyParts)[number];

/**
 * The IAM policy that the operator needs, or one part of it. What is allowed comes from the tables that all calls go
 * through, so that an action that the code uses cannot be missing; reads are allowed on everything, and writes as the
 * grants restrict them, mostly to what bears the operator's ownership tags (in the manner of the AWS Load Balancer
 * Controller's own policy).
 */
export function iamPolicy({
  parts = policyParts,
  partition = "aws",
}: {
  readonly parts?: readonly PolicyPart[];
  readonly partition?: string;
} = {}): PolicyDocument {
  return { Version: "2012-10-17", Statement: parts.flatMap((part) => statements(part, partition)) };
}

function statements(part: PolicyPart, partition: string): readonly Statement[] {
  const identity = part === "identity-and-nodes";
  const used = new Set(usedActions(true));
  const suffix = identity ? "IdentityAndNodes" : "LoadBalancing";
  return [
    {
      Sid: `Read${suffix}`,
      Effect: "Allow",
      Action: usedActions(false).filter((action) => isOfIdentityOrNodes(action) === identity),
      Resource: "*",
    },
    ...(identity ? identityAndNodesGrants : loadBalancingGrants).map(
      ({ sid, actions, resources, conditions }): Statement => ({
        Sid: sid,
        Effect: "Allow",
        // A grant may outlive the operation that it was written for; what nothing uses is not allowed.
        Action: actions.filter((action) => used.has(action)),
        Resource: resources === undefined ? "*" : resources.map((resource) => `arn:${partition}:${resource}`),
        ...(conditions === undefined ? {} : { Condition: conditions }),
      }),
    ),
    {
      Sid: `ServiceLinkedRoles${suffix}`,
      Effect: "Allow",
      Action: ["iam:CreateServiceLinkedRole"],
      Resource: `arn:${partition}:iam::*:role/aws-service-role/*`,
      Condition: { StringEquals: { "iam:AWSServiceName": serviceLinkedRoleServices[part] } },
    },
  ];
}

function isOfIdentityOrNodes(action: string): boolean {
  return /^(iam|eks):/.test(action) || /^ec2:Describe(LaunchTemplate|InstanceTypes)/.test(action);
}

/**
 * What adopting existing resources (`fairlead.io/adopt`) needs beyond `iamPolicy`: putting the ownership tags on something
 * that does not bear them. Apart, because whoever may do that may take over anything.
 */
export function adoptionPolicy(partition = "aws"): PolicyDocument {
  const arns = (...resources: string[]): readonly string[] =>
    resources.map((resource) => `arn:${partition}:${resource}`);
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "AdoptLoadBalancing",
        Effect: "Allow",
        Action: ["elasticloadbalancing:AddTags"],
        Resource: arns("elasticloadbalancing:*:*:loadbalancer/*", "elasticloadbalancing:*:*:targetgroup/*"),
      },
      {
        Sid: "AdoptNetwork",
        Effect: "Allow",
        Action: ["ec2:CreateTags"],
        Resource: arns("ec2:*:*:security-group/*", "ec2:*:*:launch-template/*"),
      },
      { Sid: "AdoptRoles", Effect: "Allow", Action: ["iam:TagRole"], Resource: arns("iam::*:role/*") },
      {
        Sid: "AdoptProviders",
        Effect: "Allow",
        Action: ["iam:TagOpenIDConnectProvider"],
        Resource: arns("iam::*:oidc-provider/*"),
      },
      {
        Sid: "AdoptEKS",
        Effect: "Allow",
        Action: ["eks:TagResource"],
        Resource: arns("eks:*:*:*"),
      },
    ],
  };
}
