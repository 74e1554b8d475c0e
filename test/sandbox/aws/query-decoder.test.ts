import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeForm } from "../../../src/sandbox/aws/query-decoder.ts";

describe("decodeForm", () => {
  const cases: [string, "member" | "flat", string, object][] = [
    ["scalars", "member", "A=1&B=x", { A: "1", B: "x" }],
    [
      "lists of the query protocol in the order of their numbers",
      "member",
      "L.member.10=b&L.member.9=a",
      { L: ["a", "b"] },
    ],
    ["structures in lists", "member", "T.member.1.Key=k&T.member.1.Value=v", { T: [{ Key: "k", Value: "v" }] }],
    [
      "lists inside structures",
      "member",
      "A.member.1.F.G.member.1.Arn=x&A.member.1.Type=forward",
      { A: [{ F: { G: [{ Arn: "x" }] }, Type: "forward" }] },
    ],
    [
      "maps",
      "member",
      "M.entry.1.key=a&M.entry.1.value=1&M.entry.2.key=b&M.entry.2.value=2",
      { M: { a: "1", b: "2" } },
    ],
    ["an empty list as empty text", "member", "L=", { L: "" }],
    ["numbers without member as members of an object, which is no list", "member", "L.1=a", { L: { 1: "a" } }],
    ["EC2's flat lists", "flat", "G.1=a&G.2=b", { G: ["a", "b"] }],
    ["EC2's nested lists", "flat", "F.1.Name=n&F.1.Value.1=v", { F: [{ Name: "n", Value: ["v"] }] }],
    ["member lists sent to EC2 as an object", "flat", "G.member.1=a", { G: { member: ["a"] } }],
  ];
  for (const [what, lists, form, expected] of cases) {
    it(`decodes ${what}`, () => {
      assert.deepEqual(decodeForm(new URLSearchParams(form), lists), expected);
    });
  }

  it("gives back any list of texts that was written as a client writes it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.constantFrom("member" as const, "flat" as const),
        (items, lists) => {
          const form = new URLSearchParams();
          for (const [index, item] of items.entries())
            form.append(lists === "member" ? `L.member.${index + 1}` : `L.${index + 1}`, item);
          assert.deepEqual(decodeForm(form, lists), { L: items });
        },
      ),
    );
  });
});
