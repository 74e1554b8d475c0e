import assert from "node:assert/strict";
import type { Resource } from "../../../src/engine/stack.ts";
import { loadBalancerType } from "../../../src/resources/elbv2/load-balancer.ts";
import { compareLoadBalancers } from "../../../src/resources/elbv2/load-balancer-compare.ts";
import type { LoadBalancerSpec } from "../../../src/resources/elbv2/specs.ts";
import { context, createWorld } from "../../aws/support/world.ts";

const base: LoadBalancerSpec = {
  name: "k8s-a",
  type: "network",
  scheme: "internal",
  ipAddressType: "ipv4",
  subnetMappings: [{ subnetID: "subnet-1" }, { subnetID: "subnet-2" }],
  securityGroups: ["sg-1", "sg-2"],
  attributes: {},
  tags: {},
};

describe("load balancers", () => {
  const equal: readonly [string, Partial<LoadBalancerSpec>, Partial<LoadBalancerSpec>][] = [
    ["subnets in another order", { subnetMappings: base.subnetMappings.toReversed() }, {}],
    ["security groups in another order", { securityGroups: ["sg-2", "sg-1"] }, {}],
    ["another name", { name: "other" }, {}],
    [
      "an address of a subnet that is attached",
      { subnetMappings: [{ subnetID: "subnet-1", privateIPv4Address: "10.0.0.1" }, { subnetID: "subnet-2" }] },
      {},
    ],
    ["attributes that nobody asked for", {}, { attributes: { "deletion_protection.enabled": "true" } }],
    [
      "PrivateLink rules on, where AWS says nothing",
      { enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "on" },
      {},
    ],
    ["no prefix for source NAT, where AWS says nothing", { enablePrefixForIPv6SourceNat: "off" }, {}],
  ];
  for (const [title, desired, observed] of equal) {
    it(`compare equal: ${title}`, () => {
      assert.deepEqual(compareLoadBalancers({ ...base, ...desired }, { ...base, ...observed }), []);
    });
  }
  it("compare equal where security groups are not managed", () => {
    const { securityGroups: _unmanaged, ...desired } = base;
    assert.deepEqual(compareLoadBalancers(desired, base), []);
  });

  const different: readonly [Partial<LoadBalancerSpec>, string, boolean][] = [
    [{ type: "application" }, "type", true],
    [{ scheme: "internet-facing" }, "scheme", true],
    [{ securityGroups: ["sg-1"] }, "securityGroups", false],
    [{ securityGroups: [] }, "securityGroups", true],
    [{ subnetMappings: [{ subnetID: "subnet-1" }] }, "subnetMappings", false],
    [{ ipAddressType: "dualstack" }, "ipAddressType", false],
    [{ attributes: { a: "b" } }, "attributes.a", false],
  ];
  for (const [desired, field, replace] of different) {
    it(`${replace ? "are made anew" : "change in place"} for ${JSON.stringify(desired)}`, () => {
      const differences = compareLoadBalancers({ ...base, ...desired }, base);
      assert.deepEqual(
        differences.map((one) => [one.field, one.replace ?? false]),
        [[field, replace]],
      );
    });
  }

  it("change groups and subnets by one call each", async () => {
    const world = await createWorld();
    const type = loadBalancerType(world.elbv2);
    const subnets = (await world.subnets.list(world.vpcID)).filter(
      ({ tags }) => "kubernetes.io/role/internal-elb" in tags,
    );
    const groups: string[] = [];
    for (const name of ["one", "two"]) {
      const input = { GroupName: name, Description: "x", VpcId: world.vpcID };
      groups.push((await world.aws.ec2.createSecurityGroup(input)).GroupId ?? "");
    }
    const [first = "", second = ""] = groups;
    const mappings = subnets.map(({ id }) => ({ subnetID: id }));
    const spec = { ...base, subnetMappings: mappings.slice(0, 2), securityGroups: [first] };
    const resource: Resource<LoadBalancerSpec> = { type: type.type, id: "LoadBalancer", spec };
    await type.observe({ desired: [], parents: [] }, context());
    const observed = await type.create(resource, context());
    const changed = { ...resource, spec: { ...spec, subnetMappings: mappings, securityGroups: [first, second] } };
    const differences = type.compare(changed.spec, observed.spec);
    world.calls();
    const after = await type.update({ resource: changed, observed, differences }, context());
    assert.deepEqual(world.calls(), ["SetSecurityGroups", "SetSubnets"]);
    assert.deepEqual(type.compare(changed.spec, after.spec), []);
    const [seen] = await type.observe({ desired: [changed], parents: [] }, context("full"));
    assert.ok(seen);
    assert.deepEqual(type.compare(changed.spec, seen.spec), []);
  });

  it("are adopted by name, and get our tags", async () => {
    const world = await createWorld();
    const type = loadBalancerType(world.elbv2);
    const subnets = (await world.subnets.list(world.vpcID)).filter(
      ({ tags }) => "kubernetes.io/role/internal-elb" in tags,
    );
    const mappings = subnets.map(({ id }) => ({ subnetID: id }));
    await world.aws.elbv2.createLoadBalancer({
      Name: "legacy",
      Type: "network",
      Scheme: "internal",
      SubnetMappings: subnets.map(({ id }) => ({ SubnetId: id })),
    });
    const { securityGroups: _none, ...rest } = base;
    const spec = { ...rest, subnetMappings: mappings };
    const resource: Resource<LoadBalancerSpec> = { type: type.type, id: "LoadBalancer", spec, adopt: "legacy" };
    const [observed] = await type.observe({ desired: [resource], parents: [] }, context());
    assert.ok(observed);
    const differences = type.compare(spec, observed.spec);
    assert.deepEqual(
      differences.map(({ field }) => field),
      ["tags.elbv2.k8s.aws/cluster", "tags.ingress.k8s.aws/resource", "tags.ingress.k8s.aws/stack"],
    );
    const after = await type.update({ resource, observed, differences }, context());
    assert.deepEqual(type.compare(spec, after.spec), []);
    const [found] = await type.observe({ desired: [{ ...resource, adopt: "other" }], parents: [] }, context());
    assert.equal(found?.outputs["name"], "legacy");
  });
});
