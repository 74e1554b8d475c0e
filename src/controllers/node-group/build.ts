import { adoptionFor, type Controls } from "../../api/annotations.ts";
import type { NodeGroupSpec as ApiSpec, NodeGroup } from "../../api/node-group.ts";
import type { Cluster } from "../../aws/facts/cluster.ts";
import { type Resource, ref, type Stack } from "../../engine/stack.ts";
import { type LaunchTemplateSpec, launchTemplateType, versionOutput } from "../../resources/ec2/launch-template.ts";
import { nodeGroupType } from "../../resources/eks/node-group-observe.ts";
import type { NodeGroupSpec, NodeRepairSpec, TaintSpec, UpdateConfigSpec } from "../../resources/eks/specs.ts";
import type { StringOrRef } from "../../resources/elbv2/specs.ts";
import { roleType } from "../../resources/iam/role.ts";
import { type ClusterIdentity, clusterIdentity, ownershipOf, ownershipTagKeys } from "../cluster-identity.ts";
import { ProblemList } from "../problem-list.ts";
import { amiTypeOf } from "./ami-type.ts";
import type { NodeGroupFacts } from "./facts.ts";
import { type OperatingSystem, renderLaunchTemplate } from "./launch-template.ts";
import { nodeRoleID, nodeRoleName, nodeRoleResource } from "./node-role.ts";
import { chooseSubnets } from "./subnets.ts";
import { checkSupported } from "./unsupported.ts";

export interface NodeGroupInput {
  readonly object: NodeGroup;
  readonly facts: NodeGroupFacts;
  readonly controls: Controls;
}

export interface NodeGroupBuild {
  readonly stack: Stack;
  readonly nodegroupName: string;
  readonly instanceTypes: readonly string[];
  readonly subnetIDs: readonly string[];
  /** Absent with a launch template of the user's own. */
  readonly templateHash?: string;
  readonly scaling: { readonly min: number; readonly max: number; readonly desired: number };
}

const groupID = "node-group";
const templateID = "launch-template";
const types = [roleType, launchTemplateType, nodeGroupType];
const defaultInstanceType = "t3.medium";

/** The instance types that a node group names, for the look-up of their facts. */
export function instanceTypesOf(object: NodeGroup): readonly string[] {
  return object.spec?.instanceTypes ?? [defaultInstanceType];
}

/** What a NodeGroup wants of AWS. Pure. */
export function buildNodeGroup({ object, facts, controls }: NodeGroupInput): NodeGroupBuild {
  const spec = object.spec ?? {};
  const cluster = clusterIdentity(facts.cluster);
  const problems = new ProblemList(object);
  const name = spec.name ?? object.metadata.name;
  checkIdentity(object, { cluster, name, problems });
  checkSupported(spec, problems);
  checkLabels(spec, problems);

  const instanceTypes = instanceTypesOf(object);
  const amiType = amiTypeOf(spec, { types: instanceTypes, facts: facts.instanceTypes, problems });
  const sticky = object.status?.arn === undefined ? [] : (object.status.subnets ?? []);
  const subnetIDs = chooseSubnets(spec.subnets, { subnets: facts.subnets, sticky, problems });
  const scaling = scalingOf(object, problems);
  const role =
    spec.nodeRole?.arn === undefined
      ? nodeRoleResource(object, {
          cluster,
          nodeGroup: name,
          ipFamily: facts.cluster.ipFamily,
          adopt: controls.adopt.find((one) => one.type === roleType)?.name,
        })
      : undefined;
  const nodeRoleARN: StringOrRef = spec.nodeRole?.arn ?? ref(roleType, nodeRoleID, "arn");
  const template =
    spec.launchTemplate === undefined ? templateOf(object, { cluster, name, amiType, facts, problems }) : undefined;
  const group = groupResource(object, {
    name,
    amiType,
    instanceTypes,
    subnetIDs,
    scaling,
    nodeRoleARN,
    template,
    problems,
    adopt: adoptionFor(controls, nodeGroupType),
  });
  return {
    stack: {
      ...emptyNodeGroupStack(object, facts.cluster),
      resources: [...(role === undefined ? [] : [role]), ...(template === undefined ? [] : [template]), group],
      problems: problems.all,
    },
    nodegroupName: name,
    instanceTypes,
    subnetIDs,
    ...(template === undefined ? {} : { templateHash: template.spec.hash }),
    scaling,
  };
}

