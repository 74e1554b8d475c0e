import { canonicalJson } from "../../json.ts";
import { fieldsAt, listAt, numberAt, stringAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
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
import { daemonFits, daemonTolerations } from "./node-fit.ts";
import { keyOf } from "./object-cache.ts";
import type { OwnerIndex } from "./owner-index.ts";
import { isPodActive, isPodReady } from "./pod-state.ts";
import type { WorkQueue } from "./work-queue.ts";

const hashLabel = "controller-revision-hash";

/** Keeps one Pod of each DaemonSet on every Node that fits it. */
export function startDaemonSets(context: ClusterContext, podIndex: OwnerIndex): WorkQueue {
  const { daemonSets, pods, nodes } = context.caches;
  const queue = startQueue(context, "daemonsets", async (key) => {
    const set = daemonSets.get(key);
    if (set !== undefined && set.metadata.deletionTimestamp === undefined) await syncDaemonSet(context, set, podIndex);
  });
  daemonSets.onChange((current) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  nodes.onChange(() => {
    for (const set of daemonSets.values()) queue.add(keyOf(set));
  });
  pods.onChange((current, old) => {
    const pod = current ?? old;
    const owner = pod === undefined ? undefined : controllerOf(pod);
    if (owner?.kind === "DaemonSet") queue.add(`${pod?.metadata.namespace ?? ""}/${owner.name}`);
  });
  return queue;
}

async function syncDaemonSet(context: ClusterContext, set: KubeObject, podIndex: OwnerIndex): Promise<void> {
  const { pods, nodes } = context.caches;
  const hash = templateHash(fieldsAt(set, "spec", "template"));
  const owned = podIndex.ownedBy(set);
  const byNode = new Map<string, KubeObject[]>();
  for (const pod of owned) {
    const node = daemonNode(pod);
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  const fitting = [...nodes.values()].filter((node) => daemonFits(daemonPod(set, hash, node.metadata.name), node));
  const names = new Set(fitting.map((node) => node.metadata.name));
  for (const name of names) {
    if ((byNode.get(name) ?? []).length === 0) await createObject(context, pods, daemonPod(set, hash, name));
  }
  for (const pod of owned) {
    if (!names.has(daemonNode(pod)) && pod.metadata.deletionTimestamp === undefined)
      await deleteObject(context, pods, pod);
  }
  await replaceOutdated(
    context,
    set,
    hash,
    owned.filter((pod) => names.has(daemonNode(pod))),
  );
  await reportStatus(context, set, hash, podIndex, names.size);
}

/** One Pod at a time: the next goes when all are ready, or as many as may be unavailable. */
async function replaceOutdated(
  context: ClusterContext,
  set: KubeObject,
  hash: string,
  owned: readonly KubeObject[],
): Promise<void> {
  if (stringAt(set, "spec", "updateStrategy", "type") === "OnDelete") return;
  const limit = Math.max(1, numberAt(set, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable") ?? 1);
  let unavailable = owned.filter((pod) => !isPodActive(pod) || !isPodReady(pod)).length;
  for (const pod of owned) {
    if (pod.metadata.labels?.[hashLabel] === hash || !isPodActive(pod)) continue;
    if (isPodReady(pod) && unavailable >= limit) continue;
    if (isPodReady(pod)) unavailable++;
    await deleteObject(context, context.caches.pods, pod);
  }
}

async function reportStatus(
  context: ClusterContext,
  synced: KubeObject,
  hash: string,
  podIndex: OwnerIndex,
  desired: number,
): Promise<void> {
  const cache = context.caches.daemonSets;
  const set = cache.get(keyOf(synced)) ?? synced;
  const active = podIndex.ownedBy(set).filter(isPodActive);
  const ready = active.filter(isPodReady).length;
  const status = {
    currentNumberScheduled: active.length,
    desiredNumberScheduled: desired,
    numberMisscheduled: 0,
    numberReady: ready,
    numberAvailable: ready,
    numberUnavailable: Math.max(0, desired - ready),
    updatedNumberScheduled: active.filter((pod) => pod.metadata.labels?.[hashLabel] === hash).length,
    observedGeneration: synced.metadata.generation ?? 0,
  };
  const known = fieldsAt(set, "status");
  if (Object.entries(status).every(([name, value]) => canonicalJson(known[name] ?? 0) === canonicalJson(value))) return;
  await patchStatus(context, cache, set, status);
}

/** The Pod's Node: by binding, or by the affinity with which the controller aims it before that. */
function daemonNode(pod: KubeObject): string {
  const terms = listAt(
    pod,
    "spec",
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
  );
  const aimed = listAt(terms[0], "matchFields").find((field) => stringAt(field, "key") === "metadata.name");
  return stringAt(pod, "spec", "nodeName") ?? stringAt(listAt(aimed, "values"), 0) ?? "";
}

function daemonPod(set: KubeObject, hash: string, node: string): KubeObject {
  const template = fieldsAt(set, "spec", "template");
  const spec = fieldsAt(template, "spec");
  const metadata = fieldsAt(template, "metadata");
  const required = fieldsAt(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
  const aim = { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] };
  const terms = listAt(required, "nodeSelectorTerms");
  const nodeSelectorTerms = terms.length === 0 ? [aim] : terms.map((term) => ({ ...(term as object), ...aim }));
  const nodeAffinity = {
    ...fieldsAt(spec, "affinity", "nodeAffinity"),
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      name: "",
      generateName: `${set.metadata.name}-`,
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      labels: { ...(metadata["labels"] as Record<string, string> | undefined), [hashLabel]: hash },
      ownerReferences: [ownedBy(set)],
    },
    spec: {
      ...spec,
      affinity: { ...fieldsAt(spec, "affinity"), nodeAffinity },
      tolerations: [...listAt(spec, "tolerations"), ...daemonTolerations],
    },
  };
}
