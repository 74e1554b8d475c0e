import assert from "node:assert/strict";
import type { Service } from "../../../src/api/builtin.ts";
import { type BuildOptions, build, existing, model, nlbIP, service } from "./fixtures.ts";

const plain = (key: string, value: string) => ({ plain: { [`service.beta.kubernetes.io/${key}`]: value } });
const forward = (forwardConfig: object) => plain("actions.TCP-80", JSON.stringify({ type: "forward", forwardConfig }));
const subnets = (annotations: Readonly<Record<string, string>>) => nlbIP({ ...annotations, subnets: "one, two" });
const notFound: BuildOptions = {
  facts: [
    [
      {
        kind: "subnets",
        loadBalancerType: "network",
        scheme: "internal",
        ipAddressType: "ipv4",
        selector: { by: "names-or-ids", values: ["one", "two"] },
      },
      { error: "there is no subnet named two" },
    ],
  ],
};
const reserved = { tags: { defaultTags: {}, externalManagedTags: ["cost"], defaultTagsLowPriority: false } };
const dualstack = { "ip-address-type": "dualstack" };
const natOn = { ...dualstack, "enable-prefix-for-ipv6-source-nat": "on" };

describe("input that is refused", () => {
  const rows: readonly [string, Service, RegExp, BuildOptions?][] = [
    ["a bool that is none", nlbIP({ internal: "0.0.0.0/0" }), /aws-load-balancer-internal must be true or false/],
    ["a map without values", nlbIP({ attributes: "a" }), /aws-load-balancer-attributes must be key=value pairs/],
    [
      "a number that is none",
      nlbIP({ "healthcheck-interval": "10s" }),
      /healthcheck-interval must be a whole number from 5 to 300/,
    ],
    ["a number out of AWS's range", nlbIP({ "healthcheck-healthy-threshold": "11" }), /from 2 to 10/],
    ["an unknown scheme", nlbIP({ scheme: "public" }), /scheme must be one of internal, internet-facing/],
    [
      "an unknown address type",
      nlbIP({ "ip-address-type": "dualstack-without-public-ipv4" }),
      /one of ipv4, dualstack/,
    ],
    ["subnets that are not found", subnets({}), /there is no subnet named two/, notFound],
    ["an empty list of subnets", nlbIP({ subnets: " , " }), /must name at least one subnet/],
    ["elastic addresses of an internal one", nlbIP({ "eip-allocations": "eipalloc-1,eipalloc-2" }), /internet-facing/],
    [
      "as many elastic addresses as there are not subnets",
      nlbIP({ scheme: "internet-facing", "eip-allocations": "eipalloc-1" }),
      /has 1 entries, and the load balancer 2 subnets/,
    ],
    [
      "private addresses of an internet-facing one",
      nlbIP({ scheme: "internet-facing", "private-ipv4-addresses": "10.0.0.1,10.0.1.1" }),
      /internal/,
    ],
    [
      "private addresses that are none",
      nlbIP({ "private-ipv4-addresses": "10.0.0.1,ten" }),
      /ten, which is not an IPv4 address/,
    ],
    [
      "private addresses of one subnet only",
      nlbIP({ "private-ipv4-addresses": "10.0.0.1,10.0.0.2" }),
      /exactly one address of subnet subnet-a/,
    ],
    ["IPv6 addresses without dualstack", nlbIP({ "ipv6-addresses": "2001:db8:0:a::1,2001:db8:0:b::1" }), /dualstack/],
    [
      "IPv6 addresses of the wrong family",
      nlbIP({ ...dualstack, "ipv6-addresses": "10.0.0.1,10.0.1.1" }),
      /not an IPv6 address/,
    ],
    [
      "source NAT without dualstack",
      nlbIP({ "enable-prefix-for-ipv6-source-nat": "on" }),
      /ip-address-type to be dualstack/,
    ],
    [
      "source NAT of another word",
      nlbIP({ ...dualstack, "enable-prefix-for-ipv6-source-nat": "yes" }),
      /one of on, off/,
    ],
    [
      "source NAT prefixes while it is off",
      nlbIP({ ...dualstack, "source-nat-ipv6-prefixes": "auto_assigned,auto_assigned" }),
      /to be on/,
    ],
    [
      "source NAT prefixes of another length",
      nlbIP({ ...natOn, "source-nat-ipv6-prefixes": "auto_assigned,2001:db8:0:b::/64" }),
      /prefix length 80/,
    ],
    [
      "source NAT prefixes outside of the subnet",
      nlbIP({ ...natOn, "source-nat-ipv6-prefixes": "auto_assigned,2001:db8:1::/80" }),
      /not within the IPv6 CIDRs of subnet subnet-b/,
    ],
    [
      "groups that cannot be taken off",
      nlbIP({ "disable-nlb-sg": "true" }),
      /cannot be left without/,
      { existing: [existing()] },
    ],
    [
      "security groups that are not found",
      nlbIP({ "security-groups": "front" }),
      /aws-load-balancer-security-groups: .*not found/,
    ],
    [
      "rules without back-end group",
      nlbIP({ "security-groups": "front", "manage-backend-security-group-rules": "true" }),
      /needs the back-end security group/,
      { settings: { backendSecurityGroup: { kind: "disabled" } } },
    ],
    [
      "IPv6 source ranges without dualstack",
      nlbIP({}, { spec: { loadBalancerSourceRanges: ["::/0"] } }),
      /spec.loadBalancerSourceRanges has IPv6 block/,
    ],
    [
      "source ranges that are none",
      nlbIP({}, plain("load-balancer-source-ranges", "everyone")),
      /everyone, which is not a CIDR block/,
    ],
    [
      "an unknown routing policy",
      nlbIP({ attributes: "dns_record.client_routing_policy=near" }),
      /any_availability_zone/,
    ],
    ["capacity of another key", nlbIP({ "minimum-load-balancer-capacity": "Units=5" }), /CapacityUnits=<number>/],
    ["a PrivateLink word", nlbIP({ "inbound-sg-rules-on-private-link-traffic": "true" }), /one of on, off/],
    ["a name of 33 characters", nlbIP({ name: "n".repeat(33) }), /no longer than 32 characters/],
    ["a name that AWS reserves", nlbIP({ name: "internal-web" }), /not starting with "internal-"/],
    [
      "tags managed by others",
      nlbIP({ "additional-resource-tags": "cost=1" }),
      /managed outside the cluster/,
      { settings: reserved },
    ],
    [
      "ssl-ports that are no ports",
      nlbIP({ "ssl-ports": "8443" }),
      /8443, which is neither name nor number of a port of the Service \(http, 80\)/,
    ],
    ["ssl-ports *", nlbIP({ "ssl-ports": "*" }), /leave the annotation out for all TCP ports/],
    ["an unknown ALPN policy", nlbIP({ "ssl-cert": "arn:x", "alpn-policy": "h2" }), /HTTP2Preferred/],
    ["QUIC on a TCP port", nlbIP({ "quic-enabled-ports": "80", "disable-nlb-sg": "true" }), /QUIC needs a UDP port/],
    [
      "QUIC with security groups",
      nlbIP({ "quic-enabled-ports": "80" }, { spec: { ports: [{ port: 80, protocol: "UDP" }] } }),
      /disable-nlb-sg/,
    ],
    [
      "three ports of one number",
      nlbIP(
        { "enable-tcp-udp-listener": "true" },
        { spec: { ports: (["TCP", "UDP", "TCP"] as const).map((protocol) => ({ port: 53, protocol })) } },
      ),
      /only one TCP and one UDP port can share port 53/,
    ],
    ["SCTP", nlbIP({}, { spec: { ports: [{ port: 80, protocol: "SCTP" }] } }), /SCTP of port 80 is not supported/],
    ["actions that are not JSON", nlbIP({}, plain("actions.TCP-80", "{")), /actions.TCP-80 is not JSON/],
    ["actions of another type", nlbIP({}, plain("actions.TCP-80", '{"type":"redirect"}')), /only forward is allowed/],
    ["actions without forwardConfig", nlbIP({}, plain("actions.TCP-80", '{"type":"forward"}')), /has no forwardConfig/],
    [
      "targets that are neither ARN nor Service",
      nlbIP({}, forward({ targetGroups: [{ weight: 1 }] })),
      /exactly one of targetGroupARN and serviceName/,
    ],
    [
      "Services without port",
      nlbIP({}, forward({ targetGroups: [{ serviceName: "web" }] })),
      /must have a servicePort/,
    ],
    [
      "weights out of range",
      nlbIP({}, forward({ targetGroups: [{ targetGroupARN: "arn:x", weight: 1000 }] })),
      /forwardConfig.targetGroups.0.weight/,
    ],
    [
      "missing weights",
      nlbIP({}, forward({ targetGroups: [{ targetGroupARN: "arn:x" }, { targetGroupARN: "arn:y", weight: 1 }] })),
      /must have a weight/,
    ],
    [
      "Services that are not there",
      nlbIP({}, forward({ targetGroups: [{ serviceName: "gone", servicePort: 80 }] })),
      /service default\/gone not found/,
    ],
    [
      "ports that are not there",
      nlbIP({}, forward({ targetGroups: [{ serviceName: "web", servicePort: 81 }] })),
      /unable to find port 81/,
    ],
    [
      "weights while the gate is off",
      nlbIP({}, forward({ targetGroups: [{ targetGroupARN: "arn:x", weight: 1 }] })),
      /WeightedTargetGroups is off/,
      { settings: { weightedTargetGroups: false } },
    ],
    [
      "ip targets while the gate is off",
      service("default/web", { annotations: { "nlb-target-type": "ip" } }),
      /EnableIPTargetType is off/,
      { settings: { enableIPTargetType: false } },
    ],
    [
      "instance targets of a ClusterIP Service",
      service("default/web", { spec: { type: "ClusterIP", ports: [{ port: 80 }] } }),
      /of type ClusterIP has no node port/,
    ],
    [
      "instance targets without node ports",
      service("default/web", { spec: { allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] } }),
      /spec.allocateLoadBalancerNodePorts to true/,
    ],
    ["IPv6 Services behind an ipv4 load balancer", nlbIP({}, { spec: { ipFamilies: ["IPv6"] } }), /lb not dual-stack/],
    ["another word for proxy protocol", nlbIP({ "proxy-protocol": "v2" }), /proxy-protocol must be "\*"/],
    [
      "port names for proxy protocol",
      nlbIP({ "proxy-protocol-per-target-group": "http" }),
      /http, which is not a port number/,
    ],
    [
      "client addresses kept perhaps",
      nlbIP({ "target-group-attributes": "preserve_client_ip.enabled=maybe" }),
      /preserve_client_ip.enabled "maybe"/,
    ],
    ["an unknown health check protocol", nlbIP({ "healthcheck-protocol": "udp" }), /one of TCP, HTTP, HTTPS/],
    ["an unknown health check port", nlbIP({ "healthcheck-port": "metrics" }), /unable to find port metrics/],
    [
      "a health check port by name whose target port is a name too",
      nlbIP({ "healthcheck-port": "http" }, { spec: { ports: [{ name: "http", port: 80, targetPort: "web" }] } }),
      /its targetPort web is a name/,
    ],
  ];
  for (const [name, wanted, message, options] of rows) {
    it(`is ${name}`, () => {
      const result = build(wanted, options);
      assert.equal(result.stack, undefined);
      assert.notEqual(result.held, undefined);
      const errors = result.problems.filter(({ severity }) => severity === "error");
      assert.ok(
        errors.some((problem) => message.test(problem.message)),
        JSON.stringify(result.problems, undefined, 2),
      );
      assert.ok(errors.every(({ object }) => object.kind === "Service" && object.name === "web"));
    });
  }
});