/** The Stack of an object that goes. */
export function emptyNodeGroupStack(object: NodeGroup, facts: Pick<Cluster, "name" | "arn">): Stack {
  const cluster = clusterIdentity(facts);
  const name = object.spec?.name ?? object.metadata.name;
  const roles = [object.spec?.nodeRole?.create?.name, nodeRoleName(cluster, name)].filter((one) => one !== undefined);
  const groups = [name, object.status?.nodegroupName].filter((one) => one !== undefined);
  return {
    owner: { kind: "NodeGroup", namespace: "", name: object.metadata.name },
    ownership: ownershipOf(cluster, `NodeGroup/${object.metadata.name}`),
    types,
    names: { [roleType]: [...new Set(roles)], [nodeGroupType]: [...new Set(groups)] },
    resources: [],
    problems: [],
  };
}

function checkIdentity(
  object: NodeGroup,
  {
    cluster,
    name,
    problems,
  }: { readonly cluster: ClusterIdentity; readonly name: string; readonly problems: ProblemList },
): void {
  const wanted = object.spec?.clusterName;
  if (wanted !== undefined && wanted !== cluster.name) {
    problems.error(
      "WrongCluster",
      "spec.clusterName",
      `is ${wanted}, and this operator works for ${cluster.name}`,
      wanted,
    );
  }
  if (!/^[0-9A-Za-z][A-Za-z0-9_-]{0,56}$/.test(name)) {
    const field = object.spec?.name === undefined ? "metadata.name" : "spec.name";
    problems.error(
      "InvalidSpec",
      field,
      "names of node groups have 1 to 57 letters, digits, hyphens and underscores; set spec.name for others",
      name,
    );
  }
  const { arn, create } = object.spec?.nodeRole ?? {};
  if (arn !== undefined && create !== undefined)
    problems.error("InvalidSpec", "spec.nodeRole", "arn and create exclude each other");
}

const reservedLabel = /^([^/]*\.)?(kubernetes\.io|k8s\.io|eks\.amazonaws\.com)\//;

function checkLabels(spec: ApiSpec, problems: ProblemList): void {
  for (const [key, value] of Object.entries(spec.labels ?? {})) {
    if (reservedLabel.test(key))
      problems.error(
        "InvalidSpec",
        `spec.labels[${key}]`,
        "labels of the domains kubernetes.io, k8s.io and eks.amazonaws.com are reserved by EKS; use a domain of your own",
        value,
      );
    if (value === "") problems.error("InvalidSpec", `spec.labels[${key}]`, "EKS does not accept an empty value", value);
  }
  const seen = new Set<string>();
  for (const taint of spec.taints ?? []) {
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key))
      problems.error(
        "InvalidSpec",
        "spec.taints",
        `taint ${key} is given twice; key and effect together identify it`,
        key,
      );
    seen.add(key);
  }
}

/** Defaults are rendered, never written into the spec: absence of a number has a meaning of its own. */
function scalingOf(object: NodeGroup, problems: ProblemList): NodeGroupSpec["scaling"] {
  const wanted = object.spec?.scaling ?? {};
  const min = wanted.min ?? Math.min(1, wanted.max ?? 1, wanted.desired ?? 1);
  const max = wanted.max ?? Math.max(min, wanted.desired ?? 0, 3);
  const desired = wanted.desired ?? Math.max(min, Math.min(1, max));
  if (min > max)
    problems.error(
      "InvalidSpec",
      "spec.scaling.min",
      `is ${min} and must not be above max, which is ${max}`,
      String(min),
    );
  else if (desired < min || desired > max)
    problems.error(
      "InvalidSpec",
      "spec.scaling.desired",
      `is ${desired} and must be from min (${min}) to max (${max})`,
      String(desired),
    );
  if (max < 1) problems.error("InvalidSpec", "spec.scaling.max", "must be at least 1", String(max));
  return { min, max, desired, writeDesired: writesDesired(object) };
}

