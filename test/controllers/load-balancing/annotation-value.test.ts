import assert from "node:assert/strict";
import fc from "fast-check";
import {
  parseBool,
  parseInteger,
  parseList,
  parseMap,
} from "../../../src/controllers/load-balancing/annotation-value.ts";

describe("annotation values", () => {
  const maps: readonly (readonly [string, Readonly<Record<string, string>> | undefined])[] = [
    ["a=b, c = d ", { a: "b", c: "d" }],
    ["a=1\\,2,b=3", { a: "1,2", b: "3" }],
    ["a=b=c", { a: "b=c" }],
    ["a=", { a: "" }],
    ["a=b,", { a: "b," }],
    ["a=1,a=2", { a: "2" }],
    ["", {}],
    ["a=b,,c=d", undefined],
    [",a=b", undefined],
    ["a", undefined],
    ["=b", undefined],
    ["a=b,c", undefined],
    ["a=x,y,b=z", undefined],
    [" ", undefined],
  ];
  for (const [text, expected] of maps) {
    it(`reads the map ${JSON.stringify(text)} as ${expected === undefined ? "an error" : JSON.stringify(expected)}`, () => {
      const parsed = parseMap(text);
      assert.deepEqual(parsed.ok ? parsed.value : undefined, expected);
    });
  }

  it("reads back any map that is written with commas escaped", () => {
    const word = fc.stringMatching(/^[a-z0-9.,\\=_-]{1,12}$/);
    const escape = (text: string): string => text.replace(/[\\,]/g, (char) => `\\${char}`);
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z.]{1,8}$/), word, { minKeys: 1 }), (map) => {
        const text = Object.entries(map)
          .map(([key, value]) => `${key}=${escape(value)}`)
          .join(",");
        const parsed = parseMap(text);
        assert.ok(parsed.ok);
        assert.deepEqual({ ...parsed.value }, { ...map });
      }),
    );
  });

  it("drops empty parts of lists and trims the others", () => {
    assert.deepEqual(parseList(" a , ,b"), ["a", "b"]);
    assert.deepEqual(parseList(","), []);
  });

  for (const text of ["1", "t", "T", "true", "TRUE", "True", "true\n"]) {
    it(`takes ${JSON.stringify(text)} for true`, () => assert.deepEqual(parseBool(text), { ok: true, value: true }));
  }
  for (const text of ["FalSe", "yes", "on", ""]) {
    it(`does not take ${JSON.stringify(text)} for a truth value`, () => assert.equal(parseBool(text).ok, false));
  }

  for (const text of ["1.5", "0x10", "1 2", "", "2147483648", "abc"]) {
    it(`does not take ${JSON.stringify(text)} for a whole number`, () => assert.equal(parseInteger(text).ok, false));
  }
  it("takes signs and keeps to the bounds", () => {
    assert.deepEqual(parseInteger("-7"), { ok: true, value: -7 });
    assert.deepEqual(parseInteger("+7"), { ok: true, value: 7 });
    assert.equal(parseInteger("1001", -1000, 1000).ok, false);
  });
});