describe("a Service in error", () => {
  it("hears everything that is wrong at once", () => {
    const annotations = { scheme: "public", "proxy-protocol": "v2", name: "n".repeat(33), "security-groups": "front" };
    const fields = build(nlbIP(annotations)).problems.map(({ field = "" }) =>
      field.replace(/.*aws-load-balancer-|\]$/g, ""),
    );
    assert.deepEqual(fields.toSorted(), ["name", "proxy-protocol", "scheme"]);
  });

  it("keeps its last accepted content, also where its ports changed with the error", () => {
    const good = nlbIP({ "proxy-protocol": "*" });
    const accepted = build(good).accepted;
    assert.ok(accepted);
    const bad = nlbIP({ "proxy-protocol": "v2" }, { spec: { ports: [{ port: 81 }] } });
    const result = build(bad, { accepted });
    assert.equal(result.version, "accepted");
    assert.deepEqual(
      result.stack?.resources,
      model(good).resources.map((resource) => resource),
    );
    assert.equal(result.accepted, undefined);
  });

  it("does not take over the content of a namesake that was deleted", () => {
    const accepted = build(nlbIP()).accepted;
    assert.ok(accepted);
    const result = build(nlbIP({ scheme: "public" }), { accepted: { ...accepted, uid: "another" } });
    assert.deepEqual([result.version, result.stack], ["none", undefined]);
  });

  it("leaves the load balancer of a cluster that moved over as it is", () => {
    const result = build(nlbIP({ scheme: "public" }), { existing: [existing()] });
    assert.match(result.held ?? "", /left as it is until it is corrected/);
  });
});

describe("annotations without effect", () => {
  it("are told with the nearest key", () => {
    const result = build(nlbIP({ "proxy-protocl": "*", "connection-draining-enabled": "true" }));
    assert.equal(result.version, "current");
    const messages = result.problems.map(({ severity, message }) => `${severity}: ${message}`);
    assert.equal(messages.length, 2);
    assert.ok(messages.some((text) => /^warning: .*did you mean .*proxy-protocol\?/.test(text)));
  });

  it("are those of listeners that do not exist", () => {
    const plainKeys = plain("actions.UDP-80", "{");
    const result = build(nlbIP({ "quic-enabled-ports": "dns" }, plainKeys));
    assert.equal(result.version, "current");
    assert.deepEqual(
      result.problems.map(({ reason, value }) => [reason, value]),
      [
        ["InvalidAnnotation", "dns"],
        ["InvalidAnnotation", "UDP-80"],
      ],
    );
  });
});
