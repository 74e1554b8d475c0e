import PQueue from "p-queue";
import type { Clock, Random, Timer } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { PriorityLanes } from "./priority-lanes.ts";

/** What users feel first goes first: endpoint changes and deletions, then edits, then retries, then resyncs. */
export const priorities = ["urgent", "edit", "retry", "resync"] as const;
export type Priority = (typeof priorities)[number];

/** What is to happen with a key after work on it. */
export type QueueAction =
  | { readonly kind: "forget" }
  /** Look again later; not a failure: the back-off starts afresh. */
  | { readonly kind: "after"; readonly afterMs: number }
  /** Exponential back-off, or after `afterMs` where that is later. */
  | { readonly kind: "backoff"; readonly afterMs?: number };

export interface WorkContext {
  /** Aborts when the queue stops, or stops waiting for this work. */
  readonly signal: AbortSignal;
  readonly priority: Priority;
  /** Failures in a row before this attempt. */
  readonly failures: number;
}

export type Work = (key: string, context: WorkContext) => Promise<QueueAction>;

export interface WorkQueueOptions {
  readonly name: string;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Upper bound of the first back-off, which doubles with each failure; default 500 ms. */
  readonly baseDelayMs?: number;
  /** Default 5 minutes. */
  readonly maxDelayMs?: number;
}

export interface WorkQueueState {
  readonly waiting: Readonly<Record<Priority, number>>;
  /** Keys with a planned wake-up (back-off or `addAfter`). */
  readonly delayed: number;
  readonly inFlight: readonly string[];
  /** How long the oldest waiting key has waited, in milliseconds; 0 when none waits. */
  readonly oldestMs: number;
  /** How long the longest running work has run, in milliseconds. */
  readonly longestRunMs: number;
}

/**
 * Keys to work on. A key waits at most once and is never worked on twice at the same time; a key that is added during
 * work on it is worked on once more afterwards. Keys added before `start` wait.
 */
export interface WorkQueue {
  readonly name: string;
  /**
   * Makes the key due now. A key that already waits moves up to the higher priority. An `edit` also forgets earlier
   * failures (a user's correction must not wait for a back-off); a `resync` does not shorten a back-off.
   */
  add(key: string, priority: Priority): void;
  /**
   * Makes the key due in `afterMs`, or earlier if it is planned earlier already. The start of work on a key clears its
   * planned wake-ups: work decides anew when to look again.
   */
  addAfter(key: string, afterMs: number, priority?: Priority): void;
  /** Forgets the failures of a key, and its back-off. */
  reset(key: string): void;
  /** Starts the workers. To be called once. */
  start(work: Work): void;
  /** Sees that nothing is due or in progress (planned wake-ups do not count). */
  readonly idle: boolean;
  state(): WorkQueueState;
  /**
   * Takes no more keys and starts no more work. Work in progress may finish within `graceMs` (default 0), then its
   * signal aborts; resolves when all work has ended.
   */
  stop(graceMs?: number): Promise<void>;
}

