import type { Clock, Timer } from "../../src/clock.ts";

/** The clock of one simulated process: when the process dies, none of its timers fires any more. */
export class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #pending = new Set<Timer>();
  #dead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (this.#dead) return { cancel: () => undefined };
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#pending.delete(timer);
      callback();
    });
    this.#pending.add(timer);
    return {
      cancel: () => {
        this.#pending.delete(timer);
        timer.cancel();
      },
    };
  }

  die(): void {
    this.#dead = true;
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }
}
