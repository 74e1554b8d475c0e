import type { Clock, Random } from "../clock.ts";
import { sleep } from "../clock.ts";
import { AppError } from "../errors.ts";
import { canonicalJson } from "../json.ts";
import { awsCode, retryKind, toAppError } from "./errors.ts";
import type { CallOptions, Lane, Operation, ServiceName } from "./operation.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** One AWS call as a port asks for it. */
export interface Call {
  readonly service: ServiceName;
  readonly name: string;
  readonly operation: Operation;
  readonly input: object;
  readonly options: CallOptions;
  /** Sends one request. */
  send(signal: AbortSignal): Promise<unknown>;
}

/** One request that was sent, for metrics, the audit trail and tests that count. */
export interface CallRecord {
  readonly service: ServiceName;
  readonly operation: string;
  readonly mutating: boolean;
  readonly ms: number;
  /** AWS's code without `Exception`; absent when it succeeded. */
  readonly code?: string;
}

export interface Caller {
  /** @throws AppError for every failure; the signal's reason when the caller gave up. */
  call(call: Call): Promise<unknown>;
}

export interface CallerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limiter: RateLimiter;
  readonly onCall?: (record: CallRecord) => void;
  /** AWS did not accept the credentials: get fresh ones before the next attempt. */
  readonly onCredentialsRejected?: () => void;
}

/** One request, connection and wait for a socket included. */
const attemptMs = 30_000;
/** A call with its retries, from the first request on. Waiting for the rate limit comes before that. */
const deadlineMs = 60_000;
const mostAttempts = 5;
/** "Exponential backoff and jitter" of the AWS SDK reference: full jitter, slower after a throttle. */
const backoffMs = { throttled: 1000, refused: 100, unknown: 100 } as const;
const longestBackoffMs = 20_000;

/** The one place through which every AWS call goes: rate limit, deadline, retry, shared reads, error classes. */
export function createCaller(options: CallerOptions): Caller {
  const { clock } = options;
  const inFlight = new Map<string, SharedRead>();
  /** Writes begun or ended, by service: a read that began before one of them is not shared with later callers. */
  const epochs = new Map<ServiceName, number>();
  const nextEpoch = (service: ServiceName): void => void epochs.set(service, (epochs.get(service) ?? 0) + 1);

  async function attempt(call: Call, deadline: AbortSignal): Promise<unknown> {
    const startedAt = clock.monotonic();
    const limit = timeLimit(clock, attemptMs, `${call.service} ${call.name} gave no answer in ${attemptMs / 1000} s`);
    const record = (code?: string): void =>
      options.onCall?.({
        service: call.service,
        operation: call.name,
        mutating: call.operation.mutating,
        ms: clock.monotonic() - startedAt,
        ...(code === undefined ? {} : { code }),
      });
    try {
      const answer = await orAborted(call.send(AbortSignal.any([deadline, limit.signal])), deadline, limit.signal);
      record();
      return answer;
    } catch (error) {
      record(awsCode(error));
      throw error;
    } finally {
      limit.cancel();
    }
  }

  async function send(call: Call, signal: AbortSignal): Promise<unknown> {
    const { service, operation } = call;
    const lane: Lane = call.options.lane ?? operation.lane ?? (operation.mutating ? "write" : "background");
    const admission = { service, bucket: operation.bucket, lane, operation: `${service} ${call.name}`, signal };
    const failed = { service, name: call.name, iamActions: operation.iamActions, resource: call.options.resource };
    let refreshed = false;
    let limit: TimeLimit | undefined;
    try {
      for (let tries = 1; ; tries++) {
        await options.limiter.acquire(admission);
        limit ??= timeLimit(clock, deadlineMs, `${service} ${call.name} did not end in ${deadlineMs / 1000} s`);
        try {
          return await attempt(call, AbortSignal.any([signal, limit.signal]));
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          const kind = retryKind(error);
          if (kind === "throttled") options.limiter.throttled(service, operation.bucket);
          const mayRepeat = kind === "throttled" || kind === "refused" || (kind === "unknown" && operation.idempotent);
          const mayRefresh = kind === "credentials" && !refreshed;
          if (limit.signal.aborted || tries >= mostAttempts || !(mayRepeat || mayRefresh)) {
            throw toAppError(error, failed);
          }
          if (mayRefresh) {
            refreshed = true;
            options.onCredentialsRejected?.();
            continue;
          }
          const base = backoffMs[kind as keyof typeof backoffMs];
          await sleep(clock, options.random() * Math.min(longestBackoffMs, base * 2 ** (tries - 1)), signal);
        }
      }
    } finally {
      limit?.cancel();
    }
  }

  return {
    async call(call) {
      const { signal } = call.options;
      signal?.throwIfAborted();
      if (call.operation.mutating) {
        nextEpoch(call.service);
        try {
          return await send(call, signal ?? new AbortController().signal);
        } finally {
          nextEpoch(call.service);
        }
      }
      const key = `${call.service} ${call.name} ${epochs.get(call.service) ?? 0} ${canonicalJson(call.input)}`;
      let shared = inFlight.get(key);
      if (shared === undefined) {
        shared = new SharedRead((own) => send(call, own));
        inFlight.set(key, shared);
        const mine = shared;
        const forget = (): void => {
          if (inFlight.get(key) === mine) inFlight.delete(key);
        };
        shared.answer.then(forget, forget);
        shared.onAbandoned = forget;
      }
      return shared.join(signal);
    },
  };
}

/** One read with several callers: it is given up only when all of them have gone. */
class SharedRead {
  readonly answer: Promise<unknown>;
  readonly #controller = new AbortController();
  #callers = 0;
  onAbandoned: () => void = () => undefined;

  constructor(start: (signal: AbortSignal) => Promise<unknown>) {
    this.answer = start(this.#controller.signal);
  }

  async join(signal: AbortSignal | undefined): Promise<unknown> {
    this.#callers += 1;
    try {
      return await (signal === undefined ? this.answer : orAborted(this.answer, signal));
    } finally {
      this.#callers -= 1;
      if (this.#callers === 0 && signal?.aborted === true) {
        this.onAbandoned();
        this.#controller.abort(signal.reason);
      }
    }
  }
}

interface TimeLimit {
  readonly signal: AbortSignal;
  cancel(): void;
}

function timeLimit(clock: Clock, ms: number, message: string): TimeLimit {
  const controller = new AbortController();
  const timer = clock.setTimer(ms, () =>
    controller.abort(new AppError(message, { class: "transient", code: "Timeout" })),
  );
  return { signal: controller.signal, cancel: () => timer.cancel() };
}

/** Settles like `promise`, or rejects with the reason of the first signal that aborts. */
function orAborted<T>(promise: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const listeners = signals.map((signal) => {
      const onAbort = (): void => finish(() => reject(signal.reason as Error));
      return { signal, onAbort };
    });
    const finish = (settle: () => void): void => {
      for (const { signal, onAbort } of listeners) signal.removeEventListener("abort", onAbort);
      settle();
    };
    for (const { signal, onAbort } of listeners) {
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    }
    promise.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error as Error)),
    );
  });
}
