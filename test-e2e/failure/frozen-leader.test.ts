import assert from "node:assert/strict";
import { ingressKind } from "../../src/api/builtin.ts";
import type { OperatorChild } from "./support/operator-child.ts";
import { Scene } from "./support/scene.ts";

describe("two operators, the leading one of which is frozen", function () {
  this.timeout(150_000);
  let scene: Scene;
  let first: OperatorChild;
  let second: OperatorChild;
  let changes = 0;

  before(async () => {
    scene = await Scene.create();
    first = await scene.operator(await scene.identity("one"));
    await first.saw("started");
    second = await scene.operator(await scene.identity("two"));
    await scene.restore();
    await scene.untilReady();
  });
  after(() => scene?.close());

  /** Something to write to AWS and to Kubernetes. */
  async function change(): Promise<void> {
    changes += 1;
    const attributes = `deregistration_delay.timeout_seconds=${30 + (changes % 200)}`;
    const annotations = { "alb.ingress.kubernetes.io/target-group-attributes": attributes };
    await scene.kube.mergePatch(ingressKind, { namespace: "shop", name: "checkout" }, { metadata: { annotations } });
  }

  async function wrote(name: string): Promise<boolean> {
    return (await scene.writes()).some(({ by }) => by === name);
  }

  it("never write both, and go on: the frozen one steps down, and the next takes over after a death", async () => {
    scene.sandbox.aws.calls.reset();
    const { aws } = scene.sandbox;
    // AWS takes its time, so that the process is frozen with a call on its way.
    const slow = aws.faults.add({
      mutating: true,
      times: Number.POSITIVE_INFINITY,
      fault: { kind: "latency", ms: 1_000 },
    });
    await change();
    await scene.until(() => (slow.matched === 0 ? "no write is on its way" : undefined));
    first.signal("SIGSTOP");
    const frozenAt = Date.now();
    await scene.until(() => (aws.calls.mutations().length === 0 ? "the call on its way has no effect" : undefined));
    slow.remove();
    await second.saw("became the leader", 30_000);
    const takenOverAfter = Date.now() - frozenAt;
    assert.ok(takenOverAfter > 10_000, `the lease was taken over after ${takenOverAfter} ms`);
    await second.saw("started");
    await scene.until(async () => {
      await change();
      return (await wrote("two")) ? undefined : "the second has not written";
    });
    first.signal("SIGCONT");
    // There is always something to do while the first wakes up.
    const busy = scene.until(async () => {
      await change();
      return first.running ? "the first still runs" : undefined;
    });
    assert.equal(await first.ended, 1);
    await busy;
    await first.saw("no longer the leader");
    await scene.untilReady();

    const third = await scene.operator(await scene.identity("three"));
    await second.kill();
    const killedAt = Date.now();
    await change();
    await third.saw("started", 40_000);
    assert.ok(Date.now() - killedAt < 25_000, "taken over within the lease and a retry");
    await scene.until(async () => {
      await change();
      return (await wrote("three")) ? undefined : "the third has not written";
    });

    const writes = await scene.writes();
    const order = writes.map(({ by }) => by).filter((by, index, all) => by !== all[index - 1]);
    assert.deepEqual(order, ["one", "two", "three"], JSON.stringify(writes.slice(-20)));
    const kinds = writes.filter(({ by }) => by === "two").map(({ what }) => what);
    assert.ok(kinds.some((what) => what.startsWith("elbv2.")) && kinds.some((what) => what.startsWith("patch ")));
  });
});
