import assert from "node:assert/strict";
import { createEngine, type Engine, type ReconcileOptions } from "../../src/engine/engine.ts";
import type { Stack } from "../../src/engine/stack.ts";
import { AppError } from "../../src/errors.ts";
import { silentLogger } from "../../src/log.ts";
import { SimClock } from "../support/sim-clock.ts";
import { Killed, sampleStack, stackOf, World } from "./world.ts";

const options: ReconcileOptions = { mode: "apply", drift: "repair", signal: new AbortController().signal };

function engineOn(world: World, clock = new SimClock()): Engine {
  return createEngine({
    registry: world.registry,
    clock,
    random: () => 0.5,
    log: silentLogger,
    verifyEveryMs: 600_000,
    verifySpacingMs: 500,
  });
}

/** Reconciles until nothing is left to do. */
async function converge(engine: Engine, stack: Stack): Promise<void> {
  for (let pass = 0; pass < 10; pass++) {
    const result = await engine.reconcile(stack, options);
    if (result.settled && result.outcome === "unchanged") return;
  }
  assert.fail("did not converge in ten passes");
}

async function converged(stack: Stack): Promise<World> {
  const world = new World();
  await converge(engineOn(world), stack);
  return world;
}

const writes = (world: World): readonly string[] => world.calls.filter((call) => !call.startsWith("list"));

