import assert from "node:assert/strict";
import type { Observed, ResourceType } from "../../../src/engine/resource-type.ts";
import type { Resource } from "../../../src/engine/stack.ts";
import { type AppError, isAppError } from "../../../src/errors.ts";
import { securityGroupType } from "../../../src/resources/ec2/security-group.ts";
import type { SecurityGroupSpec } from "../../../src/resources/ec2/specs.ts";
import { listenerType } from "../../../src/resources/elbv2/listener.ts";
import { loadBalancerType } from "../../../src/resources/elbv2/load-balancer.ts";
import { ruleType } from "../../../src/resources/elbv2/rule.ts";
import type { ListenerSpec, LoadBalancerSpec, RuleSpec, TargetGroupSpec } from "../../../src/resources/elbv2/specs.ts";
import { targetGroupType } from "../../../src/resources/elbv2/target-group.ts";
import { targetsType } from "../../../src/resources/elbv2/targets.ts";
import { context, createWorld, passing, type World } from "../../aws/support/world.ts";

const groupSpec = (vpcID: string): SecurityGroupSpec => ({
  name: "k8s-shop-web-1",
  description: "[k8s] Managed SecurityGroup for LoadBalancer",
  vpcID,
  ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, source: { cidr: "0.0.0.0/0" } }],
  tags: { team: "shop" },
});

const loadBalancerSpec = (subnetIDs: readonly string[], groupID: string): LoadBalancerSpec => ({
  name: "k8s-shop-web-0123456789",
  type: "application",
  scheme: "internet-facing",
  ipAddressType: "ipv4",
  subnetMappings: subnetIDs.map((subnetID) => ({ subnetID })),
  securityGroups: [groupID],
  attributes: {},
  tags: { team: "shop" },
});

const targetGroupSpec = (vpcID: string, name = "k8s-shop-web-aaaa"): TargetGroupSpec => ({
  name,
  targetType: "ip",
  protocol: "HTTP",
  protocolVersion: "HTTP1",
  port: 8080,
  ipAddressType: "ipv4",
  vpcID,
  healthCheck: {
    port: "traffic-port",
    protocol: "HTTP",
    path: "/",
    matcher: { httpCode: "200" },
    intervalSeconds: 15,
    timeoutSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
  },
  attributes: {},
  tags: {},
});

const listenerSpec = (loadBalancerARN: string, targetGroupARN: string): ListenerSpec => ({
  loadBalancerARN,
  port: 80,
  protocol: "HTTP",
  defaultActions: [{ type: "forward", targetGroups: [{ targetGroupARN }] }],
  attributes: {},
  tags: {},
});

const ruleSpec = (listenerARN: string, priority: number, path: string): RuleSpec => ({
  listenerARN,
  priority,
  conditions: [{ field: "path-pattern", values: [path] }],
  actions: [{ type: "fixed-response", statusCode: "404", contentType: "text/plain" }],
  tags: {},
});

function resource<Spec>(type: ResourceType<Spec>, id: string, spec: Spec): Resource<Spec> {
  return { type: type.type, id, spec };
}

async function only<Spec>(items: Promise<readonly Observed<Spec>[]>): Promise<Observed<Spec>> {
  const [item, ...others] = await items;
  assert.ok(item);
  assert.equal(others.length, 0);
  return item;
}

function types(world: World) {
  return {
    group: securityGroupType(world.ec2),
    loadBalancer: loadBalancerType(world.elbv2),
    targetGroup: targetGroupType(world.elbv2),
    listener: listenerType(world.elbv2),
    rule: ruleType(world.elbv2),
    targets: targetsType(world.elbv2),
  };
}

