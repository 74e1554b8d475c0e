import assert from "node:assert/strict";
import { clusterFacts } from "../../../src/aws/facts/cluster.ts";
import { networkInterfaceFacts } from "../../../src/aws/facts/network-interfaces.ts";
import { publicSubnetIDs } from "../../../src/aws/facts/subnets.ts";
import { isInVpc, vpcFacts } from "../../../src/aws/facts/vpc.ts";
import { createWorld, passing } from "../support/world.ts";

describe("facts of the network", () => {
  it("tell which subnets are public, by own or main route table", () => {
    const tables = [
      { Associations: [{ Main: true }], Routes: [{ GatewayId: "local" }] },
      { Associations: [{ SubnetId: "subnet-1" }], Routes: [{ GatewayId: "local" }, { GatewayId: "igw-1" }] },
    ];
    assert.deepEqual([...publicSubnetIDs("vpc-1", ["subnet-1", "subnet-2"], tables)], ["subnet-1"]);
    assert.throws(() => publicSubnetIDs("vpc-1", ["subnet-2"], []), /could not identify main route table/);
  });

  it("know the VPC by one call, and what lies in it", async () => {
    const world = await createWorld();
    const facts = vpcFacts({ ec2: world.aws.ec2, clock: world.clock });
    world.calls();
    const [vpc] = await Promise.all([facts.get(world.vpcID), facts.get(world.vpcID)]);
    assert.deepEqual(world.calls(), ["DescribeVpcs"]);
    assert.equal(isInVpc("192.168.3.4", vpc), true);
    assert.equal(isInVpc("10.1.2.3", vpc), false);
    assert.equal(isInVpc("not an address", vpc), false);
  });

  it("find the interfaces of pods and nodes with one call for all, and remember them", async () => {
    const world = await createWorld();
    const facts = networkInterfaceFacts({ ec2: world.aws.ec2, clock: world.clock, vpcID: world.vpcID });
    const { Reservations } = await world.aws.ec2.describeInstances({});
    const instances = (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    const pods = instances.map(({ InstanceId, PrivateIpAddress }) => ({
      ip: PrivateIpAddress ?? "",
      compute: "ec2" as const,
      instanceID: InstanceId ?? "",
    }));
    assert.ok(pods.length > 0);
    world.calls();
    const found = await passing(world.clock, facts.ofPods(pods));
    assert.deepEqual(world.calls(), ["DescribeInstances"]);
    assert.equal(found.size, pods.length);
    for (const { securityGroupIDs } of found.values()) assert.ok(securityGroupIDs.length > 0);
    const ids = pods.map(({ instanceID }) => instanceID);
    assert.equal((await passing(world.clock, facts.ofInstances(ids))).size, ids.length);
    assert.deepEqual(world.calls(), []);
  });

  it("describe the cluster", async () => {
    const world = await createWorld();
    const cluster = await clusterFacts({ eks: world.aws.eks, clock: world.clock }).get("demo");
    assert.equal(cluster.name, "demo");
    assert.equal(cluster.vpcID, world.vpcID);
    assert.match(cluster.oidcIssuer ?? "", /^https:\/\/oidc\.eks\./);
  });
});
