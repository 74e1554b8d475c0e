import assert from "node:assert/strict";
import { ref } from "../../../src/engine/stack.ts";
import { build, model, modelOf, service, settings } from "./fixtures.ts";

const certificate = "arn:aws:acm:eu-west-1:111122223333:certificate/";
const uid = "3f2a1c5e-8d47-4b6a-9e10-5c7d2b8f4a61";
const annotations = {
  type: "nlb-ip",
  scheme: "internet-facing",
  "ssl-cert": `${certificate}aaaa,${certificate}bbbb`,
  "ssl-ports": "https",
  "ssl-negotiation-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
  attributes: "load_balancing.cross_zone.enabled=true",
  "target-group-attributes": "deregistration_delay.timeout_seconds=60",
  "additional-resource-tags": "team=shop",
};
const web = service("shop/web-frontend", {
  metadata: { uid },
  annotations,
  spec: {
    ports: [
      { name: "http", port: 80, protocol: "TCP", targetPort: 8080 },
      { name: "https", port: 443, protocol: "TCP", targetPort: 8080 },
    ],
  },
});
const surroundings = {
  settings: {
    ...settings,
    clusterName: "prod-eks",
    vpcID: "vpc-0e1",
    tags: { ...settings.tags, defaultTags: { env: "prod" } },
    backendSecurityGroup: { kind: "managed" as const },
  },
  facts: [
    [
      {
        kind: "subnets" as const,
        loadBalancerType: "network" as const,
        scheme: "internet-facing" as const,
        ipAddressType: "ipv4" as const,
        selector: { by: "discovery" as const },
      },
      {
        value: ["a", "b", "c"].map((zone) => ({ id: `subnet-0${zone}`, zone: `eu-west-1${zone}` })),
      },
    ] as const,
  ],
};

