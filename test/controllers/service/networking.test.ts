import assert from "node:assert/strict";
import { ref } from "../../../src/engine/stack.ts";
import { type BuildOptions, build, existing, model, nlbIP, service } from "./fixtures.ts";

const managed = ref("ec2/SecurityGroup", "ManagedLBSecurityGroup", "id");
const named: BuildOptions["facts"] = [
  [{ kind: "security-groups", namesOrIDs: ["sg-1", "front"] }, { value: ["sg-1", "sg-2"] }],
];

describe("security groups", () => {
  const explicit = { "security-groups": "sg-1, front" };
  const manage = { ...explicit, "manage-backend-security-group-rules": "true" };
  const disabled = { backendSecurityGroup: { kind: "disabled" as const } };
  const rows: readonly [string, Readonly<Record<string, string>>, BuildOptions, readonly unknown[], unknown][] = [
    [
      "are none where the load balancer has none",
      {},
      { existing: [existing({ hasSecurityGroups: false })] },
      [],
      "addresses",
    ],
    ["are none where the user wants none of a new one", { "disable-nlb-sg": "true" }, {}, [], "addresses"],
    ["are none with the gate NLBSecurityGroup off", {}, { settings: { securityGroups: false } }, [], "addresses"],
    ["are a managed one and the back-end group", {}, {}, [managed, "sg-back"], "sg-back"],
    ["are a managed one alone without back-end group", {}, { settings: disabled }, [managed], managed],
    ["are those given, and nobody's rules are touched", explicit, { facts: named }, ["sg-1", "sg-2"], undefined],
    [
      "are those given and the back-end group, where rules are managed",
      manage,
      { facts: named },
      ["sg-1", "sg-2", "sg-back"],
      "sg-back",
    ],
    [
      "are those given and the back-end group, where the flag manages rules",
      explicit,
      { facts: named, settings: { manageBackendSecurityGroupRules: true } },
      ["sg-1", "sg-2", "sg-back"],
      "sg-back",
    ],
    ["are a managed one for an empty list", { "security-groups": "," }, {}, [managed, "sg-back"], "sg-back"],
  ];
  for (const [name, annotations, options, groups, source] of rows) {
    it(name, () => {
      const wanted = model(nlbIP(annotations), options);
      assert.deepEqual(wanted.loadBalancer.securityGroups, groups);
      const [binding] = Object.values(wanted.bindings);
      const from = binding?.spec.networking?.ingress[0]?.from[0];
      if (source === "addresses") assert.ok(from?.ipBlock);
      else assert.deepEqual(from?.securityGroup?.groupID, source);
    });
  }

  it("stay off when the user opens the groups of a load balancer without any", () => {
    const wanted = model(nlbIP({ "disable-nlb-sg": "true", "manage-backend-security-group-rules": "false" }));
    assert.equal(Object.values(wanted.bindings)[0]?.spec.networking, undefined);
  });

  it("may be had by the successor of a load balancer that has none", () => {
    const wanted = model(nlbIP({ scheme: "internet-facing" }), { existing: [existing({ hasSecurityGroups: false })] });
    assert.deepEqual(wanted.loadBalancer.securityGroups, [managed, "sg-back"]);
  });

  it("cannot be taken off, and the load balancer keeps what it was accepted with", () => {
    const accepted = build(nlbIP()).accepted;
    assert.ok(accepted);
    const result = build(nlbIP({ "disable-nlb-sg": "true" }), { existing: [existing()], accepted });
    assert.equal(result.version, "accepted");
    assert.match(result.problems[0]?.message ?? "", /disable-nlb-sg conflicts with the load balancer/);
  });
});

