import { type Clock, type Random, sleep } from "../../../src/clock.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../src/http.ts";

/** How the way between one process and one server is. */
export interface Weather {
  /** Connections are refused. */
  refusing: boolean;
  /** Nothing that is sent is ever answered, also not when the weather is better. */
  blackhole: boolean;
  /** Requests whose path contains this have no answer. */
  lost: string | undefined;
  /** Answers take up to so many milliseconds longer. */
  slowMs: number;
}

/** A request on its way to the server takes so long at most, in milliseconds: less than what a lease leaves over. */
const transitMs = 400;

interface Connection {
  readonly failed: Promise<never>;
  readonly fail: (error: Error) => void;
  /** The next piece of a body that comes is torn in two, and then the connection is cut. */
  tearNext: boolean;
}

/** A network with latency and weather between one process and one server, in simulated time. */
export class FaultyNetwork {
  readonly weather: Weather = { refusing: false, blackhole: false, lost: undefined, slowMs: 0 };
  readonly #server: HttpHandler;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #connections = new Set<Connection>();
  /** Called when the server has seen a request, with its answer's status. */
  readonly #onServed: (request: HttpRequest, status: number) => void;
  onSend: ((request: HttpRequest) => void) | undefined;

  constructor(options: {
    readonly server: HttpHandler;
    readonly clock: Clock;
    readonly random: Random;
    readonly onServed?: (request: HttpRequest, status: number) => void;
  }) {
    this.#server = options.server;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onServed = options.onServed ?? (() => undefined);
  }

  /** Cuts all connections: what is under way is lost, some of it before the server sees it and some after. */
  cut(): void {
    for (const connection of this.#connections) connection.fail(reset());
    this.#connections.clear();
  }

  /** The next piece of each open body comes in half, then the connection is cut. */
  tearBodies(): void {
    for (const connection of this.#connections) connection.tearNext = true;
  }

  /** What is open now stays open, and brings nothing any more. */
  swallow(): void {
    this.#connections.clear();
    this.#generation += 1;
  }
  #generation = 0;

  readonly handle: HttpHandler = async (request) => {
    const { weather } = this;
    if (weather.refusing) {
      await sleep(this.#clock, 1);
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    }
    this.onSend?.(request);
    if (weather.blackhole || (weather.lost !== undefined && request.path.includes(weather.lost))) return never();
    const connection = this.#connect();
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    connection.failed.catch(reject);
    void this.#exchange(request, connection).then(resolve, reject);
    return promise;
  };

  #connect(): Connection {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    const connection = { failed: promise, fail: reject, tearNext: false };
    this.#connections.add(connection);
    return connection;
  }

  async #exchange(request: HttpRequest, connection: Connection): Promise<HttpResponse> {
    const generation = this.#generation;
    await sleep(this.#clock, 1 + this.#random() * this.#random() * transitMs);
    const isLost = !this.#connections.has(connection) && this.#random() < 0.5;
    if (isLost) return never();
    // Answers that nobody waits for any more still end the server's work: watches are closed by the signal.
    const { beforeSend: _here, ...sent } = request;
    const response = await this.#server(sent);
    this.#onServed(request, response.status);
    await sleep(this.#clock, 1 + this.#random() * 20 + this.#random() * this.weather.slowMs);
    if (generation !== this.#generation) return never();
    const { body } = response;
    if (typeof body === "string" || body instanceof Uint8Array) {
      this.#connections.delete(connection);
      if (!connection.tearNext) return response;
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      return { ...response, body: torn(bytes) };
    }
    return { ...response, body: this.#stream(body, connection, generation) };
  }

  #stream(body: AsyncIterable<Uint8Array>, connection: Connection, generation: number): AsyncIterable<Uint8Array> {
    const chunks = body[Symbol.asyncIterator]();
    let isTorn = false;
    const iterator: AsyncIterator<Uint8Array> = {
      next: async () => {
        if (isTorn) throw reset();
        const result = await Promise.race([chunks.next(), connection.failed]);
        if (generation !== this.#generation) return never();
        if (result.done === true || !connection.tearNext) return result;
        isTorn = true;
        return { done: false, value: result.value.subarray(0, result.value.length >> 1) };
      },
      return: async () => {
        this.#connections.delete(connection);
        await chunks.return?.();
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }
}

async function* torn(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes.subarray(0, bytes.length >> 1));
  throw reset();
}

function reset(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
