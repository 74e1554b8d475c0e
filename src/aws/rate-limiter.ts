import type { Clock, Timer } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { Lane, ServiceName } from "./operation.ts";
import { lanes } from "./operation.ts";
import type { Rate, Rates } from "./rates.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface Admission {
  readonly service: ServiceName;
  readonly bucket: string;
  readonly lane: Lane;
  /** Named in the message when the wait would be too long. */
  readonly operation: string;
  readonly signal: AbortSignal;
}

/**
 * How long a call may stand in line. A caller that would wait longer is sent away with the time to come back, so that it
 * does not hold a worker; reads in the background have nobody waiting behind them.
 */
const longestWaitMs: Readonly<Record<Lane, number>> = {
  registration: 60_000,
  write: 15_000,
  health: 30_000,
  background: 120_000,
};

interface Waiter {
  readonly admission: Admission;
  readonly bucket: TokenBucket;
  readonly sequence: number;
  admit(): void;
}

interface ServiceState {
  readonly account: TokenBucket | undefined;
  readonly buckets: Map<string, TokenBucket>;
  readonly waiting: Set<Waiter>;
  timer: Timer | undefined;
}

/**
 * Holds calls back so that AWS need not: a call takes a token of its own bucket and one of its service's account bucket.
 * Of the calls that wait, the most urgent lane goes first, within a lane the oldest.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #rates: Rates;
  readonly #services = new Map<ServiceName, ServiceState>();
  #sequence = 0;

  constructor(clock: Clock, rates: Rates) {
    this.#clock = clock;
    this.#rates = rates;
  }

  /**
   * Resolves when the call may be made.
   *
   * @throws AppError `waiting` `RateLimited` with `retryAfterMs` when the line is longer than the lane allows.
   */
  async acquire(admission: Admission): Promise<void> {
    admission.signal.throwIfAborted();
    const state = this.#state(admission.service);
    const bucket = this.#bucket(state, admission);
    const now = this.#clock.monotonic();
    const ahead = [...state.waiting].filter((waiter) => rank(waiter.admission.lane) <= rank(admission.lane));
    const waitMs = Math.max(
      bucket.waitMs(1 + ahead.filter((waiter) => waiter.bucket === bucket).length, now),
      state.account?.waitMs(1 + ahead.length, now) ?? 0,
    );
    if (waitMs > longestWaitMs[admission.lane]) {
      throw new AppError(`${admission.operation} waits for AWS's request rate`, {
        class: "waiting",
        code: "RateLimited",
        retryAfterMs: waitMs,
        details: { service: admission.service, operation: admission.operation },
      });
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        state.waiting.delete(waiter);
        reject(admission.signal.reason as Error);
      };
      const waiter: Waiter = {
        admission,
        bucket,
        sequence: this.#sequence++,
        admit: () => {
          admission.signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      admission.signal.addEventListener("abort", onAbort, { once: true });
      state.waiting.add(waiter);
      this.#pump(state);
    });
  }

  /** AWS throttled a call in spite of us: the bucket, and the account's, go on at half their rate. */
  throttled(service: ServiceName, bucket: string): void {
    const state = this.#state(service);
    const now = this.#clock.monotonic();
    state.account?.throttled(now);
    this.#bucket(state, { service, bucket }).throttled(now);
  }

  #pump(state: ServiceState): void {
    state.timer?.cancel();
    state.timer = undefined;
    const now = this.#clock.monotonic();
    const inOrder = [...state.waiting].sort(
      (a, b) => rank(a.admission.lane) - rank(b.admission.lane) || a.sequence - b.sequence,
    );
    for (const waiter of inOrder) {
      if (state.account !== undefined && !state.account.has(now)) break;
      if (!waiter.bucket.has(now)) continue;
      state.account?.take(now);
      waiter.bucket.take(now);
      state.waiting.delete(waiter);
      waiter.admit();
    }
    if (state.waiting.size === 0) return;
    const account = state.account?.waitMs(1, now) ?? 0;
    const next = Math.min(...[...state.waiting].map((waiter) => Math.max(account, waiter.bucket.waitMs(1, now))));
    state.timer = this.#clock.setTimer(Math.max(1, next), () => this.#pump(state));
  }

  #state(service: ServiceName): ServiceState {
    let state = this.#services.get(service);
    if (state === undefined) {
      const { account } = this.#rates[service];
      state = {
        account: account === undefined ? undefined : new TokenBucket(account, this.#clock.monotonic()),
        buckets: new Map(),
        waiting: new Set(),
        timer: undefined,
      };
      this.#services.set(service, state);
    }
    return state;
  }

  #bucket(state: ServiceState, of: { readonly service: ServiceName; readonly bucket: string }): TokenBucket {
    let bucket = state.buckets.get(of.bucket);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#rate(of.service, of.bucket), this.#clock.monotonic());
      state.buckets.set(of.bucket, bucket);
    }
    return bucket;
  }

  #rate(service: ServiceName, bucket: string): Rate {
    const { buckets } = this.#rates[service];
    const rate = buckets[bucket] ?? buckets[bucket.replace(/:.*$/, ":*")];
    if (rate === undefined) throw new Error(`no rate is known for bucket ${bucket} of ${service}`);
    return rate;
  }
}

function rank(lane: Lane): number {
  return lanes.indexOf(lane);
}
