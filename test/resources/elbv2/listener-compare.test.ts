import assert from "node:assert/strict";
import { certificateChanges } from "../../../src/resources/elbv2/listener-compare.ts";
import type { ListenerSpec } from "../../../src/resources/elbv2/specs.ts";

const base: ListenerSpec = {
  loadBalancerARN: "lb",
  port: 443,
  protocol: "HTTPS",
  defaultActions: [],
  certificateARN: "default",
  attributes: {},
  tags: {},
};

describe("certificates for SNI", () => {
  const cases: readonly {
    readonly name: string;
    readonly wanted: readonly string[] | undefined;
    readonly present: readonly string[] | undefined;
    readonly missing: readonly string[];
    readonly surplus: readonly string[];
  }[] = [
    { name: "that are as wanted need no call", wanted: ["a"], present: ["a"], missing: [], surplus: [] },
    { name: "that are missing are added", wanted: ["a", "b"], present: ["a"], missing: ["b"], surplus: [] },
    { name: "that nobody wants are taken off", wanted: [], present: ["a"], missing: [], surplus: ["a"] },
    {
      name: "keep the copy of the default certificate that LBC put there",
      wanted: ["a"],
      present: ["default", "a"],
      missing: [],
      surplus: [],
    },
    { name: "that are not managed are left alone", wanted: undefined, present: ["a"], missing: [], surplus: [] },
    { name: "that were not read are only added", wanted: ["a"], present: undefined, missing: ["a"], surplus: [] },
  ];
  for (const { name, wanted, present, missing, surplus } of cases) {
    it(name, () => {
      const desired = wanted === undefined ? base : { ...base, extraCertificateARNs: wanted };
      const observed = present === undefined ? base : { ...base, extraCertificateARNs: present };
      assert.deepEqual(certificateChanges(desired, observed), { missing, surplus });
    });
  }
});
