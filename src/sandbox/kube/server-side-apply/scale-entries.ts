import { difference, hasMember, isEmptySet, setOf } from "./field-set.ts";
import { identity, type Manager } from "./manager-entries.ts";
import type { PathElement } from "./path-element.ts";

type Path = readonly PathElement[];

/** Where each version of a kind keeps its number of replicas; undefined for a version without a `scale`. */
export type ReplicaPaths = Readonly<Record<string, Path | undefined>>;

export const SCALE_VERSION = "autoscaling/v1";
const REPLICAS: Path = ["f:spec", "f:replicas"];

/** Who owns the number of replicas, as the managed fields of the object's `scale`. */
export function scaleManagers(parent: readonly Manager[], paths: ReplicaPaths): Manager[] {
  return parent.flatMap((manager) => {
    const path = paths[manager.apiVersion];
    if (path === undefined || !hasMember(manager.fields, path)) return [];
    return [{ ...manager, apiVersion: SCALE_VERSION, fields: setOf(REPLICAS) }];
  });
}

/** The managed fields of the object after its `scale` was written with these. `apiVersion` is the object's. */
export function parentManagers(
  parent: readonly Manager[],
  scale: readonly Manager[],
  paths: ReplicaPaths,
  apiVersion: string,
): Manager[] {
  const left = new Map(scale.map((manager) => [identity(manager), manager]));
  const times = new Map(parent.map((manager) => [identity(manager), manager.time]));
  const result: Manager[] = [];
  for (const manager of parent) {
    if (!(manager.apiVersion in paths)) continue;
    const path = paths[manager.apiVersion];
    if (path === undefined || !hasMember(manager.fields, path)) result.push(manager);
    else if (left.delete(identity(manager))) result.push(manager);
    else {
      const fields = difference(manager.fields, setOf(path));
      if (!isEmptySet(fields)) result.push({ ...manager, fields });
    }
  }
  const own = paths[apiVersion];
  for (const [key, manager] of left) {
    if (own === undefined || !hasMember(manager.fields, REPLICAS)) continue;
    result.push({ ...manager, apiVersion, time: times.get(key), fields: setOf(own) });
  }
  return result;
}
