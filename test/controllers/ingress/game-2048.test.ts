import assert from "node:assert/strict";
import type { Service } from "../../../src/api/builtin.ts";
import type { IngressBuild } from "../../../src/controllers/ingress/build.ts";
import { ref } from "../../../src/engine/stack.ts";
import type { LoadBalancerSpec, TargetGroupSpec } from "../../../src/resources/elbv2/specs.ts";
import type { TargetGroupBindingSpec } from "../../../src/resources/kubernetes/specs.ts";
import { type BuildOptions, build, ingress, path, resources, service } from "./fixtures.ts";

const group = "game-2048/ingress-2048";
const targetGroupID = `${group}-service-2048:80`;
const annotations = { scheme: "internet-facing", "target-type": "ip" };

function game(
  options: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ports?: NonNullable<Service["spec"]>["ports"];
    readonly port?: number | string;
    readonly build?: BuildOptions;
  } = {},
): IngressBuild {
  const ports = options.ports ?? [{ port: 80, targetPort: 80, protocol: "TCP", nodePort: 30080 }];
  const spec = {
    ingressClassName: "alb",
    rules: [{ http: path("/", "service-2048", options.port === undefined ? {} : { port: options.port }) }],
  };
  return build([ingress(group, { annotations: options.annotations ?? annotations, spec })], {
    services: [
      service("game-2048/service-2048", {
        uid: "11111111-2222-3333-4444-555555555555",
        spec: { type: "NodePort", ports },
      }),
    ],
    ...options.build,
  });
}

function targetGroup(result: IngressBuild): TargetGroupSpec {
  const [only] = resources<TargetGroupSpec>(result, "elbv2/TargetGroup");
  assert.ok(only);
  return only.spec;
}

