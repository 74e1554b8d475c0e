import type { Kind, KubeObject } from "../api/object.ts";
import { type Clock, type Random, sleep, type Timer } from "../clock.ts";
import { AppError, errorMessage, isAppError } from "../errors.ts";
import type { HttpHandler } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { untilAborted, withDeadline } from "./abort.ts";
import type { KubeClient } from "./client.ts";

/** What `coordination.k8s.io/v1` keeps of a lock. */
export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number | null;
  };
}

export const leaseKind: Kind<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
};

/** The times of controller-runtime, in milliseconds. */
export const leaseTimes = {
  /** How long others wait after the last renewal that they have seen. */
  durationMs: 15_000,
  /** How long after its last renewal a leader may go on; what is left of the lease is the safety margin. */
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
  /** How soon a leader whose renewal failed tries again: a connection that hangs must not cost it the term. */
  failedRetryMs: 500,
  /** Limit of one call: two that hang leave time for a third. */
  callMs: 3_000,
} as const;

interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Unique to this process: host name and a random part. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
}

/** At most one of several processes is the leader at any time, and only the leader writes. */
export interface LeaderElection {
  /**
   * Exact at the moment of the call, also when timers are late because the process was frozen or the machine suspended.
   */
  isLeader(): boolean;
  /** Throws a transient AppError `NotLeader`; call it right before every write. */
  assertLeader(): void;
  /**
   * Aborts before another process can become leader. Each term has a signal of its own; between terms it is aborted
   * already.
   */
  fence(): AbortSignal;
  /** Resolves when this process leads; rejects when `signal` aborts or the election stops. */
  whenLeading(signal?: AbortSignal): Promise<void>;
  /** Starts to stand for election. To be called once. */
  start(): void;
  /** Ends the term, then gives the lease back so that another can take over at once. */
  stop(): Promise<void>;
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { client, clock, random, metrics, identity } = options;
  const { durationMs, renewDeadlineMs, retryMs, failedRetryMs, callMs } = leaseTimes;
  const leaseName = { namespace: options.namespace, name: options.name };
  const log = options.log.child({ lease: `${options.namespace}/${options.name}`, identity });
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  /** The present term; the last renewal counts from before it was sent. */
  let term: { renewedAt: Moment; readonly fence: AbortController; timer: Timer } | undefined;
  let leading = Promise.withResolvers<void>();
  leading.promise.catch(() => undefined);
  /** What others wrote, and when we first saw that: expiry is judged by our clock alone. */
  let seen: { readonly record: string; readonly at: number } | undefined;
  let held: Lease | undefined;
  const over = new AbortController();
  over.abort(notLeader(identity));

  function isLeader(): boolean {
    return term !== undefined && !term.fence.signal.aborted && sinceMs(term.renewedAt) < renewDeadlineMs;
  }

  function present(): Moment {
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }

  /**
   * What the clock says that says more. Both go on while a process is stopped; while the machine is suspended Linux holds
   * its monotonic clock, and the wall clock alone can be put back.
   */
  function sinceMs({ monotonic, wall }: Moment): number {
    return Math.max(clock.monotonic() - monotonic, clock.now() - wall);
  }

  function endTerm(why: string): void {
    if (term === undefined) return;
    term.timer.cancel();
    const { fence } = term;
    term = undefined;
    leading = Promise.withResolvers();
    leading.promise.catch(() => undefined);
    metrics?.set("leader_election_master_status", { name: options.name }, 0);
    log.warn("no longer the leader", { why });
    fence.abort(notLeader(identity));
  }

  function renewed(at: Moment): void {
    // An answer that comes too late must not prolong a term that has ended.
    if (sinceMs(at) >= renewDeadlineMs) return;
    if (term !== undefined && !isLeader()) endTerm("the lease was not renewed in time");
    const timer = clock.setTimer(renewDeadlineMs - sinceMs(at), () => endTerm("the lease was not renewed in time"));
    if (term !== undefined) {
      term.timer.cancel();
      term.renewedAt = at;
      term.timer = timer;
      return;
    }
    term = { renewedAt: at, fence: new AbortController(), timer };
    metrics?.set("leader_election_master_status", { name: options.name }, 1);
    log.info("became the leader");
    leading.resolve();
  }