/** The worked example of the reference: names, tags and every field. */
describe("a Service with ports 80 and 443 (TLS) and nlb-ip", () => {
  const result = build(web, surroundings);
  const wanted = modelOf(result);
  const tags = { env: "prod", team: "shop" };

  it("belongs to its Service by LBC's tags", () => {
    assert.deepEqual(result.stack?.ownership, {
      tags: { "elbv2.k8s.aws/cluster": "prod-eks", "service.k8s.aws/stack": "shop/web-frontend" },
      idTag: "service.k8s.aws/resource",
    });
    assert.deepEqual(result.stack?.owner, { kind: "Service", namespace: "shop", name: "web-frontend" });
    assert.deepEqual(result.problems, []);
  });

  it("uses the cluster's shared back-end group", () => {
    const shared = wanted.resources.find(({ id }) => id === "backend-sg");
    assert.deepEqual(shared, {
      type: "ec2/SecurityGroup",
      id: "backend-sg",
      spec: {
        name: "k8s-traffic-prodeks-e91bc47b4a",
        description: "[k8s] Shared Backend SecurityGroup for LoadBalancer",
        vpcID: "vpc-0e1",
        tags: { env: "prod" },
      },
      shared: { ownership: { tags: { "elbv2.k8s.aws/cluster": "prod-eks" }, idTag: "elbv2.k8s.aws/resource" } },
    });
  });

  it("opens its own security group to everyone on both ports", () => {
    assert.deepEqual(wanted.securityGroups["ManagedLBSecurityGroup"], {
      name: "k8s-shop-webfront-713c4a3d4b",
      description: "[k8s] Managed SecurityGroup for LoadBalancer",
      vpcID: "vpc-0e1",
      ingress: [80, 443].map((port) => ({
        protocol: "tcp",
        fromPort: port,
        toPort: port,
        source: { cidr: "0.0.0.0/0" },
      })),
      tags,
    });
  });

  it("has a load balancer in the discovered subnets", () => {
    assert.deepEqual(wanted.loadBalancer, {
      name: "k8s-shop-webfront-d034413e2b",
      type: "network",
      scheme: "internet-facing",
      ipAddressType: "ipv4",
      subnetMappings: [{ subnetID: "subnet-0a" }, { subnetID: "subnet-0b" }, { subnetID: "subnet-0c" }],
      securityGroups: [
        ref("ec2/SecurityGroup", "ManagedLBSecurityGroup", "id"),
        ref("ec2/SecurityGroup", "backend-sg", "id"),
      ],
      enablePrefixForIPv6SourceNat: "off",
      attributes: { "load_balancing.cross_zone.enabled": "true" },
      tags,
    });
  });

  it("has one target group for each port", () => {
    const common = {
      targetType: "ip",
      protocol: "TCP",
      port: 8080,
      vpcID: "vpc-0e1",
      healthCheck: {
        port: "traffic-port",
        protocol: "TCP",
        intervalSeconds: 10,
        timeoutSeconds: 10,
        healthyThreshold: 3,
        unhealthyThreshold: 3,
      },
      attributes: { "deregistration_delay.timeout_seconds": "60", "proxy_protocol_v2.enabled": "false" },
      tags,
    };
    assert.deepEqual(wanted.targetGroups, {
      "shop/web-frontend:80": { name: "k8s-shop-webfront-ff0868255b", ...common },
      "shop/web-frontend:443": { name: "k8s-shop-webfront-fae483df2d", ...common },
    });
  });

  it("listens with TCP on 80 and with TLS on 443", () => {
    const common = { loadBalancerARN: ref("elbv2/LoadBalancer", "LoadBalancer", "arn"), attributes: {}, tags };
    const forward = (port: number) => [
      {
        type: "forward",
        targetGroups: [{ targetGroupARN: ref("elbv2/TargetGroup", `shop/web-frontend:${port}`, "arn") }],
      },
    ];
    assert.deepEqual(wanted.listeners, {
      80: { ...common, port: 80, protocol: "TCP", defaultActions: forward(80) },
      443: {
        ...common,
        port: 443,
        protocol: "TLS",
        defaultActions: forward(443),
        certificateARN: `${certificate}aaaa`,
        extraCertificateARNs: [`${certificate}bbbb`],
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      },
    });
  });

  it("binds the endpoints of each port, and lets the load balancer in", () => {
    assert.deepEqual(wanted.bindings["k8s-shop-webfront-fae483df2d"], {
      namespace: "shop",
      name: "k8s-shop-webfront-fae483df2d",
      labels: { "service.k8s.aws/stack-namespace": "shop", "service.k8s.aws/stack-name": "web-frontend" },
      spec: {
        targetGroupARN: ref("elbv2/TargetGroup", "shop/web-frontend:443", "arn"),
        targetType: "ip",
        targetGroupProtocol: "TCP",
        serviceRef: { name: "web-frontend", port: 443 },
        networking: {
          ingress: [
            {
              from: [{ securityGroup: { groupID: ref("ec2/SecurityGroup", "backend-sg", "id") } }],
              ports: [{ protocol: "TCP", port: 8080 }],
            },
          ],
        },
        ipAddressType: "ipv4",
        vpcID: "vpc-0e1",
      },
    });
    assert.equal(Object.keys(wanted.bindings).length, 2);
  });
});

