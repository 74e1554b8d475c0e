import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { endpointSliceKind, ingressKind, nodeKind, type Pod, podKind, serviceKind } from "../../src/api/builtin.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { createInformer } from "../../src/kube/informer.ts";
import { trimmed } from "../../src/kube/trim.ts";
import { silentLogger } from "../../src/log.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { SimClock } from "../support/sim-clock.ts";

const meta = {
  name: "a",
  namespace: "shop",
  uid: "u",
  resourceVersion: "1",
  labels: { app: "web" },
  annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", keep: "1" },
  managedFields: [{ manager: "kubectl" }],
};

/** Bytes of live objects, without garbage. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

/** As large as pods of a busy cluster are. */
function fatPod(index: number): object {
  const text = (length: number) => `${index}-`.padEnd(length, "x");
  return {
    metadata: {
      name: `pod-${index}`,
      namespace: `ns-${index % 50}`,
      labels: { app: text(40), "pod-template-hash": text(10) },
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": text(1_500), note: text(300) },
      managedFields: [{ manager: "kubelet", fieldsV1: { a: text(2_000) } }],
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: text(40), uid: text(36) }],
    },
    spec: {
      nodeName: `node-${index % 400}`,
      volumes: [{ name: "token", projected: { sources: [{ a: text(300) }] } }],
      containers: [
        { name: "app", image: text(120), env: [{ name: "A", value: text(500) }], ports: [{ containerPort: 80 }] },
      ],
    },
    status: {
      phase: "Running",
      podIP: `10.0.${index >> 8}.${index & 255}`,
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
      containerStatuses: [{ name: "app", imageID: text(200) }],
    },
  };
}

describe("trimmed", () => {
  it("drops managed fields and the copy of kubectl from every kind, and nothing else", () => {
    const object = { apiVersion: "v1", kind: "Ingress", metadata: meta, spec: { rules: [] }, other: 1 } as KubeObject;
    assert.deepEqual(trimmed(ingressKind as never)(object), {
      apiVersion: "v1",
      kind: "Ingress",
      metadata: {
        name: "a",
        namespace: "shop",
        uid: "u",
        resourceVersion: "1",
        labels: { app: "web" },
        annotations: { keep: "1" },
      },
      spec: { rules: [] },
      other: 1,
    });
    assert.equal("managedFields" in object.metadata, true, "the input is not changed");
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...meta, annotations: undefined },
    } as unknown as KubeObject;
    assert.equal("managedFields" in trimmed(serviceKind as never)(service).metadata, false);
  });

  it("keeps of pods what target registration and readiness need", () => {
    const eni = "vpc.amazonaws.com/pod-eni";
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...meta,
        annotations: { ...meta.annotations, [eni]: "[]" },
        deletionTimestamp: "2026-01-01T00:00:00Z",
      },
      spec: {
        nodeName: "n",
        serviceAccountName: "default",
        readinessGates: [{ conditionType: "x" }],
        containers: [
          { name: "c", image: "i", env: [], ports: [{ name: "web", containerPort: 80, protocol: "TCP", hostPort: 1 }] },
        ],
        initContainers: [{ name: "s", image: "i", restartPolicy: "Always" }],
      },
      status: {
        podIP: "10.0.0.1",
        podIPs: [{ ip: "10.0.0.1" }],
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [],
      },
    } as unknown as Pod;
    assert.deepEqual(trimmed(podKind)(pod), {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "a",
        namespace: "shop",
        uid: "u",
        resourceVersion: "1",
        deletionTimestamp: "2026-01-01T00:00:00Z",
        annotations: { [eni]: "[]" },
      },
      spec: {
        nodeName: "n",
        readinessGates: [{ conditionType: "x" }],
        containers: [{ name: "c", ports: [{ name: "web", containerPort: 80, protocol: "TCP" }] }],
        initContainers: [{ name: "s", restartPolicy: "Always" }],
      },
      status: {
        podIP: "10.0.0.1",
        podIPs: [{ ip: "10.0.0.1" }],
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
  });

  it("keeps of nodes no heartbeat, so that one gives no event", () => {
    const node = (beat: string) =>
      ({
        apiVersion: "v1",
        kind: "Node",
        metadata: meta,
        spec: { providerID: "aws:///x/i-1", podCIDR: "10.0.0.0/24" },
        status: {
          conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: beat }],
          images: [{ names: ["a"] }],
          addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
        },
      }) as unknown as KubeObject;
    const trim = trimmed(nodeKind as never);
    assert.deepEqual(trim(node("2026-01-01T00:00:00Z")), trim(node("2026-01-01T00:05:00Z")));
    assert.deepEqual((trim(node("x")) as unknown as { status: unknown }).status, {
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      conditions: [{ type: "Ready", status: "True" }],
    });
    assert.deepEqual(trim(node("x")).metadata.labels, { app: "web" });
  });

  it("keeps of endpoint slices addresses, conditions, targets and ports", () => {
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: meta,
      addressType: "IPv4",
      endpoints: [
        {
          addresses: ["10.0.0.1"],
          conditions: { ready: true },
          hints: { forZones: [] },
          targetRef: { kind: "Pod", name: "p" },
          nodeName: "n",
          zone: "z",
        },
      ],
      ports: [{ name: "web", port: 80 }],
    } as unknown as KubeObject;
    const kept = trimmed(endpointSliceKind as never)(slice) as unknown as { endpoints: unknown; ports: unknown };
    assert.deepEqual(kept.endpoints, [
      {
        addresses: ["10.0.0.1"],
        conditions: { ready: true },
        targetRef: { kind: "Pod", name: "p" },
        nodeName: "n",
        zone: "z",
      },
    ]);
    assert.deepEqual(kept.ports, [{ name: "web", port: 80 }]);
  });

  it("J8: 20,000 pods take less than 75 MiB of the heap", async () => {
    const kube = new FakeKube();
    const page = 500;
    // Pages are made as they are asked for: only what the informer keeps is measured.
    kube.fault = (request) => {
      if (request.query.get("watch") === "true") return undefined;
      const start = Number(request.query.get("continue") ?? 0);
      const items = Array.from({ length: page }, (_value, offset) => {
        const pod = fatPod(start + offset) as { metadata: object };
        return {
          ...pod,
          metadata: { ...pod.metadata, uid: `u${start + offset}`, resourceVersion: String(start + offset + 1) },
        };
      });
      const more = start + page < 20_000 ? { continue: String(start + page) } : {};
      return {
        status: 200,
        headers: {},
        body: JSON.stringify({ metadata: { resourceVersion: "20000", ...more }, items }),
      };
    };
    const informer = createInformer<Pod>({
      kind: podKind,
      http: kube.handler,
      clock: new SimClock(),
      random: () => 0.5,
      log: silentLogger,
      indexes: { node: (pod) => [pod.spec?.nodeName ?? ""], ip: (pod) => [pod.status?.podIP ?? ""] },
    });
    const before = heapInUse();
    informer.start();
    await informer.whenSynced();
    const grown = (heapInUse() - before) / 2 ** 20;
    assert.equal(informer.health().objects, 20_000);
    assert.equal(informer.byIndex("node", "node-7").length, 50);
    // What is left of the 150 MiB is for pages in transit and garbage, which depend on the machine.
    assert.ok(grown < 75, `${Math.round(grown)} MiB`);
    await informer.stop();
  });
});
