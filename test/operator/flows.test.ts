import assert from "node:assert/strict";
import { ingressKind, namespaceKind, serviceKind } from "../../src/api/builtin.ts";
import { iamServiceAccountKind } from "../../src/api/iam-service-account.ts";
import { loadBalancerKind } from "../../src/api/load-balancer.ts";
import { nodeGroupKind } from "../../src/api/node-group.ts";
import { awsState, changeHealthChecks, deleteLoadBalancers } from "../support/aws-state.ts";
import { deploymentKind, OperatorWorld, type Step, tally } from "../support/operator-world.ts";

/** What a step changed in AWS. */
function changes(step: Step): readonly string[] {
  return tally(step.records.filter(({ mutating }) => mutating).map(({ operation }) => operation));
}

const atOnce = {
  aws: { speed: Number.POSITIVE_INFINITY },
  podStartMs: 100,
  settings: { inventoryEveryMs: 86_400_000, verifyEveryMs: 80_000_000 },
};

describe("the web game", function () {
  this.timeout(240_000);
  let world: OperatorWorld;
  let empty: readonly string[];
  before(async () => {
    world = await OperatorWorld.create(atOnce);
    empty = await awsState(world);
    await world.applySample("10-web-game.yaml");
    await world.untilReady();
  });
  after(() => world.close());

  it("costs no call when the same manifests are applied again", async () => {
    const step = await world.step(() => world.applySample("10-web-game.yaml"));
    assert.deepEqual(step.calls, []);
  });

  it("registers new pods in one call when the Deployment grows, and takes them off in one when it shrinks", async () => {
    const grown = await world.step(() => world.patch(deploymentKind, "arcade/marbles", { spec: { replicas: 5 } }), {
      passMs: 5_000,
    });
    assert.deepEqual(changes(grown), ["RegisterTargets"]);
    const shrunk = await world.step(() => world.patch(deploymentKind, "arcade/marbles", { spec: { replicas: 2 } }), {
      passMs: 5_000,
    });
    assert.deepEqual(changes(shrunk), ["DeregisterTargets"]);
  });

  it("adds a listener and the way to it for a new port, and takes them away again", async () => {
    const ports = (value: string | null): object => ({
      metadata: { annotations: { "alb.ingress.kubernetes.io/listen-ports": value } },
    });
    const added = await world.step(() =>
      world.patch(ingressKind, "arcade/marbles", ports('[{"HTTP":80},{"HTTP":8080}]')),
    );
    assert.deepEqual(changes(added), ["AuthorizeSecurityGroupIngress", "CreateListener", "CreateRule"]);
    const removed = await world.step(() => world.patch(ingressKind, "arcade/marbles", ports(null)));
    assert.deepEqual(changes(removed), ["DeleteListener", "RevokeSecurityGroupIngress"]);
  });

  it("changes the health check in one call", async () => {
    const step = await world.step(() =>
      world.patch(ingressKind, "arcade/marbles", {
        metadata: { annotations: { "alb.ingress.kubernetes.io/healthcheck-path": "/ready" } },
      }),
    );
    assert.deepEqual(step.calls, ["elbv2.ModifyTargetGroup"]);
  });

  it("replaces the load balancer for another scheme only when the new one serves, and loses nothing", async () => {
    const slow = await OperatorWorld.create({ podStartMs: 100 });
    await slow.applySample("10-web-game.yaml");
    await slow.untilReady();
    const scheme = { metadata: { annotations: { "alb.ingress.kubernetes.io/scheme": "internal" } } };
    const step = await slow.step(() => slow.patch(ingressKind, "arcade/marbles", scheme), { passMs: 900_000 });
    const order = step.records.filter(({ mutating }) => mutating).map(({ operation }) => operation);
    const time = (name: string): number => step.records.find(({ operation }) => operation === name)?.time ?? Number.NaN;
    assert.ok(order.indexOf("CreateLoadBalancer") < order.indexOf("DeleteLoadBalancer"));
    assert.ok(time("DeleteLoadBalancer") - time("CreateLoadBalancer") >= 150_000, "while the new one was provisioned");
    const state = await awsState(slow);
    assert.equal(state.filter((line) => line.startsWith("load balancer")).length, 1);
    assert.ok(state.some((line) => line.startsWith("load balancer") && line.includes('"Scheme":"internal"')));
    assert.equal(state.filter((line) => line.startsWith("target group")).length, 1);
    await slow.close();
  });

  it("does nothing while paused, only plans in mode plan, and catches up afterwards", async () => {
    const mode = (value: string | null, path: string): object => ({
      metadata: { annotations: { "fairlead.io/mode": value, "alb.ingress.kubernetes.io/healthcheck-path": path } },
    });
    const paused = await world.step(() => world.patch(ingressKind, "arcade/marbles", mode("pause", "/a")), {
      ready: false,
    });
    assert.deepEqual(changes(paused), []);
    const planned = await world.step(() => world.patch(ingressKind, "arcade/marbles", mode("plan", "/b")), {
      ready: false,
    });
    assert.deepEqual(changes(planned), []);
    const report = await world.get(loadBalancerKind, "arcade/ingress-marbles");
    assert.deepEqual(
      report?.status?.plan?.map(({ action, type }) => `${action} ${type}`),
      ["update elbv2/TargetGroup"],
    );
    const applied = await world.step(() => world.patch(ingressKind, "arcade/marbles", mode(null, "/c")));
    assert.deepEqual(changes(applied), ["ModifyTargetGroup"]);
  });

  it("names the action that AWS denies, and goes on when it is allowed", async () => {
    const fault = world.sandbox.aws.faults.add({
      operation: "ModifyTargetGroup",
      times: Number.POSITIVE_INFINITY,
      fault: { kind: "error", code: "AccessDenied", status: 403 },
    });
    const path = (value: string): object => ({
      metadata: { annotations: { "alb.ingress.kubernetes.io/healthcheck-path": value } },
    });
    await world.step(() => world.patch(ingressKind, "arcade/marbles", path("/denied")), { ready: false });
    const report = await world.get(loadBalancerKind, "arcade/ingress-marbles");
    const told = (report?.status?.conditions ?? []).map(({ message }) => message).join("\n");
    assert.match(told, /elasticloadbalancing:ModifyTargetGroup/);
    fault.remove();
    const step = await world.step(() => world.patch(ingressKind, "arcade/marbles", path("/allowed")));
    assert.deepEqual(changes(step), ["ModifyTargetGroup"]);
  });

  it("goes with its namespace, with everything that was made for it", async () => {
    const step = await world.step(() => world.delete(namespaceKind, "arcade"), { passMs: 180_000, ready: false });
    assert.deepEqual(changes(step), [
      "DeleteLoadBalancer",
      "DeleteSecurityGroup x2",
      "DeleteTargetGroup",
      // Pods go before everything else of their namespace.
      "DeregisterTargets",
      "RevokeSecurityGroupIngress",
    ]);
    assert.equal(await world.get(namespaceKind, "arcade"), undefined);
    assert.deepEqual(await awsState(world), empty);
  });
});

