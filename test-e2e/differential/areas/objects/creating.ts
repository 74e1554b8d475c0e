import type { Scenario } from "../../scenario.ts";
import { serveCustomKinds, widget, widgetVersion } from "./custom-kinds.ts";
import { configMap, deployment, pod, service } from "./sample-objects.ts";

const names = [
  "",
  "UPPER",
  "under_score",
  "-leading",
  "trailing-",
  "dots.are.fine",
  "two..dots",
  "a/b",
  "a%b",
  "..",
  "ünicode",
  `${"a".repeat(253)}`,
  `${"a".repeat(254)}`,
];

export const creatingScenarios: readonly Scenario[] = [
  {
    name: "names that are good and bad",
    async run(session) {
      await serveCustomKinds(session);
      for (const name of names) {
        await session.post(session.at("v1", "configmaps"), configMap(name));
        await session.post(session.at(widgetVersion, "widgets"), widget(name));
      }
      for (const name of ["1st", "with.dot", "a".repeat(64), "Upper", ""]) {
        await session.post(session.at("v1", "services"), service(name));
        await session.post("/api/v1/namespaces", { metadata: { name: `${name}_` } });
        await session.post(session.at("rbac.authorization.k8s.io/v1", "roles"), { metadata: { name: `${name}%` } });
        await session.post("/api/v1/nodes?dryRun=All", { metadata: { name: `${name}_` } });
        await session.post(session.at("v1", "serviceaccounts"), { metadata: { name: `${name}_` } });
        await session.post(session.at("apps/v1", "deployments"), deployment(`${name}_`));
      }
      await session.post(session.at("rbac.authorization.k8s.io/v1", "roles"), { metadata: { name: "system:reader" } });
      await session.post(session.at("rbac.authorization.k8s.io/v1", "roles"), { metadata: { name: "a/b" } });
      await session.post(session.at("rbac.authorization.k8s.io/v1", "roles"), { metadata: { name: ".." } });
    },
  },
  {
    name: "generated names",
    async run(session) {
      await serveCustomKinds(session);
      const path = session.at("v1", "configmaps");
      for (const generateName of ["short-", "a".repeat(60), "a".repeat(300), "Upper-", "dot.", "x", "-x", "a/b", ""]) {
        for (const at of [path, session.at(widgetVersion, "widgets"), session.at("v1", "services")]) {
          const kind = at === path ? {} : at.endsWith("widgets") ? { spec: {} } : { spec: { ports: [{ port: 1 }] } };
          const body = at.endsWith("widgets") ? { apiVersion: widgetVersion, kind: "Widget", ...kind } : kind;
          const { body: made } = await session.silently("POST", `${at}?dryRun=All`, {
            ...body,
            metadata: { generateName },
          });
          const name = (made.metadata?.name ?? made.details?.name ?? "") as string;
          const suffix = /[bcdfghjklmnpqrstvwxz2456789]{5}$/.exec(name)?.[0];
          const told = suffix === undefined ? name : `${name.slice(0, -5)}<made up>`;
          // A refusal names the object by what was made up for it.
          const refusal = made.kind === "Status" ? JSON.stringify(made) : "";
          session.compared(`length with ${generateName} at ${at}`, [
            name.length,
            name === "" ? refusal : refusal.replaceAll(name, told),
          ]);
        }
      }
      await session.post(path, { metadata: { name: "both", generateName: "both-" } });
      await session.patch(`${path}/both`, "merge", { metadata: { generateName: "other-" } });
      await session.get(`${path}/both`);
    },
  },
  {
    name: "what does not fit the path",
    async run(session) {
      await serveCustomKinds(session);
      const maps = session.at("v1", "configmaps");
      const widgets = session.at(widgetVersion, "widgets");
      const elsewhere = { metadata: { name: "one", namespace: "elsewhere" } };
      await session.post(maps, elsewhere);
      await session.post(widgets, { ...widget("one"), ...elsewhere });
      await session.post("/apis/objects.differential.test/v1/gadgets?dryRun=All", {
        apiVersion: widgetVersion,
        kind: "Gadget",
        metadata: { name: "one", namespace: "elsewhere" },
      });
      await session.post(maps, { ...configMap("one"), kind: "Secret" });
      await session.post(maps, { ...configMap("one"), apiVersion: "v2" });
      await session.post(maps, { ...configMap("one"), apiVersion: "apps/v1" });
      await session.post(maps, { ...configMap("one"), apiVersion: "apps/v1", kind: "Deployment" });
      await session.post(maps, { ...configMap("one"), apiVersion: "a/b/c" });
      await session.post(maps, { ...configMap("one"), kind: "Nonsense" });
      await session.post(maps, { ...configMap("one"), kind: "", apiVersion: "v1" });
      await session.post(maps, { ...configMap("one"), kind: 7 });
      await session.post(maps, { ...configMap("one"), apiVersion: true });
      await session.post(maps, { metadata: { name: "no-kind" } });
      await session.post(maps, {});
      await session.post(session.at("apps/v1", "deployments"), { ...deployment("one"), apiVersion: "v1" });
      await session.post(session.at("apps/v1", "deployments"), { ...deployment("one"), kind: "ReplicaSet" });
      await session.post(session.at("apps/v1", "deployments"), { ...deployment("one"), kind: "Pod" });
      await session.post(widgets, { ...widget("one"), kind: "Gadget" });
      await session.post(widgets, { ...widget("one"), kind: "Nonsense" });
      await session.post(widgets, { ...widget("one"), apiVersion: "objects.differential.test/v2" });
      await session.post(widgets, { ...widget("one"), apiVersion: "v1" });
      await session.post(widgets, { metadata: { name: "one" } });
      await session.post(widgets, { apiVersion: widgetVersion, metadata: { name: "one" } });
      await session.post(widgets, { kind: "Widget", metadata: { name: "one" } });
      await session.post(widgets, { ...widget("one"), kind: 7 });
      await session.post(widgets, {});
    },
  },
  {
    name: "namespaces that are not there or are going",
    async run(session) {
      await serveCustomKinds(session);
      await session.post("/api/v1/namespaces/objects-nowhere/configmaps", configMap("one"));
      await session.post(`/apis/${widgetVersion}/namespaces/objects-nowhere/widgets`, widget("one"));
      await session.post("/api/v1/namespaces/objects-nowhere/configmaps?dryRun=All", configMap("one"));
      await session.post("/api/v1/configmaps", configMap("one"));
      await session.post("/api/v1/configmaps", {
        ...configMap("one"),
        metadata: { name: "one", namespace: "default" },
      });
      await session.post(`/apis/${widgetVersion}/widgets`, widget("one"));
      await session.get("/api/v1/namespaces/objects-nowhere/configmaps");
      await session.get("/api/v1/namespaces/objects-nowhere/configmaps/one");
      await session.delete("/api/v1/namespaces/objects-nowhere/configmaps/one");
      await session.delete("/api/v1/namespaces/objects-nowhere/configmaps");
      const going = "objects-going";
      await session.silently("POST", "/api/v1/namespaces", { metadata: { name: going } });
      await session.silently("POST", `/api/v1/namespaces/${going}/configmaps`, configMap("there"));
      await session.delete(`/api/v1/namespaces/${going}`);
      await session.get(`/api/v1/namespaces/${going}`);
      await session.delete(`/api/v1/namespaces/${going}`);
      await session.post(`/api/v1/namespaces/${going}/configmaps`, configMap("late"));
      await session.post(`/api/v1/namespaces/${going}/configmaps`, { metadata: { generateName: "late-" } });
      await session.post(`/apis/${widgetVersion}/namespaces/${going}/widgets`, widget("late"));
      await session.patch(`/api/v1/namespaces/${going}/configmaps/there`, "merge", { data: { more: "1" } });
      await session.delete(`/api/v1/namespaces/${going}/configmaps/there`);
      await session.silently("PUT", `/api/v1/namespaces/${going}/finalize`, { metadata: { name: going }, spec: {} });
      await session.until(`/api/v1/namespaces/${going}`, ({ status }) => status === 404);
    },
  },
  {
    name: "what is there already",
    async run(session) {
      await serveCustomKinds(session);
      await session.post(session.at(widgetVersion, "widgets"), widget("one"));
      await session.post(session.at(widgetVersion, "widgets"), widget("one"));
      await session.post(`${session.at(widgetVersion, "widgets")}?dryRun=All`, widget("one"));
      await session.post(session.at("apps/v1", "deployments"), deployment("one"));
      await session.post(session.at("apps/v1", "deployments"), deployment("one"));
      await session.post(session.at("v1", "services"), service("one"));
      await session.post(session.at("v1", "services"), service("one"));
      await session.post("/api/v1/namespaces", { metadata: { name: "default" } });
      // Bad and there already: which is told?
      await session.post(session.at("v1", "configmaps"), configMap("one"));
      await session.post(session.at("v1", "configmaps"), {
        ...configMap("one"),
        metadata: { name: "one", labels: { a: "!" } },
      });
    },
  },
  {
    name: "what the server sets in new objects",
    async run(session) {
      await serveCustomKinds(session);
      const set = {
        uid: "9f1a7b64-0000-4000-8000-000000000000",
        creationTimestamp: "2001-01-01T00:00:00Z",
        deletionTimestamp: "2001-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 7,
        generation: 42,
        selfLink: "/somewhere",
      };
      const { body: made } = await session.post(session.at("v1", "configmaps"), {
        ...configMap("one"),
        metadata: { name: "one", ...set },
      });
      session.note("own uid", made.metadata.uid !== set.uid);
      session.note("own time", made.metadata.creationTimestamp !== set.creationTimestamp);
      await session.post(session.at(widgetVersion, "widgets"), {
        ...widget("one", { spec: { size: 3 }, status: { phase: "Given" } }),
        metadata: { name: "one", ...set },
      });
      await session.post(session.at("apps/v1", "deployments"), {
        ...deployment("one"),
        metadata: { name: "one", ...set },
        status: { replicas: 7 },
      });
      await session.post(session.at("v1", "pods"), { ...pod("one"), status: { phase: "Running" } });
      await session.post(session.at("v1", "services"), {
        ...service("one"),
        status: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } },
      });
      for (const resourceVersion of ["0", "1", "abc", ""]) {
        await session.post(session.at("v1", "configmaps"), {
          ...configMap(`version-${resourceVersion}`),
          metadata: { name: `version${resourceVersion}`, resourceVersion },
        });
        await session.post(session.at(widgetVersion, "widgets"), {
          ...widget("x"),
          metadata: { name: `version${resourceVersion}`, resourceVersion },
        });
      }
      await session.post(session.at("v1", "configmaps"), {
        ...configMap("managed"),
        metadata: {
          name: "managed",
          managedFields: [
            {
              manager: "me",
              operation: "Update",
              apiVersion: "v1",
              fieldsType: "FieldsV1",
              fieldsV1: { "f:data": {} },
            },
          ],
        },
      });
      await session.post(session.at("v1", "configmaps"), {
        ...configMap("managed-badly"),
        metadata: { name: "managed-badly", managedFields: [{ manager: "me", operation: "Nonsense" }] },
      });
      await session.post(session.at("v1", "configmaps"), {
        ...configMap("managed-emptily"),
        metadata: { name: "managed-emptily", managedFields: [{}] },
      });
    },
  },
  {
    name: "kinds with rules of their own",
    async run(session) {
      const secrets = session.at("v1", "secrets");
      await session.post(secrets, {
        metadata: { name: "text" },
        stringData: { a: "1", b: "" },
        data: { a: "eA==", c: "eQ==" },
      });
      await session.patch(`${secrets}/text`, "merge", { stringData: { d: "2" } });
      await session.patch(`${secrets}/text`, "strategic-merge", { stringData: { a: "3" }, data: { c: null } });
      await session.patch(`${secrets}/text`, "merge", { type: "other" });
      await session.post(secrets, { metadata: { name: "bad-base64" }, data: { a: "no base64!" } });
      await session.post(secrets, { metadata: { name: "bad-key" }, stringData: { "a/b": "1" } });
      await session.post(secrets, { metadata: { name: "tls" }, type: "kubernetes.io/tls" });
      await session.post(secrets, { metadata: { name: "basic" }, type: "kubernetes.io/basic-auth" });
      await session.post(secrets, { metadata: { name: "ssh" }, type: "kubernetes.io/ssh-auth" });
      await session.post(secrets, { metadata: { name: "docker" }, type: "kubernetes.io/dockerconfigjson" });
      await session.post(secrets, {
        metadata: { name: "docker" },
        type: "kubernetes.io/dockerconfigjson",
        stringData: { ".dockerconfigjson": "{" },
      });
      await session.post(secrets, { metadata: { name: "token" }, type: "kubernetes.io/service-account-token" });
      await session.post(secrets, { metadata: { name: "kept" }, stringData: { a: "1" }, immutable: true });
      await session.patch(`${secrets}/kept`, "merge", { data: { a: "eA==" } });
      await session.patch(`${secrets}/kept`, "merge", { immutable: false });
      await session.patch(`${secrets}/kept`, "merge", { immutable: null });
      await session.patch(`${secrets}/kept`, "merge", { metadata: { labels: { a: "b" } } });
      const maps = session.at("v1", "configmaps");
      await session.post(maps, { ...configMap("kept"), immutable: true, binaryData: { b: "eA==" } });
      await session.patch(`${maps}/kept`, "merge", { data: { sky: "red" } });
      await session.patch(`${maps}/kept`, "merge", { binaryData: { b: "eQ==" }, immutable: false });
      await session.patch(`${maps}/kept`, "merge", { data: null });
      await session.post(maps, { ...configMap("twice"), binaryData: { sky: "eA==" } });
      // The real server looks at keys in an order that is never the same.
      for (const key of ["a b", "", "..", "k".repeat(254)]) {
        await session.post(maps, { ...configMap("twice"), data: { [key]: "1" } });
      }
      await session.post(maps, configMap("large", { a: "x".repeat(1024 * 1024 + 1) }));
      const accounts = session.at("v1", "serviceaccounts");
      await session.post(accounts, {
        metadata: { name: "one" },
        automountServiceAccountToken: false,
        secrets: [{ name: "a" }],
      });
      await session.patch(`${accounts}/one`, "strategic-merge", { secrets: [{ name: "b" }] });
      await session.patch(`${accounts}/one`, "strategic-merge", { imagePullSecrets: [{ name: "b" }] });
      const leases = session.at("coordination.k8s.io/v1", "leases");
      await session.post(leases, {
        metadata: { name: "one" },
        spec: { holderIdentity: "me", leaseDurationSeconds: 15, renewTime: "2024-01-02T03:04:05.678901Z" },
      });
      await session.post(leases, {
        metadata: { name: "two" },
        spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
      });
      await session.post(leases, { metadata: { name: "three" }, spec: { renewTime: "yesterday" } });
      await session.post(leases, { metadata: { name: "four" }, spec: { strategy: "Nonsense", preferredHolder: "x" } });
      await session.post(leases, { metadata: { name: "five" } });
      await session.put(`${leases}/six`, { metadata: { name: "six" }, spec: { holderIdentity: "me" } });
      await session.put(`${leases}/one`, { metadata: { name: "one" }, spec: { holderIdentity: "you" } });
      await session.patch(`${leases}/one`, "merge", { spec: { holderIdentity: "you" } });
      const events = session.at("v1", "events");
      const involvedObject = { kind: "ConfigMap", namespace: session.namespace, name: "kept" };
      await session.post(events, {
        metadata: { name: "one" },
        involvedObject,
        reason: "Tried",
        message: "It was tried.",
        type: "Normal",
        count: 1,
      });
      await session.post(events, {
        metadata: { name: "two" },
        involvedObject: { kind: "ConfigMap", namespace: "elsewhere" },
      });
      await session.post(events, { metadata: { name: "three" }, involvedObject: { kind: "Node", name: "x" } });
      await session.patch(`${events}/one`, "strategic-merge", { count: 2 });
      await session.put(`${events}/four`, { metadata: { name: "four" }, involvedObject });
      await session.post(session.at("events.k8s.io/v1", "events"), {
        metadata: { name: "five" },
        regarding: involvedObject,
        reason: "Tried",
        type: "Normal",
        note: "x",
      });
      await session.post(session.at("events.k8s.io/v1", "events"), {
        metadata: { name: "six" },
        regarding: involvedObject,
        reason: "Tried",
        type: "Normal",
        note: "x",
        action: "Trying",
        eventTime: "2024-01-02T03:04:05.678901Z",
        reportingController: "differential.test/x",
        reportingInstance: "one",
      });
      await session.get(`${events}/six`);
    },
  },
];