describe("the managed security group", () => {
  const rules = (wanted: ReturnType<typeof nlbIP>) =>
    (model(wanted).securityGroups["ManagedLBSecurityGroup"]?.ingress ?? []).map(
      ({ protocol, fromPort, toPort, source }) =>
        `${protocol} ${fromPort}-${toPort} ${Object.values(source).map(String).join()}`,
    );

  it("is open to everyone on the Service's ports and protocols", () => {
    const ports = [
      { name: "a", port: 53, protocol: "TCP" as const },
      { name: "b", port: 53, protocol: "UDP" as const },
    ];
    assert.deepEqual(rules(nlbIP({}, { spec: { ports } })), ["tcp 53-53 0.0.0.0/0", "udp 53-53 0.0.0.0/0"]);
  });

  it("is open to IPv6 too on dualstack load balancers", () => {
    assert.deepEqual(rules(nlbIP({ "ip-address-type": "dualstack" })), ["tcp 80-80 0.0.0.0/0", "tcp 80-80 ::/0"]);
  });

  it("admits the ranges of the spec before those of the annotation, as EC2 writes them", () => {
    const plain = { "service.beta.kubernetes.io/load-balancer-source-ranges": "172.16.0.0/12" };
    assert.deepEqual(rules(nlbIP({}, { plain })), ["tcp 80-80 172.16.0.0/12"]);
    const spec = { loadBalancerSourceRanges: ["1.2.3.4/19"] };
    assert.deepEqual(rules(nlbIP({}, { plain, spec })), ["tcp 80-80 1.2.0.0/19"]);
  });

  it("admits prefix lists in place of everyone", () => {
    assert.deepEqual(rules(nlbIP({ "security-group-prefix-lists": "pl-1" })), ["tcp 80-80 pl-1"]);
    assert.deepEqual(rules(nlbIP({ "security-group-prefix-lists": "" })), ["tcp 80-80 0.0.0.0/0"]);
  });

  it("admits path MTU discovery for on, and says so of other words", () => {
    const suffix = "enable-icmp-for-path-mtu-discovery";
    assert.deepEqual(rules(nlbIP({ [suffix]: "on", "ip-address-type": "dualstack" })), [
      "tcp 80-80 0.0.0.0/0",
      "tcp 80-80 ::/0",
      "icmp 3-4 0.0.0.0/0",
      "icmpv6 2-0 ::/0",
    ]);
    assert.deepEqual(rules(nlbIP({ [suffix]: "true" })), ["tcp 80-80 0.0.0.0/0"]);
    assert.equal(build(nlbIP({ [suffix]: "true" })).problems[0]?.severity, "warning");
  });
});

/** The ports of each rule as `PROTOCOL port`, with their sources. */
function rulesOf(wanted: ReturnType<typeof nlbIP>, options: BuildOptions = {}) {
  const [binding] = Object.values(model(wanted, options).bindings);
  return (binding?.spec.networking?.ingress ?? []).map(({ from, ports }) => ({
    from: from.map(({ ipBlock, securityGroup }) => ipBlock?.cidr ?? securityGroup?.groupID),
    ports: ports.map(({ protocol, port = "all" }) => `${protocol} ${port}`),
  }));
}

describe("rules for traffic from a security group", () => {
  const udp = {
    spec: { ports: [{ name: "dns", port: 53, targetPort: 5353, protocol: "UDP" as const, nodePort: 30053 }] },
  };
  const both = {
    spec: {
      ports: [
        { name: "tcp", port: 53, targetPort: 5353, protocol: "TCP" as const },
        { name: "udp", port: 53, targetPort: 5353, protocol: "UDP" as const },
      ],
    },
  };
  const merge = { "enable-tcp-udp-listener": "true" };
  const open = { settings: { restrictedSecurityGroupRules: false } };
  const rows: readonly [string, ReturnType<typeof nlbIP>, BuildOptions, readonly string[]][] = [
    ["open the target port for TCP", nlbIP(), {}, ["TCP 8080"]],
    ["open the node port for instance targets", service("default/web"), {}, ["TCP 30080"]],
    ["open the health check's own port too", nlbIP({ "healthcheck-port": "9090" }), {}, ["TCP 8080", "TCP 9090"]],
    ["open TCP beside UDP for the health check", nlbIP({}, udp), {}, ["UDP 5353", "TCP 5353"]],
    [
      "open the other port for the health check of UDP",
      nlbIP({ "healthcheck-port": "8853" }, udp),
      {},
      ["UDP 5353", "TCP 8853"],
    ],
    ["open both protocols for TCP_UDP", nlbIP(merge, both), {}, ["UDP 5353", "TCP 5353"]],
    [
      "open the health check port of TCP_UDP",
      nlbIP({ ...merge, "healthcheck-port": "9090" }, both),
      {},
      ["UDP 5353", "TCP 5353", "TCP 9090"],
    ],
    ["open all TCP ports when not restricted", nlbIP(), open, ["TCP all"]],
    ["open all ports of both protocols for UDP when not restricted", nlbIP({}, udp), open, ["TCP all", "UDP all"]],
  ];
  for (const [name, wanted, options, ports] of rows) {
    it(name, () => {
      assert.deepEqual(rulesOf(wanted, options), [{ from: ["sg-back"], ports }]);
    });
  }
});

