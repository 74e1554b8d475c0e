import assert from "node:assert/strict";
import { ingressKind, podKind, serviceKind } from "../../src/api/builtin.ts";
import type { Kind } from "../../src/api/object.ts";
import type { Manifest } from "../../src/cli/manifests.ts";
import type { CallRecord } from "../../src/sandbox/aws/call-log.ts";
import { sampleIngress, sampleService } from "../support/budget-objects.ts";
import { atMost, deploymentKind, isListing, OperatorWorld, type Step, tally } from "../support/operator-world.ts";
import { isReal } from "../support/world-cluster.ts";

/** One kind of object with the goals that the call budget sets it (aws-call-budget, table of goals). */
interface Budget {
  readonly kind: Kind;
  readonly sample: (name: string) => readonly Manifest[];
  readonly annotation: Readonly<Record<string, string>>;
  readonly warm: number;
  readonly warmWrites: number;
  readonly cold: number;
  readonly podReplaced: number;
}

const budgets: readonly Budget[] = [
  {
    kind: ingressKind,
    sample: sampleIngress,
    annotation: { "alb.ingress.kubernetes.io/load-balancer-attributes": "idle_timeout.timeout_seconds=77" },
    warm: 14,
    warmWrites: 12,
    cold: 20,
    podReplaced: 2,
  },
  {
    kind: serviceKind,
    sample: sampleService,
    annotation: {
      "service.beta.kubernetes.io/aws-load-balancer-attributes": "load_balancing.cross_zone.enabled=true",
    },
    warm: 13,
    warmWrites: 13,
    cold: 19,
    podReplaced: 4,
  },
];

/** Waiting for AWS itself: the state of what is being provisioned, read for 20 load balancers at a time. */
function isStatePoll({ operation, parameters }: CallRecord): boolean {
  return operation === "DescribeLoadBalancers" && "LoadBalancerArns" in parameters;
}

function work(step: Step): readonly string[] {
  return step.records.filter((record) => !isStatePoll(record)).map(({ operation }) => operation);
}

/** The look at the health of new targets, once the load balancer serves, is for the report: it comes when all is done. */
function withoutHealthLooks(calls: readonly string[]): readonly string[] {
  return calls.filter((name) => name !== "DescribeTargetHealth");
}

/** No background listing falls into a step. */
const quiet = { settings: { inventoryEveryMs: 86_400_000, verifyEveryMs: 80_000_000 } };

