import type { LoadBalancerMember, LoadBalancerStatus } from "../../api/load-balancer.ts";
import type { Condition } from "../../api/object.ts";
import { errorMessage } from "../../errors.ts";
import type { LoadBalancerOutcome } from "./conditions.ts";

/** What changed for a member since the last report, as events: reason and text as LBC's users know them. */
export function memberEvents(
  now: LoadBalancerMember,
  before: LoadBalancerMember | undefined,
  changed: boolean,
): readonly { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string }[] {
  if (!now.accepted) {
    if (before?.accepted === false && before.message === now.message) return [];
    return [
      {
        type: "Warning",
        reason: "FailedBuildModel",
        message: `Failed build model due to ${now.message ?? now.reason ?? "an error"}`,
      },
    ];
  }
  const warnings = now.message !== undefined && now.message !== before?.message;
  return [
    ...(warnings
      ? [{ type: "Warning" as const, reason: now.reason ?? "InvalidAnnotation", message: now.message ?? "" }]
      : []),
    ...(changed || before?.accepted !== true
      ? [{ type: "Normal" as const, reason: "SuccessfullyReconciled", message: "Successfully reconciled" }]
      : []),
  ];
}

/** What went wrong in AWS, if the report did not say so before. */
export function newFailure(
  { before, after }: { readonly before: LoadBalancerStatus | undefined; readonly after: LoadBalancerStatus },
  { error, result, held }: LoadBalancerOutcome,
): string | undefined {
  const failed = error ?? result?.failed[0]?.error;
  const text = failed === undefined ? (result?.plan.blocked[0]?.message ?? held) : errorMessage(failed);
  if (text === undefined || readyCondition(before)?.message === readyCondition(after)?.message) return undefined;
  return text;
}

export function readyCondition(
  status: LoadBalancerStatus | undefined,
): Pick<Condition, "status" | "message"> | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready");
}
