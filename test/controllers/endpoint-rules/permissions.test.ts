import assert from "node:assert/strict";
import type { Pod } from "../../../src/api/builtin.ts";
import type { TargetGroupBinding } from "../../../src/api/target-group-binding.ts";
import { buildEndpointRules, endpointRefs } from "../../../src/controllers/endpoint-rules/build.ts";
import {
  bindingPermissions,
  mergePermissions,
  ruleMarker,
} from "../../../src/controllers/endpoint-rules/permissions.ts";
import type { IngressPermission } from "../../../src/resources/ec2/specs.ts";

const group = { securityGroup: { groupID: "sg-lb" } };

function pod(
  name: string,
  ports: Readonly<Record<string, number>>,
  sidecar: Readonly<Record<string, number>> = {},
): Pod {
  const list = (all: Readonly<Record<string, number>>) =>
    Object.entries(all).map(([portName, containerPort]) => ({ name: portName, containerPort }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "shop", name, uid: name, resourceVersion: "1" },
    spec: {
      nodeName: "n",
      containers: [{ name: "main", ports: list(ports) }],
      initContainers: [{ name: "side", restartPolicy: "Always", ports: list(sidecar) }],
    },
    status: { podIP: `10.0.0.${name.length}` },
  };
}

function binding(name: string, networking: TargetGroupBinding["spec"]["networking"]): TargetGroupBinding {
  return {
    apiVersion: "elbv2.k8s.aws/v1beta1",
    kind: "TargetGroupBinding",
    metadata: { namespace: "shop", name, uid: name, resourceVersion: "1" },
    spec: { serviceRef: { name: "web", port: 80 }, ...(networking === undefined ? {} : { networking }) },
  };
}

function shown({ protocol, fromPort, toPort, source }: IngressPermission): string {
  return `${protocol} ${fromPort}-${toPort} ${Object.values(source).map(String).join()}`;
}

describe("what networking opens", () => {
  type Ports = Parameters<typeof bindingPermissions>[0]["ingress"] extends readonly (infer Rule)[] | undefined
    ? Rule
    : never;
  const rows: readonly [string, Ports, readonly Pod[], readonly string[], number][] = [
    [
      "is each port to each peer",
      {
        from: [group, { ipBlock: { cidr: "10.0.0.0/16" } }],
        ports: [
          { protocol: "TCP", port: 80 },
          { protocol: "UDP", port: 53 },
        ],
      },
      [],
      ["tcp 80-80 sg-lb", "tcp 80-80 10.0.0.0/16", "udp 53-53 sg-lb", "udp 53-53 10.0.0.0/16"],
      0,
    ],
    [
      "is every port of the protocol where none is named",
      { from: [group], ports: [{ protocol: "UDP" }] },
      [],
      ["udp 0-65535 sg-lb"],
      0,
    ],
    ["is all of TCP for an empty list of ports", { from: [group], ports: [] }, [], ["tcp 0-65535 sg-lb"], 0],
    [
      "is IPv6 for blocks with a colon",
      { from: [{ ipBlock: { cidr: "::/0" } }], ports: [{ protocol: "TCP", port: 80 }] },
      [],
      ["tcp 80-80 ::/0"],
      0,
    ],
    [
      "is the pods' own numbers for a name",
      { from: [group], ports: [{ protocol: "TCP", port: "http" }] },
      [pod("a", { http: 8080 }), pod("bb", { http: 9090 })],
      ["tcp 8080-8080 sg-lb", "tcp 9090-9090 sg-lb"],
      0,
    ],
    [
      "is the port of a side-car too",
      { from: [group], ports: [{ protocol: "TCP", port: "http" }] },
      [pod("a", {}, { http: 8080 })],
      ["tcp 8080-8080 sg-lb"],
      0,
    ],
    [
      "goes on for the others when one pod lacks the name",
      { from: [group], ports: [{ protocol: "TCP", port: "http" }] },
      [pod("a", { http: 8080 }), pod("bb", {})],
      ["tcp 8080-8080 sg-lb"],
      1,
    ],
  ];
  for (const [name, rule, pods, expected, unresolved] of rows) {
    it(name, () => {
      const found = bindingPermissions({ ingress: [rule] }, pods);
      assert.deepEqual(found.permissions.map(shown), expected);
      assert.equal(found.unresolved.length, unresolved);
      assert.ok(found.permissions.every(({ description }) => description === ruleMarker));
    });
  }
});

