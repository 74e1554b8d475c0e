import { acmOperations } from "../aws/acm.ts";
import { ec2Operations } from "../aws/ec2.ts";
import { eksOperations } from "../aws/eks.ts";
import { elbv2Operations } from "../aws/elbv2.ts";
import { iamOperations } from "../aws/iam.ts";
import type { OperationTable } from "../aws/operation.ts";
import { shieldOperations } from "../aws/shield.ts";
import { stsOperations } from "../aws/sts.ts";
import { wafv2Operations } from "../aws/wafv2.ts";

const tables: readonly OperationTable[] = [
  elbv2Operations,
  ec2Operations,
  iamOperations,
  eksOperations,
  stsOperations,
  acmOperations,
  wafv2Operations,
  shieldOperations,
];

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** Service-linked roles that AWS makes on first use, each allowed for its own service only. */
const serviceLinkedRoles = ["elasticloadbalancing.amazonaws.com", "eks-nodegroup.amazonaws.com"] as const;

/**
 * The IAM policy that the operator needs: every action of every operation in the ports, reads and writes apart. Made of
 * the tables that calls go through, so that an action that the code uses cannot be missing.
 */
export function iamPolicy(): PolicyDocument {
  const operations = tables.flatMap((table) => Object.values(table));
  const actions = (mutating: boolean): readonly string[] =>
    [
      ...new Set(
        operations.filter((operation) => operation.mutating === mutating).flatMap(({ iamActions }) => iamActions),
      ),
    ].sort();
  const reads = actions(false);
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "Read", Effect: "Allow", Action: reads, Resource: "*" },
      {
        Sid: "Write",
        Effect: "Allow",
        Action: actions(true).filter((action) => !reads.includes(action)),
        Resource: "*",
      },
      ...serviceLinkedRoles.map(
        (service): Statement => ({
          Sid: `ServiceLinkedRole${service
            .split(/[.-]/)
            .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
            .slice(0, 2)
            .join("")}`,
          Effect: "Allow",
          Action: ["iam:CreateServiceLinkedRole"],
          Resource: "*",
          Condition: { StringEquals: { "iam:AWSServiceName": service } },
        }),
      ),
    ],
  };
}
