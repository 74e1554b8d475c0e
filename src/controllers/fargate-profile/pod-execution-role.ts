import type { FargateProfile } from "../../api/fargate-profile.ts";
import type { Resource } from "../../engine/stack.ts";
import { sha256Hex } from "../../json.ts";
import { roleType } from "../../resources/iam/role.ts";
import type { RoleSpec } from "../../resources/iam/specs.ts";
import { type ClusterIdentity, ownershipTagKeys } from "../cluster-identity.ts";

export const podExecutionRoleID = "pod-execution-role";

const longest = 64;

/** `{cluster}-{profile}-fargate`, cut to IAM's 64 characters with a hash where that is needed. */
export function podExecutionRoleName(cluster: ClusterIdentity, profile: string): string {
  const name = `${cluster.name}-${profile}-fargate`;
  if (name.length <= longest) return name;
  const hash = sha256Hex([`${cluster.arn}\n${profile}`], 8);
  return `${name.slice(0, longest - 9).replace(/-+$/, "")}-${hash}`;
}

/**
 * The role by which Fargate pulls images and writes logs ("Amazon EKS Pod execution IAM role"). Only the cluster's own
 * Fargate profiles may make EKS use it, so that no profile elsewhere can borrow it.
 */
export function podExecutionRoleResource(
  object: FargateProfile,
  {
    cluster,
    profile,
    adopt,
  }: { readonly cluster: ClusterIdentity; readonly profile: string; readonly adopt: string | undefined },
): Resource<RoleSpec> {
  const create = object.spec?.podExecutionRole?.create ?? {};
  const { partition, region, accountID, name: clusterName } = cluster;
  const managedPolicy = (name: string): string => `arn:${partition}:iam::aws:policy/${name}`;
  const managed = [
    managedPolicy("AmazonEKSFargatePodExecutionRolePolicy"),
    ...(create.policies?.managedARNs ?? []),
    ...(create.policies?.awsManaged ?? []).map(managedPolicy),
  ];
  const profiles = `arn:${partition}:eks:${region}:${accountID}:fargateprofile/${clusterName}/*`;
  return {
    type: roleType,
    id: podExecutionRoleID,
    spec: {
      name: create.name ?? podExecutionRoleName(cluster, profile),
      path: create.path ?? "/",
      description: `For the pods of Fargate profile ${profile} of EKS cluster ${clusterName}`,
      trustPolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "eks-fargate-pods.amazonaws.com" },
            Action: "sts:AssumeRole",
            Condition: { ArnLike: { "aws:SourceArn": profiles } },
          },
        ],
      }),
      maxSessionDuration: 3600,
      ...(create.permissionsBoundaryARN === undefined ? {} : { permissionsBoundaryARN: create.permissionsBoundaryARN }),
      inlinePolicies: {},
      managedPolicyARNs: [...new Set(managed)].toSorted(),
      tags: { ...create.tags, [ownershipTagKeys.ownerUID]: object.metadata.uid },
      exclusive: false,
      retired: { policyARNs: object.status?.managed?.policyARNs ?? [], inlineNames: [], tagKeys: [] },
    },
    ...(adopt === undefined ? {} : { adopt }),
  };
}
