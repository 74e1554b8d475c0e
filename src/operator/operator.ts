import type { Aws } from "../aws/clients.ts";
import type { Clock, Random } from "../clock.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import { AppError } from "../errors.ts";
import type { HttpHandler } from "../http.ts";
import { linkedAbort, untilAborted } from "../kube/abort.ts";
import { runController } from "../kube/controller.ts";
import { createEventRecorder, type EventRecorder } from "../kube/events.ts";
import { createLeaderElection, type LeaderElection, leaderOnly } from "../kube/lease.ts";
import { createKubeClient } from "../kube/rest-client.ts";
import { createWorkQueue, type WorkQueue } from "../kube/work-queue.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { type AwsParts, createAwsParts, findVPC } from "./aws-parts.ts";
import { allInformers, type Caches, createCaches } from "./caches.ts";
import { type WatchedSecrets, watchedSecrets } from "./facts/watched-secrets.ts";
import { loggedEngine } from "./logged-engine.ts";
import type { ControllerModule } from "./module.ts";
import { createModules } from "./modules/all.ts";
import { createResourceTypes } from "./resource-types.ts";
import type { Settings } from "./settings.ts";

export interface OperatorOptions {
  readonly settings: Settings;
  /** The connection to the Kubernetes API. */
  readonly http: HttpHandler;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Unique to this process, for events and leases. */
  readonly instance: string;
  /** Sees, and may change, how Stacks are reconciled: previews record plans with it. */
  readonly wrapEngine?: (engine: Engine) => Engine;
}

export interface OperatorHealth {
  /** Caches are filled and the inventory is listed. */
  readonly ready: boolean;
  /** Whether the process is of use still: false calls for a restart. */
  readonly live: boolean;
  readonly leading: boolean;
  /** What is not ready or not live, in words. */
  readonly problems: readonly string[];
}

/** The whole operator of one process: caches, queues, controllers, in the order in which they need each other. */
export interface Operator {
  /** Resolves when all controllers work; rejects when `signal` aborts or AWS or the cluster cannot be used at all. */
  start(signal?: AbortSignal): Promise<void>;
  /** Ends work in progress within `graceMs`, gives the lease back, closes everything. */
  stop(graceMs?: number): Promise<void>;
  health(): OperatorHealth;
  /** Nothing is due or in progress; planned checks do not count. */
  readonly idle: boolean;
  /** Aborts when this process may no longer lead, and must end. */
  readonly lost: AbortSignal;
  readonly caches: Caches;
}

/** With four reads for most Stacks that is two reads a second. */
const verifySpacingMs = 2_000;
/** A lease that is free is had in less than this, in milliseconds. */
const briefWaitMs = 2_000;
/** How long one reconcile may run before the process counts as stuck, in milliseconds. */
const stuckMs = 600_000;

function lostLease(): AppError {
  return new AppError("this process has lost its lease", { class: "transient", code: "NotLeader" });
}

export function createOperator(options: OperatorOptions): Operator {
  return new RunningOperator(options);
}

class RunningOperator implements Operator {
  readonly caches: Caches;
  readonly #options: OperatorOptions;
  readonly #events: EventRecorder;
  readonly #kube: ReturnType<typeof createKubeClient>;
  readonly #election: LeaderElection | undefined;
  readonly #secrets: WatchedSecrets;
  readonly #queues: WorkQueue[] = [];
  readonly #stopping = new AbortController();
  readonly #lost = new AbortController();
  #awsParts: AwsParts | undefined;
  #started = false;

