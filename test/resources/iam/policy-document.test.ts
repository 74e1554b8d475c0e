import assert from "node:assert/strict";
import {
  allowedActions,
  decodePolicy,
  identityPolicyFault,
  parsePolicy,
  policySize,
  samePolicy,
} from "../../../src/resources/iam/policy-document.ts";

const statement = { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::a/*"] };
const document = (one: object, extra: object = {}): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...one }], ...extra });
const base = document({});

describe("policy documents mean the same", () => {
  const same: readonly (readonly [string, string, string])[] = [
    ["with one statement outside a list", base, JSON.stringify({ Version: "2012-10-17", Statement: statement })],
    [
      "with one action or resource outside a list",
      base,
      document({ Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*" }),
    ],
    ["with actions in other letter case", base, document({ Action: ["S3:getobject"] })],
    ["with an empty Sid or Id", base, document({ Sid: "" }, { Id: "" })],
    [
      "with values in another order and twice",
      document({ Action: ["s3:A", "s3:B"] }),
      document({ Action: ["s3:B", "s3:A", "s3:A"] }),
    ],
    [
      "with an account instead of its root",
      document({ Principal: { AWS: "111122223333" } }),
      document({ Principal: { AWS: ["arn:aws:iam::111122223333:root"] } }),
    ],
    [
      "with condition keys in other letter case",
      document({ Condition: { Bool: { "aws:SecureTransport": "true" } } }),
      document({ Condition: { Bool: { "AWS:securetransport": true } } }),
    ],
    [
      "with condition numbers as text",
      document({ Condition: { NumericLessThan: { "s3:max-keys": 300 } } }),
      document({ Condition: { NumericLessThan: { "s3:max-keys": ["300"] } } }),
    ],
    ["with empty conditions", base, document({ Condition: { StringEquals: {} } })],
    [
      "without Version and with the old one",
      JSON.stringify({ Statement: [statement] }),
      JSON.stringify({ Version: "2008-10-17", Statement: [statement] }),
    ],
    [
      "with members in another order",
      base,
      `{"Statement":[{"Resource":"arn:aws:s3:::a/*","Action":"s3:GetObject","Effect":"Allow"}],"Version":"2012-10-17"}`,
    ],
    ["with a statement twice", base, JSON.stringify({ Version: "2012-10-17", Statement: [statement, statement] })],
  ];
  for (const [title, a, b] of same) {
    it(title, () => assert.ok(samePolicy(a, b)));
  }
});

describe("policy documents differ", () => {
  const different: readonly (readonly [string, string, string])[] = [
    ["by the letter case of resources", base, document({ Resource: "arn:aws:s3:::A/*" })],
    ["by version", base, JSON.stringify({ Version: "2008-10-17", Statement: [statement] })],
    ["by Sid", base, document({ Sid: "Read" })],
    ["by effect", base, document({ Effect: "Deny" })],
    ["by a wildcard that covers the other", base, document({ Action: "s3:*" })],
    [
      "by the condition operator's letter case",
      document({ Condition: { StringEquals: { a: "b" } } }),
      document({ Condition: { stringequals: { a: "b" } } }),
    ],
    [
      "by a deleted principal",
      document({ Principal: { AWS: "AROAEXAMPLE" } }),
      document({ Principal: { AWS: "arn:aws:iam::111122223333:role/r" } }),
    ],
    ["by an unknown member", base, document({ Extra: 1 })],
    ["when one is no JSON", base, "{"],
  ];
  for (const [title, a, b] of different) {
    it(title, () => assert.ok(!samePolicy(a, b)));
  }
});

describe("documents from IAM", () => {
  it("are decoded once, and + stays +", () => {
    assert.equal(decodePolicy("%7B%22a%22%3A%22x%2By+z%25%22%7D"), `{"a":"x+y+z%"}`);
  });

  it("are taken as they are when they are not encoded", () => {
    assert.equal(decodePolicy(`{"a":"100%"}`), `{"a":"100%"}`);
  });

  it("are counted without white space", () => {
    assert.equal(policySize(` { "a" :\n "b c" } `), 10);
  });
});

describe("documents of users", () => {
  const faults: readonly (readonly [string, object, RegExp | undefined])[] = [
    ["is right", { Version: "2012-10-17", Statement: statement }, undefined],
    ["has a wrong version", { Version: "2012-10-18", Statement: statement }, /^Version is "2012-10-18"; allowed are/],
    ["has no statement", { Version: "2012-10-17" }, /^Statement is missing/],
    [
      "has a wrong effect",
      { Statement: { ...statement, Effect: "allow" } },
      /^Statement\[0\]\.Effect is "allow"; allowed are/,
    ],
    ["has a principal", { Statement: { ...statement, Principal: "*" } }, /^Statement\[0\] has a Principal/],
    ["has no action", { Statement: { Effect: "Allow", Resource: "*" } }, /exactly one of Action and NotAction/],
    ["has no resource", { Statement: { Effect: "Allow", Action: "s3:*" } }, /exactly one of Resource and NotResource/],
    [
      "has a character that IAM refuses",
      { Statement: { ...statement, Resource: "\u2013" } },
      /which IAM does not accept$/,
    ],
  ];
  for (const [title, input, expected] of faults) {
    it(`are told what is wrong: one that ${title}`, () => {
      const fault = identityPolicyFault(input as Readonly<Record<string, unknown>>);
      if (expected === undefined) assert.equal(fault, undefined);
      else assert.match(fault ?? "", expected);
    });
  }

  for (const text of ["{", "[]", `"x"`, "null"]) {
    it(`must be JSON objects: ${text} is refused`, () => {
      assert.throws(() => parsePolicy(text), { code: "InvalidPolicy", class: "invalid" });
    });
  }

  it("allow everything with NotAction", () => {
    assert.deepEqual(allowedActions({ Statement: { Effect: "Allow", NotAction: "s3:*", Resource: "*" } }), [
      { action: "*", resources: ["*"] },
    ]);
  });
});
