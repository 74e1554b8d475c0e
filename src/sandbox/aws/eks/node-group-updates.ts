import { defineOperation, type Operation } from "../service.ts";
import { boolean, list, required, string, structure } from "../shapes.ts";
import { type EksErrorMembers, eksError } from "./errors.ts";
import { beginConfigUpdate, beginVersionUpdate } from "./node-group-lifecycle.ts";
import {
  checkedTaints,
  checkedUpdateConfig,
  checkLabels,
  checkNodeRepair,
  checkScaling,
  labelsShape,
  launchTemplateShape,
  nodeRepairShape,
  refuseWith,
  resolvedLaunchTemplate,
  scalingShape,
  taintShape,
  updateConfigShape,
  warmPoolShape,
} from "./node-group-request.ts";
import { existingGroup, groupReference } from "./node-groups.ts";
import { clusterName, madeBefore, pageOf, paging, pagingQuery, time } from "./parameters.ts";
import { compareVersions, releaseFits, releasesOf } from "./releases.ts";
import type { Cluster, EksState, NodeGroup, Taint, Update } from "./state.ts";

type Params = { readonly type: string; readonly value: string }[];

export function nodeGroupUpdateOperations(state: EksState): readonly Operation[] {
  const { context } = state;
  return [
    defineOperation({
      name: "UpdateNodegroupConfig",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: "/clusters/{name}/node-groups/{nodegroupName}/update-config" },
      input: {
        ...groupReference,
        labels: structure({ addOrUpdateLabels: labelsShape, removeLabels: list(string()) }),
        taints: structure({ addOrUpdateTaints: list(taintShape), removeTaints: list(taintShape) }),
        scalingConfig: scalingShape,
        updateConfig: updateConfigShape,
        nodeRepairConfig: nodeRepairShape,
        warmPoolConfig: warmPoolShape,
        clientRequestToken: string(),
      },
      handle(input) {
        const cluster = state.cluster(input.name);
        const group = existingGroup(state, cluster, input.nodegroupName);
        const members = { clusterName: cluster.name, nodegroupName: group.name };
        const token = madeBefore(cluster, input);
        const repeated = token.made === undefined ? undefined : cluster.updates.get(token.made);
        if (repeated !== undefined) return { update: updateView(repeated) };
        const params: Params = [];
        const labels = changedLabels(group, input.labels, params, members);
        const taints = changedTaints(group, input.taints, params, members);
        const scaling = changedScaling(group, input.scalingConfig, params, members);
        const updateConfig =
          input.updateConfig === undefined ? group.updateConfig : checkedUpdateConfig(input.updateConfig, members);
        if (input.updateConfig !== undefined)
          for (const [name, value] of Object.entries(updateConfig))
            params.push({ type: name.charAt(0).toUpperCase() + name.slice(1), value: String(value) });
        checkNodeRepair(input.nodeRepairConfig, members);
        if (input.nodeRepairConfig !== undefined)
          params.push({ type: "NodeRepairEnabled", value: String(input.nodeRepairConfig.enabled ?? false) });
        if (input.warmPoolConfig !== undefined)
          params.push({ type: "WarmPoolEnabled", value: String(input.warmPoolConfig.enabled ?? true) });
        if (params.length === 0) refuseWith(members)("No changes needed for the nodegroup config provided");
        checkUpdatable(cluster, group);
        const update = newUpdate(state, cluster, group, "ConfigUpdate", params);
        token.remember(update.id);
        beginConfigUpdate(context, cluster, group, update, () => {
          group.labels.clear();
          for (const [key, value] of labels) group.labels.set(key, value);
          group.taints = taints;
          group.scaling = scaling;
          group.updateConfig = updateConfig;
          if (input.nodeRepairConfig !== undefined) group.nodeRepairConfig = input.nodeRepairConfig;
          if (input.warmPoolConfig !== undefined)
            group.warmPoolConfig =
              input.warmPoolConfig.enabled === false
                ? undefined
                : { ...group.warmPoolConfig, ...defined(input.warmPoolConfig) };
        });
        return { update: updateView(update) };
      },
    }),
    defineOperation({
      name: "UpdateNodegroupVersion",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: "/clusters/{name}/node-groups/{nodegroupName}/update-version" },
      input: {
        ...groupReference,
        version: string(),
        releaseVersion: string(),
        launchTemplate: launchTemplateShape,
        force: boolean(),
        clientRequestToken: string(),
      },
      handle(input) {
        const cluster = state.cluster(input.name);
        const group = existingGroup(state, cluster, input.nodegroupName);
        const token = madeBefore(cluster, input);
        const repeated = token.made === undefined ? undefined : cluster.updates.get(token.made);
        if (repeated !== undefined) return { update: updateView(repeated) };
        const wanted = wantedVersion(state, cluster, group, input);
        checkUpdatable(cluster, group);
        const update = newUpdate(state, cluster, group, "VersionUpdate", wanted.params);
        token.remember(update.id);
        beginVersionUpdate(context, cluster, group, update, () => {
          group.version = wanted.version;
          group.releaseVersion = wanted.releaseVersion;
          group.launchTemplate = wanted.launchTemplate;
        });
        return { update: updateView(update) };
      },
    }),
    defineOperation({
      name: "ListUpdates",
      mutating: false,
      bucket: "reads",
      http: {
        method: "GET",
        path: "/clusters/{name}/updates",
        query: {
          ...pagingQuery,
          nodegroupName: "nodegroupName",
          addonName: "addonName",
          capabilityName: "capabilityName",
        },
      },
      input: { ...clusterName, ...paging, nodegroupName: string(), addonName: string(), capabilityName: string() },
      handle(input) {
        const cluster = state.cluster(input.name);
        if (input.nodegroupName !== undefined) existingGroup(state, cluster, input.nodegroupName);
        const found = [...cluster.updates.values()].filter((update) => update.nodeGroupName === input.nodegroupName);
        const page = pageOf(found, (update) => update.id, input);
        return { updateIds: page.items.map((update) => update.id), nextToken: page.nextToken };
      },
    }),
    defineOperation({
      name: "DescribeUpdate",
      mutating: false,
      bucket: "reads",
      http: {
        method: "GET",
        path: "/clusters/{name}/updates/{updateId}",
        query: { nodegroupName: "nodegroupName", addonName: "addonName", capabilityName: "capabilityName" },
      },
      input: {
        ...clusterName,
        updateId: required(string()),
        nodegroupName: string(),
        addonName: string(),
        capabilityName: string(),
      },
      handle(input) {
        const cluster = state.cluster(input.name);
        const update = cluster.updates.get(input.updateId);
        if (update === undefined || update.nodeGroupName !== input.nodegroupName)
          throw eksError("ResourceNotFoundException", `No update found for ID: ${input.updateId}`, {
            clusterName: cluster.name,
            ...(input.nodegroupName === undefined ? {} : { nodegroupName: input.nodegroupName }),
          });
        return { update: updateView(update) };
      },
    }),
  ];
}