describe("the shop of two teams in one group, with HTTPS and instance targets", function () {
  this.timeout(240_000);
  let world: OperatorWorld;
  let empty: readonly string[];
  before(async () => {
    world = await OperatorWorld.create(atOnce);
    empty = await awsState(world);
    await world.applySample("20-shop-group.yaml");
    await world.untilReady();
  });
  after(() => world.close());

  it("shares one load balancer with a listener for each protocol", () => {
    const balancers = [...world.sandbox.aws.calls.records].filter(
      ({ operation }) => operation === "CreateLoadBalancer",
    );
    assert.equal(balancers.length, 1);
  });

  it("does not care how many pods stand behind its nodes", async () => {
    const step = await world.step(() => world.patch(deploymentKind, "shop/catalog", { spec: { replicas: 4 } }), {
      passMs: 5_000,
    });
    assert.deepEqual(changes(step), []);
  });

  it("changes an attribute of one team's target group in one call", async () => {
    const key = "alb.ingress.kubernetes.io/target-group-attributes";
    const value = "deregistration_delay.timeout_seconds=45";
    const step = await world.step(() =>
      world.patch(ingressKind, "shop/checkout", { metadata: { annotations: { [key]: value } } }),
    );
    assert.deepEqual(changes(step), ["ModifyTargetGroupAttributes"]);
  });

  it("moves rules instead of writing them anew when the order of the teams changes", async () => {
    const order = (value: string): object => ({
      metadata: { annotations: { "alb.ingress.kubernetes.io/group.order": value } },
    });
    const step = await world.step(() => world.patch(ingressKind, "shop/catalog", order("0")));
    assert.deepEqual(changes(step), ["SetRulePriorities"]);
    const back = await world.step(() => world.patch(ingressKind, "shop/catalog", order("10")));
    assert.deepEqual(changes(back), ["SetRulePriorities"]);
  });

  it("lets one team go, and takes away just what was that team's", async () => {
    const step = await world.step(() => world.delete(ingressKind, "shop/checkout"), { passMs: 120_000 });
    assert.equal(await world.get(ingressKind, "shop/checkout"), undefined);
    const made = changes(step);
    assert.equal(
      made.some((call) => call.includes("LoadBalancer") || call.includes("Listener")),
      false,
      made.join(),
    );
    assert.ok(made.includes("DeleteRule"), made.join());
    assert.ok(made.includes("DeleteTargetGroup"), made.join());
    const catalog = await world.get(ingressKind, "shop/catalog");
    assert.ok(catalog?.status?.loadBalancer?.ingress?.[0]?.hostname);
  });

  it("goes without a trace with its last member", async () => {
    await world.step(() => world.delete(ingressKind, "shop/catalog"), { passMs: 300_000 });
    assert.deepEqual(await awsState(world), empty);
  });
});

