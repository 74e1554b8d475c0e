import assert from "node:assert/strict";
import { type Call, type CallRecord, createCaller } from "../../src/aws/caller.ts";
import { idempotentWrite, type Operation, onceOnlyWrite, read } from "../../src/aws/operation.ts";
import { RateLimiter } from "../../src/aws/rate-limiter.ts";
import { ownRates } from "../../src/aws/rates.ts";
import type { AppError } from "../../src/errors.ts";
import { SimClock } from "../support/sim-clock.ts";
import { passing } from "./support/world.ts";

function awsError(name: string, status = 400, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function setUp() {
  const clock = new SimClock();
  const records: CallRecord[] = [];
  let rejections = 0;
  const caller = createCaller({
    clock,
    random: () => 0.5,
    limiter: new RateLimiter(clock, ownRates()),
    onCall: (record) => void records.push(record),
    onCredentialsRejected: () => {
      rejections += 1;
    },
  });
  /** Answers with what the list holds, one after the other; the last one for ever. */
  function call(operation: Operation, answers: readonly unknown[], input: object = {}): Call & { sent: number } {
    const made = {
      service: "elbv2" as const,
      name: operation.mutating ? "Write" : "Read",
      operation,
      input,
      options: {},
      sent: 0,
      send: async () => {
        const answer = answers[Math.min(made.sent++, answers.length - 1)];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    return made;
  }
  return { clock, caller, records, call, rejections: () => rejections };
}

const reads = read("reads", ["elasticloadbalancing:DescribeTags"]);
const repeatable = idempotentWrite("writes", ["elasticloadbalancing:AddTags"]);
const once = onceOnlyWrite("writes", ["elasticloadbalancing:CreateRule"]);

describe("AWS calls", () => {
  it("are retried when AWS throttles, also those that may not be repeated", async () => {
    const { clock, caller, call, records } = setUp();
    const made = call(once, [awsError("ThrottlingException"), awsError("Throttling"), "ok"]);
    assert.equal(await passing(clock, caller.call(made), 100), "ok");
    assert.equal(made.sent, 3);
    assert.deepEqual(
      records.map(({ code }) => code),
      ["Throttling", "Throttling", undefined],
    );
  });

  const cases = [
    { title: "a read after a lost connection", operation: reads, error: { code: "ECONNRESET" }, sent: 2 },
    { title: "an idempotent write after a lost connection", operation: repeatable, error: { code: "EPIPE" }, sent: 2 },
    { title: "a read after a fault of AWS", operation: reads, error: awsError("InternalFailure", 500), sent: 2 },
    { title: "any write that AWS did not take", operation: once, error: awsError("ServiceUnavailable", 503), sent: 2 },
  ];
  for (const { title, operation, error, sent } of cases) {
    it(`repeat ${title}`, async () => {
      const { clock, caller, call } = setUp();
      const made = call(operation, [Object.assign(new Error("broken"), error), "ok"]);
      assert.equal(await passing(clock, caller.call(made)), "ok");
      assert.equal(made.sent, sent);
    });
  }

  it("do not repeat a write whose outcome is unknown and that would double", async () => {
    const { clock, caller, call } = setUp();
    const made = call(once, [Object.assign(new Error("cut"), { code: "ECONNRESET" }), "ok"]);
    await assert.rejects(passing(clock, caller.call(made)), (error: AppError) => error.class === "transient");
    assert.equal(made.sent, 1);
  });

  it("are not retried after a refusal", async () => {
    const { clock, caller, call } = setUp();
    const made = call(reads, [awsError("ValidationError"), "ok"]);
    await assert.rejects(passing(clock, caller.call(made)), (error: AppError) => error.class === "invalid");
    assert.equal(made.sent, 1);
  });

  it("get fresh credentials once when AWS rejects the present ones", async () => {
    const { clock, caller, call, rejections } = setUp();
    const made = call(repeatable, [awsError("ExpiredToken", 403), "ok"]);
    assert.equal(await passing(clock, caller.call(made)), "ok");
    assert.equal(rejections(), 1);
    const lost = call(repeatable, [awsError("ExpiredToken", 403)]);
    await assert.rejects(
      passing(clock, caller.call(lost)),
      (error: AppError) => error.class === "denied" && error.code === "CredentialsRejected",
    );
    assert.equal(lost.sent, 2);
  });

  it("end within a minute when AWS never answers, and the next call works", async () => {
    const { clock, caller, call } = setUp();
    const silent = { ...call(reads, []), send: () => new Promise<never>(() => undefined) };
    const start = clock.monotonic();
    await assert.rejects(passing(clock, caller.call(silent), 1000), (error: AppError) => error.code === "Timeout");
    assert.ok(clock.monotonic() - start <= 62_000);
    assert.equal(await passing(clock, caller.call(call(reads, ["ok"], { other: 1 }))), "ok");
  });

  it("share one request between identical reads at the same time", async () => {
    const { clock, caller, call } = setUp();
    const first = call(reads, ["ok"], { a: 1, b: 2 });
    const second = call(reads, ["ok"], { b: 2, a: 1 });
    const other = call(reads, ["ok"], { a: 2 });
    const work = Promise.all([caller.call(first), caller.call(second), caller.call(other)]);
    assert.deepEqual(await passing(clock, work), ["ok", "ok", "ok"]);
    assert.deepEqual([first.sent, second.sent, other.sent], [1, 0, 1]);
  });

  it("do not share a read that began before a write", async () => {
    const { clock, caller, call } = setUp();
    const early = call(reads, ["old"]);
    const late = call(reads, ["new"]);
    const pending = caller.call(early);
    await passing(clock, caller.call(call(repeatable, ["ok"])));
    assert.deepEqual(await passing(clock, Promise.all([pending, caller.call(late)])), ["old", "new"]);
  });

  it("leave a shared read running while one of its callers is left", async () => {
    const { clock, caller, call } = setUp();
    const seen: AbortSignal[] = [];
    let answer: (value: string) => void = () => undefined;
    const slow = (signal?: AbortSignal): Call => ({
      ...call(reads, []),
      options: signal === undefined ? {} : { signal },
      send: (own) => {
        seen.push(own);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const impatient = new AbortController();
    const gone = caller.call(slow(impatient.signal));
    const stays = caller.call(slow());
    await clock.settle();
    impatient.abort(new Error("left"));
    await assert.rejects(gone, /left/);
    answer("ok");
    assert.equal(await passing(clock, stays), "ok");
    assert.equal(seen.length, 1);
    assert.equal(seen[0]?.aborted, false);
  });

  it("give up at once when the caller does", async () => {
    const { clock, caller, call } = setUp();
    const controller = new AbortController();
    const made = { ...call(repeatable, []), options: { signal: controller.signal } };
    const pending = caller.call({ ...made, send: () => new Promise<never>(() => undefined) });
    await clock.settle();
    controller.abort(new Error("shutting down"));
    await assert.rejects(pending, /shutting down/);
  });

  it("go on at once after a thousand throttles", async () => {
    const { clock, caller, call } = setUp();
    for (let index = 0; index < 50; index++) {
      const lost = call(reads, [awsError("Throttling")], { index });
      await passing(clock, caller.call(lost), 5_000).catch(() => undefined);
    }
    await clock.advance(10 * 60_000);
    const start = clock.monotonic();
    assert.equal(await passing(clock, caller.call(call(reads, ["ok"]))), "ok");
    assert.ok(clock.monotonic() - start <= 20);
  });
});
