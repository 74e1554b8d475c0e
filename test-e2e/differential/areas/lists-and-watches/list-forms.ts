import type { Scenario } from "../../scenario.ts";
import { withQuery } from "../query.ts";

const accepts = [
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
  "application/json;as=Table;v=v2;g=meta.k8s.io",
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  "application/json;as=Table;v=v2;g=meta.k8s.io,application/json",
  "application/json;as=Chair;v=v1;g=meta.k8s.io",
  "application/json;as=Table",
  "application/json;as=Table;g=meta.k8s.io",
  "application/json;charset=utf-8",
  "application/json;q=0.5",
  "application/*",
  "*/*",
  "",
  "text/html",
  "text/html,application/json",
  "text/plain,*/*;q=0.1",
  "application/xml",
  "application",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json;q=0.2",
];

export const listFormScenarios: readonly Scenario[] = [
  {
    name: "what a list or an object can be accepted as",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.silently("POST", path, { metadata: { name: "a", labels: { x: "y" } }, data: { one: "1" } });
      for (const accept of accepts) {
        await session.get(path, { accept });
        await session.get(`${path}/a`, { accept });
        await session.get(`${path}/none`, { accept });
        await session.get(`${path}?limit=x`, { accept });
      }
      for (const accept of accepts.slice(0, 4)) {
        await session.get(session.at("v1", "secrets"), { accept });
        await session.post(path, { metadata: { name: "made" } }, { accept });
        await session.delete(`${path}/made`, undefined, { accept });
      }
    },
  },
  {
    name: "YAML answers",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.silently("POST", path, { metadata: { name: "a" }, data: { one: "1", text: "two\nlines\n" } });
      const accept = "application/yaml";
      const answer = await session.silently("GET", `${path}/a`, undefined, { accept });
      session.note("yaml", [answer.status, typeof answer.body.text]);
      await session.get(`${path}/none`, { accept });
      await session.get(`${path}?watch=true&timeoutSeconds=1`, { accept: "text/plain" });
    },
  },
  {
    name: "lists of many kinds, empty and with one",
    async run(session) {
      for (const [apiVersion, plural] of [
        ["v1", "pods"],
        ["v1", "services"],
        ["v1", "endpoints"],
        ["v1", "secrets"],
        ["v1", "events"],
        ["v1", "persistentvolumeclaims"],
        ["v1", "limitranges"],
        ["v1", "resourcequotas"],
        ["v1", "podtemplates"],
        ["v1", "replicationcontrollers"],
        ["apps/v1", "deployments"],
        ["apps/v1", "replicasets"],
        ["apps/v1", "statefulsets"],
        ["apps/v1", "daemonsets"],
        ["apps/v1", "controllerrevisions"],
        ["batch/v1", "jobs"],
        ["batch/v1", "cronjobs"],
        ["networking.k8s.io/v1", "ingresses"],
        ["networking.k8s.io/v1", "networkpolicies"],
        ["discovery.k8s.io/v1", "endpointslices"],
        ["coordination.k8s.io/v1", "leases"],
        ["policy/v1", "poddisruptionbudgets"],
        ["autoscaling/v2", "horizontalpodautoscalers"],
        ["autoscaling/v1", "horizontalpodautoscalers"],
        ["rbac.authorization.k8s.io/v1", "roles"],
        ["rbac.authorization.k8s.io/v1", "rolebindings"],
        ["events.k8s.io/v1", "events"],
      ] as const) {
        await session.get(session.at(apiVersion, plural));
        await session.get(session.at(apiVersion, plural, "none"));
        const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
        await session.get(withQuery(`${root}/${plural}`, { fieldSelector: `metadata.namespace=${session.namespace}` }));
        await session.get(withQuery(`${root}/${plural}`, { labelSelector: "lists-and-watches=none" }));
      }
    },
  },
];
