import assert from "node:assert/strict";
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  CreateFargateProfileCommand,
  CreateNodegroupCommand,
  type CreateNodegroupCommandInput,
  CreatePodIdentityAssociationCommand,
  DeleteFargateProfileCommand,
  DeleteNodegroupCommand,
  DescribeAccessEntryCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribeFargateProfileCommand,
  DescribeNodegroupCommand,
  DescribePodIdentityAssociationCommand,
  DescribeUpdateCommand,
  ListAssociatedAccessPoliciesCommand,
  ListNodegroupsCommand,
  ListPodIdentityAssociationsCommand,
  ListTagsForResourceCommand,
  ListUpdatesCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateNodegroupConfigCommand,
  UpdateNodegroupVersionCommand,
} from "@aws-sdk/client-eks";
import { AttachRolePolicyCommand, CreateRoleCommand, DeleteRoleCommand, GetRoleCommand } from "@aws-sdk/client-iam";
import type { AwsSandboxOptions } from "../../../src/sandbox/aws/aws-sandbox.ts";
import type { SandboxEvent } from "../../../src/sandbox/aws/events.ts";
import { codeOf, openAccount } from "./account.ts";

const clusterName = "sandbox";
const minutes = 60_000;

function open(options: Partial<AwsSandboxOptions> = {}) {
  const account = openAccount(options);
  const { cluster, compute } = account.sandbox.surroundings;
  const privateSubnets = compute.clusterNetwork().subnetIds.filter((id) => !compute.isPublicSubnet(id));
  const events: SandboxEvent[] = [];
  account.sandbox.on((event) => events.push(event));
  const create = (input: Partial<CreateNodegroupCommandInput> = {}) =>
    account.eks.send(
      new CreateNodegroupCommand({
        clusterName,
        nodegroupName: "workers",
        subnets: privateSubnets,
        nodeRole: cluster.nodeRoleArn,
        scalingConfig: { minSize: 1, maxSize: 4, desiredSize: 2 },
        ...input,
      }),
    );
  const describe = async (nodegroupName = "workers") => {
    const { nodegroup } = await account.eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }));
    assert.ok(nodegroup);
    return nodegroup;
  };
  const configure = (input: object) =>
    account.eks.send(new UpdateNodegroupConfigCommand({ clusterName, nodegroupName: "workers", ...input }));
  const makeRole = async (name: string, service: string, actions: readonly string[] = ["sts:AssumeRole"]) => {
    const { Role } = await account.iam.send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: actions }],
        }),
      }),
    );
    return Role?.Arn ?? "";
  };
  return { ...account, cluster, privateSubnets, events, create, describe, configure, makeRole };
}

