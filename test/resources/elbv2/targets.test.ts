import assert from "node:assert/strict";
import type { Resource } from "../../../src/engine/stack.ts";
import type { AppError } from "../../../src/errors.ts";
import type { Target, TargetsSpec } from "../../../src/resources/elbv2/specs.ts";
import { compareTargets, registeredTargets, targetChanges, targetsType } from "../../../src/resources/elbv2/targets.ts";
import { context, createWorld, passing } from "../../aws/support/world.ts";

const target = (last: number): Target => ({
  id: `192.168.${Math.floor(last / 250)}.${(last % 250) + 1}`,
  port: 8080,
});

async function setUp() {
  const world = await createWorld();
  const { TargetGroups } = await world.aws.elbv2.createTargetGroup({
    Name: "tg",
    TargetType: "ip",
    Protocol: "HTTP",
    Port: 80,
    VpcId: world.vpcID,
  });
  const targetGroupARN = TargetGroups?.[0]?.TargetGroupArn ?? "";
  await world.inventory.ready();
  const type = targetsType(world.elbv2);
  const reconcile = async (targets: readonly Target[], more: Partial<TargetsSpec> = {}): Promise<void> => {
    const spec = { targetGroupARN, targets, ...more };
    const resource: Resource<TargetsSpec> = { type: type.type, id: targetGroupARN, spec };
    const [observed] = await type.observe({ desired: [resource], parents: [] }, context());
    assert.ok(observed);
    const differences = type.compare(spec, observed.spec);
    if (differences.length > 0) await type.update({ resource, observed, differences }, context());
  };
  const registered = async (): Promise<string[]> => {
    const { TargetHealthDescriptions } = await world.aws.elbv2.describeTargetHealth({ TargetGroupArn: targetGroupARN });
    return registeredTargets(TargetHealthDescriptions ?? []).map(({ id }) => id);
  };
  world.calls();
  return { world, reconcile, registered };
}

describe("targets of a group", () => {
  it("cost one read at first, then only their changes", async () => {
    const { world, reconcile } = await setUp();
    await reconcile([target(1), target(2)]);
    await reconcile([target(1), target(2)]);
    await reconcile([target(2), target(3)]);
    assert.deepEqual(world.calls(), [
      "DescribeTargetHealth",
      "RegisterTargets",
      "RegisterTargets",
      "DeregisterTargets",
    ]);
  });

  it("go in and out two hundred a call", async () => {
    const { world, reconcile } = await setUp();
    const all = Array.from({ length: 450 }, (_, index) => target(index));
    await passing(world.clock, reconcile(all));
    await passing(world.clock, reconcile([]));
    const calls = world.calls();
    assert.equal(calls.filter((name) => name === "RegisterTargets").length, 3);
    assert.equal(calls.filter((name) => name === "DeregisterTargets").length, 3);
  });

  it("are registered but for the one that AWS refuses, which is named", async () => {
    const { world, reconcile, registered } = await setUp();
    const good = Array.from({ length: 5 }, (_, index) => target(index));
    const work = reconcile([...good, { id: "8.8.8.8", port: 8080 }]);
    await assert.rejects(passing(world.clock, work), (error: AppError) => {
      assert.equal(error.class, "invalid");
      assert.match(error.message, /^AWS refuses 1 targets \(8\.8\.8\.8:8080\)/);
      return true;
    });
    assert.deepEqual((await registered()).toSorted(), good.map(({ id }) => id).toSorted());
  });

  it("of other clusters stay", () => {
    const spec = { targetGroupARN: "a", targets: [target(1)] };
    const observed = { targetGroupARN: "a", targets: [target(2), target(3)] };
    const ours = `${target(2).id}:8080`;
    assert.deepEqual(targetChanges({ ...spec, mayDeregister: [ours] }, observed), {
      missing: [target(1)],
      surplus: [target(2)],
    });
    assert.deepEqual(targetChanges(spec, observed).surplus, [target(2), target(3)]);
  });

  it("are the same wherever their zone is", () => {
    const spec = { targetGroupARN: "a", targets: [{ ...target(1), availabilityZone: "all" }] };
    assert.deepEqual(compareTargets(spec, { targetGroupARN: "a", targets: [target(1)] }), []);
  });

  const states: readonly [string, string | undefined, boolean][] = [
    ["healthy", undefined, true],
    ["initial", "Elb.RegistrationInProgress", true],
    ["unused", "Target.NotInUse", true],
    ["unused", "Target.NotRegistered", false],
    ["draining", "Target.DeregistrationInProgress", false],
    ["unhealthy.draining", "Target.FailedHealthChecks", false],
    ["unavailable", "Target.HealthCheckDisabled", true],
  ];
  for (const [State, Reason, counts] of states) {
    it(`${counts ? "count" : "do not count"} as registered when ${State} (${Reason ?? "no reason"})`, () => {
      const description = {
        Target: { Id: "192.168.0.1", Port: 80 },
        TargetHealth: {
          State: State as "healthy",
          ...(Reason === undefined ? {} : { Reason: Reason as "Target.NotInUse" }),
        },
      };
      assert.equal(registeredTargets([description]).length, counts ? 1 : 0);
    });
  }
});
