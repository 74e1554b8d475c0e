import { canonicalJson, sha256Hex } from "../../json.ts";
import { numberAt, stringAt, valueAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";

export const hashLabel = "pod-template-hash";

/** What a ReplicaSet has and how many Pods of it are there. */
export interface SetCounts {
  readonly key: string;
  readonly replicas: number;
  readonly pods: number;
  readonly available: number;
}

export interface RolloutLimits {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Ten characters that tell pod templates apart, of those that Kubernetes uses in generated names. */
export function templateHash(template: unknown): string {
  const alphabet = "bcdfghjklmnpqrstvwxz2456789";
  const digest = sha256Hex([canonicalJson(template)], 20);
  let text = "";
  for (let index = 0; index < 20; index += 2) {
    text += alphabet[Number.parseInt(digest.slice(index, index + 2), 16) % alphabet.length] ?? "";
  }
  return text;
}

/** The limits of a rolling update in Pods: percentages of surge round up, of unavailability down; never are both zero. */
export function rolloutLimits(deployment: KubeObject): RolloutLimits {
  const replicas = numberAt(deployment, "spec", "replicas") ?? 1;
  if (stringAt(deployment, "spec", "strategy", "type") === "Recreate") {
    return { replicas, maxSurge: 0, maxUnavailable: replicas };
  }
  const rolling = valueAt(deployment, "spec", "strategy", "rollingUpdate");
  const maxSurge = resolve(valueAt(rolling, "maxSurge"), replicas, Math.ceil);
  const maxUnavailable = resolve(valueAt(rolling, "maxUnavailable"), replicas, Math.floor);
  return {
    replicas,
    maxSurge,
    maxUnavailable: Math.min(replicas, maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable),
  };
}

/**
 * The next sizes of a Deployment's ReplicaSets in a rolling update, by key: only those that change. The new set grows as far as the
 * surge allows; old sets shrink as far as enough Pods stay available, unavailable Pods first.
 */
export function planRollingUpdate(
  limits: RolloutLimits,
  current: SetCounts,
  old: readonly SetCounts[],
): ReadonlyMap<string, number> {
  const changes = new Map<string, number>();
  const { replicas, maxSurge, maxUnavailable } = limits;
  const oldTotal = old.reduce((sum, set) => sum + set.replicas, 0);
  let next = current.replicas;
  if (next > replicas) next = replicas;
  else if (next < replicas) next = Math.min(replicas, Math.max(next, replicas + maxSurge - oldTotal));
  if (next !== current.replicas) changes.set(current.key, next);
  if (oldTotal === 0) return changes;
  const currentUnavailable = Math.max(0, current.replicas - current.available);
  const minAvailable = replicas - maxUnavailable;
  let removable = oldTotal + current.replicas - minAvailable - currentUnavailable;
  const sizes = new Map(old.map((set) => [set.key, set.replicas]));
  const shrink = (set: SetCounts, most: number): void => {
    const size = sizes.get(set.key) ?? 0;
    const by = Math.max(0, Math.min(size, most));
    if (by === 0) return;
    sizes.set(set.key, size - by);
    changes.set(set.key, size - by);
    removable -= by;
  };
  for (const set of old) shrink(set, Math.min(removable, set.replicas - set.available));
  const available = current.available + old.reduce((sum, set) => sum + set.available, 0);
  let spare = Math.min(removable, available - minAvailable);
  for (const set of old) {
    const before = removable;
    shrink(set, spare);
    spare -= before - removable;
  }
  return changes;
}

function resolve(value: unknown, replicas: number, round: (count: number) => number): number {
  if (typeof value === "number") return value;
  const percent = typeof value === "string" ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? 0 : round((Number(percent) / 100) * replicas);
}
