import assert from "node:assert/strict";
import fc from "fast-check";
import { optimizeRules } from "../../../src/controllers/ingress/rule-optimization.ts";
import { splitConditions } from "../../../src/controllers/ingress/rule-splitting.ts";
import type { ActionSpec, ConditionSpec } from "../../../src/resources/elbv2/specs.ts";

interface Rule {
  readonly name: string;
  readonly conditions: readonly ConditionSpec[];
  readonly actions: readonly ActionSpec[];
}

const http = { port: 80, protocol: "HTTP" } as const;
const https = { port: 443, protocol: "HTTPS" } as const;

const hosts = (...values: string[]): ConditionSpec => ({ field: "host-header", values });
const paths = (...values: string[]): ConditionSpec => ({ field: "path-pattern", values });
const redirect = (fields: Partial<Extract<ActionSpec, { type: "redirect" }>>): ActionSpec => ({
  type: "redirect",
  statusCode: "HTTP_301",
  ...fields,
});
const forward: ActionSpec = { type: "forward", targetGroups: [{ targetGroupARN: "tg" }] };
const rule = (name: string, conditions: readonly ConditionSpec[], action: ActionSpec): Rule => ({
  name,
  conditions,
  actions: [action],
});
const toHTTPS = redirect({ protocol: "HTTPS", port: "443" });

describe("optimisation of rules", () => {
  const kept = (rules: readonly Rule[], listener: typeof http | typeof https) =>
    optimizeRules(rules, listener).map(({ name }) => name);

  it("drops a redirect to the listener itself", () => {
    assert.deepEqual(kept([rule("r", [paths("/*")], toHTTPS), rule("a", [paths("/a")], forward)], https), ["a"]);
  });
  it("drops what an earlier redirect hides", () => {
    assert.deepEqual(kept([rule("r", [paths("/*")], toHTTPS), rule("a", [paths("/a")], forward)], http), ["r"]);
  });
  it("keeps both where the redirect has another condition", () => {
    const header: ConditionSpec = { field: "http-header", name: "X", values: ["1"] };
    assert.deepEqual(kept([rule("r", [header, paths("/*")], toHTTPS), rule("a", [paths("/a")], forward)], http), [
      "r",
      "a",
    ]);
  });
  it("compares regular expressions as text", () => {
    const regex = (text: string): ConditionSpec => ({ field: "path-pattern", regexValues: [text] });
    assert.deepEqual(kept([rule("r", [regex("^/.*$")], toHTTPS), rule("b", [regex("^/b$")], toHTTPS)], http), [
      "r",
      "b",
    ]);
    assert.deepEqual(kept([rule("r", [regex("^/b$")], toHTTPS), rule("b", [regex("^/b$")], forward)], http), ["r"]);
  });
  it("does not take a host regex for all hosts", () => {
    const regex: ConditionSpec = { field: "host-header", regexValues: ["^a"] };
    assert.deepEqual(
      kept([rule("r", [regex, paths("/*")], toHTTPS), rule("a", [hosts("b.com"), paths("/a")], forward)], http),
      ["r", "a"],
    );
  });
  it("takes the host that loops out of a redirect and leaves the others", () => {
    const [only] = optimizeRules(
      [rule("r", [hosts("a.com", "b.com"), paths("/*")], redirect({ host: "b.com" }))],
      http,
    );
    assert.deepEqual(only?.conditions, [hosts("a.com"), paths("/*")]);
  });
  it("drops nothing behind forwards", () => {
    assert.deepEqual(kept([rule("f", [paths("/*")], forward), rule("a", [paths("/a")], forward)], http), ["f", "a"]);
  });
});

describe("splitting of rules", () => {
  const count = (conditions: readonly ConditionSpec[]): number =>
    conditions.reduce(
      (sum, condition) =>
        sum + (("regexValues" in condition ? condition.regexValues : undefined) ?? condition.values ?? []).length,
      0,
    );

  it("leaves a rule of five values alone", () => {
    const conditions = [hosts("a", "b", "c"), paths("/x", "/y")];
    assert.deepEqual(splitConditions(conditions, "f"), [conditions]);
  });

  it("keeps the order of values and makes as few rules as can be", () => {
    const split = splitConditions([hosts("a", "b", "c", "d", "e", "f"), paths("/x", "/y")], "f");
    assert.deepEqual(split, [
      [hosts("a", "b", "c"), paths("/x", "/y")],
      [hosts("d", "e", "f"), paths("/x", "/y")],
    ]);
  });

  it("counts wildcards too", () => {
    const split = splitConditions([paths("/a/*/*", "/b/*/*", "/c/*/*")], "f");
    assert.deepEqual(split, [[paths("/a/*/*", "/b/*/*")], [paths("/c/*/*")]]);
  });

  it("refuses six conditions of one value", () => {
    const header = (name: string): ConditionSpec => ({ field: "http-header", name, values: ["x"] });
    assert.throws(() => splitConditions(["a", "b", "c", "d", "e", "f"].map(header), "f"), { code: "QuotaExceeded" });
  });

  it("never exceeds five values and matches exactly the same combinations", () => {
    const list = (letter: string) =>
      fc.integer({ min: 1, max: 9 }).map((size) => Array.from({ length: size }, (_, i) => `${letter}${i}`));
    fc.assert(
      fc.property(list("h"), list("p"), list("s"), (hostList, pathList, ipList) => {
        const conditions: readonly ConditionSpec[] = [
          hosts(...hostList),
          paths(...pathList),
          { field: "source-ip", values: ipList },
        ];
        const rules = splitConditions(conditions, "f");
        const cells = rules.flatMap((one) => {
          const [a = [], b = [], c = []] = one.map((condition) => condition.values as readonly string[]);
          return a.flatMap((x) => b.flatMap((y) => c.map((z) => `${x} ${y} ${z}`)));
        });
        assert.ok(rules.every((one) => count(one) <= 5));
        assert.equal(cells.length, hostList.length * pathList.length * ipList.length);
        assert.equal(new Set(cells).size, cells.length);
      }),
    );
  });
});
