import { StringDecoder } from "node:string_decoder";
import { type RequestInfo } from "../../../src/sandbox/kube/request-info.ts";
import { type Matcher, parseLabelSelector } from "../../../src/sandbox/kube/selectors.ts";
import { type Change, keyOf } from "./change-log.ts";

export interface WatchListener {
  /** A part of the stream has been handed to who watches. */
  seen(): void;
  ended(): void;
}

/** The body of a watch on its way to who reads it, and how far that reader is. */
export class OpenWatch implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #listener: WatchListener;
  readonly #key: string;
  readonly #namespace: string | undefined;
  readonly #name: string | undefined;
  readonly #labels: Matcher | undefined;
  readonly #decoder = new StringDecoder("utf8");
  readonly #closed = Promise.withResolvers<IteratorResult<Uint8Array>>();
  #rest = "";
  #open = true;
  /** Version of the last event that was handed on. */
  #position: number;
  /** Version of the last change that this watch has to tell. */
  #expected = 0;

  /** `present` is the version that a watch begins with which names none: it is told what is there at first. */
  constructor(info: RequestInfo, body: AsyncIterable<Uint8Array>, present: number, listener: WatchListener) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#listener = listener;
    this.#key = keyOf(info);
    this.#namespace = info.namespace;
    this.#position = Number(info.query.get("resourceVersion") ?? 0) || present;
    this.#labels = parseLabelSelector(info.query.get("labelSelector") ?? "");
    const fields = info.query.get("fieldSelector") ?? "";
    this.#name = /^metadata\.name=([^,=!]+)$/.exec(fields)?.[1];
    if (fields !== "" && this.#name === undefined) throw new Error(`the fence cannot tell what ${fields} selects`);
  }

  /** Takes note of a change that the server has made, if it concerns this watch. */
  expect(key: string, { revision, namespace, name, labels }: Change): void {
    if (key !== this.#key || revision <= this.#position) return;
    if (this.#namespace !== undefined && namespace !== this.#namespace) return;
    if (this.#name !== undefined && name !== this.#name) return;
    const matcher = this.#labels;
    if (matcher !== undefined && !labels.some((one) => matcher(one))) return;
    this.#expected = Math.max(this.#expected, revision);
  }

  get behind(): boolean {
    return this.#open && this.#position < this.#expected;
  }

  get text(): string {
    return `a watch of ${this.#key} is at ${this.#position} and has not told ${this.#expected} yet`;
  }

  /** Ends it in good order, as a server does when its time is over. */
  close(): void {
    if (!this.#open) return;
    this.#end();
    this.#closed.resolve({ done: true, value: undefined });
    this.#chunks.return?.().catch(() => undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        try {
          const result = await Promise.race([this.#chunks.next(), this.#closed.promise]);
          if (result.done === true) this.#end();
          else this.#hand(result.value);
          return result;
        } catch (error) {
          this.#end();
          throw error;
        }
      },
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#listener.ended();
  }

  #hand(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      // The first one is the object's own: metadata comes before all that might quote another version.
      const version = /"resourceVersion":"(\d+)"/.exec(line)?.[1];
      if (version !== undefined) this.#position = Math.max(this.#position, Number(version));
    }
    this.#listener.seen();
  }
}
