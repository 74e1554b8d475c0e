import type { Clock, Timer } from "../../src/clock.ts";

interface Pending {
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * Simulated time. Timers fire in order of their time, never by themselves: `advance` moves the clock and lets all
 * promise and immediate work settle after each timer, so that code without sockets runs to the end of what it can do.
 */
export class SimClock implements Clock {
  #now: number;
  readonly #start: number;
  #sequence = 0;
  readonly #pending = new Set<Pending>();

  constructor(start = Date.parse("2026-01-01T00:00:00Z")) {
    this.#now = start;
    this.#start = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Moves time forward by `ms`, firing what falls due. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await this.settle();
    }
    this.#now = end;
  }

  /** Advances from timer to timer until `done` holds; fails once `limitMs` of simulated time have gone by. */
  async until(done: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
    const end = this.#now + limitMs;
    await this.settle();
    while (!(await done())) {
      const next = this.#next();
      if (next === undefined || next.at > end) throw new Error(`not reached within ${limitMs} ms of simulated time`);
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await this.settle();
    }
  }

  /** Lets promise and immediate work finish, without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (
        first === undefined ||
        pending.at < first.at ||
        (pending.at === first.at && pending.sequence < first.sequence)
      )
        first = pending;
    }
    return first;
  }
}
