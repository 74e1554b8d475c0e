import { AwsError } from "../aws-error.ts";
import type { SandboxContext } from "../service.ts";
import type { LaunchedInstance } from "../surroundings-account.ts";
import { addAccessEntry, removeEksAccessEntry } from "./access-entry-rules.ts";
import type { Cluster, HealthIssue, NodeGroup, Taint, Update } from "./state.ts";

const taintEffects: Readonly<Record<Taint["effect"], string>> = {
  NO_SCHEDULE: "NoSchedule",
  NO_EXECUTE: "NoExecute",
  PREFER_NO_SCHEDULE: "PreferNoSchedule",
};

/** Issues that stay until instances start again. */
const launchIssues = ["AsgInstanceLaunchFailures", "InsufficientFreeAddresses", "SourceEc2LaunchTemplateNotFound"];

/** Labels that EKS gives the nodes of a group, with the user's. */
export function nodeLabels(group: NodeGroup): Readonly<Record<string, string>> {
  return {
    "eks.amazonaws.com/nodegroup": group.name,
    "eks.amazonaws.com/nodegroup-image": imageOf(group),
    "eks.amazonaws.com/capacityType": group.capacityType,
    ...(group.launchTemplate === undefined
      ? {}
      : {
          "eks.amazonaws.com/sourceLaunchTemplateId": group.launchTemplate.id,
          "eks.amazonaws.com/sourceLaunchTemplateVersion": String(group.launchTemplate.version),
        }),
    ...Object.fromEntries(group.labels),
  };
}

export function nodeTaints(group: NodeGroup) {
  return group.taints.map(({ key, value, effect }) => ({ key, value: value ?? "", effect: taintEffects[effect] }));
}

/** The image that nodes of the group's release run. */
export function imageOf(group: NodeGroup): string {
  if (group.releaseVersion.startsWith("ami-")) return group.releaseVersion;
  let hash = 0;
  for (const character of `${group.amiType} ${group.releaseVersion}`)
    hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return `ami-0${hash.toString(16).padStart(8, "0")}${hash.toString(16).padStart(8, "0")}`;
}

/** What a launch template says of the instances; the rest comes from the group. */
interface InstanceTemplate {
  readonly instanceType: string;
  readonly groupIds: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
}

/** Starts the first nodes one after the other and turns the group `ACTIVE`. */
export function beginCreation(context: SandboxContext, cluster: Cluster, group: NodeGroup): void {
  const total = context.timings.nodeGroupCreateMs;
  const { desiredSize } = group.scaling;
  if (cluster.authenticationMode !== "CONFIG_MAP")
    addAccessEntry(context, cluster, {
      principalArn: group.nodeRole,
      type: group.amiType.startsWith("WINDOWS") ? "EC2_WINDOWS" : "EC2_LINUX",
      madeByEks: true,
    });
  for (let index = 0; index < desiredSize; index++)
    context.schedule((total * (index + 1)) / (desiredSize + 1), () => {
      if (group.status === "CREATING" && group.instances.length < group.scaling.desiredSize)
        startInstance(context, cluster, group);
    });
  context.schedule(total, () => {
    if (group.status !== "CREATING") return;
    group.modifiedAt = context.clock.now();
    if (desiredSize > 0 && !context.surroundings.identity.mayJoinClusters(group.nodeRole))
      group.issues.push({
        code: "NodeCreationFailure",
        message: "Instances failed to join the kubernetes cluster",
        resourceIds: [],
      });
    group.status = group.instances.length < group.scaling.desiredSize ? "CREATE_FAILED" : "ACTIVE";
  });
}

/** Drains, terminates and forgets the group; role and the user's launch template stay. */
export function beginDeletion(context: SandboxContext, cluster: Cluster, group: NodeGroup): void {
  const total = context.timings.nodeGroupDeleteMs;
  group.status = "DELETING";
  group.modifiedAt = context.clock.now();
  group.scaling = { ...group.scaling, minSize: 0, desiredSize: 0 };
  context.schedule(total / 2, () => {
    for (const instanceId of group.instances.map((instance) => instance.instanceId))
      stopInstance(context, group, instanceId);
  });
  context.schedule(total, () => {
    if (context.surroundings.identity.roleId(group.nodeRole) === undefined) {
      group.status = "DELETE_FAILED";
      group.issues.push({
        code: "IamNodeRoleNotFound",
        message: `The node role ${group.nodeRole} could not be found.`,
        resourceIds: [group.nodeRole],
      });
      return;
    }
    cluster.nodeGroups.delete(group.name);
    if (group.remoteAccessSecurityGroup !== undefined)
      context.surroundings.compute.deleteSecurityGroup(group.remoteAccessSecurityGroup);
    for (const [id, update] of cluster.updates) if (update.nodeGroupName === group.name) cluster.updates.delete(id);
    removeEksAccessEntry(cluster, group.nodeRole);
  });
}

