import type { Scenario } from "../../scenario.ts";
import { serveCustomKinds, widget, widgetVersion } from "./custom-kinds.ts";
import { configMap, deployment, service } from "./sample-objects.ts";

const jsonPatches: readonly (readonly object[])[] = [
  [],
  [{ op: "add", path: "/spec/title", value: "x" }],
  [{ op: "add", path: "/spec/parts/0", value: { name: "first" } }],
  [{ op: "add", path: "/spec/parts/-", value: { name: "last" } }],
  [{ op: "add", path: "/spec/parts/9", value: { name: "far" } }],
  [{ op: "add", path: "/spec/parts/-1", value: { name: "back" } }],
  [{ op: "add", path: "/spec/parts/x", value: { name: "x" } }],
  [{ op: "add", path: "/missing/deep", value: 1 }],
  [{ op: "add", path: "/spec/title/deep", value: 1 }],
  [{ op: "replace", path: "/spec/size", value: 9 }],
  [{ op: "replace", path: "/spec/mode", value: "Fast" }],
  [{ op: "replace", path: "/spec/parts/0/count", value: 7 }],
  [{ op: "remove", path: "/spec/note" }],
  [{ op: "remove", path: "/spec/parts/0" }],
  [{ op: "remove", path: "/spec/parts/9" }],
  [{ op: "remove", path: "/metadata/labels/nothing" }],
  [{ op: "move", from: "/spec/title", path: "/spec/note" }],
  [{ op: "move", from: "/spec/nothing", path: "/spec/note" }],
  [{ op: "copy", from: "/spec/note", path: "/spec/title" }],
  [{ op: "copy", from: "/spec/nothing", path: "/spec/title" }],
  [{ op: "test", path: "/spec/size", value: 9 }],
  [{ op: "test", path: "/spec/size", value: 8 }],
  [{ op: "test", path: "/spec/nothing", value: null }],
  [{ op: "test", path: "/spec/nothing", value: 1 }],
  [
    { op: "test", path: "/spec/size", value: 9 },
    { op: "replace", path: "/spec/size", value: 10 },
  ],
  [
    { op: "test", path: "/spec/size", value: 1 },
    { op: "replace", path: "/spec/size", value: 11 },
  ],
  [{ op: "add", path: "/metadata/annotations", value: { "a/b": "1", "c~d": "2" } }],
  [{ op: "replace", path: "/metadata/annotations/a~1b", value: "3" }],
  [{ op: "remove", path: "/metadata/annotations/c~0d" }],
  [{ op: "replace", path: "", value: {} }],
  [{ op: "replace", path: "/spec", value: { size: 1 } }],
  [{ op: "remove", path: "/spec" }],
  [{ op: "remove", path: "/metadata" }],
  [{ op: "nonsense", path: "/spec" }],
  [{ path: "/spec" }],
  [{ op: "add", value: 1 }],
  [{ op: "add", path: "/spec" }],
  [{ op: "add", path: "no-slash", value: 1 }],
  [{ op: "replace", path: "/metadata/name", value: "other" }],
  [{ op: "replace", path: "/kind", value: "Other" }],
  [{ op: "replace", path: "/apiVersion", value: "v9" }],
  [{ op: "replace", path: "/spec/size", value: "text" }],
];

