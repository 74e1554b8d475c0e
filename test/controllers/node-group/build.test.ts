import assert from "node:assert/strict";
import { defaultControls } from "../../../src/api/annotations.ts";
import type { NodeGroupSpec as ApiSpec, NodeGroup } from "../../../src/api/node-group.ts";
import { buildNodeGroup } from "../../../src/controllers/node-group/build.ts";
import type { InstanceTypeFact, NodeGroupFacts } from "../../../src/controllers/node-group/facts.ts";
import { nodeRoleName } from "../../../src/controllers/node-group/node-role.ts";
import type { LaunchTemplateSpec } from "../../../src/resources/ec2/launch-template.ts";
import { compareNodeGroups, scalingUpdate, taintDelta } from "../../../src/resources/eks/node-group-compare.ts";
import type { NodeGroupSpec, NodeGroupStatusCode } from "../../../src/resources/eks/specs.ts";
import type { RoleSpec } from "../../../src/resources/iam/specs.ts";

const plain: InstanceTypeFact = { architecture: "x86_64", accelerator: "none" };
const subnet = (id: string, zone: string, isPublic: boolean, tags: Readonly<Record<string, string>> = {}) => ({
  id,
  zone,
  zoneID: `id-${zone}`,
  isPublic,
  isOutpost: false,
  tags,
});

const facts: NodeGroupFacts = {
  cluster: {
    name: "prod",
    arn: "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
    version: "1.34",
    status: "ACTIVE",
    vpcID: "vpc-1",
    securityGroupID: "sg-cluster",
    subnetIDs: [],
    ipFamily: "ipv4",
    tags: {},
  },
  subnets: [
    subnet("subnet-a", "eu-west-1a", false, { tier: "app" }),
    subnet("subnet-b", "eu-west-1b", false),
    subnet("subnet-p", "eu-west-1a", true),
  ],
  instanceTypes: new Map([
    ["t3.medium", plain],
    ["m5.large", plain],
    ["m7g.large", { architecture: "arm64", accelerator: "none" }],
    ["g5.xlarge", { architecture: "x86_64", accelerator: "nvidia" }],
    ["inf2.xlarge", { architecture: "x86_64", accelerator: "neuron" }],
  ]),
};

function build(
  spec: ApiSpec,
  {
    status,
    annotations = {},
    facts: other = {},
  }: {
    status?: NodeGroup["status"];
    annotations?: Readonly<Record<string, string>>;
    facts?: Partial<NodeGroupFacts>;
  } = {},
) {
  const object: NodeGroup = {
    apiVersion: "fairlead.io/v1alpha1",
    kind: "NodeGroup",
    metadata: { name: "batch", uid: "u1", resourceVersion: "1", annotations },
    spec,
    ...(status === undefined ? {} : { status }),
  };
  const result = buildNodeGroup({ object, facts: { ...facts, ...other }, controls: defaultControls });
  const spec_ = <T>(type: string) => result.stack.resources.find((resource) => resource.type === type)?.spec as T;
  return {
    problems: result.stack.problems,
    group: spec_<NodeGroupSpec>("eks/NodeGroup"),
    role: spec_<RoleSpec>("iam/Role"),
    template: spec_<LaunchTemplateSpec>("ec2/LaunchTemplate"),
  };
}

