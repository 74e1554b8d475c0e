import assert from "node:assert/strict";
import type { Resource } from "../../../src/engine/stack.ts";
import type { AppError } from "../../../src/errors.ts";
import type { TargetGroupSpec } from "../../../src/resources/elbv2/specs.ts";
import { compareTargetGroups, targetGroupType } from "../../../src/resources/elbv2/target-group.ts";
import { context, createWorld } from "../../aws/support/world.ts";

const base: TargetGroupSpec = {
  name: "k8s-a",
  targetType: "ip",
  protocol: "HTTP",
  protocolVersion: "HTTP1",
  port: 80,
  vpcID: "vpc-1",
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
};

describe("target groups", () => {
  const replaced: readonly [string, Partial<TargetGroupSpec>][] = [
    ["targetType", { targetType: "instance" }],
    ["protocol", { protocol: "HTTPS" }],
    ["protocolVersion", { protocolVersion: "GRPC" }],
    ["ipAddressType", { ipAddressType: "ipv6" }],
    ["targetControlPort", { targetControlPort: 3000 }],
  ];
  for (const [field, more] of replaced) {
    it(`are made anew when ${field} changes`, () => {
      const differences = compareTargetGroups({ ...base, ...more }, base);
      assert.deepEqual(
        differences.map(({ field: name, replace }) => [name, replace]),
        [[field, true]],
      );
    });
  }

  it("are not touched for their name or port", () => {
    assert.deepEqual(compareTargetGroups({ ...base, name: "other", port: 81 }, base), []);
  });

  it("change health check and attributes in place, one call each", async () => {
    const world = await createWorld();
    const type = targetGroupType(world.elbv2);
    const resource: Resource<TargetGroupSpec> = { type: type.type, id: "tg", spec: { ...base, vpcID: world.vpcID } };
    await type.observe({ desired: [], parents: [] }, context());
    const observed = await type.create(resource, context());
    const spec: TargetGroupSpec = {
      ...resource.spec,
      healthCheck: { ...base.healthCheck, path: "/ready", intervalSeconds: 20 },
      attributes: { "deregistration_delay.timeout_seconds": "30" },
    };
    const desired = { ...resource, spec };
    const [seen] = await type.observe({ desired: [desired], parents: [] }, context());
    assert.ok(seen);
    const differences = type.compare(spec, seen.spec);
    assert.deepEqual(
      differences.map(({ field }) => field),
      ["healthCheck.path", "healthCheck.intervalSeconds", "attributes.deregistration_delay.timeout_seconds"],
    );
    world.calls();
    const after = await type.update({ resource: desired, observed: seen, differences }, context());
    assert.deepEqual(world.calls(), ["ModifyTargetGroup", "ModifyTargetGroupAttributes"]);
    assert.deepEqual(type.compare(spec, after.spec), []);
    assert.equal(after.outputs["arn"], observed.outputs["arn"]);
  });

  it("of somebody else keep their name", async () => {
    const world = await createWorld();
    const type = targetGroupType(world.elbv2);
    const { TargetGroups } = await world.aws.elbv2.createTargetGroup({
      Name: base.name,
      Protocol: "HTTP",
      Port: 9,
      VpcId: world.vpcID,
    });
    await world.inventory.ready();
    const resource = { type: type.type, id: "tg", spec: { ...base, vpcID: world.vpcID } };
    await assert.rejects(type.create(resource, context()), (error: AppError) => {
      assert.equal(error.class, "conflict");
      assert.ok(error.message.includes(TargetGroups?.[0]?.TargetGroupArn ?? "?"));
      return true;
    });
  });

  it("are known while AWS does not show them yet", async () => {
    const world = await createWorld({ lag: { elbv2Create: 5_000 } });
    const type = targetGroupType(world.elbv2);
    const resource = { type: type.type, id: "tg", spec: { ...base, vpcID: world.vpcID } };
    await type.observe({ desired: [], parents: [] }, context());
    const made = await type.create(resource, context());
    const [seen] = await type.observe({ desired: [resource], parents: [] }, context("full"));
    assert.equal(seen?.outputs["arn"], made.outputs["arn"]);
    await world.inventory.refresh();
    const [listed] = await type.observe({ desired: [resource], parents: [] }, context());
    assert.equal(listed?.outputs["arn"], made.outputs["arn"]);
  });
});
