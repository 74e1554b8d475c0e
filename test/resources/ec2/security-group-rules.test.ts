import assert from "node:assert/strict";
import type { AppError } from "../../../src/errors.ts";
import { securityGroupRulesType } from "../../../src/resources/ec2/security-group-rules.ts";
import type { IngressPermission } from "../../../src/resources/ec2/specs.ts";
import { context, createWorld } from "../../aws/support/world.ts";

const marker = "elbv2.k8s.aws/targetGroupBinding=shared";
const rule = (port: number, description?: string): IngressPermission => ({
  protocol: "tcp",
  fromPort: port,
  toPort: port,
  source: { cidr: "10.0.0.0/8" },
  ...(description === undefined ? {} : { description }),
});

async function setUp() {
  const world = await createWorld();
  const { GroupId = "" } = await world.aws.ec2.createSecurityGroup({
    GroupName: "nodes",
    Description: "x",
    VpcId: world.vpcID,
  });
  const range = (port: number, Description?: string) => ({
    IpProtocol: "tcp",
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp: "10.0.0.0/8", ...(Description === undefined ? {} : { Description }) }],
  });
  const authorize = async (...permissions: ReturnType<typeof range>[]): Promise<void> => {
    await world.aws.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: permissions });
  };
  const type = securityGroupRulesType(world.ec2);
  const reconcile = async (ingress: readonly IngressPermission[]): Promise<readonly string[]> => {
    const resource = { type: type.type, id: GroupId, spec: { securityGroupID: GroupId, ingress } };
    const [observed] = await type.observe({ desired: [resource], parents: [] }, context());
    assert.ok(observed);
    const differences = type.compare(resource.spec, observed.spec);
    world.calls();
    if (differences.length > 0) await type.update({ resource, observed, differences }, context());
    return world.calls();
  };
  const ports = async (): Promise<number[]> => {
    const { SecurityGroups } = await world.aws.ec2.describeSecurityGroups({ GroupIds: [GroupId] });
    return (SecurityGroups?.[0]?.IpPermissions ?? []).map(({ FromPort = 0 }) => FromPort).toSorted((a, b) => a - b);
  };
  return { world, authorize, range, reconcile, ports, type, GroupId };
}

describe("our rules on a security group of others", () => {
  it("are added before old ones of ours go, in one call each; rules of others stay", async () => {
    const { authorize, range, reconcile, ports } = await setUp();
    await authorize(range(22), range(80, marker), range(81, marker));
    const calls = await reconcile([rule(81, marker), rule(82, marker), rule(83, marker)]);
    assert.deepEqual(calls, ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]);
    assert.deepEqual(await ports(), [22, 81, 82, 83]);
    assert.deepEqual(await reconcile([rule(81, marker), rule(82, marker), rule(83, marker)]), []);
  });

  it("need not be ours where somebody opened the same already", async () => {
    const { authorize, range, reconcile, ports } = await setUp();
    await authorize(range(80));
    assert.deepEqual(await reconcile([rule(80, marker)]), []);
    assert.deepEqual(await reconcile([]), []);
    assert.deepEqual(await ports(), [80]);
  });

  it("are right after one more read when what was remembered is out of date", async () => {
    const { world, authorize, range, reconcile, ports } = await setUp();
    await world.inventory.ready();
    await authorize(range(80));
    const calls = await reconcile([rule(80, marker), rule(81, marker)]);
    assert.deepEqual(calls, [
      "AuthorizeSecurityGroupIngress",
      "DescribeSecurityGroups",
      "AuthorizeSecurityGroupIngress",
    ]);
    assert.deepEqual(await ports(), [80, 81]);
  });

  it("are refused for a group that does not exist", async () => {
    const { type } = await setUp();
    const spec = { securityGroupID: "sg-0123456789abcdef0", ingress: [rule(80, marker)] };
    const resource = { type: type.type, id: spec.securityGroupID, spec };
    assert.deepEqual(await type.observe({ desired: [resource], parents: [] }, context()), []);
    await assert.rejects(type.create(resource, context()), (error: AppError) => error.class === "missing");
  });
});
