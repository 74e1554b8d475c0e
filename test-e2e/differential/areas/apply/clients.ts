import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { withCustomKind } from "./custom-kinds.ts";

const labels = { app: "web" };
const manifest = (image: string, rest: object = {}): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image, ...rest }] } },
    },
  });

function deploymentOf(session: Session): Promise<unknown> {
  return session.get(session.at("apps/v1", "deployments", "web"));
}

/** The ways of the clients that people use. */
export const clientScenarios: readonly Scenario[] = [
  {
    name: "kubectl applies on the server's side",
    async run(session) {
      await session.kubectl(["apply", "--server-side", "-f", "-"], manifest("i:1"));
      await deploymentOf(session);
      await session.kubectl(["apply", "--server-side", "-f", "-"], manifest("i:1"));
      await session.kubectl(
        ["apply", "--server-side", "-f", "-"],
        manifest("i:2", { env: [{ name: "A", value: "1" }] }),
      );
      await session.kubectl(["apply", "--server-side", "--field-manager=ci", "-f", "-"], manifest("i:3"));
      await session.kubectl(
        ["apply", "--server-side", "--field-manager=ci", "--force-conflicts", "-f", "-"],
        manifest("i:3"),
      );
      await session.kubectl(["scale", "deployment/web", "--replicas=5"]);
      await session.kubectl(["label", "deployment/web", "tier=front"]);
      await session.kubectl(["apply", "--server-side", "-f", "-"], manifest("i:3"));
      await deploymentOf(session);
    },
  },
  {
    name: "kubectl applies on the client's side, then on the server's",
    async run(session) {
      await session.kubectl(["apply", "-f", "-"], manifest("i:1", { env: [{ name: "A", value: "1" }] }));
      await deploymentOf(session);
      await session.kubectl(["apply", "-f", "-"], manifest("i:2"));
      await session.kubectl(["apply", "--server-side", "-f", "-"], manifest("i:3"));
      await deploymentOf(session);
      await session.kubectl(["apply", "--server-side", "-f", "-"], manifest("i:3"));
      await session.kubectl(["apply", "-f", "-"], manifest("i:4"));
      await deploymentOf(session);
    },
  },
  {
    name: "a first apply on the server's side as kubectl, over its annotation",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const last = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a", annotations: {} },
        data: { x: "1", y: "1", z: "1" },
      };
      const annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": `${JSON.stringify(last)}\n`,
        other: "kept",
      };
      const live = { ...last, metadata: { name: "a", annotations } };
      await session.post(`${path}?fieldManager=kubectl-client-side-apply`, live);
      await session.patch(`${path}/a?fieldManager=editor`, "merge", { data: { z: "2" } });
      const next = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: "2", y: "1" } };
      await session.apply(`${path}/a`, "kubectl", { ...next, data: { ...next.data, z: "3" } });
      await session.apply(`${path}/a`, "other", next);
      await session.apply(`${path}/a`, "kubectl", next);
      await session.apply(`${path}/a`, "kubectl", {
        ...next,
        metadata: { name: "a", annotations: { other: "kept", more: "1" } },
      });
      await session.apply(`${path}/a`, "kubectl", next);
      await session.get(`${path}/a`);
    },
  },
  {
    name: "Argo CD beside an autoscaler and an operator",
    async run(session) {
      const path = session.at("apps/v1", "deployments", "web");
      const wanted = JSON.parse(manifest("i:1")) as { readonly spec: object; readonly metadata: object };
      const tracked = {
        ...wanted,
        metadata: {
          ...wanted.metadata,
          annotations: { "argocd.argoproj.io/tracking-id": "app:apps/Deployment:ns/web" },
        },
      };
      await session.apply(path, "argocd-controller", tracked, "&force=true");
      await session.patch(`${path}/scale?fieldManager=hpa`, "merge", { spec: { replicas: 4 } });
      await session.apply(path, "argocd-controller", tracked, "&force=true&dryRun=All");
      const { replicas: _replicas, ...rest } = wanted.spec as { readonly replicas: number };
      await session.apply(path, "argocd-controller", { ...tracked, spec: rest }, "&force=true");
      await session.patch(`${path}?fieldManager=operator`, "strategic-merge", {
        spec: { template: { metadata: { annotations: { "a.b/checksum": "1" } } } },
      });
      await session.apply(path, "argocd-controller", { ...tracked, spec: rest }, "&force=true");
      await session.get(path);
    },
  },
  {
    name: "the operator and its command line",
    run: (session) =>
      withCustomKind(session, "Operated", async ({ apiVersion, plural, kind }) => {
        const path = session.at(apiVersion, plural, "a");
        const manager = "?fieldManager=fairlead";
        const body = { apiVersion, kind, metadata: { name: "a" }, spec: { text: "x", ports: [{ port: 80 }] } };
        await session.apply(path, "fairlead", body, "&force=true");
        await session.apply(path, "fairlead", body, "&force=true");
        const { body: made } = await session.patch(`${path}${manager}`, "merge", {
          metadata: { finalizers: ["fairlead.io/x"] },
        });
        await session.patch(`${path}/status${manager}`, "merge", {
          status: { phase: "Ready", conditions: [{ type: "Ready", status: "True" }] },
        });
        await session.patch(`${path}/status${manager}`, "merge", { status: { phase: "Ready" } });
        await session.apply(path, "fairlead", body, "&force=true");
        await session.apply(path, "kubectl", { ...body, spec: { text: "y" } });
        await session.patch(`${path}${manager}`, "json", [
          { op: "test", path: "/metadata/resourceVersion", value: made.metadata?.resourceVersion },
          { op: "remove", path: "/metadata/finalizers/0" },
        ]);
        await session.patch(`${path}${manager}`, "json", [
          { op: "test", path: "/metadata/finalizers/0", value: "fairlead.io/x" },
          { op: "remove", path: "/metadata/finalizers/0" },
        ]);
        await session.post(`${session.at("coordination.k8s.io/v1", "leases")}${manager}`, {
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: { name: "l" },
          spec: { holderIdentity: "x", leaseDurationSeconds: 15 },
        });
        await session.patch(`${session.at("coordination.k8s.io/v1", "leases", "l")}${manager}`, "merge", {
          spec: { holderIdentity: "y" },
        });
      }),
  },
];