describe("the build of a NodeGroup", () => {
  it("makes a sensible group of an empty spec", () => {
    const { group, role, template, problems } = build({});
    assert.deepEqual(problems, []);
    assert.deepEqual(group.scaling, { min: 1, max: 3, desired: 1, writeDesired: false });
    assert.deepEqual(group.instanceTypes, ["t3.medium"]);
    assert.deepEqual(group.subnetIDs, ["subnet-a", "subnet-b"]);
    assert.deepEqual(group.updateConfig, { maxUnavailable: 1, updateStrategy: "DEFAULT" });
    assert.deepEqual(
      role.managedPolicyARNs.map((arn) => arn.slice(arn.indexOf("/") + 1)),
      [
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
        "AmazonSSMManagedInstanceCore",
      ],
    );
    assert.deepEqual(template.data.SecurityGroupIds, ["sg-cluster"]);
    assert.deepEqual(template.data.MetadataOptions, { HttpTokens: "required", HttpPutResponseHopLimit: 2 });
    assert.deepEqual(template.data.BlockDeviceMappings, [
      {
        DeviceName: "/dev/xvda",
        Ebs: { DeleteOnTermination: true, Encrypted: true, VolumeType: "gp3", VolumeSize: 80 },
      },
    ]);
    assert.equal(template.data.UserData, undefined);
    assert.match(template.hash, /^r1:[0-9a-f]{16}$/);
  });

  const amiTypes: readonly (readonly [ApiSpec, string])[] = [
    [{ instanceTypes: ["m7g.large"] }, "AL2023_ARM_64_STANDARD"],
    [{ instanceTypes: ["g5.xlarge"] }, "AL2023_x86_64_NVIDIA"],
    [{ instanceTypes: ["inf2.xlarge"] }, "AL2023_x86_64_NEURON"],
    [{ instanceTypes: ["m7g.large"], ami: { family: "Bottlerocket" } }, "BOTTLEROCKET_ARM_64"],
    [{ instanceTypes: ["g5.xlarge"], ami: { family: "BottlerocketFIPS" } }, "BOTTLEROCKET_x86_64_NVIDIA_FIPS"],
    [{ ami: { family: "WindowsFull2022" } }, "WINDOWS_FULL_2022_x86_64"],
    [{ ami: { type: "SOME_NEW_TYPE" } }, "SOME_NEW_TYPE"],
  ];
  for (const [spec, expected] of amiTypes) {
    it(`chooses the image ${expected} from what EC2 says of the types`, () =>
      assert.equal(build(spec).group.amiType, expected));
  }

  const scalings: readonly (readonly [NonNullable<ApiSpec["scaling"]>, readonly [number, number, number]])[] = [
    [{ min: 0 }, [0, 3, 1]],
    [{ min: 5 }, [5, 5, 5]],
    [{ min: 0, max: 40 }, [0, 40, 1]],
    [{ max: 10, desired: 7 }, [1, 10, 7]],
    [{ desired: 8 }, [1, 8, 8]],
    [{ desired: 0 }, [0, 3, 0]],
  ];
  for (const [scaling, expected] of scalings) {
    it(`renders scaling ${JSON.stringify(scaling)} as ${expected.join("/")}`, () => {
      const { group, problems } = build({ scaling });
      assert.deepEqual(problems, []);
      assert.deepEqual([group.scaling.min, group.scaling.max, group.scaling.desired], expected);
    });
  }

  const applied = (lastAppliedDesired: number): NonNullable<NodeGroup["status"]> => ({
    scaling: { lastAppliedDesired },
  });
  const writes: readonly (readonly [
    string,
    ApiSpec["scaling"],
    NodeGroup["status"],
    Readonly<Record<string, string>>,
    boolean,
  ])[] = [
    ["when the user edited it", { desired: 3, max: 5 }, applied(2), {}, true],
    ["not when it is as applied", { desired: 3, max: 5 }, applied(3), {}, false],
    ["not when the status was lost", { desired: 3, max: 5 }, undefined, {}, false],
    ["never with InitialOnly", { desired: 3, max: 5, desiredPolicy: "InitialOnly" }, applied(2), {}, false],
    ["always with Enforce", { desired: 3, max: 5, desiredPolicy: "Enforce" }, undefined, {}, true],
    [
      "never with another tool's annotation",
      { desired: 3, max: 5 },
      applied(2),
      { "cluster.x-k8s.io/replicas-managed-by": "x" },
      false,
    ],
    [
      "by the spec's own field before annotations",
      { desired: 3, max: 5, desiredPolicy: "Enforce" },
      undefined,
      { "cluster.x-k8s.io/replicas-managed-by": "x" },
      true,
    ],
  ];
  for (const [title, scaling, status, annotations, expected] of writes) {
    it(`writes the number of nodes ${title}`, () => {
      const options = { annotations, ...(status === undefined ? {} : { status }) };
      assert.equal(build(scaling === undefined ? {} : { scaling }, options).group.scaling.writeDesired, expected);
    });
  }

  const faults: readonly (readonly [string, ApiSpec, string, string])[] = [
    ["min above max", { scaling: { min: 5, max: 2 } }, "spec.scaling.min", "InvalidSpec"],
    ["desired above max", { scaling: { max: 2, desired: 3 } }, "spec.scaling.desired", "InvalidSpec"],
    ["an unknown instance type", { instanceTypes: ["m9.huge"] }, "spec.instanceTypes", "InvalidSpec"],
    ["types of two architectures", { instanceTypes: ["m5.large", "m7g.large"] }, "spec.instanceTypes", "InvalidSpec"],
    [
      "Windows on arm64",
      { instanceTypes: ["m7g.large"], ami: { family: "WindowsCore2022" } },
      "spec.ami.family",
      "InvalidSpec",
    ],
    [
      "a reserved label",
      { labels: { "node.kubernetes.io/x": "y" } },
      "spec.labels[node.kubernetes.io/x]",
      "InvalidSpec",
    ],
    ["an empty label", { labels: { x: "" } }, "spec.labels[x]", "InvalidSpec"],
    [
      "a taint twice",
      {
        taints: [
          { key: "a", effect: "NoSchedule" },
          { key: "a", value: "b", effect: "NoSchedule" },
        ],
      },
      "spec.taints",
      "InvalidSpec",
    ],
    ["another cluster", { clusterName: "dev" }, "spec.clusterName", "WrongCluster"],
    ["an unknown subnet", { subnets: { ids: ["subnet-x"] } }, "spec.subnets.ids", "SubnetNotFound"],
    ["a zone without subnets", { subnets: { zones: ["eu-west-1z"] } }, "spec.subnets", "SubnetNotFound"],
    ["a bad percentage", { upgrade: { maxUnavailable: "120%" } }, "spec.upgrade.maxUnavailable", "InvalidSpec"],
    ["a name that AWS does not take", { name: "a.b" }, "spec.name", "InvalidSpec"],
    ["what is not supported", { efa: true }, "spec.efa", "Unsupported"],
    ["kubelet settings on Bottlerocket", { maxPods: 20, ami: { family: "Bottlerocket" } }, "spec", "Unsupported"],
    ["user data above EC2's limit", { bootstrap: { preScript: "x".repeat(17_000) } }, "spec.bootstrap", "InvalidSpec"],
  ];
  for (const [title, spec, field, reason] of faults) {
    it(`refuses ${title}, naming the field`, () => {
      const problem = build(spec).problems.find((one) => one.severity === "error");
      assert.deepEqual({ field: problem?.field, reason: problem?.reason }, { field, reason });
      assert.ok(problem?.message.startsWith(`${field}: `));
    });
  }

  it("keeps its subnets when another one appears, and tells", () => {
    const { group, problems } = build({}, { status: { arn: "arn:x", subnets: ["subnet-a"] } });
    assert.deepEqual(group.subnetIDs, ["subnet-a"]);
    assert.deepEqual(
      problems.map(({ reason, severity }) => ({ reason, severity })),
      [{ reason: "SubnetsChanged", severity: "warning" }],
    );
  });

  it("finds subnets by tags, zones and kind", () => {
    assert.deepEqual(build({ subnets: { tags: { tier: "app" } } }).group.subnetIDs, ["subnet-a"]);
    assert.deepEqual(build({ subnets: { zones: ["id-eu-west-1b"] } }).group.subnetIDs, ["subnet-b"]);
    assert.deepEqual(build({ subnets: { type: "Public" } }).group.subnetIDs, ["subnet-p"]);
  });

  it("puts the user's size on Bottlerocket's data volume, and the type on both", () => {
    const { template } = build({
      ami: { family: "Bottlerocket" },
      rootVolume: { sizeGiB: 200, type: "io2", iops: 1000 },
    });
    assert.deepEqual(
      template.data.BlockDeviceMappings?.map((one) => [one.DeviceName, one.Ebs?.VolumeSize, one.Ebs?.VolumeType]),
      [
        ["/dev/xvda", undefined, "io2"],
        ["/dev/xvdb", 200, "io2"],
      ],
    );
  });

  it("gives AL2023 only what the user set, as a NodeConfig", () => {
    const { template } = build({ maxPods: 40, kubelet: { flags: ["--v=4"] }, bootstrap: { preScript: "echo hi" } });
    const text = Buffer.from(template.data.UserData ?? "", "base64").toString("utf8");
    assert.match(text, /application\/node\.eks\.aws/);
    assert.match(text, /maxPods: 40/);
    assert.match(text, /- --v=4/);
    assert.match(text, /text\/x-shellscript/);
  });

  it("uses a given role and a given launch template as they are", () => {
    const { role, template, group } = build({
      nodeRole: { arn: "arn:aws:iam::111122223333:role/nodes" },
      launchTemplate: { name: "mine", version: "3" },
    });
    assert.equal(role, undefined);
    assert.equal(template, undefined);
    assert.equal(group.nodeRoleARN, "arn:aws:iam::111122223333:role/nodes");
    assert.deepEqual(group.launchTemplate, { name: "mine", version: "3" });
  });

  it("names the role within IAM's limit", () => {
    const cluster = { name: "c".repeat(60), arn: "arn:x", partition: "aws", region: "r", accountID: "1" };
    assert.equal(nodeRoleName(cluster, "n".repeat(50)).length, 64);
    assert.equal(nodeRoleName({ ...cluster, name: "prod" }, "batch"), "prod-batch-node");
  });
});

