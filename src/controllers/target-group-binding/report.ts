import type { Pod } from "../../api/builtin.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import type { Reconciled } from "../../engine/engine.ts";
import type { Problem } from "../../engine/stack.ts";

export interface BindingOutcome {
  readonly problems: readonly Problem[];
  readonly result?: Reconciled;
  readonly error?: unknown;
}

/** Writes what became of a binding to the objects concerned. */
export interface BindingReporter {
  /** Events on change; conditions where they differ. A managed binding that is well and always was gets no write. */
  report(binding: TargetGroupBinding, outcome: BindingOutcome, signal: AbortSignal): Promise<void>;
  cleanupFailed(binding: TargetGroupBinding, message: string, signal: AbortSignal): Promise<void>;
  /** A pod that is gone is no error. */
  patchPodStatus(pod: Pod, patch: object, signal: AbortSignal): Promise<void>;
  addFinalizer(binding: TargetGroupBinding, finalizer: string, signal: AbortSignal): Promise<void>;
  removeFinalizer(binding: TargetGroupBinding, finalizer: string, signal: AbortSignal): Promise<void>;
}