describe("EKS clusters in the sandbox", () => {
  it("are found by name with issuer, network and mode", async () => {
    const { eks, cluster } = open();
    const { cluster: found } = await eks.send(new DescribeClusterCommand({ name: clusterName }));
    assert.equal(found?.status, "ACTIVE");
    assert.equal(found?.identity?.oidc?.issuer, cluster.oidcIssuer);
    assert.equal(found?.resourcesVpcConfig?.vpcId, cluster.vpcId);
    assert.equal(found?.accessConfig?.authenticationMode, "API_AND_CONFIG_MAP");
    assert.ok(found?.createdAt instanceof Date);
    assert.equal(await codeOf(eks.send(new DescribeClusterCommand({ name: "other" }))), "ResourceNotFoundException");
    const addon = await eks.send(new DescribeAddonCommand({ clusterName, addonName: "vpc-cni" }));
    assert.equal(addon.addon?.status, "ACTIVE");
  });

  it("tag what belongs to them by ARN", async () => {
    const { eks, cluster } = open();
    const resourceArn = cluster.arn;
    await eks.send(new TagResourceCommand({ resourceArn, tags: { team: "blue" } }));
    await eks.send(new UntagResourceCommand({ resourceArn, tagKeys: ["alpha.eksctl.io/cluster-name", "absent"] }));
    assert.deepEqual((await eks.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { team: "blue" });
    assert.equal(
      await codeOf(eks.send(new ListTagsForResourceCommand({ resourceArn: `${resourceArn}x` }))),
      "NotFoundException",
    );
  });
});

describe("node groups in the sandbox", () => {
  it("come up over time, with instances and nodes that bear their labels and taints", async () => {
    const { create, describe, clock, events, ec2 } = open();
    const { nodegroup } = await create({
      labels: { pool: "blue" },
      taints: [{ key: "dedicated", effect: "NO_SCHEDULE" }],
    });
    assert.equal(nodegroup?.status, "CREATING");
    await clock.advance(3 * minutes);
    const group = await describe();
    assert.equal(group.status, "ACTIVE");
    assert.equal(group.instanceTypes?.[0], "t3.medium");
    assert.equal(group.tags, undefined);
    assert.match(group.resources?.autoScalingGroups?.[0]?.name ?? "", /^eks-workers-/);
    const nodes = events.flatMap((event) => (event.kind === "instance-running" ? [event.instance] : []));
    assert.equal(nodes.length, 2);
    assert.equal(nodes[0]?.labels["eks.amazonaws.com/nodegroup"], "workers");
    assert.equal(nodes[0]?.labels["pool"], "blue");
    assert.deepEqual(nodes[0]?.taints, [{ key: "dedicated", value: "", effect: "NoSchedule" }]);
    assert.notEqual(nodes[0]?.zone, nodes[1]?.zone);
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: "tag:eks:nodegroup-name", Values: ["workers"] }] }),
    );
    assert.equal(Reservations?.length, 2);
  });

  const refused: readonly { name: string; input: Partial<CreateNodegroupCommandInput>; code: string; text: RegExp }[] =
    [
      {
        name: "a minimum above the desired size",
        input: { scalingConfig: { minSize: 3, maxSize: 4, desiredSize: 2 } },
        code: "InvalidParameterException",
        text: /Minimum capacity 3 can't be greater than desired size 2/,
      },
      {
        name: "more nodes than the quota",
        input: { scalingConfig: { minSize: 1, maxSize: 451, desiredSize: 1 } },
        code: "ResourceLimitExceededException",
        text: /450/,
      },
      {
        name: "a reserved label",
        input: { labels: { "node.kubernetes.io/role": "x" } },
        code: "InvalidParameterException",
        text: /reserved prefixes/,
      },
      {
        name: "an empty label value",
        input: { labels: { a: "" } },
        code: "InvalidParameterException",
        text: /labels\.a/,
      },
      {
        name: "an unknown instance type",
        input: { instanceTypes: ["m5.huge"] },
        code: "InvalidParameterException",
        text: /do not exist: \[m5\.huge\]/,
      },
      {
        name: "a type of another architecture",
        input: { instanceTypes: ["m7g.large"], amiType: "AL2023_x86_64_STANDARD" },
        code: "InvalidParameterException",
        text: /\[m7g\.large\] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD/,
      },
      {
        name: "a release of another version",
        input: { releaseVersion: "1.31.3-20250103" },
        code: "InvalidParameterException",
        text: /not valid for kubernetes version 1\.34/,
      },
      {
        name: "both update numbers",
        input: { updateConfig: { maxUnavailable: 1, maxUnavailablePercentage: 10 } },
        code: "InvalidParameterException",
        text: /Only one of/,
      },
      {
        name: "a subnet that does not exist",
        input: { subnets: [`subnet-${"0".repeat(17)}`] },
        code: "InvalidParameterException",
        text: /does not exist/,
      },
      {
        name: "a role that does not exist",
        input: { nodeRole: "arn:aws:iam::111122223333:role/nobody" },
        code: "InvalidParameterException",
        text: /could not be assumed/,
      },
      {
        name: "a role that does not trust EC2",
        input: { nodeRole: "arn:aws:iam::111122223333:role/sandbox-cluster" },
        code: "InvalidParameterException",
        text: /\[ec2\.amazonaws\.com\] were not found in the trust relationships/,
      },
      {
        name: "a cluster that does not exist",
        input: { clusterName: "other" },
        code: "ResourceNotFoundException",
        text: /No cluster found for name: other\./,
      },
    ];
  for (const { name, input, code, text } of refused) {
    it(`are refused with ${name}`, async () => {
      const { create, eks } = open();
      await assert.rejects(create(input), (error: Error) => error.name === code && text.test(error.message));
      assert.deepEqual((await eks.send(new ListNodegroupsCommand({ clusterName }))).nodegroups, []);
    });
  }

  it("wait for a role to be known to EKS", async () => {
    const { create, makeRole, clock } = open({ lag: { iamToOtherServices: 10_000 } });
    await clock.advance(10_000);
    const nodeRole = await makeRole("young", "ec2.amazonaws.com");
    assert.equal(await codeOf(create({ nodeRole })), "InvalidParameterException");
    await clock.advance(10_000);
    await create({ nodeRole });
  });

  it("are there at once, with their nodes, when time is switched off", async () => {
    const { create, describe, clock, events } = open({ speed: Number.POSITIVE_INFINITY });
    await create();
    await clock.advance(0);
    assert.equal((await describe()).status, "ACTIVE");
    assert.equal(events.length, 2);
  });

  it("bring the service-linked role of EKS with the first of them", async () => {
    const { create, iam } = open();
    const find = () => iam.send(new GetRoleCommand({ RoleName: "AWSServiceRoleForAmazonEKSNodegroup" }));
    assert.equal(await codeOf(find()), "NoSuchEntity");
    await create();
    assert.equal((await find()).Role?.Path, "/aws-service-role/eks-nodegroup.amazonaws.com/");
    assert.equal(
      await codeOf(iam.send(new DeleteRoleCommand({ RoleName: "AWSServiceRoleForAmazonEKSNodegroup" }))),
      "UnmodifiableEntity",
    );
  });

  it("fail to come up when their role may not join the cluster", async () => {
    const { create, describe, makeRole, clock, events } = open();
    await create({ nodeRole: await makeRole("bare", "ec2.amazonaws.com") });
    await clock.advance(3 * minutes);
    const group = await describe();
    assert.equal(group.status, "CREATE_FAILED");
    assert.deepEqual(
      group.health?.issues?.map((issue) => issue.code),
      ["NodeCreationFailure"],
    );
    assert.deepEqual(events, []);
  });

  it("take one name once, and one token for one request", async () => {
    const { create } = open();
    const first = await create({ clientRequestToken: "token" });
    const again = await create({ clientRequestToken: "token" });
    assert.equal(again.nodegroup?.nodegroupArn, first.nodegroup?.nodegroupArn);
    assert.equal(await codeOf(create({ clientRequestToken: "token", diskSize: 30 })), "InvalidParameterException");
    await assert.rejects(create({ clientRequestToken: "other" }), {
      name: "ResourceInUseException",
      message: "NodeGroup already exists with name workers and cluster name sandbox",
      clusterName,
      nodegroupName: "workers",
    });
  });

  it("show their old settings until an update is through, and take one update at a time", async () => {
    const { create, describe, configure, clock, eks, events } = open();
    await create({ labels: { a: "1", b: "1" }, taints: [{ key: "t", value: "x", effect: "NO_EXECUTE" }] });
    assert.equal(await codeOf(configure({ scalingConfig: { desiredSize: 3 } })), "ResourceInUseException");
    await clock.advance(3 * minutes);
    const { update } = await configure({
      labels: { addOrUpdateLabels: { a: "2" }, removeLabels: ["b"] },
      taints: { removeTaints: [{ key: "t", effect: "NO_EXECUTE" }] },
      scalingConfig: { desiredSize: 3 },
    });
    assert.equal(update?.status, "InProgress");
    assert.deepEqual(
      update?.params?.map(({ type }) => type),
      ["LabelsToAdd", "LabelsToRemove", "TaintsToRemove", "DesiredSize"],
    );
    assert.equal((await describe()).status, "UPDATING");
    assert.deepEqual((await describe()).labels, { a: "1", b: "1" });
    assert.equal(await codeOf(configure({ scalingConfig: { desiredSize: 4 } })), "ResourceInUseException");
    await clock.advance(2 * minutes);
    const group = await describe();
    assert.deepEqual(group.labels, { a: "2" });
    assert.equal(group.taints, undefined);
    assert.equal(group.scalingConfig?.desiredSize, 3);
    assert.equal(events.filter(({ kind }) => kind === "instance-running").length, 3);
    const updateId = update?.id ?? "";
    const listed = await eks.send(new ListUpdatesCommand({ name: clusterName, nodegroupName: "workers" }));
    assert.deepEqual(listed.updateIds, [updateId]);
    assert.equal(
      await codeOf(eks.send(new DescribeUpdateCommand({ name: clusterName, updateId }))),
      "ResourceNotFoundException",
    );
    const described = await eks.send(
      new DescribeUpdateCommand({ name: clusterName, updateId, nodegroupName: "workers" }),
    );
    assert.equal(described.update?.status, "Successful");
  });

  it("check a new minimum against the live size that an autoscaler moved", async () => {
    const { create, describe, configure, clock, cluster, events } = open();
    await create();
    await clock.advance(3 * minutes);
    cluster.setDesiredSize("workers", 1);
    assert.equal((await describe()).scalingConfig?.desiredSize, 1);
    assert.equal(events.filter(({ kind }) => kind === "instance-terminated").length, 1);
    assert.equal(await codeOf(configure({ scalingConfig: { minSize: 2 } })), "InvalidParameterException");
    await configure({ scalingConfig: { minSize: 2, desiredSize: 2 } });
    assert.equal(await codeOf(configure({})), "InvalidParameterException");
  });

  it("degrade with a staged issue and recover when it is cleared", async () => {
    const { create, describe, clock, cluster } = open();
    await create();
    await clock.advance(3 * minutes);
    cluster.addIssue("workers", { code: "AsgInstanceLaunchFailures", message: "no capacity" });
    const group = await describe();
    assert.equal(group.status, "DEGRADED");
    assert.equal(group.health?.issues?.[0]?.code, "AsgInstanceLaunchFailures");
    cluster.clearIssues("workers");
    assert.equal((await describe()).status, "ACTIVE");
  });

  it("take everything that a launch template says from there and nowhere else", async () => {
    const { create, describe, ec2, eks, clock, cluster, events } = open();
    const template = (LaunchTemplateName: string, LaunchTemplateData: object) =>
      ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
    await template("typed", { InstanceType: "m5.large", SecurityGroupIds: [cluster.clusterSecurityGroupId] });
    await template("profiled", { IamInstanceProfile: { Name: "x" } });
    await template("imaged", { ImageId: `ami-${"0".repeat(17)}` });
    const launchTemplate = { name: "typed" };
    assert.equal(await codeOf(create({ launchTemplate, diskSize: 30 })), "InvalidParameterException");
    assert.equal(await codeOf(create({ launchTemplate, instanceTypes: ["m5.large"] })), "InvalidParameterException");
    assert.equal(await codeOf(create({ launchTemplate: { name: "profiled" } })), "InvalidParameterException");
    assert.equal(
      await codeOf(create({ launchTemplate: { name: "imaged" }, amiType: "AL2023_x86_64_STANDARD" })),
      "InvalidParameterException",
    );
    assert.equal(
      await codeOf(create({ launchTemplate: { name: "typed", version: "9" } })),
      "InvalidParameterException",
    );
    await create({ launchTemplate: { name: "typed", version: "$Latest" } });
    await clock.advance(3 * minutes);
    const group = await describe();
    assert.equal(group.launchTemplate?.version, "1");
    assert.match(group.launchTemplate?.id ?? "", /^lt-/);
    assert.equal(group.instanceTypes, undefined);
    assert.equal(group.diskSize, undefined);
    await ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateName: "typed",
        LaunchTemplateData: { InstanceType: "m6i.large" },
      }),
    );
    await eks.send(
      new UpdateNodegroupVersionCommand({
        clusterName,
        nodegroupName: "workers",
        launchTemplate: { name: "typed", version: "2" },
      }),
    );
    assert.equal((await describe()).launchTemplate?.version, "1");
    await clock.advance(20 * minutes);
    assert.equal((await describe()).launchTemplate?.version, "2");
    assert.deepEqual(
      events.flatMap((event) => (event.kind === "instance-running" ? [event.instance.instanceType] : [])),
      ["m5.large", "m5.large", "m6i.large", "m6i.large"],
    );
    assert.equal(events.filter(({ kind }) => kind === "instance-terminated").length, 2);
  });

  it("keep their old settings when an update fails for want of its launch template", async () => {
    const { create, describe, ec2, eks, clock, events } = open();
    const LaunchTemplateName = "short-lived";
    const LaunchTemplateData = { InstanceType: "m5.large" } as const;
    await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
    await ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateName, LaunchTemplateData }));
    await create({ launchTemplate: { name: LaunchTemplateName, version: "1" } });
    await clock.advance(3 * minutes);
    const { update } = await eks.send(
      new UpdateNodegroupVersionCommand({
        clusterName,
        nodegroupName: "workers",
        launchTemplate: { name: LaunchTemplateName, version: "2" },
      }),
    );
    await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName }));
    await clock.advance(20 * minutes);
    const group = await describe();
    assert.equal(group.status, "ACTIVE");
    assert.equal(group.launchTemplate?.version, "1");
    const { update: ended } = await eks.send(
      new DescribeUpdateCommand({ name: clusterName, nodegroupName: "workers", updateId: update?.id }),
    );
    assert.equal(ended?.status, "Failed");
    assert.equal(ended?.errors?.[0]?.errorCode, "NodeCreationFailure");
    assert.equal(events.filter(({ kind }) => kind === "instance-terminated").length, 0);
  });

  it("degrade when no capacity is left and recover with the next instance that starts", async () => {
    const { create, describe, configure, clock, sandbox } = open();
    const { compute } = sandbox.surroundings;
    await create();
    await clock.advance(3 * minutes);
    const setCapacity = (available: boolean) => {
      for (const zone of compute.zonesOffering("t3.medium")) compute.setCapacity("t3.medium", zone, available);
    };
    setCapacity(false);
    await configure({ scalingConfig: { desiredSize: 3 } });
    await clock.advance(2 * minutes);
    const degraded = await describe();
    assert.equal(degraded.status, "DEGRADED");
    assert.equal(degraded.health?.issues?.[0]?.code, "AsgInstanceLaunchFailures");
    setCapacity(true);
    await configure({ scalingConfig: { desiredSize: 4 } });
    await clock.advance(2 * minutes);
    assert.equal((await describe()).status, "ACTIVE");
  });

  it("move to another release by replacing every node, but never to another version than the cluster's", async () => {
    const { create, describe, eks, clock } = open();
    await create({ releaseVersion: "1.34.5-20251112" });
    await clock.advance(3 * minutes);
    const update = (input: object) =>
      eks.send(new UpdateNodegroupVersionCommand({ clusterName, nodegroupName: "workers", ...input }));
    assert.equal(await codeOf(update({ version: "1.35" })), "InvalidParameterException");
    assert.equal(await codeOf(update({ version: "1.33" })), "InvalidParameterException");
    assert.equal(await codeOf(update({ launchTemplate: { name: "any" } })), "InvalidParameterException");
    await update({ version: "1.34", releaseVersion: "1.34.5-20251209" });
    assert.equal((await describe()).releaseVersion, "1.34.5-20251112");
    await clock.advance(20 * minutes);
    assert.equal((await describe()).releaseVersion, "1.34.5-20251209");
    assert.equal((await describe()).status, "ACTIVE");
  });

  it("go with their nodes and the access entry that EKS made, but leave the role", async () => {
    const { create, describe, eks, iam, clock, events, makeRole } = open();
    const nodeRole = await makeRole("nodes", "ec2.amazonaws.com");
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
    await iam.send(new AttachRolePolicyCommand({ RoleName: "nodes", PolicyArn }));
    await create({ nodeRole });
    await clock.advance(3 * minutes);
    const entry = () => eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn: nodeRole }));
    assert.equal((await entry()).accessEntry?.type, "EC2_LINUX");
    const remove = () => eks.send(new DeleteNodegroupCommand({ clusterName, nodegroupName: "workers" }));
    assert.equal((await remove()).nodegroup?.status, "DELETING");
    assert.equal(await codeOf(remove()), "ResourceInUseException");
    await clock.advance(5 * minutes);
    assert.equal(await codeOf(describe()), "ResourceNotFoundException");
    assert.equal(events.filter(({ kind }) => kind === "instance-terminated").length, 2);
    assert.equal(await codeOf(entry()), "ResourceNotFoundException");
    await iam.send(new GetRoleCommand({ RoleName: "nodes" }));
  });

  it("cannot be deleted to the end when their role went first", async () => {
    const { create, describe, eks, iam, clock, makeRole } = open();
    const nodeRole = await makeRole("short-lived", "ec2.amazonaws.com");
    await create({ nodeRole, scalingConfig: { minSize: 0, maxSize: 1, desiredSize: 0 } });
    await clock.advance(3 * minutes);
    await iam.send(new DeleteRoleCommand({ RoleName: "short-lived" }));
    await eks.send(new DeleteNodegroupCommand({ clusterName, nodegroupName: "workers" }));
    await clock.advance(5 * minutes);
    const group = await describe();
    assert.equal(group.status, "DELETE_FAILED");
    assert.equal(group.health?.issues?.[0]?.code, "IamNodeRoleNotFound");
  });
});