/** The annotations of other tools are understood, for manifests that move over; the spec's own field wins. */
const foreignPolicies: readonly {
  readonly key: string;
  readonly value?: string;
  readonly policy: "InitialOnly" | "Enforce";
}[] = [
  { key: "eks.services.k8s.aws/desired-size-managed-by", value: "external-autoscaler", policy: "InitialOnly" },
  { key: "eks.services.k8s.aws/desired-size-managed-by", value: "ack-eks-controller", policy: "Enforce" },
  { key: "cluster.x-k8s.io/replicas-managed-by", policy: "InitialOnly" },
];

function writesDesired(object: NodeGroup): boolean {
  const wanted = object.spec?.scaling;
  const annotations = object.metadata.annotations ?? {};
  const foreign = foreignPolicies.find(
    ({ key, value }) => annotations[key] !== undefined && (value === undefined || annotations[key] === value),
  );
  const policy = wanted?.desiredPolicy ?? foreign?.policy ?? "OnSpecChange";
  if (wanted?.desired === undefined || policy === "InitialOnly") return false;
  if (policy === "Enforce") return true;
  // What was applied last is unknown after a restore: then the live number counts as applied.
  const applied = object.status?.scaling?.lastAppliedDesired;
  return applied !== undefined && applied !== wanted.desired;
}

function templateOf(
  object: NodeGroup,
  {
    cluster,
    name,
    amiType,
    facts,
    problems,
  }: {
    readonly cluster: ClusterIdentity;
    readonly name: string;
    readonly amiType: string | undefined;
    readonly facts: NodeGroupFacts;
    readonly problems: ProblemList;
  },
): Resource<LaunchTemplateSpec> {
  const spec = object.spec ?? {};
  const owner = {
    [ownershipTagKeys.cluster]: cluster.name,
    [ownershipTagKeys.owner]: `NodeGroup/${object.metadata.name}`,
  };
  const { data, hash } = renderLaunchTemplate(spec, {
    system: systemOf(spec, amiType),
    clusterSecurityGroup: facts.cluster.securityGroupID,
    instanceTags: { Name: `${cluster.name}-${name}`, ...spec.tags, ...owner },
    problems,
  });
  return {
    type: launchTemplateType,
    id: templateID,
    spec: { name: `${cluster.name}-${name}`.slice(0, 128), data, hash, tags: { ...spec.tags } },
  };
}

function systemOf(spec: ApiSpec, amiType: string | undefined): OperatingSystem {
  if (amiType === undefined) {
    const family = spec.ami?.family ?? "AL2023";
    if (family === "Custom") return "custom";
    return family.startsWith("Windows") ? "windows" : family.startsWith("Bottlerocket") ? "bottlerocket" : "al2023";
  }
  if (amiType.startsWith("BOTTLEROCKET")) return "bottlerocket";
  if (amiType.startsWith("WINDOWS")) return "windows";
  return amiType.startsWith("AL2023") ? "al2023" : "custom";
}

function groupResource(
  object: NodeGroup,
  parts: {
    readonly name: string;
    readonly amiType: string | undefined;
    readonly instanceTypes: readonly string[];
    readonly subnetIDs: readonly string[];
    readonly scaling: NodeGroupSpec["scaling"];
    readonly nodeRoleARN: StringOrRef;
    readonly template: Resource<LaunchTemplateSpec> | undefined;
    readonly problems: ProblemList;
    readonly adopt: string | undefined;
  },
): Resource<NodeGroupSpec> {
  const spec = object.spec ?? {};
  const repair = spec.nodeRepair;
  return {
    type: nodeGroupType,
    id: groupID,
    spec: {
      name: parts.name,
      capacityType: spec.capacityType === "Spot" ? "SPOT" : "ON_DEMAND",
      instanceTypes: parts.instanceTypes,
      ...(parts.amiType === undefined ? {} : { amiType: parts.amiType }),
      nodeRoleARN: parts.nodeRoleARN,
      subnetIDs: parts.subnetIDs,
      scaling: parts.scaling,
      labels: { ...spec.labels },
      taints: (spec.taints ?? []).map(taintOf),
      updateConfig: updateConfigOf(spec, parts.problems),
      ...(repair === undefined ? {} : { nodeRepair: repairOf(repair, parts.problems) }),
      launchTemplate: templateReference(spec, parts.template),
      ...(spec.kubernetesVersion === undefined ? {} : { kubernetesVersion: spec.kubernetesVersion }),
      ...(spec.releaseVersion === undefined ? {} : { releaseVersion: spec.releaseVersion }),
      force: spec.upgrade?.force ?? false,
      tags: { ...spec.tags, [ownershipTagKeys.ownerUID]: object.metadata.uid },
      retiredTagKeys: object.status?.managed?.tagKeys ?? [],
    },
    ...(parts.adopt === undefined ? {} : { adopt: parts.adopt }),
  };
}

