import assert from "node:assert/strict";
import { defaultControls } from "../../../src/api/annotations.ts";
import type { IamIdentityMapping } from "../../../src/api/iam-identity-mapping.ts";
import type { Cluster } from "../../../src/aws/facts/cluster.ts";
import type { Principal } from "../../../src/controllers/iam-identity-mapping/backend.ts";
import { buildIamIdentityMapping } from "../../../src/controllers/iam-identity-mapping/build.ts";
import {
  defaultMappingGuardrails,
  isSystemName,
  type MappingGuardrails,
} from "../../../src/controllers/iam-identity-mapping/guardrails.ts";
import type { AccessEntrySpec } from "../../../src/resources/eks/specs.ts";
import type { AwsAuthEntrySpec } from "../../../src/resources/kubernetes/aws-auth-entry.ts";

type Spec = Omit<IamIdentityMapping["spec"], "principal">;
type Mode = "CONFIG_MAP" | "API_AND_CONFIG_MAP" | "API";

const cluster: Cluster = {
  name: "prod",
  arn: "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
  version: "1.34",
  status: "ACTIVE",
  subnetIDs: [],
  ipFamily: "ipv4",
  tags: {},
};

const dev: Principal = { kind: "role", arn: "arn:aws:iam::111122223333:role/people/dev", id: "AROADEV" };
const account: Principal = { kind: "account", accountID: "012345678901" };
const linked: Principal = {
  kind: "role",
  arn: "arn:aws:iam::111122223333:role/aws-service-role/emr-containers.amazonaws.com/AWSServiceRoleForAmazonEMRContainers",
};

interface Options {
  readonly mode?: Mode;
  readonly principal?: Principal;
  readonly guardrails?: Partial<MappingGuardrails>;
  readonly status?: IamIdentityMapping["status"];
  readonly self?: string;
  readonly arn?: string;
}

function build(spec: Spec, options: Options = {}) {
  const { mode, principal = dev, guardrails, status, self } = options;
  return buildIamIdentityMapping({
    object: {
      apiVersion: "fairlead.io/v1alpha1",
      kind: "IamIdentityMapping",
      metadata: { name: "dev", uid: "u1", resourceVersion: "1" },
      spec: { principal: { arn: "arn:aws:iam::111122223333:role/dev" }, ...spec },
      ...(status === undefined ? {} : { status }),
    },
    cluster: {
      ...cluster,
      ...(options.arn === undefined ? {} : { arn: options.arn }),
      ...(mode === undefined ? {} : { authenticationMode: mode }),
    },
    controls: defaultControls,
    guardrails: { ...defaultMappingGuardrails, ...guardrails },
    principal,
    ...(self === undefined ? {} : { self }),
  });
}

/** The backend, or the reason why there is none. */
function outcome(spec: Spec, options: Options): string {
  const { backend, stack } = build(spec, options);
  return stack.problems.find(({ severity }) => severity === "error")?.reason ?? backend ?? "";
}

const modes: readonly Mode[] = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];
const allowed = { allowClusterAdmin: true };

