import type { Clock } from "../../../src/clock.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../src/http.ts";
import { isTrue, parseRequest, type RequestInfo } from "../../../src/sandbox/kube/request-info.ts";
import type { Network } from "../sim-clock.ts";
import { type ChangeLogs, keyOf, textOf } from "./change-log.ts";
import { OpenWatch } from "./open-watch.ts";

/** When the same is under way for so long, in real milliseconds, something is lost and the test fails. */
const stuckMs = 20_000;
const lookEveryMs = 1_000;

/**
 * Stands between the participants of a simulation and a real API server, and knows when nothing is under way between them: no
 * request waits for its answer, and every watch has brought every change that it has to bring. Simulated time then moves on as if
 * the server answered at once.
 */
export class CausalFence implements Network {
  readonly #changes: ChangeLogs;
  readonly #clock: Clock;
  readonly #requests = new Set<HttpRequest>();
  readonly #watches = new Set<OpenWatch>();
  /** Versions that writes have led to, and uids of what they removed, which the change log has not told yet. */
  readonly #revisions = new Map<string, number>();
  readonly #removed = new Map<string, Set<string>>();
  #cut = false;
  #waiting: (() => void)[] = [];
  activity = 0;

  constructor(changes: ChangeLogs, clock: Clock) {
    this.#changes = changes;
    this.#clock = clock;
    changes.listener = (key, change) => {
      if (change !== undefined) for (const watch of this.#watches) watch.expect(key, change);
      this.#notify();
    };
  }

  /** The same server, seen by this fence. `read` is the administrator's, for looks of the fence's own. */
  wrap(http: HttpHandler, read: HttpHandler): HttpHandler {
    return async (request) => {
      if (this.#cut) return never();
      const info = parseRequest(request.method, request.path);
      this.#requests.add(request);
      this.activity++;
      try {
        const answer = await this.#carryOut(http, read, request, info);
        return this.#cut ? await never() : answer;
      } finally {
        this.#requests.delete(request);
        this.#notify();
      }
    };
  }

  get atRest(): boolean {
    return !this.#cut && this.#requests.size === 0 && this.#missing().next().done === true;
  }

  async whenAtRest(): Promise<void> {
    let last = "";
    let since = performance.now();
    for (let lookAt = since + lookEveryMs; !this.atRest; ) {
      if (this.#cut) throw new Error("this world was ended: its test had failed, or another needed its cluster");
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      const timer = setTimeout(resolve, lookEveryMs);
      await promise;
      clearTimeout(timer);
      const now = performance.now();
      if (now < lookAt) continue;
      lookAt = now + lookEveryMs;
      const open = [...[...this.#requests].map(({ method, path }) => `${method} ${path}`), ...this.#missing()].join(
        "\n",
      );
      if (open !== last) [last, since] = [open, now];
      else if (open !== "" && now - since > stuckMs)
        throw new Error(`for ${stuckMs / 1000} s this has been open:\n${open}`);
    }
  }

  /** From now on nothing passes, in either direction. */
  cut(): void {
    this.#cut = true;
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
    this.#notify();
  }

  #notify(): void {
    this.activity++;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** What writes have brought about and has not arrived everywhere. */
  *#missing(): Generator<string> {
    for (const [key, log] of this.#changes.all) {
      if (log.failure !== undefined) throw log.failure as Error;
      const revision = this.#revisions.get(key) ?? 0;
      if (log.position < revision) yield `${key}: no change up to ${revision} yet`;
      const removed = this.#removed.get(key);
      for (const uid of removed ?? []) {
        if (log.deleted.has(uid)) removed?.delete(uid);
        else yield `${key}: ${uid} is not removed yet`;
      }
    }
    for (const watch of this.#watches) if (watch.behind) yield watch.text;
  }

  async #carryOut(
    http: HttpHandler,
    read: HttpHandler,
    request: HttpRequest,
    info: RequestInfo | undefined,
  ): Promise<HttpResponse> {
    if (info?.verb === "list" || info?.verb === "watch") await this.#changes.open(info);
    if (info?.verb === "watch") return this.#openWatch(http, request, info);
    // Nobody takes back what is under way: it is carried out, and is known when it was.
    const { signal: _signal, ...whole } = request;
    const response = await http(whole);
    const text = await textOf(response);
    if (info !== undefined && request.method !== "GET" && response.status < 300 && !info.query.has("dryRun"))
      await this.#note(read, request, info, text);
    return { ...response, body: text };
  }

  /** Notes what a write made true. */
  async #note(read: HttpHandler, request: HttpRequest, info: RequestInfo, text: string): Promise<void> {
    const key = keyOf(info);
    if (this.#changes.get(key) === undefined) return;
    const answer = JSON.parse(text) as Answer;
    if (info.verb === "deletecollection") return this.#noteCollection(read, request, key, answer);
    const uid = answer.metadata?.uid ?? answer.details?.uid;
    if (info.verb === "delete" && answer.kind === "Status" && uid !== undefined) return this.#noteRemoved(key, uid);
    const version = answer.metadata?.resourceVersion;
    const settled = version !== undefined && answer.metadata?.deletionTimestamp === undefined && info.verb !== "delete";
    if (settled) return this.#noteRevision(key, version);
    const name = info.name ?? answer.metadata?.name;
    if (name === undefined) return;
    // The answer does not tell whether the object is still there, or which version it has now.
    const [root = ""] = request.path.split(`/${info.resource}`);
    const now = await read({
      method: "GET",
      path: `${root}/${info.resource}/${encodeURIComponent(name)}`,
      headers: {},
    });
    const { metadata } = JSON.parse(await textOf(now)) as Answer;
    if (now.status === 200 && (uid === undefined || metadata?.uid === uid))
      this.#noteRevision(key, metadata?.resourceVersion ?? "0");
    else if (uid !== undefined) this.#noteRemoved(key, uid);
  }

  async #noteCollection(read: HttpHandler, request: HttpRequest, key: string, answer: Answer): Promise<void> {
    const [path = ""] = request.path.split("?");
    const { items = [] } = JSON.parse(await textOf(await read({ method: "GET", path, headers: {} }))) as Answer;
    const left = new Set(items.map(({ metadata }) => metadata?.uid));
    for (const { metadata } of items) this.#noteRevision(key, metadata?.resourceVersion ?? "0");
    for (const { metadata } of answer.items ?? [])
      if (metadata?.uid !== undefined && !left.has(metadata.uid)) this.#noteRemoved(key, metadata.uid);
  }

  #noteRevision(key: string, version: string): void {
    this.#revisions.set(key, Math.max(this.#revisions.get(key) ?? 0, Number(version)));
  }

  #noteRemoved(key: string, uid: string): void {
    if (this.#changes.get(key)?.deleted.has(uid) === true) return;
    const removed = this.#removed.get(key) ?? new Set();
    this.#removed.set(key, removed.add(uid));
  }

  async #openWatch(http: HttpHandler, request: HttpRequest, info: RequestInfo): Promise<HttpResponse> {
    const response = await http(request);
    if (response.status !== 200 || typeof response.body === "string" || response.body instanceof Uint8Array)
      return { ...response, body: await textOf(response) };
    const log = this.#changes.get(keyOf(info));
    const watch = new OpenWatch(info, response.body, log?.position ?? 0, {
      seen: () => this.#notify(),
      ended: () => {
        this.#watches.delete(watch);
        this.#notify();
      },
    });
    for (const change of log?.changes ?? []) watch.expect(keyOf(info), change);
    this.#watches.add(watch);
    // The server ends a watch by real time; here it does so by the time that passes for its clients.
    const seconds = Number(info.query.get("timeoutSeconds") ?? 0);
    if (seconds > 0) this.#clock.setTimer(seconds * 1000, () => watch.close());
    if (isTrue(info.query.get("sendInitialEvents"))) throw new Error("the fence does not know streamed lists");
    return { ...response, body: watch };
  }
}

interface Meta {
  readonly uid?: string;
  readonly name?: string;
  readonly resourceVersion?: string;
  readonly deletionTimestamp?: string;
}

interface Answer {
  readonly kind?: string;
  readonly metadata?: Meta;
  readonly details?: { readonly uid?: string };
  readonly items?: readonly { readonly metadata?: Meta }[];
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
