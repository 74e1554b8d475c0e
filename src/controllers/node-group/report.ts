import type { Node } from "../../api/builtin.ts";
import type { NodeGroup } from "../../api/node-group.ts";
import type { NodeGroupStatus } from "../../api/node-group-status.ts";
import type { Observed } from "../../engine/resource-type.ts";
import { isRef } from "../../engine/stack.ts";
import { type LaunchTemplateSpec, launchTemplateType, versionOutput } from "../../resources/ec2/launch-template.ts";
import { nodeGroupType } from "../../resources/eks/node-group-observe.ts";
import type { NodeGroupLive, NodeGroupSpec } from "../../resources/eks/specs.ts";
import { roleType } from "../../resources/iam/role.ts";
import type { RoleSpec } from "../../resources/iam/specs.ts";
import { type ConditionDraft, conditionsFrom } from "../reporting/conditions.ts";
import { partCondition } from "../reporting/part-condition.ts";
import { pendingChanges } from "../reporting/pending-changes.ts";
import { judge, type PassResult, summaryConditions } from "../reporting/summary.ts";
import type { NodeGroupBuild } from "./build.ts";

export interface NodeGroupReportInput {
  readonly object: NodeGroup;
  readonly pass: PassResult;
  /** Absent when the build itself failed, for want of facts. */
  readonly build?: NodeGroupBuild;
  readonly clusterName: string;
  /** Absent when the cluster was not read. */
  readonly clusterVersion?: string;
  /** The Nodes that have joined from this group. */
  readonly nodes: readonly Node[];
  readonly now: number;
}

const mostNamed = 10;
const imageLabel = "eks.amazonaws.com/nodegroup-image";

/** The whole status of a NodeGroup after a pass. Pure; equal input gives an equal status. */
export function nodeGroupStatus(input: NodeGroupReportInput): NodeGroupStatus {
  const { object, pass, build, now } = input;
  const before = object.status ?? {};
  const group = groupIn(pass);
  const plan = pass.reconciled === undefined ? [] : pendingChanges(pass.reconciled);
  const generation = object.metadata.generation;
  const facts =
    build === undefined || pass.reconciled === undefined ? keptFacts(before) : freshFacts(input, build, group);
  return {
    ...facts,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: phaseOf(pass, group, object),
    conditions: conditionsFrom(conditionDrafts(input, group), {
      previous: before.conditions ?? [],
      generation,
      now,
    }),
    ...(plan.length === 0 ? {} : { plan }),
  };
}

/** The Nodes of a group; EKS labels each with the group's name. */
export function nodesOf(nodes: Iterable<Node>, nodegroupName: string): readonly Node[] {
  return [...nodes].filter((node) => node.metadata.labels?.["eks.amazonaws.com/nodegroup"] === nodegroupName);
}

function isReady(node: Node): boolean {
  return node.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
}

function groupIn(pass: PassResult): Observed<NodeGroupSpec> | undefined {
  return pass.reconciled?.observed.find((one) => one.type === nodeGroupType) as Observed<NodeGroupSpec> | undefined;
}

function keptFacts(before: NodeGroupStatus): NodeGroupStatus {
  const { conditions: _c, plan: _p, observedGeneration: _g, phase: _phase, ...facts } = before;
  return facts;
}

function freshFacts(
  input: NodeGroupReportInput,
  build: NodeGroupBuild,
  group: Observed<NodeGroupSpec> | undefined,
): NodeGroupStatus {
  const { object, pass, nodes } = input;
  const live = group?.spec.live;
  const observed = pass.reconciled?.observed ?? [];
  const role = observed.find((one) => one.type === roleType) as Observed<RoleSpec> | undefined;
  const template = observed.find((one) => one.type === launchTemplateType) as Observed<LaunchTemplateSpec> | undefined;
  const roleARN = role?.outputs["arn"] ?? object.spec?.nodeRole?.arn;
  const [first = "", ...more] = build.instanceTypes;
  const subnets = group === undefined ? build.subnetIDs : group.spec.subnetIDs;
  return {
    nodegroupName: build.nodegroupName,
    clusterName: input.clusterName,
    ...(group === undefined ? {} : { arn: group.outputs["arn"] ?? "" }),
    ...(group?.spec.amiType === undefined ? {} : { amiType: group.spec.amiType }),
    capacityType: object.spec?.capacityType ?? "OnDemand",
    instanceTypes: build.instanceTypes,
    instanceTypesText: more.length === 0 ? first : `${first} +${more.length}`,
    versions: {
      ...(live?.kubernetesVersion === undefined ? {} : { kubernetes: live.kubernetesVersion }),
      ...(live?.releaseVersion === undefined ? {} : { release: live.releaseVersion }),
      ...(input.clusterVersion === undefined ? {} : { cluster: input.clusterVersion }),
    },
    ...templateFacts(group, template, build),
    ...(roleARN === undefined ? {} : { nodeRoleARN: roleARN, ownedRole: role !== undefined }),
    subnets: [...subnets].toSorted(),
    ...(live === undefined ? {} : { autoScalingGroups: live.autoScalingGroups }),
    scaling: scalingFacts(input, group),
    nodes: nodeFacts(nodes),
    ...healthFacts(live),
    ...managedFacts(input, build, role),
  };
}

