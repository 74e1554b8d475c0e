import { apiVersion, type Kind, type KubeObject } from "../api/object.ts";
import { type Clock, type Random, sleep, type Timer } from "../clock.ts";
import { AppError, errorMessage, isAppError } from "../errors.ts";
import type { HttpHandler, HttpResponse } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { linkedAbort, untilAborted } from "./abort.ts";
import { apiError, isExpired, watchError } from "./api-error.ts";
import { createKubeHttp, discardBody, readBody, send } from "./http-client.ts";
import { collectionPath } from "./resource-path.ts";
import { listPages } from "./rest-client.ts";
import { WatchDecoder, type WatchEvent } from "./watch-stream.ts";

/** Why a complete list is read. */
export type ListReason = "initial" | "expired" | "periodic" | "corrupt" | "requested";

/** What a reflector keeps current. Its methods do not throw. */
export interface ReflectorTarget<T extends KubeObject> {
  /** Called for each page while a list is read; the objects become visible with `replace`. */
  stage(items: readonly T[]): void;
  /** The staged objects are all there is. `lastVersion` is the version up to which the last watch had reported. */
  replace(reason: ListReason, lastVersion: string | undefined): void;
  /** Drops what has been staged: the list is read from its start again. */
  discardStaged(): void;
  put(object: T): void;
  remove(object: T): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly target: ReflectorTarget<T>;
  readonly http: HttpHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: Metrics | undefined;
}

/** Every time limit of lists and watches, in milliseconds. */
export const reflectorLimits = {
  /** From sending a watch request to the head of its answer. */
  connectMs: 10_000,
  /** How long the server is asked to keep a watch open: a random time between these. */
  watchMinMs: 300_000,
  watchMaxMs: 600_000,
  /** How much longer than asked a watch may last before it counts as dead. */
  watchGraceMs: 30_000,
  /**
   * A watch without a byte for this long is made anew from where it stands. It may be a quiet one (servers send a bookmark
   * about once a minute only when something has changed), or one whose other end is gone without a word.
   */
  silentMs: 90_000,
  /** A watch that lived this long was healthy: the back-off starts afresh. */
  healthyMs: 60_000,
  backoffBaseMs: 500,
  /** Chosen so that with jitter no wait exceeds 25 s: the cache is back within 30 s of the API server. */
  backoffMaxMs: 20_000,
  /** A complete list is compared with the cache this often. */
  relistMs: 1_800_000,
} as const;

export interface ReflectorHealth {
  readonly watchAgeMs: number | undefined;
  readonly silentMs: number;
  readonly live: boolean;
}

export interface Reflector {
  /** Lists and watches until `signal` aborts, whatever fails. To be called once. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Ends the present watch and reads a complete list. Resolves when a list that began after the call has arrived, however long
   * that takes; never rejects.
   */
  relist(): Promise<void>;
  health(): ReflectorHealth;
}

class RelistRequested extends Error {}
class WatchSilent extends Error {}

