import { deepEqual, omit } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";

/** The metadata that a client wants, with what only the server sets as it is. */
export function keptMetadata(current: KubeObject, wanted: KubeObject): KubeObject["metadata"] {
  const fixed = [
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "namespace",
    "generateName",
  ];
  const metadata: Record<string, unknown> = omit(wanted.metadata, [...fixed, "resourceVersion", "selfLink"]);
  for (const name of fixed) if (current.metadata[name] !== undefined) metadata[name] = current.metadata[name];
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
  if (deepEqual(counted(current), counted(next))) return next;
  return { ...next, metadata: { ...next.metadata, generation: (current.metadata.generation ?? 0) + 1 } };
}
