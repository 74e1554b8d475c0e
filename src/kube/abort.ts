import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";

/** A controller that also aborts with `parent`, by one listener that `release` takes away again. */
export interface LinkedAbort {
  readonly controller: AbortController;
  readonly release: () => void;
}

/**
 * Signals of their own for each request, linked by hand: `AbortSignal.any` and forgotten listeners pile up on a
 * long-lived parent (nodejs/node#46525).
 */
export function linkedAbort(parent: AbortSignal | undefined): LinkedAbort {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) onAbort();
  else parent?.addEventListener("abort", onAbort, { once: true });
  return { controller, release: () => parent?.removeEventListener("abort", onAbort) };
}

/**
 * Rejects with the signal's reason as soon as it aborts, also when `promise` never settles. A value that comes too late
 * is given to `discard`.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, discard?: (late: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const onAbort = (): void => {
      settled = true;
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        if (settled) discard?.(value);
        else resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error as Error);
      },
    );
  });
}

/**
 * Runs `action` with a signal that aborts with `parent` or after `limitMs`; past the limit it rejects with a transient
 * AppError `Timeout`, whether or not `action` heeds the signal.
 */
export async function withDeadline<T>(
  options: {
    readonly clock: Clock;
    readonly limitMs: number;
    readonly what: string;
    readonly signal?: AbortSignal | undefined;
  },
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { controller, release } = linkedAbort(options.signal);
  const timer = options.clock.setTimer(options.limitMs, () => {
    controller.abort(
      new AppError(`${options.what} had no answer within ${options.limitMs / 1000} s`, {
        class: "transient",
        code: "Timeout",
      }),
    );
  });
  try {
    return await untilAborted(action(controller.signal), controller.signal);
  } finally {
    timer.cancel();
    release();
  }
}
