import type { Nodegroup } from "@aws-sdk/client-eks";
import type { Observed, ResourceState } from "../../engine/resource-type.ts";
import type { Ownership } from "../../engine/stack.ts";
import type { NodeGroupLive, NodeGroupSpec, NodeGroupStatusCode, NodeGroupUpdate, TaintSpec } from "./specs.ts";

export const nodeGroupType = "eks/NodeGroup";

const states: Readonly<Record<NodeGroupStatusCode, ResourceState>> = {
  CREATING: "pending",
  UPDATING: "pending",
  ACTIVE: "ready",
  // A degraded group can be changed, and often must be to be cured.
  DEGRADED: "ready",
  DELETING: "deleting",
  CREATE_FAILED: "failed",
  DELETE_FAILED: "failed",
};

/** What EKS describes, in the words of the desired spec, with EKS's habits taken off ("DescribeNodegroup"). */
export function observedNodeGroup(
  group: Nodegroup,
  {
    id,
    ownership,
    update,
  }: { readonly id: string; readonly ownership: Ownership; readonly update: NodeGroupUpdate | undefined },
): Observed<NodeGroupSpec> {
  const live = liveOf(group, update);
  const ownershipKeys = new Set([...Object.keys(ownership.tags), ownership.idTag]);
  const owned = Object.entries(ownership.tags).every(([key, value]) => group.tags?.[key] === value);
  const template = group.launchTemplate;
  const repair = group.nodeRepairConfig;
  const spec: NodeGroupSpec = {
    name: group.nodegroupName ?? "",
    capacityType: group.capacityType ?? "ON_DEMAND",
    ...(group.instanceTypes === undefined ? {} : { instanceTypes: group.instanceTypes }),
    ...(group.amiType === undefined ? {} : { amiType: group.amiType }),
    nodeRoleARN: group.nodeRole ?? "",
    subnetIDs: group.subnets ?? [],
    scaling: {
      min: group.scalingConfig?.minSize ?? 0,
      max: group.scalingConfig?.maxSize ?? 0,
      desired: group.scalingConfig?.desiredSize ?? 0,
      writeDesired: false,
    },
    labels: group.labels ?? {},
    taints: (group.taints ?? []).map(taintOf),
    updateConfig: {
      ...(group.updateConfig?.maxUnavailable === undefined
        ? {}
        : { maxUnavailable: group.updateConfig.maxUnavailable }),
      ...(group.updateConfig?.maxUnavailablePercentage === undefined
        ? {}
        : { maxUnavailablePercentage: group.updateConfig.maxUnavailablePercentage }),
      updateStrategy: group.updateConfig?.updateStrategy ?? "DEFAULT",
    },
    nodeRepair: {
      enabled: repair?.enabled ?? false,
      ...given("maxUnhealthyNodeThresholdCount", repair?.maxUnhealthyNodeThresholdCount),
      ...given("maxUnhealthyNodeThresholdPercentage", repair?.maxUnhealthyNodeThresholdPercentage),
      ...given("maxParallelNodesRepairedCount", repair?.maxParallelNodesRepairedCount),
      ...given("maxParallelNodesRepairedPercentage", repair?.maxParallelNodesRepairedPercentage),
      ...((repair?.nodeRepairConfigOverrides ?? []).length === 0
        ? {}
        : {
            overrides: (repair?.nodeRepairConfigOverrides ?? []).map((override) => ({
              nodeMonitoringCondition: override.nodeMonitoringCondition ?? "",
              nodeUnhealthyReason: override.nodeUnhealthyReason ?? "",
              minRepairWaitTimeMins: override.minRepairWaitTimeMins ?? 1,
              repairAction: override.repairAction ?? "NoAction",
            })),
          }),
    },
    // EKS tells both id and name; `compareNodeGroups` uses the one that was wanted.
    launchTemplate: { id: template?.id ?? "", name: template?.name ?? "", version: template?.version ?? "" },
    ...given("kubernetesVersion", group.version),
    ...given("releaseVersion", group.releaseVersion),
    force: false,
    tags: Object.fromEntries(
      Object.entries(group.tags ?? {}).filter(
        ([key]) => !key.startsWith("aws:") && (!owned || !ownershipKeys.has(key)),
      ),
    ),
    retiredTagKeys: [],
    live,
  };
  const reason = reasonOf(live);
  return {
    type: nodeGroupType,
    id,
    spec,
    outputs: { arn: group.nodegroupArn ?? "", name: spec.name },
    state: states[live.status],
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Whether EKS is at work on the group, so that what it describes is neither old nor new, and it takes no change. */
export function inMotion(spec: NodeGroupSpec): boolean {
  const status = spec.live?.status;
  return status === "CREATING" || status === "UPDATING" || status === "DELETING";
}

function liveOf(group: Nodegroup, update: NodeGroupUpdate | undefined): NodeGroupLive {
  return {
    status: (group.status as NodeGroupStatusCode | undefined) ?? "CREATING",
    desired: group.scalingConfig?.desiredSize ?? 0,
    ...given("kubernetesVersion", group.version),
    ...given("releaseVersion", group.releaseVersion),
    autoScalingGroups: (group.resources?.autoScalingGroups ?? []).map((asg) => asg.name ?? ""),
    issues: (group.health?.issues ?? []).map((issue) => ({
      code: issue.code ?? "Unknown",
      message: issue.message ?? "",
      resourceIDs: issue.resourceIds ?? [],
    })),
    ...(update === undefined ? {} : { update }),
  };
}

function reasonOf(live: NodeGroupLive): string | undefined {
  if (live.status === "ACTIVE") return undefined;
  const issues = live.issues.map((issue) => `${issue.code}: ${issue.message}`).join("; ");
  return `the node group is ${live.status}${issues === "" ? "" : ` (${issues})`}`;
}

function taintOf(taint: {
  key?: string | undefined;
  value?: string | undefined;
  effect?: string | undefined;
}): TaintSpec {
  return {
    key: taint.key ?? "",
    value: taint.value ?? "",
    effect: (taint.effect as TaintSpec["effect"] | undefined) ?? "NO_SCHEDULE",
  };
}

function given<Key extends string, V>(key: Key, value: V | undefined): { readonly [K in Key]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: V });
}