describe("the backend of a mapping", () => {
  const cases: readonly (readonly [string, Spec, Principal, readonly [string, string, string]])[] = [
    ["groups", { groups: ["a"] }, dev, ["ConfigMap", "AccessEntry", "AccessEntry"]],
    [
      "groups, backend ConfigMap",
      { groups: ["a"], backend: "ConfigMap" },
      dev,
      ["ConfigMap", "ConfigMap", "ModeMismatch"],
    ],
    [
      "groups, backend AccessEntry",
      { groups: ["a"], backend: "AccessEntry" },
      dev,
      ["ModeMismatch", "AccessEntry", "AccessEntry"],
    ],
    ["the administrators' group", { groups: ["system:masters"] }, dev, ["ConfigMap", "AccessEntry", "AccessEntry"]],
    ["another system group", { groups: ["system:monitoring"] }, dev, ["ConfigMap", "ConfigMap", "NotExpressible"]],
    ["a reserved user name", { username: "eks:x" }, dev, ["ConfigMap", "ConfigMap", "NotExpressible"]],
    ["a template of the ConfigMap", { username: "a:{{AccountID}}" }, dev, ["ConfigMap", "ConfigMap", "NotExpressible"]],
    ["a session name up front", { username: "{{SessionName}}" }, dev, ["ConfigMap", "ConfigMap", "NotExpressible"]],
    [
      "a session name after a colon",
      { username: "a:{{SessionName}}" },
      dev,
      ["ConfigMap", "AccessEntry", "AccessEntry"],
    ],
    ["a whole account", {}, account, ["ConfigMap", "ConfigMap", "NotExpressible"]],
    ["a service-linked role", { username: "emr-containers" }, linked, ["ConfigMap", "ConfigMap", "NotExpressible"]],
    [
      "access policies",
      { accessPolicies: [{ policy: "AmazonEKSViewPolicy", scope: { type: "Cluster" } }] },
      dev,
      ["NotExpressible", "AccessEntry", "AccessEntry"],
    ],
    ["hybrid nodes", { type: "HybridLinux" }, dev, ["NotExpressible", "AccessEntry", "AccessEntry"]],
    ["Linux nodes", { type: "EC2Linux" }, dev, ["ConfigMap", "AccessEntry", "AccessEntry"]],
    ["nothing at all", {}, dev, ["NotExpressible", "AccessEntry", "AccessEntry"]],
  ];
  for (const [title, spec, principal, expected] of cases) {
    for (const [index, mode] of modes.entries()) {
      it(`for ${title} in mode ${mode} is ${expected[index] ?? ""}`, () =>
        assert.equal(outcome(spec, { mode, principal, guardrails: allowed }), expected[index]));
    }
  }

  it("is the ConfigMap where EKS tells no mode", () => assert.equal(outcome({ groups: ["a"] }, {}), "ConfigMap"));

  it("stays the ConfigMap when the cluster learns of access entries", () => {
    const status = { backend: "ConfigMap" };
    assert.equal(outcome({ groups: ["a"] }, { mode: "API_AND_CONFIG_MAP", status }), "ConfigMap");
    assert.equal(outcome({ groups: ["a"] }, { mode: "API", status }), "AccessEntry");
  });
});

describe("an access entry of a mapping", () => {
  const entryOf = (spec: Spec, options: Options = {}): AccessEntrySpec =>
    build(spec, { mode: "API", guardrails: allowed, ...options }).stack.resources[0]?.spec as AccessEntrySpec;

  it("has the administrators' policy in place of their group, in the cluster's partition", () => {
    const arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod";
    const entry = entryOf({ groups: ["system:masters", "a"] }, { arn });
    assert.deepEqual(entry.groups, ["a"]);
    assert.deepEqual(entry.policies, [
      { arn: "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", namespaces: [] },
    ]);
  });

  it("has the user name that EKS gives it", () => {
    assert.equal(entryOf({}).username, "arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}}");
    const arn = "arn:aws:iam::111122223333:user/team/alice";
    assert.equal(entryOf({}, { principal: { kind: "user", arn } }).username, arn);
  });

  const nodes = ["system:bootstrappers", "system:nodes"];
  const types = [
    ["system:node:{{EC2PrivateDNSName}}", nodes, "EC2_LINUX"],
    ["system:node:{{EC2PrivateDNSName}}", [...nodes, "eks:kube-proxy-windows"], "EC2_WINDOWS"],
    ["system:node:{{SessionName}}", [...nodes, "system:node-proxier"], "FARGATE_LINUX"],
  ] as const;
  for (const [username, groups, type] of types)
    it(`is of type ${type} for ${username} in ${groups.join(", ")}`, () => {
      const { stack } = build({ username, groups }, { mode: "API" });
      assert.deepEqual(stack.problems, []);
      const entry = stack.resources[0]?.spec as AccessEntrySpec;
      assert.equal(entry.type, type);
      assert.deepEqual(entry.groups, []);
    });

  it("of nodes needs a role of the cluster's account", () => {
    const principal: Principal = { kind: "role", arn: "arn:aws:iam::444455556666:role/n" };
    assert.equal(outcome({ type: "EC2Linux" }, { mode: "API", principal }), "NotExpressible");
  });
});