function templateReference(
  spec: ApiSpec,
  template: Resource<LaunchTemplateSpec> | undefined,
): NodeGroupSpec["launchTemplate"] {
  if (template !== undefined) {
    return {
      id: ref(launchTemplateType, template.id, "id"),
      version: ref(launchTemplateType, template.id, versionOutput(template.spec.hash)),
    };
  }
  const version = spec.launchTemplate?.version ?? "$Default";
  const id = spec.launchTemplate?.id;
  return id === undefined ? { name: spec.launchTemplate?.name ?? "", version } : { id, version };
}

const effects = {
  NoSchedule: "NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
} as const;

function taintOf(taint: NonNullable<ApiSpec["taints"]>[number]): TaintSpec {
  // Autoscalers skip taints whose value is absent; an empty one they read.
  return { key: taint.key, value: taint.value ?? "", effect: effects[taint.effect] };
}

function updateConfigOf(spec: ApiSpec, problems: ProblemList): UpdateConfigSpec {
  const updateStrategy = spec.upgrade?.strategy === "Minimal" ? "MINIMAL" : "DEFAULT";
  const parsed = countOrPercent(spec.upgrade?.maxUnavailable ?? 1, "spec.upgrade.maxUnavailable", problems);
  return parsed.percent === undefined
    ? { maxUnavailable: parsed.count, updateStrategy }
    : { maxUnavailablePercentage: parsed.percent, updateStrategy };
}

function repairOf(repair: NonNullable<ApiSpec["nodeRepair"]>, problems: ProblemList): NodeRepairSpec {
  const unhealthy =
    repair.maxUnhealthy === undefined
      ? undefined
      : countOrPercent(repair.maxUnhealthy, "spec.nodeRepair.maxUnhealthy", problems);
  const parallel =
    repair.maxParallel === undefined
      ? undefined
      : countOrPercent(repair.maxParallel, "spec.nodeRepair.maxParallel", problems);
  return {
    enabled: repair.enabled ?? false,
    ...(unhealthy === undefined
      ? {}
      : unhealthy.percent === undefined
        ? { maxUnhealthyNodeThresholdCount: unhealthy.count }
        : { maxUnhealthyNodeThresholdPercentage: unhealthy.percent }),
    ...(parallel === undefined
      ? {}
      : parallel.percent === undefined
        ? { maxParallelNodesRepairedCount: parallel.count }
        : { maxParallelNodesRepairedPercentage: parallel.percent }),
    ...(repair.overrides === undefined || repair.overrides.length === 0
      ? {}
      : {
          overrides: repair.overrides.map((override) => ({
            nodeMonitoringCondition: override.condition,
            nodeUnhealthyReason: override.reason,
            minRepairWaitTimeMins: override.minWaitMinutes,
            repairAction: override.action,
          })),
        }),
  };
}

/** A number from 1 to 100, or a percentage. */
function countOrPercent(
  value: number | string,
  field: string,
  problems: ProblemList,
): { readonly count: number; readonly percent?: undefined } | { readonly percent: number } {
  const percent = /^([1-9][0-9]?|100)%$/.exec(String(value))?.[1];
  if (percent !== undefined) return { percent: Number(percent) };
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 100) return { count };
  problems.error("InvalidSpec", field, "must be a number from 1 to 100 or a percentage such as 20%", String(value));
  return { count: 1 };
}
