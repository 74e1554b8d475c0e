import { defineOperation, type Operation } from "../service.ts";
import { required, string } from "../shapes.ts";
import { eksError } from "./errors.ts";
import { beginCreation, beginDeletion } from "./node-group-lifecycle.ts";
import {
  checkedTaints,
  checkedUpdateConfig,
  checkLabels,
  checkNodeRepair,
  checkNodeRole,
  checkSubnets,
  createMembers,
  newScaling,
  refuseWith,
  resolvedLaunchTemplate,
} from "./node-group-request.ts";
import { checkedTags, clusterName, madeBefore, objectOf, pageOf, paging, pagingQuery, time } from "./parameters.ts";
import { releaseFits, releasesOf } from "./releases.ts";
import type { Cluster, EksState, NodeGroup } from "./state.ts";

/** AWS's default quota. */
const maximumGroups = 30;

export const groupReference = { ...clusterName, nodegroupName: required(string()) } as const;

export function nodeGroupOperations(state: EksState): readonly Operation[] {
  const { context } = state;
  return [
    defineOperation({
      name: "CreateNodegroup",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: "/clusters/{name}/node-groups" },
      input: createMembers,
      handle(input) {
        const cluster = state.cluster(input.name);
        const token = madeBefore(cluster, input);
        const repeated = token.made === undefined ? undefined : cluster.nodeGroups.get(token.made);
        if (repeated !== undefined) return { nodegroup: nodeGroupView(cluster, repeated) };
        const group = newNodeGroup(state, cluster, input);
        context.surroundings.identity.ensureServiceLinkedRole("eks-nodegroup.amazonaws.com");
        cluster.nodeGroups.set(group.name, group);
        token.remember(group.name);
        beginCreation(context, cluster, group);
        return { nodegroup: nodeGroupView(cluster, group) };
      },
    }),
    defineOperation({
      name: "DescribeNodegroup",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/clusters/{name}/node-groups/{nodegroupName}" },
      input: groupReference,
      handle(input) {
        const cluster = state.cluster(input.name);
        return { nodegroup: nodeGroupView(cluster, existingGroup(state, cluster, input.nodegroupName)) };
      },
    }),
    defineOperation({
      name: "ListNodegroups",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/clusters/{name}/node-groups", query: pagingQuery },
      input: { ...clusterName, ...paging },
      handle(input) {
        const page = pageOf([...state.cluster(input.name).nodeGroups.keys()], (name) => name, input);
        return { nodegroups: page.items, nextToken: page.nextToken };
      },
    }),
    defineOperation({
      name: "DeleteNodegroup",
      mutating: true,
      bucket: "writes",
      http: { method: "DELETE", path: "/clusters/{name}/node-groups/{nodegroupName}" },
      input: groupReference,
      handle(input) {
        const cluster = state.cluster(input.name);
        const group = existingGroup(state, cluster, input.nodegroupName);
        if (group.status === "UPDATING" || group.status === "DELETING")
          throw eksError(
            "ResourceInUseException",
            `Nodegroup cannot be deleted as it is currently in ${group.status} state`,
            { clusterName: cluster.name, nodegroupName: group.name },
          );
        beginDeletion(context, cluster, group);
        return { nodegroup: nodeGroupView(cluster, group) };
      },
    }),
  ];
}

export function existingGroup(state: EksState, cluster: Cluster, name: string): NodeGroup {
  const group = cluster.nodeGroups.get(name);
  if (group === undefined || !state.context.settled(group.createdAt, "eksCreate"))
    throw eksError("ResourceNotFoundException", `No node group found for name: ${name}.`, {
      clusterName: cluster.name,
      nodegroupName: name,
    });
  return group;
}

type CreateInput = {
  readonly [K in keyof typeof createMembers]: (typeof createMembers)[K] extends {
    decode: (...args: never[]) => infer R;
  }
    ? R
    : never;
};

