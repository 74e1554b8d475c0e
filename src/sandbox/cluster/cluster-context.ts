import type { Clock, Random } from "../../clock.ts";
import { errorClass } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { KubeObject, OwnerReference } from "../kube/resource-definition.ts";
import type { ClusterApi, resources } from "./cluster-api.ts";
import type { ObjectCache } from "./object-cache.ts";
import { WorkQueue } from "./work-queue.ts";

export type CacheName = Exclude<keyof typeof resources, "claims">;

/** What every part of the cluster's behaviour works with. */
export interface ClusterContext {
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly caches: Readonly<Record<CacheName, ObjectCache>>;
}

const concurrency = 16;

/** A queue for one part, whose `work` gets a key and reads the caches. */
export function startQueue(context: ClusterContext, name: string, work: (key: string) => Promise<void>): WorkQueue {
  const { clock, random, log } = context;
  return new WorkQueue({ clock, random, log: log.child({ part: name }), concurrency, work });
}

export async function createObject(context: ClusterContext, cache: ObjectCache, object: KubeObject): Promise<void> {
  cache.observe(await context.api.create(cache.resource, object));
}

/** Merges into the status subresource. */
export async function patchStatus(
  context: ClusterContext,
  cache: ObjectCache,
  object: KubeObject,
  status: Readonly<Record<string, unknown>>,
): Promise<void> {
  await patchObject(context, cache, object, { status }, "status");
}

export async function patchObject(
  context: ClusterContext,
  cache: ObjectCache,
  object: KubeObject,
  patch: Readonly<Record<string, unknown>>,
  subresource?: string,
): Promise<void> {
  // The uid makes sure that a namesake created meanwhile is left alone.
  const guarded = { ...patch, metadata: { ...(patch["metadata"] as object | undefined), uid: object.metadata.uid } };
  cache.observe(await context.api.patch(cache.resource, object.metadata, guarded, subresource));
}

/** Deletes; an object that is gone already is fine. */
export async function deleteObject(
  context: ClusterContext,
  cache: ObjectCache,
  object: KubeObject,
  gracePeriodSeconds?: number,
): Promise<void> {
  const options = {
    uid: object.metadata.uid,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
  };
  try {
    const left = await context.api.delete(cache.resource, object.metadata, options);
    if (left === undefined) cache.forget(object);
    else cache.observe(left);
  } catch (error) {
    if (errorClass(error) !== "missing") throw error;
    cache.forget(object);
  }
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** The owner reference that a controller puts on what it creates. */
export function ownedBy(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function kubeTime(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
}
