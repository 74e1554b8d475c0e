import type { Clock, Timer } from "../../clock.ts";
import type { KubeObject } from "./resource-definition.ts";
import type { StatusError } from "./status-error.ts";
import type { StoreEvent } from "./storage.ts";

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

export interface WatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Sends a bookmark about once a minute and shortly before the end; the function gives its line. */
  readonly bookmark: (() => Uint8Array | undefined) | undefined;
  /** Whether an object is in the watched set. */
  matches(object: KubeObject): boolean;
  /** Undefined for what cannot be shown as the client wants it: the watch ends there. */
  encode(type: WatchEventType, object: KubeObject): Uint8Array | undefined;
}

const BOOKMARK_INTERVAL_MS = 60_000;
const LAST_BOOKMARK_MS = 2_000;

/** The body of one watch response: lines of JSON as they happen, until time-out, abort or the reader's `return()`. */
export class WatchStream implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #options: WatchOptions;
  #pending: Uint8Array[] = [];
  #waiting: ((result: IteratorResult<Uint8Array>) => void) | undefined;
  #closed = false;
  #unsubscribe: (() => void) | undefined;
  readonly #end: Timer;
  readonly #deadline: number;
  #bookmarkTimer: Timer | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#deadline = options.clock.now() + options.timeoutMs;
    this.#end = options.clock.setTimer(options.timeoutMs, () => this.close());
    this.#planBookmark();
    if (options.signal?.aborted === true) this.close();
    else options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Follows the collection from now on. */
  follow(subscribe: (listener: (event: StoreEvent) => void, ended: () => void) => () => void): void {
    if (this.#closed) return;
    this.#unsubscribe = subscribe(
      (event) => this.send(event),
      () => this.close(),
    );
  }

  /** Sends what the event means for the watched set: an object can enter and leave it by being modified. */
  send(event: StoreEvent): void {
    const was = event.previous !== undefined && this.#options.matches(event.previous);
    const is = event.type !== "DELETED" && this.#options.matches(event.object);
    if (is) this.#push(this.#options.encode(was ? "MODIFIED" : "ADDED", event.object));
    else if (was) this.#push(this.#options.encode("DELETED", leaving(event)));
  }

  sendInitial(object: KubeObject): void {
    if (this.#options.matches(object)) this.#push(this.#options.encode("ADDED", object));
  }

  sendLine(line: Uint8Array | undefined): void {
    this.#push(line);
  }

  fail(error: StatusError): void {
    this.#push(new TextEncoder().encode(`${JSON.stringify({ type: "ERROR", object: error.toStatus() })}\n`));
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end.cancel();
    this.#bookmarkTimer?.cancel();
    this.#unsubscribe?.();
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#pending.length > 0) {
      const value = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending);
      this.#pending = [];
      return Promise.resolve({ done: false, value: value ?? new Uint8Array() });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.close();
    this.#pending = [];
    return Promise.resolve({ done: true, value: undefined });
  }

  readonly #abort = (): void => this.close();

  #push(line: Uint8Array | undefined): void {
    if (line === undefined) this.close();
    if (this.#closed || line === undefined) return;
    if (this.#waiting === undefined) {
      this.#pending.push(line);
      return;
    }
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve({ done: false, value: line });
  }

  #planBookmark(): void {
    const { clock, bookmark } = this.#options;
    if (bookmark === undefined) return;
    const left = this.#deadline - clock.now();
    const delay = left > BOOKMARK_INTERVAL_MS + LAST_BOOKMARK_MS ? BOOKMARK_INTERVAL_MS : left - LAST_BOOKMARK_MS;
    if (delay <= 0) return;
    this.#bookmarkTimer = clock.setTimer(delay, () => {
      this.#push(bookmark());
      this.#planBookmark();
    });
  }
}

/** What leaves by modification is shown as it was, with the version of the change. */
function leaving(event: StoreEvent): KubeObject {
  if (event.type === "DELETED" || event.previous === undefined) return event.object;
  return {
    ...event.previous,
    metadata: { ...event.previous.metadata, resourceVersion: String(event.version) },
  };
}