/** A configuration update: the old values stay visible until it is through. */
export function beginConfigUpdate(
  context: SandboxContext,
  cluster: Cluster,
  group: NodeGroup,
  update: Update,
  apply: () => void,
): void {
  group.status = "UPDATING";
  context.schedule(context.timings.nodeGroupConfigUpdateMs, () => {
    if (group.status !== "UPDATING") return;
    apply();
    group.modifiedAt = context.clock.now();
    group.status = group.issues.length === 0 ? "ACTIVE" : "DEGRADED";
    update.status = "Successful";
    scaleToDesired(context, cluster, group);
    context.emit({
      kind: "node-group-updated",
      nodeGroupName: group.name,
      labels: nodeLabels(group),
      taints: nodeTaints(group),
    });
  });
}

/** A version update: every node is replaced, one after the other, a new one first. */
export function beginVersionUpdate(
  context: SandboxContext,
  cluster: Cluster,
  group: NodeGroup,
  update: Update,
  apply: () => void,
): void {
  const total = context.timings.nodeGroupVersionUpdateMs;
  const old = group.instances.map(({ instanceId }) => instanceId);
  const former = {
    version: group.version,
    releaseVersion: group.releaseVersion,
    launchTemplate: group.launchTemplate,
  };
  group.status = "UPDATING";
  let failed = false;
  for (const [index, instanceId] of old.entries())
    context.schedule((total * (index + 1)) / (old.length + 1), () => {
      if (group.status !== "UPDATING" || failed) return;
      // The nodes are made from the new settings while the group still shows the old ones.
      apply();
      failed = !startInstance(context, cluster, group);
      Object.assign(group, former);
      if (!failed) stopInstance(context, group, instanceId);
    });
  context.schedule(total, () => {
    if (group.status !== "UPDATING") return;
    group.status = "ACTIVE";
    group.modifiedAt = context.clock.now();
    if (failed) {
      // Nodes already replaced stay as they are; the group keeps its old settings.
      update.status = "Failed";
      const [issue] = group.issues.splice(0);
      update.errors = [
        {
          errorCode: "NodeCreationFailure",
          errorMessage:
            issue?.message ?? "Couldn't proceed with upgrade process as new nodes are not joining node group",
          resourceIds: [group.autoScalingGroup],
        },
      ];
      return;
    }
    apply();
    update.status = "Successful";
  });
}

/** A fault that the sandbox's user stages: an active group turns `DEGRADED` until its issues are cleared. */
export function stageIssue(group: NodeGroup, issue: HealthIssue): void {
  if (!group.issues.some(({ code, message }) => code === issue.code && message === issue.message))
    group.issues.push(issue);
  if (group.status === "ACTIVE") group.status = "DEGRADED";
}

/** Takes issues away, of the given codes or all; a group without any is active again. */
export function clearIssues(group: NodeGroup, codes?: readonly string[]): void {
  const kept = group.issues.filter(({ code }) => codes !== undefined && !codes.includes(code));
  group.issues.splice(0, group.issues.length, ...kept);
  if (group.status === "DEGRADED" && kept.length === 0) group.status = "ACTIVE";
}

/** Starts or stops instances until their number is the desired one, as the Auto Scaling group does. */
export function scaleToDesired(context: SandboxContext, cluster: Cluster, group: NodeGroup): void {
  const missing = group.scaling.desiredSize - group.instances.length;
  for (let index = 0; index < -missing; index++) {
    const youngest = group.instances.at(-1);
    if (youngest !== undefined) stopInstance(context, group, youngest.instanceId);
  }
  for (let index = 0; index < missing; index++)
    context.schedule(context.timings.instanceStartMs, () => {
      if (group.status !== "DELETING" && group.instances.length < group.scaling.desiredSize)
        startInstance(context, cluster, group);
    });
}

