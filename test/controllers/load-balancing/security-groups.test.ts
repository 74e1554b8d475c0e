import assert from "node:assert/strict";
import { inboundPermissions } from "../../../src/controllers/load-balancing/inbound-permissions.ts";
import { decideSecurityGroups } from "../../../src/controllers/load-balancing/security-group-decision.ts";

describe("the security group decision", () => {
  const rows = [
    {
      named: [],
      backendEnabled: true,
      manageRules: false,
      expected: { managed: true, named: [], backend: true, source: "backend" },
    },
    {
      named: [],
      backendEnabled: false,
      manageRules: true,
      expected: { managed: true, named: [], backend: false, source: "managed" },
    },
    {
      named: ["sg-1"],
      backendEnabled: true,
      manageRules: false,
      expected: { managed: false, named: ["sg-1"], backend: false },
    },
    {
      named: ["sg-1"],
      backendEnabled: true,
      manageRules: true,
      expected: { managed: false, named: ["sg-1"], backend: true, source: "backend" },
    },
    { named: ["sg-1"], backendEnabled: false, manageRules: true, expected: undefined },
  ];
  for (const { expected, ...input } of rows) {
    it(`for ${JSON.stringify(input)} is ${JSON.stringify(expected) ?? "refused"}`, () =>
      assert.deepEqual(decideSecurityGroups(input), expected));
  }
});

describe("inbound rules of a managed security group", () => {
  const port = (number: number, cidrs: readonly string[] = [], prefixLists: readonly string[] = []) =>
    ({ protocol: "tcp", port: number, cidrs, prefixLists }) as const;

  it("open a port to everyone when no source is given", () => {
    assert.deepEqual(inboundPermissions([port(80)], { dualStack: true }), [
      { protocol: "tcp", fromPort: 80, toPort: 80, source: { cidr: "0.0.0.0/0" } },
      { protocol: "tcp", fromPort: 80, toPort: 80, source: { cidrIPv6: "::/0" } },
    ]);
  });

  it("leave IPv6 sources out where the load balancer is ipv4", () => {
    assert.deepEqual(inboundPermissions([port(80, ["2001:db8::/32"])], { dualStack: false }), []);
  });

  it("do not add the open default beside prefix lists", () => {
    assert.deepEqual(inboundPermissions([port(443, [], ["pl-1"])], { dualStack: false }), [
      { protocol: "tcp", fromPort: 443, toPort: 443, source: { prefixListID: "pl-1" } },
    ]);
  });

  it("clear host bits as EC2 does", () => {
    assert.deepEqual(inboundPermissions([port(80, ["10.1.2.3/8"])], { dualStack: false })[0]?.source, {
      cidr: "10.0.0.0/8",
    });
  });

  it("join neighbouring ports with equal sources when asked to save rules", () => {
    const ports = [port(82), port(80), port(81), port(90), port(83, ["10.0.0.0/8"])];
    const ranges = inboundPermissions(ports, { dualStack: false, merge: true }).map(({ fromPort, toPort }) => [
      fromPort,
      toPort,
    ]);
    assert.deepEqual(ranges, [
      [80, 82],
      [83, 83],
      [90, 90],
    ]);
  });
});
