import assert from "node:assert/strict";
import { endpointGroup, securityGroupFacts } from "../../../src/aws/facts/security-groups.ts";
import { createWorld } from "../support/world.ts";

const tag = { "kubernetes.io/cluster/demo": "owned" };

describe("the security group of an endpoint", () => {
  const of = { networkInterfaceID: "eni-1", clusterName: "demo" };
  it("is the only one, whatever its tags", () => {
    assert.equal(endpointGroup([{ id: "sg-1", tags: {} }], of), "sg-1");
  });
  it("is the one that is tagged for the cluster", () => {
    const groups = [
      { id: "sg-1", tags: {} },
      { id: "sg-2", tags: tag },
    ];
    assert.equal(endpointGroup(groups, of), "sg-2");
  });
  it("is told apart by further tags of the operator", () => {
    const groups = [
      { id: "sg-1", tags: tag },
      { id: "sg-2", tags: { ...tag, role: "node" } },
    ];
    assert.equal(endpointGroup(groups, { ...of, extraTags: { role: "node" } }), "sg-2");
  });
  it("is refused when several qualify, and the message names them", () => {
    const groups = [
      { id: "sg-2", tags: tag },
      { id: "sg-1", tags: tag },
    ];
    assert.throws(() => endpointGroup(groups, of), {
      message:
        "expected exactly one securityGroup tagged with kubernetes.io/cluster/demo for eni eni-1, got: [sg-1 sg-2] (clusterName: demo)",
    });
  });
});

describe("security groups that users name", () => {
  it("are found by id and by Name tag, ids first, without a call when they are known", async () => {
    const world = await createWorld();
    const ids: string[] = [];
    for (const name of ["one", "two"]) {
      const { GroupId } = await world.aws.ec2.createSecurityGroup({
        GroupName: name,
        Description: "x",
        VpcId: world.vpcID,
        TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "Name", Value: `name-${name}` }] }],
      });
      ids.push(GroupId ?? "");
    }
    const facts = securityGroupFacts({ ec2: world.aws.ec2, inventory: world.inventory });
    await world.inventory.ready();
    world.calls();
    assert.deepEqual(await facts.resolve(["name-one", ids[1] ?? "", "name-one"]), [ids[1], ids[0]]);
    assert.deepEqual(world.calls(), []);
  });

  it("are looked for once more in AWS before they are called missing", async () => {
    const world = await createWorld();
    await world.inventory.ready();
    const { GroupId } = await world.aws.ec2.createSecurityGroup({
      GroupName: "late",
      Description: "x",
      VpcId: world.vpcID,
    });
    const facts = securityGroupFacts({ ec2: world.aws.ec2, inventory: world.inventory });
    assert.deepEqual(await facts.resolve([GroupId ?? ""]), [GroupId]);
    await assert.rejects(facts.resolve([GroupId ?? "", "sg-0123456789abcdef0"]), {
      class: "invalid",
      message: `couldn't find all security groups: requested ids [${GroupId} sg-0123456789abcdef0] but found [${GroupId}]`,
    });
    await assert.rejects(facts.resolve(["nobody"]), {
      message: "couldn't find all security groups: requested names [nobody] but found []",
    });
  });
});
