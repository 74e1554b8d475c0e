import type { Difference } from "../../engine/resource-type.ts";
import { isRef } from "../../engine/stack.ts";
import { canonicalJson } from "../../json.ts";
import { inMotion } from "./node-group-observe.ts";
import type { NodeGroupSpec, TaintSpec } from "./specs.ts";

/** The status of a group that has to be deleted and made again. */
export const failedStatusField = "live.status";

/**
 * Pure; see `ResourceType.compare`. While EKS is at work nothing is compared: it still tells old values. The number of
 * wanted nodes belongs to autoscalers, unless the object's user has just edited it.
 */
export function compareNodeGroups(desired: NodeGroupSpec, observed: NodeGroupSpec): readonly Difference[] {
  if (inMotion(observed)) return [];
  const status = observed.live?.status;
  if (status === "CREATE_FAILED" || status === "DELETE_FAILED")
    return [{ field: failedStatusField, from: status, to: "ACTIVE" }];
  const differences: Difference[] = [];
  const differs = (field: string, from: unknown, to: unknown, replace = false): void => {
    if (canonicalJson(from) === canonicalJson(to)) return;
    differences.push({ field, from, to, ...(replace ? { replace } : {}) });
  };

  differs("name", observed.name, desired.name, true);
  differs("capacityType", observed.capacityType, desired.capacityType, true);
  if (desired.instanceTypes !== undefined)
    differs("instanceTypes", observed.instanceTypes ?? [], desired.instanceTypes, true);
  if (desired.amiType !== undefined) differs("amiType", observed.amiType, desired.amiType, true);
  differs("nodeRoleARN", observed.nodeRoleARN, desired.nodeRoleARN, true);
  differs("subnetIDs", observed.subnetIDs.toSorted(), desired.subnetIDs.toSorted(), true);

  differs("scaling.min", observed.scaling.min, desired.scaling.min);
  differs("scaling.max", observed.scaling.max, desired.scaling.max);
  if (desired.scaling.writeDesired)
    differs("scaling.desired", observed.live?.desired ?? observed.scaling.desired, desired.scaling.desired);
  for (const key of new Set([...Object.keys(observed.labels), ...Object.keys(desired.labels)]))
    differs(`labels.${key}`, observed.labels[key], desired.labels[key]);
  differs("taints", sortedTaints(observed.taints), sortedTaints(desired.taints));
  differs("updateConfig", observed.updateConfig, desired.updateConfig);
  if (desired.nodeRepair !== undefined) differs("nodeRepair", observed.nodeRepair, desired.nodeRepair);

  compareTemplates(desired, observed, differs);
  if (desired.kubernetesVersion !== undefined)
    differs("kubernetesVersion", observed.kubernetesVersion, desired.kubernetesVersion);
  if (desired.releaseVersion !== undefined) differs("releaseVersion", observed.releaseVersion, desired.releaseVersion);

  for (const [key, value] of Object.entries(desired.tags)) differs(`tags.${key}`, observed.tags[key], value);
  for (const key of desired.retiredTagKeys) {
    if (!(key in desired.tags)) differs(`tags.${key}`, observed.tags[key], undefined);
  }
  return differences;
}

type Differs = (field: string, from: unknown, to: unknown, replace?: boolean) => void;

function compareTemplates(desired: NodeGroupSpec, observed: NodeGroupSpec, differs: Differs): void {
  const wanted = desired.launchTemplate;
  const found = observed.launchTemplate as { id?: string; name?: string; version: string };
  if ("id" in wanted && wanted.id !== "" && !isRef(wanted.id)) differs("launchTemplate.id", found.id, wanted.id, true);
  if (!("id" in wanted)) differs("launchTemplate.name", found.name, wanted.name, true);
  // EKS resolves $Latest and $Default once, to a number: a template of the user's own rolls nodes only by a new number.
  if (isRef(wanted.version) || !wanted.version.startsWith("$"))
    differs("launchTemplate.version", found.version, wanted.version);
}

/** The delta form that EKS wants: what to set and what to remove. A taint is known by its key and effect. */
export function taintDelta(
  desired: readonly TaintSpec[],
  observed: readonly TaintSpec[],
): { readonly addOrUpdateTaints: readonly TaintSpec[]; readonly removeTaints: readonly TaintSpec[] } {
  const same = (a: TaintSpec, b: TaintSpec): boolean => a.key === b.key && a.effect === b.effect;
  return {
    addOrUpdateTaints: desired.filter(
      (taint) => !observed.some((one) => same(one, taint) && one.value === taint.value),
    ),
    removeTaints: observed.filter((taint) => !desired.some((one) => same(one, taint))),
  };
}

export function labelDelta(
  desired: Readonly<Record<string, string>>,
  observed: Readonly<Record<string, string>>,
): { readonly addOrUpdateLabels: Readonly<Record<string, string>>; readonly removeLabels: readonly string[] } {
  return {
    addOrUpdateLabels: Object.fromEntries(Object.entries(desired).filter(([key, value]) => observed[key] !== value)),
    removeLabels: Object.keys(observed).filter((key) => !(key in desired)),
  };
}

/** The numbers to send: min and max as wanted, and desired only when the user edited it or the limits demand it. */
export function scalingUpdate(
  desired: NodeGroupSpec["scaling"],
  live: { readonly min: number; readonly max: number; readonly desired: number },
): { readonly minSize: number; readonly maxSize: number; readonly desiredSize?: number } | undefined {
  const wanted = desired.writeDesired ? desired.desired : Math.min(Math.max(live.desired, desired.min), desired.max);
  const moves = wanted !== live.desired;
  if (!moves && desired.min === live.min && desired.max === live.max) return undefined;
  return { minSize: desired.min, maxSize: desired.max, ...(moves ? { desiredSize: wanted } : {}) };
}

function sortedTaints(taints: readonly TaintSpec[]): readonly TaintSpec[] {
  const key = (taint: TaintSpec): string => `${taint.key} ${taint.effect}`;
  return taints.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
