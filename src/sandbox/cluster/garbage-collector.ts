import { LRUCache } from "lru-cache";
import { AppError } from "../../errors.ts";
import type { KubeObject, OwnerReference } from "../kube/resource-definition.ts";
import type { DeleteOptions } from "./cluster-api.ts";
import { type ClusterContext, startQueue } from "./cluster-context.ts";
import { foregroundFinalizer, type OwnedObject, OwnerGraph, orphanFinalizer, ownedObject } from "./owner-graph.ts";
import type { ResourceMonitor } from "./resource-monitor.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Owners that are known to be gone; uids never come back. */
const absentOwnersKept = 2_000;

interface Collector {
  readonly context: ClusterContext;
  readonly monitor: ResourceMonitor;
  readonly graph: OwnerGraph;
  readonly queue: WorkQueue;
  /** Whether an owner that no watch has shown is gone, by uid and the namespace of the reference. */
  readonly absent: LRUCache<string, Promise<boolean>>;
}

/**
 * Follows owner references as kube-controller-manager's garbage collector does: what has no owner left is deleted, and the
 * finalizers `foregroundDeletion` and `orphan` are worked off. What watches tell is only the reason to look: before
 * anything is deleted, the object is read again, and so is an owner that seems to be gone.
 */
export function startGarbageCollector(context: ClusterContext, monitor: ResourceMonitor): WorkQueue {
  const graph = new OwnerGraph();
  const absent = new LRUCache<string, Promise<boolean>>({ max: absentOwnersKept });
  const queue = startQueue(context, "garbage-collector", async (uid) => {
    const object = graph.get(uid);
    if (object === undefined) return;
    const collector = { context, monitor, graph, queue, absent };
    if (object.orphaning) await orphanDependents(collector, object);
    else if (object.foreground) await awaitDependents(collector, object);
    else if (!object.deleting) await collect(collector, object);
  });
  monitor.onChange((resource, current, old) => {
    if (old !== undefined && old.metadata.uid !== current?.metadata.uid) seeEnd(graph, queue, old.metadata.uid ?? "");
    if (current !== undefined) see(graph, queue, ownedObject(resource, current));
  });
  return queue;
}

function see(graph: OwnerGraph, queue: WorkQueue, next: OwnedObject): void {
  const before = graph.get(next.uid);
  graph.set(next);
  if (next.orphaning || next.foreground) queue.add(next.uid);
  if (next.foreground && before?.foreground !== true) {
    for (const dependent of graph.dependentsOf(next.uid)) queue.add(dependent.uid);
  }
  if (before !== undefined && before.owners !== next.owners) wakeForeground(graph, queue, before);
  for (const reference of next.owners) {
    const owner = graph.get(reference.uid);
    if (owner === undefined || owner.foreground || !isNamedBy(reference, owner, next)) queue.add(next.uid);
  }
}

function seeEnd(graph: OwnerGraph, queue: WorkQueue, uid: string): void {
  const object = graph.get(uid);
  graph.delete(uid);
  for (const dependent of graph.dependentsOf(uid)) queue.add(dependent.uid);
  if (object !== undefined) wakeForeground(graph, queue, object);
}

/** Owners that wait for a dependent look again when it goes or no longer holds them. */
function wakeForeground(graph: OwnerGraph, queue: WorkQueue, dependent: OwnedObject): void {
  for (const { uid } of dependent.owners) if (graph.get(uid)?.foreground === true) queue.add(uid);
}

/** A reference names an object of the dependent's own namespace, or one that has none. */
function isNamedBy({ apiVersion, kind, name }: OwnerReference, owner: OwnedObject, dependent: OwnedObject): boolean {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return (
    owner.name === name &&
    owner.resource.kind === kind &&
    owner.resource.group === group &&
    (owner.namespace === undefined || owner.namespace === dependent.namespace)
  );
}

type OwnerState = "solid" | "absent" | "waiting";

async function collect(collector: Collector, object: OwnedObject): Promise<void> {
  if (object.owners.length === 0) return;
  // Nothing is asked of the server while all owners are there.
  const known = object.owners.map((reference) => knownState(collector, reference, object));
  if (known.every((state) => state === "solid")) return;
  const latest = await readAgain(collector, object);
  if (latest === undefined || latest.metadata.deletionTimestamp !== undefined) return;
  const references = latest.metadata.ownerReferences ?? [];
  const states = await Promise.all(references.map((reference) => stateOf(collector, reference, object)));
  if (states.every((state) => state === "solid")) return;
  const keep = references.filter((_, index) => states[index] === "solid");
  if (keep.length > 0) {
    await patchMetadata(collector, latest, object, { ownerReferences: keep });
    return;
  }
  const dependents = collector.graph.dependentsOf(object.uid);
  if (states.includes("waiting") && dependents.length > 0) {
    if (dependents.some((dependent) => dependent.foreground)) await unblockOwners(collector, latest, object);
    await remove(collector, latest, object, "Foreground");
    return;
  }
  await remove(collector, latest, object, policyOf(latest));
}

