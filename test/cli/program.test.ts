import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { runCommandLine } from "./command-run.ts";

describe("the command line", () => {
  it("lists its commands and ends with 0 when asked for help", async () => {
    const { code, out, err } = await runCommandLine(["--help"]);
    assert.equal(code, 0);
    assert.equal(err, "");
    for (const name of ["start", "run", "sandbox", "plan", "tree", "crds", "iam-policy"]) {
      assert.match(out, new RegExp(`^  ${name} `, "m"));
    }
  });

  const wrong: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
    [["nonsense"], /unknown command 'nonsense'/],
    [["start", "--speed", "fast"], /--speed.*'fast' is invalid\. a number above 0 is expected\./],
    [["start", "--speed", "0"], /a number above 0 is expected/],
    [["sandbox", "--kube-port", "99999"], /a port from 0 to 65535 is expected/],
    [["sandbox", "--aws-port", "-1"], /a whole number is expected/],
    [
      ["sandbox", "--kube", "kind"],
      /--kube <server>' argument 'kind' is invalid\. Allowed choices are embedded, real\./,
    ],
    [["sandbox", "--unknown"], /unknown option '--unknown'/],
    [["sandbox", "-f", "/nowhere.yaml"], /^fairlead: cannot read "\/nowhere\.yaml": no such file or folder$/m],
    [["plan"], /required option '-f, --file <path>' not specified/],
    [["plan", "-f", "x", "-o", "yaml"], /'yaml' is invalid\. Allowed choices are text, json/],
    [["tree"], /missing required argument 'kind\/name'/],
    [["run"], /^fairlead: kubernetes cluster name must be specified: set --cluster-name$/m],
    [["run", "--cluster-name", "c"], /^fairlead: the AWS region is not known: set --aws-region or AWS_REGION$/m],
    [["run", "--mode", "dry"], /'dry' is invalid\. Allowed choices are apply, plan, pause/],
    [["iam-policy", "--part", "all"], /Allowed choices are load-balancing, identity-and-nodes/],
  ];
  for (const [argv, message] of wrong) {
    it(`ends with 1 and says what is wrong: ${argv.join(" ")}`, async () => {
      const { code, out, err } = await runCommandLine(argv);
      assert.equal(code, 1);
      assert.match(err, message);
      assert.equal(out, "");
    });
  }

  it("names a kubeconfig that cannot be used", async () => {
    const argv = ["run", "--cluster-name=c", "--aws-region=r", "--kubeconfig=/nowhere/kubeconfig"];
    const { code, err } = await runCommandLine(argv);
    assert.equal(code, 1);
    assert.match(err, /\/nowhere\/kubeconfig/);
    assert.doesNotMatch(err, /\n\s+at /, "no stack trace for a mistake of the user");
  });

  it("prints the definitions of all kinds as YAML documents", async () => {
    const { code, out } = await runCommandLine(["crds"]);
    assert.equal(code, 0);
    const documents = parseAllDocuments(out) as readonly { toJS(): { kind: string; metadata: { name: string } } }[];
    const crds = documents.map((document) => document.toJS());
    assert.ok(crds.every(({ kind }) => kind === "CustomResourceDefinition"));
    assert.ok(crds.some(({ metadata }) => metadata.name === "loadbalancers.fairlead.io"));
    assert.equal(crds.length, 7);
  });

  it("prints the IAM policy, whole or in parts, for any partition", async () => {
    const actions = async (...argv: string[]): Promise<readonly string[]> => {
      const { code, out } = await runCommandLine(["iam-policy", ...argv]);
      assert.equal(code, 0);
      const { Statement } = JSON.parse(out) as { Statement: readonly { Action: readonly string[] }[] };
      return Statement.flatMap(({ Action }) => Action);
    };
    const [whole, balancing, identity] = await Promise.all([
      actions(),
      actions("--part", "load-balancing"),
      actions("--part=identity-and-nodes"),
    ]);
    assert.ok(balancing.includes("elasticloadbalancing:CreateLoadBalancer"));
    assert.ok(!balancing.includes("iam:CreateRole"));
    assert.ok(identity.includes("iam:CreateRole"));
    assert.deepEqual(new Set(whole), new Set([...balancing, ...identity]));
    assert.match((await runCommandLine(["iam-policy", "--partition", "aws-cn"])).out, /"arn:aws-cn:iam::/);
  });
});
