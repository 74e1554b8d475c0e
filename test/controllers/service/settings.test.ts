import assert from "node:assert/strict";
import { ref } from "../../../src/engine/stack.ts";
import { build, existing, model, nlbIP, service, soleTargetGroup } from "./fixtures.ts";

const cert = "arn:aws:acm:eu-west-1:111122223333:certificate/";

describe("scheme", () => {
  const rows: readonly [string, Readonly<Record<string, string>>, "internal" | "internet-facing"][] = [
    ["is internal by default", {}, "internal"],
    ["is internal for internal=true", { internal: "true" }, "internal"],
    ["is internet-facing for internal=false", { internal: "false" }, "internet-facing"],
    ["is what scheme says, whatever internal says", { internal: "true", scheme: "internet-facing" }, "internet-facing"],
  ];
  for (const [name, annotations, expected] of rows) {
    it(name, () => {
      assert.equal(model(nlbIP(annotations)).loadBalancer.scheme, expected);
    });
  }

  it("stays as it is where nobody says a word", () => {
    const wanted = model(nlbIP(), { existing: [existing({ scheme: "internet-facing" })] });
    assert.equal(wanted.loadBalancer.scheme, "internet-facing");
    assert.deepEqual(wanted.loadBalancer.subnetMappings, [{ subnetID: "subnet-old" }]);
  });

  it("changes by a successor of another name with target groups of its own", () => {
    const before = model(nlbIP());
    const wanted = model(nlbIP({ scheme: "internet-facing" }), {
      existing: [existing({ name: before.loadBalancer.name })],
    });
    assert.equal(wanted.loadBalancer.scheme, "internet-facing");
    assert.deepEqual(
      wanted.loadBalancer.subnetMappings.map(({ subnetID }) => subnetID),
      ["subnet-a", "subnet-b"],
    );
    assert.notEqual(soleTargetGroup(wanted).name, soleTargetGroup(before).name);
    assert.notEqual(wanted.loadBalancer.name, before.loadBalancer.name);
  });

  it("does not change while the load balancer is protected from deletion, and the user is told", () => {
    const present = existing();
    const result = build(nlbIP({ scheme: "internet-facing" }), {
      existing: [present],
      facts: [[{ kind: "deletion-protection", loadBalancerARN: present.arn }, { value: true }]],
    });
    assert.deepEqual(
      result.problems.map(({ reason }) => reason),
      ["ReplacementBlocked"],
    );
    const [loadBalancer] = result.stack?.resources.filter(({ type }) => type === "elbv2/LoadBalancer") ?? [];
    assert.equal((loadBalancer?.spec as { scheme: string } | undefined)?.scheme, "internal");
  });
});

describe("target types", () => {
  it("are those of the flag where nothing is said", () => {
    assert.equal(soleTargetGroup(model(service("default/web"))).targetType, "instance");
    const ip = model(service("default/web"), { settings: { defaultTargetType: "ip" } });
    assert.equal(soleTargetGroup(ip).targetType, "ip");
  });

  it("are instance for a word that is not known, with a warning", () => {
    const result = build(service("default/web", { annotations: { "nlb-target-type": "pod" } }));
    assert.equal(result.version, "current");
    assert.deepEqual(
      result.problems.map(({ severity, value }) => [severity, value]),
      [["warning", "pod"]],
    );
  });

  it("are ip for nlb-ip, whatever nlb-target-type and the gate say", () => {
    const wanted = model(nlbIP({ "nlb-target-type": "instance" }), { settings: { enableIPTargetType: false } });
    assert.equal(soleTargetGroup(wanted).targetType, "ip");
  });

  it("make the target group's port: node port, target port, or 1 for a name", () => {
    const port = (annotations: Readonly<Record<string, string>>, targetPort: number | string) =>
      soleTargetGroup(
        model(service("default/web", { annotations, spec: { ports: [{ port: 80, targetPort, nodePort: 30080 }] } })),
      ).port;
    assert.equal(port({}, 8080), 30080);
    assert.equal(port({ type: "nlb-ip" }, 8080), 8080);
    assert.equal(port({ type: "nlb-ip" }, "http"), 1);
  });
});

