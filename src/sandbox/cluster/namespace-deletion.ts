import { errorClass, errorMessage } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import { listAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { type ClusterApi, type DiscoveredResource, resources } from "./cluster-api.ts";
import { type ClusterContext, kubeTime, startQueue } from "./cluster-context.ts";
import { type NamespaceProgress, namespaceConditions, type Remainder } from "./namespace-conditions.ts";
import { conditionsOf } from "./pod-state.ts";
import type { ResourceMonitor } from "./resource-monitor.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Before a namespace is emptied: API servers that have not yet heard of its end may still take something in. */
const deletionDelayMs = 5_000;
/** How long changes in a namespace that is being emptied gather before the next look. */
const batchMs = 100;
/** A look without any change, for what no watch has told. */
const lookAgainMs = 15_000;
const atOnce = 8;
const finalizer = "kubernetes";

/** Empties terminating namespaces, Pods first, says on them what is left, and lets them go when nothing is. */
export function startNamespaceDeletion(context: ClusterContext, monitor: ResourceMonitor): WorkQueue {
  const { namespaces } = context.caches;
  /** Namespaces by name that are to be emptied, with the uid and whether it is time. */
  const terminating = new Map<string, { readonly uid: string; due: boolean }>();
  const soon = new Set<string>();
  const queue = startQueue(context, "namespaces", async (name) => {
    const state = terminating.get(name);
    if (state?.due !== true) return;
    if (await empty(context, monitor, name, state.uid)) queue.addAfter(name, lookAgainMs);
  });
  namespaces.onChange((current, old) => {
    const { name, uid = "", deletionTimestamp } = (current ?? (old as KubeObject)).metadata;
    const known = terminating.get(name);
    if (current === undefined) {
      if (known?.uid === uid) terminating.delete(name);
    } else if (deletionTimestamp !== undefined && known?.uid !== uid) {
      const state = { uid, due: false };
      terminating.set(name, state);
      context.clock.setTimer(deletionDelayMs, () => {
        state.due = true;
        queue.add(name);
      });
    }
  });
  monitor.onChange((_resource, current, old) => {
    const { namespace = "" } = (current ?? (old as KubeObject)).metadata;
    if (terminating.get(namespace)?.due !== true || soon.has(namespace)) return;
    if (current !== undefined && old !== undefined && finalizersOf(current) === finalizersOf(old)) return;
    soon.add(namespace);
    context.clock.setTimer(batchMs, () => {
      soon.delete(namespace);
      queue.add(namespace);
    });
  });
  return queue;
}

function finalizersOf({ metadata }: KubeObject): string {
  return (metadata.finalizers ?? []).join();
}

/** Gives whether something is left. */
async function empty(context: ClusterContext, monitor: ResourceMonitor, name: string, uid: string): Promise<boolean> {
  const { api } = context;
  const namespace = await api.get(resources.namespaces, { name });
  if (namespace?.metadata.uid !== uid || !listAt(namespace, "spec", "finalizers").includes(finalizer)) return false;
  const progress = await deleteContents(context, monitor, name);
  const reported = await report(context, namespace, progress);
  if (progress.failures.length > 0) throw new Error(`namespace ${name}: ${progress.failures.join(", ")}`);
  if (!progress.empty) return true;
  const finalizers = listAt(reported, "spec", "finalizers").filter((other) => other !== finalizer);
  await api.update(resources.namespaces, { ...reported, spec: { finalizers } }, "finalize");
  return false;
}

async function deleteContents(
  context: ClusterContext,
  monitor: ResourceMonitor,
  namespace: string,
): Promise<NamespaceProgress & { readonly empty: boolean }> {
  const failures: string[] = [];
  const remove = async (resource: DiscoveredResource): Promise<Remainder | undefined> => {
    try {
      return await deleteAll(context, resource, namespace);
    } catch (error) {
      failures.push(errorMessage(error));
      return undefined;
    }
  };
  const deletable = monitor.resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes("delete"));
  const isPods = ({ group, plural }: DiscoveredResource): boolean => group === "" && plural === "pods";
  // Pods may need what else is in the namespace until they have ended.
  for (const pods of deletable.filter(isPods)) {
    if ((await remove(pods)) !== undefined) return { remaining: [], failures, empty: false };
  }
  const others = deletable.filter((resource) => !isPods(resource)).values();
  const remaining: Remainder[] = [];
  const work = async (): Promise<void> => {
    for (const resource of others) {
      const left = await remove(resource);
      if (left !== undefined) remaining.push(left);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { remaining, failures, empty: remaining.length === 0 };
}

/** Gives what is left of a resource, if anything. */
async function deleteAll(
  { api }: ClusterContext,
  resource: DiscoveredResource,
  namespace: string,
): Promise<Remainder | undefined> {
  if (!resource.verbs.includes("list")) return undefined;
  const list = async (): Promise<readonly KubeObject[]> =>
    (await api.list(resource, { view: "metadata", namespace })).items;
  let items = await list();
  const standing = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (standing.length > 0) {
    if (resource.verbs.includes("deletecollection")) await api.deleteCollection(resource, namespace);
    else for (const one of standing) await deleteOne(api, resource, one);
    items = await list();
  }
  if (items.length === 0) return undefined;
  const finalizers = new Map<string, number>();
  for (const held of items.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
    finalizers.set(held, (finalizers.get(held) ?? 0) + 1);
  }
  return { resource: `${resource.plural}.${resource.group}`, objects: items.length, finalizers };
}

async function deleteOne(api: ClusterApi, resource: DiscoveredResource, { metadata }: KubeObject): Promise<void> {
  try {
    await api.delete(resource, metadata, { uid: metadata.uid });
  } catch (error) {
    if (errorClass(error) !== "missing") throw error;
  }
}

async function report(
  context: ClusterContext,
  namespace: KubeObject,
  progress: NamespaceProgress,
): Promise<KubeObject> {
  const known = conditionsOf(namespace);
  const conditions = namespaceConditions(known, progress, kubeTime(context.clock));
  if (canonicalJson(conditions) === canonicalJson(known)) return namespace;
  const { name, uid, resourceVersion } = namespace.metadata;
  const patch = { metadata: { uid, resourceVersion }, status: { conditions } };
  return context.api.patch(resources.namespaces, { name }, patch, "status");
}