describe("Fargate profiles in the sandbox", () => {
  it("are made and deleted one at a time, in private subnets only", async () => {
    const { eks, clock, makeRole, sandbox } = open();
    const podExecutionRoleArn = await makeRole("fargate", "eks-fargate-pods.amazonaws.com");
    const create = (fargateProfileName: string, input: object = {}) =>
      eks.send(
        new CreateFargateProfileCommand({
          clusterName,
          fargateProfileName,
          podExecutionRoleArn,
          selectors: [{ namespace: "jobs" }],
          ...input,
        }),
      );
    const [publicSubnet = ""] = sandbox.surroundings.compute.clusterNetwork().subnetIds;
    assert.equal(await codeOf(create("one", { subnets: [publicSubnet] })), "InvalidParameterException");
    assert.equal(await codeOf(create("one", { selectors: [] })), "InvalidParameterException");
    assert.equal(
      await codeOf(create("one", { podExecutionRoleArn: sandbox.surroundings.cluster.nodeRoleArn })),
      "InvalidParameterException",
    );
    const { fargateProfile } = await create("one");
    assert.equal(fargateProfile?.subnets?.length, 3);
    assert.equal(await codeOf(create("two")), "ResourceInUseException");
    await clock.advance(3 * minutes);
    const described = await eks.send(new DescribeFargateProfileCommand({ clusterName, fargateProfileName: "one" }));
    assert.equal(described.fargateProfile?.status, "ACTIVE");
    await create("two");
    const remove = () => eks.send(new DeleteFargateProfileCommand({ clusterName, fargateProfileName: "one" }));
    assert.equal(await codeOf(remove()), "ResourceInUseException");
    await clock.advance(3 * minutes);
    await remove();
    await clock.advance(4 * minutes);
    assert.equal(await codeOf(remove()), "ResourceNotFoundException");
  });
});