describe("variations of the example", () => {
  const vary = (own: Readonly<Record<string, string>>, port: { readonly targetPort?: number | string } = {}) =>
    model(
      service("shop/web-frontend", {
        metadata: { uid },
        annotations: { ...annotations, ...own },
        spec: {
          ports: [
            { name: "http", port: 80, protocol: "TCP", targetPort: 8080 },
            { name: "https", port: 443, protocol: "TCP", targetPort: 8080, ...port },
          ],
        },
      }),
      { settings: surroundings.settings },
    );

  it("has a TLS target group of another name with backend-protocol ssl", () => {
    const group = vary({ "backend-protocol": "ssl" }).targetGroups["shop/web-frontend:443"];
    assert.deepEqual([group?.name, group?.protocol], ["k8s-shop-webfront-b5150a2476", "TLS"]);
  });

  it("has port 1 for a target port that is a name, and opens the name", () => {
    const wanted = vary({}, { targetPort: "web" });
    const group = wanted.targetGroups["shop/web-frontend:443"];
    assert.deepEqual([group?.name, group?.port], ["k8s-shop-webfront-36ff7d93c0", 1]);
    const rule = wanted.bindings["k8s-shop-webfront-36ff7d93c0"]?.spec.networking?.ingress[0];
    assert.deepEqual(rule?.ports, [{ protocol: "TCP", port: "web" }]);
  });

  it("has a load balancer of another name with another scheme, and the same target groups", () => {
    const wanted = vary({ scheme: "internal" });
    assert.equal(wanted.loadBalancer.name, "k8s-shop-webfront-30bc4780f7");
    assert.equal(wanted.targetGroups["shop/web-frontend:80"]?.name, "k8s-shop-webfront-ff0868255b");
  });
});

describe("names", () => {
  const tcpudp = { metadata: { uid: "2dc098f0-ae33-4378-af7b-83e2a0424495" } };
  const both = [
    { name: "tcp", port: 80, protocol: "TCP" as const, targetPort: 80, nodePort: 31223 },
    { name: "udp", port: 80, protocol: "UDP" as const, targetPort: 80, nodePort: 31223 },
  ];

  it("are those of LBC for an nlb-ip Service", () => {
    const wanted = model(
      service("default/nlb-ip-svc-tls", {
        metadata: { uid: "bdca2bd0-bfc6-449a-88a3-03451f05f18c" },
        annotations: { type: "nlb-ip" },
        spec: { ports: [{ port: 80, targetPort: 80, protocol: "TCP" }] },
      }),
    );
    assert.equal(wanted.loadBalancer.name, "k8s-default-nlbipsvc-6b0ba8ff70");
    assert.equal(wanted.targetGroups["default/nlb-ip-svc-tls:80"]?.name, "k8s-default-nlbipsvc-d4818dcd51");
  });

  it("are those of LBC for a merged TCP_UDP port with instance targets", () => {
    const wanted = model(
      service("app/tcpudp-protocol", {
        ...tcpudp,
        annotations: { scheme: "internet-facing", "enable-tcp-udp-listener": "true" },
        spec: { ports: both },
      }),
    );
    assert.equal(wanted.loadBalancer.name, "k8s-app-tcpudppr-2af705447d");
    assert.equal(wanted.securityGroups["ManagedLBSecurityGroup"]?.name, "k8s-app-tcpudppr-06a9156bf8");
    assert.equal(wanted.targetGroups["app/tcpudp-protocol:80"]?.name, "k8s-app-tcpudppr-2213a0d759");
  });

  it("are those of LBC for externalTrafficPolicy Local", () => {
    const wanted = model(
      service("app/traffic-local", {
        ...tcpudp,
        spec: { externalTrafficPolicy: "Local", healthCheckNodePort: 29123, ports: both.slice(1) },
      }),
    );
    assert.equal(wanted.targetGroups["app/traffic-local:80"]?.name, "k8s-app-trafficl-5f852f95c2");
  });

  it("hash the scheme into the load balancer's", () => {
    const made = service("foo/bar", { metadata: { uid: "" }, annotations: { scheme: "internet-facing" } });
    assert.equal(model(made, { settings: { clusterName: "" } }).loadBalancer.name, "k8s-foo-bar-e053368fb2");
  });

  it("are the user's own for the load balancer alone", () => {
    const wanted = model(service("foo/bar", { annotations: { name: "my-nlb" } }));
    assert.equal(wanted.loadBalancer.name, "my-nlb");
    assert.match(wanted.targetGroups["foo/bar:80"]?.name ?? "", /^k8s-foo-bar-[0-9a-f]{10}$/);
  });
});
