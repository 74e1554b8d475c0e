import assert from "node:assert/strict";
import { nodeKind } from "../../../src/api/builtin.ts";
import { nodeGroupKind } from "../../../src/api/node-group.ts";
import { NodeGroupReconciler } from "../../../src/controllers/node-group/reconcile.ts";
import { nodeGroupSurroundings } from "../../../src/controllers/node-group/surroundings.ts";
import type { Outcome } from "../../../src/kube/controller.ts";
import { passing } from "../../aws/support/world.ts";
import { type OwnKindsWorld, ownKindsWorld } from "../../support/own-kinds.ts";

const name = { name: "batch" };
const isRead = (call: string): boolean => /^(Get|List|Describe)/.test(call);

class Scene {
  readonly parts: OwnKindsWorld;
  readonly #reconciler: NodeGroupReconciler;

  constructor(parts: OwnKindsWorld) {
    this.parts = parts;
    const { clusterName, cluster } = parts.common;
    const { aws, clock, subnets } = parts.world;
    this.#reconciler = new NodeGroupReconciler({
      ...parts.common,
      surroundings: nodeGroupSurroundings({ ec2: aws.ec2, clock, clusterName, cluster, subnets }),
      objects: parts.kube.lister(nodeGroupKind),
      nodes: parts.kube.lister(nodeKind),
    });
  }

  async pass(): Promise<{ outcome: Outcome; writes: readonly string[]; calls: readonly string[] }> {
    const { world } = this.parts;
    world.calls();
    const signal = new AbortController().signal;
    const work = this.#reconciler.reconcile("batch", { signal, priority: "edit", failures: 0 });
    const outcome = await passing(world.clock, work);
    const calls = world.calls();
    return { outcome, calls, writes: calls.filter((call) => !isRead(call)) };
  }

  /** Reconciles as the queue would until nothing is waited for; the writes that it took. */
  async settle(): Promise<readonly string[]> {
    const writes: string[] = [];
    for (let turn = 0; turn < 200; turn++) {
      const { outcome, writes: more } = await this.pass();
      writes.push(...more);
      const resting =
        outcome.kind === "done" ||
        (outcome.kind === "wait" && ["next check", "nodes to become ready"].includes(outcome.reason));
      if (resting) return writes;
      assert.equal(outcome.kind, "wait", JSON.stringify(outcome));
      await this.parts.world.clock.advance(outcome.kind === "wait" ? outcome.afterMs : 0);
    }
    throw new Error(`does not settle: ${JSON.stringify(this.object().status)}`);
  }

  object() {
    const object = this.parts.kube.find(nodeGroupKind, name);
    assert.ok(object);
    return object;
  }

  condition(type: string): string {
    const found = this.object().status?.conditions?.find((condition) => condition.type === type);
    return found === undefined ? "none" : `${found.status} ${found.reason}`;
  }

  put(spec: object, annotations: Readonly<Record<string, string>> = {}): void {
    this.parts.kube.put(nodeGroupKind, { metadata: { ...name, annotations }, spec });
  }

  call<T>(work: Promise<T>): Promise<T> {
    return passing(this.parts.world.clock, work);
  }

  async group() {
    const { clusterName } = this.parts.common;
    const answer = await this.call(this.parts.world.aws.eks.describeNodegroup({ clusterName, nodegroupName: "batch" }));
    return answer.nodegroup;
  }

  async scaleByAutoscaler(desiredSize: number): Promise<void> {
    const { clusterName } = this.parts.common;
    const scalingConfig = { desiredSize };
    await this.call(
      this.parts.world.aws.eks.updateNodegroupConfig({ clusterName, nodegroupName: "batch", scalingConfig }),
    );
    await this.parts.world.clock.advance(60_000);
  }

  joinNodes(count: number, ready: boolean): void {
    for (let index = 0; index < count; index++) {
      const status = { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] };
      const labels = { "eks.amazonaws.com/nodegroup": "batch" };
      this.parts.kube.put(nodeKind, { metadata: { name: `node-${index}`, labels }, status });
    }
  }
}

async function scene(options: Parameters<typeof ownKindsWorld>[0] = {}): Promise<Scene> {
  return new Scene(await ownKindsWorld(options));
}

const base = {
  instanceTypes: ["m5.large"],
  scaling: { min: 1, max: 4, desired: 2 },
  labels: { workload: "batch" },
  taints: [{ key: "workload", value: "batch", effect: "NoSchedule" }],
};

