import type { Clock, Random, Timer } from "../../../src/clock.ts";

interface Delivery {
  readonly kind: "timer" | "answer";
  readonly run: () => void;
}

/**
 * The door through which everything reaches one simulated process: timers and answers. While it is shut the process
 * does nothing, as after SIGSTOP, and time goes on; when it opens again everything that came meanwhile is there at once.
 */
export class ProcessGate {
  readonly #clock: Clock;
  readonly #random: Random;
  #state: "open" | "frozen" | "dead" = "open";
  #waiting: Delivery[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get dead(): boolean {
    return this.#state === "dead";
  }

  get frozen(): boolean {
    return this.#state === "frozen";
  }

  /** The clock of the process: time is everybody's, timers come through the gate. */
  get clock(): Clock {
    return {
      now: () => this.#clock.now(),
      monotonic: () => this.#clock.monotonic(),
      setTimer: (delayMs, callback) => this.#setTimer(delayMs, callback),
    };
  }

  freeze(): void {
    if (this.#state === "open") this.#state = "frozen";
  }

  /** Nothing reaches the process any more, as after SIGKILL. */
  kill(): void {
    this.#state = "dead";
    this.#waiting = [];
  }

  /**
   * Goes on. A process can have been stopped between two callbacks of one turn: in which order timers and answers come
   * is left to chance.
   */
  async thaw(): Promise<void> {
    if (this.#state !== "frozen") return;
    this.#state = "open";
    const waiting = this.#waiting;
    this.#waiting = [];
    const answersFirst = this.#random() < 0.7;
    const rank = ({ kind }: Delivery): number => ((kind === "answer") === answersFirst ? 0 : 1);
    for (const { run } of waiting.toSorted((a, b) => rank(a) - rank(b))) {
      if (this.dead) return;
      run();
      // What one callback sets off runs before the next one.
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }

  /** Settles like `promise` as soon as the process can see it. */
  pass<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.#deliver({ kind: "answer", run: () => resolve(value) }),
        (error: unknown) => this.#deliver({ kind: "answer", run: () => reject(error as Error) }),
      );
    });
  }

  #setTimer(delayMs: number, callback: () => void): Timer {
    let cancelled = false;
    const run = (): void => {
      if (!cancelled) callback();
    };
    const timer = this.#clock.setTimer(delayMs, () => this.#deliver({ kind: "timer", run }));
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  #deliver(delivery: Delivery): void {
    if (this.#state === "open") delivery.run();
    else if (this.#state === "frozen") this.#waiting.push(delivery);
  }
}
