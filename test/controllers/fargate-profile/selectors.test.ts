import assert from "node:assert/strict";
import { patternsMeet, selectorsMeet, selectsPod } from "../../../src/controllers/fargate-profile/selectors.ts";

describe("the selectors of Fargate profiles", () => {
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ["jobs", "jobs", true],
    ["jobs", "job", false],
    ["", "", true],
    ["", "a", false],
    ["", "*", true],
    ["*", "anything", true],
    ["prod-*", "prod-", true],
    ["prod-*", "dev-a", false],
    ["team-?", "team-a", true],
    ["team-?", "team-", false],
    ["team-?", "team-ab", false],
    ["prod-*", "*-web", true],
    ["a*b*c", "abxc", true],
    ["a*b*c", "acb", false],
    ["?a", "*b", false],
    ["??", "*", true],
    ["a?", "?b", true],
    ["a*", "b*", false],
  ];
  for (const [a, b, expected] of pairs) {
    it(`${a === "" ? "nothing" : a} and ${b === "" ? "nothing" : b} ${expected ? "have" : "do not have"} a text in common, whichever is named first`, () => {
      assert.equal(patternsMeet(a, b), expected);
      assert.equal(patternsMeet(b, a), expected);
    });
  }

  const pod = { namespace: "team-a", labels: { app: "web", tier: "front" } };
  const chosen: readonly (readonly [string, Parameters<typeof selectsPod>[0], boolean])[] = [
    ["a namespace alone", [{ namespace: "team-?", labels: {} }], true],
    ["all labels", [{ namespace: "*", labels: { app: "w*", "t*": "front" } }], true],
    ["one label too many", [{ namespace: "*", labels: { app: "web", zone: "a" } }], false],
    [
      "a second selector",
      [
        { namespace: "other", labels: {} },
        { namespace: "team-a", labels: {} },
      ],
      true,
    ],
    ["no selector", [{ namespace: "other", labels: {} }], false],
  ];
  for (const [title, selectors, expected] of chosen) {
    it(`${expected ? "select" : "leave"} a pod by ${title}`, () => assert.equal(selectsPod(selectors, pod), expected));
  }

  it("meet unless a label that both name has no value in common", () => {
    const by = (labels: Readonly<Record<string, string>>) => ({ namespace: "a*", labels });
    assert.equal(selectorsMeet(by({ app: "web" }), by({ app: "api" })), false);
    assert.equal(selectorsMeet(by({ app: "web" }), by({ app: "w*" })), true);
    assert.equal(selectorsMeet(by({ app: "web" }), by({ tier: "front" })), true);
    assert.equal(selectorsMeet(by({}), { namespace: "b", labels: {} }), false);
  });
});
