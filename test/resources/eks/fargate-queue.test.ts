import assert from "node:assert/strict";
import { AppError } from "../../../src/errors.ts";
import { FargateQueue, type MovingProfile } from "../../../src/resources/eks/fargate-queue.ts";
import { SimClock } from "../../support/sim-clock.ts";

const still = (): Promise<undefined> => Promise.resolve(undefined);
const done = (): Promise<string> => Promise.resolve("done");

describe("the line of Fargate profiles", () => {
  const moving = (profile: MovingProfile) => () => Promise.resolve(profile);

  it("lets the first do its work at once", async () => {
    const queue = new FargateQueue(new SimClock());
    assert.equal(await queue.turn("a", "create", { inMotion: still, work: done }), "done");
    assert.equal(queue.place("a"), undefined);
  });

  it("keeps everybody waiting while EKS is at work, asks EKS for the first only, and tells each what goes first", async () => {
    const queue = new FargateQueue(new SimClock());
    let asked = 0;
    const inMotion = (): Promise<MovingProfile> => {
      asked++;
      return Promise.resolve({ name: "x", status: "DELETING" });
    };
    for (const name of ["a", "b"]) {
      await assert.rejects(queue.turn(name, "create", { inMotion, work: done }), {
        class: "waiting",
        code: "Queued",
        retryAfterMs: 10_000,
      });
    }
    assert.equal(asked, 1);
    assert.deepEqual(queue.place("a"), { position: 1, waitingFor: "x (DELETING)" });
    assert.deepEqual(queue.place("b"), { position: 2, waitingFor: "x (DELETING), a (to create)" });
  });

  it("names what EKS is at work on only until that is known to have ended", async () => {
    const queue = new FargateQueue(new SimClock());
    await queue.turn("a", "create", { inMotion: still, work: done });
    const inMotion = moving({ name: "a", status: "CREATING" });
    await assert.rejects(queue.turn("b", "create", { inMotion, work: done }));
    await assert.rejects(queue.turn("c", "create", { inMotion, work: done }));
    assert.deepEqual(queue.place("c"), { position: 2, waitingFor: "a (CREATING), b (to create)" });
    queue.settled("b");
    assert.equal(queue.place("c")?.position, 2);
    queue.settled("a");
    assert.deepEqual(queue.place("c"), { position: 1, waitingFor: "b (to create)" });
  });

  it("puts deletions before creations, and otherwise keeps the order", async () => {
    const queue = new FargateQueue(new SimClock());
    const inMotion = moving({ name: "x", status: "CREATING" });
    for (const [name, action] of [
      ["a", "create"],
      ["b", "create"],
      ["c", "delete"],
    ] as const) {
      await assert.rejects(queue.turn(name, action, { inMotion, work: done }));
    }
    const order: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (const [name, action] of [
        ["b", "create"],
        ["a", "create"],
        ["c", "delete"],
      ] as const) {
        if (order.includes(name)) continue;
        const work = (): Promise<void> => Promise.resolve(void order.push(name));
        await queue.turn(name, action, { inMotion: still, work }).catch(() => undefined);
      }
    }
    assert.deepEqual(order, ["c", "a", "b"]);
  });

  it("never lets two work at the same time", async () => {
    const queue = new FargateQueue(new SimClock());
    let finish: () => void = () => undefined;
    const first = queue.turn("a", "create", {
      inMotion: still,
      work: () => new Promise<void>((resolve) => void (finish = resolve)),
    });
    await Promise.resolve();
    await assert.rejects(queue.turn("b", "delete", { inMotion: still, work: done }), { code: "Queued" });
    finish();
    await first;
    assert.equal(await queue.turn("b", "delete", { inMotion: still, work: done }), "done");
  });

  it("drops one whose work failed, and keeps one whose work turned out to have to wait", async () => {
    const queue = new FargateQueue(new SimClock());
    const failing = () => Promise.reject(new AppError("no", { class: "invalid", code: "InvalidParameter" }));
    await assert.rejects(queue.turn("a", "create", { inMotion: still, work: failing }), { code: "InvalidParameter" });
    assert.equal(queue.place("a"), undefined);
    await assert.rejects(queue.turn("b", "create", { inMotion: still, work: () => Promise.reject(queue.queued("b")) }));
    assert.equal(queue.place("b")?.position, 1);
  });

  it("asks again after longer and longer, up to 30 s", async () => {
    const queue = new FargateQueue(new SimClock());
    const waits: (number | undefined)[] = [];
    for (let turn = 0; turn < 6; turn++) {
      await queue
        .turn("a", "create", { inMotion: moving({ name: "x", status: "CREATING" }), work: done })
        .catch((error: unknown) => waits.push((error as AppError).retryAfterMs));
    }
    assert.deepEqual(waits, [10_000, 15_000, 20_000, 25_000, 30_000, 30_000]);
  });

  it("forgets one who does not ask any more", async () => {
    const clock = new SimClock();
    const queue = new FargateQueue(clock);
    const inMotion = moving({ name: "x", status: "CREATING" });
    await assert.rejects(queue.turn("gone", "create", { inMotion, work: done }));
    await assert.rejects(queue.turn("b", "create", { inMotion: still, work: done }), { code: "Queued" });
    await clock.advance(121_000);
    assert.equal(await queue.turn("b", "create", { inMotion: still, work: done }), "done");
  });
});
