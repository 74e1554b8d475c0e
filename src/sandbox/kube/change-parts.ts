import { deepEqual, omit } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";

/** What an update cannot even try to change. */
const FIXED = ["creationTimestamp", "generation", "namespace"] as const;

/**
 * The metadata that a client wants, with what only the server sets as it is. What it may not change but has changed stays
 * in, to be told in the validation.
 */
export function keptMetadata(current: KubeObject, wanted: KubeObject): KubeObject["metadata"] {
  const metadata: Record<string, unknown> = omit(wanted.metadata, [...FIXED, "resourceVersion"]);
  const { uid, deletionTimestamp, deletionGracePeriodSeconds } = current.metadata;
  for (const name of FIXED) if (current.metadata[name] !== undefined) metadata[name] = current.metadata[name];
  if ((metadata["uid"] ?? "") === "" && uid !== undefined) metadata["uid"] = uid;
  if (deletionTimestamp !== undefined) metadata["deletionTimestamp"] = deletionTimestamp;
  if (deletionGracePeriodSeconds !== undefined) metadata["deletionGracePeriodSeconds"] ??= deletionGracePeriodSeconds;
  return { ...metadata, name: current.metadata.name };
}

/** A copy with the member set, or without it when there is no value. */
export function withMember(object: KubeObject, name: string, value: unknown): KubeObject {
  if (value !== undefined) return { ...object, [name]: value };
  return omit(object, [name]) as KubeObject;
}

/** One member of the metadata, if it is there. */
export function pick(object: KubeObject, name: string): Record<string, unknown> {
  return object.metadata[name] === undefined ? {} : { [name]: object.metadata[name] };
}

/** The managed fields, if there are any. */
export function pickManaged(object: KubeObject): { managedFields?: unknown[] } {
  return object.metadata.managedFields === undefined ? {} : { managedFields: object.metadata.managedFields };
}

/** Counts the generation up when more than metadata and status has changed. */
export function withGeneration(resource: ServedResource, current: KubeObject, next: KubeObject): KubeObject {
  const { definition } = resource;
  if (!definition.tracksGeneration) return next;
  const counted = (object: KubeObject): Record<string, unknown> =>
    omit(object, definition.hasStatus ? ["metadata", "status"] : ["metadata"]);
  // Deployments hand their annotations on to ReplicaSets, so a change of these counts as well.
  const annotated = resource.storageKey === "apps/deployments";
  const sameAnnotations = !annotated || deepEqual(current.metadata.annotations, next.metadata.annotations);
  // An EndpointSlice's labels tell what Service it is of.
  const labelled = resource.storageKey === "discovery.k8s.io/endpointslices";
  const sameLabels = !labelled || deepEqual(current.metadata.labels, next.metadata.labels);
  if (sameAnnotations && sameLabels && deepEqual(counted(current), counted(next))) return next;
  return { ...next, metadata: { ...next.metadata, generation: (current.metadata.generation ?? 0) + 1 } };
}