function newNodeGroup(state: EksState, cluster: Cluster, input: CreateInput): NodeGroup {
  const { context } = state;
  const name = input.nodegroupName ?? "";
  const members = { clusterName: cluster.name, nodegroupName: name };
  const refuse = refuseWith(members);
  const scaling = newScaling(input.scalingConfig, members);
  const labels = new Map(input.labels);
  checkLabels(labels, members);
  const taints = checkedTaints(input.taints ?? [], members);
  const updateConfig = checkedUpdateConfig(input.updateConfig, members);
  checkNodeRepair(input.nodeRepairConfig, members);
  const tags = checkedTags(input.tags);
  if (cluster.nodeGroups.has(name))
    throw eksError(
      "ResourceInUseException",
      `NodeGroup already exists with name ${name} and cluster name ${cluster.name}`,
      members,
    );
  if (cluster.nodeGroups.size >= maximumGroups)
    throw eksError("ResourceLimitExceededException", `Nodegroup limit exceeded for cluster ${cluster.name}.`, members);
  const nodeRole = input.nodeRole ?? "";
  const subnets = input.subnets ?? [];
  checkSubnets(context, cluster, subnets, members);
  checkNodeRole(context, nodeRole, members);
  const template =
    input.launchTemplate === undefined ? undefined : resolvedLaunchTemplate(context, input.launchTemplate, members);
  const templateType = template?.data["InstanceType"];
  const imageId = template?.data["ImageId"];
  if (template !== undefined) {
    if (input.diskSize !== undefined) refuse("Disk size must be specified within the launch template.");
    if (input.remoteAccess !== undefined)
      refuse("Remote access configuration cannot be specified with a launch template.");
    if (templateType !== undefined && (input.instanceTypes ?? []).length > 0)
      refuse("Instance types must be specified either in the launch template or in the request, not in both.");
  }
  if (typeof imageId === "string") {
    if (input.amiType !== undefined && input.amiType !== "CUSTOM")
      refuse("You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template");
    if (input.version !== undefined || input.releaseVersion !== undefined)
      refuse("You cannot specify a version or release version when specifying an image id in your launch template");
  } else if (input.amiType === "CUSTOM")
    refuse("You must specify an image id in your launch template when the AMI type is CUSTOM");
  if ((input.instanceTypes ?? []).length > 20) refuse("Number of instance types exceeds the limit of 20");
  const amiType =
    typeof imageId === "string" ? "CUSTOM" : (input.amiType ?? defaultAmiType(state, input.instanceTypes));
  const instanceTypes = templateType === undefined ? (given(input.instanceTypes) ?? [defaultType(amiType)]) : undefined;
  checkInstanceTypes(state, instanceTypes ?? [String(templateType)], amiType, refuse);
  checkAmiOffer(amiType, cluster.version, refuse);
  if (input.version !== undefined && input.version !== cluster.version)
    refuse(
      `Nodegroup Kubernetes version should be equal to Cluster kubernetes version ${cluster.version} or ` +
        `NodeGroup kubernetes version ${cluster.version}`,
    );
  if (input.releaseVersion !== undefined && !releaseFits(amiType, cluster.version, input.releaseVersion))
    refuse(`Requested release version ${input.releaseVersion} is not valid for kubernetes version ${cluster.version}.`);
  for (const id of input.remoteAccess?.sourceSecurityGroups ?? []) {
    if (context.surroundings.network.securityGroup(id) === undefined)
      refuse(`The security group '${id}' does not exist`);
  }
  const now = context.clock.now();
  const uuid = context.ids.uuid();
  return {
    name,
    arn: state.arn(`nodegroup/${cluster.name}/${name}/${uuid}`),
    createdAt: now,
    modifiedAt: now,
    status: "CREATING",
    version: cluster.version,
    releaseVersion:
      typeof imageId === "string" ? imageId : (input.releaseVersion ?? releasesOf(amiType, cluster.version)[0] ?? ""),
    capacityType: input.capacityType ?? "ON_DEMAND",
    amiType,
    instanceTypes,
    diskSize: template === undefined ? (input.diskSize ?? (amiType.startsWith("WINDOWS") ? 50 : 20)) : undefined,
    remoteAccess: input.remoteAccess,
    remoteAccessSecurityGroup:
      input.remoteAccess === undefined ? undefined : remoteAccessGroup(state, cluster, name, uuid),
    subnets,
    nodeRole,
    scaling,
    labels,
    taints,
    updateConfig,
    nodeRepairConfig: input.nodeRepairConfig,
    warmPoolConfig: input.warmPoolConfig,
    launchTemplate:
      template === undefined ? undefined : { id: template.id, name: template.name, version: template.version },
    autoScalingGroup: `eks-${name}-${uuid}`,
    issues: [],
    instances: [],
    tags,
    started: 0,
  };
}

