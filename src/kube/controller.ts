import type { Clock } from "../clock.ts";
import { AppError, errorClass, errorMessage, isAppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Priority, QueueAction, WorkContext, WorkQueue } from "./work-queue.ts";

/** How a reconcile ended. */
export type Outcome =
  | { readonly kind: "done" }
  /** Something is in progress elsewhere; look again in `afterMs`. Not a failure. */
  | { readonly kind: "wait"; readonly afterMs: number; readonly reason: string }
  /** Same as throwing `error`, for reconciles that finished the rest of their work first. */
  | { readonly kind: "retry"; readonly error: unknown };

export interface ReconcileContext {
  readonly signal: AbortSignal;
  readonly priority: Priority;
  /** Failures in a row before this attempt. */
  readonly failures: number;
}

export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  /** Brings one key up to date. Everything it throws is handled here. */
  readonly reconcile: (key: string, context: ReconcileContext) => Promise<Outcome>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics?: Metrics;
}

/** How soon a refusal for lack of permission is tried again: only a person can mend it, and each try costs a call. */
export const deniedRetryMs = 300_000;
/** How soon a conflict is looked at again; the other owner may have gone. */
export const conflictRetryMs = 60_000;

/**
 * Starts reconciling what is in the queue. One log line and one count a reconcile. Stop it by stopping the queue.
 *
 * - `invalid`: no retry; the next change of an object queues the key again.
 * - `waiting`: again after `retryAfterMs` (default 5 s), neither failure nor error.
 * - `transient`, `bug`: back-off, not before `retryAfterMs`.
 * - `missing`: back-off; what is missing may yet appear.
 * - `denied`: again after five minutes; with back-off when the Kubernetes API refuses (code `Forbidden`).
 * - `conflict`: after one minute, or at once when the Kubernetes API says that the object changed meanwhile (code `Conflict`).
 */
export function runController(options: ControllerOptions): void {
  const { name, queue, reconcile, clock, metrics } = options;
  const log = options.log.child({ controller: name });
  let active = 0;
  queue.start(async (key, context: WorkContext): Promise<QueueAction> => {
    const started = clock.monotonic();
    metrics?.set("controller_runtime_active_workers", { controller: name }, ++active);
    let outcome: Outcome;
    try {
      outcome = await reconcile(key, context);
    } catch (error) {
      outcome = { kind: "retry", error };
    } finally {
      metrics?.set("controller_runtime_active_workers", { controller: name }, --active);
    }
    const durationMs = Math.round(clock.monotonic() - started);
    metrics?.observe("controller_runtime_reconcile_time_seconds", { controller: name }, durationMs / 1000);
    if (context.signal.aborted) return { kind: "forget" };
    const verdict = judge(outcome);
    const fields = { key, priority: context.priority, durationMs, ...verdict.fields };
    if (verdict.failed) {
      metrics?.add("controller_runtime_reconcile_errors_total", { controller: name });
      metrics?.add("awslbc_controller_reconcile_errors_total", { controller: name, error_category: verdict.code });
    }
    metrics?.add("controller_runtime_reconcile_total", { controller: name, result: verdict.result });
    log[verdict.level](verdict.message, fields);
    return verdict.action;
  });
}

interface Verdict {
  readonly action: QueueAction;
  readonly failed: boolean;
  readonly code: string;
  readonly result: "success" | "error" | "requeue" | "requeue_after";
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Pure: what an outcome means for the queue, the metrics and the log. */
function judge(outcome: Outcome): Verdict {
  switch (outcome.kind) {
    case "done":
      return calm("success", { kind: "forget" }, "reconciled", {});
    case "wait":
      return calm("requeue_after", { kind: "after", afterMs: outcome.afterMs }, "waiting", {
        reason: outcome.reason,
        afterMs: outcome.afterMs,
      });
    case "retry":
      return judgeError(outcome.error);
    default:
      return outcome satisfies never;
  }
}

function judgeError(error: unknown): Verdict {
  const retryAfterMs = isAppError(error) ? error.retryAfterMs : undefined;
  const code = isAppError(error) ? error.code : "Internal";
  const details = isAppError(error) ? error.details : {};
  const fields = { ...details, code, error: errorMessage(error) };
  const failure = { failed: true, code, result: "error", fields } as const;
  const kind = errorClass(error);
  switch (kind) {
    case "invalid":
      return { ...failure, action: { kind: "forget" }, level: "warn", message: "the object is not valid" };
    case "waiting":
      return calm("requeue_after", { kind: "after", afterMs: retryAfterMs ?? 5_000 }, "waiting", {
        reason: errorMessage(error),
        code,
      });
    case "transient":
      return {
        ...failure,
        // Throttling and lost connections mend themselves; dashboards must not show them as errors of an object.
        failed: false,
        result: "requeue",
        action: { kind: "backoff", ...(retryAfterMs === undefined ? {} : { afterMs: retryAfterMs }) },
        level: "warn",
        message: "reconcile is tried again",
      };
    case "denied":
      return {
        ...failure,
        // An API server that has just started refuses what it allows a moment later: its rules are not read yet.
        action: code === "Forbidden" ? { kind: "backoff" } : { kind: "after", afterMs: deniedRetryMs },
        level: "error",
        message: "permission is missing",
      };
    case "conflict":
      if (error instanceof AppError && error.code === "Conflict")
        return {
          ...failure,
          failed: false,
          result: "requeue",
          action: { kind: "backoff" },
          level: "debug",
          message: "the object changed meanwhile",
        };
      return {
        ...failure,
        action: { kind: "after", afterMs: conflictRetryMs },
        level: "warn",
        message: "something that is not ours stands in the way",
      };
    case "missing":
    case "bug":
      return {
        ...failure,
        action: { kind: "backoff" },
        level: "error",
        message: "reconcile failed",
        fields: { ...fields, ...(kind === "bug" && error instanceof Error ? { stack: error.stack } : {}) },
      };
    default:
      return kind satisfies never;
  }
}

function calm(
  result: Verdict["result"],
  action: QueueAction,
  message: string,
  fields: Readonly<Record<string, unknown>>,
): Verdict {
  return { action, failed: false, code: "", result, level: "debug", message, fields };
}
