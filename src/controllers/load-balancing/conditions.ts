import type { Condition } from "../../api/object.ts";
import type { Reason } from "../../api/reasons.ts";
import type { Reconciled } from "../../engine/engine.ts";
import type { Problem } from "../../engine/stack.ts";
import { errorClass, errorMessage, isAppError } from "../../errors.ts";
import { waitingText } from "../reporting/waiting-text.ts";

/** What became of one reconcile of a load balancer, as far as its report tells it. */
export interface LoadBalancerOutcome {
  readonly problems: readonly Problem[];
  /** Absent when AWS was not looked at. */
  readonly result?: Reconciled;
  /** Why AWS was left as it is, though a load balancer is wanted. */
  readonly held?: string;
  readonly paused?: boolean;
  /** What stopped the reconcile outside of single changes. */
  readonly error?: unknown;
  readonly deleting?: boolean;
}

interface Verdict {
  readonly ready: boolean;
  readonly reconciling: boolean;
  readonly stalled: boolean;
  readonly reason: Reason;
  readonly message: string;
}

/** The conditions of a report in the kstatus form; times change only where a status does. */
export function loadBalancerConditions(
  outcome: LoadBalancerOutcome,
  before: readonly Condition[],
  now: string,
): readonly Condition[] {
  const verdict = judge(outcome);
  const annotations = outcome.problems.filter(
    ({ reason }) => reason === "InvalidAnnotation" || reason === "UnknownAnnotation" || reason === "Unsupported",
  );
  const drifted = outcome.result?.outcome === "drifted";
  const repaired = outcome.result?.drift === true && outcome.result.applied.length > 0;
  const conditions: readonly Omit<Condition, "lastTransitionTime">[] = [
    { type: "Ready", status: flag(verdict.ready), reason: verdict.reason, message: verdict.message },
    {
      type: "Reconciling",
      status: flag(verdict.reconciling),
      reason: verdict.reason,
      message: verdict.reconciling ? verdict.message : "nothing is in progress",
    },
    {
      type: "Stalled",
      status: flag(verdict.stalled),
      reason: verdict.reason,
      message: verdict.stalled ? verdict.message : "nothing stands in the way",
    },
    {
      type: "AnnotationsValid",
      status: flag(annotations.length === 0),
      reason: annotations[0]?.reason ?? "AnnotationsValid",
      message: annotations.length === 0 ? "all annotations are understood" : attributed(annotations),
    },
    {
      type: "Drifted",
      status: flag(drifted),
      reason: drifted ? "DriftDetected" : repaired ? "DriftRepaired" : "NoDrift",
      message: drifted
        ? `others changed AWS, and fairlead.io/drift is report; to set it right: ${changesOf(outcome.result)}`
        : repaired
          ? "others had changed AWS; it was set right"
          : "nobody else changed AWS",
    },
  ];
  return conditions.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    return { ...condition, lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : now };
  });
}

function judge(outcome: LoadBalancerOutcome): Verdict {
  const { result } = outcome;
  const errors = outcome.problems.filter(({ severity }) => severity === "error");
  const progress = (reason: Reason, message: string): Verdict => ({
    ready: false,
    reconciling: true,
    stalled: false,
    reason,
    message,
  });
  const stuck = (reason: Reason, message: string): Verdict => ({
    ready: false,
    reconciling: false,
    stalled: true,
    reason,
    message,
  });
  if (outcome.paused === true)
    return {
      ready: false,
      reconciling: false,
      stalled: false,
      reason: "Paused",
      message: "fairlead.io/mode is pause: nothing is read or written",
    };
  const failure = outcome.error ?? firstFailure(result);
  if (failure !== undefined) {
    const lasting = ["invalid", "denied", "conflict"].includes(errorClass(failure));
    return (lasting ? stuck : progress)(reasonOf(failure), errorMessage(failure));
  }
  const blocked = result?.plan.blocked[0];
  if (blocked !== undefined)
    return stuck(blocked.reason === "DeletionBlocked" ? "DeletionBlocked" : "ReplacementBlocked", blocked.message);
  const first = errors[0];
  if (first !== undefined) return stuck(first.reason as Reason, attributed(errors));
  if (outcome.held !== undefined) return stuck("PartiallyApplied", outcome.held);
  if (result?.outcome === "planned")
    return {
      ...stuck("PlanOnly", `fairlead.io/mode is plan: status.plan shows what is not made: ${changesOf(result)}`),
      stalled: false,
    };
  if (result?.outcome === "drifted")
    return {
      ready: true,
      reconciling: false,
      stalled: false,
      reason: "DriftDetected",
      message: "others changed AWS, and fairlead.io/drift is report: see condition Drifted",
    };
  const waiting = result?.waiting[0];
  if (waiting !== undefined)
    return progress(outcome.deleting === true ? "Deleting" : "Provisioning", waitingText(waiting));
  if (result === undefined) return progress("Waiting", "AWS has not been looked at yet");
  return {
    ready: true,
    reconciling: false,
    stalled: false,
    reason: "Synced",
    message: "AWS is as the manifests want it",
  };
}

function firstFailure(result: Reconciled | undefined): unknown {
  return result?.failed.find(({ error }) => errorClass(error) !== "waiting")?.error;
}

/** The word of the closed list for anything that was thrown. */
export function reasonOf(error: unknown): Reason {
  const kind = errorClass(error);
  if (kind === "denied") return "AccessDenied";
  if (kind === "conflict") return "NameConflict";
  if (kind === "invalid")
    return isAppError(error) && /^TooMany|Limit/.test(error.code) ? "QuotaExceeded" : "AWSRejected";
  if (kind === "transient") return isAppError(error) && /Throttl/.test(error.code) ? "Throttled" : "AWSError";
  if (kind === "missing") return "ResourceNotFound";
  return kind === "waiting" ? "Waiting" : "InternalError";
}

/** Each message with the object that it is about: a report may speak of several. */
function attributed(problems: readonly Problem[]): string {
  return problems
    .map(
      ({ object, message }) =>
        `${object.kind} ${[object.namespace, object.name].filter(Boolean).join("/")}: ${message}`,
    )
    .join("; ")
    .slice(0, 4000);
}

export function texts(problems: readonly Problem[]): string {
  return problems
    .map(({ message }) => message)
    .join("; ")
    .slice(0, 4000);
}

function changesOf(result: Reconciled | undefined): string {
  const changes = result?.plan.changes ?? [];
  return (
    changes
      .slice(0, 5)
      .map(({ action, type, id }) => `${action} ${type} ${id}`)
      .join(", ") + (changes.length > 5 ? ` and ${changes.length - 5} more` : "")
  );
}

function flag(value: boolean): "True" | "False" {
  return value ? "True" : "False";
}