/** False when no node came of it: EC2 could not start the instance (the group then shows why), or it cannot join. */
function startInstance(context: SandboxContext, cluster: Cluster, group: NodeGroup): boolean {
  if (!context.surroundings.identity.mayJoinClusters(group.nodeRole)) return false;
  const subnetId = group.subnets[group.started++ % group.subnets.length];
  const template = templateOf(context, cluster, group);
  if (subnetId === undefined || template === undefined) return false;
  let launched: LaunchedInstance;
  try {
    launched = context.surroundings.compute.launchInstance({
      subnetId,
      imageId: imageOf(group),
      instanceType: template.instanceType,
      groupIds: template.groupIds,
      instanceProfileArn: group.nodeRole.replace(":role/", ":instance-profile/"),
      tags: template.tags,
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    stageIssue(group, {
      code:
        error.code === "InsufficientFreeAddressesInSubnet" ? "InsufficientFreeAddresses" : "AsgInstanceLaunchFailures",
      message: error.message,
      resourceIds: [group.autoScalingGroup],
    });
    return false;
  }
  if (group.status === "DEGRADED") clearIssues(group, launchIssues);
  group.instances.push({
    instanceId: launched.id,
    releaseVersion: group.releaseVersion,
    launchTemplateVersion: group.launchTemplate?.version,
  });
  context.emit({
    kind: "instance-running",
    instance: { ...launched, labels: nodeLabels(group), taints: nodeTaints(group), nodeGroupName: group.name },
  });
  return true;
}

function stopInstance(context: SandboxContext, group: NodeGroup, instanceId: string): void {
  const index = group.instances.findIndex((instance) => instance.instanceId === instanceId);
  if (index >= 0) group.instances.splice(index, 1);
  context.surroundings.compute.terminateInstance(instanceId);
  context.emit({ kind: "instance-terminated", instanceId, nodeGroupName: group.name });
}

/** Undefined when the user's launch template has gone: the group is then `DEGRADED`. */
function templateOf(context: SandboxContext, cluster: Cluster, group: NodeGroup): InstanceTemplate | undefined {
  const asgTags = [
    ["eks:cluster-name", cluster.name],
    ["eks:nodegroup-name", group.name],
    [`kubernetes.io/cluster/${cluster.name}`, "owned"],
    ["k8s.io/cluster-autoscaler/enabled", "true"],
    [`k8s.io/cluster-autoscaler/${cluster.name}`, "owned"],
    ["aws:autoscaling:groupName", group.autoScalingGroup],
  ] as const;
  const fallback = {
    instanceType: group.instanceTypes?.[0] ?? "t3.medium",
    groupIds: [
      cluster.clusterSecurityGroupId,
      ...(group.remoteAccessSecurityGroup === undefined ? [] : [group.remoteAccessSecurityGroup]),
    ],
    tags: new Map(asgTags),
  };
  if (group.launchTemplate === undefined) return fallback;
  const found = context.surroundings.compute.launchTemplate({
    id: group.launchTemplate.id,
    version: String(group.launchTemplate.version),
  });
  if (found?.version === undefined) {
    stageIssue(group, {
      code: "SourceEc2LaunchTemplateNotFound",
      message: `The launch template ${group.launchTemplate.id} could not be found.`,
      resourceIds: [group.launchTemplate.id],
    });
    return undefined;
  }
  const { data } = found;
  const interfaces = (data["NetworkInterface"] ?? []) as readonly { readonly SecurityGroupId?: readonly string[] }[];
  const named = [
    ...((data["SecurityGroupId"] ?? []) as readonly string[]),
    ...interfaces.flatMap(({ SecurityGroupId }) => SecurityGroupId ?? []),
  ];
  const type = data["InstanceType"];
  return {
    instanceType: typeof type === "string" ? type : fallback.instanceType,
    groupIds: named.length > 0 ? named : fallback.groupIds,
    tags: new Map([...instanceTags(data), ...asgTags]),
  };
}

function instanceTags(data: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  const specifications = (data["TagSpecification"] ?? []) as readonly {
    readonly ResourceType?: string;
    readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[];
  }[];
  return specifications
    .filter(({ ResourceType }) => ResourceType === "instance")
    .flatMap(({ Tag }) => (Tag ?? []).map(({ Key, Value }) => [Key, Value ?? ""] as const));
}
