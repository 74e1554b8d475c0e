import assert from "node:assert/strict";
import { parseManifests } from "../../src/cli/manifests.ts";
import { ingress, plainService, workload } from "../support/budget-objects.ts";
import { atMost, OperatorWorld } from "../support/operator-world.ts";
import { isReal } from "../support/world-cluster.ts";

/** What the call budget allows before all unchanged Ingresses are known to be good again. */
const cases = [
  { ingresses: 50, most: 15 },
  { ingresses: 200, most: 40 },
  { ingresses: 1000, most: 180 },
  // What a restart costs AWS does not depend on the API server; a real one takes minutes to make more of them.
].slice(0, isReal() ? 1 : undefined);

const raised = { applicationLoadBalancers: 5000, targetGroups: 20_000, registrationsPerTarget: 20_000 };

async function worldWith(count: number): Promise<OperatorWorld> {
  const world = await OperatorWorld.create({
    aws: { speed: Number.POSITIVE_INFINITY, quotas: raised },
    settings: { verifyEveryMs: 86_400_000, inventoryEveryMs: 86_400_000 },
    unlimitedRates: true,
  });
  const backends = ["a", "b"].flatMap((name) => [workload(name, { replicas: 1, ports: [8080] }), plainService(name)]);
  await world.apply(backends.join("\n---\n"));
  const names = Array.from({ length: count }, (_, index) => `site-${index}`);
  await world.apply(names.flatMap((name) => parseManifests(ingress(name, { a: "a", b: "b" }), name)));
  await world.untilReady(3_600_000);
  // Reports tell what is registered once the health of the new targets has been looked at.
  await world.step(() => Promise.resolve(), { passMs: 300_000, ready: false });
  return world;
}

for (const { ingresses, most } of cases) {
  describe(`a restart with ${ingresses} unchanged Ingresses`, () => {
    it(`knows all to be good after at most ${most} ELBv2 calls, and then checks them at no more than 2 a second`, async function () {
      this.timeout(300_000);
      const world = await worldWith(ingresses);
      await world.drive(world.process.stop());
      const step = await world.step(() => world.start(), { ready: false });
      assert.ok(world.process.operator.idle);
      const elbv2 = step.records.filter(({ service }) => service === "elbv2").map(({ operation }) => operation);
      atMost(elbv2, most);
      assert.deepEqual(
        elbv2.filter((name) => !name.startsWith("Describe")),
        [],
      );
      assert.ok(step.records.every(({ mutating }) => !mutating));
      const from = world.clock.monotonic();
      const later = await world.step(() => Promise.resolve(), { passMs: 60_000, ready: false });
      const seconds = (world.clock.monotonic() - from) / 1000;
      atMost(later.calls, 2 * seconds + 4);
      assert.ok(later.calls.includes("elbv2.DescribeListeners"));
      await world.close();
    });
  });
}
