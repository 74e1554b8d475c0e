import { createLogger, silentLogger } from "../../../src/log.ts";
import type { FaultRule } from "../../../src/sandbox/aws/fault-plan.ts";
import type { KubeApi } from "../../../src/sandbox/kube/kube-api.ts";
import type { OperatorWorld } from "../operator-world.ts";
import type { FaultEvent } from "./schedule.ts";
import { SimulatedProcess, type Write } from "./simulated-process.ts";

/** How soon an ended process is started again, as the kubelet does, in milliseconds. */
const restartMs = 2_000;

/** Two processes of the operator, one of which leads, beside a world whose own operator was not started. */
export class OperatorPair {
  readonly writes: Write[] = [];
  readonly #world: OperatorWorld;
  readonly #seed: number;
  readonly #slots: SimulatedProcess[] = [];
  #starts = 0;
  #closed = false;

  constructor(world: OperatorWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
    this.#start(0);
    this.#start(1);
  }

  get processes(): readonly SimulatedProcess[] {
    return this.#slots;
  }

  /** The process that leads and is not frozen. */
  get leader(): SimulatedProcess | undefined {
    return this.#slots.find(({ leading }) => leading);
  }

  /** Makes all faults happen at their times, from now on. */
  plan(events: readonly FaultEvent[]): void {
    for (const event of events) this.#world.clock.setTimer(event.atMs, () => this.#strike(event));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const process of this.#slots) {
      await process.gate.thaw();
      process.stop();
    }
    const alive = this.#slots.filter(({ gate }) => !gate.dead);
    await this.#world.drive(Promise.all(alive.map(({ ended }) => ended)));
  }

  /**
   * The processes in the order in which they wrote, neighbours that are the same told once. Nobody appears twice when there
   * never were two writers.
   */
  writers(): readonly string[] {
    return this.writes.map(({ process }) => process).filter((name, index, all) => name !== all[index - 1]);
  }

  #start(slot: number): void {
    if (this.#closed) return;
    this.#starts += 1;
    const { sandbox, clock } = this.#world;
    const name = `p${slot}n${this.#starts}`;
    const process = new SimulatedProcess({
      name,
      sandbox,
      clock,
      seed: this.#seed * 1_000 + this.#starts * 10,
      log: globalThis.process.env["FAIRLEAD_TEST_LOG"] === undefined ? silentLogger : verbose.child({ process: name }),
      onWrite: (write) => void this.writes.push(write),
    });
    this.#slots[slot] = process;
    void process.ended.then(() => clock.setTimer(restartMs, () => this.#start(slot)));
  }

  #strike({ kind, slot, durationMs }: FaultEvent): void {
    const { clock, sandbox } = this.#world;
    const process = this.#slots[slot];
    if (process === undefined) return;
    const later = (end: () => void): void => void clock.setTimer(durationMs, end);
    const awsFault = (fault: FaultRule["fault"]): void => {
      const handle = sandbox.aws.faults.add({ probability: 0.5, times: Number.POSITIVE_INFINITY, fault });
      later(() => handle.remove());
    };
    switch (kind) {
      case "api-server-restart":
        for (const { kube } of this.#slots) {
          kube.weather.refusing = true;
          kube.cut();
          later(() => (kube.weather.refusing = false));
        }
        break;
      case "compact":
        // The embedded server is a whole one, whatever the type says that a real one shares with it.
        (sandbox.kube as KubeApi).compact();
        for (const { kube } of this.#slots) kube.cut();
        break;
      case "kube-cut":
        process.kube.cut();
        break;
      case "kube-torn":
        process.kube.tearBodies();
        break;
      case "kube-swallow":
        process.kube.swallow();
        break;
      case "kube-blackhole":
        process.kube.weather.blackhole = true;
        process.kube.swallow();
        later(() => (process.kube.weather.blackhole = false));
        break;
      case "kube-slow":
        process.kube.weather.slowMs = 8_000;
        later(() => (process.kube.weather.slowMs = 0));
        break;
      case "lease-lost":
        process.kube.weather.lost = "/leases/";
        later(() => (process.kube.weather.lost = undefined));
        break;
      case "aws-errors":
        awsFault({ kind: "error", code: "InternalFailure", status: 500 });
        break;
      case "aws-throttle":
        awsFault({ kind: "throttle" });
        break;
      case "aws-cut":
        awsFault({ kind: "cut", when: durationMs % 2 === 0 ? "before" : "after" });
        break;
      case "aws-blackhole":
        process.aws.weather.blackhole = true;
        process.aws.swallow();
        later(() => (process.aws.weather.blackhole = false));
        break;
      case "freeze":
        this.#freeze(process, durationMs);
        break;
      case "freeze-in-aws-write":
        freezeInNext(
          process.aws,
          ({ body }) => !/Action=(Describe|List|Get)/.test(String(body)),
          () => this.#freeze(process, durationMs),
        );
        break;
      case "freeze-in-kube-write":
        freezeInNext(
          process.kube,
          ({ method }) => method !== "GET",
          () => this.#freeze(process, durationMs),
        );
        break;
      case "kill":
        process.kill();
        clock.setTimer(restartMs, () => this.#start(slot));
        break;
      case "stop":
        process.stop();
        break;
      default:
        kind satisfies never;
    }
  }

  #freeze(process: SimulatedProcess, durationMs: number): void {
    process.gate.freeze();
    this.#world.clock.setTimer(durationMs, () => void process.gate.thaw());
  }
}

function freezeInNext(
  network: SimulatedProcess["aws"],
  isMeant: (request: Parameters<SimulatedProcess["aws"]["handle"]>[0]) => boolean,
  freeze: () => void,
): void {
  network.onSend = (request) => {
    if (!isMeant(request)) return;
    network.onSend = undefined;
    freeze();
  };
}

const verbose = createLogger({ level: "debug", format: "text" });