describe("the comparison of node groups", () => {
  const observed = (
    spec: NodeGroupSpec,
    status: NodeGroupStatusCode = "ACTIVE",
    desired = spec.scaling.desired,
  ): NodeGroupSpec => ({
    ...spec,
    nodeRoleARN: "arn:role",
    launchTemplate: { id: "lt-1", version: "1" },
    live: { status, desired, autoScalingGroups: [], issues: [] },
  });
  const desired = (spec: ApiSpec): NodeGroupSpec => ({
    ...build(spec).group,
    nodeRoleARN: "arn:role",
    launchTemplate: { id: "lt-1", version: "1" },
  });

  it("finds nothing between a group and itself", () => {
    const spec = desired({ labels: { a: "b" }, taints: [{ key: "k", effect: "NoExecute" }] });
    assert.deepEqual(compareNodeGroups(spec, observed(spec)), []);
  });

  it("ignores what an autoscaler did, the order of taints and subnets, and tags of others", () => {
    const spec = desired({
      taints: [
        { key: "a", effect: "NoExecute" },
        { key: "b", effect: "NoExecute" },
      ],
    });
    const found = observed(spec, "ACTIVE", 3);
    const shuffled = {
      ...found,
      taints: found.taints.toReversed(),
      subnetIDs: found.subnetIDs.toReversed(),
      tags: { ...found.tags, cost: "x" },
    };
    assert.deepEqual(compareNodeGroups(spec, shuffled), []);
  });

  it("compares nothing while EKS is at work", () => {
    const spec = desired({ labels: { a: "b" } });
    for (const status of ["CREATING", "UPDATING", "DELETING"] as const)
      assert.deepEqual(compareNodeGroups(spec, { ...observed(spec, status), labels: {} }), []);
  });

  it("compares a degraded group, whose cure may be the change", () => {
    const spec = desired({ labels: { a: "b" } });
    const differences = compareNodeGroups(spec, { ...observed(spec, "DEGRADED"), labels: {} });
    assert.deepEqual(
      differences.map(({ field }) => field),
      ["labels.a"],
    );
  });

  it("marks what AWS cannot change", () => {
    const differences = compareNodeGroups(desired({ capacityType: "Spot" }), observed(desired({})));
    assert.deepEqual(differences, [{ field: "capacityType", from: "ON_DEMAND", to: "SPOT", replace: true }]);
  });

  it("knows a taint by key and effect", () => {
    const a = { key: "k", value: "v", effect: "NO_SCHEDULE" } as const;
    const b = { key: "k", value: "v", effect: "NO_EXECUTE" } as const;
    assert.deepEqual(taintDelta([b], [a]), { addOrUpdateTaints: [b], removeTaints: [a] });
    assert.deepEqual(taintDelta([a, b], [a]), { addOrUpdateTaints: [b], removeTaints: [] });
  });
});

