import assert from "node:assert/strict";
import { type PolicyKind, policyDocumentProblem, policySize } from "../../../src/sandbox/aws/iam/policy-document.ts";
import { trustAllows, wildcardMatches } from "../../../src/sandbox/aws/iam/trust-evaluation.ts";

const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
const trust = { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" };
const provider = "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/A";

describe("policy documents", () => {
  const cases: readonly { kind: PolicyKind; name: string; document: unknown; problem: string | undefined }[] = [
    { kind: "identity", name: "a plain statement", document: statement, problem: undefined },
    {
      kind: "identity",
      name: "lists, NotResource, conditions with qualifiers",
      document: {
        Effect: "Deny",
        NotAction: ["iam:*", "sts:Get*"],
        NotResource: ["arn:aws:s3:::bucket/*"],
        Condition: {
          "ForAllValues:StringLikeIfExists": { "aws:TagKeys": ["a*"] },
          Bool: { "aws:SecureTransport": true },
        },
      },
      problem: undefined,
    },
    { kind: "identity", name: "no statement", document: [], problem: "Syntax errors in policy." },
    {
      kind: "identity",
      name: "an unknown element",
      document: { ...statement, Ressource: "*" },
      problem: "Syntax errors in policy.",
    },
    {
      kind: "identity",
      name: "no action",
      document: { Effect: "Allow", Resource: "*" },
      problem: "Policy statement must contain actions.",
    },
    {
      kind: "identity",
      name: "no resource",
      document: { Effect: "Allow", Action: "s3:*" },
      problem: "Policy statement must contain resources.",
    },
    {
      kind: "identity",
      name: "an action without service",
      document: { ...statement, Action: "GetObject" },
      problem: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    },
    {
      kind: "identity",
      name: "a resource that is no ARN",
      document: { ...statement, Resource: "my-bucket" },
      problem: 'Resource my-bucket must be in ARN format or "*".',
    },
    {
      kind: "identity",
      name: "a principal",
      document: { ...statement, Principal: "*" },
      problem: "Policy document should not specify a principal.",
    },
    {
      kind: "identity",
      name: "two equal Sids",
      document: [
        { ...statement, Sid: "A" },
        { ...statement, Sid: "A" },
      ],
      problem: "Statement IDs (SID) in a single policy must be unique.",
    },
    {
      kind: "identity",
      name: "an unknown operator",
      document: { ...statement, Condition: { StringIs: { "aws:x": "y" } } },
      problem: "Invalid Condition type : StringIs.",
    },
    { kind: "trust", name: "a service", document: trust, problem: undefined },
    {
      kind: "trust",
      name: "a web identity",
      document: { ...trust, Principal: { Federated: provider }, Action: "sts:AssumeRoleWithWebIdentity" },
      problem: undefined,
    },
    {
      kind: "trust",
      name: "no principal",
      document: { Effect: "Allow", Action: "sts:AssumeRole" },
      problem: "Missing required field Principal",
    },
    {
      kind: "trust",
      name: "a resource",
      document: { ...trust, Resource: "*" },
      problem: "Has prohibited field Resource",
    },
    {
      kind: "trust",
      name: "an action of another service",
      document: { ...trust, Action: "s3:GetObject" },
      problem: "AssumeRole policy may only specify STS AssumeRole actions.",
    },
    {
      kind: "trust",
      name: "a service that is none of AWS",
      document: { ...trust, Principal: { Service: "example.com" } },
      problem: 'Invalid principal in policy: "SERVICE":"example.com"',
    },
    {
      kind: "trust",
      name: "a principal that does not exist",
      document: { ...trust, Principal: { AWS: "arn:aws:iam::111122223333:role/gone" } },
      problem: 'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/gone"',
    },
  ];
  for (const { kind, name, document, problem } of cases) {
    it(`${problem === undefined ? "accepts" : "refuses"} ${name} in a policy of kind ${kind}`, () => {
      const text = JSON.stringify({ Version: "2012-10-17", Statement: document });
      const principalExists = (_type: string, value: string): boolean => !value.endsWith("/gone");
      assert.equal(policyDocumentProblem(text, { kind, principalExists }), problem);
    });
  }

  it("refuses text that is not JSON and versions that do not exist", () => {
    assert.equal(policyDocumentProblem("{", { kind: "identity" }), "Syntax errors in policy.");
    const dated = JSON.stringify({ Version: "2020-01-01", Statement: [statement] });
    assert.match(policyDocumentProblem(dated, { kind: "identity" }) ?? "", /must be version 2012-10-17/);
  });

  it("counts size without the white space outside of strings", () => {
    assert.equal(policySize('{ "a b" :\n "c\\" d" }'), '{"a b":"c\\" d"}'.length);
  });
});

describe("trust policies", () => {
  const key = "oidc.example/id/a";
  const document = (condition: unknown, effect = "Allow") =>
    JSON.parse(
      JSON.stringify({
        Statement: [
          {
            Effect: effect,
            Principal: { Federated: provider },
            Action: "sts:AssumeRoleWithWebIdentity",
            Condition: condition,
          },
        ],
      }),
    );
  const request = (subject: string) => ({
    action: "sts:AssumeRoleWithWebIdentity",
    principal: { type: "Federated" as const, values: [provider] },
    context: new Map([
      [`${key}:sub`, [subject]],
      [`${key}:aud`, ["sts.amazonaws.com"]],
    ]),
  });
  const subject = "system:serviceaccount:games:web";
  const cases: readonly { name: string; condition: unknown; allowed: boolean }[] = [
    { name: "an equal subject", condition: { StringEquals: { [`${key}:sub`]: subject } }, allowed: true },
    { name: "another subject", condition: { StringEquals: { [`${key}:sub`]: `${subject}2` } }, allowed: false },
    {
      name: "a pattern",
      condition: { StringLike: { [`${key}:sub`]: "system:serviceaccount:games:*" } },
      allowed: true,
    },
    { name: "a pattern taken literally", condition: { StringEquals: { [`${key}:sub`]: "system:*" } }, allowed: false },
    { name: "another audience", condition: { StringEquals: { [`${key}:aud`]: "example" } }, allowed: false },
    {
      name: "a key in other letter case",
      condition: { StringEquals: { [`${key.toUpperCase()}:SUB`]: subject } },
      allowed: true,
    },
    { name: "an absent key that may be absent", condition: { StringEqualsIfExists: { "aws:x": "y" } }, allowed: true },
    { name: "an absent key", condition: { StringEquals: { "aws:x": "y" } }, allowed: false },
    { name: "an unknown operator", condition: { Matches: { [`${key}:sub`]: subject } }, allowed: false },
  ];
  for (const { name, condition, allowed } of cases) {
    it(`${allowed ? "let in" : "keep out"} a token under ${name}`, () => {
      assert.equal(trustAllows(document(condition), request(subject)), allowed);
    });
  }

  it("let a denial win", () => {
    const allow = document({}).Statement;
    const deny = document({ StringLike: { [`${key}:sub`]: "*:web" } }, "Deny").Statement;
    assert.equal(trustAllows({ Statement: [...allow, ...deny] }, request(subject)), false);
    assert.equal(trustAllows({ Statement: [...allow, ...deny] }, request("system:serviceaccount:games:db")), true);
  });

  it("match wildcards across any characters", () => {
    assert.equal(wildcardMatches("a*c?e", "abbbcde"), true);
    assert.equal(wildcardMatches("*ab", "aab"), true);
    assert.equal(wildcardMatches("a?", "a"), false);
    assert.equal(wildcardMatches("", "a"), false);
  });
});
