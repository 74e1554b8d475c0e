import type { Reason } from "../../api/reasons.ts";
import { errorMessage, isAppError } from "../../errors.ts";
import type { ConditionDraft } from "./conditions.ts";
import { type PassResult, summaryConditions } from "./summary.ts";

/** The condition of one part of an object: of its resources of one type. */
export function partCondition(
  type: string,
  { resourceType, ready, pass }: { readonly resourceType: string; readonly ready: string; readonly pass: PassResult },
): ConditionDraft {
  const { reconciled } = pass;
  const failure = reconciled?.failed.find(({ change }) => change.type === resourceType);
  if (failure !== undefined) {
    const single = summaryConditions({ mode: "apply", problems: [], error: failure.error })[0];
    const fallback: Reason =
      isAppError(failure.error) && failure.error.class === "denied" ? "AccessDenied" : "AWSError";
    return { type, status: "False", reason: single?.reason ?? fallback, message: errorMessage(failure.error) };
  }
  const blocked = reconciled?.plan.blocked.find(({ change }) => change.type === resourceType);
  if (blocked !== undefined) return { type, status: "False", reason: "ReplacementBlocked", message: blocked.message };
  const waiting = reconciled?.waiting.find((one) => one.type === resourceType);
  if (waiting !== undefined) return { type, status: "False", reason: "Waiting", message: waiting.reason };
  const open = reconciled?.outcome === "planned" || reconciled?.outcome === "drifted";
  const pending = open && reconciled.plan.changes.some((change) => change.type === resourceType);
  if (pending) return { type, status: "False", reason: "PlanOnly", message: "changes are pending" };
  return { type, status: "True", reason: "Synced", message: ready };
}
