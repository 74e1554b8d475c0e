import assert from "node:assert/strict";
import {
  fromSdkPermissions,
  permissionChanges,
  permissionKey,
  toSdkPermissions,
} from "../../../src/resources/ec2/permissions.ts";
import { isMarked } from "../../../src/resources/ec2/security-group-rules.ts";
import type { IngressPermission } from "../../../src/resources/ec2/specs.ts";

const tcp = (port: number, source: IngressPermission["source"], description?: string): IngressPermission => ({
  protocol: "tcp",
  fromPort: port,
  toPort: port,
  source,
  ...(description === undefined ? {} : { description }),
});

describe("inbound permissions", () => {
  const same: readonly [string, IngressPermission, IngressPermission][] = [
    ["a block with host bits", tcp(80, { cidr: "10.1.2.3/8" }), tcp(80, { cidr: "10.0.0.0/8" })],
    ["an IPv6 block written out", tcp(80, { cidrIPv6: "2001:0db8:0::/32" }), tcp(80, { cidrIPv6: "2001:db8::/32" })],
    ["a protocol by number", { ...tcp(80, { cidr: "0.0.0.0/0" }), protocol: "6" }, tcp(80, { cidr: "0.0.0.0/0" })],
    [
      "all protocols with and without ports",
      { protocol: "-1", fromPort: -1, toPort: -1, source: { cidr: "0.0.0.0/0" } },
      { protocol: "-1", source: { cidr: "0.0.0.0/0" } },
    ],
    ["another description", tcp(80, { cidr: "0.0.0.0/0" }, "a"), tcp(80, { cidr: "0.0.0.0/0" }, "b")],
  ];
  for (const [title, a, b] of same) {
    it(`take for the same: ${title}`, () => {
      assert.equal(permissionKey(a), permissionKey(b));
    });
  }

  it("tell ports, protocols and sources apart", () => {
    const keys = [
      tcp(80, { cidr: "0.0.0.0/0" }),
      tcp(81, { cidr: "0.0.0.0/0" }),
      { ...tcp(80, { cidr: "0.0.0.0/0" }), protocol: "udp" },
      tcp(80, { securityGroupID: "sg-1" }),
      tcp(80, { prefixListID: "pl-1" }),
      tcp(80, { cidrIPv6: "::/0" }),
    ].map(permissionKey);
    assert.equal(new Set(keys).size, keys.length);
  });

  it("go to AWS as one entry for each range of ports, and come back one by one", () => {
    const permissions = [
      tcp(80, { cidr: "10.0.0.0/8" }, "x"),
      tcp(80, { cidrIPv6: "::/0" }),
      tcp(80, { securityGroupID: "sg-1" }),
      tcp(443, { prefixListID: "pl-1" }),
    ];
    const sent = toSdkPermissions(permissions);
    assert.equal(sent.length, 2);
    assert.deepEqual(fromSdkPermissions(sent), permissions);
  });

  it("are added and taken away by what they allow", () => {
    const { missing, surplus } = permissionChanges(
      [tcp(80, { cidr: "10.9.9.9/8" }), tcp(443, { cidr: "0.0.0.0/0" })],
      [tcp(80, { cidr: "10.0.0.0/8" }, "kept"), tcp(22, { cidr: "0.0.0.0/0" })],
    );
    assert.deepEqual(missing, [tcp(443, { cidr: "0.0.0.0/0" })]);
    assert.deepEqual(surplus, [tcp(22, { cidr: "0.0.0.0/0" })]);
  });

  const descriptions: readonly [string, boolean][] = [
    ["elbv2.k8s.aws/targetGroupBinding=shared", true],
    ["a=b,elbv2.k8s.aws/targetGroupBinding=shared", true],
    ["elbv2.k8s.aws/targetGroupBinding=other", false],
    ["made for elbv2.k8s.aws/targetGroupBinding", false],
    ["", false],
  ];
  for (const [description, expected] of descriptions) {
    it(`are ${expected ? "" : "not "}ours when described as "${description}"`, () => {
      assert.equal(isMarked(tcp(80, { cidr: "0.0.0.0/0" }, description)), expected);
    });
  }
});
