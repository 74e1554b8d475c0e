import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Scene } from "./support/scene.ts";

describe("an operator whose API server is restarted", function () {
  this.timeout(150_000);
  let scene: Scene;
  let expected: Awaited<ReturnType<Scene["baseline"]>>;

  before(async () => {
    scene = await Scene.create();
    // A server that is away for more than ten seconds costs the operator its lease: it ends, and is started again.
    await scene.keepRunning(await scene.identity("one"));
    expected = await scene.baseline();
  });
  after(() => scene?.close());

  for (const how of ["stop", "kill"] as const) {
    it(`goes on where it was, with nothing lost and nothing doubled (${how})`, async () => {
      const restart = async (afterMs: number): Promise<void> => {
        await pause(afterMs);
        await scene.plane.controlPlane.stopApiServer(how);
        await scene.plane.controlPlane.startApiServer();
      };
      await scene.remove();
      await restart(30);
      await scene.untilReady(expected.part);
      scene.sandbox.aws.calls.reset();
      await scene.restore();
      await restart(60);
      await scene.untilReady(expected.whole);
      assert.deepEqual(scene.doubled(), [], "made twice");
    });
  }
});