describe("a NodeGroup", () => {
  it("becomes a role, a launch template and a node group, and is ready when its nodes are", async () => {
    const it = await scene();
    it.put(base);
    const writes = await it.settle();
    assert.deepEqual(
      writes.filter((call) => call !== "AttachRolePolicy"),
      ["CreateLaunchTemplate", "CreateRole", "CreateNodegroup"].toSorted(
        (a, b) => writes.indexOf(a) - writes.indexOf(b),
      ),
    );
    const group = await it.group();
    assert.equal(group?.status, "ACTIVE");
    assert.deepEqual(group?.labels, { workload: "batch" });
    assert.deepEqual(group?.taints, [{ key: "workload", value: "batch", effect: "NO_SCHEDULE" }]);
    assert.equal(group?.amiType, "AL2023_x86_64_STANDARD");
    assert.equal(group?.tags?.["fairlead.io/owner"], "NodeGroup/batch");
    assert.equal(it.object().status?.phase, "Active");
    assert.equal(it.condition("Ready"), "False NodesNotReady");

    it.joinNodes(2, true);
    await it.pass();
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.condition("Reconciling"), "none");
    const status = it.object().status;
    assert.deepEqual(status?.scaling, { min: 1, max: 4, desired: 2, lastAppliedDesired: 2, ready: 2, total: 2 });
    assert.equal(status?.instanceTypesText, "m5.large");
  });

  it("never blocks while EKS works: each pass ends at once and asks to be called again", async () => {
    const it = await scene();
    it.put(base);
    const before = it.parts.world.clock.now();
    const { outcome } = await it.pass();
    assert.equal(outcome.kind, "wait");
    assert.ok(it.parts.world.clock.now() - before < 5_000);
    assert.equal(it.condition("Reconciling"), "True Creating");
    assert.equal(it.object().status?.phase, "Creating");
  });

  it("makes no call when nothing changed", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.joinNodes(2, true);
    await it.pass();
    it.parts.kube.writes.length = 0;
    const { calls } = await it.pass();
    assert.deepEqual(calls, []);
    assert.deepEqual(it.parts.kube.writes, []);
  });

  it("changes labels, taints and limits in one call", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.put({
      ...base,
      labels: { tier: "spot" },
      taints: [{ key: "workload", value: "batch", effect: "NoExecute" }],
      scaling: { min: 1, max: 6, desired: 2 },
    });
    assert.deepEqual(await it.settle(), ["UpdateNodegroupConfig"]);
    const group = await it.group();
    assert.deepEqual(group?.labels, { tier: "spot" });
    assert.deepEqual(group?.taints, [{ key: "workload", value: "batch", effect: "NO_EXECUTE" }]);
    assert.equal(group?.scalingConfig?.maxSize, 6);
  });

  it("leaves the number of nodes to the autoscaler through a hundred passes", async () => {
    const it = await scene();
    it.put({ ...base, scaling: { min: 1, max: 10, desired: 3 } });
    await it.settle();
    await it.scaleByAutoscaler(9);
    it.parts.world.calls();
    for (let turn = 0; turn < 100; turn++) {
      const { writes } = await it.pass();
      assert.deepEqual(writes, []);
      await it.parts.world.clock.advance(60_000);
    }
    assert.equal((await it.group())?.scalingConfig?.desiredSize, 9);
  });

  it("raises the number with min, and lowers it with max, in the same call", async () => {
    const it = await scene();
    it.put({ ...base, scaling: { min: 2, max: 10, desired: 3 } });
    await it.settle();
    it.put({ ...base, scaling: { min: 5, max: 10, desired: 5 } });
    assert.deepEqual(await it.settle(), ["UpdateNodegroupConfig"]);
    assert.deepEqual((await it.group())?.scalingConfig, { minSize: 5, maxSize: 10, desiredSize: 5 });
    await it.scaleByAutoscaler(7);
    it.put({ ...base, scaling: { min: 2, max: 4 } });
    assert.deepEqual(await it.settle(), ["UpdateNodegroupConfig"]);
    assert.deepEqual((await it.group())?.scalingConfig, { minSize: 2, maxSize: 4, desiredSize: 4 });
  });

  it("writes the number when the user edits it", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    await it.scaleByAutoscaler(4);
    it.put({ ...base, scaling: { min: 1, max: 4, desired: 3 } });
    assert.deepEqual(await it.settle(), ["UpdateNodegroupConfig"]);
    assert.equal((await it.group())?.scalingConfig?.desiredSize, 3);
    assert.equal(it.object().status?.scaling?.lastAppliedDesired, 3);
  });

  it("rolls nodes by a new version of its launch template", async () => {
    const it = await scene({ speed: 100 });
    it.put(base);
    await it.settle();
    it.put({ ...base, rootVolume: { sizeGiB: 120 } });
    assert.deepEqual(await it.settle(), ["CreateLaunchTemplateVersion", "UpdateNodegroupVersion"]);
    assert.equal((await it.group())?.launchTemplate?.version, "2");
    assert.equal(it.object().status?.launchTemplate?.version, "2");
  });

  it("refuses what would need a new group, says so, and makes the other changes", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.put({ ...base, capacityType: "Spot", labels: { workload: "other" } });
    const writes: string[] = [];
    for (let turn = 0; turn < 10; turn++) {
      writes.push(...(await it.pass()).writes);
      await it.parts.world.clock.advance(15_000);
    }
    assert.deepEqual(writes, ["UpdateNodegroupConfig"]);
    assert.equal(it.condition("Ready"), "False ReplacementBlocked");
    assert.equal((await it.group())?.capacityType, "ON_DEMAND");
    assert.deepEqual((await it.group())?.labels, { workload: "other" });
    const blocked = it.object().status?.plan?.find((change) => change.reason === "ReplacementBlocked");
    assert.deepEqual(blocked?.differences?.map((difference) => difference.field).includes("capacityType"), true);
  });

  it("keeps the group when the spec becomes invalid, and names field and bounds", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.put({ ...base, scaling: { min: 5, max: 2 } });
    const { calls, outcome } = await it.pass();
    assert.deepEqual(
      calls.filter((call) => !isRead(call)),
      [],
    );
    assert.deepEqual(outcome, { kind: "done" });
    assert.equal(it.condition("Stalled"), "True InvalidSpec");
    const message = it.object().status?.conditions?.find((condition) => condition.type === "Stalled")?.message;
    assert.equal(message, "spec.scaling.min: is 5 and must not be above max, which is 2");
    assert.equal(it.parts.told.at(-1)?.reason, "InvalidSpec");
  });

  it("waits for a role that EKS cannot see yet, and does not call that a failure", async () => {
    const it = await scene({ lag: { iamToOtherServices: 12_000 } });
    it.put(base);
    await it.pass();
    assert.equal(it.condition("Stalled"), "none");
    await it.settle();
    assert.equal((await it.group())?.status, "ACTIVE");
  });

  it("deletes group, launch template and role, in that order", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.parts.kube.remove(nodeGroupKind, name);
    const writes = await it.settle();
    assert.deepEqual(
      [...new Set(writes)].filter((call) => call !== "DetachRolePolicy"),
      ["DeleteNodegroup", "DeleteLaunchTemplate", "DeleteRole"].toSorted(
        (a, b) => writes.indexOf(a) - writes.indexOf(b),
      ),
    );
    assert.equal(writes[0], "DeleteNodegroup");
    assert.equal(it.parts.kube.find(nodeGroupKind, name), undefined);
    const { iam, ec2 } = it.parts.world.aws;
    await assert.rejects(it.call(iam.getRole({ RoleName: "demo-batch-node" })), { code: "NoSuchEntity" });
    const templates = await it.call(ec2.describeLaunchTemplates({}));
    assert.deepEqual(
      templates.LaunchTemplates?.filter((one) => one.LaunchTemplateName === "demo-batch"),
      [],
    );
  });

  it("makes a group anew that was deleted outside", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    const { clusterName } = it.parts.common;
    await it.call(it.parts.world.aws.eks.deleteNodegroup({ clusterName, nodegroupName: "batch" }));
    await it.parts.world.clock.advance(300_000);
    it.put(base, { "fairlead.io/reconcile-at": "now" });
    assert.deepEqual(await it.settle(), ["CreateNodegroup"]);
    assert.equal((await it.group())?.status, "ACTIVE");
  });

  it("never touches a node group that is not its own", async () => {
    const it = await scene();
    const { eks } = it.parts.world.aws;
    it.put(base);
    await it.settle();
    const group = await it.group();
    await it.call(eks.untagResource({ resourceArn: group?.nodegroupArn ?? "", tagKeys: ["fairlead.io/owner"] }));
    it.put({ ...base, labels: { other: "label" } }, { "fairlead.io/reconcile-at": "now" });
    const { outcome } = await it.pass();
    assert.equal(outcome.kind, "retry");
    assert.equal(it.condition("Ready"), "False NameConflict");
    assert.deepEqual((await it.group())?.labels, { workload: "batch" });
  });

  it("converges from a crash after any of its calls, with nothing doubled", async () => {
    const probe = await scene();
    probe.put(base);
    const { calls } = await probe.pass();
    for (let last = 1; last <= calls.length; last++) {
      const before = await scene();
      before.put(base);
      const { faults } = before.parts.world.sandbox;
      faults.add({ from: last, fault: { kind: "cut", when: "after" } });
      faults.add({
        from: last + 1,
        times: Number.POSITIVE_INFINITY,
        fault: { kind: "error", code: "AccessDenied", status: 403 },
      });
      await before.pass();
      faults.clear();
      const after = new Scene(await before.parts.restart());
      const writes = await after.settle();
      assert.equal(
        after.object().status?.phase,
        "Active",
        `after call ${last}, ${calls[last - 1] ?? ""}: ${writes.join()}`,
      );
      const { eks, ec2 } = after.parts.world.aws;
      const groups = await after.call(eks.listNodegroups({ clusterName: after.parts.common.clusterName }));
      assert.equal(groups.nodegroups?.filter((group) => group === "batch").length, 1);
      const templates = await after.call(ec2.describeLaunchTemplates({}));
      assert.equal(templates.LaunchTemplates?.filter((one) => one.LaunchTemplateName === "demo-batch").length, 1);
    }
  });
});
