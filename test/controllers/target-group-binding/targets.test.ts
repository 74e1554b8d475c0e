import assert from "node:assert/strict";
import type { Endpoint, EndpointSlice, Node, Pod, PodCondition } from "../../../src/api/builtin.ts";
import { instanceID, isSuitableNode, nodeTargets } from "../../../src/controllers/target-group-binding/node-targets.ts";
import { podTargets } from "../../../src/controllers/target-group-binding/pod-targets.ts";
import {
  gateCondition,
  gatedBindings,
  gateOf,
  gatePatch,
} from "../../../src/controllers/target-group-binding/readiness-gate.ts";
import { targetChanges } from "../../../src/resources/elbv2/targets.ts";

const condition = (type: string, status: string): PodCondition => ({ type, status });

function pod(name: string, own: { readonly containersReady?: boolean; readonly node?: string } = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "shop", name, uid: `uid-${name}`, resourceVersion: "1" },
    spec: { nodeName: own.node ?? "healthy" },
    status: {
      podIP: "10.0.0.1",
      conditions: [condition("ContainersReady", own.containersReady === false ? "False" : "True")],
    },
  };
}

function node(
  name: string,
  own: {
    readonly ready?: string;
    readonly labels?: Record<string, string>;
    readonly taints?: NonNullable<Node["spec"]>["taints"];
    readonly providerID?: string;
    readonly unschedulable?: boolean;
  } = {},
): Node {
  const {
    ready = "True",
    labels = {},
    taints = [],
    providerID = `aws:///eu-west-1a/i-${name}`,
    unschedulable = false,
  } = own;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, resourceVersion: "1", labels },
    spec: { taints, providerID, unschedulable },
    status: { conditions: ready === "" ? [] : [condition("Ready", ready)] },
  };
}

function slice(endpoints: readonly Endpoint[], own: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace: "shop", name: "web-1", uid: "slice", resourceVersion: "1" },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints,
    ...own,
  };
}

const endpoint = (conditions: Endpoint["conditions"], address = "10.0.0.1", name = "web"): Endpoint => ({
  addresses: [address],
  ...(conditions === undefined ? {} : { conditions }),
  targetRef: { kind: "Pod", name },
});

const nodes = new Map(
  ["True", "False", "Unknown", ""].map((ready) => [`node-${ready}`, node(`node-${ready}`, { ready })]),
);
nodes.set("healthy", node("healthy"));

function targetsOf(
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
  own: { readonly failOpen?: boolean; readonly family?: "ipv4" | "ipv6"; readonly name?: string | undefined } = {},
) {
  const found = podTargets({
    port: { port: 80, ...("name" in own ? (own.name === undefined ? {} : { name: own.name }) : { name: "http" }) },
    slices,
    addressFamily: own.family ?? "ipv4",
    pod: (key) => pods.find(({ metadata }) => `shop/${metadata.name}` === key),
    node: (name) => nodes.get(name),
    failOpen: own.failOpen ?? true,
    inVPC: (ip) => !ip.startsWith("192."),
  });
  return { ids: found.targets.map(({ target }) => `${target.id}:${target.port}`), ...found };
}

