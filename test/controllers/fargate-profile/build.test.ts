import assert from "node:assert/strict";
import { defaultControls } from "../../../src/api/annotations.ts";
import type { FargateProfile, FargateProfileApiSpec } from "../../../src/api/fargate-profile.ts";
import { buildFargateProfile } from "../../../src/controllers/fargate-profile/build.ts";
import { podExecutionRoleName } from "../../../src/controllers/fargate-profile/pod-execution-role.ts";
import type { PlacementFacts } from "../../../src/controllers/node-group/facts.ts";
import type { FargateProfileSpec } from "../../../src/resources/eks/fargate-profile-spec.ts";
import type { RoleSpec } from "../../../src/resources/iam/specs.ts";

const subnet = (id: string, zone: string, extra: object = {}) => ({
  id,
  zone,
  zoneID: `id-${zone}`,
  isPublic: false,
  isOutpost: false,
  tags: {},
  ...extra,
});

const cluster = {
  name: "prod",
  arn: "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod",
  version: "1.34",
  status: "ACTIVE",
  vpcID: "vpc-1",
  subnetIDs: [],
  ipFamily: "ipv4",
  tags: {},
} as const;

const facts: PlacementFacts = {
  cluster,
  subnets: [
    subnet("subnet-b", "cn-north-1b", { tags: { tier: "app" } }),
    subnet("subnet-a", "cn-north-1a"),
    subnet("subnet-9", "cn-north-1a", { isPublic: true }),
    subnet("subnet-0", "cn-north-1a", { isOutpost: true }),
    subnet("subnet-1", "cn-north-1-pkx-1a"),
  ],
};

const selectors = [{ namespace: "jobs" }];

function build(
  spec: Partial<FargateProfileApiSpec>,
  { status, name = "jobs" }: { status?: FargateProfile["status"]; name?: string } = {},
) {
  const object: FargateProfile = {
    apiVersion: "fairlead.io/v1alpha1",
    kind: "FargateProfile",
    metadata: { name, uid: "u1", resourceVersion: "1" },
    spec: { selectors, ...spec },
    ...(status === undefined ? {} : { status }),
  };
  const { stack } = buildFargateProfile({ object, facts, controls: defaultControls, all: [object] });
  const find = (type: string): unknown => stack.resources.find((resource) => resource.type === type)?.spec;
  return {
    problems: stack.problems,
    profile: find("eks/FargateProfile") as FargateProfileSpec,
    role: find("iam/Role") as RoleSpec | undefined,
  };
}

