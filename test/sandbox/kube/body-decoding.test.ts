import assert from "node:assert/strict";
import { modelSchema } from "../../../src/sandbox/kube/builtin/model-schema.ts";
import { base64Problem, timeProblem } from "../../../src/sandbox/kube/go-text-problems.ts";
import { repeatedMembers } from "../../../src/sandbox/kube/repeated-members.ts";
import { typeProblem } from "../../../src/sandbox/kube/type-problem.ts";

describe("bodies as the API server decodes them", () => {
  it("merge members that come twice, and know where", () => {
    const text = '{"a":{"x":1,"y":[{"k\\"":1,"k\\"":2}]},"b":"}","a":{"x":3}}';
    const found = repeatedMembers(text);
    assert.deepEqual(found?.merged, { a: { x: 3, y: [{ 'k"': 2 }] }, b: "}" });
    assert.deepEqual(
      found?.repeated.map(({ path }) => path),
      ['a.y[0].k"', "a"],
    );
    assert.equal(found?.places.get("b"), text.indexOf('"b"'));
    assert.equal(repeatedMembers('{"a":{"x":1},"b":{"x":1}}'), undefined);
  });

  const secret = modelSchema("V1Secret");
  const deployment = modelSchema("V1Deployment");
  for (const [what, value, schema, problem] of [
    ["nothing wrong", { metadata: { name: "a" } }, secret, undefined],
    [
      "metadata that is a text",
      { metadata: "a" },
      secret,
      "cannot unmarshal string into Go struct field Secret.metadata of type v1.ObjectMeta",
    ],
    [
      "a uid that is a number",
      { metadata: { ownerReferences: [{ uid: 1 }] } },
      secret,
      "cannot unmarshal number into Go struct field OwnerReference.metadata.ownerReferences.uid of type types.UID",
    ],
    [
      "a number out of range",
      { spec: { replicas: 3e9 } },
      deployment,
      "cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      "a count or percentage that is a bool, which is told before all else",
      { metadata: 7, spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      deployment,
      "cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
    ],
  ] as const) {
    it(`tell ${what}`, () => {
      const kind = schema === secret ? "Secret" : "Deployment";
      assert.equal(typeProblem(value, schema, kind), problem === undefined ? undefined : `json: ${problem}`);
    });
  }

  it("tell where base64 goes wrong", () => {
    const texts = ["", "eA==", "eHg=", "eHh4", "no base64!", "eA=", "e", "eHh4eA", "eA==x", "e\nA=="];
    const at = (text: string): number | undefined => {
      const found = /\d+$/.exec(base64Problem(text) ?? "")?.[0];
      return found === undefined ? undefined : Number(found);
    };
    assert.deepEqual(texts.map(at), [undefined, undefined, undefined, undefined, 2, 3, 0, 4, 4, undefined]);
  });

  it("tell where a time goes wrong", () => {
    assert.equal(timeProblem("2024-02-29T23:59:59.5+01:00", false), undefined);
    assert.equal(timeProblem("2023-02-29T00:00:00Z", false), 'parsing time "2023-02-29T00:00:00Z": day out of range');
    assert.equal(timeProblem("2024-01-02T03:04:05ZZ", false), 'parsing time "2024-01-02T03:04:05ZZ": extra text: "Z"');
    assert.equal(
      timeProblem("2024-01-02T03:04:05Z", true),
      'parsing time "2024-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    );
  });
});