describe("rules of all bindings together", () => {
  const of = (
    protocol: string,
    fromPort: number,
    toPort: number,
    source: IngressPermission["source"],
  ): IngressPermission => ({ protocol, fromPort, toPort, source });
  const a = { securityGroupID: "sg-a" };
  const wide = [
    of("tcp", 80, 80, a),
    of("tcp", 8443, 8443, a),
    of("udp", 53, 53, a),
    of("tcp", 80, 80, { cidr: "10.0.0.0/16" }),
  ];

  it("keep distant ports apart while the quota allows", () => {
    assert.deepEqual(mergePermissions(wide, 50).map(shown), wide.map(shown));
  });

  it("join what overlaps or touches", () => {
    const permissions = [of("tcp", 80, 82, a), of("tcp", 83, 90, a), of("tcp", 85, 86, a), of("tcp", 80, 82, a)];
    assert.deepEqual(mergePermissions(permissions, 50).map(shown), ["tcp 80-90 sg-a"]);
  });

  it("close the smallest gaps first when the quota would be exceeded", () => {
    const permissions = [80, 90, 1000].map((port) => of("tcp", port, port, a));
    assert.deepEqual(mergePermissions(permissions, 2).map(shown), ["tcp 80-90 sg-a", "tcp 1000-1000 sg-a"]);
    assert.deepEqual(mergePermissions(wide, 3).map(shown), [
      "tcp 80-8443 sg-a",
      "udp 53-53 sg-a",
      "tcp 80-80 10.0.0.0/16",
    ]);
  });
});

describe("endpoint rules", () => {
  const networking = { ingress: [{ from: [group], ports: [{ protocol: "TCP" as const, port: "http" }] }] };
  const one = { binding: binding("one", networking), pods: [pod("a", { http: 8080 })], nodes: [] };
  const other = { binding: binding("other", networking), pods: [pod("bb", { http: 9090 })], nodes: [] };

  it("are kept for each security group", () => {
    const groupOf = new Map([
      ["10.0.0.1", { groupID: "sg-1" }],
      ["10.0.0.2", { groupID: "sg-2" }],
    ]);
    const { groups, complete } = buildEndpointRules([one, other], groupOf, 50);
    assert.deepEqual(
      [...groups].map(([id, permissions]) => [id, permissions.map(shown)]),
      [
        ["sg-1", ["tcp 8080-8080 sg-lb"]],
        ["sg-2", ["tcp 9090-9090 sg-lb"]],
      ],
    );
    assert.equal(complete, true);
  });

  it("leave an endpoint out whose group cannot be told, tell its binding, and revoke nothing", () => {
    const groupOf = new Map<string, { readonly groupID: string } | { readonly error: string }>([
      ["10.0.0.1", { groupID: "sg-1" }],
      ["10.0.0.2", { error: "expected exactly one security group" }],
    ]);
    const { groups, complete, problems } = buildEndpointRules([one, other], groupOf, 50);
    assert.deepEqual([[...groups.keys()], complete], [["sg-1"], false]);
    assert.deepEqual(
      [...problems].map(([key, [first]]) => [key, first?.message]),
      [["shop/other", "expected exactly one security group"]],
    );
  });

  it("are none for bindings without networking", () => {
    const { groups } = buildEndpointRules([{ ...one, binding: binding("none", undefined) }], new Map(), 50);
    assert.equal(groups.size, 0);
  });

  it("ask once for each endpoint, with what tells its network interface", () => {
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "n", uid: "n", resourceVersion: "1", labels: { "eks.amazonaws.com/compute-type": "ec2" } },
      spec: { providerID: "aws:///eu-west-1a/i-1" },
    };
    const refs = endpointRefs([one, one, { ...other, pods: [], nodes: [node] }], () => node);
    assert.deepEqual(refs, [
      { id: "10.0.0.1", kind: "pod", instanceID: "i-1", computeType: "ec2" },
      { id: "i-1", kind: "node" },
    ]);
  });
});
