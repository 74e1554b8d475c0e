import { isReason, type Reason } from "../../api/reasons.ts";
import type { Reconciled } from "../../engine/engine.ts";
import type { Problem } from "../../engine/stack.ts";
import { errorClass, errorMessage, isAppError } from "../../errors.ts";
import type { ConditionDraft } from "./conditions.ts";
import { waitingText } from "./waiting-text.ts";

/** How one pass over an object went, whatever its kind. */
export interface PassResult {
  readonly mode: "apply" | "plan" | "pause";
  readonly problems: readonly Problem[];
  /** Absent when the pass ended before AWS was looked at. */
  readonly reconciled?: Reconciled;
  /** What ended the pass, when something did. */
  readonly error?: unknown;
}

/**
 * `Ready`, and `Reconciling`, `Stalled` and `Drifted` where they hold, in the form of kstatus: never both Reconciling and
 * Stalled, and abnormal conditions are absent when they do not hold.
 */
export function summaryConditions(result: PassResult): readonly ConditionDraft[] {
  const verdict = judge(result);
  const drafts: ConditionDraft[] = [
    {
      type: "Ready",
      status: verdict.state === "ready" ? "True" : "False",
      reason: verdict.reason,
      message: verdict.message,
    },
  ];
  if (verdict.state === "reconciling")
    drafts.push({ type: "Reconciling", status: "True", reason: verdict.reason, message: verdict.message });
  if (verdict.state === "stalled")
    drafts.push({ type: "Stalled", status: "True", reason: verdict.reason, message: verdict.message });
  const { reconciled } = result;
  if (reconciled?.outcome === "drifted") {
    drafts.push({ type: "Drifted", status: "True", reason: "DriftDetected", message: driftMessage(reconciled) });
  }
  return drafts;
}

export interface Verdict {
  readonly state: "ready" | "reconciling" | "stalled" | "held";
  readonly reason: Reason;
  readonly message: string;
}

/** The first thing that keeps the object from being ready, in the order in which a person should look at them. */
export function judge({ mode, problems, reconciled, error }: PassResult): Verdict {
  if (mode === "pause")
    return { state: "held", reason: "Paused", message: "fairlead.io/mode is pause: nothing is read or written" };
  const fault = problems.find((problem) => problem.severity === "error");
  if (fault !== undefined)
    return { state: "stalled", reason: asReason(fault.reason, "InvalidSpec"), message: errorsText(problems) };
  if (error !== undefined) return judgeError(error);
  if (reconciled === undefined)
    return { state: "reconciling", reason: "Waiting", message: "AWS has not been looked at yet" };
  const failure = reconciled.failed[0];
  if (failure !== undefined) return judgeError(failure.error);
  const blocked = reconciled.plan.blocked[0];
  if (blocked !== undefined)
    return { state: "stalled", reason: asReason(blocked.reason, "ReplacementBlocked"), message: blocked.message };
  if (reconciled.outcome === "planned") {
    const count = reconciled.plan.changes.length;
    return {
      state: "held",
      reason: "PlanOnly",
      message: `fairlead.io/mode is plan: ${count} ${count === 1 ? "change is" : "changes are"} shown in status.plan and not made`,
    };
  }
  if (reconciled.outcome === "drifted")
    return { state: "stalled", reason: "DriftDetected", message: driftMessage(reconciled) };
  const waiting = reconciled.waiting[0];
  if (waiting !== undefined) {
    return {
      state: "reconciling",
      reason: reconciled.plan.changes.some((change) => change.action === "create") ? "Creating" : "Waiting",
      message: waitingText(waiting),
    };
  }
  const warnings = problems.filter((problem) => problem.severity === "warning").map((problem) => problem.message);
  return {
    state: "ready",
    reason: "Synced",
    message: warnings.length === 0 ? "AWS is as the object wants it" : warnings.join("; "),
  };
}

function judgeError(error: unknown): Verdict {
  const message = errorMessage(error);
  const code = isAppError(error) ? error.code : "InternalError";
  const kind = errorClass(error);
  switch (kind) {
    case "waiting":
      return { state: "reconciling", reason: asReason(code, "Waiting"), message };
    case "transient":
      return { state: "reconciling", reason: asReason(code, "AWSError"), message };
    case "denied":
      return { state: "stalled", reason: "AccessDenied", message };
    case "invalid":
      return { state: "stalled", reason: asReason(code, "AWSRejected"), message };
    case "conflict":
      return { state: "stalled", reason: asReason(code, quotaPattern.test(code) ? "QuotaExceeded" : "InUse"), message };
    case "missing":
      return { state: "stalled", reason: asReason(code, "ResourceNotFound"), message };
    case "bug":
      return { state: "stalled", reason: asReason(code, "InternalError"), message };
    default:
      return kind satisfies never;
  }
}

const quotaPattern = /^TooMany|LimitExceeded$/;

function asReason(code: string, fallback: Reason): Reason {
  return isReason(code) ? code : fallback;
}

function errorsText(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error").map((problem) => problem.message);
  return [...new Set(errors)].join("; ");
}

function driftMessage({ plan }: Reconciled): string {
  const places = plan.changes.map((change) => `${change.action} ${change.type} ${change.id}`).toSorted();
  return `AWS was changed by others, and fairlead.io/drift is report: ${places.join(", ")}`;
}