describe("a load balancer that somebody deletes by hand", () => {
  it("comes back when the next listing shows that it is gone", async () => {
    const world = await OperatorWorld.create({ aws: { speed: Number.POSITIVE_INFINITY }, podStartMs: 100 });
    await world.applySample("10-web-game.yaml");
    await world.untilReady();
    await world.clock.advance(60_000);
    const good = await awsState(world);
    await deleteLoadBalancers(world);
    const step = await world.step(() => Promise.resolve(), { passMs: 400_000 });
    assert.ok(step.calls.includes("elbv2.CreateLoadBalancer"));
    assert.deepEqual(await awsState(world), good);
    await world.close();
  });
});

describe("a health check that somebody changes by hand", () => {
  for (const drift of ["repair", "report"] as const) {
    it(`is ${drift}ed after the next listing with drift: ${drift}`, async () => {
      const world = await OperatorWorld.create({ aws: { speed: Number.POSITIVE_INFINITY }, podStartMs: 100 });
      await world.applySample("10-web-game.yaml");
      await world.patch(ingressKind, "arcade/marbles", { metadata: { annotations: { "fairlead.io/drift": drift } } });
      await world.untilReady();
      // The first listing confirms what was made.
      await world.clock.advance(330_000);
      await changeHealthChecks(world, "/by-hand");
      const step = await world.step(() => Promise.resolve(), { passMs: 900_000, ready: false });
      assert.deepEqual(changes(step), drift === "repair" ? ["ModifyTargetGroup"] : []);
      const report = await world.get(loadBalancerKind, "arcade/ingress-marbles");
      const drifted = report?.status?.conditions?.find(({ type }) => type === "Drifted");
      assert.equal(drifted?.status === "True", drift === "report");
      await world.close();
    });
  }
});

describe("deletion-policy retain", () => {
  it("leaves everything in AWS and lets the object go", async () => {
    const world = await OperatorWorld.create(atOnce);
    await world.applySample("10-web-game.yaml");
    await world.patch(ingressKind, "arcade/marbles", {
      metadata: { annotations: { "fairlead.io/deletion-policy": "retain" } },
    });
    await world.untilReady();
    const before = (await awsState(world)).filter((line) => /^(load balancer|listener|rule)/.test(line));
    const step = await world.step(() => world.delete(ingressKind, "arcade/marbles"), { passMs: 120_000 });
    assert.equal(await world.get(ingressKind, "arcade/marbles"), undefined);
    assert.ok(!step.calls.includes("elbv2.DeleteLoadBalancer") && !step.calls.includes("elbv2.DeleteTargetGroup"));
    const after = await awsState(world);
    assert.ok(before.every((line) => after.includes(line)));
    await world.close();
  });
});

