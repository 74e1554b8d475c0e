import assert from "node:assert/strict";
import { evaluateCel } from "../../../src/sandbox/kube/cel/evaluate.ts";
import { parseCel } from "../../../src/sandbox/kube/cel/parse.ts";
import { expressionProblems } from "../../../src/sandbox/kube/cel/rule-problems.ts";
import { celValue } from "../../../src/sandbox/kube/cel/schema-types.ts";

const self = {
  name: "web-1",
  size: 3,
  ports: [
    { name: "http", port: 80 },
    { name: "https", port: 443 },
  ],
  labels: { app: "web", "a-b": "c" },
  timeout: "90s",
  memory: "1Gi",
};

describe("validation expressions", () => {
  const cases: readonly (readonly [expression: string, expected: unknown])[] = [
    ["self.size + 1 == 4 && self.size * 2 - 1 == 5", true],
    ["7 / 2 == 3 && 7 % 2 == 1 && -self.size < 0", true],
    ["1 + 2 * 3", 7n],
    ["has(self.name) && !has(self.nope)", true],
    ["size(self.ports) == 2 && self.name.size() == 5", true],
    ["self.ports.all(p, p.port > 0 && p.port <= 65535)", true],
    ["self.ports.exists(p, p.name == 'http')", true],
    ["self.ports.exists_one(p, p.port == 80)", true],
    ["self.ports.filter(p, p.port > 100).map(p, p.name)", ["https"]],
    ["self.ports.map(p, p.port > 100, p.port)", [443n]],
    ["self.labels.all(k, self.labels[k] != '')", true],
    ["'app' in self.labels && !('x' in self.labels) && 80 in [80, 443]", true],
    ["self.name.startsWith('web') && self.name.endsWith('1') && self.name.contains('-')", true],
    ["self.name.matches('^[a-z]+-[0-9]+$')", true],
    ["self.name.split('-')", ["web", "1"]],
    ["['a', 'b'].join(',')", "a,b"],
    ["'ABC'.lowerAscii() + 'd'.upperAscii()", "abcD"],
    ["'a-b-c'.replace('-', '.')", "a.b.c"],
    ["self.size > 2 ? 'big' : 'small'", "big"],
    ["duration(self.timeout) > duration('1m') && duration('1h30m').getMinutes() == 90", true],
    ["timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')", true],
    ["quantity(self.memory).isGreaterThan(quantity('500Mi'))", true],
    ["'size is ' + string(self.size)", "size is 3"],
    ["'%s has %d'.format([self.name, self.size])", "web-1 has 3"],
    ["self.labels.a__dash__b", undefined],
    ["self.?nope.orValue('none')", "none"],
    ["self.nope == 1 || self.size == 3", true],
    ["self.nope == 1 && self.size == 4", false],
    [String.raw`r'\d+' == '\\d+'`, true],
    ["[1, 2] + [3] == [1, 2, 3]", true],
    ["isURL('https://a.example/x') && url('https://a.example/x').getHost() == 'a.example'", true],
    ["{'a': 1}.a == 1", true],
    ["type(self.size) == int", true],
  ];
  for (const [expression, expected] of cases) {
    if (expected === undefined) continue;
    it(`compute ${expression}`, () => {
      assert.deepEqual(evaluateCel(parseCel(expression), { self: celValue(self, undefined) }), expected);
    });
  }

  it("find members whose names are escaped", () => {
    assert.equal(
      evaluateCel(parseCel("self.a__dash__b"), {
        self: celValue(self.labels, { type: "object", properties: { "a-b": { type: "string" } } }),
      }),
      "c",
    );
  });

  for (const [expression, message] of [
    ["self.nope", "no such key: nope"],
    ["self.ports[5]", "index out of bounds: 5"],
    ["1 / 0", "division by zero"],
    ["self.name < 1", "no such overload"],
    ["duration('x')", "type conversion error from 'string' to 'google.protobuf.Duration'"],
    ["9223372036854775807 + self.size", "integer overflow"],
  ] as const) {
    it(`fail for ${expression}`, () => {
      assert.throws(() => evaluateCel(parseCel(expression), { self: celValue(self, undefined) }), {
        name: "CelError",
        message,
      });
    });
  }

  for (const [expression, offset] of [
    ["self.", 5],
    ["(1 + 2", 6],
    ["1 +", 3],
    ["a b", 2],
    ["self.x ? 1", 10],
    ["$", 0],
    ["has(self)", 4],
  ] as const) {
    it(`cannot be parsed: ${expression}`, () => {
      assert.throws(() => parseCel(expression), { name: "CelSyntaxError", offset });
    });
  }

  // The types of the schema tell integers from doubles before any object is there.
  for (const [rule, message] of [
    ["self.whole == self.part", "found no matching overload for '_==_' applied to '(int, double)'"],
    ["self.whole + 1.0 > 0.0", "found no matching overload for '_+_' applied to '(int, double)'"],
    ["self.whole > 1.5 && self.part > 1", undefined],
    ["self.nope", "undefined field 'nope'"],
    ["self.list.all(x, x > 1)", "found no matching overload for '_>_' applied to '(string, int)'"],
    ["self.whole", "cel expression must evaluate to a bool"],
    ["self.either == 1 || self.either == '1'", undefined],
    ["self.list.exists(i, x, i < 1 && x == '')", undefined],
    ["nosuch(self)", "undeclared reference to 'nosuch' (in container '')"],
  ] as const) {
    it(`${message === undefined ? "pass" : "are refused"} when they are made: ${rule}`, () => {
      const problems = expressionProblems(
        {
          type: "object",
          properties: {
            whole: { type: "integer" },
            part: { type: "number" },
            list: { type: "array", items: { type: "string" } },
            either: { "x-kubernetes-int-or-string": true },
          },
          "x-kubernetes-validations": [{ rule }],
        },
        { path: "schema", isRoot: false, uncorrelatable: undefined },
      );
      assert.equal(problems.length, message === undefined ? 0 : 1);
      if (message !== undefined) assert.ok(problems[0]?.detail.includes(message), problems[0]?.detail);
    });
  }
});
