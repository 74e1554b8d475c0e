import { type Aws, createAws } from "../../src/aws/clients.ts";
import { publishedRates, type Rate, type Rates } from "../../src/aws/rates.ts";
import { keysIn } from "../../src/cli/operator-host.ts";
import { environmentOf } from "../../src/cli/sandbox-host.ts";
import { sandboxRunOptions } from "../../src/cli/sandbox-settings.ts";
import type { HttpHandler, HttpRequest } from "../../src/http.ts";
import type { Logger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createOperator, type Operator } from "../../src/operator/operator.ts";
import type { Settings } from "../../src/operator/settings.ts";
import { seededRandom } from "../../src/sandbox/aws/ids.ts";
import { inProcessHandler } from "../../src/sandbox/aws/in-process-handler.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { MortalClock } from "./mortal-clock.ts";
import type { SimClock } from "./sim-clock.ts";

/** At which AWS call a process dies, counted from 1, and on which side of it. */
export interface Death {
  readonly call: number;
  readonly when: "before" | "after";
}

export interface KubeWrite {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface ProcessOptions {
  readonly sandbox: Sandbox;
  /** The Kubernetes API as the operator reaches it. */
  readonly kube: HttpHandler;
  readonly clock: SimClock;
  readonly seed: number;
  readonly settings?: Partial<Settings>;
  readonly flags?: readonly string[];
  readonly log: Logger;
  readonly death?: Death;
  /** Sends calls as fast as they come, so that a large state is built quickly. */
  readonly unlimitedRates?: boolean;
}

/** One run of the operator, which can end in good order or die in the middle of a call. */
export interface OperatorProcess {
  readonly operator: Operator;
  /** AWS calls that this process sent. */
  readonly awsCalls: number;
  readonly writes: readonly KubeWrite[];
  forgetWrites(): void;
  readonly dead: boolean;
  /** Dies at one of the calls to come, counted from now. */
  dieAt(death: Death): void;
  /** From now on nothing that the process does has any effect. */
  kill(): void;
  stop(): Promise<void>;
}

const plenty: Rate = { capacity: 1_000_000, refillPerSecond: 1_000_000 };
const unlimited = Object.fromEntries(
  Object.entries(publishedRates).map(([service, { buckets }]) => [
    service,
    { buckets: Object.fromEntries(Object.keys(buckets).map((name) => [name, plenty])) },
  ]),
) as unknown as Rates;

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export function createOperatorProcess(options: ProcessOptions): OperatorProcess {
  const { sandbox, seed, log } = options;
  let { death } = options;
  const clock = new MortalClock(options.clock);
  const random = seededRandom(seed);
  const gone = new AbortController();
  const environment = environmentOf(sandbox, "http://127.0.0.1");
  const { settings } = sandboxRunOptions(environment, options.flags);
  let awsCalls = 0;
  let writes: KubeWrite[] = [];

  const kill = (): void => {
    clock.die();
    gone.abort(new Error("the process is dead"));
  };

  const kube: HttpHandler = async (request) => {
    if (gone.signal.aborted) return never();
    if (request.method !== "GET") writes.push({ method: request.method, path: request.path, body: textOf(request) });
    const signal = request.signal === undefined ? gone.signal : AbortSignal.any([request.signal, gone.signal]);
    const response = await options.kube({ ...request, signal });
    return gone.signal.aborted ? never() : response;
  };
  const awsHandle: HttpHandler = async (request) => {
    if (gone.signal.aborted) return never();
    awsCalls += 1;
    const last = awsCalls === death?.call;
    if (last && death?.when === "before") {
      kill();
      return never();
    }
    const response = await sandbox.aws.handle(request);
    if (last) kill();
    return gone.signal.aborted ? never() : response;
  };
  const aws: Aws = createAws({
    region: settings.region,
    credentials: keysIn(environment) ?? (() => Promise.reject(new TypeError("the sandbox has keys"))),
    requestHandler: inProcessHandler(awsHandle) as never,
    clock,
    random,
    log,
    ...(options.unlimitedRates === true ? { rates: unlimited } : {}),
  });
  const operator = createOperator({
    settings: { ...settings, ...options.settings },
    http: kube,
    aws,
    clock,
    random,
    log,
    metrics: createMetrics(),
    instance: `operator-${seed}`,
  });
  return {
    operator,
    get awsCalls() {
      return awsCalls;
    },
    get writes() {
      return writes;
    },
    forgetWrites: () => void (writes = []),
    get dead() {
      return gone.signal.aborted;
    },
    dieAt: ({ call, when }) => void (death = { call: awsCalls + call, when }),
    kill,
    async stop() {
      if (!gone.signal.aborted) await operator.stop(0);
    },
  };
}

function textOf({ body }: HttpRequest): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : Buffer.from(body).toString("utf8");
}