describe("with AWS's rates switched on", () => {
  it("makes 20 load balancers without a throttling error that anybody sees", async () => {
    const world = await OperatorWorld.create({
      aws: { rateLimits: true, speed: Number.POSITIVE_INFINITY },
      podStartMs: 100,
    });
    const services = Array.from({ length: 20 }, (_, index) => nlbService(`edge-${index}`)).join("\n---\n");
    const step = await world.step(() => world.apply(services));
    assert.equal(world.sandbox.aws.calls.throttles, 0);
    assert.equal(step.calls.filter((call) => call === "elbv2.CreateLoadBalancer").length, 20);
    assert.ok(step.events.every(({ body }) => !body.includes('"Warning"')));
    await world.close();
  });
});

describe("identities and nodes", function () {
  this.timeout(240_000);
  let world: OperatorWorld;
  before(async () => {
    world = await OperatorWorld.create(atOnce);
    await world.applySample("50-report-reader.yaml");
    await world.applySample("60-batch-nodes.yaml");
    await world.untilReady();
  });
  after(() => world.close());

  it("writes a changed policy in one call", async () => {
    const document = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::example-reports/*"] }],
    };
    const step = await world.step(() =>
      world.patch(iamServiceAccountKind, "reports/report-reader", {
        spec: { policies: { inline: [{ name: "read-reports", document }] } },
      }),
    );
    assert.deepEqual(changes(step), ["PutRolePolicy"]);
  });

  it("takes the role away with the identity", async () => {
    const step = await world.step(() => world.delete(iamServiceAccountKind, "reports/report-reader"), {
      passMs: 10_000,
    });
    assert.ok(changes(step).includes("DeleteRole"));
    assert.ok((await awsState(world)).every((line) => !line.includes("report-reader")));
  });

  it("scales a node group, changes its labels and taints, each with one call", async () => {
    const scaled = await world.step(() => world.patch(nodeGroupKind, "batch", { spec: { scaling: { desired: 3 } } }));
    assert.deepEqual(changes(scaled), ["UpdateNodegroupConfig"]);
    const labelled = await world.step(() =>
      world.patch(nodeGroupKind, "batch", { spec: { labels: { tier: "spot" } } }),
    );
    assert.deepEqual(changes(labelled), ["UpdateNodegroupConfig"]);
    const taints = [{ key: "workload", value: "heavy", effect: "NoSchedule" }];
    const tainted = await world.step(() => world.patch(nodeGroupKind, "batch", { spec: { taints } }));
    assert.deepEqual(changes(tainted), ["UpdateNodegroupConfig"]);
  });

  it("deletes a node group with its template and role", async () => {
    const step = await world.step(() => world.delete(nodeGroupKind, "batch"), { passMs: 60_000 });
    const made = changes(step);
    const wanted = ["DeleteLaunchTemplate", "DeleteNodegroup", "DeleteRole"];
    assert.deepEqual(
      wanted.filter((operation) => !made.some((one) => one.startsWith(operation))),
      [],
      made.join(", "),
    );
  });
});

describe("the samples of network load balancers", () => {
  for (const [sample, namespace, name] of [
    ["30-mqtt-nlb.yaml", "telemetry", "broker"],
    ["40-internal-nlb.yaml", "names", "resolver"],
  ] as const) {
    it(`${sample}: comes and goes without a trace, and drops a port alone`, async () => {
      const world = await OperatorWorld.create(atOnce);
      const empty = await awsState(world);
      const made = await world.step(() => world.applySample(sample));
      assert.equal(
        changes(made)
          .filter((change) => change.startsWith("CreateListener"))
          .join(),
        "CreateListener x2",
      );
      const service = await world.get(serviceKind, `${namespace}/${name}`);
      const ports = (service?.spec?.ports ?? []).slice(0, 1);
      const step = await world.step(() => world.patch(serviceKind, `${namespace}/${name}`, { spec: { ports } }));
      assert.ok(changes(step).includes("DeleteListener") && changes(step).includes("DeleteTargetGroup"));
      assert.ok(changes(step).every((change) => !change.includes("Create") && !change.includes("LoadBalancer")));
      await world.step(() => world.delete(serviceKind, `${namespace}/${name}`), { passMs: 180_000 });
      assert.deepEqual(await awsState(world), empty);
      await world.close();
    });
  }
});

function nlbService(name: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: default
  annotations: {service.beta.kubernetes.io/aws-load-balancer-type: nlb-ip}
spec:
  type: LoadBalancer
  selector: {app: ${name}}
  ports: [{name: one, port: 80, targetPort: 8080}]`;
}