/** EKS refuses a second update while one is under way. */
function checkUpdatable(cluster: Cluster, group: NodeGroup): void {
  if (group.status === "ACTIVE" || group.status === "DEGRADED") return;
  throw eksError("ResourceInUseException", "Nodegroup cannot be updated as it is currently not in Active State", {
    clusterName: cluster.name,
    nodegroupName: group.name,
  });
}

function newUpdate(state: EksState, cluster: Cluster, group: NodeGroup, type: Update["type"], params: Params): Update {
  const update: Update = {
    id: state.context.ids.uuid(),
    nodeGroupName: group.name,
    status: "InProgress",
    type,
    params,
    createdAt: state.context.clock.now(),
    errors: [],
  };
  cluster.updates.set(update.id, update);
  return update;
}

function changedLabels(
  group: NodeGroup,
  given:
    | {
        readonly addOrUpdateLabels: ReadonlyMap<string, string> | undefined;
        readonly removeLabels: readonly string[] | undefined;
      }
    | undefined,
  params: Params,
  members: EksErrorMembers,
): ReadonlyMap<string, string> {
  const added = given?.addOrUpdateLabels ?? new Map<string, string>();
  const removed = given?.removeLabels ?? [];
  if (added.size > 0) params.push({ type: "LabelsToAdd", value: JSON.stringify(Object.fromEntries(added)) });
  if (removed.length > 0) params.push({ type: "LabelsToRemove", value: JSON.stringify(removed) });
  for (const key of removed) if (added.has(key)) refuseWith(members)(`Label ${key} cannot be both added and removed`);
  const labels = new Map([...group.labels, ...added]);
  for (const key of removed) labels.delete(key);
  checkLabels(labels, members);
  return labels;
}

interface TaintInput {
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly effect: Taint["effect"] | undefined;
}

