import assert from "node:assert/strict";
import type { Service } from "../../../src/api/builtin.ts";
import { isHeld, isOrphaned, wantsLoadBalancer } from "../../../src/controllers/service/ownership.ts";
import { service } from "./fixtures.ts";

const settings = { loadBalancerClass: "service.k8s.aws/nlb", typeLoadBalancerOnly: false };

function of(
  loadBalancerClass: string | undefined,
  annotations: Readonly<Record<string, string>>,
  own: {
    readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer";
    readonly metadata?: Partial<Service["metadata"]>;
  } = {},
): Service {
  const made = service("default/web", { annotations });
  const { loadBalancerClass: _default, ...spec } = made.spec ?? {};
  return {
    ...made,
    metadata: { ...made.metadata, ...own.metadata },
    spec: {
      ...spec,
      type: own.type ?? "LoadBalancer",
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    },
  };
}

describe("ownership of Services", () => {
  const ours = "service.k8s.aws/nlb";
  const rows: readonly [string, Service, boolean][] = [
    ["our class without annotations", of(ours, {}), true],
    ["our class with an unknown target type", of(ours, { "nlb-target-type": "pod" }), true],
    ["our class with type nlb", of(ours, { type: "nlb" }), true],
    ["our class with type nlb-ip", of(ours, { type: "nlb-ip" }), true],
    ["another class, whatever the annotations say", of("eks.amazonaws.com/nlb", { type: "nlb-ip" }), false],
    ["no class and nlb-ip", of(undefined, { type: "nlb-ip" }), true],
    ["no class and external with ip", of(undefined, { type: "external", "nlb-target-type": "ip" }), true],
    ["no class and external with instance", of(undefined, { type: "external", "nlb-target-type": "instance" }), true],
    ["no class and external alone", of(undefined, { type: "external" }), false],
    ["no class and external with another word", of(undefined, { type: "external", "nlb-target-type": "IP" }), false],
    ["no class and nlb", of(undefined, { type: "nlb", "nlb-target-type": "ip" }), false],
    ["no class and no annotation", of(undefined, {}), false],
    ["no class and internal alone", of(undefined, { internal: "true" }), false],
    ["words with white space, which are compared exactly", of(undefined, { type: " nlb-ip" }), false],
    ["words in another case", of(undefined, { type: "NLB-IP" }), false],
    ["a NodePort Service with nlb-ip", of(undefined, { type: "nlb-ip" }, { type: "NodePort" }), true],
    ["a ClusterIP Service with nlb-ip", of(undefined, { type: "nlb-ip" }, { type: "ClusterIP" }), true],
    [
      "a Service that is being deleted",
      of(ours, {}, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
      false,
    ],
  ];
  for (const [name, wanted, expected] of rows) {
    it(`${expected ? "takes" : "leaves alone"} ${name}`, () => {
      assert.equal(wantsLoadBalancer(wanted, settings), expected);
    });
  }

  it("takes only type LoadBalancer when the gate ServiceTypeLoadBalancerOnly is on", () => {
    const only = { ...settings, typeLoadBalancerOnly: true };
    assert.equal(wantsLoadBalancer(of(undefined, { type: "nlb-ip" }, { type: "NodePort" }), only), false);
    assert.equal(wantsLoadBalancer(of(undefined, { type: "nlb-ip" }), only), true);
  });

  it("knows by the finalizer that AWS resources may exist", () => {
    const finalizers = ["service.kubernetes.io/load-balancer-cleanup", "service.k8s.aws/resources"];
    assert.equal(isHeld(of(undefined, {}, { metadata: { finalizers } })), true);
    assert.equal(isHeld(of(undefined, {}, { metadata: { finalizers: finalizers.slice(0, 1) } })), false);
  });

  it("recognises Services that say external and forget the target type", () => {
    assert.equal(isOrphaned(of(undefined, { type: "external" })), true);
    assert.equal(isOrphaned(of(undefined, { type: "external", "nlb-target-type": "ip" })), false);
    assert.equal(isOrphaned(of(ours, { type: "external" })), false);
    assert.equal(isOrphaned(of(undefined, { type: "nlb" })), false);
  });
});
