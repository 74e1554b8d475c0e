import type { Clock } from "../../clock.ts";

/** One of AWS's token buckets. */
export interface BucketSpec {
  readonly capacity: number;
  readonly refillPerSecond: number;
  /** EC2: each operation has a bucket of this size for itself. Otherwise the operations of the bucket share it. */
  readonly perOperation?: boolean;
}

interface Level {
  tokens: number;
  at: number;
}

/** Token buckets on a clock, made on first use, full. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #levels = new Map<string, Level>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one token from every bucket, or none at all: false when one of them is empty. */
  take(buckets: readonly { readonly key: string; readonly spec: BucketSpec }[]): boolean {
    const levels = buckets.map(({ key, spec }) => this.#level(key, spec));
    if (levels.some((level) => level.tokens < 1)) return false;
    for (const level of levels) level.tokens -= 1;
    return true;
  }

  #level(key: string, spec: BucketSpec): Level {
    const now = this.#clock.monotonic();
    const level = this.#levels.get(key);
    if (level === undefined) {
      const full = { tokens: spec.capacity, at: now };
      this.#levels.set(key, full);
      return full;
    }
    level.tokens = Math.min(spec.capacity, level.tokens + ((now - level.at) / 1000) * spec.refillPerSecond);
    level.at = now;
    return level;
  }
}
