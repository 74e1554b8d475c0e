import type { Reconciled } from "../../engine/engine.ts";
import type { Outcome } from "../../kube/controller.ts";

/** What a pass means for the queue: a failure first, then what AWS still works on, then the next check. */
export function outcomeOf(reconciled: Reconciled): Outcome {
  const failure = reconciled.failed[0];
  if (failure !== undefined) return { kind: "retry", error: failure.error };
  if (reconciled.againInMs === undefined) return { kind: "done" };
  const waiting = reconciled.waiting[0];
  const reason = waiting === undefined ? "next check" : `${waiting.type} ${waiting.id}: ${waiting.reason}`;
  return { kind: "wait", afterMs: reconciled.againInMs, reason };
}
