import assert from "node:assert/strict";
import { ingressKind } from "../../../src/api/builtin.ts";
import { loadBalancerKind } from "../../../src/api/load-balancer.ts";
import { targetGroupBindingKind } from "../../../src/api/target-group-binding.ts";
import { sampleIngress } from "../../support/budget-objects.ts";
import { OperatorWorld } from "../../support/operator-world.ts";
import { BalancerWatch } from "./balancer-watch.ts";

const prefix = "alb.ingress.kubernetes.io/";

async function annotate(world: OperatorWorld, annotations: Readonly<Record<string, string>>): Promise<void> {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${prefix}${key}`, value]));
  await world.patch(ingressKind, "default/one", { metadata: { annotations: prefixed } });
}

async function served(annotations: Readonly<Record<string, string>> = {}) {
  const world = await OperatorWorld.create();
  const watch = new BalancerWatch(world);
  // The Ingress comes last, and may be annotated from the start.
  const manifests = sampleIngress("one");
  const ingress = manifests.find(({ object }) => object.kind === "Ingress");
  Object.assign(
    ingress?.object.metadata["annotations"] ?? {},
    Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${prefix}${key}`, value])),
  );
  await world.apply(manifests);
  await world.untilReady();
  // Ready is told before the first health checks are through.
  await world.until(async () => {
    const [balancer] = await watch.loadBalancers();
    return balancer !== undefined && watch.serves(balancer);
  });
  await watch.look("default/one");
  assert.deepEqual(watch.outages, []);
  return { world, watch };
}

const onlyInternal = async (watch: BalancerWatch): Promise<boolean> =>
  (await watch.loadBalancers()).map(({ Scheme }) => Scheme).join() === "internal";

describe("replacement of a load balancer", function () {
  this.timeout(240_000);

  it("keeps the old one in service, and published, until the new one serves", async () => {
    const { world, watch } = await served();
    await annotate(world, { scheme: "internal" });
    await watch.until("default/one", () => onlyInternal(watch));
    await world.untilReady();
    assert.deepEqual(watch.outages, []);
    assert.equal(watch.published.length, 2, watch.published.join());
    assert.match(watch.published[1] ?? "", /^internal-/);
    // Nothing of the old one is left.
    assert.equal((await watch.targetGroups()).length, 2);
    assert.deepEqual(
      (await watch.targetGroups()).map(({ TargetGroupName = "" }) => TargetGroupName).toSorted(),
      (await world.list(targetGroupBindingKind)).map(({ metadata }) => metadata.name).toSorted(),
    );
    const { records } = await world.step(() => world.restart(), { passMs: 1_500_000 });
    assert.deepEqual(
      records.filter(({ operation }) => !operation.startsWith("Describe")).map(({ operation }) => operation),
      [],
    );
    await world.close();
  });

  it("may be taken back while it is under way, and be made again", async () => {
    const { world, watch } = await served();
    await annotate(world, { scheme: "internal" });
    await world.clock.advance(60_000);
    assert.equal((await watch.loadBalancers()).length, 2);
    await annotate(world, { scheme: "internet-facing" });
    await watch.until("default/one", async () => (await watch.loadBalancers()).length === 1);
    assert.equal(watch.published.length, 1);
    await annotate(world, { scheme: "internal" });
    await watch.until("default/one", () => onlyInternal(watch));
    await annotate(world, { scheme: "internet-facing" });
    await watch.until(
      "default/one",
      async () => !(await onlyInternal(watch)) && (await watch.loadBalancers()).length === 1,
    );
    await world.untilReady();
    assert.equal((await watch.targetGroups()).length, 2);
    assert.deepEqual(watch.outages, []);
    await world.close();
  });

  it("goes on after a restart", async () => {
    const { world, watch } = await served({ "load-balancer-name": "front" });
    await annotate(world, { scheme: "internal" });
    await world.clock.advance(20_000);
    assert.equal((await watch.loadBalancers()).length, 2);
    await world.restart();
    await watch.until("default/one", () => onlyInternal(watch));
    await world.untilReady();
    assert.deepEqual(watch.outages, []);
    assert.match((await watch.loadBalancers())[0]?.LoadBalancerName ?? "", /^front-[0-9a-f]{4}$/);
    await world.close();
  });

  it("is refused while the load balancer is protected; all else is done", async () => {
    const { world, watch } = await served({ "load-balancer-attributes": "deletion_protection.enabled=true" });
    await annotate(world, { scheme: "internal", "healthcheck-path": "/alive" });
    await world.rest();
    const [report] = await world.list(loadBalancerKind);
    const ready = report?.status?.conditions?.find(({ type }) => type === "Ready");
    assert.equal(ready?.reason, "ReplacementBlocked");
    assert.match(ready?.message ?? "", /deletion_protection\.enabled=false/);
    const [balancer, ...others] = await watch.loadBalancers();
    assert.equal(balancer?.Scheme, "internet-facing");
    assert.deepEqual(others, []);
    assert.deepEqual(
      (await watch.targetGroups()).map(({ HealthCheckPath }) => HealthCheckPath),
      ["/alive", "/alive"],
    );
    await annotate(world, { "load-balancer-attributes": "deletion_protection.enabled=false" });
    await watch.until("default/one", () => onlyInternal(watch));
    assert.deepEqual(watch.outages, []);
    await world.close();
  });

  it("goes without an outage when the last member of a group moves to another one", async () => {
    const { world, watch } = await served({ "load-balancer-name": "front" });
    await annotate(world, { "group.name": "shop" });
    await watch.until("default/one", async () => {
      const names = (await watch.loadBalancers()).map(({ LoadBalancerName }) => LoadBalancerName);
      return names.length === 1 && names[0] !== "front";
    });
    await world.untilReady();
    assert.deepEqual(watch.outages, []);
    assert.equal(watch.published.length, 2);
    assert.match((await watch.loadBalancers())[0]?.LoadBalancerName ?? "", /^front-[0-9a-f]{4}$/);
    assert.equal((await watch.targetGroups()).length, 2);
    await world.close();
  });
});