describe("an entry of a mapping in aws-auth", () => {
  it("has no path, and the role's name where no user name is given", () => {
    const entry = build({ groups: ["a"] }, { mode: "CONFIG_MAP" }).stack.resources[0]?.spec as AwsAuthEntrySpec;
    assert.deepEqual(entry, {
      key: "mapRoles",
      principal: "arn:aws:iam::111122223333:role/dev",
      username: "dev",
      groups: ["a"],
      owner: "IamIdentityMapping/dev",
    });
  });

  it("has the names of nodes for a type of nodes", () => {
    const { stack } = build({ type: "FargateLinux" }, { mode: "CONFIG_MAP" });
    const entry = stack.resources[0]?.spec as AwsAuthEntrySpec;
    assert.equal(entry.username, "system:node:{{SessionName}}");
    assert.deepEqual(entry.groups, ["system:bootstrappers", "system:nodes", "system:node-proxier"]);
  });
});

describe("guardrails of mappings", () => {
  const refused: readonly (readonly [string, Spec, string])[] = [
    ["the administrators' group", { groups: ["a", "system:masters"] }, "spec.groups"],
    [
      "the administrators' group beside those of nodes",
      { username: "system:node:{{EC2PrivateDNSName}}", groups: ["system:nodes", "system:masters"] },
      "spec.groups",
    ],
    ["a group that a session name completes", { groups: ["{{SessionName}}:masters"] }, "spec.groups"],
    ["a name of the control plane", { username: "system:kube-controller-manager" }, "spec.username"],
    ["a name that a session name completes", { username: "sys{{SessionName}}:admin" }, "spec.username"],
    ["the name of one node", { username: "system:node:ip-10-0-0-1" }, "spec.username"],
    [
      "the administrators' policy",
      { accessPolicies: [{ policy: "AmazonEKSClusterAdminPolicy", scope: { type: "Cluster" } }] },
      "spec.accessPolicies",
    ],
    [
      "the administrators' policy by its ARN",
      {
        accessPolicies: [
          { policy: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", scope: { type: "Cluster" } },
        ],
      },
      "spec.accessPolicies",
    ],
  ];
  for (const [title, spec, field] of refused) {
    for (const mode of modes)
      it(`refuse ${title} in mode ${mode}`, () => {
        const { problems } = build(spec, { mode }).stack;
        const problem = problems.find(({ reason }) => reason === "GuardrailViolation");
        assert.equal(problem?.field, field);
        assert.equal(problem?.severity, "error");
      });
  }

  it("refuse the operator's own identity, and what is protected", () => {
    const self = "arn:aws:iam::111122223333:role/dev";
    assert.equal(outcome({ groups: ["a"] }, { mode: "API", self }), "GuardrailViolation");
    const guardrails = { protectedPrincipals: ["arn:aws:iam::*:role/people/*"] };
    assert.equal(outcome({ groups: ["a"] }, { mode: "API", guardrails }), "GuardrailViolation");
  });

  const names: readonly (readonly [string, boolean])[] = [
    ["system:masters", true],
    ["systems", false],
    ["dev:{{SessionName}}", false],
    ["{{SessionName}}", false],
    ["{{SessionName}}:x", true],
    ["system{{SessionName}}:x", true],
    ["system:{{SessionName}}", true],
    ["my-system:x", false],
  ];
  for (const [name, expected] of names)
    it(`take ${name} for ${expected ? "a name of Kubernetes' own" : "an ordinary name"}`, () =>
      assert.equal(isSystemName(name), expected));
});
