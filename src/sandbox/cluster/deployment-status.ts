import { numberAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { rolloutLimits } from "./deployment-plan.ts";
import { type Condition, conditionsOf, withCondition } from "./pod-state.ts";

export interface DeploymentCounts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
}

export function deploymentCounts(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  current: KubeObject | undefined,
): DeploymentCounts {
  const sum = (field: string): number => sets.reduce((total, set) => total + (numberAt(set, "status", field) ?? 0), 0);
  const replicas = sum("replicas");
  const available = sum("availableReplicas");
  return {
    replicas,
    updatedReplicas: numberAt(current, "status", "replicas") ?? 0,
    readyReplicas: sum("readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, (numberAt(deployment, "spec", "replicas") ?? 1) - available, replicas - available),
  };
}

/** `Available` and `Progressing` with the deployment controller's reasons and messages, which `kubectl rollout status` reads. */
export function deploymentConditions(
  deployment: KubeObject,
  counts: DeploymentCounts,
  current: KubeObject | undefined,
  now: string,
): readonly Condition[] {
  const { replicas, maxUnavailable } = rolloutLimits(deployment);
  const available = counts.availableReplicas >= replicas - maxUnavailable;
  const before = conditionsOf(deployment);
  const availability: Condition = available
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
  return [availability, progressing(counts, replicas, current)].reduce(
    (conditions, next) => update(conditions, next, now),
    before,
  );
}

function progressing(counts: DeploymentCounts, replicas: number, current: KubeObject | undefined): Condition {
  const name = JSON.stringify(current?.metadata.name ?? "");
  const base = { type: "Progressing", status: "True" };
  const complete =
    counts.updatedReplicas === replicas && counts.replicas === replicas && counts.availableReplicas === replicas;
  if (complete && current !== undefined) {
    return { ...base, reason: "NewReplicaSetAvailable", message: `ReplicaSet ${name} has successfully progressed.` };
  }
  if (counts.updatedReplicas === 0) {
    return { ...base, reason: "NewReplicaSetCreated", message: `Created new replica set ${name}` };
  }
  return { ...base, reason: "ReplicaSetUpdated", message: `ReplicaSet ${name} is progressing.` };
}

function update(conditions: readonly Condition[], next: Condition, now: string): readonly Condition[] {
  const known = conditions.find((condition) => condition.type === next.type);
  const same = known?.status === next.status && known.reason === next.reason && known.message === next.message;
  return same ? conditions : withCondition(conditions, { ...next, lastUpdateTime: now }, now);
}
