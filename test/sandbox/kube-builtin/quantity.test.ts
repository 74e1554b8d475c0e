import assert from "node:assert/strict";
import { canonicalQuantity } from "../../../src/sandbox/kube/builtin/quantity.ts";

describe("canonical quantities", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["0", "0"],
    ["2000m", "2"],
    ["0.1", "100m"],
    ["1.5", "1500m"],
    [".5", "500m"],
    ["1024Ki", "1Mi"],
    ["0.5Gi", "512Mi"],
    ["1500M", "1500M"],
    ["100000", "100k"],
    ["1e3", "1e3"],
    ["1E3", "1e3"],
    ["12e4", "120e3"],
    ["512", "512"],
    ["0.5Ki", "512"],
    ["1.3Ki", "1332"],
    ["-5", "-5"],
    ["0.0000000001", "1n"],
    ["1Ei", "1Ei"],
    ["1K", undefined],
    ["", undefined],
    ["x", undefined],
  ];
  for (const [text, canonical] of cases) {
    it(`writes ${JSON.stringify(text)} as ${canonical}`, () => assert.equal(canonicalQuantity(text), canonical));
  }
});
