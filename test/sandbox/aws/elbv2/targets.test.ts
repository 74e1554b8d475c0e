import assert from "node:assert/strict";
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { TargetCondition } from "../../../../src/sandbox/aws/target-health-source.ts";
import {
  createListener,
  createLoadBalancer,
  createTargetGroup,
  forwardTo,
  outcome,
} from "../support/elbv2-resources.ts";
import { elbv2Bench } from "../support/fixture-account.ts";

const instanceId = "i-0123456789abcdef0";

function register(
  client: ElasticLoadBalancingV2Client,
  group: string,
  ...targets: TargetDescription[]
): Promise<string> {
  return outcome(client.send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: targets })));
}

function deregister(
  client: ElasticLoadBalancingV2Client,
  group: string,
  ...targets: TargetDescription[]
): Promise<string> {
  return outcome(client.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: targets })));
}

async function health(
  client: ElasticLoadBalancingV2Client,
  group: string,
  targets?: TargetDescription[],
): Promise<string[]> {
  const input = { TargetGroupArn: group, ...(targets === undefined ? {} : { Targets: targets }) };
  const answer = await client.send(new DescribeTargetHealthCommand(input));
  return (answer.TargetHealthDescriptions ?? []).map(({ Target: target, TargetHealth: one }) =>
    [`${target?.Id}:${target?.Port}`, one?.State, one?.Reason].filter(Boolean).join(" "),
  );
}