describe("engine", () => {
  it("creates what a Stack wants, each resource after what it refers to", async () => {
    const world = new World();
    const result = await engineOn(world).reconcile(sampleStack(), options);
    assert.equal(result.settled, true);
    const order = writes(world);
    assert.equal(order.length, 6);
    assert.ok(order.indexOf("create t/Group group") < order.indexOf("create t/Balancer balancer"));
    assert.ok(order.indexOf("create t/Balancer balancer") < order.indexOf("create t/Listener 80"));
    assert.ok(order.indexOf("create t/Pool pool-443") < order.indexOf("create t/Listener 443"));
  });

  it("makes no call at all when an event changes nothing", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack());
    world.calls.length = 0;
    const result = await engine.reconcile(sampleStack(), options);
    assert.equal(result.outcome, "unchanged");
    assert.deepEqual(world.calls, []);
  });

  it("makes one call for one changed field, without reading", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack());
    world.calls.length = 0;
    await engine.reconcile(sampleStack({ balancer: { idle: 30 } }), options);
    assert.deepEqual(world.calls, ["update t/Balancer balancer"]);
  });

  it("deletes everything for the empty Stack, and passengers go with their parent", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack());
    world.calls.length = 0;
    const result = await engine.reconcile(stackOf([]), options);
    assert.equal(result.settled, true);
    assert.deepEqual(world.summary(), []);
    const order = writes(world);
    assert.deepEqual(
      order.filter((call) => call.includes("Listener")),
      [],
    );
    assert.equal(order[0], "delete t/Balancer balancer");
  });

  it("does not ask again for a deletion that is under way", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, stackOf([{ type: "t/Pool", id: "p", spec: { port: 1 } }]));
    const pool = world.get("t/Pool", "p");
    assert.ok(pool);
    pool.state = "deleting";
    engine.forget(stackOf([]).owner);
    const result = await engine.reconcile(stackOf([]), options);
    assert.equal(result.settled, false);
    assert.equal(world.calls.includes("delete t/Pool p"), false);
    assert.deepEqual(
      result.waiting.map(({ id }) => id),
      ["p"],
    );
  });

  it("replaces by creating the new one first", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack());
    world.calls.length = 0;
    await converge(engine, sampleStack({ protocol: "HTTPS" }));
    const order = writes(world);
    assert.ok(order.indexOf("create t/Pool pool-80") < order.indexOf("update t/Listener 80"));
    assert.ok(order.indexOf("update t/Listener 80") < order.indexOf("delete t/Pool pool-80"));
    assert.deepEqual(world.summary(), (await converged(sampleStack({ protocol: "HTTPS" }))).summary());
  });

  it("keeps the old balancer and its listeners until the new one is ready", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack());
    const old = world.get("t/Balancer", "balancer");
    const type = world.registry.get("t/Balancer");
    const original = { ...type };
    type.create = async (...args) => ({ ...(await original.create(...args)), state: "pending" });
    const result = await engine.reconcile(sampleStack({ scheme: "public" }), options);
    assert.equal(result.settled, false);
    assert.ok([...world.things.values()].includes(old as never));
    assert.equal([...world.things.values()].filter((thing) => thing.type === "t/Listener").length, 4);
    Object.assign(type, original);
    await converge(engine, sampleStack({ scheme: "public" }));
    assert.deepEqual(world.summary(), (await converged(sampleStack({ scheme: "public" }))).summary());
  });

  it("refuses to replace or delete what is protected, and says so", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack({ balancer: { protected: true } }));
    const before = world.summary();
    const replaced = await engine.reconcile(sampleStack({ scheme: "public", balancer: { protected: true } }), options);
    assert.deepEqual(
      replaced.plan.blocked.map(({ reason }) => reason),
      ["ReplacementBlocked"],
    );
    const deleted = await engine.reconcile(stackOf([]), options);
    assert.deepEqual(
      deleted.plan.blocked.map(({ reason }) => reason),
      ["DeletionBlocked"],
    );
    assert.deepEqual(world.summary(), before);
  });

  it("deletes nothing that a refused change leaves in use", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack({ balancer: { protected: true } }));
    const before = world.summary();
    const wanted = sampleStack({ scheme: "public", balancer: { protected: true, groups: ["given"] } });
    const resources = wanted.resources.filter(({ type }) => type !== "t/Group");
    const { waiting } = await engine.reconcile({ ...wanted, resources }, options);
    assert.deepEqual(world.summary(), before);
    assert.deepEqual(
      waiting.map(({ type, reason }) => `${type}: ${reason}`),
      ["t/Group: still used by t/Balancer balancer, whose change was refused"],
    );
  });

  it("goes on beside a failure, and deletes nothing that the failed change still needs", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack());
    world.failOn = (call) =>
      call === "update t/Listener 80"
        ? new AppError("throttled", { class: "transient", code: "Throttling" })
        : undefined;
    const result = await engine.reconcile(sampleStack({ protocol: "HTTPS" }), options);
    assert.deepEqual(
      result.failed.map(({ change }) => change.id),
      ["80"],
    );
    assert.ok(world.calls.includes("update t/Listener 443"));
    assert.equal(world.calls.includes("delete t/Pool pool-80"), false);
    world.failOn = undefined;
    await converge(engine, sampleStack({ protocol: "HTTPS" }));
    assert.deepEqual(world.summary(), (await converged(sampleStack({ protocol: "HTTPS" }))).summary());
  });

  it("reads again after a conflict, which may come from what it believed wrongly", async () => {
    const world = new World();
    const engine = engineOn(world);
    await converge(engine, sampleStack());
    world.failOn = (call) =>
      call === "update t/Balancer balancer" ? new AppError("taken", { class: "conflict", code: "InUse" }) : undefined;
    const changed = sampleStack({ balancer: { idle: 30 } });
    assert.equal((await engine.reconcile(changed, options)).failed.length, 1);
    world.failOn = undefined;
    world.calls.length = 0;
    await engine.reconcile(changed, options);
    assert.ok(world.calls.includes("list t/Balancer"));
    assert.ok(world.calls.includes("update t/Balancer balancer"));
  });

  it("changes nothing in mode plan, and the plan is what an apply then does", async () => {
    const world = new World();
    const engine = engineOn(world);
    const planned = await engine.reconcile(sampleStack(), { ...options, mode: "plan" });
    assert.equal(planned.outcome, "planned");
    assert.deepEqual(writes(world), []);
    const applied = await engine.reconcile(sampleStack(), options);
    assert.deepEqual(
      applied.applied.map(({ action, type, id }) => `${action} ${type} ${id}`).toSorted(),
      planned.plan.changes.map(({ action, type, id }) => `${action} ${type} ${id}`).toSorted(),
    );
  });

  it("repairs drift at the next full check, or only reports it", async () => {
    for (const drift of ["repair", "report"] as const) {
      const world = new World();
      const clock = new SimClock();
      const engine = engineOn(world, clock);
      await converge(engine, sampleStack());
      const pool = world.get("t/Pool", "pool-80");
      assert.ok(pool);
      pool.spec = { ...pool.spec, port: 9999 };
      await clock.advance(700_000);
      const result = await engine.reconcile(sampleStack(), { ...options, drift });
      assert.equal(result.drift, true);
      assert.equal(world.get("t/Pool", "pool-80")?.spec["port"], drift === "repair" ? 80 : 9999);
    }
  });

  it("trusts the recorded hash after a restart when the inventory agrees, and reads in full later", async () => {
    const world = new World();
    const clock = new SimClock();
    const first = await engineOn(world, clock).reconcile(sampleStack(), options);
    world.calls.length = 0;
    const engine = engineOn(world, clock);
    const again = await engine.reconcile(sampleStack(), { ...options, appliedHash: first.hash });
    assert.equal(again.outcome, "unchanged");
    assert.deepEqual(world.calls.toSorted(), ["list t/Balancer", "list t/Pool"]);
    assert.ok((again.againInMs ?? 0) <= 500);
    world.calls.length = 0;
    await engine.reconcile(sampleStack(), { ...options, appliedHash: first.hash });
    assert.deepEqual(world.calls, [], "an event in between costs nothing");
    await clock.advance(600);
    await engine.reconcile(sampleStack(), options);
    assert.equal(world.calls.length, 4);
  });

  it("reads in full after a restart when something is missing", async () => {
    const world = new World();
    const first = await engineOn(world).reconcile(sampleStack(), options);
    for (const [arn, thing] of world.things) if (thing.id === "pool-80") world.things.delete(arn);
    await converge(engineOn(world), sampleStack());
    assert.ok(first.hash);
    assert.deepEqual(world.summary(), (await converged(sampleStack())).summary());
  });

  describe("killed between any two calls and started again", () => {
    const steps: readonly { name: string; from: Stack; to: Stack }[] = [
      { name: "first creation", from: stackOf([]), to: sampleStack() },
      { name: "replacement of the pools", from: sampleStack(), to: sampleStack({ protocol: "HTTPS" }) },
      { name: "replacement of the balancer", from: sampleStack(), to: sampleStack({ scheme: "public" }) },
      { name: "one port less", from: sampleStack(), to: sampleStack({ ports: [443] }) },
      { name: "deletion", from: sampleStack(), to: stackOf([]) },
    ];
    for (const { name, from, to } of steps) {
      for (const killAfter of [false, true]) {
        it(`${name}, ${killAfter ? "after" : "before"} the call was processed: same end, nothing doubled`, async () => {
          const wanted = (await converged(to)).summary();
          for (let call = 1; ; call++) {
            const world = new World();
            await converge(engineOn(world), from);
            world.revive();
            world.killAt = call;
            world.killAfter = killAfter;
            const engine = engineOn(world);
            let killed = false;
            for (let pass = 0; pass < 3 && !killed; pass++) {
              const result = await engine.reconcile(to, options).catch((error: unknown) => {
                if (!(error instanceof Killed)) throw error;
                return undefined;
              });
              killed = result === undefined || result.failed.some(({ error }) => error instanceof Killed);
            }
            world.revive();
            await converge(engineOn(world), to);
            assert.deepEqual(world.summary(), wanted, `killed at call ${call}`);
            if (!killed) {
              assert.ok(call > 1);
              return;
            }
          }
        });
      }
    }
  });
});