describe("the walk-through of game-2048", () => {
  it("becomes exactly what LBC makes of it", () => {
    const { stack, problems } = game();
    assert.deepEqual(problems, []);
    assert.deepEqual(stack?.owner, { kind: "Ingress", namespace: "game-2048", name: "ingress-2048" });
    assert.deepEqual(stack?.ownership, {
      tags: { "elbv2.k8s.aws/cluster": "demo", "ingress.k8s.aws/stack": group },
      idTag: "ingress.k8s.aws/resource",
    });
    const front = ref("ec2/SecurityGroup", "ManagedLBSecurityGroup", "id");
    const back = ref("ec2/SecurityGroup", "backend-sg", "id");
    assert.deepEqual(stack?.resources, [
      {
        type: "ec2/SecurityGroup",
        id: "ManagedLBSecurityGroup",
        spec: {
          name: "k8s-game2048-ingress2-39cbea0de3",
          description: "[k8s] Managed SecurityGroup for LoadBalancer",
          vpcID: "vpc-1",
          ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, source: { cidr: "0.0.0.0/0" } }],
          tags: {},
        },
      },
      {
        type: "ec2/SecurityGroup",
        id: "backend-sg",
        spec: {
          name: "k8s-traffic-demo-2a97516c35",
          description: "[k8s] Shared Backend SecurityGroup for LoadBalancer",
          vpcID: "vpc-1",
          tags: {},
        },
        shared: { ownership: { tags: { "elbv2.k8s.aws/cluster": "demo" }, idTag: "elbv2.k8s.aws/resource" } },
      },
      {
        type: "elbv2/LoadBalancer",
        id: "LoadBalancer",
        spec: {
          name: "k8s-game2048-ingress2-720d6cbe3a",
          type: "application",
          scheme: "internet-facing",
          ipAddressType: "ipv4",
          subnetMappings: [{ subnetID: "subnet-a" }, { subnetID: "subnet-b" }],
          securityGroups: [front, back],
          attributes: {},
          tags: {},
        },
      },
      {
        type: "elbv2/TargetGroup",
        id: targetGroupID,
        spec: {
          name: "k8s-game2048-service2-7c7bdd18ae",
          targetType: "ip",
          protocol: "HTTP",
          protocolVersion: "HTTP1",
          port: 80,
          vpcID: "vpc-1",
          healthCheck: {
            port: "traffic-port",
            protocol: "HTTP",
            path: "/",
            matcher: { httpCode: "200" },
            intervalSeconds: 15,
            timeoutSeconds: 5,
            healthyThreshold: 2,
            unhealthyThreshold: 2,
          },
          attributes: {},
          tags: {},
        },
      },
      {
        type: "elbv2/Listener",
        id: "80",
        spec: {
          loadBalancerARN: ref("elbv2/LoadBalancer", "LoadBalancer", "arn"),
          port: 80,
          protocol: "HTTP",
          defaultActions: [{ type: "fixed-response", contentType: "text/plain", statusCode: "404" }],
          attributes: {},
          tags: {},
        },
      },
      {
        type: "elbv2/Rule",
        id: "80:1",
        spec: {
          listenerARN: ref("elbv2/Listener", "80", "arn"),
          priority: 1,
          conditions: [{ field: "path-pattern", values: ["/*"] }],
          actions: [
            { type: "forward", targetGroups: [{ targetGroupARN: ref("elbv2/TargetGroup", targetGroupID, "arn") }] },
          ],
          tags: {},
        },
      },
      {
        type: "kubernetes/TargetGroupBinding",
        id: "game-2048/k8s-game2048-service2-7c7bdd18ae",
        spec: {
          namespace: "game-2048",
          name: "k8s-game2048-service2-7c7bdd18ae",
          labels: { "ingress.k8s.aws/stack-namespace": "game-2048", "ingress.k8s.aws/stack-name": "ingress-2048" },
          spec: {
            targetGroupARN: ref("elbv2/TargetGroup", targetGroupID, "arn"),
            targetType: "ip",
            targetGroupProtocol: "HTTP",
            serviceRef: { name: "service-2048", port: 80 },
            networking: {
              ingress: [{ from: [{ securityGroup: { groupID: back } }], ports: [{ protocol: "TCP", port: 80 }] }],
            },
            ipAddressType: "ipv4",
            vpcID: "vpc-1",
          },
        },
      },
    ]);
  });

  it("has node ports with instance targets", () => {
    const result = game({ annotations: { scheme: "internet-facing" } });
    assert.equal(targetGroup(result).name, "k8s-game2048-service2-b69c89d69e");
    assert.equal(targetGroup(result).port, 30080);
    const [binding] = resources<TargetGroupBindingSpec>(result, "kubernetes/TargetGroupBinding");
    assert.deepEqual(binding?.spec.spec.networking?.ingress[0]?.ports, [{ protocol: "TCP", port: 30080 }]);
  });

  it("has another target group when the backend names the port", () => {
    const result = game({ port: "http", ports: [{ name: "http", port: 80, targetPort: 80, nodePort: 30080 }] });
    assert.equal(targetGroup(result).name, "k8s-game2048-service2-c080163a68");
    assert.equal(resources(result, "elbv2/TargetGroup")[0]?.id, `${group}-service-2048:http`);
  });

  it("has port 1 for a named target port, and opens it by name", () => {
    const result = game({ ports: [{ port: 80, targetPort: "web", nodePort: 30080 }] });
    assert.equal(targetGroup(result).name, "k8s-game2048-service2-a068d86199");
    assert.equal(targetGroup(result).port, 1);
    const [binding] = resources<TargetGroupBindingSpec>(result, "kubernetes/TargetGroupBinding");
    assert.deepEqual(binding?.spec.spec.networking?.ingress[0]?.ports, [{ protocol: "TCP", port: "web" }]);
  });

  it("is checked as GRPC demands", () => {
    const { name, healthCheck } = targetGroup(
      game({ annotations: { ...annotations, "backend-protocol-version": "GRPC" } }),
    );
    assert.equal(name, "k8s-game2048-service2-6d56247a6e");
    assert.equal(healthCheck.path, "/AWS.ALB/healthcheck");
    assert.deepEqual(healthCheck.matcher, { grpcCode: "12" });
  });

  it("opens the target control port too", () => {
    const result = game({ annotations: { ...annotations, "target-control-port.service-2048.80": "3000" } });
    assert.equal(targetGroup(result).name, "k8s-game2048-service2-6cb8735802");
    assert.equal(targetGroup(result).targetControlPort, 3000);
    const [binding] = resources<TargetGroupBindingSpec>(result, "kubernetes/TargetGroupBinding");
    assert.deepEqual(
      binding?.spec.spec.networking?.ingress.map(({ ports }) => ports[0]?.port),
      [80, 3000],
    );
  });

  it("lets IPv6 in when dual-stack", () => {
    const result = game({ annotations: { ...annotations, "ip-address-type": "dualstack" } });
    const [front] = resources<{ ingress: readonly unknown[] }>(result, "ec2/SecurityGroup");
    assert.deepEqual(front?.spec.ingress[1], {
      protocol: "tcp",
      fromPort: 80,
      toPort: 80,
      source: { cidrIPv6: "::/0" },
    });
  });

  it("has the names of its group in an explicit group", () => {
    const result = game({
      annotations: { ...annotations, "group.name": "shop" },
      build: { group: { namespace: "", name: "shop" } },
    });
    const names = (result.stack?.resources ?? []).map(({ spec }) => (spec as { name?: string }).name).filter(Boolean);
    assert.deepEqual(names, [
      "k8s-shop-42b54e90b8",
      "k8s-traffic-demo-2a97516c35",
      "k8s-shop-0d9157c528",
      "k8s-game2048-service2-ea32c6ef59",
      "k8s-game2048-service2-ea32c6ef59",
    ]);
    assert.deepEqual(result.stack?.owner, { kind: "IngressGroup", namespace: "", name: "shop" });
    const [binding] = resources<TargetGroupBindingSpec>(result, "kubernetes/TargetGroupBinding");
    assert.deepEqual(binding?.spec.labels, { "ingress.k8s.aws/stack": "shop" });
  });

  it("may stand behind a network load balancer", () => {
    const result = game({ annotations: { ...annotations, "enable-frontend-nlb": "true" } });
    const nlb = resources<LoadBalancerSpec>(result, "elbv2/LoadBalancer").find(({ id }) => id === "FrontendNlb");
    assert.equal(nlb?.spec.name, "k8s-game2048-ingress2-720d6c-nlb");
    assert.equal(nlb?.spec.scheme, "internal");
    const group80 = resources<TargetGroupSpec>(result, "elbv2/TargetGroup").find(
      ({ id }) => id === "FrontendNlb-tg-TCP-80",
    );
    assert.equal(group80?.spec.name, "k8s-game2048-ingress2-65c98d1adb");
    assert.deepEqual(resources(result, "elbv2/Targets"), [
      {
        type: "elbv2/Targets",
        id: "FrontendNlb-tg-TCP-80",
        spec: {
          targetGroupARN: ref("elbv2/TargetGroup", "FrontendNlb-tg-TCP-80", "arn"),
          targets: [{ id: ref("elbv2/LoadBalancer", "LoadBalancer", "arn"), port: 80 }],
        },
      },
    ]);
  });
});