  constructor(options: OperatorOptions) {
    this.#options = options;
    const { http, aws, clock, random, log, metrics, settings, instance } = options;
    const { leaderElection } = settings;
    this.#election =
      leaderElection === undefined
        ? undefined
        : createLeaderElection({
            client: createKubeClient({ http, clock, random, metrics }),
            ...leaderElection,
            clock,
            random,
            log,
            metrics,
          });
    const leader = { assertLeader: () => this.#assertLeader() };
    const guarded = this.#election === undefined ? http : leaderOnly(http, leader);
    aws.guardWrites(leader.assertLeader);
    this.#kube = createKubeClient({ http: guarded, clock, random, metrics });
    this.caches = createCaches({ http, clock, random, log, metrics }, settings.watchNamespace);
    this.#secrets = watchedSecrets(this.#kube, { http, clock, random, log, metrics });
    this.#events = createEventRecorder({ client: this.#kube, clock, random, log, metrics, instance });
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async start(outer?: AbortSignal): Promise<void> {
    const signal = outer === undefined ? this.#stopping.signal : AbortSignal.any([outer, this.#stopping.signal]);
    const { aws, clock, random, log, settings, wrapEngine } = this.#options;
    const vpcID = await findVPC(aws, { settings, clock });
    log.info("starting", { cluster: settings.clusterName, region: settings.region, vpc: vpcID, mode: settings.mode });
    const awsParts = createAwsParts(aws, { settings, vpcID, clock, log });
    this.#awsParts = awsParts;
    const registry = createResourceTypes({ aws, awsParts, settings, kube: this.#kube, caches: this.caches, clock });
    const plain = createEngine({
      registry,
      clock,
      random,
      log,
      verifyEveryMs: settings.verifyEveryMs,
      verifySpacingMs,
    });
    const engine = loggedEngine(wrapEngine?.(plain) ?? plain, log);
    const modules = createModules(
      {
        settings,
        caches: this.caches,
        kube: this.#kube,
        secrets: this.#secrets,
        events: this.#events,
        engine,
        clock,
        random,
        log,
      },
      { aws, awsParts, vpcID },
    );
    const queues = modules.map((module) => ({ module, queue: this.#queueFor(module) }));
    for (const { module, queue } of queues) module.watch(queue);
    const informers = allInformers(this.caches);
    for (const informer of informers) informer.start();
    await Promise.all([...informers.map((informer) => informer.whenSynced(signal)), awsParts.inventory.ready()]);
    const waitedFrom = clock.monotonic();
    await this.#lead(signal);
    // Another process has led meanwhile: what was listed before is not what AWS holds now, and a watch that broke without a
    // word would show as wanted what the other has deleted.
    if (clock.monotonic() - waitedFrom > briefWaitMs) {
      const refreshed = [awsParts.inventory.refresh(), ...informers.map((informer) => informer.relist())];
      await untilAborted(Promise.all(refreshed), AbortSignal.any([signal, this.#lost.signal]));
    }
    awsParts.start();
    for (const { module, queue } of queues) this.#run(module, queue);
    this.#started = true;
    log.info("started", { controllers: modules.map(({ name }) => name) });
  }

  async stop(graceMs = 20_000): Promise<void> {
    this.#stopping.abort(new AppError("the operator stops", { class: "transient", code: "Stopping" }));
    await Promise.all(this.#queues.map((queue) => queue.stop(graceMs)));
    this.#awsParts?.stop();
    await this.#events.stop();
    await this.#secrets.stop();
    await this.#election?.stop();
    await Promise.all(allInformers(this.caches).map((informer) => informer.stop()));
    this.#options.aws.close();
  }

  get idle(): boolean {
    return this.#started && this.#queues.every((queue) => queue.idle);
  }

  health(): OperatorHealth {
    const problems: string[] = [];
    let live = true;
    for (const informer of allInformers(this.caches)) {
      const health = informer.health();
      if (!health.synced) problems.push(`${informer.kind.plural} are not listed yet`);
      if (!health.live) {
        live = false;
        problems.push(`${informer.kind.plural} have been silent for ${Math.round(health.silentMs / 1000)} s`);
      }
    }
    for (const queue of this.#queues) {
      const { longestRunMs } = queue.state();
      if (longestRunMs > stuckMs) {
        live = false;
        problems.push(`a reconcile of ${queue.name} has run for ${Math.round(longestRunMs / 1000)} s`);
      }
    }
    const synced = allInformers(this.caches).every((informer) => informer.synced);
    const leading = this.#started && (this.#election?.isLeader() ?? true);
    // A process that waits to lead is ready: it could take over.
    return { ready: synced, live, leading, problems };
  }

  #queueFor(module: ControllerModule): WorkQueue {
    const { clock, random, log, metrics } = this.#options;
    const queue = createWorkQueue({ name: module.name, concurrency: module.concurrency, clock, random, log, metrics });
    this.#queues.push(queue);
    return queue;
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const election = this.#election;
    if (election === undefined) return;
    election.start();
    await election.whenLeading(signal);
    const fence = election.fence();
    // The term may be over already, when the process was frozen between two turns.
    if (fence.aborted) this.#lost.abort(lostLease());
    else fence.addEventListener("abort", () => this.#lost.abort(lostLease()), { once: true });
    if (this.#lost.signal.aborted) throw lostLease();
  }

  /** A term that was lost does not come back, also when the lease does: what this process knows of AWS is of that term. */
  #assertLeader(): void {
    if (this.#lost.signal.aborted) throw lostLease();
    this.#election?.assertLeader();
  }

  #run(module: ControllerModule, queue: WorkQueue): void {
    const { clock, log, metrics } = this.#options;
    const election = this.#election;
    const mayWrite = (): void => this.#assertLeader();
    runController({
      name: module.name,
      queue,
      clock,
      log,
      metrics,
      async reconcile(key, context) {
        if (election === undefined) return module.reconcile(key, context);
        mayWrite();
        const { controller, release } = linkedAbort(election.fence());
        // The work's own signal does not outlive it; the fence does, so its listener is taken away again.
        context.signal.addEventListener("abort", () => controller.abort(context.signal.reason), { once: true });
        try {
          return await module.reconcile(key, { ...context, signal: controller.signal });
        } finally {
          release();
        }
      },
    });
  }
}
