import type { Clock, Random } from "../../clock.ts";
import { errorClass, errorMessage } from "../../errors.ts";
import type { Logger } from "../../log.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly concurrency: number;
  /** Called for a key; never for the same key twice at the same time. */
  readonly work: (key: string) => Promise<void>;
}

/** Keys to work on, each once however often it is added; a failing key is tried again later, and later each time. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  #started = false;
  #stopped = false;
  #scheduled = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#stopped) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#schedule();
  }

  addAfter(key: string, delayMs: number): void {
    if (!this.#stopped) this.#options.clock.setTimer(delayMs, () => this.add(key));
  }

  /** Begins to work; before, keys only gather. */
  start(): void {
    this.#started = true;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  /** Starting in a later turn lets the changes of one batch of events gather. */
  #schedule(): void {
    if (this.#scheduled || this.#stopped || !this.#started) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) return;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#retry(key, error);
    }
    this.#running.delete(key);
    if (this.#again.delete(key)) this.#waiting.add(key);
    if (this.#waiting.size > 0) this.#schedule();
  }

  #retry(key: string, error: unknown): void {
    if (this.#stopped) return;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { log, random } = this.#options;
    // Conflicts and vanished objects are a part of life beside other clients; the next event or try settles them.
    const expected = errorClass(error) === "conflict" || errorClass(error) === "missing";
    if (!expected || failures > 10)
      log.warn("cluster behaviour failed, will try again", { key, error: errorMessage(error) });
    this.addAfter(key, Math.min(10_000, 20 * 2 ** failures) * (0.5 + random() / 2));
  }
}
