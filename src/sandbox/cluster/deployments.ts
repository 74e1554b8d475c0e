import { canonicalJson } from "../../json.ts";
import { type Fields, fieldsAt, numberAt, stringAt, stringMapAt, valueAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import {
  type ClusterContext,
  controllerOf,
  createObject,
  deleteObject,
  kubeTime,
  ownedBy,
  patchObject,
  patchStatus,
  startQueue,
} from "./cluster-context.ts";
import { hashLabel, planRollingUpdate, rolloutLimits, type SetCounts, templateHash } from "./deployment-plan.ts";
import { deploymentConditions, deploymentCounts } from "./deployment-status.ts";
import { keyOf } from "./object-cache.ts";
import type { OwnerIndex } from "./owner-index.ts";
import type { WorkQueue } from "./work-queue.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Rolls each Deployment's ReplicaSets towards its pod template. */
export function startDeployments(context: ClusterContext, setIndex: OwnerIndex): WorkQueue {
  const { deployments, replicaSets } = context.caches;
  const queue = startQueue(context, "deployments", async (key) => {
    const deployment = deployments.get(key);
    if (deployment !== undefined && deployment.metadata.deletionTimestamp === undefined) {
      await syncDeployment(context, deployment, setIndex);
    }
  });
  deployments.onChange((current) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  replicaSets.onChange((current, old) => {
    for (const set of [current, old]) {
      const owner = set === undefined ? undefined : controllerOf(set);
      if (owner?.kind === "Deployment") queue.add(`${set?.metadata.namespace ?? ""}/${owner.name}`);
    }
  });
  return queue;
}

async function syncDeployment(context: ClusterContext, deployment: KubeObject, setIndex: OwnerIndex): Promise<void> {
  const paused = valueAt(deployment, "spec", "paused") === true;
  const template = fieldsAt(deployment, "spec", "template");
  const hash = templateHash(template);
  const sets = setIndex.ownedBy(deployment).filter((set) => set.metadata.deletionTimestamp === undefined);
  const current = sets.find((set) => set.metadata.labels?.[hashLabel] === hash);
  const old = sets.filter((set) => set !== current);
  if (current === undefined && !paused) {
    await createSet(context, deployment, hash, old);
  } else if (current !== undefined) {
    if (!paused) await markRevision(context, deployment, current, old);
    await scaleSets(context, deployment, current, old, paused);
    if (!paused) await dropHistory(context, deployment, old);
  }
  await reportStatus(context, deployment, hash, setIndex);
}

async function createSet(
  context: ClusterContext,
  deployment: KubeObject,
  hash: string,
  old: readonly KubeObject[],
): Promise<void> {
  const template = fieldsAt(deployment, "spec", "template");
  const labels = { ...stringMapAt(template, "metadata", "labels"), [hashLabel]: hash };
  const limits = rolloutLimits(deployment);
  const recreate = stringAt(deployment, "spec", "strategy", "type") === "Recreate";
  const oldTotal = old.reduce((sum, set) => sum + (numberAt(set, "spec", "replicas") ?? 0), 0);
  const room = recreate ? (oldTotal === 0 ? limits.replicas : 0) : limits.replicas + limits.maxSurge - oldTotal;
  const replicas = Math.max(0, Math.min(limits.replicas, room));
  const selector = fieldsAt(deployment, "spec", "selector");
  await createObject(context, context.caches.replicaSets, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels,
      annotations: setAnnotations(deployment, nextRevision(old)),
      ownerReferences: [ownedBy(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: numberAt(deployment, "spec", "minReadySeconds") ?? 0,
      selector: { ...selector, matchLabels: { ...stringMapAt(selector, "matchLabels"), [hashLabel]: hash } },
      template: { ...template, metadata: { ...fieldsAt(template, "metadata"), labels } },
    },
  });
}

function nextRevision(sets: readonly KubeObject[]): number {
  return sets.reduce((highest, set) => Math.max(highest, revisionOf(set)), 0) + 1;
}

function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.[revisionAnnotation] ?? 0);
}

