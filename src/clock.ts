/** A timer that has been set and not yet fired; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * Where time comes from. Nothing in `src` reads the global clock or sets a global timer, except `systemClock`,
 * so that a whole operator can be run in simulated time.
 */
export interface Clock {
  /** Wall time, in milliseconds since the Unix epoch. */
  now(): number;
  /** Time that never goes back, in milliseconds from an arbitrary start. */
  monotonic(): number;
  /** Calls `callback` once, after `delayMs` milliseconds. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    function onAbort(): void {
      timer.cancel();
      reject(signal?.reason as Error);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Source of randomness: a number in [0, 1). */
export type Random = () => number;