describe("pods as targets", () => {
  const one = ["10.0.0.1:8080"];
  const rows: readonly [string, Endpoint["conditions"], Pod, readonly string[]][] = [
    ["a ready one", { ready: true }, pod("web"), one],
    ["one of which readiness is not told", {}, pod("web"), one],
    ["one without conditions", undefined, pod("web"), one],
    ["one whose containers are ready and whose gates are not", { ready: false }, pod("web"), one],
    ["one whose containers are not ready", { ready: false }, pod("web", { containersReady: false }), []],
    ["a terminating one on a healthy node", { ready: false, terminating: true }, pod("web"), []],
    [
      "a terminating one that is ready, since addresses that are not ready are published",
      { ready: true, terminating: true },
      pod("web"),
      one,
    ],
    ["one on a node that is not ready", { ready: false }, pod("web", { node: "node-False" }), []],
    ["one on a node of which nothing is known", { ready: false }, pod("web", { node: "node-" }), []],
    ["one on a node that does not exist", { ready: false }, pod("web", { node: "gone" }), []],
    ["one on a lost node, where there is no other", { ready: false }, pod("web", { node: "node-Unknown" }), one],
  ];
  for (const [name, conditions, present, expected] of rows) {
    it(`${expected.length > 0 ? "are" : "are not"} ${name}`, () => {
      assert.deepEqual(targetsOf([slice([endpoint(conditions)])], [present]).ids, expected);
    });
  }

  it("are not those on lost nodes while another is ready, or with the gate EndpointsFailOpen off", () => {
    const lost = endpoint({ ready: false }, "10.0.0.2", "lost");
    const pods = [pod("web"), pod("lost", { node: "node-Unknown" })];
    assert.deepEqual(targetsOf([slice([endpoint({ ready: true }), lost])], pods).ids, one);
    assert.deepEqual(targetsOf([slice([lost])], pods, { failOpen: false }).ids, []);
  });

  it("come from all slices of the family, once each, at the ports of the Service port's name", () => {
    const slices = [
      slice([endpoint({ ready: true })], {
        ports: [
          { name: "http", port: 8080 },
          { name: "admin", port: 9090 },
        ],
      }),
      slice([endpoint({ ready: true }), endpoint({ ready: true }, "10.0.0.2")]),
      slice([endpoint({ ready: true }, "2001:db8::1")], { addressType: "IPv6" }),
    ];
    assert.deepEqual(targetsOf(slices, [pod("web")]).ids, ["10.0.0.1:8080", "10.0.0.2:8080"]);
    assert.deepEqual(targetsOf(slices, [pod("web")], { family: "ipv6" }).ids, ["2001:db8::1:8080"]);
    assert.deepEqual(targetsOf(slices.slice(0, 1), [pod("web")], { name: undefined }).ids, [
      "10.0.0.1:8080",
      "10.0.0.1:9090",
    ]);
  });

  it("are looked for again when a slice names one before the cache has it", () => {
    const found = targetsOf([slice([endpoint({ ready: true })])], []);
    assert.deepEqual([found.ids, found.missingPods], [[], ["shop/web"]]);
  });

  it("are no endpoints without a pod", () => {
    const { targetRef: _pod, ...bare } = endpoint({ ready: true });
    assert.deepEqual(targetsOf([slice([bare])], [pod("web")]).ids, []);
  });

  it("name the zone where they are outside of the VPC", () => {
    const [found] = targetsOf([slice([endpoint({ ready: true }, "192.168.0.1")])], [pod("web")]).targets;
    assert.deepEqual(found?.target, { id: "192.168.0.1", port: 8080, availabilityZone: "all" });
  });
});

describe("nodes as targets", () => {
  const taint = (key: string, effect = "NoSchedule") => ({ taints: [{ key, effect }] });
  const rows: readonly [string, Node, boolean][] = [
    ["a ready one", node("a"), true],
    ["one that is cordoned", node("a", { unschedulable: true }), true],
    ["one of the control plane", node("a", { labels: { "node-role.kubernetes.io/control-plane": "" } }), true],
    ["one with another taint", node("a", taint("dedicated")), true],
    ["a master", node("a", { labels: { "node-role.kubernetes.io/master": "" } }), false],
    [
      "one that is excluded, whatever the value",
      node("a", { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "false" } }),
      false,
    ],
    [
      "one that is excluded by the old label",
      node("a", { labels: { "alpha.service-controller.kubernetes.io/exclude-balancer": "" } }),
      false,
    ],
    ["one of Fargate", node("a", { labels: { "eks.amazonaws.com/compute-type": "fargate" } }), false],
    ["a hybrid one", node("a", { labels: { "eks.amazonaws.com/compute-type": "hybrid" } }), false],
    [
      "one that the cluster autoscaler removes",
      node("a", taint("ToBeDeletedByClusterAutoscaler", "PreferNoSchedule")),
      false,
    ],
    ["one that Karpenter disrupts", node("a", taint("karpenter.sh/disrupted")), false],
    ["one with Karpenter's key and another effect", node("a", taint("karpenter.sh/disrupted", "NoExecute")), true],
    ["one that is shut down", node("a", taint("node.cloudprovider.kubernetes.io/shutdown")), false],
  ];
  for (const [name, candidate, expected] of rows) {
    it(`${expected ? "are" : "are not"} ${name}`, () => {
      assert.equal(isSuitableNode(candidate, undefined), expected);
    });
  }

  it("match the binding's own selector too", () => {
    const selector = { matchExpressions: [{ key: "pool", operator: "In" as const, values: ["edge"] }] };
    assert.equal(isSuitableNode(node("a", { labels: { pool: "edge" } }), selector), true);
    assert.equal(isSuitableNode(node("a"), selector), false);
  });

  it("are ready, or of unknown state where none is ready and the gate allows it", () => {
    const unknown = node("u", { ready: "Unknown" });
    const ids = (all: readonly Node[], failOpen = true) =>
      nodeTargets({ nodes: all, nodePort: 30080, failOpen }).targets.map(({ target }) => `${target.id}:${target.port}`);
    assert.deepEqual(ids([node("a"), unknown, node("f", { ready: "False" })]), ["i-a:30080"]);
    assert.deepEqual(ids([unknown]), ["i-u:30080"]);
    assert.deepEqual(ids([unknown], false), []);
  });

  it("leave a node without instance out and name it, for the others to go on", () => {
    const found = nodeTargets({ nodes: [node("a"), node("b", { providerID: "" })], nodePort: 1, failOpen: true });
    assert.deepEqual([found.targets.length, found.withoutInstance], [1, ["b"]]);
  });

  const identifiers: readonly [string, string | undefined][] = [
    ["aws:///us-west-2b/i-abcdefg0", "i-abcdefg0"],
    ["i-0123", "i-0123"],
    ["eks-hybrid:///ap-northeast-1/eks-test/mi-01c49bb1234567890", undefined],
    ["aws:///us-west-2b/3682/fargate-ip-192-168-138-30.us-west-2.compute.internal", undefined],
    ["", undefined],
  ];
  for (const [providerID, expected] of identifiers) {
    it(`have the instance ${expected ?? "of none"} for provider ID "${providerID}"`, () => {
      assert.equal(instanceID(providerID), expected);
    });
  }
});

