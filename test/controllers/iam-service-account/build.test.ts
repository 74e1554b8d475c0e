import assert from "node:assert/strict";
import { defaultControls } from "../../../src/api/annotations.ts";
import type { IamServiceAccountSpec } from "../../../src/api/iam-service-account.ts";
import type { Cluster } from "../../../src/aws/facts/cluster.ts";
import { clusterIdentity } from "../../../src/controllers/cluster-identity.ts";
import { buildIamServiceAccount } from "../../../src/controllers/iam-service-account/build.ts";
import { globsIntersect, matchesGlob } from "../../../src/controllers/iam-service-account/glob.ts";
import { defaultGuardrails, type Guardrails } from "../../../src/controllers/iam-service-account/guardrails.ts";
import { roleName } from "../../../src/controllers/iam-service-account/role-name.ts";
import {
  parseIssuer,
  trustPolicy,
  webIdentityStatement,
} from "../../../src/controllers/iam-service-account/trust-policy.ts";
import { wellKnownPolicies } from "../../../src/controllers/iam-service-account/well-known-policies.ts";
import { policySize } from "../../../src/resources/iam/policy-document.ts";
import type { RoleSpec } from "../../../src/resources/iam/specs.ts";

const cluster: Cluster = {
  name: "prod",
  arn: "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
  version: "1.34",
  status: "ACTIVE",
  oidcIssuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
  subnetIDs: [],
  ipFamily: "ipv4",
  tags: {},
};

function build(
  spec: IamServiceAccountSpec,
  options: { guardrails?: Partial<Guardrails>; cluster?: Partial<Cluster>; older?: number } = {},
) {
  return buildIamServiceAccount({
    object: {
      apiVersion: "fairlead.io/v1alpha1",
      kind: "IamServiceAccount",
      metadata: { name: "s3-reader", namespace: "payments", uid: "u1", resourceVersion: "1" },
      spec,
    },
    cluster: { ...cluster, ...options.cluster },
    controls: defaultControls,
    guardrails: { ...defaultGuardrails, ...options.guardrails },
    defaultMode: "IRSA",
    oidcProviderPolicy: "CreateIfMissing",
    olderInNamespace: options.older ?? 0,
  });
}

function roleOf(result: ReturnType<typeof build>): RoleSpec {
  return result.stack.resources.find((resource) => resource.type === "iam/Role")?.spec as RoleSpec;
}

describe("the name of a role", () => {
  it("is readable and unique", () => {
    const identity = clusterIdentity(cluster);
    const name = roleName(identity, { namespace: "payments", name: "s3-reader", prefix: "" });
    assert.equal(name, "prod-payments-s3-reader-669ff638");
    const one = roleName(identity, { namespace: "a-b", name: "c", prefix: "" });
    const other = roleName(identity, { namespace: "a", name: "b-c", prefix: "" });
    assert.notEqual(one, other);
    const long = roleName(identity, { namespace: "n".repeat(63), name: "s".repeat(63), prefix: "" });
    assert.equal(long.length, 64);
  });
});

describe("an issuer", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", "oidc.eks.eu-west-1.amazonaws.com/id/ABC"],
    ["https://oidc.eks.eu-west-1.amazonaws.com/id/ABC/", "oidc.eks.eu-west-1.amazonaws.com/id/ABC"],
    ["https://oidc.example.com:8443/Path?x=1#y", "oidc.example.com/Path"],
    ["https://Mixed.Example.com/Id", "Mixed.Example.com/Id"],
    ["https://oidc-eks.us-east-1.api.aws/id/X", "oidc-eks.us-east-1.api.aws/id/X"],
    ["http://oidc.example.com/id", undefined],
    ["no url", undefined],
  ];
  for (const [url, expected] of cases)
    it(`"${url}" is known to IAM as ${expected ?? "nothing"}`, () => assert.equal(parseIssuer(url), expected));
});

