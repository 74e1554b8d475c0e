import assert from "node:assert/strict";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateVersionsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeManagedPrefixListsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type IpPermission,
  ModifyLaunchTemplateCommand,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import { codeOf, openAccount } from "./account.ts";

async function newGroup(ec2: EC2Client, vpcId: string, name: string): Promise<string> {
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: name,
      Description: "made by a test",
      VpcId: vpcId,
      TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "made-by", Value: "test" }] }],
    }),
  );
  assert.ok(GroupId);
  return GroupId;
}

const http = (cidr: string, description?: string): IpPermission => ({
  IpProtocol: "tcp",
  FromPort: 80,
  ToPort: 80,
  IpRanges: [{ CidrIp: cidr, ...(description === undefined ? {} : { Description: description }) }],
});

describe("EC2 in the sandbox", () => {
  const account = openAccount();
  const { ec2, sandbox } = account;
  const { vpcId, clusterSecurityGroupId, nodes } = sandbox.surroundings.cluster;

  it("has public and private subnets in three zones, tagged as eksctl tags them", async () => {
    const role = (name: string) => ({ Name: `tag:kubernetes.io/role/${name}`, Values: ["1"] });
    const publicOnes = await ec2.send(new DescribeSubnetsCommand({ Filters: [role("elb")] }));
    const privateOnes = await ec2.send(new DescribeSubnetsCommand({ Filters: [role("internal-elb")] }));
    const zones = ["us-west-2a", "us-west-2b", "us-west-2c"];
    assert.deepEqual(
      publicOnes.Subnets?.map((subnet) => subnet.AvailabilityZone),
      zones,
    );
    assert.deepEqual(
      privateOnes.Subnets?.map((subnet) => subnet.AvailabilityZone),
      zones,
    );
    const [subnet] = publicOnes.Subnets ?? [];
    const { RouteTables } = await ec2.send(
      new DescribeRouteTablesCommand({
        Filters: [{ Name: "association.subnet-id", Values: [subnet?.SubnetId ?? ""] }],
      }),
    );
    assert.match(RouteTables?.[0]?.Routes?.[1]?.GatewayId ?? "", /^igw-/);
  });

  it("follows filters with wildcards, and refuses ones it does not know", async () => {
    const filtered = (Name: string, Values: string[]) =>
      ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name, Values }] }));
    assert.equal((await filtered("availability-zone", ["us-west-2?"])).Subnets?.length, 6);
    assert.equal((await filtered("tag-key", ["kubernetes.io/role/*"])).Subnets?.length, 6);
    assert.equal((await filtered("vpc-id", ["vpc-0"])).Subnets?.length, 0);
    assert.equal(await codeOf(filtered("colour", ["blue"])), "InvalidParameterValue");
  });

  it("names unknown and malformed ids by the code of their kind", async () => {
    const unknown = `subnet-${"0".repeat(17)}`;
    assert.equal(
      await codeOf(ec2.send(new DescribeSubnetsCommand({ SubnetIds: [unknown] }))),
      "InvalidSubnetID.NotFound",
    );
    assert.equal(
      await codeOf(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-x"] }))),
      "InvalidGroupId.Malformed",
    );
    assert.equal(
      await codeOf(ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["m5.huge" as "m5.large"] }))),
      "InvalidInstanceType",
    );
  });

  it("pages without hiding or repeating groups that come and go", async () => {
    for (let index = 0; index < 12; index++) await newGroup(ec2, vpcId, `paged-${index}`);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await ec2.send(
        new DescribeSecurityGroupsCommand({
          MaxResults: 5,
          NextToken: token,
          Filters: [{ Name: "group-name", Values: ["paged-*"] }],
        }),
      );
      seen.push(...(page.SecurityGroups ?? []).map((group) => group.GroupId ?? ""));
      token = page.NextToken;
    } while (token !== undefined);
    assert.equal(new Set(seen).size, 12);
    assert.equal(seen.length, 12);
    assert.equal(
      await codeOf(ec2.send(new DescribeSecurityGroupsCommand({ MaxResults: 5, NextToken: "made-up" }))),
      "InvalidNextToken",
    );
  });

  it("refuses a second group of the same name in a VPC, whatever the letter case", async () => {
    await newGroup(ec2, vpcId, "twin");
    assert.equal(await codeOf(newGroup(ec2, vpcId, "TWIN")), "InvalidGroup.Duplicate");
    assert.equal(await codeOf(newGroup(ec2, vpcId, "sg-name")), "InvalidParameterValue");
    assert.equal(await codeOf(newGroup(ec2, `vpc-${"0".repeat(17)}`, "lost")), "InvalidVpcID.NotFound");
  });

  it("keeps rules in normal form and tells them apart without their description", async () => {
    const GroupId = await newGroup(ec2, vpcId, "rules");
    const authorize = (permission: IpPermission) =>
      ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission] }));
    await authorize({ ...http("10.0.0.5/16", "first"), IpProtocol: "6" });
    assert.equal(await codeOf(authorize(http("10.0.0.0/16", "second"))), "InvalidPermission.Duplicate");
    assert.equal(await codeOf(authorize(http("10.0.0.0"))), "InvalidParameterValue");
    assert.equal(
      await codeOf(authorize({ IpProtocol: "tcp", IpRanges: [{ CidrIp: "10.0.0.0/8" }] })),
      "InvalidParameterValue",
    );
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
    assert.deepEqual(SecurityGroups?.[0]?.IpPermissions, [
      {
        IpProtocol: "tcp",
        FromPort: 80,
        ToPort: 80,
        UserIdGroupPairs: [],
        IpRanges: [{ CidrIp: "10.0.0.0/16", Description: "first" }],
        Ipv6Ranges: [],
        PrefixListIds: [],
      },
    ]);
    await ec2.send(
      new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions: [http("10.0.0.0/16", "third")] }),
    );
    const { SecurityGroupRules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [GroupId] }] }),
    );
    assert.deepEqual(
      SecurityGroupRules?.map((rule) => [rule.IsEgress, rule.IpProtocol, rule.FromPort, rule.Description]),
      [
        [true, "-1", -1, undefined],
        [false, "tcp", 80, "third"],
      ],
    );
    const revoke = () =>
      ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [http("10.0.0.0/16")] }));
    assert.equal((await revoke()).RevokedSecurityGroupRules?.length, 1);
    assert.equal(await codeOf(revoke()), "InvalidPermission.NotFound");
  });

  it("counts rules against the quota by IP version, and a prefix list by its size", async () => {
    const GroupId = await newGroup(ec2, vpcId, "full");
    const { PrefixLists } = await ec2.send(
      new DescribeManagedPrefixListsCommand({
        Filters: [{ Name: "prefix-list-name", Values: ["com.amazonaws.global.cloudfront.origin-facing"] }],
      }),
    );
    const list: IpPermission = {
      IpProtocol: "tcp",
      FromPort: 443,
      ToPort: 443,
      PrefixListIds: [{ PrefixListId: PrefixLists?.[0]?.PrefixListId }],
    };
    const ranges = (count: number): IpPermission => ({
      IpProtocol: "tcp",
      FromPort: 1,
      ToPort: 1,
      IpRanges: Array.from({ length: count }, (_, index) => ({ CidrIp: `10.${index}.0.0/16` })),
    });
    const authorize = (...IpPermissions: IpPermission[]) =>
      ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    assert.equal(await codeOf(authorize(list, ranges(6))), "RulesPerSecurityGroupLimitExceeded");
    await authorize(list, ranges(5));
  });

  it("does not delete a group that an interface or another group's rule holds", async () => {
    const remove = (GroupId: string) => ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    assert.equal(await codeOf(remove(clusterSecurityGroupId)), "DependencyViolation");
    const target = await newGroup(ec2, vpcId, "referenced");
    const holder = await newGroup(ec2, vpcId, "referring");
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: holder,
        IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: target }] }],
      }),
    );
    assert.equal(await codeOf(remove(target)), "DependencyViolation");
    await remove(holder);
    await remove(target);
    assert.equal(await codeOf(remove(target)), "InvalidGroup.NotFound");
  });

  it("deletes all tags of the user when no tag is named, but none of AWS", async () => {
    await ec2.send(
      new CreateTagsCommand({ Resources: [clusterSecurityGroupId], Tags: [{ Key: "team", Value: "blue" }] }),
    );
    await ec2.send(new DeleteTagsCommand({ Resources: [clusterSecurityGroupId], Tags: [] }));
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [clusterSecurityGroupId] }),
    );
    assert.deepEqual(SecurityGroups?.[0]?.Tags, [{ Key: "aws:eks:cluster-name", Value: "sandbox" }]);
    assert.equal(
      await codeOf(
        ec2.send(new CreateTagsCommand({ Resources: [clusterSecurityGroupId], Tags: [{ Key: "aws:x", Value: "" }] })),
      ),
      "InvalidParameterValue",
    );
  });

  it("finds the interface of a pod by the address that the cluster gave it", async () => {
    const [node] = nodes;
    assert.ok(node);
    const address = sandbox.surroundings.compute.assignPodAddress(node.id);
    const find = () =>
      ec2.send(
        new DescribeNetworkInterfacesCommand({
          Filters: [{ Name: "addresses.private-ip-address", Values: [address ?? ""] }],
        }),
      );
    assert.equal((await find()).NetworkInterfaces?.[0]?.Attachment?.InstanceId, node.id);
    sandbox.surroundings.compute.releasePodAddress(address ?? "");
    assert.equal((await find()).NetworkInterfaces?.length, 0);
  });

  it("does not page instances that were asked for by id", async () => {
    const ids = nodes.map((node) => node.id);
    assert.equal((await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }))).Reservations?.length, 2);
    assert.equal(
      await codeOf(ec2.send(new DescribeInstancesCommand({ InstanceIds: ids, MaxResults: 5 }))),
      "InvalidParameterCombination",
    );
  });

  it("numbers launch template versions, merges from a source version and keeps the default", async () => {
    const name = "template/one";
    await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        LaunchTemplateData: {
          InstanceType: "m5.large",
          SecurityGroupIds: [clusterSecurityGroupId],
          BlockDeviceMappings: [
            { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 80, VolumeType: "gp3", Encrypted: true } },
          ],
          MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
          TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "node" }] }],
        },
      }),
    );
    await ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateName: name,
        SourceVersion: "1",
        LaunchTemplateData: { InstanceType: "m6i.large" },
      }),
    );
    const { LaunchTemplateVersions } = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: name, Versions: ["$Latest"] }),
    );
    const [latest] = LaunchTemplateVersions ?? [];
    assert.equal(latest?.VersionNumber, 2);
    assert.equal(latest?.DefaultVersion, false);
    assert.deepEqual(latest?.LaunchTemplateData, {
      InstanceType: "m6i.large",
      SecurityGroupIds: [clusterSecurityGroupId],
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 80, VolumeType: "gp3", Encrypted: true } }],
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "node" }] }],
    });
    await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName: name, DefaultVersion: "2" }));
    const deleted = await ec2.send(
      new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateName: name, Versions: ["1", "7"] }),
    );
    assert.equal(deleted.SuccessfullyDeletedLaunchTemplateVersions?.length, 1);
    assert.equal(
      deleted.UnsuccessfullyDeletedLaunchTemplateVersions?.[0]?.ResponseError?.Code,
      "launchTemplateVersionDoesNotExist",
    );
  });

  it("answers a repeated launch template token with the first template, and refuses it for another", async () => {
    const create = (InstanceType: "m5.large" | "c5.large", ClientToken: string) =>
      ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: "template/two",
          LaunchTemplateData: { InstanceType },
          ClientToken,
        }),
      );
    const first = await create("m5.large", "token");
    const again = await create("m5.large", "token");
    assert.equal(again.LaunchTemplate?.LaunchTemplateId, first.LaunchTemplate?.LaunchTemplateId);
    assert.equal(await codeOf(create("c5.large", "token")), "IdempotentParameterMismatch");
    assert.equal(await codeOf(create("m5.large", "other")), "InvalidLaunchTemplateName.AlreadyExistsException");
  });

  it("hides a new group from those who ask while the scripted lag lasts", async () => {
    const late = openAccount({ lag: { ec2Create: 3000 } });
    await late.clock.advance(5000);
    const GroupId = await newGroup(late.ec2, late.sandbox.surroundings.cluster.vpcId, "late");
    const authorize = () =>
      late.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [http("10.0.0.0/8")] }));
    assert.equal(await codeOf(authorize()), "InvalidGroup.NotFound");
    await late.clock.advance(3000);
    await authorize();
  });

  it("keeps a bucket of requests for each operation when rates apply", async () => {
    const limited = openAccount({ rateLimits: true });
    const network = limited.sandbox.surroundings.cluster.vpcId;
    for (let index = 0; index < 50; index++) await newGroup(limited.ec2, network, `burst-${index}`);
    assert.equal(await codeOf(newGroup(limited.ec2, network, "one-more")), "RequestLimitExceeded");
    await limited.ec2.send(new DescribeSubnetsCommand({}));
    await limited.clock.advance(1000);
    await newGroup(limited.ec2, network, "one-more");
  });
});
