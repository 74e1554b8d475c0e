import type { Clock } from "../../clock.ts";

interface Slot<Value> {
  readonly value: Promise<Value>;
  settledAt: number | undefined;
}

/** Answers by key, each kept for `ttlMs`; callers at the same time share one question. A failure is not kept. */
export class Cached<Value> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #slots = new Map<string, Slot<Value>>();

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  get(key: string, load: () => Promise<Value>): Promise<Value> {
    const known = this.#slots.get(key);
    if (known !== undefined) {
      if (known.settledAt === undefined || this.#clock.monotonic() - known.settledAt < this.#ttlMs) return known.value;
    }
    const slot: Slot<Value> = { value: load(), settledAt: undefined };
    this.#slots.set(key, slot);
    slot.value.then(
      () => {
        slot.settledAt = this.#clock.monotonic();
      },
      () => {
        if (this.#slots.get(key) === slot) this.#slots.delete(key);
      },
    );
    return slot.value;
  }

  /** The value if it is at hand and fresh. */
  async peek(key: string): Promise<Value | undefined> {
    const known = this.#slots.get(key);
    if (known?.settledAt === undefined || this.#clock.monotonic() - known.settledAt >= this.#ttlMs) return undefined;
    return known.value;
  }

  put(key: string, value: Value): void {
    this.#slots.set(key, { value: Promise.resolve(value), settledAt: this.#clock.monotonic() });
  }

  forget(key?: string): void {
    if (key === undefined) this.#slots.clear();
    else this.#slots.delete(key);
  }
}
