import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { reflectorLimits } from "../../src/kube/reflector.ts";
import type { OperatorChild } from "./support/operator-child.ts";
import { Scene } from "./support/scene.ts";
import { openTcpProxy, type TcpProxy } from "./support/tcp-proxy.ts";

describe("an operator whose connections to the API server break", function () {
  this.timeout(200_000);
  let scene: Scene;
  let proxy: TcpProxy;
  let operator: OperatorChild;
  let expected: Awaited<ReturnType<Scene["baseline"]>>;

  before(async () => {
    scene = await Scene.create();
    const { hostname: host, port } = new URL(scene.plane.controlPlane.url);
    proxy = await openTcpProxy({ host, port: Number(port) });
    operator = await scene.operator(await scene.identity("one"), { port: proxy.port, alone: true });
    await operator.saw("started");
    expected = await scene.baseline();
  });
  after(async () => {
    await scene?.close();
    await proxy?.close();
  });

  it("loses nothing and doubles nothing when they are cut again and again", async () => {
    const cutting = new AbortController();
    const cuts = (async () => {
      for (let count = 0; ; count++) {
        if (cutting.signal.aborted) return count;
        proxy.reset();
        await pause(40 + Math.random() * 400);
      }
    })();
    await scene.remove();
    await pause(3_000);
    scene.sandbox.aws.calls.reset();
    await scene.restore();
    await pause(3_000);
    cutting.abort();
    assert.ok((await cuts) > 10);
    await scene.untilReady(expected.whole);
    assert.deepEqual(scene.doubled(), [], "made twice");
  });

  it("notices connections that are open and dead by itself", async () => {
    // All watches are open again once this is done.
    await scene.remove();
    await scene.untilReady(expected.part);
    await scene.restore();
    await scene.untilReady(expected.whole);
    proxy.blackhole();
    const from = Date.now();
    await scene.remove();
    await scene.untilReady(expected.part, reflectorLimits.silentMs + 30_000);
    assert.ok(Date.now() - from > 5_000, "the connections were not dead");
    await scene.restore();
    await scene.untilReady(expected.whole);
    assert.ok(operator.running, operator.tail());
  });
});
