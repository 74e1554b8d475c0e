import type { HttpResponse } from "../../http.ts";
import { type DeleteOptions, readDeleteOptions } from "./delete-options.ts";
import { checkPreconditions } from "./deletion.ts";
import { CREATED } from "./http-answer.ts";
import { type JsonObject, valueAt, withValueAt } from "./json-value.ts";
import { timestamp, type WriteTarget } from "./object-writer.ts";
import { partBody } from "./part-body.ts";
import { reviewedPart } from "./part-review.ts";
import type { KubeObject } from "./resource-definition.ts";
import { type EndpointDependencies, type ResourceCall, writeTarget } from "./resource-endpoint.ts";
import { objectSelector } from "./selectors.ts";
import { badRequest, methodNotAllowed, StatusError } from "./status-error.ts";

const KIND = { group: "policy", version: "v1", kind: "Eviction" } as const;
/** Pods that disturb nobody when they go, beside those that go already. */
const UNGUARDED = new Set<unknown>(["Succeeded", "Failed", "Pending"]);

/** Answers an `Eviction`: deletes a pod, unless a PodDisruptionBudget that selects it allows no disruption. */
export async function evictionAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  if (call.info.verb !== "create") throw methodNotAllowed(call.resource);
  const target: WriteTarget = { ...writeTarget(call), subresource: "" };
  const { body: sent, metadata } = partBody(call, KIND);
  if (metadata["name"] !== target.name) throw badRequest("name in URL does not match name in Eviction object");
  const body = await reviewedPart(deps, call, KIND, { body: sent, name: target.name });
  const options = readDeleteOptions(body["deleteOptions"] ?? {}, call.info.query);
  const dryRun = options.dryRun === true || call.context.dryRun;
  const pod = deps.writer.get(target);
  if (!UNGUARDED.has(valueAt(pod, ".status.phase")) && pod.metadata.deletionTimestamp === undefined) {
    useBudget(deps, pod, dryRun);
  }
  const conditioned = dryRun ? undefined : markDisrupted(deps, target, options.preconditions);
  const { uid, resourceVersion } = options.preconditions ?? {};
  // The condition has moved the version on that the client has seen.
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion: conditioned ?? resourceVersion }),
  };
  await deps.deleter.delete(target, { ...options, preconditions, dryRun }, call.context, "unreviewed");
  return CREATED;
}

/** Takes a disruption from the budget of the pod, or refuses. */
function useBudget({ storage, clock }: EndpointDependencies, pod: KubeObject, dryRun: boolean): void {
  const collection = storage.collection("policy/poddisruptionbudgets");
  const budgets = collection
    .list(pod.metadata.namespace)
    .filter((candidate) => objectSelector(valueAt(candidate, ".spec.selector"))(pod.metadata.labels ?? {}));
  const [budget] = budgets;
  if (budget === undefined) return;
  if (budgets.length > 1) {
    const why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new StatusError(500, "", why);
  }
  const [current, desired] = [statusNumber(budget, "currentHealthy"), statusNumber(budget, "desiredHealthy")];
  if (!isReady(pod)) {
    if (valueAt(budget, ".spec.unhealthyPodEvictionPolicy") === "AlwaysAllow") return;
    if (current >= desired && desired > 0) return;
  }
  const { name, generation = 0 } = budget.metadata;
  if (statusNumber(budget, "observedGeneration") < generation) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = statusNumber(budget, "disruptionsAllowed");
  if (allowed <= 0) {
    const why =
      current <= desired
        ? `needs ${desired} healthy pods and has ${current} currently`
        : "does not allow evicting pods currently";
    throw tooMany(`The disruption budget ${name} ${why}`);
  }
  if (dryRun) return;
  const status = budget["status"] as JsonObject;
  storage.put(collection, {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: allowed - 1,
      disruptedPods: { ...(status["disruptedPods"] as JsonObject | undefined), [pod.metadata.name]: timestamp(clock) },
    },
  });
}

function tooMany(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    details: {
      causes: [{ reason: "DisruptionBudget", message }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  });
}

function statusNumber(budget: KubeObject, name: string): number {
  const value = valueAt(budget, `.status.${name}`);
  return typeof value === "number" ? value : 0;
}

function conditionsOf(pod: KubeObject): readonly JsonObject[] {
  return (valueAt(pod, ".status.conditions") as JsonObject[] | undefined) ?? [];
}

function isReady(pod: KubeObject): boolean {
  return conditionsOf(pod).some(({ type, status }) => type === "Ready" && status === "True");
}

/** Tells in the pod why it goes, and gives the version that it has then; nobody is noted for the change. */
function markDisrupted(
  { storage, clock }: EndpointDependencies,
  target: WriteTarget,
  preconditions: DeleteOptions["preconditions"],
): string | undefined {
  const pods = storage.collection("/pods");
  const pod = pods.get(target.namespace ?? "", target.name);
  if (pod === undefined) return undefined;
  checkPreconditions(target, pod, preconditions);
  const others = conditionsOf(pod).filter(({ type }) => type !== "DisruptionTarget");
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: timestamp(clock),
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  const marked = withValueAt(pod, ".status.conditions", [...others, condition]) as KubeObject;
  return storage.put(pods, marked).metadata.resourceVersion;
}
