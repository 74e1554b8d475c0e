import type { ClusterFacts, LaunchedInstance } from "../surroundings-account.ts";
import { addAccessEntry } from "./access-entry-rules.ts";
import { clearIssues, scaleToDesired, stageIssue } from "./node-group-lifecycle.ts";
import type { Addon, Cluster, EksState } from "./state.ts";

const version = "1.34";
const platformVersion = "eks.9";
const nodeImage = "ami-0f0a1b2c3d4e5f607";

/** The cluster of the surroundings: active, with an OIDC issuer, a node role and two nodes in private subnets. */
export function addInitialCluster(state: EksState, vpcId: string, subnetIds: readonly string[]): ClusterFacts {
  const { context } = state;
  const { compute, identity } = context.surroundings;
  const name = context.clusterName;
  const issuerId = context.ids.hex(32).toUpperCase();
  const clusterSecurityGroupId = compute.createSecurityGroup({
    name: `eks-cluster-sg-${name}-${context.ids.digits(8)}`,
    description:
      "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any " +
      "managed workloads.",
    vpcId,
    tags: new Map([
      ["Name", `eks-cluster-sg-${name}`],
      [`kubernetes.io/cluster/${name}`, "owned"],
      ["aws:eks:cluster-name", name],
    ]),
    selfReferencing: true,
  });
  const iamPolicy = (policy: string): string => `arn:${context.partition}:iam::aws:policy/${policy}`;
  const roleArn = identity.createRole({
    name: `${name}-cluster`,
    trustPolicy: serviceTrust("eks.amazonaws.com"),
    attachedPolicyArns: [iamPolicy("AmazonEKSClusterPolicy")],
  });
  const nodeRoleArn = identity.createRole({
    name: `${name}-node`,
    trustPolicy: serviceTrust(context.partition === "aws-cn" ? "ec2.amazonaws.com.cn" : "ec2.amazonaws.com"),
    attachedPolicyArns: [
      iamPolicy("AmazonEKSWorkerNodePolicy"),
      iamPolicy("AmazonEKS_CNI_Policy"),
      iamPolicy("AmazonEC2ContainerRegistryReadOnly"),
    ],
  });
  const arn = state.arn(`cluster/${name}`);
  const cluster: Cluster = {
    name,
    arn,
    createdAt: context.clock.now(),
    version,
    platformVersion,
    endpoint: `https://${issuerId}.gr7.${context.region}.eks.${domain(context.partition)}`,
    roleArn,
    vpcId,
    subnetIds,
    securityGroupIds: [],
    clusterSecurityGroupId,
    serviceIpv4Cidr: "10.100.0.0/16",
    oidcIssuer: `https://oidc.eks.${context.region}.${domain(context.partition)}/id/${issuerId}`,
    certificateAuthority: Buffer.from(`certificate authority of ${name}`).toString("base64"),
    authenticationMode: "API_AND_CONFIG_MAP",
    status: "ACTIVE",
    tags: new Map([["alpha.eksctl.io/cluster-name", name]]),
    nodeGroups: new Map(),
    fargateProfiles: new Map(),
    accessEntries: new Map(),
    podIdentityAssociations: new Map(),
    addons: new Map(),
    updates: new Map(),
    tokens: new Map(),
  };
  for (const [addonName, addonVersion] of [
    ["vpc-cni", "v1.20.4-eksbuild.1"],
    ["eks-pod-identity-agent", "v1.3.9-eksbuild.5"],
  ] as const) {
    const addon: Addon = {
      name: addonName,
      arn: state.arn(`addon/${name}/${addonName}/${context.ids.uuid()}`),
      version: addonVersion,
      createdAt: cluster.createdAt,
      tags: new Map(),
    };
    cluster.addons.set(addonName, addon);
  }
  addAccessEntry(context, cluster, { principalArn: nodeRoleArn, type: "EC2_LINUX", madeByEks: false });
  state.clusters.set(name, cluster);
  const nodes: readonly LaunchedInstance[] = subnetIds
    .filter((id) => !compute.isPublicSubnet(id))
    .slice(0, 2)
    .map((subnetId) =>
      compute.launchInstance({
        subnetId,
        instanceType: "m5.large",
        imageId: nodeImage,
        groupIds: [clusterSecurityGroupId],
        instanceProfileArn: nodeRoleArn.replace(":role/", ":instance-profile/"),
        tags: new Map([
          ["Name", `${name}-node`],
          [`kubernetes.io/cluster/${name}`, "owned"],
          ["alpha.eksctl.io/cluster-name", name],
          ["aws:eks:cluster-name", name],
        ]),
      }),
    );
  return {
    name,
    arn,
    vpcId,
    version,
    oidcIssuer: cluster.oidcIssuer,
    clusterSecurityGroupId,
    nodeRoleArn,
    nodes,
    setDesiredSize(groupName, desiredSize) {
      const group = cluster.nodeGroups.get(groupName);
      if (group === undefined) return false;
      const { minSize, maxSize } = group.scaling;
      group.scaling = { minSize, maxSize, desiredSize: Math.min(Math.max(desiredSize, minSize), maxSize) };
      scaleToDesired(context, cluster, group);
      return true;
    },
    addIssue(groupName, issue) {
      const group = cluster.nodeGroups.get(groupName);
      if (group === undefined) return false;
      stageIssue(group, { ...issue, resourceIds: [group.autoScalingGroup] });
      return true;
    },
    clearIssues(groupName) {
      const group = cluster.nodeGroups.get(groupName);
      if (group === undefined) return false;
      clearIssues(group);
      return true;
    },
  };
}

function serviceTrust(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
}

function domain(partition: string): string {
  return partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
}