function given(types: readonly string[] | undefined): readonly string[] | undefined {
  return types === undefined || types.length === 0 ? undefined : types;
}

function defaultType(amiType: string): string {
  return amiType.includes("ARM_64") ? "t4g.medium" : "t3.medium";
}

function defaultAmiType(state: EksState, types: readonly string[] | undefined): string {
  const type = state.context.surroundings.compute.instanceType(types?.[0] ?? "");
  const arm = type?.architecture === "arm64";
  if (type?.accelerator === "nvidia") return arm ? "AL2023_ARM_64_NVIDIA" : "AL2023_x86_64_NVIDIA";
  if (type?.accelerator === "neuron") return "AL2023_x86_64_NEURON";
  return arm ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD";
}

function checkInstanceTypes(
  state: EksState,
  types: readonly string[],
  amiType: string,
  refuse: (message: string) => never,
): void {
  const { compute } = state.context.surroundings;
  const unknown = types.filter((name) => compute.instanceType(name) === undefined);
  if (unknown.length > 0) refuse(`The following supplied instance types do not exist: [${unknown.join(", ")}]`);
  if (amiType === "CUSTOM") return;
  const architecture = amiType.includes("ARM_64") ? "arm64" : "x86_64";
  const unfit = types.filter((name) => compute.instanceType(name)?.architecture !== architecture);
  if (unfit.length > 0) refuse(`[${unfit.join(", ")}] is not a valid instance type for requested amiType ${amiType}`);
}

/** Amazon Linux 2 images end with Kubernetes 1.32; Windows 2025 ones begin with 1.35. */
function checkAmiOffer(amiType: string, version: string, refuse: (message: string) => never): void {
  const minor = Number(version.split(".")[1]);
  if ((amiType.startsWith("AL2_") && minor >= 33) || (amiType.includes("_2025_") && minor < 35))
    refuse(`Requested AMI type ${amiType} is not supported for kubernetes version ${version}`);
}

function remoteAccessGroup(state: EksState, cluster: Cluster, name: string, uuid: string): string {
  return state.context.surroundings.compute.createSecurityGroup({
    name: `eks-remoteAccess-${uuid}`,
    description: "Security group for all nodes in the nodeGroup to allow SSH access",
    vpcId: cluster.vpcId,
    tags: new Map([
      ["eks", `eks-remoteAccess-${uuid}`],
      ["eks:nodegroup-name", name],
    ]),
    selfReferencing: false,
  });
}

export function nodeGroupView(cluster: Cluster, group: NodeGroup) {
  return {
    nodegroupName: group.name,
    nodegroupArn: group.arn,
    clusterName: cluster.name,
    version: group.version,
    releaseVersion: group.releaseVersion,
    createdAt: time(group.createdAt),
    modifiedAt: time(group.modifiedAt),
    status: group.status,
    capacityType: group.capacityType,
    scalingConfig: group.scaling,
    instanceTypes: group.instanceTypes,
    subnets: group.subnets,
    remoteAccess: group.remoteAccess,
    amiType: group.amiType,
    nodeRole: group.nodeRole,
    labels: group.labels.size === 0 ? undefined : objectOf(group.labels),
    taints: group.taints.length === 0 ? undefined : group.taints,
    resources: {
      autoScalingGroups: [{ name: group.autoScalingGroup }],
      remoteAccessSecurityGroup: group.remoteAccessSecurityGroup,
    },
    diskSize: group.diskSize,
    health: { issues: group.issues },
    updateConfig: group.updateConfig,
    nodeRepairConfig: group.nodeRepairConfig,
    warmPoolConfig: group.warmPoolConfig,
    launchTemplate:
      group.launchTemplate === undefined
        ? undefined
        : { ...group.launchTemplate, version: String(group.launchTemplate.version) },
    tags: group.tags.size === 0 ? undefined : objectOf(group.tags),
  };
}
