import type { NodeGroup } from "../../api/node-group.ts";
import type { CreatedRole } from "../../api/node-group-role.ts";
import type { Resource } from "../../engine/stack.ts";
import { sha256Hex } from "../../json.ts";
import { roleType } from "../../resources/iam/role.ts";
import type { RoleSpec } from "../../resources/iam/specs.ts";
import { type ClusterIdentity, ownershipTagKeys } from "../cluster-identity.ts";

export const nodeRoleID = "node-role";

const longest = 64;

/** `{cluster}-{node group}-node`, cut to IAM's 64 characters with a hash where that is needed. */
export function nodeRoleName(cluster: ClusterIdentity, nodeGroup: string): string {
  const name = `${cluster.name}-${nodeGroup}-node`;
  if (name.length <= longest) return name;
  const hash = sha256Hex([`${cluster.arn}\n${nodeGroup}`], 8);
  return `${name.slice(0, longest - 9).replace(/-+$/, "")}-${hash}`;
}

const ec2Principals: Readonly<Record<string, string>> = {
  "aws-cn": "ec2.amazonaws.com.cn",
  "aws-iso": "ec2.c2s.ic.gov",
  "aws-iso-b": "ec2.sc2s.sgov.gov",
};

/** The role of the nodes with the policies of "Amazon EKS node IAM role". */
export function nodeRoleResource(
  object: NodeGroup,
  {
    cluster,
    nodeGroup,
    ipFamily,
    adopt,
  }: {
    readonly cluster: ClusterIdentity;
    readonly nodeGroup: string;
    readonly ipFamily: "ipv4" | "ipv6";
    readonly adopt: string | undefined;
  },
): Resource<RoleSpec> {
  const create: CreatedRole = object.spec?.nodeRole?.create ?? {};
  const managedPolicy = (name: string): string => `arn:${cluster.partition}:iam::aws:policy/${name}`;
  const defaults =
    create.defaultPolicies === false
      ? []
      : ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"].map(managedPolicy);
  // When in doubt the nodes get the rights: a node whose network plugin has none never becomes ready.
  const cni = create.cniPolicy !== "Never" && create.defaultPolicies !== false;
  const ipv6 = ipFamily === "ipv6";
  const managed = [
    ...defaults,
    ...(cni && !ipv6 ? [managedPolicy("AmazonEKS_CNI_Policy")] : []),
    ...(create.ssm === false ? [] : [managedPolicy("AmazonSSMManagedInstanceCore")]),
    ...(create.policies?.managedARNs ?? []),
    ...(create.policies?.awsManaged ?? []).map(managedPolicy),
  ];
  return {
    type: roleType,
    id: nodeRoleID,
    spec: {
      name: create.name ?? nodeRoleName(cluster, nodeGroup),
      path: create.path ?? "/",
      description: `For the nodes of node group ${nodeGroup} of EKS cluster ${cluster.name}`,
      trustPolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: ec2Principals[cluster.partition] ?? "ec2.amazonaws.com" },
            Action: "sts:AssumeRole",
          },
        ],
      }),
      maxSessionDuration: 3600,
      ...(create.permissionsBoundaryARN === undefined ? {} : { permissionsBoundaryARN: create.permissionsBoundaryARN }),
      inlinePolicies: cni && ipv6 ? { "cni-ipv6": ipv6CNIPolicy(cluster.partition) } : {},
      managedPolicyARNs: [...new Set(managed)].toSorted(),
      tags: { ...create.tags, [ownershipTagKeys.ownerUID]: object.metadata.uid },
      exclusive: false,
      retired: { policyARNs: object.status?.managed?.policyARNs ?? [], inlineNames: ["cni-ipv6"], tagKeys: [] },
    },
    ...(adopt === undefined ? {} : { adopt }),
  };
}

function ipv6CNIPolicy(partition: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: [
          "ec2:AssignIpv6Addresses",
          "ec2:DescribeInstances",
          "ec2:DescribeTags",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeInstanceTypes",
        ],
        Resource: "*",
      },
      { Effect: "Allow", Action: ["ec2:CreateTags"], Resource: `arn:${partition}:ec2:*:*:network-interface/*` },
    ],
  });
}