/** A taint is told from others by key and effect. */
function changedTaints(
  group: NodeGroup,
  given:
    | {
        readonly addOrUpdateTaints: readonly TaintInput[] | undefined;
        readonly removeTaints: readonly TaintInput[] | undefined;
      }
    | undefined,
  params: Params,
  members: EksErrorMembers,
): readonly Taint[] {
  const added = checkedTaints(given?.addOrUpdateTaints ?? [], members);
  const removed = checkedTaints(given?.removeTaints ?? [], members);
  if (added.length > 0) params.push({ type: "TaintsToAdd", value: JSON.stringify(added) });
  if (removed.length > 0) params.push({ type: "TaintsToRemove", value: JSON.stringify(removed) });
  const identity = ({ key, effect }: Taint): string => `${key} ${effect}`;
  const taints = new Map(group.taints.map((taint) => [identity(taint), taint]));
  for (const taint of removed) taints.delete(identity(taint));
  for (const taint of added) taints.set(identity(taint), taint);
  return checkedTaints([...taints.values()], members);
}

function changedScaling(
  group: NodeGroup,
  given:
    | {
        readonly minSize: number | undefined;
        readonly maxSize: number | undefined;
        readonly desiredSize: number | undefined;
      }
    | undefined,
  params: Params,
  members: EksErrorMembers,
) {
  if (given === undefined) return group.scaling;
  const scaling = {
    minSize: given.minSize ?? group.scaling.minSize,
    maxSize: given.maxSize ?? group.scaling.maxSize,
    desiredSize: given.desiredSize ?? group.scaling.desiredSize,
  };
  checkScaling(scaling, members);
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) params.push({ type: name.charAt(0).toUpperCase() + name.slice(1), value: String(value) });
  return scaling;
}

interface VersionInput {
  readonly version: string | undefined;
  readonly releaseVersion: string | undefined;
  readonly launchTemplate:
    | { readonly id: string | undefined; readonly name: string | undefined; readonly version: string | undefined }
    | undefined;
}

function wantedVersion(state: EksState, cluster: Cluster, group: NodeGroup, input: VersionInput) {
  const members = { clusterName: cluster.name, nodegroupName: group.name };
  const refuse = refuseWith(members);
  const params: Params = [];
  let launchTemplate = group.launchTemplate;
  let imageId: string | undefined;
  if (input.launchTemplate !== undefined) {
    if (group.launchTemplate === undefined)
      return refuse("Launch template cannot be added to a nodegroup that was created without one.");
    const found = resolvedLaunchTemplate(state.context, input.launchTemplate, members);
    if (found.id !== group.launchTemplate.id)
      refuse("The launch template must be the one that the nodegroup was created with.");
    const image = found.data["ImageId"];
    imageId = typeof image === "string" ? image : undefined;
    if ((imageId === undefined) !== (group.amiType !== "CUSTOM"))
      refuse("A nodegroup cannot change between a custom AMI and an EKS optimized AMI.");
    launchTemplate = { id: found.id, name: found.name, version: found.version };
    params.push({ type: "LaunchTemplateName", value: found.name });
    params.push({ type: "LaunchTemplateVersion", value: String(found.version) });
  }
  if (group.amiType === "CUSTOM") {
    if (input.version !== undefined || input.releaseVersion !== undefined)
      refuse("You cannot specify a version or release version when specifying an image id in your launch template");
    return { version: group.version, releaseVersion: imageId ?? group.releaseVersion, launchTemplate, params };
  }
  const present = group.version ?? cluster.version;
  const version = input.version ?? present;
  if (!/^\d+\.\d+$/.test(version)) refuse(`Kubernetes version ${version} is not valid`);
  if (compareVersions(version, cluster.version) > 0)
    refuse(
      `Nodegroup Kubernetes version should be equal to Cluster kubernetes version ${cluster.version} or ` +
        `NodeGroup kubernetes version ${present}`,
    );
  if (compareVersions(version, present) < 0)
    refuse(`Nodegroup Kubernetes version cannot be downgraded from ${present} to ${version}`);
  if (input.releaseVersion !== undefined && !releaseFits(group.amiType, version, input.releaseVersion))
    refuse(`Requested release version ${input.releaseVersion} is not valid for kubernetes version ${version}.`);
  const latest = releasesOf(group.amiType, version)[0] ?? group.releaseVersion;
  const keepsRelease =
    input.version === undefined && input.releaseVersion === undefined && launchTemplate !== group.launchTemplate;
  const releaseVersion = input.releaseVersion ?? (keepsRelease ? group.releaseVersion : latest);
  params.push({ type: "Version", value: version }, { type: "ReleaseVersion", value: releaseVersion });
  return { version, releaseVersion, launchTemplate, params };
}

function defined(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

function updateView(update: Update) {
  return {
    id: update.id,
    status: update.status,
    type: update.type,
    params: update.params,
    createdAt: time(update.createdAt),
    errors: update.errors,
  };
}