async function build(world: World) {
  const type = types(world);
  const subnets = await world.subnets.choose({
    source: { kind: "discover" },
    loadBalancerType: "application",
    scheme: "internet-facing",
    ipAddressType: "ipv4",
    vpcID: world.vpcID,
    clusterName: "demo",
  });
  for (const kind of Object.values(type)) await kind.observe({ desired: [], parents: [] }, context());
  const group = resource(type.group, "ManagedLBSecurityGroup", groupSpec(world.vpcID));
  const madeGroup = await type.group.create(group, context());
  const loadBalancer = resource(
    type.loadBalancer,
    "LoadBalancer",
    loadBalancerSpec(
      subnets.map(({ id }) => id),
      madeGroup.outputs["id"] ?? "",
    ),
  );
  const madeLoadBalancer = await type.loadBalancer.create(loadBalancer, context());
  const targetGroup = resource(type.targetGroup, "shop/web-web:80", targetGroupSpec(world.vpcID));
  const madeTargetGroup = await type.targetGroup.create(targetGroup, context());
  const targetGroupARN = madeTargetGroup.outputs["arn"] ?? "";
  const listener = resource(type.listener, "80", listenerSpec(madeLoadBalancer.outputs["arn"] ?? "", targetGroupARN));
  const madeListener = await type.listener.create(listener, context());
  const rule = resource(type.rule, "80:1", ruleSpec(madeListener.outputs["arn"] ?? "", 1, "/old"));
  const [madeRule] = (await type.rule.batch?.apply([{ kind: "create", resource: rule }], context())) ?? [];
  const targets = resource(type.targets, targetGroupARN, {
    targetGroupARN,
    targets: [
      { id: "192.168.10.1", port: 8080 },
      { id: "192.168.10.2", port: 8080 },
    ],
  });
  const madeTargets = await type.targets.create(targets, context());
  return {
    type,
    group,
    madeGroup,
    loadBalancer,
    madeLoadBalancer,
    targetGroup,
    madeTargetGroup,
    listener,
    madeListener,
    rule,
    madeRule,
    targets,
    madeTargets,
  };
}

