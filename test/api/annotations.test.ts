import assert from "node:assert/strict";
import { adoptionFor, defaultControls, parseControls } from "../../src/api/annotations.ts";
import { isReason } from "../../src/api/reasons.ts";

function object(annotations: Readonly<Record<string, string>>) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", uid: "u", resourceVersion: "1", annotations },
  };
}

describe("the common annotations", () => {
  it("are what LBC users expect when they are absent", () => {
    assert.deepEqual(parseControls(object({})), { controls: defaultControls, problems: [] });
  });

  const values = [
    { key: "fairlead.io/mode", value: "plan", field: "mode", expected: "plan" },
    { key: "fairlead.io/mode", value: " pause ", field: "mode", expected: "pause" },
    { key: "fairlead.io/drift", value: "report", field: "drift", expected: "report" },
    { key: "fairlead.io/deletion-policy", value: "retain", field: "deletionPolicy", expected: "retain" },
    { key: "fairlead.io/reconcile-at", value: "noon", field: "reconcileAt", expected: "noon" },
  ] as const;
  for (const { key, value, field, expected } of values) {
    it(`reads ${key}: "${value}"`, () => {
      const { controls, problems } = parseControls(object({ [key]: value }));
      assert.equal(controls[field], expected);
      assert.deepEqual(problems, []);
    });
  }

  const mistakes = [
    { key: "fairlead.io/mode", value: "paused", field: "mode", safe: "plan" },
    { key: "fairlead.io/drift", value: "yes", field: "drift", safe: "report" },
    { key: "fairlead.io/deletion-policy", value: "Keep", field: "deletionPolicy", safe: "retain" },
  ] as const;
  for (const { key, value, field, safe } of mistakes) {
    it(`takes ${key}: "${value}" for what writes least, and says what is allowed`, () => {
      const { controls, problems } = parseControls(object({ [key]: value }));
      assert.equal(controls[field], safe);
      assert.equal(problems.length, 1);
      assert.equal(problems[0]?.reason, "InvalidAnnotation");
      assert.match(problems[0]?.message ?? "", /allowed are/);
    });
  }

  it("warns of an unknown annotation with our prefix", () => {
    const { problems } = parseControls(object({ "fairlead.io/moed": "plan", "other.io/moed": "x" }));
    assert.deepEqual(
      problems.map(({ field, reason, severity }) => ({ field, reason, severity })),
      [{ field: "fairlead.io/moed", reason: "UnknownAnnotation", severity: "warning" }],
    );
    assert.ok(isReason("UnknownAnnotation") && !isReason("Nonsense"));
  });

  it("finds what is adopted by its type, or by a name without type", () => {
    const { controls } = parseControls(object({ "fairlead.io/adopt": "iam/Role=legacy, arn:aws:x" }));
    assert.equal(adoptionFor(controls, "iam/Role"), "legacy");
    assert.equal(adoptionFor(controls, "eks/NodeGroup"), "arn:aws:x");
  });

  it("follow the defaults of the operator", () => {
    const { controls } = parseControls(object({}), { ...defaultControls, mode: "plan" });
    assert.equal(controls.mode, "plan");
  });
});