describe("the build of a FargateProfile", () => {
  it("makes a profile in all private subnets, and a role, of selectors alone", () => {
    const { profile, role, problems } = build({});
    assert.deepEqual(problems, []);
    assert.deepEqual(profile.subnetIDs, ["subnet-a", "subnet-b"]);
    assert.deepEqual(profile.selectors, [{ namespace: "jobs", labels: {} }]);
    assert.deepEqual(role?.managedPolicyARNs, ["arn:aws-cn:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"]);
    assert.deepEqual(JSON.parse(role.trustPolicy), {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "eks-fargate-pods.amazonaws.com" },
          Action: "sts:AssumeRole",
          Condition: {
            ArnLike: { "aws:SourceArn": "arn:aws-cn:eks:cn-north-1:111122223333:fargateprofile/prod/*" },
          },
        },
      ],
    });
  });

  it("makes no role when one is given", () => {
    const arn = "arn:aws-cn:iam::111122223333:role/fargate";
    const { profile, role } = build({ podExecutionRole: { arn } });
    assert.equal(role, undefined);
    assert.equal(profile.podExecutionRoleARN, arn);
  });

  it("adds policies to the one that is always needed", () => {
    const policies = { managedARNs: ["arn:aws-cn:iam::111122223333:policy/logs"], awsManaged: ["Extra"] };
    assert.deepEqual(build({ podExecutionRole: { create: { policies } } }).role?.managedPolicyARNs, [
      "arn:aws-cn:iam::111122223333:policy/logs",
      "arn:aws-cn:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy",
      "arn:aws-cn:iam::aws:policy/Extra",
    ]);
  });

  it("keeps its subnets when another one appears, and tells", () => {
    const { profile, problems } = build({}, { status: { arn: "arn:x", subnets: ["subnet-a"] } });
    assert.deepEqual(profile.subnetIDs, ["subnet-a"]);
    assert.deepEqual(
      problems.map(({ reason, severity }) => ({ reason, severity })),
      [{ reason: "SubnetsChanged", severity: "warning" }],
    );
  });

  it("finds subnets by tags and zones", () => {
    assert.deepEqual(build({ subnets: { tags: { tier: "app" } } }).profile.subnetIDs, ["subnet-b"]);
    assert.deepEqual(build({ subnets: { zones: ["id-cn-north-1a"] } }).profile.subnetIDs, ["subnet-a"]);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ namespace: `n${index}` }));
  const labels = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`l${index}`, "x"]));
  const faults: readonly (readonly [string, Partial<FargateProfileApiSpec>, string, string])[] = [
    ["no selector", { selectors: [] }, "spec.selectors", "InvalidSpec"],
    ["six selectors", { selectors: many(6) }, "spec.selectors", "InvalidSpec"],
    ["a selector twice", { selectors: [...many(2), ...many(1)] }, "spec.selectors[2]", "InvalidSpec"],
    ["six labels", { selectors: [{ namespace: "a", labels }] }, "spec.selectors[0].labels", "InvalidSpec"],
    ["an empty namespace", { selectors: [{ namespace: "" }] }, "spec.selectors[0].namespace", "InvalidSpec"],
    ["a long namespace", { selectors: [{ namespace: "x".repeat(64) }] }, "spec.selectors[0].namespace", "InvalidSpec"],
    ["a public subnet", { subnets: { ids: ["subnet-9"] } }, "spec.subnets.ids", "InvalidSpec"],
    ["a subnet on an Outpost", { subnets: { ids: ["subnet-0"] } }, "spec.subnets.ids", "InvalidSpec"],
    ["a subnet in a Local Zone", { subnets: { ids: ["subnet-1"] } }, "spec.subnets.ids", "InvalidSpec"],
    ["an unknown subnet", { subnets: { ids: ["subnet-x"] } }, "spec.subnets.ids", "SubnetNotFound"],
    ["a zone without private subnets", { subnets: { zones: ["z"] } }, "spec.subnets", "SubnetNotFound"],
    ["another cluster", { clusterName: "dev" }, "spec.clusterName", "WrongCluster"],
    ["a reserved name", { name: "eks-jobs" }, "spec.name", "InvalidSpec"],
    ["a long name", { name: "x".repeat(57) }, "spec.name", "InvalidSpec"],
    [
      "a role both given and made",
      { podExecutionRole: { arn: "a", create: {} } },
      "spec.podExecutionRole",
      "InvalidSpec",
    ],
    ["CoreDNS on Fargate", { coreDNS: true }, "spec.coreDNS", "Unsupported"],
  ];
  for (const [title, spec, field, reason] of faults) {
    it(`refuses ${title}, naming the field`, () => {
      const problem = build(spec).problems.find((one) => one.severity === "error");
      assert.deepEqual({ field: problem?.field, reason: problem?.reason }, { field, reason });
      assert.ok(problem?.message.startsWith(`${field}: `));
    });
  }

  it("names the object when its own name cannot be one of a profile", () => {
    assert.equal(build({}, { name: "a.b" }).problems[0]?.field, "metadata.name");
    assert.deepEqual(build({ name: "a_b" }, { name: "a.b" }).problems, []);
  });

  it("only warns of settings that guide replacements and drains, which there are none of", () => {
    const { problems } = build({ replaceStrategy: "CreateBefore", drain: { timeout: "10m" } });
    assert.deepEqual(
      problems.map(({ field, severity }) => `${severity} ${field ?? ""}`),
      ["warning spec.replaceStrategy", "warning spec.drain"],
    );
    assert.deepEqual(build({ replaceStrategy: "Reject", drain: { timeout: "1h", onTimeout: "Wait" } }).problems, []);
  });

  it("names the role within IAM's limit", () => {
    const identity = { name: "c".repeat(60), arn: "arn:x", partition: "aws", region: "r", accountID: "1" };
    assert.equal(podExecutionRoleName(identity, "n".repeat(50)).length, 64);
    assert.equal(podExecutionRoleName({ ...identity, name: "prod" }, "jobs"), "prod-jobs-fargate");
  });
});