describe("listeners of a Service with TCP ports 80 and 443", () => {
  const ports = [
    { name: "http", port: 80, targetPort: 8080, protocol: "TCP" as const },
    { name: "https", port: 443, targetPort: 8443, protocol: "TCP" as const },
  ];
  const rows: readonly [string, Readonly<Record<string, string>>, readonly [string, string][]][] = [
    [
      "are plain without certificates",
      {},
      [
        ["TCP", "TCP"],
        ["TCP", "TCP"],
      ],
    ],
    [
      "are all TLS with a certificate and without ssl-ports",
      { "ssl-cert": `${cert}a` },
      [
        ["TLS", "TCP"],
        ["TLS", "TCP"],
      ],
    ],
    [
      "are TLS on the ports given by number",
      { "ssl-cert": `${cert}a`, "ssl-ports": "443" },
      [
        ["TCP", "TCP"],
        ["TLS", "TCP"],
      ],
    ],
    [
      "are TLS on the ports given by name",
      { "ssl-cert": `${cert}a`, "ssl-ports": "https" },
      [
        ["TCP", "TCP"],
        ["TLS", "TCP"],
      ],
    ],
    [
      "are plain with ssl-ports and no certificate",
      { "ssl-ports": "443" },
      [
        ["TCP", "TCP"],
        ["TCP", "TCP"],
      ],
    ],
    [
      "have TLS target groups for backend-protocol ssl, on TLS ports alone",
      { "ssl-cert": `${cert}a`, "ssl-ports": "443", "backend-protocol": "ssl" },
      [
        ["TCP", "TCP"],
        ["TLS", "TLS"],
      ],
    ],
    ...["tcp", "http", "https", "SSL"].map(
      (word): [string, Readonly<Record<string, string>>, readonly [string, string][]] => [
        `have TCP target groups for backend-protocol ${word}`,
        { "ssl-cert": `${cert}a`, "ssl-ports": "443", "backend-protocol": word },
        [
          ["TCP", "TCP"],
          ["TLS", "TCP"],
        ],
      ],
    ),
  ];
  for (const [name, annotations, expected] of rows) {
    it(name, () => {
      const { listeners, targetGroups } = model(nlbIP(annotations, { spec: { ports } }));
      const found = [80, 443].map((port) => [listeners[port]?.protocol, targetGroups[`default/web:${port}`]?.protocol]);
      assert.deepEqual(found, expected);
    });
  }

  it("have the flag's policy where none is given, and the ALPN policy on TLS alone", () => {
    const annotations = { "ssl-cert": `${cert}a`, "ssl-ports": "443", "alpn-policy": "HTTP2Preferred" };
    const { listeners } = model(nlbIP(annotations, { spec: { ports } }));
    assert.equal(listeners[443]?.sslPolicy, "ELBSecurityPolicy-2016-08");
    assert.deepEqual(listeners[443]?.alpnPolicy, ["HTTP2Preferred"]);
    assert.deepEqual([listeners[80]?.sslPolicy, listeners[80]?.alpnPolicy], [undefined, undefined]);
  });

  it("have the attributes given for their protocol and port, which TLS listeners do not take", () => {
    const idle = "tcp.idle_timeout.seconds=400";
    const annotations = {
      "ssl-cert": `${cert}a`,
      "ssl-ports": "443",
      "listener-attributes.TCP-80": idle,
      "listener-attributes.TLS-443": idle,
      "listener-attributes.UDP-80": idle,
    };
    const result = build(nlbIP(annotations, { spec: { ports } }));
    const { listeners } = model(nlbIP(annotations, { spec: { ports } }));
    assert.deepEqual(listeners[80]?.attributes, { "tcp.idle_timeout.seconds": "400" });
    assert.deepEqual(listeners[443]?.attributes, {});
    assert.deepEqual(
      result.problems.map(({ message }) => /UDP-80 has no effect/.test(message)),
      [true],
    );
  });
});