describe("Targets of the sandbox's ELBv2", () => {
  const refused: [string, "ip" | "instance", TargetDescription, string][] = [
    ["a name as an IP address", "ip", { Id: "web" }, "InvalidTarget"],
    ["a public address", "ip", { Id: "8.8.8.8", AvailabilityZone: "all" }, "InvalidTarget"],
    ["an address outside the VPC without zone", "ip", { Id: "10.200.0.1" }, "ValidationError"],
    ["an IPv6 address in an IPv4 group", "ip", { Id: "2001:db8::1" }, "InvalidTarget"],
    ["port 0", "ip", { Id: "10.0.0.1", Port: 0 }, "ValidationError"],
    ["an address as instance", "instance", { Id: "10.0.0.1" }, "InvalidTarget"],
    ["an instance that does not exist", "instance", { Id: "i-0000000000000000f" }, "InvalidTarget"],
    ["a stopped instance", "instance", { Id: "i-0123456789abcdef1" }, "InvalidTarget"],
    ["an instance of another VPC", "instance", { Id: "i-0123456789abcdef2" }, "InvalidTarget"],
    ["a zone for an instance", "instance", { Id: instanceId, AvailabilityZone: "all" }, "ValidationError"],
  ];
  for (const [what, targetType, target, code] of refused) {
    it(`refuses ${what} with ${code}, and the good targets of the same call`, async () => {
      const { account, client } = elbv2Bench();
      account.addInstance("i-0123456789abcdef1", "subnet-a", "stopped");
      account.addInstance("i-0123456789abcdef2", "subnet-x", "running");
      const group = await createTargetGroup(client, { TargetType: targetType });
      const good = targetType === "ip" ? { Id: "10.0.0.1" } : { Id: instanceId };
      assert.equal(await register(client, group, good, target), code);
      assert.deepEqual(await health(client, group), []);
    });
  }

  it("accepts addresses of peered networks with a zone", async () => {
    const { client } = elbv2Bench();
    const group = await createTargetGroup(client);
    assert.equal(await register(client, group, { Id: "10.200.0.1", AvailabilityZone: "all" }), "accepted");
  });

  it("knows a target by id and port, the group's port when none is given", async () => {
    const { client } = elbv2Bench();
    const group = await createTargetGroup(client, { Port: 8080 });
    await register(client, group, { Id: "10.0.0.1" }, { Id: "10.0.0.1", Port: 8080 }, { Id: "10.0.0.1", Port: 9090 });
    assert.deepEqual(await health(client, group), [
      "10.0.0.1:8080 unused Target.NotInUse",
      "10.0.0.1:9090 unused Target.NotInUse",
    ]);
    assert.equal(await deregister(client, group, { Id: "10.0.0.1" }, { Id: "10.0.0.77" }), "accepted");
    assert.deepEqual(await health(client, group), ["10.0.0.1:9090 unused Target.NotInUse"]);
    assert.deepEqual(await health(client, group, [{ Id: "10.0.0.1" }]), ["10.0.0.1:8080 unused Target.NotRegistered"]);
  });

  it("follows the health source with the thresholds of the health check", async () => {
    const conditions = new Map<string, TargetCondition>();
    const { client, clock, sandbox } = elbv2Bench();
    sandbox.useTargetHealth((id) => conditions.get(id) ?? { healthy: true });
    const group = await createTargetGroup(client, { HealthCheckIntervalSeconds: 10, HealthyThresholdCount: 3 });
    const loadBalancer = await createLoadBalancer(client);
    await createListener(client, loadBalancer, { DefaultActions: [forwardTo(group)] });
    await register(client, group, { Id: "10.0.0.1" });
    const state = async (): Promise<string> => (await health(client, group))[0]?.slice("10.0.0.1:80 ".length) ?? "";
    await clock.advance(8_000);
    assert.equal(await state(), "initial Elb.InitialHealthChecking");
    await clock.advance(9_999);
    assert.equal(await state(), "initial Elb.InitialHealthChecking");
    await clock.advance(1);
    assert.equal(await state(), "healthy", "one passed check, within the interval");
    conditions.set("10.0.0.1", { healthy: false, since: clock.now(), reason: "Target.ResponseCodeMismatch" });
    await clock.advance(19_999);
    assert.equal(await state(), "healthy");
    await clock.advance(1);
    assert.equal(await state(), "unhealthy Target.ResponseCodeMismatch");
    conditions.set("10.0.0.1", { healthy: true, since: clock.now() });
    await clock.advance(29_999);
    assert.equal(await state(), "unhealthy Target.FailedHealthChecks");
    await clock.advance(1);
    assert.equal(await state(), "healthy");
  });

  it("returns a draining target to service when it is registered again", async () => {
    const { client, clock } = elbv2Bench();
    const group = await createTargetGroup(client);
    const loadBalancer = await createLoadBalancer(client);
    await createListener(client, loadBalancer, { DefaultActions: [forwardTo(group)] });
    await register(client, group, { Id: "10.0.0.1" });
    await clock.advance(60_000);
    await deregister(client, group, { Id: "10.0.0.1" });
    assert.deepEqual(await health(client, group), ["10.0.0.1:80 draining Target.DeregistrationInProgress"]);
    await register(client, group, { Id: "10.0.0.1" });
    assert.deepEqual(await health(client, group), ["10.0.0.1:80 initial Elb.RegistrationInProgress"]);
  });

  it("does not use targets of zones that the load balancer does not serve", async () => {
    const { client, clock } = elbv2Bench();
    const group = await createTargetGroup(client);
    const loadBalancer = await createLoadBalancer(client);
    await createListener(client, loadBalancer, { DefaultActions: [forwardTo(group)] });
    await register(client, group, { Id: "10.0.32.9" });
    await clock.advance(60_000);
    assert.deepEqual(await health(client, group), ["10.0.32.9:80 unused Target.NotInUse"]);
  });

  it("shows stopped instances as invalid and forgets terminated ones", async () => {
    const { account, client, clock } = elbv2Bench();
    const group = await createTargetGroup(client, { TargetType: "instance" });
    const loadBalancer = await createLoadBalancer(client);
    await createListener(client, loadBalancer, { DefaultActions: [forwardTo(group)] });
    await register(client, group, { Id: instanceId, Port: 30080 });
    await clock.advance(60_000);
    assert.deepEqual(await health(client, group), [`${instanceId}:30080 healthy`]);
    account.addInstance(instanceId, "subnet-a", "stopped");
    assert.deepEqual(await health(client, group), [`${instanceId}:30080 unused Target.InvalidState`]);
    account.addInstance(instanceId, "subnet-a", "terminated");
    assert.deepEqual(await health(client, group), []);
  });

  it("holds the quotas of targets", async () => {
    const { client } = elbv2Bench({ quotas: { targetsPerTargetGroup: 3, targetsPerApplicationLoadBalancer: 4 } });
    const loadBalancer = await createLoadBalancer(client);
    const groups = [await createTargetGroup(client, { Name: "a" }), await createTargetGroup(client, { Name: "b" })];
    await createListener(client, loadBalancer, { DefaultActions: [forwardTo(...groups)] });
    const [first = "", second = ""] = groups;
    const target = (index: number): TargetDescription => ({ Id: `10.0.0.${index}` });
    assert.equal(await register(client, first, target(1), target(2), target(3), target(4)), "TooManyTargets");
    assert.equal(await register(client, first, target(1), target(2), target(3)), "accepted");
    assert.equal(await register(client, first, target(1), target(2), target(3)), "accepted", "a repeat adds nothing");
    assert.equal(await register(client, second, target(1), target(2)), "TooManyTargets");
    assert.equal(await register(client, second, target(1)), "accepted");
  });

  it("takes an application load balancer as target of a network load balancer", async () => {
    const { client } = elbv2Bench();
    const app = await createLoadBalancer(client, { Name: "app" });
    const group = await createTargetGroup(client, { Protocol: "TCP", TargetType: "alb" });
    assert.equal(await register(client, group, { Id: app }), "InvalidTarget", "no listener on the port");
    await createListener(client, app);
    assert.equal(await register(client, group, { Id: app }), "accepted");
  });
});