interface Item {
  readonly key: string;
  /** Priority and time since when it is due; absent unless it waits. */
  due: { priority: Priority; readonly since: number } | undefined;
  running: { readonly since: number; readonly controller: AbortController } | undefined;
  /** Priority to queue it with after the present work. */
  dirty: Priority | undefined;
  failures: number;
  planned:
    | { readonly at: number; readonly priority: Priority; readonly backoff: boolean; readonly timer: Timer }
    | undefined;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, random, metrics, name } = options;
  const baseDelayMs = options.baseDelayMs ?? 500;
  const maxDelayMs = options.maxDelayMs ?? 300_000;
  const log = options.log.child({ queue: name });
  const items = new Map<string, Item>();
  const running = new Set<Item>();
  const waiting: Record<Priority, number> = { urgent: 0, edit: 0, retry: 0, resync: 0 };
  const workers = new PQueue({ concurrency: options.concurrency, autoStart: false, queueClass: PriorityLanes });
  let work: Work | undefined;
  let stopped = false;

  function item(key: string): Item {
    let found = items.get(key);
    if (found === undefined) {
      found = { key, due: undefined, running: undefined, dirty: undefined, failures: 0, planned: undefined };
      items.set(key, found);
    }
    return found;
  }

  function makeDue(entry: Item, priority: Priority): void {
    if (stopped) return;
    if (entry.running !== undefined) {
      entry.dirty = higher(entry.dirty, priority);
      return;
    }
    if (entry.due !== undefined) {
      if (rank(priority) < rank(entry.due.priority)) {
        waiting[entry.due.priority]--;
        waiting[priority]++;
        entry.due.priority = priority;
        workers.setPriority(entry.key, -rank(priority));
      }
      return;
    }
    entry.due = { priority, since: clock.monotonic() };
    waiting[priority]++;
    // The promise settles with the work, which handles its own errors.
    void workers.add(() => run(entry), { id: entry.key, priority: -rank(priority) });
  }

  function plan(entry: Item, afterMs: number, priority: Priority, backoff: boolean): void {
    if (stopped) return;
    const at = clock.monotonic() + Math.max(0, afterMs);
    if (entry.planned !== undefined) {
      if (entry.planned.at <= at) return;
      entry.planned.timer.cancel();
    }
    const timer = clock.setTimer(Math.max(0, afterMs), () => {
      entry.planned = undefined;
      makeDue(entry, priority);
    });
    entry.planned = { at, priority, backoff, timer };
  }

  function unplan(entry: Item): void {
    entry.planned?.timer.cancel();
    entry.planned = undefined;
  }

  async function run(entry: Item): Promise<void> {
    // Handlers that add keys must not find themselves inside the work.
    await Promise.resolve();
    const due = entry.due;
    if (due === undefined || stopped || work === undefined) return;
    const started = clock.monotonic();
    const controller = new AbortController();
    waiting[due.priority]--;
    entry.due = undefined;
    unplan(entry);
    entry.running = { since: started, controller };
    running.add(entry);
    metrics?.observe(
      "workqueue_queue_duration_seconds",
      { name, priority: due.priority },
      (started - due.since) / 1000,
    );
    let action: QueueAction;
    try {
      action = await work(entry.key, {
        signal: controller.signal,
        priority: due.priority,
        failures: entry.failures,
      });
    } catch (error) {
      log.error("work ended with an exception", { key: entry.key, error: errorMessage(error) });
      action = { kind: "backoff" };
    }
    running.delete(entry);
    entry.running = undefined;
    metrics?.observe("workqueue_work_duration_seconds", { name }, (clock.monotonic() - started) / 1000);
    if (!stopped) settle(entry, action);
  }

  function settle(entry: Item, action: QueueAction): void {
    const dirty = entry.dirty;
    entry.dirty = undefined;
    if (action.kind === "backoff" && dirty !== "edit") {
      entry.failures++;
      metrics?.add("workqueue_retries_total", { name });
      const delayMs = Math.max(backoffMs(entry.failures, baseDelayMs, maxDelayMs, random), action.afterMs ?? 0);
      plan(entry, delayMs, "retry", true);
    } else {
      entry.failures = 0;
      if (action.kind === "after") plan(entry, action.afterMs, "retry", false);
    }
    // A change that came during the work is looked at now; only a resync can wait for the back-off.
    if (dirty !== undefined && !(dirty === "resync" && entry.planned?.backoff === true)) makeDue(entry, dirty);
    dropIfUnused(entry);
  }

  function dropIfUnused(entry: Item): void {
    if (entry.due === undefined && entry.running === undefined && entry.planned === undefined && entry.failures === 0)
      items.delete(entry.key);
  }

  function state(): WorkQueueState {
    const now = clock.monotonic();
    let oldestMs = 0;
    let delayed = 0;
    for (const entry of items.values()) {
      if (entry.due !== undefined) oldestMs = Math.max(oldestMs, now - entry.due.since);
      if (entry.planned !== undefined) delayed++;
    }
    let longestRunMs = 0;
    for (const entry of running) longestRunMs = Math.max(longestRunMs, now - (entry.running?.since ?? now));
    return {
      waiting: { ...waiting },
      delayed,
      inFlight: [...running].map((entry) => entry.key),
      oldestMs,
      longestRunMs,
    };
  }

  const endCollect = metrics?.onCollect(() => {
    const now = state();
    for (const priority of priorities) metrics.set("workqueue_depth", { name, priority }, now.waiting[priority]);
    metrics.set("workqueue_oldest_age_seconds", { name }, now.oldestMs / 1000);
    metrics.set("workqueue_longest_running_processor_seconds", { name }, now.longestRunMs / 1000);
  });

  return {
    name,
    add(key, priority) {
      if (stopped) return;
      metrics?.add("workqueue_adds_total", { name });
      const entry = item(key);
      if (priority === "edit") {
        entry.failures = 0;
      } else if (priority === "resync" && entry.planned?.backoff === true) {
        return;
      }
      makeDue(entry, priority);
    },
    addAfter(key, afterMs, priority = "retry") {
      if (stopped) return;
      metrics?.add("workqueue_adds_total", { name });
      plan(item(key), afterMs, priority, false);
    },
    reset(key) {
      const entry = items.get(key);
      if (entry === undefined) return;
      entry.failures = 0;
      if (entry.planned?.backoff === true) unplan(entry);
      dropIfUnused(entry);
    },
    start(newWork) {
      if (work !== undefined) throw new TypeError(`work queue "${name}" was started twice`);
      work = newWork;
      if (!stopped) workers.start();
    },
    get idle() {
      return running.size === 0 && priorities.every((priority) => waiting[priority] === 0);
    },
    state,
    async stop(graceMs = 0) {
      stopped = true;
      endCollect?.();
      workers.clear();
      workers.pause();
      for (const entry of items.values()) {
        unplan(entry);
        entry.due = undefined;
      }
      for (const priority of priorities) waiting[priority] = 0;
      const abortAll = (): void => {
        for (const entry of running) entry.running?.controller.abort(new DOMException("the queue stops", "AbortError"));
      };
      if (running.size === 0) return;
      const timer = graceMs > 0 ? clock.setTimer(graceMs, abortAll) : undefined;
      if (timer === undefined) abortAll();
      await workers.onPendingZero();
      timer?.cancel();
    },
  };
}

/** Full jitter: anywhere between nothing and the exponential bound, so that failures of one cause spread out. */
export function backoffMs(failures: number, baseMs: number, maxMs: number, random: Random): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
}

function rank(priority: Priority): number {
  return priorities.indexOf(priority);
}

function higher(a: Priority | undefined, b: Priority): Priority {
  return a === undefined || rank(b) < rank(a) ? b : a;
}
