import { fieldsAt, numberAt } from "../kube/builtin/fields.ts";
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
import { keyOf } from "./object-cache.ts";
import type { OwnerIndex } from "./owner-index.ts";
import { isPodActive, isPodAvailable, isPodReady, nodeNameOf } from "./pod-state.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Keeps the number of Pods of each ReplicaSet. */
export function startReplicaSets(context: ClusterContext, podIndex: OwnerIndex): WorkQueue {
  const { replicaSets, pods } = context.caches;
  const queue = startQueue(context, "replicasets", async (key) => {
    const set = replicaSets.get(key);
    if (set !== undefined) await syncReplicaSet(context, set, podIndex, queue);
  });
  replicaSets.onChange((current) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  pods.onChange((current, old) => {
    for (const pod of [current, old]) {
      const owner = pod === undefined ? undefined : controllerOf(pod);
      if (owner?.kind === "ReplicaSet") queue.add(`${pod?.metadata.namespace ?? ""}/${owner.name}`);
    }
  });
  return queue;
}

async function syncReplicaSet(
  context: ClusterContext,
  set: KubeObject,
  podIndex: OwnerIndex,
  queue: WorkQueue,
): Promise<void> {
  const active = podIndex.ownedBy(set).filter(isPodActive);
  if (set.metadata.deletionTimestamp === undefined) {
    const wanted = numberAt(set, "spec", "replicas") ?? 1;
    if (active.length < wanted) await addPods(context, set, wanted - active.length);
    else if (active.length > wanted) await removePods(context, active, active.length - wanted);
  }
  await reportStatus(context, set, podIndex, queue);
}

async function addPods(context: ClusterContext, set: KubeObject, count: number): Promise<void> {
  const template = fieldsAt(set, "spec", "template");
  const pod: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...fieldsAt(template, "metadata"),
      name: "",
      generateName: `${set.metadata.name}-`,
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      ownerReferences: [ownedBy(set)],
    },
    spec: template["spec"],
  };
  // The first pod alone: what the API refuses (a quota, a webhook) is then refused once.
  await createObject(context, context.caches.pods, pod);
  for (let left = count - 1; left > 0; left -= 16) {
    const batch = Array.from({ length: Math.min(16, left) }, () => createObject(context, context.caches.pods, pod));
    await Promise.all(batch);
  }
}

async function removePods(context: ClusterContext, active: readonly KubeObject[], count: number): Promise<void> {
  const doomed = [...active].sort(compareForDeletion).slice(0, count);
  await Promise.all(doomed.map((pod) => deleteObject(context, context.caches.pods, pod)));
}

/** Pods that serve least go first: unscheduled, not ready, then the youngest. */
function compareForDeletion(a: KubeObject, b: KubeObject): number {
  const rank = (pod: KubeObject): number => (nodeNameOf(pod) === undefined ? 0 : isPodReady(pod) ? 2 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const [left, right] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (left !== right) return left > right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

async function reportStatus(
  context: ClusterContext,
  set: KubeObject,
  podIndex: OwnerIndex,
  queue: WorkQueue,
): Promise<void> {
  const current = context.caches.replicaSets.get(keyOf(set)) ?? set;
  const active = podIndex.ownedBy(set).filter(isPodActive);
  const minReady = numberAt(set, "spec", "minReadySeconds") ?? 0;
  const now = context.clock.now();
  const ready = active.filter(isPodReady);
  const available = ready.filter((pod) => isPodAvailable(pod, minReady, now));
  if (available.length < ready.length) queue.addAfter(keyOf(set), minReady * 1000);
  const status = {
    replicas: active.length,
    fullyLabeledReplicas: active.length,
    readyReplicas: ready.length,
    availableReplicas: available.length,
    observedGeneration: set.metadata.generation ?? 0,
  };
  const known = fieldsAt(current, "status");
  if (Object.entries(status).every(([name, value]) => (known[name] ?? 0) === value)) return;
  await patchStatus(context, context.caches.replicaSets, current, status);
}
