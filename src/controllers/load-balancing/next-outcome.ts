import { errorClass } from "../../errors.ts";
import type { Outcome } from "../../kube/controller.ts";
import type { LoadBalancerOutcome } from "./conditions.ts";

/** How soon what cannot be built, or is refused, is looked at again without an event: it may be mended in AWS. */
export const heldRetryMs = 300_000;

/** What became of a reconcile, as the queue needs to know it. */
export function nextOutcome({ result, error }: Pick<LoadBalancerOutcome, "result" | "error">): Outcome {
  if (error !== undefined) return { kind: "retry", error };
  if (result === undefined) return { kind: "done" };
  const failures = result.failed.map((failure) => failure.error);
  const worst =
    failures.find((one) => errorClass(one) === "transient") ??
    failures.find((one) => errorClass(one) !== "waiting") ??
    failures[0];
  if (worst !== undefined) return { kind: "retry", error: worst };
  if (result.plan.blocked.length > 0 && result.againInMs === undefined)
    return { kind: "wait", afterMs: heldRetryMs, reason: result.plan.blocked[0]?.message ?? "a change is refused" };
  if (result.againInMs === undefined) return { kind: "done" };
  return { kind: "wait", afterMs: result.againInMs, reason: result.settled ? "next check" : "AWS" };
}