describe("the scaling numbers that are sent", () => {
  const cases: readonly (readonly [
    string,
    NodeGroupSpec["scaling"],
    { min: number; max: number; desired: number },
    object | undefined,
  ])[] = [
    [
      "nothing when only the autoscaler moved",
      { min: 1, max: 10, desired: 3, writeDesired: false },
      { min: 1, max: 10, desired: 9 },
      undefined,
    ],
    [
      "a raised min with the number it demands",
      { min: 5, max: 10, desired: 3, writeDesired: false },
      { min: 2, max: 10, desired: 3 },
      { minSize: 5, maxSize: 10, desiredSize: 5 },
    ],
    [
      "a lowered max with the number it demands",
      { min: 1, max: 4, desired: 3, writeDesired: false },
      { min: 1, max: 10, desired: 7 },
      { minSize: 1, maxSize: 4, desiredSize: 4 },
    ],
    [
      "new limits alone when the number fits",
      { min: 2, max: 8, desired: 3, writeDesired: false },
      { min: 1, max: 10, desired: 5 },
      { minSize: 2, maxSize: 8 },
    ],
    [
      "an edited number",
      { min: 1, max: 10, desired: 6, writeDesired: true },
      { min: 1, max: 10, desired: 5 },
      { minSize: 1, maxSize: 10, desiredSize: 6 },
    ],
  ];
  for (const [title, desired, live, expected] of cases)
    it(`are ${title}`, () => assert.deepEqual(scalingUpdate(desired, live), expected));
});
