import assert from "node:assert/strict";
import { AppError, type ErrorClass } from "../../src/errors.ts";
import { type Outcome, runController } from "../../src/kube/controller.ts";
import { createWorkQueue } from "../../src/kube/work-queue.ts";
import { type Logger, silentLogger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { SimClock } from "../support/sim-clock.ts";

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function recordingLogger(lines: Line[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void lines.push({ level, message, fields: { ...fields } });
  const log: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), child: () => log };
  return log;
}

function setUp(reconcile: (signal: AbortSignal) => Promise<Outcome>) {
  const clock = new SimClock();
  const metrics = createMetrics();
  const lines: Line[] = [];
  const queue = createWorkQueue({ name: "ingress", concurrency: 2, clock, random: () => 1, log: silentLogger });
  const starts: number[] = [];
  runController({
    name: "ingress",
    queue,
    clock,
    metrics,
    log: recordingLogger(lines),
    reconcile: (_key, { signal }) => {
      starts.push(clock.monotonic());
      return reconcile(signal);
    },
  });
  return { clock, metrics, lines, queue, starts };
}

function failure(errorClass: ErrorClass, code = "SomeCode", retryAfterMs?: number): AppError {
  return new AppError("it failed", {
    class: errorClass,
    code,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: { object: "x" },
  });
}

interface Case {
  readonly title: string;
  readonly reconcile: () => Promise<Outcome>;
  /** When the second attempt starts, in milliseconds; undefined for never. */
  readonly again: number | undefined;
  readonly result: "success" | "error" | "requeue" | "requeue_after";
  readonly failed: boolean;
  readonly level: string;
}

const cases: readonly Case[] = [
  {
    title: "done",
    reconcile: () => Promise.resolve({ kind: "done" }),
    again: undefined,
    result: "success",
    failed: false,
    level: "debug",
  },
  {
    title: "wait",
    reconcile: () => Promise.resolve({ kind: "wait", afterMs: 7_000, reason: "provisioning" }),
    again: 7_000,
    result: "requeue_after",
    failed: false,
    level: "debug",
  },
  {
    title: "an error of class waiting",
    reconcile: () => Promise.reject(failure("waiting", "Provisioning", 9_000)),
    again: 9_000,
    result: "requeue_after",
    failed: false,
    level: "debug",
  },
  {
    title: "an error of class waiting without a time",
    reconcile: () => Promise.reject(failure("waiting")),
    again: 5_000,
    result: "requeue_after",
    failed: false,
    level: "debug",
  },
  {
    title: "an invalid object",
    reconcile: () => Promise.reject(failure("invalid")),
    again: undefined,
    result: "error",
    failed: true,
    level: "warn",
  },
  {
    title: "a transient error",
    reconcile: () => Promise.reject(failure("transient")),
    again: 500,
    result: "requeue",
    failed: false,
    level: "warn",
  },
  {
    title: "a transient error that says when",
    reconcile: () => Promise.reject(failure("transient", "Throttling", 4_000)),
    again: 4_000,
    result: "requeue",
    failed: false,
    level: "warn",
  },
  {
    title: "a missing permission",
    reconcile: () => Promise.reject(failure("denied")),
    again: 300_000,
    result: "error",
    failed: true,
    level: "error",
  },
  {
    title: "a refusal of the Kubernetes API, which a restarted server gives before it has read its rules",
    reconcile: () => Promise.reject(failure("denied", "Forbidden")),
    again: 500,
    result: "error",
    failed: true,
    level: "error",
  },
  {
    title: "a foreign owner",
    reconcile: () => Promise.reject(failure("conflict", "NameTaken")),
    again: 60_000,
    result: "error",
    failed: true,
    level: "warn",
  },
  {
    title: "an object that changed meanwhile",
    reconcile: () => Promise.reject(failure("conflict", "Conflict")),
    again: 500,
    result: "requeue",
    failed: false,
    level: "debug",
  },
  {
    title: "something missing",
    reconcile: () => Promise.reject(failure("missing")),
    again: 500,
    result: "error",
    failed: true,
    level: "error",
  },
  {
    title: "an unforeseen exception",
    reconcile: () => Promise.reject(new TypeError("x is undefined")),
    again: 500,
    result: "error",
    failed: true,
    level: "error",
  },
  {
    title: "a returned error",
    reconcile: () => Promise.resolve({ kind: "retry", error: failure("transient") }),
    again: 500,
    result: "requeue",
    failed: false,
    level: "warn",
  },
];

describe("controller", () => {
  for (const { title, reconcile, again, result, failed, level } of cases) {
    it(`${title} ${again === undefined ? "is not tried again" : `is tried again after ${again} ms`}, counted as ${result}, logged as ${level}`, async () => {
      const { clock, metrics, lines, queue, starts } = setUp(reconcile);
      queue.add("shop/web", "edit");
      await clock.settle();
      assert.deepEqual(
        lines.map((line) => line.level),
        [level],
        "one line",
      );
      assert.equal(lines[0]?.fields["key"], "shop/web");
      assert.equal(await metrics.value("controller_runtime_reconcile_total", { controller: "ingress", result }), 1);
      const errors = await metrics.value("controller_runtime_reconcile_errors_total", { controller: "ingress" });
      assert.equal(errors ?? 0, failed ? 1 : 0);
      await clock.advance((again ?? 3_600_000) - 1);
      assert.equal(starts.length, 1);
      await clock.advance(1);
      assert.equal(starts.length, again === undefined ? 1 : 2);
    });
  }

  it("counts failures by their stable code and logs code, details and message", async () => {
    const { clock, metrics, lines, queue } = setUp(() => Promise.reject(failure("invalid", "BadAnnotation")));
    queue.add("shop/web", "edit");
    await clock.settle();
    const labels = { controller: "ingress", error_category: "BadAnnotation" };
    assert.equal(await metrics.value("awslbc_controller_reconcile_errors_total", labels), 1);
    const { durationMs, ...fields } = lines[0]?.fields ?? {};
    assert.equal(typeof durationMs, "number");
    assert.deepEqual(fields, {
      key: "shop/web",
      priority: "edit",
      object: "x",
      code: "BadAnnotation",
      error: "it failed",
    });
  });

  it("says nothing of work that a stop aborted", async () => {
    const { clock, lines, queue, starts } = setUp(
      (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    );
    queue.add("shop/web", "edit");
    await clock.settle();
    await queue.stop();
    assert.equal(starts.length, 1);
    assert.deepEqual(lines, []);
  });
});
