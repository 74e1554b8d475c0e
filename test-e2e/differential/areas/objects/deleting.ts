import type { Scenario } from "../../scenario.ts";
import { serveCustomKinds, widget, widgetVersion } from "./custom-kinds.ts";
import { configMap, deployment, pod, service } from "./sample-objects.ts";

const otherUid = "9f1a7b64-0000-4000-8000-000000000000";

const options: readonly (readonly [query: string, body: object | undefined])[] = [
  ["", undefined],
  ["", {}],
  ["", { propagationPolicy: "Background" }],
  ["", { propagationPolicy: "Foreground" }],
  ["", { propagationPolicy: "Orphan" }],
  ["", { orphanDependents: true }],
  ["", { orphanDependents: false }],
  ["", { orphanDependents: true, propagationPolicy: "Orphan" }],
  ["", { propagationPolicy: "Nonsense" }],
  ["", { propagationPolicy: "" }],
  ["", { gracePeriodSeconds: 0 }],
  ["", { gracePeriodSeconds: 10 }],
  ["", { gracePeriodSeconds: -1 }],
  ["", { gracePeriodSeconds: "ten" }],
  ["", { dryRun: ["All"] }],
  ["", { dryRun: ["Some"] }],
  ["", { dryRun: "All" }],
  ["", { unknown: 1 }],
  ["", { kind: "DeleteOptions", apiVersion: "v1" }],
  ["", { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" }],
  ["", { kind: "DeleteOptions", apiVersion: "apps/v1" }],
  ["", { kind: "Pod", apiVersion: "v1" }],
  ["", { kind: "DeleteOptions", apiVersion: "nonsense/v1" }],
  ["", { preconditions: { uid: otherUid } }],
  ["", { preconditions: { resourceVersion: "1" } }],
  ["", { preconditions: {} }],
  ["", { preconditions: { uid: "" } }],
  ["", { preconditions: "x" }],
  ["?propagationPolicy=Background", undefined],
  ["?propagationPolicy=Foreground", undefined],
  ["?propagationPolicy=Orphan", undefined],
  ["?propagationPolicy=Nonsense", undefined],
  ["?propagationPolicy=", undefined],
  ["?orphanDependents=true", undefined],
  ["?orphanDependents=false", undefined],
  ["?orphanDependents=perhaps", undefined],
  ["?orphanDependents=true&propagationPolicy=Background", undefined],
  ["?gracePeriodSeconds=0", undefined],
  ["?gracePeriodSeconds=ten", undefined],
  ["?gracePeriodSeconds=-5", undefined],
  ["?dryRun=All", undefined],
  ["?dryRun=Some", undefined],
  ["?dryRun=", undefined],
  ["?dryRun=All&dryRun=All", undefined],
  ["?propagationPolicy=Orphan", { propagationPolicy: "Background" }],
  ["?propagationPolicy=Orphan", {}],
  ["?dryRun=All", {}],
  ["?pretty=true", undefined],
];

export const deletingScenarios: readonly Scenario[] = [
  {
    name: "options of a deletion",
    async run(session) {
      await serveCustomKinds(session);
      for (const [path, object] of [
        [session.at("v1", "configmaps"), configMap("one")],
        [session.at("apps/v1", "deployments"), deployment("one")],
        [session.at(widgetVersion, "widgets"), widget("one")],
      ] as const) {
        for (const [query, body] of options) {
          await session.silently("POST", path, object);
          await session.delete(`${path}/one${query}`, body);
          await session.get(`${path}/one`);
          await session.silently(
            "PATCH",
            `${path}/one`,
            { metadata: { finalizers: null } },
            { contentType: "application/merge-patch+json" },
          );
          await session.silently("DELETE", `${path}/one`);
        }
        const { body } = await session.post(path, object);
        const { uid, resourceVersion } = body.metadata as { uid: string; resourceVersion: string };
        await session.delete(`${path}/one`, { preconditions: { uid, resourceVersion: "1" } });
        await session.delete(`${path}/one`, { preconditions: { uid, resourceVersion } });
        await session.delete(`${path}/one`, { preconditions: { uid, resourceVersion } });
      }
    },
  },
  {
    name: "objects held by finalizers",
    async run(session) {
      await serveCustomKinds(session);
      for (const [path, object] of [
        [session.at("v1", "configmaps"), configMap("one")],
        [session.at("v1", "services"), service("one", { clusterIP: "None" })],
        [
          session.at("networking.k8s.io/v1", "ingresses"),
          { metadata: { name: "one" }, spec: { defaultBackend: { service: { name: "a", port: { number: 1 } } } } },
        ],
        [session.at("apps/v1", "deployments"), deployment("one")],
        [session.at(widgetVersion, "widgets"), widget("one", { spec: { size: 1 } })],
      ] as const) {
        const at = `${path}/one`;
        const metadata = (value: object): Promise<unknown> => session.patch(at, "merge", { metadata: value });
        await session.post(path, object);
        await metadata({ finalizers: ["a.test/x", "a.test/y"] });
        await session.delete(at);
        await session.delete(at);
        await session.delete(at, { propagationPolicy: "Foreground" });
        await session.delete(at, { propagationPolicy: "Orphan" });
        await session.delete(at, { propagationPolicy: "Background" });
        await session.delete(`${at}?gracePeriodSeconds=0`);
        await session.delete(`${at}?dryRun=All`);
        await metadata({ labels: { a: "1" } });
        await metadata({ finalizers: ["a.test/x", "a.test/y", "a.test/z"] });
        await metadata({ finalizers: ["a.test/z"] });
        await metadata({ finalizers: ["a.test/y", "a.test/x"] });
        await metadata({ deletionTimestamp: null });
        await metadata({ deletionGracePeriodSeconds: null });
        await session.post(path, object);
        await metadata({ finalizers: ["a.test/x"] });
        await session.patch(`${at}?dryRun=All`, "merge", { metadata: { finalizers: null } });
        await session.get(at);
        const { body } = await session.silently("GET", at);
        const { finalizers: _, ...rest } = body.metadata as { finalizers: unknown };
        await session.put(at, { ...body, metadata: rest });
        await session.get(at);
      }
    },
  },
  {
    name: "owners and propagation",
    async run(session) {
      await serveCustomKinds(session);
      const { body: owner } = await session.post(session.at("apps/v1", "deployments"), deployment("owner"));
      const ownerReferences = [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: "owner",
          uid: owner.metadata.uid as string,
          blockOwnerDeletion: true,
          controller: true,
        },
      ];
      await session.post(session.at("v1", "configmaps"), { metadata: { name: "owned", ownerReferences } });
      await session.delete(session.at("apps/v1", "deployments", "owner"), { propagationPolicy: "Foreground" });
      await session.delete(session.at("apps/v1", "deployments", "owner"), { propagationPolicy: "Orphan" });
      await session.delete(session.at("apps/v1", "deployments", "owner"));
      await session.get(session.at("apps/v1", "deployments", "owner"));
      await session.patch(session.at("apps/v1", "deployments", "owner"), "merge", { metadata: { finalizers: null } });
      const replicaSet = {
        metadata: { name: "sets" },
        spec: {
          selector: { matchLabels: { app: "sets" } },
          template: { metadata: { labels: { app: "sets" } }, spec: { containers: [{ name: "a", image: "b" }] } },
        },
      };
      await session.post(session.at("apps/v1", "replicasets"), replicaSet);
      await session.delete(session.at("apps/v1", "replicasets", "sets"), { propagationPolicy: "Orphan" });
      await session.patch(session.at("apps/v1", "replicasets", "sets"), "json", [
        { op: "remove", path: "/metadata/finalizers/0" },
      ]);
      const job = {
        metadata: { name: "job" },
        spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } } },
      };
      await session.post(session.at("batch/v1", "jobs"), job);
      await session.delete(session.at("batch/v1", "jobs", "job"));
      await session.silently("DELETE", session.at("v1", "configmaps", "owned"));
    },
  },
  {
    name: "Pods that end in their time",
    async run(session) {
      const path = session.at("v1", "pods");
      await session.post(path, pod("waiting"));
      await session.delete(`${path}/waiting`);
      await session.get(`${path}/waiting`);
      const bind = (name: string): Promise<unknown> =>
        session.silently("POST", `${path}/${name}/binding`, {
          metadata: { name },
          target: { kind: "Node", name: "objects-node" },
        });
      for (const [name, grace, body] of [
        ["usual", undefined, undefined],
        ["own", 7, undefined],
        ["asked", 7, { gracePeriodSeconds: 3 }],
        ["longer", 7, { gracePeriodSeconds: 60 }],
        ["at-once", 7, { gracePeriodSeconds: 0 }],
        ["one", 7, { gracePeriodSeconds: 1 }],
        ["negative", 7, { gracePeriodSeconds: -3 }],
        ["no-time", 0, undefined],
        ["dry", 5, { dryRun: ["All"] }],
        ["foreground", 5, { propagationPolicy: "Foreground" }],
      ] as const) {
        await session.silently(
          "POST",
          path,
          pod(name, grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
        );
        await bind(name);
        await session.delete(`${path}/${name}`, body);
        await session.get(`${path}/${name}`);
        await session.delete(`${path}/${name}`, body);
        await session.delete(`${path}/${name}`, { gracePeriodSeconds: 2 });
        await session.delete(`${path}/${name}`, { gracePeriodSeconds: 20 });
        await session.patch(`${path}/${name}`, "merge", { metadata: { labels: { more: "1" } } });
        await session.delete(`${path}/${name}?gracePeriodSeconds=0`);
        await session.get(`${path}/${name}`);
      }
      for (const phase of ["Running", "Succeeded", "Failed"]) {
        const name = phase.toLowerCase();
        await session.silently("POST", path, pod(name));
        await bind(name);
        await session.patch(`${path}/${name}/status`, "merge", { status: { phase } });
        await session.delete(`${path}/${name}`);
        await session.delete(`${path}/${name}?gracePeriodSeconds=0`);
      }
      await session.silently("POST", path, pod("held"));
      await bind("held");
      await session.patch(`${path}/held`, "merge", { metadata: { finalizers: ["a.test/x"] } });
      await session.delete(`${path}/held`);
      await session.delete(`${path}/held?gracePeriodSeconds=0`);
      await session.get(`${path}/held`);
      await session.patch(`${path}/held`, "merge", { metadata: { finalizers: null } });
      await session.get(`${path}/held`);
    },
  },
  {
    name: "collections that are deleted",
    async run(session) {
      await serveCustomKinds(session);
      for (const [path, make] of [
        [session.at("v1", "configmaps"), configMap],
        [session.at("v1", "secrets"), (name: string) => ({ metadata: { name } })],
        [session.at(widgetVersion, "widgets"), widget],
      ] as const) {
        const fill = async (): Promise<void> => {
          for (const name of ["a", "b", "c"]) {
            await session.silently("POST", path, { ...make(name), metadata: { name, labels: { letter: name } } });
          }
        };
        await fill();
        await session.delete(`${path}?labelSelector=letter%3Da`);
        await session.delete(`${path}?fieldSelector=metadata.name%3Db`);
        await session.delete(`${path}?labelSelector=%3D%3D`);
        await session.delete(`${path}?dryRun=All`);
        await session.delete(`${path}?dryRun=Nonsense`);
        await session.delete(path, { propagationPolicy: "Nonsense" });
        await session.delete(path, "{");
        await session.delete(path, { preconditions: { uid: otherUid } });
        await session.delete(path, { gracePeriodSeconds: 0, propagationPolicy: "Background" });
        await session.delete(path);
        await fill();
        await session.silently(
          "PATCH",
          `${path}/b`,
          { metadata: { finalizers: ["a.test/x"] } },
          { contentType: "application/merge-patch+json" },
        );
        await session.delete(path);
        await session.get(path);
        await session.silently(
          "PATCH",
          `${path}/b`,
          { metadata: { finalizers: null } },
          { contentType: "application/merge-patch+json" },
        );
        await fill();
        await session.delete(`${path}?limit=1`);
        await session.get(path);
        await session.delete(path, { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Orphan" });
        await session.get(path);
        for (const name of ["a", "b", "c"]) {
          await session.silently(
            "PATCH",
            `${path}/${name}`,
            { metadata: { finalizers: null } },
            { contentType: "application/merge-patch+json" },
          );
        }
      }
      await session.delete("/api/v1/configmaps?labelSelector=objects%3Dnone");
      await session.delete("/api/v1/namespaces?labelSelector=objects%3Dnone");
      await session.delete(session.at("v1", "services"));
    },
  },
  {
    name: "deletions of Namespaces and Nodes",
    async run(session) {
      for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
        await session.delete(`/api/v1/namespaces/${name}?dryRun=All`);
      }
      const name = "objects-held";
      const at = `/api/v1/namespaces/${name}`;
      await session.post("/api/v1/namespaces", {
        metadata: { name, finalizers: ["a.test/x"], labels: { a: "1", "kubernetes.io/metadata.name": "wrong" } },
        spec: { finalizers: ["a.test/own"] },
      });
      await session.patch(at, "merge", { metadata: { labels: { "kubernetes.io/metadata.name": "other" } } });
      await session.patch(at, "merge", { spec: { finalizers: ["a.test/other"] } });
      await session.patch(at, "merge", { status: { phase: "Terminating" } });
      await session.patch(`${at}/status`, "merge", { status: { phase: "Nonsense" } });
      await session.patch(`${at}/status`, "merge", { status: { phase: "Terminating" } });
      await session.delete(`${at}?dryRun=All`);
      await session.delete(at, { preconditions: { uid: otherUid } });
      await session.delete(at);
      await session.delete(at);
      await session.delete(at, { propagationPolicy: "Foreground" });
      await session.put(`${at}/finalize`, { metadata: { name: "wrong" }, spec: {} });
      await session.put(`${at}/finalize`, { metadata: { name }, spec: { finalizers: ["a.test/own"] } });
      await session.call("GET", `${at}/finalize`, undefined);
      await session.put(`${at}/finalize`, { metadata: { name }, spec: {} });
      await session.get(at);
      await session.patch(at, "merge", { metadata: { finalizers: null } });
      await session.get(at);
      await session.post("/api/v1/nodes", {
        metadata: { name: "objects-node-1" },
        spec: { providerID: "aws:///a/i-1" },
        status: { capacity: { cpu: "2" }, conditions: [{ type: "Ready", status: "True" }] },
      });
      await session.patch("/api/v1/nodes/objects-node-1", "merge", { spec: { providerID: "aws:///a/i-2" } });
      await session.patch("/api/v1/nodes/objects-node-1", "merge", { spec: { unschedulable: true } });
      await session.patch("/api/v1/nodes/objects-node-1/status", "merge", {
        status: { addresses: [{ type: "InternalIP", address: "1.2.3.4" }] },
      });
      await session.patch("/api/v1/nodes/objects-node-1/status", "strategic-merge", {
        status: {
          conditions: [
            { type: "Ready", status: "False" },
            { type: "Other", status: "True" },
          ],
        },
      });
      await session.delete("/api/v1/nodes/objects-node-1", { gracePeriodSeconds: 5 });
      await session.get("/api/v1/nodes/objects-node-1");
    },
  },
];
