import type { Scenario } from "../../scenario.ts";
import { serveCustomKinds, widget, widgetVersion } from "./custom-kinds.ts";
import { configMap, deployment } from "./sample-objects.ts";

export const verbScenarios: readonly Scenario[] = [
  {
    name: "methods and paths that are not served",
    async run(session) {
      await serveCustomKinds(session);
      await session.post(session.at("v1", "configmaps"), configMap("one"));
      await session.post(session.at(widgetVersion, "widgets"), widget("one"));
      for (const path of [session.at("v1", "configmaps"), session.at(widgetVersion, "widgets")]) {
        for (const method of ["PUT", "PATCH"])
          await session.call(method, path, {}, { contentType: "application/merge-patch+json" });
        await session.post(`${path}/one`, { metadata: { name: "one" } });
        for (const method of ["OPTIONS", "TRACE"]) {
          await session.call(method, path, undefined);
          await session.call(method, `${path}/one`, undefined);
        }
        for (const at of [path, `${path}/one`, `${path}/missing`]) {
          const { status } = await session.silently("HEAD", at);
          session.note(`HEAD ${at}`, status);
        }
        await session.get(`${path}/`);
        await session.get(`${path}/one/`);
        await session.get(path.replace("/namespaces/", "//namespaces/"));
        await session.get(`${path}/o%6Ee`);
        await session.get(`${path}/%6Fne`);
        await session.get(`${path}/a%2Fb`);
        await session.get(`${path}/%zz`);
        await session.get(`${path}/UPPER`);
        await session.get(`${path}/..`);
        await session.delete(`${path}/`);
      }
      for (const path of [
        "/api/v2/configmaps",
        "/api/v1/nonsense",
        "/api/v1/nonsense/x",
        "/api/v1/namespaces/default/nonsense",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/namespaces/default/namespaces",
        "/apis/nonsense/v1/things",
        "/apis/apps/v9/deployments",
        "/apis/apps/v1/nonsense",
        `/apis/${widgetVersion}/nonsense`,
        `/apis/${widgetVersion}/namespaces/default/gadgets`,
        `/apis/${widgetVersion}/namespaces/default/gadgets/x`,
        `/apis/${widgetVersion}/widgets/x`,
        "/apis/objects.differential.test/v2/widgets",
        "/apis/objects.differential.test/v1/widgets/a/b/c",
        "/apis/apps/v1/deployments/x",
        "/api/v1/configmaps/x",
        "/api/v1/nodes/objects-missing",
        "/nonsense",
        "/apis/apps/v1/namespaces/default/deployments/x/y/z",
      ]) {
        await session.get(path);
        await session.post(path, { metadata: { name: "x" } });
        await session.put(path, { metadata: { name: "x" } });
        await session.delete(path);
        await session.patch(path, "merge", {});
      }
    },
  },
  {
    name: "forms of an answer",
    async run(session) {
      await serveCustomKinds(session);
      await session.post(session.at("v1", "configmaps"), configMap("one"));
      await session.post(session.at(widgetVersion, "widgets"), widget("one", { spec: { size: 1 } }));
      await session.post(session.at("apps/v1", "deployments"), deployment("one"));
      const accepts = [
        "application/yaml",
        "application/json",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v9",
        "application/json;as=Nonsense;g=meta.k8s.io;v=v1",
        "application/json;as=Table;g=meta.k8s.io;v=v1,application/json",
        "application/json;as=Nonsense;g=meta.k8s.io;v=v1,application/json",
        "application/yaml;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        "application/xml",
        "application/xml,application/json",
        "text/html,*/*",
        "application/json;q=0.5,application/yaml;q=0.9",
        "application/*",
        "text/*",
        "*/*",
        "nonsense",
        "",
        "application/json;pretty=1",
        "application/json;stream=watch",
      ];
      for (const accept of accepts) {
        for (const path of [
          session.at("v1", "configmaps", "one"),
          session.at(widgetVersion, "widgets", "one"),
          session.at("v1", "configmaps"),
          session.at("v1", "configmaps", "missing"),
        ]) {
          await session.get(path, { accept });
        }
        await session.post(`${session.at("v1", "configmaps")}?dryRun=All`, configMap("new"), { accept });
        await session.delete(`${session.at("v1", "configmaps", "one")}?dryRun=All`, undefined, { accept });
      }
      const lines = async (path: string, options = {}): Promise<void> => {
        const { body } = await session.silently("GET", path, undefined, options);
        session.note(`GET ${path}`, Object.keys(body as object));
      };
      await lines(`${session.at("v1", "configmaps", "one")}?pretty=true`);
      await session.get(`${session.at("v1", "configmaps", "one")}?pretty=nonsense`);
      await session.get(`${session.at("v1", "configmaps", "missing")}?pretty=true`);
      await session.get(`${session.at("v1", "configmaps", "one")}?unknown=1`);
      await session.get(`${session.at("v1", "configmaps", "one")}?resourceVersion=0`);
      await session.get(`${session.at("v1", "configmaps", "one")}?resourceVersion=nonsense`);
      await session.get(`${session.at("v1", "configmaps", "one")}?resourceVersion=-1`);
    },
  },
  {
    name: "dry runs and field managers",
    async run(session) {
      await serveCustomKinds(session);
      const maps = session.at("v1", "configmaps");
      const widgets = session.at(widgetVersion, "widgets");
      for (const [path, object, change] of [
        [maps, configMap("one"), { data: { a: "1" } }],
        [widgets, widget("one", { spec: { size: 1 } }), { spec: { size: 2 } }],
        [session.at("apps/v1", "deployments"), deployment("one"), { spec: { replicas: 4 } }],
      ] as const) {
        await session.post(`${path}?dryRun=All`, object);
        await session.get(`${path}/one`);
        await session.post(path, object);
        const { body } = await session.silently("GET", `${path}/one`);
        await session.put(`${path}/one?dryRun=All`, {
          ...body,
          ...change,
          metadata: { ...body.metadata, labels: { a: "1" } },
        });
        await session.patch(`${path}/one?dryRun=All`, "merge", change);
        await session.patch(`${path}/one?dryRun=All`, "merge", {});
        await session.patch(`${path}/missing?dryRun=All`, "merge", change);
        await session.delete(`${path}/one?dryRun=All`);
        await session.get(`${path}/one`);
        for (const dryRun of ["Nonsense", "", "all", "All&dryRun=All", "All&dryRun=Nonsense"]) {
          await session.post(`${path}?dryRun=${dryRun}`, { ...object, metadata: { name: "two" } });
          await session.put(`${path}/one?dryRun=${dryRun}`, body);
          await session.patch(`${path}/one?dryRun=${dryRun}`, "merge", {});
          await session.delete(`${path}/none?dryRun=${dryRun}`);
        }
        for (const manager of ["", "me", "m".repeat(128), "m".repeat(129), "two%20words", "tab%09bed", "%C3%BC"]) {
          await session.patch(`${path}/one?fieldManager=${manager}`, "merge", {
            metadata: { labels: { manager: String(manager.length) } },
          });
          await session.post(`${path}?dryRun=All&fieldManager=${manager}`, { ...object, metadata: { name: "three" } });
          await session.put(`${path}/one?dryRun=All&fieldManager=${manager}`, { ...body, metadata: { name: "one" } });
        }
      }
      await session.post(maps, configMap("agent"), { headers: { "user-agent": "kubectl/v1.36 (linux)" } });
      await session.post(maps, configMap("agents"), { headers: { "user-agent": `${"a".repeat(200)}/1` } });
      await session.post(maps, configMap("agentless"), { headers: { "user-agent": "" } });
    },
  },
  {
    name: "warnings",
    async run(session) {
      await serveCustomKinds(session);
      await session.post(session.at("v1", "endpoints"), { metadata: { name: "one" }, subsets: [] });
      await session.get(session.at("v1", "endpoints"));
      await session.get(session.at("v1", "endpoints", "one"));
      await session.delete(session.at("v1", "endpoints", "one"));
      await session.get("/api/v1/componentstatuses/nothing");
      await session.post(`${session.at("v1", "services")}?dryRun=All`, {
        metadata: { name: "one" },
        spec: {
          ports: [{ port: 80 }],
          externalIPs: ["1.2.3.4"],
          type: "ClusterIP",
          sessionAffinity: "None",
          loadBalancerIP: "1.2.3.4",
        },
      });
      await session.post(`${session.at("v1", "services")}?dryRun=All`, {
        metadata: { name: "one" },
        spec: { ports: [{ port: 80 }], type: "ExternalName", externalName: "a.test", sessionAffinity: "ClientIP" },
      });
      await session.post(`${session.at("networking.k8s.io/v1", "ingresses")}?dryRun=All`, {
        metadata: { name: "one", annotations: { "kubernetes.io/ingress.class": "x" } },
        spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } },
      });
      await session.post(`${session.at("apps/v1", "deployments")}?dryRun=All`, {
        ...deployment("one.dotted"),
      });
      await session.post(`${session.at("v1", "pods")}?dryRun=All`, {
        metadata: { name: "dotted.name", annotations: { "scheduler.alpha.kubernetes.io/critical-pod": "x" } },
        spec: {
          nodeSelector: { "beta.kubernetes.io/os": "linux" },
          containers: [
            {
              name: "a",
              image: "b",
              env: [
                { name: "A", value: "1" },
                { name: "A", value: "2" },
              ],
              ports: [{ containerPort: 1 }, { containerPort: 1 }],
            },
          ],
          volumes: [{ name: "g", gitRepo: { repository: "x" } }],
          hostAliases: [{ ip: "1.2.3.4" }, { ip: "1.2.3.4" }],
          terminationGracePeriodSeconds: -1,
          imagePullSecrets: [{ name: "" }, { name: "" }],
        },
      });
      await session.post(`${session.at("batch/v1", "cronjobs")}?dryRun=All`, {
        metadata: { name: "a.b" },
        spec: {
          schedule: "TZ=UTC 0 0 * * *",
          jobTemplate: {
            spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } } },
          },
        },
      });
      await session.post(`${session.at("policy/v1", "poddisruptionbudgets")}?dryRun=All`, {
        metadata: { name: "one" },
        spec: { minAvailable: 1 },
      });
      await session.post("/api/v1/nodes?dryRun=All", {
        metadata: { name: "objects-warned" },
        spec: { externalID: "x", configSource: { configMap: { name: "a" } } },
      });
      await session.post(`${session.at("v1", "configmaps")}?dryRun=All`, {
        metadata: { name: "finalized", finalizers: ["a.test/x"] },
      });
      await session.post(`${session.at(widgetVersion, "widgets")}?dryRun=All`, {
        ...widget("finalized"),
        metadata: { name: "finalized", finalizers: ["plain"] },
      });
    },
  },
];
