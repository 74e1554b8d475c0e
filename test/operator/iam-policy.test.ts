import assert from "node:assert/strict";
import { identityAndNodesGrants, loadBalancingGrants } from "../../src/operator/iam-grants.ts";
import { adoptionPolicy, iamPolicy, operationTables, policyParts, usedActions } from "../../src/operator/iam-policy.ts";

describe("the IAM policy", () => {
  const { Statement } = iamPolicy();
  const allowed = new Set(Statement.flatMap(({ Action }) => Action));

  it("allows every action of every operation in the ports", () => {
    const needed = operationTables.flatMap((table) => Object.values(table)).flatMap(({ iamActions }) => iamActions);
    assert.deepEqual(
      [...new Set(needed)].filter((action) => !allowed.has(action)),
      [],
    );
  });

  it("allows nothing else, and no wildcards", () => {
    const used = new Set([...usedActions(false), ...usedActions(true), "iam:CreateServiceLinkedRole"]);
    assert.deepEqual(
      [...allowed].filter((action) => !used.has(action)),
      [],
    );
  });

  it("has no statement without actions and no two of one name", () => {
    assert.deepEqual(
      Statement.filter(({ Action }) => Action.length === 0),
      [],
    );
    assert.equal(new Set(Statement.map(({ Sid }) => Sid)).size, Statement.length);
  });

  it("names in its grants only what the ports use", () => {
    const used = new Set(usedActions(true));
    const named = [...loadBalancingGrants, ...identityAndNodesGrants].flatMap(({ actions }) => actions);
    assert.deepEqual(
      named.filter((action) => !used.has(action)),
      [],
    );
  });

  for (const part of policyParts) {
    it(`keeps ${part} within the 6,144 characters of a managed policy`, () => {
      const { length } = JSON.stringify(iamPolicy({ parts: [part] }));
      assert.ok(length <= 6_144, `${length} characters`);
    });
  }

  for (const action of [
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:CreateLoadBalancer",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteLaunchTemplate",
    "ec2:CreateTags",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:PassRole",
    "eks:DeleteNodegroup",
    "eks:DeletePodIdentityAssociation",
  ]) {
    it(`allows ${action} only under a condition`, () => {
      const statements = Statement.filter(({ Action }) => Action.includes(action));
      assert.ok(statements.length > 0);
      for (const { Sid, Condition } of statements) assert.ok(Condition !== undefined, Sid);
    });
  }

  it("takes the partition into every ARN", () => {
    const text = JSON.stringify([iamPolicy({ partition: "aws-cn" }), adoptionPolicy("aws-cn")]);
    assert.match(text, /arn:aws-cn:/);
    assert.doesNotMatch(text, /arn:aws:/);
  });
});
