import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";

const pod = { metadata: { name: "web", labels: { app: "web" } }, spec: { containers: [{ name: "main", image: "x" }] } };

/** Writes a status by way of its subresource. */
async function writeStatus(session: Session, path: string, statuses: readonly object[]): Promise<void> {
  for (const status of statuses) await session.patch(`${path}/status`, "merge", { status });
}

/** What controllers and kubelets write: statuses, bindings, evictions. */
export const subresourceScenarios: readonly Scenario[] = [
  {
    name: "status of a load balancer's Service",
    async run(session) {
      const path = session.at("v1", "services");
      await session.post(path, { metadata: { name: "web" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } });
      const at = (...ingress: readonly object[]): object => ({ loadBalancer: { ingress } });
      await writeStatus(session, `${path}/web`, [
        at({ hostname: "web-1.elb.example.test" }),
        at({ hostname: "web-1.elb.example.test", ports: [{ port: 80, protocol: "TCP" }] }),
        at({ hostname: "10.0.0.1" }),
        at({ hostname: "Not_A_Name" }),
        at({ ip: "10.0.0.1" }),
        at({ ip: "10.0.0.1", ipMode: "Proxy" }),
        at({ ip: "10.0.0.1", ipMode: "Other" }),
        at({ ip: "10.0.0.300", ipMode: "VIP" }),
        at({ ipMode: "VIP" }),
        {
          conditions: [
            { type: "Ready", status: "True", reason: "Up", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
          ],
        },
      ]);
      await session.patch(`${path}/web/status`, "merge", {
        spec: { type: "NodePort" },
        metadata: { labels: { a: "b" } },
      });
      await session.patch(`${path}/web`, "merge", { status: { loadBalancer: {} } });
      await session.patch(`${path}/web`, "merge", { spec: { type: "ClusterIP" } });
      await writeStatus(session, `${path}/web`, [at({ hostname: "late.example.test" }), at()]);
    },
  },
  {
    name: "status of an Ingress",
    async run(session) {
      const path = session.at("networking.k8s.io/v1", "ingresses");
      const defaultBackend = { service: { name: "web", port: { number: 80 } } };
      await session.post(path, { metadata: { name: "web" }, spec: { defaultBackend } });
      const at = (...ingress: readonly object[]): object => ({ loadBalancer: { ingress } });
      await writeStatus(session, `${path}/web`, [
        at({ hostname: "web-1.elb.example.test" }),
        at({ hostname: "web-1.elb.example.test", ports: [{ port: 443, protocol: "TCP", error: "Bad" }] }),
        at({ hostname: "10.0.0.1" }),
        at({ ip: "300.0.0.1" }),
        at({ ip: "10.0.0.1" }, { hostname: "two.example.test" }),
        at(),
      ]);
      await session.patch(`${path}/web/status`, "merge", { spec: { ingressClassName: "other" } });
    },
  },
  {
    name: "status of a Pod",
    async run(session) {
      const path = session.at("v1", "pods");
      await session.post(path, pod);
      const condition = { type: "target-health.elbv2.k8s.aws/web", status: "True" };
      await session.patch(`${path}/web/status`, "strategic-merge", { status: { conditions: [condition] } });
      await session.patch(`${path}/web/status`, "strategic-merge", {
        status: { conditions: [{ ...condition, status: "False", reason: "Unhealthy" }], phase: "Running" },
      });
      await writeStatus(session, `${path}/web`, [
        { podIP: "10.0.0.9", podIPs: [{ ip: "10.0.0.9" }] },
        { phase: "Succeeded" },
      ]);
      await session.patch(`${path}/web/status`, "merge", { metadata: { labels: { from: "status" } } });
    },
  },
  {
    name: "binding of a Pod",
    async run(session) {
      const path = session.at("v1", "pods");
      await session.post(path, pod);
      const binding = (name: string, target: object): object => ({ metadata: { name }, target });
      await session.post(`${path}/web/binding`, binding("web", { kind: "Node", name: "" }));
      await session.post(`${path}/web/binding`, binding("web", { kind: "Pod", name: "one" }));
      await session.post(`${path}/web/binding`, binding("other", { kind: "Node", name: "one" }));
      await session.post(`${path}/nobody/binding`, binding("nobody", { kind: "Node", name: "one" }));
      await session.post(`${path}/web/binding`, binding("web", { kind: "Node", name: "one" }));
      await session.get(`${path}/web`);
      await session.post(`${path}/web/binding`, binding("web", { kind: "Node", name: "two" }));
    },
  },
  {
    name: "eviction of Pods",
    async run(session) {
      const path = session.at("v1", "pods");
      const eviction = (name: string, rest: object = {}): object => ({
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name },
        ...rest,
      });
      await session.silently("POST", path, pod);
      await session.post(`${path}/web/eviction?dryRun=All`, eviction("web"));
      await session.post(`${path}/web/eviction`, eviction("other"));
      await session.post(`${path}/web/eviction`, eviction("web"));
      await session.post(`${path}/web/eviction`, eviction("web"));
      const budgets = session.at("policy/v1", "poddisruptionbudgets");
      const selector = { matchLabels: { app: "web" } };
      await session.post(budgets, { metadata: { name: "web" }, spec: { minAvailable: 1, selector } });
      await session.silently("POST", path, pod);
      await writeStatus(session, `${path}/web`, [
        { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
      ]);
      await session.post(`${path}/web/eviction`, eviction("web"));
      await writeStatus(session, `${budgets}/web`, [
        { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, observedGeneration: 1 },
      ]);
      await session.post(`${path}/web/eviction`, eviction("web"));
      await writeStatus(session, `${budgets}/web`, [{ disruptionsAllowed: 1, currentHealthy: 2, expectedPods: 2 }]);
      await session.post(`${path}/web/eviction`, eviction("web"));
      await session.get(`${budgets}/web`);
      await writeStatus(session, `${budgets}/web`, [{ disruptionsAllowed: -1 }]);
    },
  },
  {
    name: "status of a Node",
    async run(session) {
      const path = "/api/v1/nodes";
      await session.post(path, { metadata: { name: "built-in-kinds-status" } });
      const at = `${path}/built-in-kinds-status`;
      const address = { type: "InternalIP", address: "10.0.0.7" };
      await writeStatus(session, at, [
        { conditions: [{ type: "Ready", status: "True" }], addresses: [address] },
        { addresses: [address, address] },
        { capacity: { cpu: "2" }, allocatable: { cpu: "1900m" } },
      ]);
      await session.patch(at, "merge", { spec: { providerID: "aws:///a/i-0" } });
      await session.patch(at, "merge", { spec: { providerID: "aws:///a/i-1" } });
      await session.patch(at, "merge", { spec: { unschedulable: true, taints: null } });
      await session.delete(at);
    },
  },
];
