import type { Clock } from "../../clock.ts";

/** Merges questions about single keys, asked within a short window, into one about all of them. */
export class Batcher<Value> {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  #waiting: { readonly keys: Set<string>; readonly answer: Promise<ReadonlyMap<string, Value>> } | undefined;

  constructor(clock: Clock, windowMs: number, load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#load = load;
  }

  /** Undefined when the answer does not name the key. */
  async get(key: string): Promise<Value | undefined> {
    if (this.#waiting === undefined) {
      const keys = new Set<string>();
      const answer = new Promise<void>((resolve) => void this.#clock.setTimer(this.#windowMs, resolve)).then(() => {
        this.#waiting = undefined;
        return this.#load([...keys]);
      });
      this.#waiting = { keys, answer };
    }
    this.#waiting.keys.add(key);
    return (await this.#waiting.answer).get(key);
  }
}
