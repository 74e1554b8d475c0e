import assert from "node:assert/strict";
import {
  type AwsAuthEntry,
  canonicalPrincipal,
  entriesIn,
  withChangedEntry,
  withEntry,
  withoutEntry,
} from "../../../src/resources/kubernetes/aws-auth-document.ts";

const nodes = `# nodes first
- rolearn: arn:aws:iam::111122223333:role/nodes # from the installer
  username: system:node:{{EC2PrivateDNSName}}
  groups:
  - system:bootstrappers
  - system:nodes
  # do not touch
`;

function role(name: string, groups: readonly string[] = ["developers"]): AwsAuthEntry {
  return { key: "mapRoles", principal: `arn:aws:iam::111122223333:role/${name}`, username: name, groups };
}

describe("principals of aws-auth", () => {
  const cases = [
    ["arn:aws:iam::111122223333:role/a/b/name", "arn:aws:iam::111122223333:role/name"],
    [
      "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_D_0123456789abcdef",
      "arn:aws:iam::111122223333:role/AWSReservedSSO_D_0123456789abcdef",
    ],
    ["arn:aws:iam::111122223333:user/team/alice", "arn:aws:iam::111122223333:user/team/alice"],
    ["arn:aws-cn:iam::111122223333:role/x/name", "arn:aws-cn:iam::111122223333:role/name"],
  ] as const;
  for (const [arn, expected] of cases)
    it(`know ${arn} as ${expected}`, () => assert.equal(canonicalPrincipal(arn), expected));
});

describe("entries of aws-auth", () => {
  it("are read whatever the case of their fields, and without the path of their roles", () => {
    const text = "- RoleARN: arn:aws:iam::111122223333:role/x/admin\n  userName: admin\n  GROUPS: [a, b]\n";
    assert.deepEqual(entriesIn(text, "mapRoles"), [
      {
        key: "mapRoles",
        principal: "arn:aws:iam::111122223333:role/admin",
        username: "admin",
        groups: ["a", "b"],
        index: 0,
      },
    ]);
  });

  it("keep the leading zero of an account", () => {
    assert.equal(entriesIn("- 012345678901\n", "mapAccounts")[0]?.principal, "012345678901");
    const account = { key: "mapAccounts", principal: "012345678901", username: "", groups: [] } as const;
    assert.equal(withEntry("", account), '- "012345678901"\n');
  });

  for (const empty of ["", "  \n", "''", '""', "``"])
    it(`are none in ${JSON.stringify(empty)}, which takes a first one`, () => {
      assert.deepEqual(entriesIn(empty, "mapRoles"), []);
      assert.equal(entriesIn(withEntry(empty, role("a")), "mapRoles").length, 1);
    });

  for (const bad of ["- rolearn: [", "rolearn: x", "just text", "- a: 1\n  a: 2\n", "a: b\n---\n- c\n"])
    it(`are never written into ${JSON.stringify(bad)}`, () => {
      assert.throws(() => entriesIn(bad, "mapRoles"), { code: "AwsAuthUnparsable" });
      assert.throws(() => withEntry(bad, role("a")), { code: "AwsAuthUnparsable" });
    });
});

describe("an edit of aws-auth", () => {
  it("puts a new entry at the end and leaves every byte before it", () => {
    const after = withEntry(nodes, role("dev", ["012", "a"]));
    assert.ok(after.startsWith(nodes));
    assert.equal(
      after.slice(nodes.length),
      '- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups:\n    - "012"\n    - a\n',
    );
  });

  it("gives the text back byte for byte when the entry goes again", () => {
    const texts = [
      nodes,
      nodes.replaceAll(/^(?!#)/gm, "    ").trimEnd(),
      `${nodes}\n# the end\n`,
      "# nothing yet\n",
      "",
      nodes.replaceAll("\n", "\r\n"),
    ];
    for (const text of texts) {
      const after = withEntry(text, role("dev"));
      const index = entriesIn(after, "mapRoles").findLast(({ username }) => username === "dev")?.index ?? -1;
      const back = withoutEntry(after, index, "mapRoles");
      assert.ok(back === text || back === `${text}\n`, JSON.stringify(back));
    }
  });

  it("takes an entry out of the middle with its own lines only", () => {
    const before = `${nodes}\n`;
    const after = "# next\n- rolearn: arn:aws:iam::111122223333:role/z\n  username: z # last\n";
    const middle = withEntry(before, role("dev"));
    assert.equal(withoutEntry(middle + after, 1, "mapRoles"), before + after);
  });

  it("exchanges user name and groups in place, and keeps fields that it does not know", () => {
    const foreign = '- rolearn: arn:aws:iam::111122223333:role/dev\n  userid: "007"\n  username: old\n# mine\n';
    const after = withChangedEntry(nodes + foreign + nodes, 1, role("dev", ["new"]));
    assert.equal(
      after,
      `${nodes}- rolearn: arn:aws:iam::111122223333:role/dev\n  userid: "007"\n  username: dev\n  groups:\n    - new\n# mine\n${nodes}`,
    );
  });

  it("works in lists in flow style", () => {
    const flow = "[{rolearn: 'arn:aws:iam::111122223333:role/a', username: a}]";
    const two = withEntry(flow, role("dev"));
    assert.deepEqual(
      entriesIn(two, "mapRoles").map(({ username }) => username),
      ["a", "dev"],
    );
    assert.equal(withoutEntry(two, 1, "mapRoles"), flow);
    assert.match(withChangedEntry(two, 1, role("dev", ["x"])), /"groups":\["x"\]/);
    assert.equal(entriesIn(withEntry("[]\n", role("dev")), "mapRoles").length, 1);
  });

  it("is refused where it would change what others wrote", () => {
    const anchored = `- &a\n  rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n- *a\n`;
    assert.throws(() => withoutEntry(anchored, 0, "mapRoles"), { code: "AwsAuthUnparsable" });
    assert.throws(() => withEntry("- a: b\n...\n", role("dev")), { code: "AwsAuthUnparsable" });
  });
});