describe("readiness gates", () => {
  const gate = "target-health.elbv2.k8s.aws/k8s-default-web-1a2b3c4d5e";
  const target = { id: "10.0.0.1", port: 8080 };

  it("are named after the binding", () => {
    assert.equal(gateOf("k8s-default-web-1a2b3c4d5e"), gate);
  });

  it("tell which bindings a pod waits for, by the new prefix and the old", () => {
    const gates = [
      gate,
      "target-health.alb.ingress.k8s.aws/old",
      "example.com/ready",
      ...["", "/", "/A_b", "/a/b"].map((rest) => `target-health.elbv2.k8s.aws${rest}`),
    ];
    const waiting = { ...pod("web"), spec: { readinessGates: gates.map((conditionType) => ({ conditionType })) } };
    assert.deepEqual(gatedBindings(waiting), ["k8s-default-web-1a2b3c4d5e", "old"]);
  });

  const rows: readonly [string, Parameters<typeof gateCondition>[1], string, string][] = [
    ["open for a healthy target", { ...target, state: "healthy" }, "True", ""],
    [
      "stay closed with AWS's reason otherwise",
      { ...target, state: "initial", reason: "Elb.InitialHealthChecking" },
      "False",
      "Elb.InitialHealthChecking",
    ],
    ["are unknown while AWS has not told", undefined, "Unknown", ""],
  ];
  for (const [name, health, status, reason] of rows) {
    it(name, () => {
      const found = gateCondition(gate, health);
      assert.deepEqual([found.type, found.status, found.reason], [gate, status, reason]);
    });
  }

  it("are written when they change, with the time of the change of status alone", () => {
    const old = { type: gate, status: "False", reason: "a", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" };
    const present: Pod = { ...pod("web"), status: { conditions: [old] } };
    const now = Date.parse("2026-02-02T00:00:00Z");
    assert.equal(gatePatch(present, { type: gate, status: "False", reason: "a", message: "" }, now), undefined);
    const reason = { type: gate, status: "False", reason: "b", message: "" };
    assert.deepEqual(gatePatch(present, reason, now), {
      metadata: { uid: "uid-web" },
      status: { conditions: [{ ...reason, lastTransitionTime: "2026-01-01T00:00:00Z" }] },
    });
    const open = { type: gate, status: "True", reason: "", message: "" };
    assert.deepEqual(gatePatch(present, open, now), {
      metadata: { uid: "uid-web" },
      status: { conditions: [{ ...open, lastTransitionTime: "2026-02-02T00:00:00Z" }] },
    });
  });
});

describe("changes of targets", () => {
  const of = (...ids: readonly string[]) => ids.map((id) => ({ id, port: 80 }));
  const spec = (targets: ReturnType<typeof of>, mayDeregister?: readonly string[]) => ({
    targetGroupARN: "arn",
    targets,
    ...(mayDeregister === undefined ? {} : { mayDeregister }),
  });

  it("take everything out that is not wanted of a group of our own", () => {
    assert.deepEqual(targetChanges(spec(of("a", "b")), spec(of("b", "c"))), { missing: of("a"), surplus: of("c") });
  });

  it("take only what was recorded out of a group that others share", () => {
    const { surplus } = targetChanges(spec(of("a"), ["c:80"]), spec(of("c", "d")));
    assert.deepEqual(surplus, of("c"));
    assert.deepEqual(targetChanges(spec([], []), spec(of("c", "d"))).surplus, []);
  });
});
