import assert from "node:assert/strict";
import {
  type Endpoint,
  type EndpointGroup,
  planSlices,
  resolvePorts,
} from "../../../src/sandbox/cluster/slice-plan.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { podSpecOf, service } from "./cluster-harness.ts";

const ports = [{ name: "", port: 80, protocol: "TCP" }];

function endpoint(number: number, ready = true): Endpoint {
  return {
    addresses: [`10.0.${number >> 8}.${number & 255}`],
    conditions: { ready, serving: ready, terminating: false },
    targetRef: { kind: "Pod", namespace: "default", name: `p${number}`, uid: `u${number}` },
  };
}

function group(count: number, from = 0): EndpointGroup {
  return { ports, endpoints: Array.from({ length: count }, (_, index) => endpoint(from + index)) };
}

function slice(name: string, contents: EndpointGroup): KubeObject {
  return { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { name }, ...contents };
}

describe("the plan of a service's endpoint slices", () => {
  it("keeps one empty slice for a service without pods", () => {
    const plan = planSlices([], []);
    assert.deepEqual(plan, { create: [{ ports: [], endpoints: [] }], update: [], delete: [] });
    assert.deepEqual(planSlices([], [slice("a", { ports: [], endpoints: [] })]), {
      create: [],
      update: [],
      delete: [],
    });
  });

  it("fills the empty slice instead of making another", () => {
    const empty = slice("a", { ports: [], endpoints: [] });
    const plan = planSlices([group(3)], [empty]);
    assert.deepEqual(plan, { create: [], update: [{ slice: empty, group: group(3) }], delete: [] });
  });

  it("splits at a hundred endpoints", () => {
    const plan = planSlices([group(230)], []);
    assert.deepEqual(
      plan.create.map(({ endpoints }) => endpoints.length),
      [100, 100, 30],
    );
  });

  it("writes only the slice whose endpoint changed", () => {
    const [first, second] = [slice("a", group(100)), slice("b", group(50, 100))];
    const changed = group(150).endpoints.map((each, index) => (index === 120 ? endpoint(120, false) : each));
    const plan = planSlices([{ ports, endpoints: changed }], [first, second]);
    assert.deepEqual(
      plan.update.map((each) => each.slice.metadata.name),
      ["b"],
    );
    assert.deepEqual([plan.create, plan.delete], [[], []]);
  });

  it("does nothing when nothing changed", () => {
    assert.deepEqual(planSlices([group(5)], [slice("a", group(5))]), { create: [], update: [], delete: [] });
  });

  it("drops a slice that lost its endpoints to none", () => {
    const [first, second] = [slice("a", group(2)), slice("b", group(2, 10))];
    const plan = planSlices([group(2)], [first, second]);
    assert.deepEqual(
      plan.delete.map(({ metadata }) => metadata.name),
      ["b"],
    );
  });

  it("resolves named ports by name and protocol and leaves out those that the pod lacks", () => {
    const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: podSpecOf() };
    const found = resolvePorts(
      service("web", [
        { name: "a", port: 80, targetPort: "http", protocol: "TCP" },
        { name: "b", port: 81, targetPort: "http", protocol: "UDP" },
        { name: "c", port: 82, targetPort: 9000, protocol: "TCP", appProtocol: "h2c" },
      ]),
      pod,
    );
    assert.deepEqual(found, [
      { name: "a", port: 8080, protocol: "TCP" },
      { name: "c", port: 9000, protocol: "TCP", appProtocol: "h2c" },
    ]);
  });
});