describe("access entries in the sandbox", () => {
  it("take existing principals once, with groups and names that are not reserved", async () => {
    const { eks, makeRole } = open();
    const principalArn = await makeRole("people", "ec2.amazonaws.com");
    const create = (input: object = {}) =>
      eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, ...input }));
    assert.equal(await codeOf(create({ principalArn: `${principalArn}-gone` })), "InvalidParameterException");
    assert.equal(await codeOf(create({ kubernetesGroups: ["system:masters"] })), "InvalidParameterException");
    assert.equal(await codeOf(create({ username: "eks:me" })), "InvalidParameterException");
    assert.equal(await codeOf(create({ type: "EC2_LINUX", kubernetesGroups: ["g"] })), "InvalidParameterException");
    const { accessEntry } = await create({ kubernetesGroups: ["viewers"], tags: { a: "b" } });
    assert.equal(accessEntry?.username, "arn:aws:sts::111122223333:assumed-role/people/{{SessionName}}");
    assert.match(
      accessEntry?.accessEntryArn ?? "",
      /:access-entry\/sandbox\/role\/111122223333\/people\/[0-9a-f-]{36}$/,
    );
    assert.equal(await codeOf(create()), "ResourceInUseException");
    const found = await eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn }));
    assert.deepEqual(found.accessEntry?.kubernetesGroups, ["viewers"]);
  });

  it("carry access policies, each with one scope", async () => {
    const { eks, makeRole } = open();
    const principalArn = await makeRole("people", "ec2.amazonaws.com");
    const associate = (name: string, accessScope: object) =>
      eks.send(
        new AssociateAccessPolicyCommand({
          clusterName,
          principalArn,
          policyArn: `arn:aws:eks::aws:cluster-access-policy/${name}`,
          accessScope,
        }),
      );
    assert.equal(await codeOf(associate("AmazonEKSViewPolicy", { type: "cluster" })), "ResourceNotFoundException");
    await eks.send(new CreateAccessEntryCommand({ clusterName, principalArn }));
    assert.equal(await codeOf(associate("NoSuchPolicy", { type: "cluster" })), "InvalidParameterException");
    assert.equal(await codeOf(associate("AmazonEKSViewPolicy", { type: "namespace" })), "InvalidParameterException");
    await associate("AmazonEKSViewPolicy", { type: "cluster" });
    await associate("AmazonEKSViewPolicy", { type: "namespace", namespaces: ["dev-*"] });
    const { associatedAccessPolicies } = await eks.send(
      new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn }),
    );
    assert.deepEqual(
      associatedAccessPolicies?.map(({ accessScope }) => accessScope),
      [{ type: "namespace", namespaces: ["dev-*"] }],
    );
  });
});

describe("pod identity associations in the sandbox", () => {
  it("bind one role to a ServiceAccount, and name the association that is in the way", async () => {
    const { eks, makeRole } = open();
    const roleArn = await makeRole("pods", "pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]);
    const create = (role = roleArn) =>
      eks.send(
        new CreatePodIdentityAssociationCommand({
          clusterName,
          namespace: "games",
          serviceAccount: "web",
          roleArn: role,
        }),
      );
    assert.equal(await codeOf(create(await makeRole("half", "pods.eks.amazonaws.com"))), "InvalidParameterException");
    assert.equal(await codeOf(create(`${roleArn}-gone`)), "InvalidParameterException");
    const { association } = await create();
    const associationId = association?.associationId ?? "";
    await assert.rejects(create(), {
      name: "ResourceInUseException",
      message: `Association already exists: ${associationId}`,
    });
    const { associations } = await eks.send(
      new ListPodIdentityAssociationsCommand({ clusterName, namespace: "games" }),
    );
    assert.equal(associations?.[0]?.associationId, associationId);
    const described = await eks.send(new DescribePodIdentityAssociationCommand({ clusterName, associationId }));
    assert.equal(described.association?.roleArn, roleArn);
  });
});