describe("TCP and UDP on one port", () => {
  const ports = [
    { name: "tcp", port: 53, targetPort: 5353, protocol: "TCP" as const },
    { name: "udp", port: 53, targetPort: 5353, protocol: "UDP" as const },
  ];

  it("give the first a listener and tell of the second, when they are not merged", () => {
    const wanted = nlbIP({}, { spec: { ports } });
    assert.equal(model(wanted).listeners[53]?.protocol, "TCP");
    assert.match(build(wanted).problems[0]?.message ?? "", /53\/UDP gets no listener/);
  });

  it("are one TCP_UDP listener and target group when merged", () => {
    const { listeners, targetGroups } = model(nlbIP({ "enable-tcp-udp-listener": "true" }, { spec: { ports } }));
    assert.deepEqual([listeners[53]?.protocol, targetGroups["default/web:53"]?.protocol], ["TCP_UDP", "TCP_UDP"]);
  });

  it("are merged by the gate, which a malformed annotation leaves as it is", () => {
    const options = { settings: { mergeTCPAndUDP: true } };
    assert.equal(model(nlbIP({}, { spec: { ports } }), options).listeners[53]?.protocol, "TCP_UDP");
    const malformed = nlbIP({ "enable-tcp-udp-listener": "perhaps" }, { spec: { ports } });
    assert.equal(model(malformed, options).listeners[53]?.protocol, "TCP_UDP");
  });

  it("become QUIC and TCP_QUIC where the user asks for it and there are no security groups", () => {
    const quic = { "quic-enabled-ports": "53", "disable-nlb-sg": "true" };
    const udp = model(nlbIP(quic, { spec: { ports: ports.slice(1) } }));
    assert.deepEqual([udp.listeners[53]?.protocol, soleTargetGroup(udp).protocol], ["QUIC", "QUIC"]);
    const merged = model(nlbIP({ ...quic, "enable-tcp-udp-listener": "true" }, { spec: { ports } }));
    assert.equal(merged.listeners[53]?.protocol, "TCP_QUIC");
  });
});

describe("target group attributes", () => {
  const rows: readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>][] = [
    ["switch proxy protocol off by default", {}, { "proxy_protocol_v2.enabled": "false" }],
    ["switch it on for *", { "proxy-protocol": "*" }, { "proxy_protocol_v2.enabled": "true" }],
    [
      "are overridden by those of the port, unless these are empty",
      {
        "target-group-attributes": "a=1,b=1,c=1",
        "target-group-attributes.80": "a=2,b=",
        "target-group-attributes.81": "c=2",
      },
      { a: "2", b: "1", c: "1", "proxy_protocol_v2.enabled": "false" },
    ],
    [
      "let the list of ports win over attributes",
      { "target-group-attributes": "proxy_protocol_v2.enabled=true", "proxy-protocol-per-target-group": "81" },
      { "proxy_protocol_v2.enabled": "false" },
    ],
    [
      "switch proxy protocol on for a listed port",
      { "proxy-protocol-per-target-group": "80, 81" },
      { "proxy_protocol_v2.enabled": "true" },
    ],
    [
      "let * win over all",
      {
        "proxy-protocol": "*",
        "proxy-protocol-per-target-group": "81",
        "target-group-attributes": "proxy_protocol_v2.enabled=false",
      },
      { "proxy_protocol_v2.enabled": "true" },
    ],
    ["leave an empty proxy protocol out", { "target-group-attributes": "proxy_protocol_v2.enabled=,x=1" }, { x: "1" }],
  ];
  for (const [name, annotations, expected] of rows) {
    it(name, () => {
      assert.deepEqual(soleTargetGroup(model(nlbIP(annotations))).attributes, expected);
    });
  }
});

