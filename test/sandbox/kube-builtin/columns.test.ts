import assert from "node:assert/strict";
import { humanDuration } from "../../../src/sandbox/kube/builtin/age.ts";
import { builtinDefinitions } from "../../../src/sandbox/kube/builtin/definitions.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { make, now, row } from "./definition-harness.ts";

const containers = [{ name: "c", image: "nginx:1" }];
const running = { name: "c", ready: true, restartCount: 0, state: { running: {} } };

describe("table rows", () => {
  const cases: readonly { readonly name: string; readonly object: KubeObject; readonly expected: string }[] = [
    {
      name: "a running pod",
      object: make("Pod", {
        spec: { containers, nodeName: "n" },
        status: { phase: "Running", podIP: "10.0.0.1", containerStatuses: [running] },
      }),
      expected: "a | 1/1 | Running | 0 | 5m | 10.0.0.1 | n | <none> | <none>",
    },
    {
      name: "a pod that crashes again and again",
      object: make("Pod", {
        spec: { containers },
        status: {
          phase: "Running",
          containerStatuses: [
            {
              name: "c",
              ready: false,
              restartCount: 4,
              state: { waiting: { reason: "CrashLoopBackOff" } },
              lastState: { terminated: { finishedAt: "2026-01-01T00:59:30Z" } },
            },
          ],
        },
      }),
      expected: "a | 0/1 | CrashLoopBackOff | 4 (30s ago) | 5m | <none> | <none> | <none> | <none>",
    },
    {
      name: "a pod with an unmet readiness gate",
      object: make("Pod", {
        spec: { containers, readinessGates: [{ conditionType: "x" }, { conditionType: "y" }] },
        status: { phase: "Running", conditions: [{ type: "x", status: "True" }], containerStatuses: [running] },
      }),
      expected: "a | 1/1 | Running | 0 | 5m | <none> | <none> | <none> | 1/2",
    },
    {
      name: "a pod that is being deleted",
      object: make(
        "Pod",
        { spec: { containers }, status: { phase: "Running" } },
        { deletionTimestamp: "2026-01-01T01:00:00Z" },
      ),
      expected: "a | 0/1 | Terminating | 0 | 5m | <none> | <none> | <none> | <none>",
    },
    {
      name: "a load balancer service without an address yet",
      object: make("Service", {
        spec: {
          type: "LoadBalancer",
          clusterIP: "10.100.0.9",
          selector: { b: "2", a: "1" },
          ports: [
            { port: 80, nodePort: 30080, protocol: "TCP" },
            { port: 53, protocol: "UDP" },
          ],
        },
      }),
      expected: "a | LoadBalancer | 10.100.0.9 | <pending> | 80:30080/TCP,53/UDP | 5m | a=1,b=2",
    },
    {
      name: "a service with its load balancer's name",
      object: make("Service", {
        spec: { type: "LoadBalancer", clusterIP: "10.100.0.9", ports: [{ port: 80, protocol: "TCP" }] },
        status: { loadBalancer: { ingress: [{ hostname: "a.elb.us-west-2.amazonaws.com" }] } },
      }),
      expected: "a | LoadBalancer | 10.100.0.9 | a.elb.us-west-2.amazonaws.com | 80/TCP | 5m | <none>",
    },
    {
      name: "an ingress with TLS and many hosts",
      object: make("Ingress", {
        spec: { ingressClassName: "alb", tls: [{}], rules: ["a", "b", "c", "d"].map((host) => ({ host })) },
        status: { loadBalancer: { ingress: [{ hostname: "lb" }] } },
      }),
      expected: "a | alb | a,b,c + 1 more... | lb | 80, 443 | 5m",
    },
    {
      name: "a deployment",
      object: make("Deployment", {
        spec: { replicas: 3, selector: { matchLabels: { app: "a" } }, template: { spec: { containers } } },
        status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
      }),
      expected: "a | 2/3 | 3 | 2 | 5m | c | nginx:1 | app=a",
    },
    {
      name: "a cordoned node",
      object: make("Node", {
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: "Ready", status: "True" }],
          addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
          nodeInfo: { kubeletVersion: "v1", osImage: "AL2023", kernelVersion: "6", containerRuntimeVersion: "c://1" },
        },
      }),
      expected: "a | Ready,SchedulingDisabled | <none> | 5m | v1 | 10.0.0.1 | <none> | AL2023 | 6 | c://1",
    },
    {
      name: "an endpoint slice",
      object: make("EndpointSlice", {
        addressType: "IPv4",
        ports: [{ port: 8080 }],
        endpoints: ["1", "2", "3", "4"].map((last) => ({ addresses: [`10.0.0.${last}`] })),
      }),
      expected: "a | IPv4 | 8080 | 10.0.0.1,10.0.0.2,10.0.0.3 + 1 more... | 5m",
    },
    {
      name: "an event",
      object: make("Event", {
        involvedObject: { kind: "Ingress", name: "web" },
        reason: "Ready",
        type: "Normal",
        message: "is ready ",
        count: 3,
        source: { component: "fairlead" },
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:59:00Z",
      }),
      expected: "60s | Normal | Ready | ingress/web |  | fairlead | is ready | 60m | 3 | a",
    },
  ];
  for (const { name, object, expected } of cases) {
    it(`show ${name}`, () => assert.equal(row(object), expected));
  }

  it("have a cell for each column, whatever an object lacks", () => {
    for (const definition of builtinDefinitions) {
      const object = { apiVersion: definition.version, kind: definition.kind, metadata: { name: "a" } };
      assert.equal(definition.cells(object, now).length, definition.columns.length, definition.kind);
    }
  });

  it("print ages as kubectl users know them", () => {
    const seconds = [-5, 0, 119, 120, 185, 599, 600, 10_799, 10_800, 28_800, 172_800, 691_200, 63_072_000];
    assert.deepEqual(
      seconds.map((count) => humanDuration(count * 1000)),
      ["<invalid>", "0s", "119s", "2m", "3m5s", "9m59s", "10m", "179m", "3h", "8h", "2d", "8d", "2y"],
    );
  });
});