function templateFacts(
  group: Observed<NodeGroupSpec> | undefined,
  template: Observed<LaunchTemplateSpec> | undefined,
  build: NodeGroupBuild,
): Pick<NodeGroupStatus, "launchTemplate"> {
  const used = group?.spec.launchTemplate as { id?: unknown; name?: string; version?: unknown } | undefined;
  const id = template?.outputs["id"] ?? (typeof used?.id === "string" ? used.id : undefined);
  const name = template?.outputs["name"] ?? used?.name;
  const version =
    typeof used?.version === "string" && !isRef(used.version)
      ? used.version
      : build.templateHash === undefined
        ? undefined
        : template?.outputs[versionOutput(build.templateHash)];
  if (id === undefined && name === undefined) return {};
  return {
    launchTemplate: {
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      ...(build.templateHash === undefined ? {} : { hash: build.templateHash }),
    },
  };
}

function scalingFacts(
  { object, pass, nodes }: NodeGroupReportInput,
  group: Observed<NodeGroupSpec> | undefined,
): NonNullable<NodeGroupStatus["scaling"]> {
  const wanted = object.spec?.scaling?.desired;
  const applied = object.status?.scaling?.lastAppliedDesired;
  // Recorded only when AWS has it, so that a number that was not yet written is written later.
  const settled = pass.mode === "apply" && pass.reconciled?.settled === true;
  const lastAppliedDesired =
    wanted !== undefined && (settled || (applied === undefined && group !== undefined)) ? wanted : applied;
  return {
    ...(group === undefined
      ? {}
      : {
          min: group.spec.scaling.min,
          max: group.spec.scaling.max,
          desired: group.spec.live?.desired ?? group.spec.scaling.desired,
        }),
    ...(lastAppliedDesired === undefined ? {} : { lastAppliedDesired }),
    ready: nodes.filter(isReady).length,
    total: nodes.length,
  };
}

function nodeFacts(nodes: readonly Node[]): NonNullable<NodeGroupStatus["nodes"]> {
  const byRelease: Record<string, number> = {};
  for (const node of nodes) {
    const release = node.metadata.labels?.[imageLabel];
    if (release !== undefined) byRelease[release] = (byRelease[release] ?? 0) + 1;
  }
  const notReady = nodes
    .filter((node) => !isReady(node))
    .map((node) => node.metadata.name)
    .toSorted();
  return { byRelease, ...(notReady.length === 0 ? {} : { notReady: notReady.slice(0, mostNamed) }) };
}

function healthFacts(live: NodeGroupLive | undefined): Pick<NodeGroupStatus, "health" | "update"> {
  if (live === undefined) return {};
  const { issues, update } = live;
  return {
    ...(issues.length === 0 ? {} : { health: { issues } }),
    ...(update === undefined
      ? {}
      : {
          update: {
            id: update.id,
            type: update.type,
            status: update.status,
            attempts: update.attempts,
            ...(update.error === undefined ? {} : { lastError: update.error }),
          },
        }),
  };
}

function managedFacts(
  { object, pass }: NodeGroupReportInput,
  build: NodeGroupBuild,
  role: Observed<RoleSpec> | undefined,
): Pick<NodeGroupStatus, "managed"> {
  const before = object.status?.managed;
  if (pass.mode !== "apply") return before === undefined ? {} : { managed: before };
  const settled = pass.reconciled?.settled === true;
  const union = (now: readonly string[], earlier: readonly string[] | undefined): readonly string[] =>
    [...new Set([...now, ...(settled ? [] : (earlier ?? []))])].toSorted();
  const specOf = (type: string): unknown => build.stack.resources.find((one) => one.type === type)?.spec;
  const group = specOf(nodeGroupType) as NodeGroupSpec | undefined;
  const wantedRole = role === undefined ? undefined : (specOf(roleType) as RoleSpec | undefined);
  return {
    managed: {
      tagKeys: union(Object.keys(group?.tags ?? {}), before?.tagKeys),
      policyARNs: union(wantedRole?.managedPolicyARNs ?? [], before?.policyARNs),
    },
  };
}

