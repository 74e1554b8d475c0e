import type { Scenario } from "../../scenario.ts";

function configMap(data: object, metadata: object = {}): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", ...metadata }, data };
}

/** Ownership by creates, updates and patches that are no applies. */
export const updateManagerScenarios: readonly Scenario[] = [
  {
    name: "managers of updates and their names",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const agent = (name: string): { headers: Record<string, string> } => ({ headers: { "user-agent": name } });
      await session.post(path, configMap({ x: "1" }), agent("kubectl/v1.36 (linux)"));
      await session.call(
        "PATCH",
        `${path}/a`,
        { data: { y: "1" } },
        { contentType: "application/merge-patch+json", ...agent("my tool") },
      );
      await session.call(
        "PATCH",
        `${path}/a`,
        { data: { z: "1" } },
        { contentType: "application/merge-patch+json", ...agent("x".repeat(200)) },
      );
      await session.call(
        "PATCH",
        `${path}/a`,
        { data: { w: "1" } },
        { contentType: "application/merge-patch+json", ...agent("/x") },
      );
      await session.call(
        "PATCH",
        `${path}/a?fieldManager=%C3%A4%20b`,
        { data: { v: "1" } },
        { contentType: "application/merge-patch+json" },
      );
      await session.get(`${path}/a`);
    },
  },
  {
    name: "creates, puts and patches of every type",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.post(
        `${path}?fieldManager=creator`,
        configMap({ x: "1", y: "1" }, { labels: { l: "1" }, annotations: { n: "" } }),
      );
      await session.put(`${path}/a?fieldManager=putter`, configMap({ x: "1", y: "2", z: "3" }));
      await session.put(`${path}/a?fieldManager=creator`, configMap({ x: "1", y: "2", z: "3" }));
      await session.patch(`${path}/a?fieldManager=merger`, "merge", { data: { x: "2", z: null } });
      await session.patch(`${path}/a?fieldManager=strategist`, "strategic-merge", {
        data: { s: "1" },
        metadata: { finalizers: ["a.b/c"] },
      });
      await session.patch(`${path}/a?fieldManager=json`, "json", [{ op: "add", path: "/data/j", value: "1" }]);
      await session.patch(`${path}/a?fieldManager=json`, "json", [{ op: "remove", path: "/data/j" }]);
      await session.patch(`${path}/a?fieldManager=strategist`, "strategic-merge", {
        data: { s: "1" },
        metadata: { "$deleteFromPrimitiveList/finalizers": ["a.b/c"] },
      });
      await session.put(`${path}/a?fieldManager=putter`, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
      });
      await session.put(`${path}/a?fieldManager=putter`, configMap({}));
      await session.put(`${path}/a?fieldManager=putter&dryRun=All`, configMap({ q: "1" }));
    },
  },
  {
    name: "ownership moves from apply to update and back",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      await session.apply(path, "one", configMap({ x: "1", y: "1" }));
      await session.patch(`${path}?fieldManager=one`, "merge", { data: { x: "2" } });
      await session.apply(path, "one", configMap({ x: "1", y: "1" }));
      await session.apply(path, "one", configMap({ x: "2", y: "1" }));
      await session.patch(`${path}?fieldManager=one`, "merge", { data: { y: "1" } });
      await session.patch(`${path}?fieldManager=one`, "merge", { data: { y: null } });
      await session.apply(path, "one", configMap({ x: "2" }));
      await session.apply(path, "one", configMap({ x: "3" }), "&force=true");
      await session.patch(`${path}?fieldManager=two`, "merge", { data: null });
      await session.apply(path, "one", configMap({ x: "3" }));
    },
  },
  {
    name: "managed fields set and reset by clients",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      await session.apply(path, "one", configMap({ x: "1" }));
      await session.patch(`${path}?fieldManager=two`, "merge", { data: { y: "1" } });
      await session.patch(`${path}?fieldManager=two`, "merge", { metadata: { managedFields: [{}] } });
      await session.patch(`${path}?fieldManager=two`, "merge", { data: { z: "1" } });
      await session.put(`${path}?fieldManager=two`, configMap({ z: "2" }));
      await session.apply(path, "one", configMap({ z: "3" }));
      await session.apply(path, "one", configMap({ z: "2", q: "1" }));
      await session.put(`${path}?fieldManager=two`, configMap({ z: "2" }, { managedFields: [] }));
      await session.apply(path, "one", configMap({ z: "2" }));
      await session.patch(`${path}?fieldManager=two`, "json", [
        { op: "replace", path: "/metadata/managedFields", value: [{}] },
      ]);
      await session.apply(path, "one", configMap({ z: "9" }), "&force=true");
      await session.patch(`${path}?fieldManager=two`, "json", [{ op: "remove", path: "/metadata/managedFields" }]);
      await session.patch(`${path}?fieldManager=two`, "json", [{ op: "remove", path: "/metadata/managedFields/0" }]);
      await session.patch(`${path}?fieldManager=two`, "strategic-merge", { metadata: { managedFields: [] } });
      await session.post(session.at("v1", "configmaps"), configMap({ x: "1" }, { name: "b", managedFields: [{}] }));
      await session.post(session.at("v1", "configmaps"), configMap({ x: "1" }, { name: "c", managedFields: [] }));
    },
  },
  {
    name: "managed fields written by hand",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      const entry = {
        manager: "hand",
        operation: "Apply",
        apiVersion: "v1",
        time: "2020-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { "f:x": {}, ".": {}, "f:gone": {} } },
      };
      const entries = (...managedFields: readonly object[]): Promise<unknown> =>
        session.patch(`${path}?fieldManager=two`, "merge", { metadata: { managedFields } });
      await session.post(session.at("v1", "configmaps"), configMap({ x: "1" }, { managedFields: [entry] }));
      await session.apply(path, "one", configMap({ x: "2" }));
      await entries({ ...entry, operation: "Update" });
      await entries({ ...entry, operation: "Delete" });
      await entries({ ...entry, apiVersion: "" });
      await entries({ ...entry, fieldsType: "FieldsV2" });
      await entries({ ...entry, fieldsV1: { x: {} } });
      await entries({ ...entry, fieldsV1: { "f:data": { 'k:{"b":1,"a":"<"}': {}, "v:5": {}, "i:3": {}, "f:x": {} } } });
      await entries({ ...entry, fieldsV1: { "z:data": {} } });
      await entries({ ...entry, apiVersion: "v9" });
      await entries(entry, { ...entry, manager: "other", time: "2019-01-01T00:00:00Z", subresource: "status" });
      await session.apply(path, "hand", configMap({ x: "1" }));
      await session.apply(path, "hand", configMap({}));
    },
  },
  {
    name: "more managers than are kept apart",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      await session.apply(path, "one", configMap({ x: "1" }));
      for (const letter of "abcdefghijklm") {
        await session.patch(`${path}?fieldManager=manager-${letter}`, "merge", { data: { [letter]: "1" } });
      }
      await session.patch(`${path}?fieldManager=manager-a`, "merge", { data: { a: "2" } });
      await session.patch(`${path}?fieldManager=z`, "merge", { data: { b: null } });
      await session.apply(path, "one", configMap({ a: "1", c: "2", x: "1" }));
    },
  },
  {
    name: "what a client sends back unchanged",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      const { body } = await session.apply(path, "one", configMap({ x: "1" }));
      await session.put(`${path}?fieldManager=two`, body);
      const { managedFields: _managed, ...metadata } = body.metadata;
      await session.put(`${path}?fieldManager=two`, { ...body, metadata });
      await session.put(`${path}?fieldManager=two`, { ...body, data: { x: "2" } });
      await session.patch(`${path}?fieldManager=three`, "merge", {});
      await session.patch(`${path}?fieldManager=three`, "merge", { data: { x: "2" } });
      await session.get(path);
    },
  },
];