describe("the life of a load balancer and what belongs to it", () => {
  it("is made in the fewest calls from a cold start", async () => {
    const world = await createWorld();
    const built = await build(world);
    assert.deepEqual(world.calls().toSorted(), [
      "AuthorizeSecurityGroupIngress",
      "CreateListener",
      "CreateLoadBalancer",
      "CreateRule",
      "CreateSecurityGroup",
      "CreateTargetGroup",
      "DescribeAvailabilityZones",
      "DescribeLoadBalancers",
      "DescribeSecurityGroups",
      "DescribeSubnets",
      "DescribeTargetGroups",
      "RegisterTargets",
    ]);
    assert.equal(built.madeLoadBalancer.state, "pending");
    assert.match(built.madeLoadBalancer.outputs["dnsName"] ?? "", /elb\.amazonaws\.com$/);
  });

  it("asks nothing and finds no difference while nothing changes", async () => {
    const world = await createWorld();
    const built = await build(world);
    world.calls();
    const found = await observeAll(world, built, "normal");
    assert.deepEqual(world.calls(), []);
    assertEqualToDesired(found, built);
  });

  for (const depth of ["normal", "full"] as const) {
    it(`is found without difference after a restart (${depth})`, async () => {
      const first = await createWorld();
      const built = await build(first);
      const world = await first.restart();
      const found = await observeAll(world, { ...built, type: types(world) }, depth);
      assertEqualToDesired(found, built);
    });
  }

  it("turns active, and one poll tells it", async () => {
    const world = await createWorld();
    const built = await build(world);
    await world.clock.advance(160_000);
    world.calls();
    const desired = [built.loadBalancer];
    const found = await only(built.type.loadBalancer.observe({ desired, parents: [] }, context()));
    assert.equal(found.state, "ready");
    assert.deepEqual(world.calls(), ["DescribeLoadBalancers"]);
  });

  it("changes one attribute in one call after one read, and then reads no more", async () => {
    const world = await createWorld();
    const built = await build(world);
    const desired = {
      ...built.loadBalancer,
      spec: { ...built.loadBalancer.spec, attributes: { "idle_timeout.timeout_seconds": "120" } },
    };
    const type = built.type.loadBalancer;
    world.calls();
    const observed = await only(type.observe({ desired: [desired], parents: [] }, context()));
    const differences = type.compare(desired.spec, observed.spec);
    assert.deepEqual(differences, [{ field: "attributes.idle_timeout.timeout_seconds", from: "60", to: "120" }]);
    const after = await type.update({ resource: desired, observed, differences }, context());
    assert.deepEqual(type.compare(desired.spec, after.spec), []);
    assert.deepEqual(
      type.compare(desired.spec, (await only(type.observe({ desired: [desired], parents: [] }, context()))).spec),
      [],
    );
    assert.deepEqual(world.calls(), ["DescribeLoadBalancerAttributes", "ModifyLoadBalancerAttributes"]);
  });

  it("repairs tags, and leaves those of AWS and of predecessors alone", async () => {
    const first = await createWorld();
    const built = await build(first);
    const arn = built.madeLoadBalancer.outputs["arn"] ?? "";
    await first.aws.elbv2.addTags({
      ResourceArns: [arn],
      Tags: [
        { Key: "team", Value: "wrong" },
        { Key: "stranger", Value: "1" },
        { Key: "kubernetes.io/cluster/demo", Value: "owned" },
      ],
    });
    const world = await first.restart();
    const type = types(world).loadBalancer;
    const desired = [built.loadBalancer];
    const observed = await only(type.observe({ desired, parents: [] }, context()));
    const differences = type.compare(built.loadBalancer.spec, observed.spec);
    assert.deepEqual(differences, [
      { field: "tags.stranger", from: "1", to: undefined },
      { field: "tags.team", from: "wrong", to: "shop" },
    ]);
    await type.update({ resource: built.loadBalancer, observed, differences }, context());
    const { TagDescriptions } = await world.aws.elbv2.describeTags({ ResourceArns: [arn] });
    const tags = Object.fromEntries((TagDescriptions?.[0]?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    assert.deepEqual(tags, {
      "elbv2.k8s.aws/cluster": "demo",
      "ingress.k8s.aws/resource": "LoadBalancer",
      "ingress.k8s.aws/stack": "shop/web",
      "kubernetes.io/cluster/demo": "owned",
      team: "shop",
    });
  });

  it("is protected while AWS says so, also where the attribute is not managed", async () => {
    const world = await createWorld();
    const built = await build(world);
    const { type } = built;
    await world.aws.elbv2.modifyLoadBalancerAttributes({
      LoadBalancerArn: built.madeLoadBalancer.outputs["arn"],
      Attributes: [{ Key: "deletion_protection.enabled", Value: "true" }],
    });
    const observed = await only(type.loadBalancer.observe({ desired: [], parents: [] }, context()));
    assert.match(type.loadBalancer.protectedBy?.(observed) ?? "", /deletion_protection.enabled/);
    await assert.rejects(
      type.loadBalancer.delete(observed, context()),
      (error: AppError) => error.class === "conflict" && error.code === "DeletionProtected",
    );
    assert.equal(world.sandbox.calls.count("elbv2.ModifyLoadBalancerAttributes"), 1);
  });

  it("does not take a load balancer of somebody else that has its name", async () => {
    const world = await createWorld();
    const { type, loadBalancer } = await prepare(world);
    const { spec } = loadBalancer;
    await world.aws.elbv2.createLoadBalancer({
      Name: spec.name,
      Subnets: spec.subnetMappings.map(({ subnetID }) => subnetID),
      Scheme: "internal",
    });
    await assert.rejects(type.loadBalancer.create(loadBalancer, context()), (error: unknown) => {
      assert.ok(isAppError(error));
      assert.equal(error.class, "conflict");
      assert.match(
        error.message,
        /the name k8s-shop-web-0123456789 is taken by load balancer arn:.*fairlead\.io\/adopt/,
      );
      return true;
    });
  });

  it("finishes its own create whose answer was lost", async () => {
    const world = await createWorld();
    const { type, loadBalancer } = await prepare(world);
    const { LoadBalancers } = await world.aws.elbv2.createLoadBalancer({
      Name: loadBalancer.spec.name,
      Subnets: loadBalancer.spec.subnetMappings.map(({ subnetID }) => subnetID),
      SecurityGroups: (loadBalancer.spec.securityGroups ?? []).map(String),
      Tags: [
        { Key: "elbv2.k8s.aws/cluster", Value: "demo" },
        { Key: "ingress.k8s.aws/stack", Value: "shop/web" },
        { Key: "ingress.k8s.aws/resource", Value: "LoadBalancer" },
      ],
    });
    await world.clock.advance(120_000);
    const made = await type.loadBalancer.create(loadBalancer, context());
    assert.equal(made.outputs["arn"], LoadBalancers?.[0]?.LoadBalancerArn);
    assert.deepEqual(type.loadBalancer.compare(loadBalancer.spec, made.spec), []);
  });

  it("is deleted in five calls, and its security group once the interfaces are gone", async () => {
    const world = await createWorld();
    const built = await build(world);
    const { type } = built;
    await world.clock.advance(200_000);
    world.calls();
    assert.deepEqual(await type.loadBalancer.delete(built.madeLoadBalancer, context()), { kind: "deleted" });
    assert.deepEqual(await type.targetGroup.delete(built.madeTargetGroup, context()), { kind: "deleted" });
    const waits: number[] = [];
    for (;;) {
      const result = await passing(world.clock, type.group.delete(built.madeGroup, context()));
      if (result.kind === "deleted") break;
      waits.push(result.retryAfterMs);
      await world.clock.advance(result.retryAfterMs);
    }
    assert.ok(waits.length <= 4, `waited ${waits.join(", ")}`);
    assert.deepEqual(world.calls().filter((name) => name === "DeleteSecurityGroup").length, 1);
    assert.deepEqual(await type.loadBalancer.observe({ desired: [], parents: [] }, context()), []);
  });
});

async function prepare(world: World) {
  const type = types(world);
  const subnets = await world.subnets.choose({
    source: { kind: "discover" },
    loadBalancerType: "application",
    scheme: "internet-facing",
    ipAddressType: "ipv4",
    vpcID: world.vpcID,
    clusterName: "demo",
  });
  await type.loadBalancer.observe({ desired: [], parents: [] }, context());
  const group = await type.group.create(resource(type.group, "sg", groupSpec(world.vpcID)), context());
  const ids = subnets.map(({ id }) => id);
  const spec = loadBalancerSpec(ids, group.outputs["id"] ?? "");
  return { type, loadBalancer: resource(type.loadBalancer, "LoadBalancer", spec) };
}

type Built = Awaited<ReturnType<typeof build>>;

async function observeAll(_world: World, built: Built, depth: "normal" | "full") {
  const { type } = built;
  const loadBalancer = await only(
    type.loadBalancer.observe({ desired: [built.loadBalancer], parents: [] }, context(depth)),
  );
  const listener = await only(
    type.listener.observe({ desired: [built.listener], parents: [loadBalancer] }, context(depth)),
  );
  return {
    loadBalancer,
    listener,
    group: await only(type.group.observe({ desired: [built.group], parents: [] }, context(depth))),
    targetGroup: await only(type.targetGroup.observe({ desired: [built.targetGroup], parents: [] }, context(depth))),
    rule: await only(type.rule.observe({ desired: [built.rule], parents: [listener] }, context(depth))),
    targets: await only(type.targets.observe({ desired: [built.targets], parents: [] }, context(depth))),
  };
}

function assertEqualToDesired(found: Awaited<ReturnType<typeof observeAll>>, built: Built): void {
  const { type } = built;
  assert.deepEqual(type.loadBalancer.compare(built.loadBalancer.spec, found.loadBalancer.spec), []);
  assert.deepEqual(type.listener.compare(built.listener.spec, found.listener.spec), []);
  assert.deepEqual(type.group.compare(built.group.spec, found.group.spec), []);
  assert.deepEqual(type.targetGroup.compare(built.targetGroup.spec, found.targetGroup.spec), []);
  assert.deepEqual(type.rule.compare(built.rule.spec, found.rule.spec), []);
  assert.deepEqual(type.targets.compare(built.targets.spec, found.targets.spec), []);
}
