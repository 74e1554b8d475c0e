import assert from "node:assert/strict";
import { type Service, serviceKind } from "../../../src/api/builtin.ts";
import { type LoadBalancer, loadBalancerKind } from "../../../src/api/load-balancer.ts";
import { targetGroupBindingKind } from "../../../src/api/target-group-binding.ts";
import { OperatorWorld } from "../../support/operator-world.ts";

const broker = "telemetry/broker";
const nlb = (suffix: string): string => `service.beta.kubernetes.io/aws-load-balancer-${suffix}`;

/** Writes alone, as `Operation`, each counted. */
function writesOf(calls: readonly string[]): Readonly<Record<string, number>> {
  const names = calls.map((call) => call.replace(/^.*\./, "")).filter((name) => !/^(Describe|List|Get)/.test(name));
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

describe("the life of a network load balancer", function () {
  this.timeout(240_000);
  let world: OperatorWorld;

  beforeEach(async () => {
    world = await OperatorWorld.create();
    await world.applySample("30-mqtt-nlb.yaml");
    await world.untilReady();
  });
  afterEach(async () => {
    await world.close();
  });

  const annotate = (annotations: Readonly<Record<string, string | null>>) => () =>
    world.patch(serviceKind, broker, { metadata: { annotations } });
  const service = async (): Promise<Service> => {
    const found = await world.get(serviceKind, broker);
    assert.ok(found);
    return found;
  };
  const report = async (): Promise<LoadBalancer | undefined> =>
    (await world.get(loadBalancerKind, "telemetry/service-broker")) as LoadBalancer | undefined;
  const hostname = async (): Promise<string | undefined> =>
    (await service()).status?.loadBalancer?.ingress?.[0]?.hostname;

  it("begins with a finalizer, ends with a name and a report", async () => {
    const { metadata, status } = await service();
    assert.deepEqual(metadata.finalizers, ["service.k8s.aws/resources"]);
    const [entry] = status?.loadBalancer?.ingress ?? [];
    assert.match(entry?.hostname ?? "", /^k8s-telemetr-broker-[0-9a-f]{10}-[0-9a-f]+\.elb\.eu-west-1\.amazonaws\.com$/);
    assert.deepEqual(entry?.ports, [
      { port: 8883, protocol: "TCP" },
      { port: 1883, protocol: "TCP" },
    ]);
    assert.equal((await report())?.status?.dnsName, entry?.hostname);
    assert.equal((await world.list(targetGroupBindingKind)).length, 2);
  });

  it("changes one attribute with one call when proxy protocol goes", async () => {
    const step = await world.step(annotate({ [nlb("proxy-protocol")]: null }));
    assert.deepEqual(writesOf(step.calls), { ModifyTargetGroupAttributes: 2 });
  });

  it("changes nothing for labels", async () => {
    const step = await world.step(() => world.patch(serviceKind, broker, { metadata: { labels: { a: "b" } } }));
    assert.deepEqual(step.calls, []);
  });

  it("takes a port away with all that belongs to it", async () => {
    const ports = (await service()).spec?.ports?.filter(({ port }) => port === 8883);
    const step = await world.step(() => world.patch(serviceKind, broker, { spec: { ports } }));
    assert.deepEqual(writesOf(step.calls), {
      DeleteListener: 1,
      DeleteTargetGroup: 1,
      RevokeSecurityGroupIngress: 1,
    });
    const [entry] = (await service()).status?.loadBalancer?.ingress ?? [];
    assert.deepEqual(entry?.ports, [{ port: 8883, protocol: "TCP" }]);
    assert.equal((await world.list(targetGroupBindingKind)).length, 1);
  });

  it("keeps everything in AWS under bad input, and says what is wrong", async () => {
    const step = await world.step(annotate({ [nlb("proxy-protocol")]: "v2" }), { ready: false });
    assert.deepEqual(writesOf(step.calls), {});
    const status = (await report())?.status;
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([ready?.status, ready?.reason], ["False", "InvalidAnnotation"]);
    assert.match(ready?.message ?? "", /aws-load-balancer-proxy-protocol must be "\*".*\(value "v2"\)/);
    const mended = await world.step(annotate({ [nlb("proxy-protocol")]: "*" }));
    assert.deepEqual(writesOf(mended.calls), {});
  });

  it("still follows what else is right after a restart under bad input", async () => {
    await world.step(annotate({ [nlb("scheme")]: "public" }), { ready: false });
    const before = await hostname();
    await world.restart();
    const step = await world.step(async () => undefined, { ready: false });
    assert.deepEqual(writesOf(step.calls), {});
    assert.equal(await hostname(), before);
  });

  it("is replaced beside its predecessor when the scheme changes", async () => {
    const before = await hostname();
    await world.step(annotate({ [nlb("scheme")]: "internal" }), { passMs: 400_000 });
    await world.untilReady();
    await world.until(
      async () => (await report())?.status?.resources?.filter(({ type }) => type === "elbv2/LoadBalancer").length === 1,
    );
    const after = await hostname();
    assert.notEqual(after, before);
    assert.equal((await report())?.status?.dnsName, after);
    assert.equal((await world.list(targetGroupBindingKind)).length, 2);
  });

  it("goes with its Service, and leaves nothing", async () => {
    await world.step(() => world.delete(serviceKind, broker), { passMs: 300_000, ready: false });
    await world.until(async () => (await world.get(serviceKind, broker)) === undefined);
    assert.deepEqual(await world.list(targetGroupBindingKind), []);
    assert.equal(await report(), undefined);
  });

  it("goes when its Service wants no load balancer any more, and the name goes from its status", async () => {
    await world.step(annotate({ [nlb("type")]: null }), { passMs: 300_000, ready: false });
    await world.until(async () => ((await service()).metadata.finalizers ?? []).length === 0);
    assert.deepEqual((await service()).status?.loadBalancer ?? {}, {});
    assert.equal(await report(), undefined);
  });

  it("stays while an annotation protects it, and goes when that is taken back", async () => {
    await world.step(annotate({ [nlb("attributes")]: "deletion_protection.enabled=true" }));
    const step = await world.step(() => world.delete(serviceKind, broker), { ready: false });
    assert.deepEqual(writesOf(step.calls), {});
    const ready = (await report())?.status?.conditions?.find(({ type }) => type === "Ready");
    assert.equal(ready?.reason, "DeletionBlocked");
    await world.step(annotate({ [nlb("attributes")]: "deletion_protection.enabled=false" }), {
      passMs: 300_000,
      ready: false,
    });
    await world.until(async () => (await world.get(serviceKind, broker)) === undefined);
  });
});
