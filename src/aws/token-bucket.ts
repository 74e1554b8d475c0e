import type { Rate } from "./rates.ts";

const leastFactor = 1 / 16;
/** How fast a halved rate comes back: a tenth of the full rate each 10 s without a throttle. */
const recoveryPerMs = 0.1 / 10_000;

/** One token bucket. Its rate halves when AWS throttles and recovers slowly. Times are monotonic milliseconds. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #factor = 1;
  #updatedAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.capacity;
    this.#updatedAt = now;
  }

  has(now: number): boolean {
    this.#refill(now);
    // The sum of many refills may fall short of a whole token by a rounding error.
    return this.#tokens >= 1 - 1e-9;
  }

  take(now: number): void {
    this.#refill(now);
    this.#tokens -= 1;
  }

  throttled(now: number): void {
    this.#refill(now);
    this.#tokens = Math.min(0, this.#tokens);
    this.#factor = Math.max(leastFactor, this.#factor / 2);
  }

  /** Milliseconds until `count` tokens can have been taken, at the present rate. */
  waitMs(count: number, now: number): number {
    this.#refill(now);
    const missing = count - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil((missing / (this.#rate.refillPerSecond * this.#factor)) * 1000);
  }

  #refill(now: number): void {
    const elapsed = now - this.#updatedAt;
    if (elapsed <= 0) return;
    this.#updatedAt = now;
    this.#tokens = Math.min(
      this.#rate.capacity,
      this.#tokens + (elapsed / 1000) * this.#rate.refillPerSecond * this.#factor,
    );
    this.#factor = Math.min(1, this.#factor + elapsed * recoveryPerMs);
  }
}