function knownState({ graph }: Collector, reference: OwnerReference, object: OwnedObject): OwnerState | undefined {
  const owner = graph.get(reference.uid);
  if (owner === undefined || !isNamedBy(reference, owner, object)) return undefined;
  return owner.foreground ? "waiting" : "solid";
}

async function stateOf(collector: Collector, reference: OwnerReference, object: OwnedObject): Promise<OwnerState> {
  const known = knownState(collector, reference, object);
  if (known !== undefined) return known;
  const key = `${reference.uid}/${object.namespace ?? ""}`;
  const asked = collector.absent.get(key) ?? isAbsent(collector, reference, object);
  collector.absent.set(key, asked);
  try {
    if (await asked) return "absent";
  } catch (error) {
    collector.absent.delete(key);
    throw error;
  }
  // It is there now and may go later.
  collector.absent.delete(key);
  return "solid";
}

async function isAbsent(
  { context, monitor }: Collector,
  { apiVersion, kind, name, uid }: OwnerReference,
  { resource, namespace, name: dependent }: OwnedObject,
): Promise<boolean> {
  const found = monitor.find(apiVersion, kind);
  if (found === undefined) {
    monitor.refresh();
    const message = `${resource.plural}/${dependent} names an owner of kind ${kind} (${apiVersion}), which is not served`;
    throw new AppError(message, { class: "missing", code: "UnknownOwnerKind" });
  }
  // Nothing can be said of an owner whose namespace is not told.
  if (found.namespaced && namespace === undefined) return false;
  const owner = await context.api.get(found, { name, ...(found.namespaced ? { namespace } : {}) }, "metadata");
  return owner?.metadata.uid !== uid;
}

function policyOf({ metadata }: KubeObject): "Background" | "Foreground" | "Orphan" {
  if (metadata.finalizers?.includes(orphanFinalizer) === true) return "Orphan";
  return metadata.finalizers?.includes(foregroundFinalizer) === true ? "Foreground" : "Background";
}

async function remove(
  { context }: Collector,
  { metadata }: KubeObject,
  object: OwnedObject,
  propagationPolicy: NonNullable<DeleteOptions["propagationPolicy"]>,
): Promise<void> {
  const { uid, resourceVersion } = metadata;
  // An object that was given an owner after it was read is refused as a conflict, and looked at again.
  await ignoringMissing(context.api.delete(object.resource, object, { uid, resourceVersion, propagationPolicy }));
}

/** A circle of owners that wait for each other would never end: this object holds nobody any more. */
async function unblockOwners(collector: Collector, latest: KubeObject, object: OwnedObject): Promise<void> {
  const references = latest.metadata.ownerReferences ?? [];
  if (!references.some(({ blockOwnerDeletion }) => blockOwnerDeletion === true)) return;
  const ownerReferences = references.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
  const patched = await patchMetadata(collector, latest, object, { ownerReferences });
  latest.metadata.resourceVersion = patched?.metadata.resourceVersion ?? "";
}

async function awaitDependents(collector: Collector, owner: OwnedObject): Promise<void> {
  const blocking = collector.graph
    .dependentsOf(owner.uid)
    .filter(({ owners }) => owners.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion));
  for (const dependent of blocking) if (!dependent.deleting) collector.queue.add(dependent.uid);
  if (blocking.length === 0) await releaseFinalizer(collector, owner, foregroundFinalizer);
}

async function orphanDependents(collector: Collector, owner: OwnedObject): Promise<void> {
  for (const dependent of collector.graph.dependentsOf(owner.uid)) {
    const latest = await readAgain(collector, dependent);
    const references = latest?.metadata.ownerReferences ?? [];
    const left = references.filter(({ uid }) => uid !== owner.uid);
    if (latest === undefined || left.length === references.length) continue;
    await patchMetadata(collector, latest, dependent, { ownerReferences: left });
  }
  await releaseFinalizer(collector, owner, orphanFinalizer);
}

async function releaseFinalizer(collector: Collector, owner: OwnedObject, finalizer: string): Promise<void> {
  const latest = await readAgain(collector, owner);
  const finalizers = latest?.metadata.finalizers ?? [];
  if (latest === undefined || !finalizers.includes(finalizer)) return;
  const left = finalizers.filter((other) => other !== finalizer);
  await patchMetadata(collector, latest, owner, { finalizers: left });
}

/** The metadata as it is now, or undefined when the object is gone. */
async function readAgain({ context }: Collector, object: OwnedObject): Promise<KubeObject | undefined> {
  const latest = await context.api.get(object.resource, object, "metadata");
  return latest?.metadata.uid === object.uid ? latest : undefined;
}

/** Replaces lists of the metadata; refused as a conflict when the object has changed since it was read. */
async function patchMetadata(
  { context }: Collector,
  { metadata }: KubeObject,
  object: OwnedObject,
  lists: Readonly<Record<string, readonly unknown[]>>,
): Promise<KubeObject | undefined> {
  const { uid, resourceVersion } = metadata;
  const patch = Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, list.length === 0 ? null : list]),
  );
  return ignoringMissing(context.api.patch(object.resource, object, { metadata: { uid, resourceVersion, ...patch } }));
}

async function ignoringMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AppError && error.class === "missing") return undefined;
    throw error;
  }
}
