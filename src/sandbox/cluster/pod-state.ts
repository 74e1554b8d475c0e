import { listAt, stringAt, valueAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
  readonly lastUpdateTime?: string | undefined;
}

export function conditionsOf(object: KubeObject | undefined): readonly Condition[] {
  return listAt(object, "status", "conditions") as readonly Condition[];
}

export function conditionHolds(object: KubeObject | undefined, type: string): boolean {
  return conditionsOf(object).some((condition) => condition.type === type && condition.status === "True");
}

export function isPodReady(pod: KubeObject): boolean {
  return conditionHolds(pod, "Ready");
}

export function isPodFinished(pod: KubeObject): boolean {
  const phase = stringAt(pod, "status", "phase");
  return phase === "Succeeded" || phase === "Failed";
}

/** Neither finished nor being deleted: counts as a replica. */
export function isPodActive(pod: KubeObject): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** The conditions with this one set; its transition time changes with its status only. */
export function withCondition(conditions: readonly Condition[], next: Condition, now: string): readonly Condition[] {
  const known = conditions.find((condition) => condition.type === next.type);
  const lastTransitionTime = known?.status === next.status ? (known.lastTransitionTime ?? now) : now;
  const merged = { ...next, lastTransitionTime };
  return known === undefined
    ? [...conditions, merged]
    : conditions.map((condition) => (condition.type === next.type ? merged : condition));
}

/** Ready for at least `spec.minReadySeconds` of its controller. */
export function isPodAvailable(pod: KubeObject, minReadySeconds: number, now: number): boolean {
  const ready = conditionsOf(pod).find((condition) => condition.type === "Ready" && condition.status === "True");
  if (ready === undefined) return false;
  if (minReadySeconds === 0) return true;
  return Date.parse(ready.lastTransitionTime ?? "") + minReadySeconds * 1000 <= now;
}

export function nodeNameOf(pod: KubeObject): string | undefined {
  const name = stringAt(pod, "spec", "nodeName");
  return name === "" ? undefined : name;
}

export function onHostNetwork(pod: KubeObject): boolean {
  return valueAt(pod, "spec", "hostNetwork") === true;
}
