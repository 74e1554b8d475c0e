import assert from "node:assert/strict";
import {
  backoffMs,
  createWorkQueue,
  type QueueAction,
  type Work,
  type WorkQueueOptions,
} from "../../src/kube/work-queue.ts";
import { silentLogger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { SimClock } from "../support/sim-clock.ts";

function setUp(options: Partial<WorkQueueOptions> = {}) {
  const clock = new SimClock();
  const queue = createWorkQueue({
    name: "test",
    concurrency: 1,
    clock,
    random: () => 1,
    log: silentLogger,
    ...options,
  });
  return { clock, queue };
}

/** Work that ends when the test says so. */
function manualWork() {
  const started: string[] = [];
  const pending = new Map<string, (action: QueueAction) => void>();
  const work: Work = (key) => {
    started.push(key);
    return new Promise((resolve) => void pending.set(key, resolve));
  };
  const finish = (key: string, action: QueueAction = { kind: "forget" }): void => {
    const resolve = pending.get(key);
    assert.ok(resolve, `no work on ${key}`);
    pending.delete(key);
    resolve(action);
  };
  return { started, work, finish };
}

describe("work queue", () => {
  it("works on a key once however often it was added", async () => {
    const { clock, queue } = setUp();
    const { started, work, finish } = manualWork();
    for (let times = 0; times < 5; times++) queue.add("a", "edit");
    queue.start(work);
    await clock.settle();
    finish("a");
    await clock.settle();
    assert.deepEqual(started, ["a"]);
    assert.equal(queue.idle, true);
  });

  it("never works on one key twice at the same time, and once more for what came meanwhile", async () => {
    const { clock, queue } = setUp({ concurrency: 4 });
    const { started, work, finish } = manualWork();
    queue.start(work);
    queue.add("a", "edit");
    await clock.settle();
    queue.add("a", "urgent");
    queue.add("a", "edit");
    await clock.settle();
    assert.deepEqual(started, ["a"]);
    finish("a");
    await clock.settle();
    assert.deepEqual(started, ["a", "a"]);
    finish("a");
    await clock.settle();
    assert.deepEqual(started, ["a", "a"]);
  });

  it("starts what is more urgent first, and first come first served within a priority", async () => {
    const { clock, queue } = setUp();
    const order: string[] = [];
    queue.add("resync", "resync");
    queue.add("retry", "retry");
    queue.add("edit-1", "edit");
    queue.add("edit-2", "edit");
    queue.add("urgent", "urgent");
    queue.start((key) => {
      order.push(key);
      return Promise.resolve({ kind: "forget" });
    });
    await clock.settle();
    assert.deepEqual(order, ["urgent", "edit-1", "edit-2", "retry", "resync"]);
  });

  it("moves a waiting key up when it becomes more urgent, and never down", async () => {
    const { clock, queue } = setUp();
    const seen: string[] = [];
    queue.add("a", "edit");
    queue.add("b", "resync");
    queue.add("b", "urgent");
    queue.add("b", "resync");
    assert.deepEqual(queue.state().waiting, { urgent: 1, edit: 1, retry: 0, resync: 0 });
    queue.start((key, context) => {
      seen.push(`${key} ${context.priority}`);
      return Promise.resolve({ kind: "forget" });
    });
    await clock.settle();
    assert.deepEqual(seen, ["b urgent", "a edit"]);
  });

  it("does not starve resyncs under a steady stream of urgent work", async () => {
    const { clock, queue } = setUp();
    let urgent = 0;
    let resyncAt: number | undefined;
    queue.add("slow", "resync");
    for (let index = 0; index < 50; index++) queue.add(`u${index}`, "urgent");
    queue.start((key) => {
      if (key === "slow") resyncAt = urgent;
      else urgent++;
      return Promise.resolve({ kind: "forget" });
    });
    while (!queue.idle) await clock.settle();
    assert.ok(resyncAt !== undefined && resyncAt < 10, `after ${resyncAt}`);
  });

  it("runs as many keys at the same time as allowed and no more", async () => {
    const { clock, queue } = setUp({ concurrency: 3 });
    const { started, work, finish } = manualWork();
    queue.start(work);
    for (const key of ["a", "b", "c", "d"]) queue.add(key, "edit");
    await clock.settle();
    assert.deepEqual(started, ["a", "b", "c"]);
    assert.deepEqual(queue.state().inFlight, ["a", "b", "c"]);
    finish("b");
    await clock.settle();
    assert.deepEqual(started, ["a", "b", "c", "d"]);
  });

  it("backs off per key, doubling to the limit, and afresh after success", async () => {
    const { clock, queue } = setUp({ maxDelayMs: 4_000 });
    const times: number[] = [];
    let action: QueueAction = { kind: "backoff" };
    queue.start(() => {
      times.push(clock.monotonic());
      return Promise.resolve(action);
    });
    queue.add("a", "edit");
    await clock.advance(16_000);
    assert.deepEqual(times, [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500]);
    action = { kind: "forget" };
    await clock.advance(10_000);
    action = { kind: "backoff" };
    times.length = 0;
    queue.add("a", "urgent");
    const start = clock.monotonic();
    await clock.advance(600);
    assert.deepEqual(
      times.map((time) => time - start),
      [0, 500],
    );
  });

  it("waits at least as long as the failure asks for", async () => {
    const { clock, queue } = setUp();
    const times: number[] = [];
    queue.start(() => {
      times.push(clock.monotonic());
      return Promise.resolve({ kind: "backoff", afterMs: 20_000 });
    });
    queue.add("a", "edit");
    await clock.advance(20_000);
    assert.deepEqual(times, [0, 20_000]);
  });

  it("lets an edit start at once and forget the failures, an urgent event start at once, a resync wait", async () => {
    const { clock, queue } = setUp();
    const failures: number[] = [];
    queue.start((_key, context) => {
      failures.push(context.failures);
      return Promise.resolve({ kind: "backoff" });
    });
    queue.add("a", "edit");
    await clock.advance(4_000);
    assert.deepEqual(failures, [0, 1, 2, 3]);
    queue.add("a", "resync");
    await clock.settle();
    assert.deepEqual(failures, [0, 1, 2, 3], "a resync does not shorten a back-off");
    queue.add("a", "urgent");
    await clock.settle();
    assert.deepEqual(failures, [0, 1, 2, 3, 4]);
    queue.add("a", "edit");
    await clock.settle();
    assert.deepEqual(failures, [0, 1, 2, 3, 4, 0]);
  });

  it("does not count a failure against an edit that came during the work", async () => {
    const { clock, queue } = setUp();
    const { started, work, finish } = manualWork();
    queue.start(work);
    queue.add("a", "edit");
    await clock.settle();
    queue.add("a", "edit");
    finish("a", { kind: "backoff" });
    await clock.settle();
    assert.deepEqual(started, ["a", "a"]);
    assert.equal(queue.state().delayed, 0);
  });

  it("forgets the failures of a key and its back-off when told to", async () => {
    const { clock, queue } = setUp();
    const failures: number[] = [];
    queue.start((_key, context) => {
      failures.push(context.failures);
      return Promise.resolve({ kind: "backoff" });
    });
    queue.add("a", "urgent");
    await clock.advance(600);
    queue.reset("a");
    queue.reset("unknown");
    await clock.advance(600_000);
    assert.deepEqual(failures, [0, 1]);
    queue.add("a", "urgent");
    await clock.settle();
    assert.deepEqual(failures, [0, 1, 0]);
  });

  it("wakes keys up when asked, the earliest of several plans", async () => {
    const { clock, queue } = setUp();
    const times: number[] = [];
    queue.start(() => {
      times.push(clock.monotonic());
      return Promise.resolve(times.length === 1 ? { kind: "after", afterMs: 30_000 } : { kind: "forget" });
    });
    queue.addAfter("a", 10_000);
    queue.addAfter("a", 5_000);
    queue.addAfter("a", 60_000);
    assert.equal(queue.state().delayed, 1);
    await clock.advance(120_000);
    assert.deepEqual(times, [5_000, 35_000]);
  });

  it("clears planned wake-ups when work starts earlier", async () => {
    const { clock, queue } = setUp();
    let runs = 0;
    queue.start(() => {
      runs++;
      return Promise.resolve({ kind: "forget" });
    });
    queue.addAfter("a", 10_000);
    queue.add("a", "urgent");
    await clock.advance(60_000);
    assert.equal(runs, 1);
  });

  it("takes an exception of the work as a failure", async () => {
    const { clock, queue } = setUp();
    let runs = 0;
    queue.start(() => {
      runs++;
      return runs === 1 ? Promise.reject(new Error("oops")) : Promise.resolve({ kind: "forget" });
    });
    queue.add("a", "edit");
    await clock.advance(1_000);
    assert.equal(runs, 2);
  });

  it("forgets keys that are done with, so that memory does not grow", async () => {
    const { clock, queue } = setUp();
    queue.start(() => Promise.resolve({ kind: "forget" }));
    for (let index = 0; index < 100; index++) queue.add(`k${index}`, "edit");
    while (!queue.idle) await clock.settle();
    assert.deepEqual(queue.state(), {
      waiting: { urgent: 0, edit: 0, retry: 0, resync: 0 },
      delayed: 0,
      inFlight: [],
      oldestMs: 0,
      longestRunMs: 0,
    });
  });

  it("tells depth by priority, the oldest age and running work in metrics", async () => {
    const metrics = createMetrics();
    const { clock, queue } = setUp({ metrics });
    const { work } = manualWork();
    queue.start(work);
    queue.add("a", "edit");
    await clock.settle();
    queue.add("b", "urgent");
    queue.add("c", "resync");
    await clock.advance(3_000);
    assert.equal(await metrics.value("workqueue_depth", { name: "test", priority: "urgent" }), 1);
    assert.equal(await metrics.value("workqueue_depth", { name: "test", priority: "resync" }), 1);
    assert.equal(await metrics.value("workqueue_oldest_age_seconds", { name: "test" }), 3);
    assert.equal(await metrics.value("workqueue_longest_running_processor_seconds", { name: "test" }), 3);
  });

  it("on stop lets work finish within the grace period, then aborts it, and starts nothing more", async () => {
    const { clock, queue } = setUp();
    const started: string[] = [];
    let aborted = false;
    queue.start((key, { signal }) => {
      started.push(key);
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          resolve({ kind: "backoff" });
        });
      });
    });
    queue.add("a", "edit");
    queue.add("b", "edit");
    queue.addAfter("c", 1_000);
    await clock.settle();
    let stopped = false;
    const stop = queue.stop(5_000).then(() => void (stopped = true));
    queue.add("d", "urgent");
    await clock.advance(4_999);
    assert.deepEqual([aborted, stopped], [false, false]);
    await clock.advance(1);
    assert.deepEqual([aborted, stopped], [true, true]);
    await stop;
    await clock.advance(60_000);
    assert.deepEqual(started, ["a"]);
  });

  it("stops at once when nothing is in progress", async () => {
    const { queue } = setUp();
    queue.start(() => Promise.resolve({ kind: "forget" }));
    await queue.stop(60_000);
  });

  it("handles ten thousand keys quickly", async () => {
    const { clock, queue } = setUp({ concurrency: 10 });
    let done = 0;
    for (let index = 0; index < 10_000; index++) queue.add(`k${index}`, "resync");
    for (let index = 0; index < 10_000; index++) queue.add(`k${index}`, index % 2 === 0 ? "edit" : "urgent");
    queue.start(() => {
      done++;
      return Promise.resolve({ kind: "forget" });
    });
    while (!queue.idle) await clock.settle();
    assert.equal(done, 10_000);
  });
});

describe("backoffMs", () => {
  it("is anywhere between nothing and the bound, which doubles to the limit", () => {
    const bounds = [1, 2, 3, 10, 11, 1_000].map((failures) => backoffMs(failures, 500, 300_000, () => 1));
    assert.deepEqual(bounds, [500, 1_000, 2_000, 256_000, 300_000, 300_000]);
    assert.equal(
      backoffMs(5, 500, 300_000, () => 0),
      0,
    );
  });
});