function phaseOf(
  pass: PassResult,
  group: Observed<NodeGroupSpec> | undefined,
  object: NodeGroup,
): NonNullable<NodeGroupStatus["phase"]> {
  if (pass.mode === "pause") return "Paused";
  if (object.metadata.deletionTimestamp !== undefined) return "Deleting";
  switch (group?.spec.live?.status) {
    case "CREATING":
      return "Creating";
    case "UPDATING":
      return "Updating";
    case "DELETING":
      return "Deleting";
    case "DEGRADED":
      return "Degraded";
    case "CREATE_FAILED":
    case "DELETE_FAILED":
      return "Failed";
    case "ACTIVE":
      return "Active";
    case undefined:
      break;
  }
  // A pass that did not get to AWS knows no better than the one before.
  if (pass.reconciled === undefined && object.status?.phase !== undefined) return object.status.phase;
  return judge(pass).state === "stalled" ? "Failed" : "Pending";
}

function conditionDrafts(
  { object, pass, build, nodes }: NodeGroupReportInput,
  group: Observed<NodeGroupSpec> | undefined,
): readonly ConditionDraft[] {
  const live = group?.spec.live;
  const summary = withNodes(summaryConditions(pass), { group, nodes });
  if (build === undefined || pass.reconciled === undefined) return summary;
  const drafts: ConditionDraft[] = [...summary];
  if (live !== undefined && object.metadata.deletionTimestamp === undefined) {
    drafts.push(healthCondition(live), nodesCondition(live, nodes));
    if (live.update?.status === "Failed")
      drafts.push({ type: "UpdateFailed", status: "True", reason: "UpdateFailed", message: live.update.error ?? "" });
  }
  const wants = (type: string): boolean => build.stack.resources.some((resource) => resource.type === type);
  if (wants(roleType))
    drafts.push(partCondition("RoleReady", { resourceType: roleType, ready: "the node role is as wanted", pass }));
  if (wants(launchTemplateType))
    drafts.push(
      partCondition("LaunchTemplateReady", {
        resourceType: launchTemplateType,
        ready: "the launch template is as wanted",
        pass,
      }),
    );
  return drafts;
}

/** A settled group is ready only when its nodes are, as many as are wanted now. */
function withNodes(
  drafts: readonly ConditionDraft[],
  { group, nodes }: { readonly group: Observed<NodeGroupSpec> | undefined; readonly nodes: readonly Node[] },
): readonly ConditionDraft[] {
  const live = group?.spec.live;
  const ready = nodes.filter(isReady).length;
  if (live === undefined || drafts[0]?.status !== "True") return drafts;
  if (ready >= live.desired) {
    const message = `the node group is ${live.status} with ${ready} of ${live.desired} nodes ready`;
    return drafts.map((draft) =>
      draft.type === "Ready" && draft.message === "AWS is as the object wants it" ? { ...draft, message } : draft,
    );
  }
  const message = `${ready} of ${live.desired} nodes are ready`;
  return [
    { type: "Ready", status: "False", reason: "NodesNotReady", message },
    { type: "Reconciling", status: "True", reason: "NodesNotReady", message },
    ...drafts.slice(1),
  ];
}

function healthCondition(live: NodeGroupLive): ConditionDraft {
  if (live.issues.length === 0)
    return { type: "Healthy", status: "True", reason: "Healthy", message: "EKS reports no health issues" };
  const message = live.issues
    .map(
      (issue) =>
        `${issue.code}: ${issue.message}${issue.resourceIDs.length === 0 ? "" : ` (${issue.resourceIDs.join(", ")})`}`,
    )
    .toSorted()
    .join("; ");
  return { type: "Healthy", status: "False", reason: "HealthIssue", message };
}

function nodesCondition(live: NodeGroupLive, nodes: readonly Node[]): ConditionDraft {
  const ready = nodes.filter(isReady).length;
  const enough = ready >= live.desired;
  return {
    type: "NodesReady",
    status: enough ? "True" : "False",
    reason: enough ? "NodesReady" : "NodesNotReady",
    message: `${ready} of ${live.desired} nodes are ready`,
  };
}
