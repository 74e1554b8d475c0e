import type { ManagedPolicy } from "./state.ts";

const madeAt = Date.parse("2015-02-06T18:40:00Z");

/** Path and name of AWS's policies that workloads on EKS are given most (AWS managed policy reference guide). */
const names: readonly string[] = [
  "AdministratorAccess",
  "PowerUserAccess",
  "ReadOnlyAccess",
  "IAMReadOnlyAccess",
  "AmazonS3ReadOnlyAccess",
  "AmazonS3FullAccess",
  "AmazonDynamoDBFullAccess",
  "AmazonDynamoDBReadOnlyAccess",
  "AmazonSQSFullAccess",
  "AmazonSQSReadOnlyAccess",
  "AmazonSNSFullAccess",
  "AmazonSNSReadOnlyAccess",
  "AmazonEC2FullAccess",
  "AmazonEC2ReadOnlyAccess",
  "AmazonEC2ContainerRegistryReadOnly",
  "AmazonEC2ContainerRegistryPullOnly",
  "AmazonEC2ContainerRegistryPowerUser",
  "AmazonEC2ContainerRegistryFullAccess",
  "AmazonRoute53FullAccess",
  "AmazonRoute53ReadOnlyAccess",
  "AmazonRDSReadOnlyAccess",
  "AmazonRDSFullAccess",
  "AmazonElastiCacheFullAccess",
  "AmazonKinesisFullAccess",
  "AmazonKinesisReadOnlyAccess",
  "AmazonKinesisFirehoseFullAccess",
  "AmazonBedrockFullAccess",
  "AmazonPrometheusRemoteWriteAccess",
  "AmazonPrometheusQueryAccess",
  "AmazonSSMManagedInstanceCore",
  "AmazonSSMReadOnlyAccess",
  "AmazonElasticFileSystemFullAccess",
  "AmazonEKSClusterPolicy",
  "AmazonEKSVPCResourceController",
  "AmazonEKSWorkerNodePolicy",
  "AmazonEKSWorkerNodeMinimalPolicy",
  "AmazonEKS_CNI_Policy",
  "AmazonEKSServicePolicy",
  "AmazonEKSFargatePodExecutionRolePolicy",
  "AmazonEKSComputePolicy",
  "AmazonEKSNetworkingPolicy",
  "AmazonEKSBlockStoragePolicy",
  "AmazonEKSLoadBalancingPolicy",
  "AutoScalingFullAccess",
  "AWSCertificateManagerReadOnly",
  "AWSXRayDaemonWriteAccess",
  "CloudWatchAgentServerPolicy",
  "CloudWatchFullAccess",
  "CloudWatchLogsFullAccess",
  "CloudWatchReadOnlyAccess",
  "ElasticLoadBalancingFullAccess",
  "ElasticLoadBalancingReadOnly",
  "SecretsManagerReadWrite",
  "service-role/AmazonEBSCSIDriverPolicy",
  "service-role/AmazonEBSCSIDriverPolicyV2",
  "service-role/AmazonEFSCSIDriverPolicy",
  "service-role/AmazonS3CSIDriverPolicy",
  "service-role/AmazonEC2RoleforSSM",
  "service-role/AWSLambdaBasicExecutionRole",
  "aws-service-role/AWSServiceRoleForAmazonEKSNodegroup",
  "aws-service-role/AmazonEKSForFargateServiceRolePolicy",
  "aws-service-role/AmazonEKSServiceRolePolicy",
  "aws-service-role/AutoScalingServiceRolePolicy",
  "aws-service-role/AWSElasticLoadBalancingServiceRolePolicy",
];

/** AWS's own policies. Their documents are not AWS's: one that allows nothing stands for each. */
export function awsManagedPolicies(partition: string): readonly ManagedPolicy[] {
  return names.map((full, index) => {
    const slash = full.lastIndexOf("/");
    const path = slash < 0 ? "/" : `/${full.slice(0, slash + 1)}`;
    const name = full.slice(slash + 1);
    const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"none:none","Resource":"*"}]}';
    return {
      name,
      path,
      policyId: `ANPAAWSMANAGED${String(index).padStart(7, "0")}`,
      arn: `arn:${partition}:iam::aws:policy${path}${name}`,
      description: undefined,
      createdAt: madeAt,
      updatedAt: madeAt,
      defaultVersionId: "v1",
      nextVersion: 2,
      versions: new Map([["v1", { versionId: "v1", document, createdAt: madeAt }]]),
      tags: new Map(),
    };
  });
}

/** Policies that only service-linked roles may carry. */
export function isServiceRolePolicy(arn: string): boolean {
  return arn.includes(":policy/aws-service-role/");
}