describe("health checks", () => {
  const normal = {
    port: "traffic-port",
    protocol: "TCP",
    intervalSeconds: 10,
    timeoutSeconds: 10,
    healthyThreshold: 3,
    unhealthyThreshold: 3,
  };
  const local = { externalTrafficPolicy: "Local" as const, healthCheckNodePort: 32000 };

  it("use TCP on the traffic port by default", () => {
    assert.deepEqual(soleTargetGroup(model(service("default/web"))).healthCheck, normal);
  });

  it("ask kube-proxy for nodes with pods under externalTrafficPolicy Local", () => {
    assert.deepEqual(soleTargetGroup(model(service("default/web", { spec: local }))).healthCheck, {
      port: "32000",
      protocol: "HTTP",
      path: "/healthz",
      matcher: { httpCode: "200-399" },
      intervalSeconds: 10,
      timeoutSeconds: 6,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    });
  });

  it("take no notice of Local with ip targets, or on other types of Service", () => {
    assert.deepEqual(soleTargetGroup(model(nlbIP({}, { spec: local }))).healthCheck, normal);
    const nodePort = service("default/web", {
      annotations: { type: "external", "nlb-target-type": "instance" },
      spec: { ...local, type: "NodePort" },
    });
    assert.deepEqual(soleTargetGroup(model(nodePort)).healthCheck, normal);
  });

  it("are what annotations say, with the protocol in any case", () => {
    const annotations = {
      "healthcheck-protocol": "http",
      "healthcheck-port": "9090",
      "healthcheck-path": "/live",
      "healthcheck-success-codes": "200",
      "healthcheck-interval": "5",
      "healthcheck-timeout": "2",
      "healthcheck-healthy-threshold": "4",
      "healthcheck-unhealthy-threshold": "5",
    };
    assert.deepEqual(soleTargetGroup(model(nlbIP(annotations))).healthCheck, {
      port: "9090",
      protocol: "HTTP",
      path: "/live",
      matcher: { httpCode: "200" },
      intervalSeconds: 5,
      timeoutSeconds: 2,
      healthyThreshold: 4,
      unhealthyThreshold: 5,
    });
  });

  it("resolve a port's name to the node port or the target port", () => {
    const annotations = { "healthcheck-port": "http" };
    assert.equal(soleTargetGroup(model(service("default/web", { annotations }))).healthCheck.port, "30080");
    assert.equal(soleTargetGroup(model(nlbIP(annotations))).healthCheck.port, "8080");
  });

  it("leave time-out and codes to AWS with the gate NLBHealthCheckAdvancedConfig off", () => {
    const wanted = model(nlbIP({ "healthcheck-protocol": "http" }), { settings: { advancedHealthChecks: false } });
    const { matcher, timeoutSeconds } = soleTargetGroup(wanted).healthCheck;
    assert.deepEqual([matcher, timeoutSeconds], [undefined, undefined]);
  });
});

describe("load balancer settings", () => {
  it("write no attribute by default", () => {
    assert.deepEqual(model(nlbIP()).loadBalancer.attributes, {});
  });

  it("let the old annotations win over the map, and write nothing for logs that are off", () => {
    const { attributes } = model(
      nlbIP({
        attributes: "load_balancing.cross_zone.enabled=true,access_logs.s3.bucket=other",
        "cross-zone-load-balancing-enabled": "false",
        "access-log-enabled": "true",
        "access-log-s3-bucket-name": "logs",
        "access-log-s3-bucket-prefix": "nlb",
      }),
    ).loadBalancer;
    assert.deepEqual(attributes, {
      "access_logs.s3.bucket": "logs",
      "access_logs.s3.enabled": "true",
      "access_logs.s3.prefix": "nlb",
      "load_balancing.cross_zone.enabled": "false",
    });
    const off = { "access-log-enabled": "false", "access-log-s3-bucket-name": "logs" };
    assert.deepEqual(model(nlbIP(off)).loadBalancer.attributes, {});
  });

  it("reserve capacity, unless the gate is off", () => {
    const annotations = { "minimum-load-balancer-capacity": "CapacityUnits=2500" };
    assert.equal(model(nlbIP(annotations)).loadBalancer.minimumCapacityUnits, 2500);
    const off = model(nlbIP(annotations), { settings: { capacityReservation: false } });
    assert.equal(off.loadBalancer.minimumCapacityUnits, undefined);
  });

  it("say whether inbound rules hold for PrivateLink only where the user says so", () => {
    const field = "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic";
    assert.equal(model(nlbIP()).loadBalancer[field], undefined);
    assert.equal(model(nlbIP({ "inbound-sg-rules-on-private-link-traffic": "off" })).loadBalancer[field], "off");
  });

  it("tag everything, with the default tags before the user's", () => {
    const tags = { defaultTags: { env: "prod" }, externalManagedTags: [], defaultTagsLowPriority: false };
    const annotations = { "additional-resource-tags": "env=test,team=a" };
    const wanted = model(nlbIP(annotations), { settings: { tags } });
    const expected = { env: "prod", team: "a" };
    assert.deepEqual(wanted.loadBalancer.tags, expected);
    assert.deepEqual(wanted.listeners[80]?.tags, expected);
    assert.deepEqual(soleTargetGroup(wanted).tags, expected);
    const low = model(nlbIP(annotations), { settings: { tags: { ...tags, defaultTagsLowPriority: true } } });
    assert.equal(low.loadBalancer.tags["env"], "test");
  });
});

