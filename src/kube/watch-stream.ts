import { StringDecoder } from "node:string_decoder";
import { AppError } from "../errors.ts";

/** One line of a watch, parsed. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

const eventTypes: ReadonlySet<unknown> = new Set(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);

/**
 * Cuts the bytes of a watch into events. Throws an AppError with code `CorruptStream` for a complete line that is no
 * event: something was lost, and the cache must be compared with a new list. What follows the last line end is dropped
 * (a cut connection); the next watch brings it again.
 */
export class WatchDecoder {
  readonly #decoder = new StringDecoder("utf8");
  #rest: string[] = [];

  *push(chunk: Uint8Array): Generator<WatchEvent> {
    const text = this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#rest.push(text.slice(start, end));
      const line = this.#rest.join("");
      this.#rest = [];
      start = end + 1;
      if (line.trim() !== "") yield parseEvent(line);
    }
    if (start < text.length) this.#rest.push(text.slice(start));
  }
}

function parseEvent(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new AppError("a line of the watch is not JSON", { class: "transient", code: "CorruptStream", cause: error });
  }
  if (typeof event === "object" && event !== null && "type" in event && "object" in event && eventTypes.has(event.type))
    return event as WatchEvent;
  throw new AppError("a line of the watch is not an event", { class: "transient", code: "CorruptStream" });
}
