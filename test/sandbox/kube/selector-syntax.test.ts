import assert from "node:assert/strict";
import { decodeContinue, encodeContinue } from "../../../src/sandbox/kube/continue-token.ts";
import { parseFieldSelector } from "../../../src/sandbox/kube/field-selector.ts";
import { parseLabelSelector } from "../../../src/sandbox/kube/selectors.ts";

describe("label selectors", () => {
  const cases = [
    ["tier in (web,,db)", { tier: "" }, true],
    ["tier notin (web)", {}, true],
    ["in in (in)", { in: "in" }, true],
    ["weight>5", { weight: "10" }, true],
    ["weight>5", { weight: "heavy" }, false],
    ["! tier,zone", { zone: "a" }, true],
  ] as const;
  for (const [text, labels, expected] of cases) {
    it(`${text} ${expected ? "selects" : "does not select"} ${JSON.stringify(labels)}`, () =>
      assert.equal(parseLabelSelector(text)?.(labels), expected));
  }

  const unreadable = [
    ["tier=web,", "found '', expected: identifier after ','"],
    ["tier=web zone=a", "found 'zone', expected: ',' or 'end of string'"],
    ["tier in web", "unable to parse requirement: found 'web' expected: '('"],
    ["!tier=web", "found '=', expected: ',' or 'end of string'"],
  ] as const;
  for (const [text, message] of unreadable) {
    it(`${text} is refused in the API server's words`, () =>
      assert.throws(() => parseLabelSelector(text), { status: 400, message }));
  }
});

describe("field selectors", () => {
  it("take a backslash before commas and equal signs of a value", () => {
    const matches = parseFieldSelector("a=b\\,c\\=d,e!=f", () => undefined);
    assert.equal(matches?.({ a: "b,c=d", e: "g" }), true);
    assert.equal(matches?.({ a: "b,c=d", e: "f" }), false);
    assert.throws(() => parseFieldSelector("a=b=c", () => undefined), {
      message: "invalid field selector: unescaped character in value: 61",
    });
  });
});

describe("continue tokens", () => {
  it("come back as they were made, and are refused when they climb", () => {
    assert.deepEqual(decodeContinue(encodeContinue({ version: 5, after: "/a/b" })), { version: 5, after: "/a/b" });
    assert.throws(() => decodeContinue(encodeContinue({ version: 5, after: "../b" })), { status: 400 });
    assert.throws(() => decodeContinue(encodeContinue({ version: 0, after: "/b" })), { status: 400 });
  });
});