describe("addresses", () => {
  it("are elastic ones, one for each subnet in order", () => {
    const annotations = { scheme: "internet-facing", "eip-allocations": "eipalloc-1, eipalloc-2" };
    assert.deepEqual(model(nlbIP(annotations)).loadBalancer.subnetMappings, [
      { subnetID: "subnet-a", allocationID: "eipalloc-1" },
      { subnetID: "subnet-b", allocationID: "eipalloc-2" },
    ]);
  });

  it("are private ones, whichever subnet they lie in", () => {
    const annotations = { "private-ipv4-addresses": "10.0.1.9,10.0.0.9" };
    assert.deepEqual(model(nlbIP(annotations)).loadBalancer.subnetMappings, [
      { subnetID: "subnet-a", privateIPv4Address: "10.0.0.9" },
      { subnetID: "subnet-b", privateIPv4Address: "10.0.1.9" },
    ]);
  });

  it("are IPv6 ones with source NAT prefixes", () => {
    const { loadBalancer } = model(
      nlbIP({
        "ip-address-type": "dualstack",
        "ipv6-addresses": "2001:db8:0:b::9,2001:db8:0:a::9",
        "enable-prefix-for-ipv6-source-nat": "on",
        "source-nat-ipv6-prefixes": "auto_assigned,2001:db8:0:b:1::/80",
      }),
    );
    assert.deepEqual(loadBalancer.subnetMappings, [
      { subnetID: "subnet-a", ipv6Address: "2001:db8:0:a::9", sourceNatIpv6Prefix: "auto_assigned" },
      { subnetID: "subnet-b", ipv6Address: "2001:db8:0:b::9", sourceNatIpv6Prefix: "2001:db8:0:b:1::/80" },
    ]);
    assert.equal(loadBalancer.enablePrefixForIPv6SourceNat, "on");
  });

  it("make IPv6 target groups of Services with an IPv6 family behind dualstack load balancers", () => {
    const dual = { spec: { ipFamilies: ["IPv4" as const, "IPv6" as const] } };
    assert.equal(soleTargetGroup(model(nlbIP({ "ip-address-type": "dualstack" }, dual))).ipAddressType, "ipv6");
    assert.equal(soleTargetGroup(model(nlbIP({ "ip-address-type": "dualstack" }))).ipAddressType, undefined);
  });
});

describe("weighted actions", () => {
  const action = (forwardConfig: object) => ({
    "service.beta.kubernetes.io/actions.TCP-80": JSON.stringify({ type: "forward", forwardConfig }),
  });
  const canary = service("default/canary", { spec: { ports: [{ name: "alt", port: 81, targetPort: 8081 }] } });
  const arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/other/1";

  it("share the traffic between the Service, others and target groups, in the order given", () => {
    const plain = action({
      baseServiceWeight: 10,
      targetGroups: [
        { serviceName: "canary", servicePort: "alt", weight: 20 },
        { targetGroupARN: arn, weight: 5 },
      ],
      targetGroupStickinessConfig: { enabled: true },
    });
    const wanted = model(nlbIP({}, { plain }), { backends: [canary] });
    assert.deepEqual(wanted.listeners[80]?.defaultActions, [
      {
        type: "forward",
        targetGroups: [
          { targetGroupARN: ref("elbv2/TargetGroup", "default/web:80", "arn"), weight: 10 },
          { targetGroupARN: ref("elbv2/TargetGroup", "default/canary:81", "arn"), weight: 20 },
          { targetGroupARN: arn, weight: 5 },
        ],
        stickiness: { enabled: true },
      },
    ]);
    const binding = Object.values(wanted.bindings).find(({ spec }) => spec.serviceRef.name === "canary");
    assert.deepEqual(binding?.spec.serviceRef, { name: "canary", port: 81 });
    assert.equal(binding?.labels["service.k8s.aws/stack-name"], "web");
  });

  it("go on without a Service that has gone since they were accepted", () => {
    const plain = action({
      baseServiceWeight: 1,
      targetGroups: [{ serviceName: "canary", servicePort: 81, weight: 1 }],
    });
    const wanted = nlbIP({}, { plain });
    const accepted = build(wanted, { backends: [canary] }).accepted;
    assert.ok(accepted);
    const after = build(wanted, { accepted });
    assert.equal(after.version, "accepted");
    const groups = after.stack?.resources.filter(({ type }) => type === "elbv2/TargetGroup").map(({ id }) => id);
    assert.deepEqual(groups, ["default/web:80"]);
    assert.ok(after.problems.some(({ reason, severity }) => reason === "BackendNotFound" && severity === "error"));
  });
});
