import type { Condition } from "../../api/object.ts";
import type { Reason } from "../../api/reasons.ts";

/** A condition before it is known since when it holds. */
export interface ConditionDraft {
  readonly type: string;
  readonly status: Condition["status"];
  readonly reason: Reason;
  readonly message: string;
}

/** A condition message that long is cut; the API server refuses more than 32 KiB. */
const longest = 8192;

/**
 * The conditions to store: `lastTransitionTime` moves only with `status`, types keep their order, and types that are not
 * drafted are dropped. Equal input gives equal output, so that a status that says the same is not written again.
 */
export function conditionsFrom(
  drafts: readonly ConditionDraft[],
  {
    previous,
    generation,
    now,
  }: { readonly previous: readonly Condition[]; readonly generation: number | undefined; readonly now: number },
): readonly Condition[] {
  return drafts.map((draft) => {
    const before = previous.find((condition) => condition.type === draft.type);
    const kept = before !== undefined && before.status === draft.status;
    return {
      type: draft.type,
      status: draft.status,
      reason: draft.reason,
      message: draft.message.length > longest ? `${draft.message.slice(0, longest)}...` : draft.message,
      lastTransitionTime: kept ? before.lastTransitionTime : timestamp(now),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
  });
}

/** Kubernetes' time format: seconds, in UTC. */
export function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
}
