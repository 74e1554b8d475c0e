import assert from "node:assert/strict";
import type { Lane, ServiceName } from "../../src/aws/operation.ts";
import { RateLimiter } from "../../src/aws/rate-limiter.ts";
import { ownRates, publishedRates } from "../../src/aws/rates.ts";
import type { AppError } from "../../src/errors.ts";
import { SimClock } from "../support/sim-clock.ts";

function setUp() {
  const clock = new SimClock();
  const limiter = new RateLimiter(clock, ownRates());
  const admitted: string[] = [];
  const ask = (name: string, bucket: string, lane: Lane = "write", service: ServiceName = "elbv2"): Promise<void> =>
    limiter
      .acquire({ service, bucket, lane, operation: name, signal: new AbortController().signal })
      .then(() => void admitted.push(name));
  return { clock, limiter, admitted, ask };
}

describe("rate limits", () => {
  const buckets: readonly [string, number, number][] = [
    ["registration", 16, 3.2],
    ["reads", 32, 8],
    ["writes", 16, 2.4],
    ["resourceIntensive", 9, 0.19],
  ];
  for (const [bucket, capacity, refillPerSecond] of buckets) {
    it(`keep ${bucket} of ELBv2 at ${capacity} at once and ${refillPerSecond} a second`, () => {
      const rate = ownRates().elbv2.buckets[bucket];
      assert.equal(rate?.capacity, capacity);
      assert.ok(Math.abs((rate?.refillPerSecond ?? 0) - refillPerSecond) < 1e-9);
    });
  }

  it("stay below AWS's own rates in every bucket", () => {
    for (const [service, { buckets: own }] of Object.entries(ownRates())) {
      for (const [name, rate] of Object.entries(own)) {
        const published = publishedRates[service as ServiceName].buckets[name];
        assert.ok(published !== undefined && rate.refillPerSecond < published.refillPerSecond, `${service} ${name}`);
        assert.ok(rate.capacity <= published.capacity);
      }
    }
  });

  it("admit the burst at once and the rest at the rate", async () => {
    const { clock, admitted, ask } = setUp();
    const calls = Array.from({ length: 24 }, (_, index) => ask(String(index), "writes"));
    await clock.settle();
    assert.equal(admitted.length, 16);
    await clock.advance(1_000);
    assert.equal(admitted.length, 18);
    await clock.advance(3_000);
    await Promise.all(calls);
  });

  it("let registration go before writes, writes before health, health before the rest", async () => {
    const { clock, admitted, ask } = setUp();
    await Promise.all(Array.from({ length: 32 }, (_, index) => ask(String(index), "reads", "background")));
    admitted.length = 0;
    const waiting = (["background", "health", "write", "registration"] as const).map((lane) =>
      ask(lane, "reads", lane),
    );
    await clock.advance(2_000);
    await Promise.all(waiting);
    assert.deepEqual(admitted, ["registration", "write", "health", "background"]);
  });

  it("do not hold one bucket back for another that is empty", async () => {
    const { clock, admitted, ask } = setUp();
    const balancers = Array.from({ length: 11 }, (_, index) => ask(`lb ${index}`, "resourceIntensive"));
    await ask("tags", "writes");
    assert.equal(admitted.length, 10);
    await clock.advance(12_000);
    await Promise.all(balancers);
  });

  it("send a caller away with the time to come back when the line is too long", async () => {
    const { clock, ask } = setUp();
    const calls = Array.from({ length: 11 }, (_, index) => ask(String(index), "resourceIntensive"));
    await assert.rejects(ask("too many", "resourceIntensive"), (error: AppError) => {
      assert.equal(error.class, "waiting");
      assert.equal(error.code, "RateLimited");
      assert.ok((error.retryAfterMs ?? 0) > 15_000);
      return true;
    });
    await clock.advance(20_000);
    await Promise.all(calls);
  });

  it("give each EC2 operation a bucket of its own", async () => {
    const { admitted, ask } = setUp();
    await Promise.all([
      ...Array.from({ length: 80 }, () => ask("subnets", "reads:DescribeSubnets", "background", "ec2")),
      ...Array.from({ length: 80 }, () => ask("groups", "reads:DescribeSecurityGroups", "background", "ec2")),
    ]);
    assert.equal(admitted.length, 160);
  });

  it("halve after a throttle and recover slowly", async () => {
    const { clock, limiter, admitted, ask } = setUp();
    limiter.throttled("elbv2", "registration");
    const calls = Array.from({ length: 4 }, (_, index) => ask(String(index), "registration", "registration"));
    await clock.advance(1_000);
    assert.equal(admitted.length, 1);
    await clock.advance(10_000);
    await Promise.all(calls);
    await clock.advance(60_000);
    admitted.length = 0;
    await Promise.all(Array.from({ length: 16 }, (_, index) => ask(String(index), "registration", "registration")));
    assert.equal(admitted.length, 16);
  });

  it("forget a caller that gives up", async () => {
    const { clock, limiter, ask } = setUp();
    await Promise.all(Array.from({ length: 9 }, (_, index) => ask(String(index), "resourceIntensive")));
    const controller = new AbortController();
    const signal = controller.signal;
    const gone = limiter.acquire({
      service: "elbv2",
      bucket: "resourceIntensive",
      lane: "write",
      operation: "gone",
      signal,
    });
    controller.abort(new Error("left"));
    await assert.rejects(gone, /left/);
    const next = ask("next", "resourceIntensive");
    await clock.advance(6_000);
    await next;
  });
});
