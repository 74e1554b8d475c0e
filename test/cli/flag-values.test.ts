import assert from "node:assert/strict";
import { InvalidArgumentError } from "commander";
import { parseBoolean, parseCount, parseDuration, parsePairs, parseWords } from "../../src/cli/flag-values.ts";

type Parser = (text: string) => unknown;

const cases: readonly (readonly [parser: Parser, text: string, value: unknown])[] = [
  [parseDuration, "15s", 15_000],
  [parseDuration, "10h0m0s", 36_000_000],
  [parseDuration, "1.5h", 5_400_000],
  [parseDuration, "1m30s", 90_000],
  [parseDuration, "250ms", 250],
  [parseBoolean, "true", true],
  [parseBoolean, "T", true],
  [parseBoolean, "1", true],
  [parseBoolean, "False", false],
  [parseBoolean, "0", false],
  [parseCount, "0", 0],
  [parseCount, "42", 42],
  [parsePairs, "a=b", { a: "b" }],
  [parsePairs, " a = b , c=d=e ,", { a: "b", c: "d=e" }],
  [parsePairs, "a=", { a: "" }],
  [parsePairs, "", {}],
  [parseWords, "a, b,,c", ["a", "b", "c"]],
  [parseWords, "", []],
];

const refused: readonly (readonly [parser: Parser, text: string])[] = [
  [parseDuration, "15"],
  [parseDuration, ""],
  [parseDuration, "-5s"],
  [parseDuration, "5 s"],
  [parseDuration, "1d"],
  [parseBoolean, "yes"],
  [parseBoolean, ""],
  [parseCount, "-1"],
  [parseCount, "1.5"],
  [parseCount, "1e3"],
  [parsePairs, "a"],
  [parsePairs, "=b"],
];

describe("flag values", () => {
  for (const [parser, text, value] of cases) {
    it(`${parser.name} reads "${text}"`, () => assert.deepEqual(parser(text), value));
  }
  for (const [parser, text] of refused) {
    it(`${parser.name} refuses "${text}" and says what is expected`, () => {
      assert.throws(
        () => parser(text),
        (error: unknown) => error instanceof InvalidArgumentError && /expected/.test(error.message),
      );
    });
  }
});
