import type { HttpResponse } from "../../src/http.ts";

const limitMs = 10_000;

interface Event {
  readonly type: string;
  readonly object: unknown;
}

/** An open watch of a scenario. */
export class RecordedWatch {
  readonly #controller: AbortController;
  readonly #record: (what: string, answer: unknown) => void;
  readonly #events: Event[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(response: HttpResponse, controller: AbortController, record: (what: string, answer: unknown) => void) {
    this.#controller = controller;
    this.#record = record;
    void this.#read(response);
  }

  /** Waits for so many events, and records them in their order; records what came when they do not come in 10 s. */
  async take(count: number, label = `${count} events`): Promise<readonly Event[]> {
    await this.#until(() => this.#events.length >= count || this.#ended);
    const taken = this.#events.splice(0, count);
    this.#record(label, taken);
    return taken;
  }

  /** Waits for an event of which `last` holds, and records all up to it. */
  async takeUntil(last: (event: Event) => boolean, label = "events"): Promise<readonly Event[]> {
    await this.#until(() => this.#ended || this.#events.some(last));
    const index = this.#events.findIndex(last);
    const taken = this.#events.splice(0, index < 0 ? this.#events.length : index + 1);
    this.#record(label, taken);
    return taken;
  }

  /** Waits for the server to end the watch, and records what came before that. */
  async untilEnd(label = "until its end"): Promise<readonly Event[]> {
    await this.#until(() => this.#ended);
    const taken = this.#events.splice(0);
    this.#record(label, { events: taken, ended: this.#ended });
    return taken;
  }

  abort(): void {
    this.#controller.abort();
  }

  async #read({ body }: HttpResponse): Promise<void> {
    try {
      if (typeof body === "string" || body instanceof Uint8Array)
        this.#take(Buffer.from(body as string).toString("utf8"));
      else {
        const decoder = new TextDecoder();
        let rest = "";
        for await (const chunk of body) {
          rest += decoder.decode(chunk, { stream: true });
          const lines = rest.split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) this.#take(line);
        }
        this.#take(rest);
      }
    } catch (error) {
      if (!this.#controller.signal.aborted) this.#events.push({ type: "BROKEN", object: String(error) });
    }
    this.#ended = true;
    this.#wake();
  }

  #take(line: string): void {
    if (line.trim() === "") return;
    this.#events.push(JSON.parse(line) as Event);
    this.#wake();
  }

  async #until(done: () => boolean): Promise<void> {
    for (const end = Date.now() + limitMs; !done() && Date.now() < end; ) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
