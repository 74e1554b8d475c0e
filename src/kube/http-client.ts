import type { Clock, Random } from "../clock.ts";
import { sleep } from "../clock.ts";
import { AppError, errorMessage, isAppError } from "../errors.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../http.ts";
import type { Metrics } from "../metrics.ts";
import { untilAborted, withDeadline } from "./abort.ts";
import { apiError } from "./api-error.ts";

export interface KubeHttpOptions {
  readonly http: HttpHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics?: Metrics | undefined;
  /** Limit of one call, retries included; default 60 s. */
  readonly callLimitMs?: number;
  /** Limit of one attempt; default 30 s. */
  readonly attemptLimitMs?: number;
}

export interface KubeCall {
  /** For errors: `get Service shop/web`. */
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
  /** The call may be sent again when nobody knows whether it was carried out. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Attempts at one call, the first included. */
const maxAttempts = 5;
/** Longest wait that a `Retry-After` can ask for. */
const maxRetryAfterMs = 15_000;
const baseDelayMs = 200;

/** Sends one call and gives the parsed JSON of a 2xx answer. */
export type KubeHttp = (call: KubeCall) => Promise<unknown>;

/**
 * Calls of the Kubernetes API with our own deadlines and retries. 429, and 503 with `Retry-After`, were not carried out
 * and are retried for every verb; other 5xx and lost connections only for calls that may be repeated.
 */
export function createKubeHttp(options: KubeHttpOptions): KubeHttp {
  const { http, clock, random, metrics } = options;
  const callLimitMs = options.callLimitMs ?? 60_000;
  const attemptLimitMs = options.attemptLimitMs ?? 30_000;

  async function attempt(call: KubeCall, signal: AbortSignal): Promise<unknown> {
    let code = "<error>";
    try {
      return await withDeadline({ clock, limitMs: attemptLimitMs, what: call.what, signal }, async (attemptSignal) => {
        const response = await send(http, toRequest(call, attemptSignal), call.what, attemptSignal);
        code = String(response.status);
        const body = await readBody(response, attemptSignal);
        if (response.status < 200 || response.status > 299) throw apiError(call.what, { ...response, body });
        return parseJson(call.what, body);
      });
    } finally {
      metrics?.add("rest_client_requests_total", { code, method: call.method });
    }
  }

  return (call) =>
    withDeadline({ clock, limitMs: callLimitMs, what: call.what, signal: call.signal }, async (signal) => {
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(call, signal);
        } catch (error) {
          if (signal.aborted || tries >= maxAttempts || !mayRetry(error, call.repeatable)) throw error;
          const status = String((isAppError(error) ? error.details["status"] : undefined) ?? "<error>");
          metrics?.add("fairlead_kube_request_retries_total", { code: status, method: call.method });
          await sleep(clock, retryDelayMs(error, tries, random), signal);
        }
      }
    });
}

/** The request, or a transient AppError `ConnectionFailed`. The body of an answer that comes after an abort is let go. */
export async function send(
  http: HttpHandler,
  request: HttpRequest,
  what: string,
  signal: AbortSignal,
): Promise<HttpResponse> {
  try {
    return await untilAborted(http(request), signal, discardBody);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isAppError(error)) throw error;
    throw new AppError(`${what} failed: no connection to the Kubernetes API: ${errorMessage(error)}`, {
      class: "transient",
      code: "ConnectionFailed",
      cause: error,
    });
  }
}

/** Reads a body to its end as text. */
export async function readBody(response: HttpResponse, signal: AbortSignal): Promise<string> {
  const { body } = response;
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  const decoder = new TextDecoder();
  let text = "";
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await untilAborted(chunks.next(), signal);
      if (done === true) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    discardBody(response);
    throw asConnectionError(error, signal);
  }
}

/** Lets go of a body that nobody reads, so that its connection is freed. */
export function discardBody(response: HttpResponse): void {
  if (typeof response.body === "string" || response.body instanceof Uint8Array) return;
  // Ending a stream that has failed already fails again; there is nobody left to tell.
  response.body[Symbol.asyncIterator]()
    .return?.()
    .catch(() => undefined);
}

function asConnectionError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (isAppError(error)) return error;
  return new AppError(`the connection to the Kubernetes API was lost: ${errorMessage(error)}`, {
    class: "transient",
    code: "ConnectionFailed",
    cause: error,
  });
}

function toRequest(call: KubeCall, signal: AbortSignal): HttpRequest {
  return {
    method: call.method,
    path: call.path,
    headers: {
      accept: "application/json",
      ...(call.contentType === undefined ? {} : { "content-type": call.contentType }),
    },
    ...(call.body === undefined ? {} : { body: call.body }),
    signal,
  };
}

function parseJson(what: string, body: string): unknown {
  if (body === "") return undefined;
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new AppError(`${what} failed: the answer is not JSON`, {
      class: "transient",
      code: "MalformedAnswer",
      cause: error,
    });
  }
}

function mayRetry(error: unknown, repeatable: boolean): boolean {
  if (!isAppError(error) || error.class !== "transient") return false;
  const status = error.details["status"];
  if (status === 410 || status === 401) return false;
  if (status === 429 || (status === 503 && error.retryAfterMs !== undefined)) return true;
  return repeatable;
}

function retryDelayMs(error: unknown, tries: number, random: Random): number {
  const backoff = baseDelayMs * 2 ** (tries - 1) * (0.5 + random());
  const asked = isAppError(error) ? error.retryAfterMs : undefined;
  // A little more than asked, so that those who were refused together do not come back together.
  return asked === undefined ? backoff : Math.min(asked, maxRetryAfterMs) + random() * baseDelayMs;
}
