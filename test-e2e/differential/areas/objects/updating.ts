import type { Scenario } from "../../scenario.ts";
import { serveCustomKinds, widget, widgetVersion } from "./custom-kinds.ts";
import { configMap, deployment, service } from "./sample-objects.ts";

const otherUid = "9f1a7b64-0000-4000-8000-000000000000";

export const updatingScenarios: readonly Scenario[] = [
  {
    name: "replacing whole objects",
    async run(session) {
      await serveCustomKinds(session);
      const kinds = [
        [session.at("v1", "configmaps"), configMap("one")],
        [session.at("apps/v1", "deployments"), deployment("one")],
        [session.at("v1", "services"), service("one")],
        [session.at("v1", "serviceaccounts"), { metadata: { name: "one" } }],
        [
          session.at("policy/v1", "poddisruptionbudgets"),
          { metadata: { name: "one" }, spec: { minAvailable: 1, selector: {} } },
        ],
        [session.at(widgetVersion, "widgets"), widget("one", { spec: { size: 1 } })],
      ] as const;
      for (const [path, object] of kinds) {
        await session.put(`${path}/one`, object);
        const { body } = await session.post(path, object);
        const at = `${path}/one`;
        await session.put(at, body);
        await session.put(at, { ...body, metadata: { ...body.metadata, labels: { a: "1" } } });
        await session.put(at, body);
        await session.put(at, { ...body, metadata: { name: "one" } });
        await session.put(at, { ...body, metadata: { name: "one", resourceVersion: "" } });
        await session.put(at, { ...body, metadata: { name: "one", resourceVersion: "0" } });
        await session.put(at, { ...body, metadata: { name: "one", resourceVersion: "1" } });
        await session.put(at, { ...body, metadata: { name: "one", resourceVersion: "999999999" } });
        await session.put(at, { ...body, metadata: { name: "one", resourceVersion: "abc" } });
        await session.put(at, { ...body, metadata: { name: "one", resourceVersion: "-1" } });
        const { body: now } = await session.get(at);
        const changed = (metadata: object): object => ({ ...now, metadata: { ...now.metadata, ...metadata } });
        await session.put(at, changed({ uid: otherUid }));
        await session.put(at, changed({ uid: "" }));
        await session.put(at, changed({ name: "two" }));
        await session.put(at, changed({ name: "" }));
        await session.put(at, changed({ namespace: "elsewhere" }));
        await session.put(at, changed({ namespace: "" }));
        await session.put(at, changed({ creationTimestamp: "2001-01-01T00:00:00Z" }));
        await session.put(at, changed({ creationTimestamp: null }));
        await session.put(at, changed({ deletionTimestamp: "2001-01-01T00:00:00Z" }));
        await session.put(at, changed({ deletionGracePeriodSeconds: 5 }));
        await session.put(at, changed({ generation: 77 }));
        await session.put(at, changed({ selfLink: "/x" }));
        await session.put(at, changed({ generateName: "x-" }));
        await session.put(at, { ...now, kind: "Other" });
        await session.put(at, { ...now, apiVersion: "other/v1" });
        await session.put(at, { ...now, kind: undefined, apiVersion: undefined });
        await session.get(at);
      }
      await session.put(session.at("v1", "events", "new"), {
        metadata: { name: "new" },
        involvedObject: { namespace: session.namespace },
      });
      await session.put(session.at("v1", "events", "newer"), {
        metadata: { name: "newer", uid: otherUid },
        involvedObject: { namespace: session.namespace },
      });
      await session.put(session.at("v1", "events", "newest"), {
        metadata: { name: "newest", resourceVersion: "7" },
        involvedObject: { namespace: session.namespace },
      });
      await session.put(session.at("rbac.authorization.k8s.io/v1", "roles", "new"), { metadata: { name: "new" } });
      await session.put(session.at("networking.k8s.io/v1", "ingresses", "new"), { metadata: { name: "new" } });
    },
  },
  {
    name: "patches that name a version or a uid",
    async run(session) {
      await serveCustomKinds(session);
      for (const [path, object] of [
        [session.at("v1", "configmaps"), configMap("one")],
        [session.at(widgetVersion, "widgets"), widget("one", { spec: { size: 1 } })],
      ] as const) {
        const { body } = await session.post(path, object);
        const at = `${path}/one`;
        const { resourceVersion, uid } = body.metadata as { resourceVersion: string; uid: string };
        await session.patch(at, "merge", { metadata: { resourceVersion, labels: { a: "1" } } });
        await session.patch(at, "merge", { metadata: { resourceVersion, labels: { a: "2" } } });
        await session.patch(at, "merge", { metadata: { resourceVersion: "0", labels: { a: "3" } } });
        await session.patch(at, "merge", { metadata: { resourceVersion: "", labels: { a: "4" } } });
        await session.patch(at, "merge", { metadata: { resourceVersion: null, labels: { a: "5" } } });
        await session.patch(at, "merge", { metadata: { resourceVersion: "abc", labels: { a: "6" } } });
        await session.patch(at, "merge", { metadata: { uid, labels: { a: "7" } } });
        await session.patch(at, "merge", { metadata: { uid: otherUid, labels: { a: "8" } } });
        await session.patch(at, "merge", { metadata: { uid: null, labels: { a: "9" } } });
        await session.patch(at, "json", [{ op: "test", path: "/metadata/resourceVersion", value: resourceVersion }]);
        await session.patch(at, "json", [{ op: "replace", path: "/metadata/resourceVersion", value: resourceVersion }]);
        await session.patch(at, "json", [{ op: "remove", path: "/metadata/resourceVersion" }]);
        await session.patch(at, "json", [{ op: "replace", path: "/metadata/uid", value: otherUid }]);
        await session.patch(at, "merge", { metadata: { creationTimestamp: null } });
        await session.patch(at, "merge", { metadata: { creationTimestamp: "2001-01-01T00:00:00Z" } });
        await session.patch(at, "merge", { metadata: { deletionTimestamp: "2001-01-01T00:00:00Z" } });
        await session.patch(at, "merge", { metadata: { deletionGracePeriodSeconds: 4 } });
        await session.patch(at, "merge", { metadata: { generation: 55 } });
        await session.patch(at, "merge", { metadata: { generateName: "y-" } });
        await session.patch(at, "merge", { metadata: { selfLink: "y-" } });
        await session.get(at);
      }
    },
  },
  {
    name: "versions and generations",
    async run(session) {
      await serveCustomKinds(session);
      const at = session.at("apps/v1", "deployments", "one");
      await session.post(session.at("apps/v1", "deployments"), deployment("one"));
      await session.patch(at, "merge", { metadata: { labels: { a: "1" } } });
      await session.patch(at, "merge", { spec: { replicas: 3 } });
      await session.patch(at, "merge", { spec: { replicas: 3 } });
      await session.patch(at, "merge", { status: { replicas: 3 } });
      await session.patch(`${at}/status`, "merge", { status: { replicas: 3, observedGeneration: 2 } });
      await session.patch(`${at}/status`, "merge", {
        spec: { replicas: 9 },
        metadata: { labels: { b: "1" }, annotations: { c: "1" } },
      });
      await session.patch(`${at}/status`, "merge", { metadata: { finalizers: ["a.test/x"] } });
      await session.get(at);
      await session.put(`${at}/status`, { ...deployment("one"), status: { replicas: 4 } });
      const own = session.at(widgetVersion, "widgets", "one");
      await session.post(
        session.at(widgetVersion, "widgets"),
        widget("one", { spec: { size: 1 }, status: { phase: "No" } }),
      );
      await session.patch(own, "merge", { metadata: { labels: { a: "1" } } });
      await session.patch(own, "merge", { spec: { size: 2 } });
      await session.patch(own, "merge", { status: { phase: "No" } });
      await session.patch(`${own}/status`, "merge", { status: { phase: "Yes" } });
      await session.patch(`${own}/status`, "merge", { status: { phase: "Yes" } });
      await session.patch(`${own}/status`, "merge", {
        spec: { size: 9 },
        metadata: { labels: { b: "1" }, annotations: { c: "1" }, finalizers: ["a.test/x"] },
      });
      await session.patch(`${own}/status`, "merge", { status: { phase: 7 } });
      await session.patch(`${own}/status`, "merge", { status: null });
      await session.patch(`${own}/status`, "json", [{ op: "add", path: "/status", value: { phase: "Set" } }]);
      const { body } = await session.get(`${own}/status`);
      await session.put(`${own}/status`, { ...body, status: { phase: "Put" }, spec: { size: 5 } });
      await session.put(`${own}/status`, body);
      await session.put(`${own}/status`, { ...body, metadata: { name: "one" } });
      await session.put(own, { ...body, metadata: { name: "one", resourceVersion: body.metadata.resourceVersion } });
      await session.get(own);
      await session.patch(own, "merge", { metadata: { finalizers: ["a.test/x"] } });
      await session.delete(own);
      await session.patch(own, "merge", { spec: { size: 6 } });
      await session.patch(own, "merge", { metadata: { finalizers: null } });
      const gadgets = "/apis/objects.differential.test/v1/gadgets";
      const gadget = {
        apiVersion: widgetVersion,
        kind: "Gadget",
        metadata: { name: "objects-one" },
        spec: { size: 1 },
        status: { phase: "Kept" },
      };
      await session.post(gadgets, gadget);
      await session.patch(`${gadgets}/objects-one`, "merge", { status: { phase: "Changed" } });
      await session.patch(`${gadgets}/objects-one`, "merge", { metadata: { labels: { a: "1" } } });
      await session.patch(`${gadgets}/objects-one/status`, "merge", { status: { phase: "x" } });
      await session.get(`${gadgets}/objects-one/scale`);
      await session.delete(`${gadgets}/objects-one`);
      const services = session.at("v1", "services");
      await session.post(services, service("one"));
      await session.patch(`${services}/one`, "merge", { spec: { ports: [{ port: 81 }] } });
      await session.patch(`${services}/one/status`, "merge", {
        status: { loadBalancer: { ingress: [{ hostname: "a.test" }] } },
      });
      await session.patch(`${services}/one/status`, "strategic-merge", {
        status: {
          conditions: [
            { type: "A", status: "True", reason: "R", message: "", lastTransitionTime: "2024-01-01T00:00:00Z" },
          ],
        },
      });
      await session.patch(`${services}/one/status`, "merge", {
        metadata: { finalizers: ["a.test/x"], labels: { a: "1" } },
        spec: { ports: [] },
      });
      await session.get(`${services}/one/status`);
      const ingresses = session.at("networking.k8s.io/v1", "ingresses");
      await session.post(ingresses, {
        metadata: { name: "one" },
        spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } },
      });
      await session.patch(`${ingresses}/one`, "merge", { spec: { ingressClassName: "x" } });
      await session.patch(`${ingresses}/one/status`, "merge", {
        status: { loadBalancer: { ingress: [{ hostname: "a.test", ports: [{ port: 80, protocol: "TCP" }] }] } },
      });
      await session.patch(`${ingresses}/one/status`, "merge", {
        spec: { ingressClassName: "y" },
        metadata: { annotations: { a: "1" } },
      });
      await session.patch(`${ingresses}/one`, "merge", { metadata: { finalizers: ["a.test/x"] } });
      await session.delete(`${ingresses}/one`);
      await session.patch(`${ingresses}/one/status`, "merge", { status: { loadBalancer: { ingress: null } } });
      await session.patch(`${ingresses}/one`, "merge", { metadata: { finalizers: null } });
      await session.get(`${ingresses}/one`);
      await session.get(session.at("v1", "configmaps", "one", "status"));
    },
  },
  {
    name: "labels, annotations, finalizers and owners",
    async run(session) {
      await serveCustomKinds(session);
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: otherUid };
      const cases: object[] = [
        { labels: { "": "x" } },
        { labels: { "a/b/c": "x" } },
        { labels: { "/b": "x" } },
        { labels: { "a/": "x" } },
        { labels: { "A/b": "x" } },
        { labels: { "under_score/b": "x" } },
        { labels: { ["k".repeat(64)]: "x" } },
        { labels: { [`${"p".repeat(254)}/k`]: "x" } },
        { labels: { a: "v".repeat(64) } },
        { labels: { a: "-x" } },
        { labels: { a: "x y", b: "" } },
        { labels: { c: "-" } },
        { labels: { d: "ü" } },
        { labels: { z: "!" } },
        { labels: {} },
        { annotations: {} },
        { annotations: { "Upper/Key": "x", "a b": "y" } },
        { annotations: { "": "z" } },
        { annotations: { "a/b/c": "x" } },
        { annotations: { a: "x".repeat(256 * 1024 - 1) } },
        { annotations: { a: "x".repeat(256 * 1024) } },
        { finalizers: ["plain"] },
        { finalizers: ["a.test/x", "a.test/x"] },
        { finalizers: ["bad name/x", ""] },
        { finalizers: ["kubernetes", "orphan"] },
        { finalizers: ["orphan", "foregroundDeletion"] },
        { finalizers: ["a.test/"] },
        { finalizers: ["a.test/b/c"] },
        { finalizers: [] },
        { ownerReferences: [owner] },
        { ownerReferences: [owner, owner] },
        {
          ownerReferences: [
            { ...owner, controller: true },
            { ...owner, uid: "u", controller: true },
          ],
        },
        { ownerReferences: [{ ...owner, apiVersion: "" }] },
        { ownerReferences: [{ ...owner, apiVersion: "a/b/c" }] },
        { ownerReferences: [{ ...owner, kind: "" }] },
        { ownerReferences: [{ ...owner, name: "" }] },
        { ownerReferences: [{ ...owner, uid: "" }] },
        { ownerReferences: [{}] },
        { ownerReferences: [{ ...owner, kind: "Event" }] },
        { ownerReferences: [{ ...owner, controller: false, blockOwnerDeletion: true }] },
        { ownerReferences: [{ ...owner, unknown: 1 }] },
        { ownerReferences: [] },
        { managedFields: [] },
        { managedFields: [{}] },
        { managedFields: [{ operation: "Nonsense" }] },
        { managedFields: [{ operation: "Update", fieldsType: "FieldsV2" }] },
        {
          managedFields: [
            { manager: "m".repeat(200), operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} },
          ],
        },
        {
          managedFields: [
            {
              manager: "m",
              operation: "Apply",
              apiVersion: "v1",
              fieldsType: "FieldsV1",
              fieldsV1: { "f:data": { "f:a": {} } },
            },
          ],
        },
      ];
      await session.post(session.at("v1", "configmaps"), configMap("kept"));
      await session.post(session.at(widgetVersion, "widgets"), widget("kept"));
      for (const metadata of cases) {
        await session.post(`${session.at("v1", "configmaps")}?dryRun=All`, { metadata: { name: "new", ...metadata } });
        await session.post(`${session.at(widgetVersion, "widgets")}?dryRun=All`, {
          ...widget("new"),
          metadata: { name: "new", ...metadata },
        });
        await session.patch(`${session.at("v1", "configmaps", "kept")}?dryRun=All`, "merge", { metadata });
        await session.patch(`${session.at(widgetVersion, "widgets", "kept")}?dryRun=All`, "merge", { metadata });
      }
      await session.patch(session.at("v1", "configmaps", "kept"), "merge", { metadata: { managedFields: [{}] } });
      await session.patch(session.at("v1", "configmaps", "kept"), "merge", { data: { a: "1" } });
      await session.patch(session.at("v1", "configmaps", "kept"), "merge", { metadata: { managedFields: [] } });
      await session.patch(session.at("v1", "configmaps", "kept"), "merge", { metadata: { managedFields: null } });
    },
  },
];
