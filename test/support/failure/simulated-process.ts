import { createAws } from "../../../src/aws/clients.ts";
import { environmentOf } from "../../../src/cli/sandbox-host.ts";
import { sandboxRunOptions } from "../../../src/cli/sandbox-settings.ts";
import { untilAborted } from "../../../src/cli/until-aborted.ts";
import { type Clock, sleep } from "../../../src/clock.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../src/http.ts";
import type { Logger } from "../../../src/log.ts";
import { createMetrics } from "../../../src/metrics.ts";
import { createOperator, type Operator } from "../../../src/operator/operator.ts";
import { seededRandom } from "../../../src/sandbox/aws/ids.ts";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import type { Sandbox } from "../../../src/sandbox/sandbox.ts";
import { FaultyNetwork } from "./faulty-network.ts";
import { ProcessGate } from "./process-gate.ts";

/** A write that a server has carried out, and who asked for it. */
export interface Write {
  readonly at: number;
  readonly process: string;
  readonly what: string;
}

export interface SimulatedProcessOptions {
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly seed: number;
  readonly log: Logger;
  readonly onWrite: (write: Write) => void;
}

/** One process of `fairlead run` with leader election, on networks and a clock of its own. */
export class SimulatedProcess {
  readonly name: string;
  readonly gate: ProcessGate;
  readonly kube: FaultyNetwork;
  readonly aws: FaultyNetwork;
  readonly operator: Operator;
  /** Resolves when the process has ended by itself; never for one that was killed. */
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();

  constructor(options: SimulatedProcessOptions) {
    const { name, sandbox, clock, seed, log, onWrite } = options;
    this.name = name;
    const random = seededRandom(seed);
    this.gate = new ProcessGate(clock, seededRandom(seed + 1));
    const note = (what: string): void => onWrite({ at: clock.monotonic(), process: name, what });
    this.kube = new FaultyNetwork({
      server: sandbox.kube.handle,
      clock,
      random: seededRandom(seed + 2),
      onServed: (request, status) => {
        if (isWrite(request) && status < 300) note(`${request.method} ${request.path}`);
      },
    });
    const key = { ...sandbox.aws.credential, accessKeyId: `AKIA${name}`, arn: `${sandbox.aws.credential.arn}/${name}` };
    sandbox.aws.credentials.add(key);
    this.aws = new FaultyNetwork({
      server: sandbox.aws.handle,
      clock,
      random: seededRandom(seed + 3),
      onServed: () => {
        const record = sandbox.aws.calls.records.at(-1);
        if (record?.principal === key.arn && record.mutating && record.performed)
          note(`${record.service} ${record.operation}`);
      },
    });
    const environment = environmentOf(sandbox, "http://127.0.0.1");
    const { settings } = sandboxRunOptions(environment);
    const own = this.gate.clock;
    this.operator = createOperator({
      settings: {
        ...settings,
        leaderElection: { name: "fairlead-test", namespace: "kube-system", identity: name },
      },
      http: this.#seen(this.kube, async (request) => {
        // As a connection that waits for credentials or for its turn: the check comes after that.
        if (random() < 0.2) await sleep(own, random() * 50);
        request.beforeSend?.();
      }),
      aws: createAws({
        region: settings.region,
        credentials: () => Promise.resolve(key),
        requestHandler: inProcessHandler(this.#seen(this.aws, () => Promise.resolve())) as never,
        clock: own,
        random,
        log,
      }),
      clock: own,
      random,
      log,
      metrics: createMetrics(),
      instance: name,
    });
    this.ended = this.#run();
  }

  get leading(): boolean {
    return !this.gate.dead && !this.gate.frozen && this.operator.health().leading;
  }

  kill(): void {
    this.gate.kill();
  }

  /** SIGTERM. */
  stop(): void {
    this.#stop.abort(new DOMException("SIGTERM", "AbortError"));
  }

  /** What `fairlead run` does (src/cli/commands/run.ts). */
  async #run(): Promise<void> {
    const signal = this.#stop.signal;
    try {
      await this.operator.start(signal);
      await untilAborted(AbortSignal.any([signal, this.operator.lost]));
    } catch {
      // AWS or the cluster could not be used at all, or the process was asked to end: it ends.
    } finally {
      await this.operator.stop();
    }
  }

  #seen(network: FaultyNetwork, before: (request: HttpRequest) => Promise<void>): HttpHandler {
    return async (request) => {
      await before(request);
      if (this.gate.dead) return new Promise(() => undefined);
      const response = await this.gate.pass(network.handle(request));
      return { ...response, body: this.#body(response.body) };
    };
  }

  #body(body: HttpResponse["body"]): HttpResponse["body"] {
    if (typeof body === "string" || body instanceof Uint8Array) return body;
    const chunks = body[Symbol.asyncIterator]();
    const iterator: AsyncIterator<Uint8Array> = {
      next: () => this.gate.pass(chunks.next()),
      return: async () => {
        await chunks.return?.();
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }
}

/** Changes of the Lease itself are how the two agree, and no writes in this sense. */
function isWrite({ method, path }: HttpRequest): boolean {
  return method !== "GET" && !path.includes("/leases");
}