export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector {
  const { kind, target, clock, random, metrics } = options;
  const log = options.log.child({ kind: kind.kind, ...(options.namespace && { namespace: options.namespace }) });
  const call = createKubeHttp(options);
  /** Up to where the cache is known to be complete; undefined before the first list. */
  let version: string | undefined;
  let listReason: ListReason | undefined = "initial";
  let listedAt = clock.monotonic();
  let lastContact = clock.monotonic();
  let open: { readonly since: number; readonly limitMs: number } | undefined;
  let failures = 0;
  let watching: AbortController | undefined;
  /** Those who asked for a list that has not begun. */
  let askers: (() => void)[] = [];

  async function list(reason: ListReason, signal: AbortSignal): Promise<void> {
    const lastVersion = version;
    const served = askers;
    askers = [];
    try {
      await listOnce(signal);
    } catch (error) {
      askers.push(...served);
      throw error;
    }
    if (signal.aborted) return;
    target.replace(reason, lastVersion);
    metrics?.add("fairlead_kube_relists_total", { kind: kind.kind, reason });
    // Whoever asked while this list was read wants a later one.
    listReason = askers.length > 0 ? "requested" : undefined;
    listedAt = lastContact = clock.monotonic();
    for (const done of served) done();
  }

  async function listOnce(signal: AbortSignal): Promise<void> {
    for (let restarts = 0; ; restarts++) {
      target.discardStaged();
      try {
        version = await listPages(call, kind, options, { signal, onPage: (items) => target.stage(items) });
        break;
      } catch (error) {
        // The version of the first page expired while the others were read.
        if (!isExpired(error) || restarts >= 3) throw error;
      }
    }
  }

  /** One watch from open to close. Resolves when the server ends it. */
  async function watch(signal: AbortSignal): Promise<void> {
    const { watchMinMs, watchMaxMs, watchGraceMs, connectMs, silentMs } = reflectorLimits;
    const timeoutSeconds = Math.floor((watchMinMs + random() * (watchMaxMs - watchMinMs)) / 1000);
    const limitMs = timeoutSeconds * 1000 + watchGraceMs;
    const { controller, release } = linkedAbort(signal);
    watching = controller;
    const what = `watch ${kind.plural}`;
    const expire = (code: string, message: string) => (): void =>
      controller.abort(new AppError(message, { class: "transient", code }));
    let silence: Timer | undefined;
    let timer = clock.setTimer(connectMs, expire("Timeout", `${what} had no answer within ${connectMs / 1000} s`));
    let response: HttpResponse | undefined;
    try {
      const path = collectionPath(kind, options.namespace, {
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion: version,
        timeoutSeconds,
      });
      const request = { method: "GET", path, headers: { accept: "application/json" }, signal: controller.signal };
      response = await countRequest(send(options.http, request, what, controller.signal), metrics);
      if (response.status !== 200)
        throw apiError(what, { ...response, body: await readBody(response, controller.signal) });
      timer.cancel();
      timer = clock.setTimer(limitMs, expire("WatchTooOld", `${what} did not end when it should have`));
      open = { since: clock.monotonic(), limitMs };
      lastContact = clock.monotonic();
      await readEvents(response, controller.signal, what, () => {
        silence?.cancel();
        silence = clock.setTimer(silentMs, () => controller.abort(new WatchSilent(`${what} was silent`)));
      });
    } catch (error) {
      // The reason says more than what the transport makes of it.
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      timer.cancel();
      silence?.cancel();
      release();
      open = watching = undefined;
      if (response !== undefined) discardBody(response);
      // Frees the connection also where the transport does not end a stream that nobody reads.
      controller.abort(new DOMException("the watch has ended", "AbortError"));
    }
  }

  /** `onSign` is called at the start and for each sign of life. */
  async function readEvents(
    response: HttpResponse,
    signal: AbortSignal,
    what: string,
    onSign: () => void,
  ): Promise<void> {
    const decoder = new WatchDecoder();
    const { body } = response;
    if (typeof body === "string" || body instanceof Uint8Array) {
      for (const event of decoder.push(Buffer.from(body))) take(event, what);
      return;
    }
    const chunks = body[Symbol.asyncIterator]();
    onSign();
    for (;;) {
      const { done, value } = await untilAborted(chunks.next(), signal);
      if (done === true) return;
      lastContact = clock.monotonic();
      onSign();
      for (const event of decoder.push(value)) take(event, what);
    }
  }

  function take(event: WatchEvent, what: string): void {
    metrics?.add("fairlead_kube_events_total", { kind: kind.kind, type: event.type });
    if (event.type === "ERROR") throw watchError(what, event.object);
    const object = withType(kind, event.object, event.type === "BOOKMARK");
    switch (event.type) {
      case "ADDED":
      case "MODIFIED":
        target.put(object);
        break;
      case "DELETED":
        target.remove(object);
        break;
      case "BOOKMARK":
        break;
      default:
        event.type satisfies never;
    }
    version = object.metadata.resourceVersion;
  }

  /** Notes what an error means for the next round, and tells of it unless it is the way of things. */
  function note(error: unknown): string {
    if (error instanceof RelistRequested) {
      listReason = "requested";
      return "requested";
    }
    if (isExpired(error)) {
      listReason = "expired";
      log.info("the watched version has expired; listing again");
      return "expired";
    }
    if (error instanceof WatchSilent) {
      log.debug("a silent watch is made anew");
      return "silent";
    }
    const code = isAppError(error) ? error.code : "Unexpected";
    if (code === "CorruptStream" || code === "WatchTooOld")
      listReason ??= code === "CorruptStream" ? "corrupt" : undefined;
    log.warn("list or watch failed", { code, error: errorMessage(error), failures: failures + 1 });
    return code;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let opened: number | undefined;
      let retryAfterMs = 0;
      let ended = "closed";
      try {
        while (listReason !== undefined && !signal.aborted) await list(listReason, signal);
        if (signal.aborted) return;
        opened = clock.monotonic();
        await watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        ended = note(error);
        if (isAppError(error)) retryAfterMs = Math.min(error.retryAfterMs ?? 0, reflectorLimits.healthyMs);
      }
      if (opened !== undefined) metrics?.add("fairlead_kube_watch_restarts_total", { kind: kind.kind, reason: ended });
      const healthy = opened !== undefined && clock.monotonic() - opened >= reflectorLimits.healthyMs;
      if (healthy || ended === "requested") failures = 0;
      if (clock.monotonic() - listedAt >= reflectorLimits.relistMs) listReason ??= "periodic";
      // A comparison must follow the end of the watch closely: what changes in between would count as missed.
      if (listReason === "requested" || (listReason === "periodic" && healthy && ended === "closed")) continue;
      failures++;
      const bound = Math.min(reflectorLimits.backoffMaxMs, reflectorLimits.backoffBaseMs * 2 ** (failures - 1));
      const delayMs = Math.max(bound * (0.75 + 0.5 * random()), retryAfterMs);
      try {
        await sleep(clock, delayMs, signal);
      } catch {
        return;
      }
    }
  }

  function health(): ReflectorHealth {
    const now = clock.monotonic();
    const watchAgeMs = open === undefined ? undefined : now - open.since;
    const live = open === undefined || now - open.since <= open.limitMs + reflectorLimits.connectMs;
    return { watchAgeMs, silentMs: now - lastContact, live };
  }

  return {
    run,
    relist() {
      const done = new Promise<void>((resolve) => void askers.push(resolve));
      if (watching === undefined) listReason ??= "requested";
      else watching.abort(new RelistRequested("a list was requested"));
      return done;
    },
    health,
  };
}

/** Checks that an event carries an object of use; throws `CorruptStream` otherwise. */
function withType<T extends KubeObject>(kind: Kind<T>, value: unknown, bookmark: boolean): T {
  const object = value as Partial<T> | null;
  const meta = object?.metadata as Partial<KubeObject["metadata"]> | undefined;
  if (typeof meta?.resourceVersion !== "string" || (!bookmark && typeof meta.name !== "string"))
    throw new AppError(`an event of ${kind.plural} has no name or version`, {
      class: "transient",
      code: "CorruptStream",
    });
  return object?.kind === undefined
    ? ({ ...object, apiVersion: apiVersion(kind), kind: kind.kind } as T)
    : (object as T);
}

async function countRequest(answer: Promise<HttpResponse>, metrics: Metrics | undefined): Promise<HttpResponse> {
  let code = "<error>";
  try {
    const response = await answer;
    code = String(response.status);
    return response;
  } finally {
    metrics?.add("rest_client_requests_total", { code, method: "WATCH" });
  }
}