  /** One attempt to get or keep the lease. */
  async function attempt(signal: AbortSignal): Promise<void> {
    const at = present();
    const lease = held ?? (await client.get(leaseKind, leaseName, { signal }));
    if (lease === undefined) {
      held = await client.create(
        leaseKind,
        { metadata: leaseName, spec: { ...claim(), acquireTime: microTime(clock.now()), leaseTransitions: 0 } },
        { signal },
      );
      renewed(at);
      return;
    }
    const { holderIdentity, leaseTransitions, acquireTime } = lease.spec ?? {};
    const ours = holderIdentity === identity;
    if (!ours) endTerm("another process took the lease");
    if (!ours && !hasExpired(lease)) return;
    held = await client.mergePatch(
      leaseKind,
      leaseName,
      {
        metadata: { resourceVersion: lease.metadata.resourceVersion },
        spec: {
          ...claim(),
          acquireTime: ours ? acquireTime : microTime(clock.now()),
          leaseTransitions: (leaseTransitions ?? 0) + (ours ? 0 : 1),
        },
      },
      { signal },
    );
    renewed(at);
  }

  function claim(): object {
    return { holderIdentity: identity, leaseDurationSeconds: durationMs / 1000, renewTime: microTime(clock.now()) };
  }

  function hasExpired(lease: Lease): boolean {
    const { holderIdentity, leaseDurationSeconds } = lease.spec ?? {};
    if (holderIdentity === undefined || holderIdentity === null || holderIdentity === "") return true;
    const record = `${lease.metadata.uid} ${lease.metadata.resourceVersion}`;
    if (seen?.record !== record) seen = { record, at: clock.monotonic() };
    return clock.monotonic() - seen.at >= (leaseDurationSeconds ?? durationMs / 1000) * 1000;
  }

  async function run(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      let pauseMs: number = retryMs;
      try {
        await withDeadline({ clock, limitMs: callMs, what: "renew the lease", signal }, attempt);
      } catch (error) {
        held = undefined;
        if (signal.aborted) return;
        if (isLeader()) pauseMs = failedRetryMs;
        const lost = isAppError(error) && error.class === "conflict";
        if (!lost) log.warn("the lease could not be renewed", { error: errorMessage(error) });
      }
      try {
        await sleep(clock, pauseMs * (1 + 0.2 * random()), signal);
      } catch {
        return;
      }
    }
  }

  async function release(): Promise<void> {
    const lease = held;
    if (lease === undefined) return;
    const metadata = { resourceVersion: lease.metadata.resourceVersion };
    const spec = { holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(clock.now()) };
    try {
      await withDeadline({ clock, limitMs: callMs, what: "release the lease" }, (signal) =>
        client.mergePatch(leaseKind, leaseName, { metadata, spec }, { signal }),
      );
    } catch (error) {
      // The lease then expires by itself.
      log.warn("the lease could not be released", { error: errorMessage(error) });
    }
  }

  return {
    isLeader,
    assertLeader() {
      if (!isLeader()) throw notLeader(identity);
    },
    fence: () => (term !== undefined && isLeader() ? term.fence.signal : over.signal),
    async whenLeading(signal) {
      await (signal === undefined ? leading.promise : untilAborted(leading.promise, signal));
    },
    start() {
      if (running !== undefined) throw new TypeError("the election was started twice");
      running = run();
    },
    async stop() {
      const wasLeader = isLeader();
      endTerm("the process stops");
      const reason = new DOMException("the election stops", "AbortError");
      stopping.abort(reason);
      leading.reject(reason);
      await running;
      if (wasLeader) await release();
    },
  };
}

/** Lets reads through always and writes only while this process leads, as late as the connection can tell. */
export function leaderOnly(http: HttpHandler, election: Pick<LeaderElection, "assertLeader">): HttpHandler {
  const beforeSend = (): void => election.assertLeader();
  return async (request) => {
    if (request.method === "GET") return http(request);
    beforeSend();
    return http({ ...request, beforeSend });
  };
}

/** RFC 3339 with the six decimals that `metav1.MicroTime` demands. */
export function microTime(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return new Date(whole).toISOString().replace("Z", `${String(micros).padStart(3, "0")}Z`);
}

function notLeader(identity: string): AppError {
  return new AppError(`${identity} is not the leader`, { class: "transient", code: "NotLeader" });
}