describe("rules for traffic to a load balancer without security groups", () => {
  const off = { "disable-nlb-sg": "true" };
  const subnets = ["10.0.0.0/24", "10.0.1.0/24"];
  const tcp = ["TCP 8080"];
  const udp = { spec: { ports: [{ name: "dns", port: 53, targetPort: 5353, protocol: "UDP" as const }] } };
  const preserve = { ...off, "target-group-attributes": "preserve_client_ip.enabled=true" };
  const ranges = (...loadBalancerSourceRanges: string[]) => ({ spec: { loadBalancerSourceRanges } });
  const rows: readonly [string, ReturnType<typeof nlbIP>, ReturnType<typeof rulesOf>][] = [
    ["admit the subnets for ip targets that do not see clients", nlbIP(off), [{ from: subnets, ports: tcp }]],
    [
      "admit the VPC to an internal one whose targets see clients",
      nlbIP(preserve),
      [{ from: ["10.0.0.0/16"], ports: tcp }],
    ],
    [
      "admit everyone to an internet-facing one whose targets see clients",
      nlbIP({ ...preserve, scheme: "internet-facing" }),
      [{ from: ["0.0.0.0/0"], ports: tcp }],
    ],
    [
      "admit source ranges, and the subnets for health checks beside them",
      nlbIP(preserve, ranges("172.16.0.0/12")),
      [
        { from: ["172.16.0.0/12"], ports: tcp },
        { from: subnets, ports: tcp },
      ],
    ],
    [
      "need no rule for health checks where everyone is admitted",
      nlbIP(preserve, ranges("0.0.0.0/0")),
      [{ from: ["0.0.0.0/0"], ports: tcp }],
    ],
    [
      "admit health checks on another port from the subnets",
      nlbIP({ ...off, "healthcheck-port": "9090" }),
      [
        { from: subnets, ports: tcp },
        { from: subnets, ports: ["TCP 9090"] },
      ],
    ],
    [
      "admit UDP from clients and TCP health checks from the subnets",
      nlbIP(off, udp),
      [
        { from: ["10.0.0.0/16"], ports: ["UDP 5353"] },
        { from: subnets, ports: ["TCP 5353"] },
      ],
    ],
    [
      "admit the VPC to nodes, whose client addresses are kept by default",
      service("default/web", { annotations: off }),
      [{ from: ["10.0.0.0/16"], ports: ["TCP 30080"] }],
    ],
  ];
  for (const [name, wanted, expected] of rows) {
    it(name, () => {
      assert.deepEqual(rulesOf(wanted), expected);
    });
  }

  it("use IPv6 blocks for IPv6 target groups", () => {
    const wanted = nlbIP({ ...off, "ip-address-type": "dualstack" }, { spec: { ipFamilies: ["IPv6"] } });
    assert.deepEqual(rulesOf(wanted), [{ from: ["2001:db8:0:a::/64", "2001:db8:0:b::/64"], ports: tcp }]);
  });
});

describe("bindings", () => {
  it("carry node labels for instance targets alone", () => {
    const annotations = { "target-node-labels": "pool=edge" };
    const [instance] = Object.values(model(service("default/web", { annotations })).bindings);
    assert.deepEqual(instance?.spec.nodeSelector, { matchLabels: { pool: "edge" } });
    const [ip] = Object.values(model(nlbIP(annotations)).bindings);
    assert.equal(ip?.spec.nodeSelector, undefined);
  });

  it("say when targets of other clusters share the group", () => {
    const [binding] = Object.values(model(nlbIP({ "multi-cluster-target-group": "true" })).bindings);
    assert.equal(binding?.spec.multiClusterTargetGroup, true);
  });
});
