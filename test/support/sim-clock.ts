import type { Clock, Timer } from "../../src/clock.ts";

interface Pending {
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** What is outside this process and answers in real time; simulated time waits for it. */
export interface Network {
  /** Nothing is under way: nothing will come that has not been asked for. */
  readonly atRest: boolean;
  /** Counts up whenever something has happened. */
  readonly activity: number;
  /** Rejects when something that is under way does not come. */
  whenAtRest(): Promise<void>;
}

/**
 * Simulated time. Timers fire in order of their time, never by themselves: `advance` moves the clock and lets all
 * promise and immediate work settle after each timer, so that code without sockets runs to the end of what it can do.
 */
export class SimClock implements Clock {
  #now: number;
  readonly #start: number;
  #sequence = 0;
  /** A binary heap, the earliest first; cancelled timers stay until they come up. */
  readonly #heap: Pending[] = [];
  /** Absent when all happens in this process. */
  network: Network | undefined;

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
    const at = this.#now + Math.max(0, delayMs);
    const pending: Pending = { at, sequence: this.#sequence++, callback, cancelled: false };
    this.#push(pending);
    return { cancel: () => void (pending.cancelled = true) };
  }

  /** Moves time forward by `ms`, firing what falls due. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#pop();
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
      this.#pop();
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await this.settle();
    }
  }

  /** Lets promise and immediate work finish, and the network come to rest, without moving time. */
  async settle(): Promise<void> {
    for (;;) {
      const before = this.network?.activity;
      for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
      const { network } = this;
      if (network === undefined || (network.atRest && network.activity === before)) return;
      await network.whenAtRest();
    }
  }

  #next(): Pending | undefined {
    while (this.#heap[0]?.cancelled === true) this.#pop();
    return this.#heap[0];
  }

  #push(pending: Pending): void {
    const heap = this.#heap;
    let index = heap.push(pending) - 1;
    for (let parent = (index - 1) >> 1; index > 0; parent = (index - 1) >> 1) {
      const above = heap[parent];
      if (above === undefined || !isBefore(pending, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = pending;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
  }
}

function isBefore(a: Pending, b: Pending): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