export const patchingScenarios: readonly Scenario[] = [
  {
    name: "JSON patches",
    async run(session) {
      await serveCustomKinds(session);
      const spec = { size: 1, note: "n", parts: [{ name: "one", count: 1 }] };
      await session.post(session.at(widgetVersion, "widgets"), widget("one", { spec }));
      const data = { title: "t", size: "1", note: "n" };
      await session.post(session.at("v1", "configmaps"), configMap("one", data));
      await session.post(session.at("apps/v1", "deployments"), deployment("one"));
      for (const patch of jsonPatches) {
        await session.patch(session.at(widgetVersion, "widgets", "one"), "json", patch);
        const forMap = JSON.parse(JSON.stringify(patch).replaceAll("/spec", "/data")) as unknown;
        await session.patch(session.at("v1", "configmaps", "one"), "json", forMap);
      }
      for (const patch of [
        [{ op: "add", path: "/spec/template/spec/containers/-", value: { name: "new", image: "n" } }],
        [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "example.test/main:2" }],
        [{ op: "remove", path: "/spec/template/spec/containers/1" }],
        [{ op: "remove", path: "/spec/replicas" }],
        [{ op: "replace", path: "/spec/selector/matchLabels/app", value: "other" }],
        [{ op: "add", path: "/status", value: { replicas: 5 } }],
      ])
        await session.patch(session.at("apps/v1", "deployments", "one"), "json", patch);
      for (const text of ["", "{}", "null", "7", "[7]", "[null]", '["x"]', "[", '{"op":"add"}']) {
        for (const at of [session.at(widgetVersion, "widgets", "one"), session.at("v1", "configmaps", "one")]) {
          await session.call("PATCH", at, text, { contentType: "application/json-patch+json" });
        }
      }
    },
  },
  {
    name: "merge patches",
    async run(session) {
      await serveCustomKinds(session);
      const spec = { size: 1, note: "n", colours: ["red"], parts: [{ name: "one", count: 1 }] };
      await session.post(session.at(widgetVersion, "widgets"), widget("one", { spec }));
      await session.post(session.at("v1", "configmaps"), configMap("one"));
      const at = session.at(widgetVersion, "widgets", "one");
      for (const patch of [
        {},
        { spec: { size: 2 } },
        { spec: { size: 2 } },
        { spec: { note: null } },
        { spec: { nothing: null } },
        { spec: { parts: [{ name: "two" }], colours: [] } },
        { spec: { colours: null, title: "x" } },
        { spec: null },
        { spec: { deep: null, parts: [{ name: null, count: 1 }] } },
        { metadata: { labels: { a: "1", b: "2" }, annotations: { c: "3" } } },
        { metadata: { labels: { a: null }, annotations: null } },
        { metadata: { labels: { bad: "not valid!" } } },
        { metadata: { name: "other" } },
        { metadata: { namespace: "other" } },
        { metadata: { name: null } },
        { metadata: { namespace: null } },
        { metadata: null },
        { apiVersion: "v9" },
        { kind: "Other" },
        { kind: null },
        { status: { phase: "Given" } },
        { spec: { size: 1000 } },
        { spec: "text" },
        { spec: [] },
        { $patch: "delete" },
      ]) {
        await session.patch(at, "merge", patch);
        await session.patch(session.at("v1", "configmaps", "one"), "merge", patch);
      }
      await session.patch(session.at("v1", "configmaps", "one"), "merge", { data: { sky: null, sea: "blue" } });
      await session.patch(session.at("v1", "configmaps", "one"), "merge", { data: { sea: 7 } });
      await session.patch(session.at("v1", "configmaps", "one"), "merge", { data: [] });
      await session.patch(session.at("v1", "configmaps", "one"), "merge", { data: null });
      for (const text of ["", "[]", "null", "7", '"x"', "{", "{}}"]) {
        await session.call("PATCH", at, text, { contentType: "application/merge-patch+json" });
        await session.call("PATCH", session.at("v1", "configmaps", "one"), text, {
          contentType: "application/merge-patch+json",
        });
        await session.call("PATCH", session.at("v1", "configmaps", "one"), text, {
          contentType: "application/strategic-merge-patch+json",
        });
      }
      for (const path of ["missing", "missing/status"]) {
        await session.patch(session.at(widgetVersion, "widgets", path), "merge", {});
        await session.patch(session.at("apps/v1", "deployments", path), "merge", {});
        await session.patch(session.at("apps/v1", "deployments", path), "json", []);
      }
      await session.patch(session.at("v1", "configmaps"), "merge", {});
      await session.call("PATCH", `${at}?force=true`, {}, { contentType: "application/merge-patch+json" });
      await session.call("PATCH", `${at}?force=false`, {}, { contentType: "application/json-patch+json" });
    },
  },
  {
    name: "strategic merge patches",
    async run(session) {
      const path = session.at("apps/v1", "deployments");
      const at = `${path}/one`;
      await session.post(path, deployment("one"));
      const containers = (...list: object[]): object => ({ spec: { template: { spec: { containers: list } } } });
      const podSpec = (value: object): object => ({ spec: { template: { spec: value } } });
      for (const patch of [
        containers({ name: "main", image: "example.test/main:2" }),
        containers({
          name: "new",
          image: "example.test/new:1",
          env: [
            { name: "A", value: "1" },
            { name: "B", value: "2" },
          ],
        }),
        containers({
          name: "new",
          env: [
            { name: "A", $patch: "delete" },
            { name: "C", value: "3" },
          ],
        }),
        containers({
          name: "new",
          env: [{ name: "D", value: "4" }],
          "$setElementOrder/env": [{ name: "D" }, { name: "C" }, { name: "B" }],
        }),
        containers({ name: "side", $patch: "delete" }),
        containers({ name: "missing", $patch: "delete" }),
        podSpec({ "$setElementOrder/containers": [{ name: "new" }, { name: "main" }] }),
        podSpec({
          "$setElementOrder/containers": [{ name: "main" }, { name: "new" }],
          containers: [{ name: "new", image: "example.test/new:2" }],
        }),
        podSpec({ "$setElementOrder/containers": [{ name: "main" }], containers: [{ name: "new", image: "n" }] }),
        containers({ image: "nameless" }),
        containers({ name: "main", ports: [{ containerPort: 81 }] }),
        containers({ name: "main", ports: [{ containerPort: 80, name: "web" }] }),
        containers({ name: "main", ports: [{ containerPort: 81, $patch: "delete" }] }),
        containers({ name: "main", command: ["a", "b"] }),
        containers({ name: "main", command: ["c"] }),
        containers({ name: "main", $patch: "nonsense" }),
        containers({ $patch: "replace" }, { name: "only", image: "o" }),
        podSpec({ volumes: [{ name: "v", emptyDir: {} }] }),
        podSpec({ volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }] }),
        podSpec({ volumes: [{ name: "v", $retainKeys: ["name"], configMap: { name: "c" } }] }),
        podSpec({ volumes: null }),
        podSpec({ tolerations: [{ key: "a", operator: "Exists" }] }),
        podSpec({ tolerations: [{ key: "b", operator: "Exists" }] }),
        podSpec({ imagePullSecrets: [{ name: "a" }] }),
        podSpec({ imagePullSecrets: [{ name: "b" }] }),
        podSpec({ hostAliases: [{ ip: "1.2.3.4", hostnames: ["a"] }] }),
        podSpec({ nodeSelector: { a: "1", b: "2" } }),
        podSpec({ nodeSelector: { $patch: "replace", c: "3" } }),
        podSpec({ nodeSelector: { $patch: "delete" } }),
        podSpec({ nodeSelector: null }),
        { spec: { strategy: { type: "Recreate" } } },
        { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
        {
          spec: {
            strategy: { $retainKeys: ["type", "rollingUpdate"], type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } },
          },
        },
        { spec: { $patch: "nonsense" } },
        { $patch: "nonsense" },
        { metadata: { finalizers: ["a.test/one"] } },
        { metadata: { finalizers: ["a.test/two"] } },
        { metadata: { "$deleteFromPrimitiveList/finalizers": ["a.test/one"] } },
        { metadata: { finalizers: ["a.test/three"], "$setElementOrder/finalizers": ["a.test/three", "a.test/two"] } },
        { metadata: { finalizers: ["a.test/zero"], "$setElementOrder/finalizers": ["a.test/zero"] } },
        { metadata: { finalizers: null } },
        { metadata: { labels: { a: "1" }, annotations: { b: "2" } } },
        { metadata: { labels: { $patch: "replace", c: "1" } } },
        { metadata: { labels: { $patch: "delete" } } },
        { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "u-1" }] } },
        { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "y", uid: "u-2" }] } },
        { metadata: { ownerReferences: [{ uid: "u-1", controller: true }] } },
        { metadata: { ownerReferences: [{ uid: "u-1", $patch: "delete" }] } },
        { metadata: { ownerReferences: [{ $patch: "delete" }] } },
        { spec: { replicas: null } },
        { spec: { replicas: "many" } },
        { spec: [] },
        { spec: { template: { spec: { containers: "text" } } } },
        { spec: { template: { spec: { containers: ["text"] } } } },
        { spec: { template: { spec: { containers: [] } } } },
        { spec: { template: { spec: { containers: null } } } },
        { status: { replicas: 3 } },
      ])
        await session.patch(at, "strategic-merge", patch);
      const services = session.at("v1", "services");
      await session.post(
        services,
        service("one", {
          ports: [
            { name: "a", port: 80 },
            { name: "b", port: 81 },
          ],
        }),
      );
      await session.patch(`${services}/one`, "strategic-merge", { spec: { ports: [{ port: 80, targetPort: 8080 }] } });
      await session.patch(`${services}/one`, "strategic-merge", {
        spec: { ports: [{ port: 82, name: "c" }], selector: { b: "1" } },
      });
      await session.patch(`${services}/one`, "strategic-merge", { spec: { ports: [{ port: 81, $patch: "delete" }] } });
      await session.patch(`${services}/one`, "strategic-merge", { spec: { ports: [{ port: 81 }] } });
      await session.patch(`${services}/one`, "strategic-merge", { $patch: "delete" });
      await session.patch(`${services}/one`, "strategic-merge", { spec: { $patch: "replace", ports: [{ port: 1 }] } });
      await session.patch(session.at("v1", "configmaps", "none"), "strategic-merge", {});
    },
  },
];
