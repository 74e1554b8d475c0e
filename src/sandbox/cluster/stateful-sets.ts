import { errorClass, isAppError } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import { fieldsAt, listAt, numberAt, objectsAt, stringAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { resources } from "./cluster-api.ts";
import {
  type ClusterContext,
  controllerOf,
  createObject,
  deleteObject,
  ownedBy,
  patchStatus,
  startQueue,
} from "./cluster-context.ts";
import { templateHash } from "./deployment-plan.ts";
import { keyOf } from "./object-cache.ts";
import type { OwnerIndex } from "./owner-index.ts";
import { isPodActive, isPodReady } from "./pod-state.ts";
import type { WorkQueue } from "./work-queue.ts";

const hashLabel = "controller-revision-hash";

/** Keeps the numbered Pods of StatefulSets: made in order, updated and removed from the highest number down. */
export function startStatefulSets(context: ClusterContext, podIndex: OwnerIndex): WorkQueue {
  const { statefulSets, pods } = context.caches;
  const queue = startQueue(context, "statefulsets", async (key) => {
    const set = statefulSets.get(key);
    if (set !== undefined && set.metadata.deletionTimestamp === undefined)
      await syncStatefulSet(context, set, podIndex);
  });
  statefulSets.onChange((current) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  pods.onChange((current, old) => {
    const pod = current ?? old;
    const owner = pod === undefined ? undefined : controllerOf(pod);
    if (owner?.kind === "StatefulSet") queue.add(`${pod?.metadata.namespace ?? ""}/${owner.name}`);
  });
  return queue;
}

async function syncStatefulSet(context: ClusterContext, set: KubeObject, podIndex: OwnerIndex): Promise<void> {
  const revision = `${set.metadata.name}-${templateHash(fieldsAt(set, "spec", "template"))}`;
  const wanted = numberAt(set, "spec", "replicas") ?? 1;
  const byOrdinal = new Map(podIndex.ownedBy(set).map((pod) => [ordinalOf(pod), pod]));
  const action = nextAction(set, revision, wanted, byOrdinal);
  for (const ordinal of action.create) {
    await createClaims(context, set, ordinal);
    await createObject(context, context.caches.pods, statefulPod(set, revision, ordinal));
  }
  for (const pod of action.delete) await deleteObject(context, context.caches.pods, pod);
  await reportStatus(context, set, revision, podIndex);
}

/** What can be done now; the next step follows when the Pods have changed. */
function nextAction(
  set: KubeObject,
  revision: string,
  wanted: number,
  byOrdinal: ReadonlyMap<number, KubeObject>,
): { readonly create: readonly number[]; readonly delete: readonly KubeObject[] } {
  const parallel = stringAt(set, "spec", "podManagementPolicy") === "Parallel";
  const missing: number[] = [];
  for (let ordinal = 0; ordinal < wanted; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) missing.push(ordinal);
    if (parallel) continue;
    if (pod === undefined) return { create: [ordinal], delete: [] };
    if (!isPodActive(pod) || !isPodReady(pod)) {
      const stale = isPodActive(pod) && pod.metadata.labels?.[hashLabel] !== revision;
      return { create: [], delete: stale && updatesItself(set) ? [pod] : [] };
    }
  }
  if (missing.length > 0) return { create: missing, delete: [] };
  const highestFirst = [...byOrdinal].sort(([a], [b]) => b - a).map(([, pod]) => pod);
  const surplus = highestFirst.filter((pod) => ordinalOf(pod) >= wanted && isPodActive(pod));
  if (surplus.length > 0) return { create: [], delete: parallel ? surplus : surplus.slice(0, 1) };
  if (!updatesItself(set)) return { create: [], delete: [] };
  const partition = numberAt(set, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
  if (highestFirst.some((pod) => !isPodActive(pod) || !isPodReady(pod))) return { create: [], delete: [] };
  const outdated = highestFirst.filter(
    (pod) => ordinalOf(pod) >= partition && pod.metadata.labels?.[hashLabel] !== revision,
  );
  return { create: [], delete: outdated.slice(0, 1) };
}

function updatesItself(set: KubeObject): boolean {
  return stringAt(set, "spec", "updateStrategy", "type") !== "OnDelete";
}

function ordinalOf(pod: KubeObject): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? -1);
}

function statefulPod(set: KubeObject, revision: string, ordinal: number): KubeObject {
  const template = fieldsAt(set, "spec", "template");
  const spec = fieldsAt(template, "spec");
  const metadata = fieldsAt(template, "metadata");
  const name = `${set.metadata.name}-${ordinal}`;
  const claims = objectsAt(set, "spec", "volumeClaimTemplates").map((claim) => {
    const claimName = stringAt(claim, "metadata", "name") ?? "";
    return { name: claimName, persistentVolumeClaim: { claimName: `${claimName}-${name}` } };
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      name,
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      labels: {
        ...(metadata["labels"] as Record<string, string> | undefined),
        "apps.kubernetes.io/pod-index": String(ordinal),
        [hashLabel]: revision,
        "statefulset.kubernetes.io/pod-name": name,
      },
      ownerReferences: [ownedBy(set)],
    },
    spec: {
      ...spec,
      hostname: name,
      ...(stringAt(set, "spec", "serviceName") === undefined
        ? {}
        : { subdomain: stringAt(set, "spec", "serviceName") }),
      ...(claims.length === 0 ? {} : { volumes: [...listAt(spec, "volumes"), ...claims] }),
    },
  };
}

async function createClaims(context: ClusterContext, set: KubeObject, ordinal: number): Promise<void> {
  for (const template of objectsAt(set, "spec", "volumeClaimTemplates")) {
    const name = `${stringAt(template, "metadata", "name") ?? ""}-${set.metadata.name}-${ordinal}`;
    const claim: KubeObject = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        ...fieldsAt(template, "metadata"),
        name,
        ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      },
      spec: template["spec"],
    };
    try {
      await context.api.create(resources.claims, claim);
    } catch (error) {
      // Claims outlive their Pods: the one of an earlier Pod of this number is used again.
      if (errorClass(error) !== "conflict" || !isAppError(error) || error.code !== "AlreadyExists") throw error;
    }
  }
}

async function reportStatus(
  context: ClusterContext,
  synced: KubeObject,
  revision: string,
  podIndex: OwnerIndex,
): Promise<void> {
  const cache = context.caches.statefulSets;
  const set = cache.get(keyOf(synced)) ?? synced;
  const active = podIndex.ownedBy(set).filter(isPodActive);
  const updated = active.filter((pod) => pod.metadata.labels?.[hashLabel] === revision).length;
  const ready = active.filter(isPodReady).length;
  const known = fieldsAt(set, "status");
  const wanted = numberAt(set, "spec", "replicas") ?? 1;
  const complete = updated === wanted && active.length === wanted && ready === wanted;
  const status = {
    replicas: active.length,
    readyReplicas: ready,
    availableReplicas: ready,
    updatedReplicas: updated,
    currentReplicas: complete ? updated : active.length - updated,
    currentRevision: complete ? revision : (stringAt(known, "currentRevision") ?? revision),
    updateRevision: revision,
    collisionCount: 0,
    observedGeneration: synced.metadata.generation ?? 0,
  };
  if (Object.entries(status).every(([name, value]) => canonicalJson(known[name] ?? 0) === canonicalJson(value))) return;
  await patchStatus(context, cache, set, status);
}