for (const budget of budgets) {
  describe(`call budget of ${budget.kind.kind}`, () => {
    let world: OperatorWorld;
    before(async () => {
      world = await OperatorWorld.create(quiet);
      await world.apply(budget.sample("first"));
      await world.untilReady();
      await world.apply(budget.sample("second"));
      await world.untilReady();
    });
    after(() => world.close());

    it(`makes the first one of a cold process and cluster with at most ${budget.cold} calls, listings included`, async () => {
      const cold = await OperatorWorld.create({ ...quiet, start: false });
      const step = await cold.step(async () => {
        await cold.start();
        await cold.apply(budget.sample("first"));
      });
      atMost(withoutHealthLooks(work(step)), budget.cold);
      await cold.close();
    });

    it(`makes another with at most ${budget.warm} calls, and no more than ${budget.warmWrites} of them write`, async () => {
      const step = await world.step(() => world.apply(budget.sample("third")));
      atMost(work(step), budget.warm);
      atMost(
        step.records.filter(({ mutating }) => mutating).map(({ operation }) => operation),
        budget.warmWrites,
      );
    });

    it("makes no call and no Kubernetes write for an event without effect", async () => {
      const step = await world.step(async () => {
        await world.patch(budget.kind, "default/second", {
          metadata: { labels: { colour: "blue" }, annotations: { "example.com/note": "hello" } },
        });
      });
      assert.deepEqual(step.calls, []);
      assert.deepEqual(step.writes, []);
      assert.deepEqual(step.events, []);
    });

    it(`moves a replaced pod with at most ${budget.podReplaced} calls and no Kubernetes write`, async () => {
      const pods = await world.list(podKind);
      const name = pods.find(({ metadata }) => metadata.name.startsWith("second"))?.metadata.name ?? "";
      const step = await world.step(() => world.delete(podKind, `default/${name}`), { passMs: 15_000, ready: false });
      atMost(work(step), budget.podReplaced);
      assert.ok(step.calls.includes("elbv2.RegisterTargets") && step.calls.includes("elbv2.DeregisterTargets"));
      assert.deepEqual(step.writes, []);
    });

    it("looks at the health of a group whose pod was replaced, a minute later and then more and more rarely", async () => {
      const step = await world.step(() => Promise.resolve(), { passMs: 100_000 });
      assert.ok(step.calls.every((call) => call === "elbv2.DescribeTargetHealth"));
      atMost(work(step), 4);
    });

    it("changes an attribute with one call", async () => {
      const step = await world.step(() =>
        world.patch(budget.kind, "default/second", { metadata: { annotations: budget.annotation } }),
      );
      assert.deepEqual(step.calls, ["elbv2.ModifyLoadBalancerAttributes"]);
    });

    it("deletes it with at most 8 calls", async () => {
      const step = await world.step(() => world.delete(budget.kind, "default/second"), { passMs: 120_000 });
      atMost(work(step), 8);
      assert.equal(await world.get(budget.kind, "default/second"), undefined);
    });
  });

  describe(`periodic check of ${budget.kind.kind}`, () => {
    it("reads it in full with at most 9 calls, beside the listings that all objects share", async () => {
      const world = await OperatorWorld.create();
      await world.apply(budget.sample("first"));
      await world.untilReady();
      await world.clock.advance(700_000);
      // Two periods of ten minutes, each with a margin of a tenth.
      const step = await world.step(() => Promise.resolve(), { passMs: 1_200_000 });
      const own = step.records.filter((record) => !isListing(record)).map(({ operation }) => operation);
      const facts = new Set(["DescribeVpcs", "DescribeInstances"]);
      const checks = own.filter((name) => name === "DescribeListeners").length;
      assert.ok(checks >= 1 && checks <= 3, `${checks} checks`);
      atMost(
        own.filter((name) => !facts.has(name)),
        9 * checks,
      );
      assert.ok(step.records.every(({ mutating }) => !mutating));
      await world.close();
    });
  });
}

describe("Kubernetes writes for the first Ingress", () => {
  it("are a finalizer, a status, a binding for each target group, and the report", async () => {
    const world = await OperatorWorld.create(quiet);
    const step = await world.step(() => world.apply(sampleIngress("one")));
    const onReports = step.writes.filter((write) => write.includes(" loadbalancers/"));
    const others = step.writes.filter((write) => !write.includes(" loadbalancers/"));
    assert.equal(others.length, 4, others.join(", "));
    assert.ok(onReports.length <= 5, onReports.join(", "));
    await world.close();
  });
});

/** A real API server takes minutes for what the embedded one does at once. */
const pods = isReal() ? 50 : 500;

/** Enough room for 500 pods and those that a rolling restart adds. */
const nodes = `apiVersion: fairlead.io/v1alpha1
kind: NodeGroup
metadata: {name: room}
spec:
  instanceTypes: [m6i.large]
  scaling: {min: 1, max: 8, desired: 6}
`;

describe(`a rolling restart of ${pods} pods in one group`, () => {
  it("takes at most 40 calls", async function () {
    this.timeout(240_000);
    const world = await OperatorWorld.create({ ...quiet, podStartMs: 1_000, aws: { speed: Number.POSITIVE_INFINITY } });
    await world.apply(nodes);
    await world.untilReady();
    await world.apply(sampleService("wide", { replicas: pods }));
    await world.untilReady();
    const step = await world.step(
      () =>
        world.patch(deploymentKind, "default/wide", {
          spec: { template: { metadata: { annotations: { restarted: "now" } } } },
        }),
      { passMs: 60_000 },
    );
    // Two ports: two groups.
    const each = tally(step.calls.filter((call) => call.includes("egisterTargets")));
    assert.ok(step.calls.filter((call) => call.includes("egisterTargets")).length <= 2 * 40, each.join(", "));
    await world.close();
  });
});