describe("a trust policy", () => {
  const issuer = `oidc.eks.us-west-2.amazonaws.com/id/${"A".repeat(32)}`;
  const identity = {
    issuer,
    providerARN: `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
    audience: "sts.amazonaws.com",
  };
  const subject = (index: number) => ({ namespace: "n".repeat(16), name: `s${String(index).padStart(14, "0")}` });

  it("has the size that the quota arithmetic says", () => {
    const text = (count: number): number =>
      policySize(
        trustPolicy([
          webIdentityStatement(
            identity,
            Array.from({ length: count }, (_, index) => subject(index)),
          ),
        ]),
      );
    const subjectLength = "system:serviceaccount:".length + 16 + 1 + 15;
    const one = 235 + 3 * issuer.length + subjectLength;
    assert.equal(text(1), one);
    assert.equal(text(2), one + subjectLength + 3 + 2);
    assert.equal(text(10), one + 9 * (subjectLength + 3) + 2);
  });

  it("puts patterns under StringLike and always demands the audience", () => {
    const statement = webIdentityStatement(identity, [
      { namespace: "a", name: "b" },
      { namespace: "a", name: "b-*" },
    ]) as { Condition: object };
    assert.deepEqual(statement.Condition, {
      StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com" },
      StringLike: { [`${issuer}:sub`]: ["system:serviceaccount:a:b", "system:serviceaccount:a:b-*"] },
    });
  });

  it("names the partition's provider in China, with the same audience", () => {
    const result = build(
      {},
      {
        cluster: {
          arn: "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod",
          oidcIssuer: "https://oidc.eks.cn-north-1.amazonaws.com.cn/id/X",
        },
      },
    );
    const trust = roleOf(result).trustPolicy;
    assert.ok(trust.includes("arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/X"));
    assert.ok(trust.includes('"sts.amazonaws.com"'));
  });
});

describe("well-known policies", () => {
  const sizes = [
    ["autoScaler", 561],
    ["awsLoadBalancerController", 5196],
    ["certManager", 343],
    ["efsCSIController", 633],
  ] as const;
  for (const [name, size] of sizes) {
    it(`${name} has the size that its documentation gives it`, () => {
      const policies = { wellKnown: { [name]: true }, options: { efsProfile: "Compatible" as const } };
      const found = wellKnownPolicies(policies, { partition: "aws", cluster: "prod" }).inline.get(`wk-${name}`);
      assert.equal(policySize(JSON.stringify({ Version: "2012-10-17", Statement: found })), size);
    });
  }

  it("scope Route 53 to the named zones", () => {
    const { stack } = build({
      policies: { wellKnown: { externalDNS: true }, options: { hostedZoneIDs: ["Z1", "Z2"] } },
    });
    assert.deepEqual(stack.problems, []);
    const spec = stack.resources.find((resource) => resource.type === "iam/Role")?.spec as RoleSpec;
    assert.match(spec.inlinePolicies["wk-externalDNS"] ?? "", /hostedzone\/Z1","arn:aws:route53:::hostedzone\/Z2/);
  });
});

describe("globs", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["iam:*", "iam:passrole", true],
    ["*", "iam:*", true],
    ["iam:Pass*", "iam:*Role", true],
    ["s3:*", "iam:*", false],
    ["i?m:*", "iam:x", true],
    ["s3:Get*", "s3:Put*", false],
    ["*:*", "organizations:*", true],
  ];
  for (const [a, b, expected] of cases)
    it(`${a} and ${b} ${expected ? "have" : "have no"} text in common`, () =>
      assert.equal(globsIntersect(a, b), expected));

  it("match plain text literally", () => {
    assert.ok(matchesGlob("Admin*", "AdministratorAccess"));
    assert.ok(!matchesGlob("Admin", "AdministratorAccess"));
    assert.ok(!matchesGlob("a.c", "abc"));
  });
});

describe("guardrails", () => {
  const inline = (Action: string, Resource = "*") => ({
    inline: [{ name: "p", document: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] } }],
  });
  const refused: readonly (readonly [string, IamServiceAccountSpec, string, Partial<Guardrails>?])[] = [
    ["an administrator's policy", { policies: { awsManaged: ["AdministratorAccess"] } }, "spec.policies.awsManaged"],
    [
      "an administrator's policy by its ARN",
      { policies: { managedARNs: ["arn:aws:iam::aws:policy/AdministratorAccess"] } },
      "spec.policies.managedARNs",
    ],
    ["rights on IAM", { policies: inline("iam:PassRole") }, "spec.policies.inline[p].document"],
    ["all rights", { policies: inline("*") }, "spec.policies.inline[p].document"],
    [
      "rights on IAM by a wildcard service",
      { policies: inline("i*:PutRolePolicy") },
      "spec.policies.inline[p].document",
    ],
    ["assuming any role", { policies: inline("sts:AssumeRole") }, "spec.policies.inline[p].document"],
    [
      "a ServiceAccount of another namespace",
      { additionalSubjects: [{ namespace: "kube-system", name: "x" }] },
      "spec.additionalSubjects[0].namespace",
    ],
    [
      "every namespace",
      { additionalSubjects: [{ namespace: "*", name: "x" }] },
      "spec.additionalSubjects[0].namespace",
    ],
    ["an existing role", { role: { arn: "arn:aws:iam::111122223333:role/admin" } }, "spec.role.arn"],
    [
      "another boundary than the required one",
      { role: { permissionsBoundaryARN: "arn:aws:iam::111122223333:policy/mine" } },
      "spec.role.permissionsBoundaryARN",
      { requiredPermissionsBoundaryARN: "arn:aws:iam::111122223333:policy/b" },
    ],
    [
      "a protected ServiceAccount",
      { serviceAccount: { name: "fairlead" } },
      "spec.serviceAccount.name",
      { protectedServiceAccounts: ["payments/fairlead"] },
    ],
  ];
  for (const [title, spec, field, guardrails] of refused) {
    it(`refuse ${title}`, () => {
      const { stack } = build(spec, guardrails === undefined ? {} : { guardrails });
      const problem = stack.problems.find((one) => one.reason === "GuardrailViolation");
      assert.equal(problem?.field, field);
      assert.equal(problem?.severity, "error");
    });
  }

  it("allow assuming a named role", () => {
    assert.deepEqual(
      build({ policies: inline("sts:AssumeRole", "arn:aws:iam::444455556666:role/x") }).stack.problems,
      [],
    );
  });

  it("exempt the well-known policies", () => {
    assert.deepEqual(build({ policies: { wellKnown: { awsLoadBalancerController: true } } }).stack.problems, []);
  });

  it("stop a namespace from using up the account's roles", () => {
    assert.equal(build({}, { older: 50 }).stack.problems[0]?.field, "metadata.namespace");
  });

  it("put the required boundary on every role", () => {
    const boundary = "arn:aws:iam::111122223333:policy/b";
    assert.equal(
      roleOf(build({}, { guardrails: { requiredPermissionsBoundaryARN: boundary } })).permissionsBoundaryARN,
      boundary,
    );
  });

  it("never let one namespace's object trust another namespace's ServiceAccount", () => {
    const trust = roleOf(build({ additionalSubjects: [{ name: "reader-*" }] })).trustPolicy;
    for (const subject of trust.match(/system:serviceaccount:[^"]*/g) ?? [])
      assert.match(subject, /^system:serviceaccount:payments:[^:]+$/);
  });
});

describe("policies of the user", () => {
  it("get the cluster's facts for their placeholders, and keep IAM's own variables", () => {
    const document = {
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: "arn:%{P}:s3:::x-%{CLUSTER}-%{ACCT}-%{REGION}/${aws:username}",
      },
    };
    const role = roleOf(build({ policies: { inline: [{ name: "p", document }] } }));
    assert.match(role.inlinePolicies["p"] ?? "", /arn:aws:s3:::x-prod-111122223333-eu-west-1\/\$\{aws:username\}/);
  });

  it("are refused above IAM's quota before any call", () => {
    const documentJSON = JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "s3:*", Resource: `arn:aws:s3:::${"x".repeat(10_300)}` },
    });
    const problem = build({ policies: { inline: [{ name: "p", documentJSON }] } }).stack.problems[0];
    assert.equal(problem?.reason, "QuotaExceeded");
    assert.match(problem?.message ?? "", /IAM allows 10240/);
  });

  it("warn of session tags that mode IRSA does not have", () => {
    const document = {
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Action: "s3:*",
        Resource: "arn:aws:s3:::d/${aws:PrincipalTag/kubernetes-namespace}/*",
      },
    };
    const problems = build({ policies: { inline: [{ name: "p", document }] } }).stack.problems;
    assert.deepEqual(
      problems.map(({ reason, severity }) => ({ reason, severity })),
      [{ reason: "AbacNeedsPodIdentity", severity: "warning" }],
    );
  });

  it("need an issuer in mode IRSA", () => {
    const { oidcIssuer: _issuer, ...without } = cluster;
    const result = buildIamServiceAccount({
      object: {
        apiVersion: "fairlead.io/v1alpha1",
        kind: "IamServiceAccount",
        metadata: { name: "a", namespace: "b", uid: "u", resourceVersion: "1" },
      },
      cluster: without,
      controls: defaultControls,
      guardrails: defaultGuardrails,
      defaultMode: "IRSA",
      oidcProviderPolicy: "CreateIfMissing",
      olderInNamespace: 0,
    });
    assert.equal(result.stack.problems[0]?.reason, "OIDCIssuerMissing");
  });
});