function setAnnotations(deployment: KubeObject, revision: number): Record<string, string> {
  const limits = rolloutLimits(deployment);
  const { [lastApplied]: _, ...copied } = deployment.metadata.annotations ?? {};
  return {
    ...copied,
    [revisionAnnotation]: String(revision),
    "deployment.kubernetes.io/desired-replicas": String(limits.replicas),
    "deployment.kubernetes.io/max-replicas": String(limits.replicas + limits.maxSurge),
  };
}

/** A set that is current again after a roll-back gets the next revision; the Deployment shows its current set's. */
async function markRevision(
  context: ClusterContext,
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
): Promise<void> {
  const highest = nextRevision(old) - 1;
  const revision = revisionOf(current) > highest ? revisionOf(current) : highest + 1;
  const annotations = setAnnotations(deployment, revision);
  const before = current.metadata.annotations ?? {};
  if (Object.entries(annotations).some(([name, value]) => before[name] !== value)) {
    await patchObject(context, context.caches.replicaSets, current, { metadata: { annotations } });
  }
  if (revisionOf(deployment) !== revision) {
    const annotation = { [revisionAnnotation]: String(revision) };
    await patchObject(context, context.caches.deployments, deployment, { metadata: { annotations: annotation } });
  }
}

async function scaleSets(
  context: ClusterContext,
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
  paused: boolean,
): Promise<void> {
  const limits = rolloutLimits(deployment);
  const sets = new Map([current, ...old].map((set) => [keyOf(set), set]));
  const oldCounts = old.map(countsOf);
  let changes: ReadonlyMap<string, number>;
  if (stringAt(deployment, "spec", "strategy", "type") === "Recreate") {
    const left = oldCounts.some(({ replicas, pods }) => replicas > 0 || pods > 0);
    changes = new Map([
      ...oldCounts.filter(({ replicas }) => replicas > 0).map(({ key }) => [key, 0] as const),
      ...(left || paused ? [] : [[keyOf(current), limits.replicas] as const]),
    ]);
  } else if (paused) {
    const busy = oldCounts.some(({ replicas }) => replicas > 0);
    changes = busy ? new Map<string, number>() : new Map([[keyOf(current), limits.replicas]]);
  } else changes = planRollingUpdate(limits, countsOf(current), oldCounts);
  for (const [key, replicas] of changes) {
    const set = sets.get(key);
    if (set === undefined || numberAt(set, "spec", "replicas") === replicas) continue;
    await patchObject(context, context.caches.replicaSets, context.caches.replicaSets.get(key) ?? set, {
      spec: { replicas },
    });
  }
}

function countsOf(set: KubeObject): SetCounts {
  return {
    key: keyOf(set),
    replicas: numberAt(set, "spec", "replicas") ?? 0,
    pods: numberAt(set, "status", "replicas") ?? 0,
    available: numberAt(set, "status", "availableReplicas") ?? 0,
  };
}

async function dropHistory(context: ClusterContext, deployment: KubeObject, old: readonly KubeObject[]): Promise<void> {
  const keep = numberAt(deployment, "spec", "revisionHistoryLimit") ?? 10;
  const empty = old.filter((set) => countsOf(set).replicas === 0 && countsOf(set).pods === 0);
  const oldestFirst = empty.sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of oldestFirst.slice(0, Math.max(0, oldestFirst.length - keep))) {
    await deleteObject(context, context.caches.replicaSets, set);
  }
}

async function reportStatus(
  context: ClusterContext,
  synced: KubeObject,
  hash: string,
  setIndex: OwnerIndex,
): Promise<void> {
  const cache = context.caches.deployments;
  const deployment = cache.get(keyOf(synced)) ?? synced;
  const sets = setIndex.ownedBy(deployment).filter((set) => set.metadata.deletionTimestamp === undefined);
  const current = sets.find((set) => set.metadata.labels?.[hashLabel] === hash);
  const counts = deploymentCounts(deployment, sets, current);
  const conditions = deploymentConditions(deployment, counts, current, kubeTime(context.clock));
  const status: Fields = { observedGeneration: synced.metadata.generation ?? 0, ...counts, conditions };
  const known = fieldsAt(deployment, "status");
  const changed = Object.entries(status).some(
    ([name, value]) => canonicalJson(known[name] ?? 0) !== canonicalJson(value ?? 0),
  );
  if (changed) await patchStatus(context, cache, deployment, status);
}
