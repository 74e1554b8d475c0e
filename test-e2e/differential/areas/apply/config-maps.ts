import type { Scenario } from "../../scenario.ts";
import type { RawAnswer, Session } from "../../session.ts";

type Data = Readonly<Record<string, unknown>>;

function configMap(data: Data | undefined, metadata: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", ...metadata },
    ...(data === undefined ? {} : { data }),
  };
}

/** Applies the ConfigMap `a`. */
function applied(
  session: Session,
  manager: string,
  data: Data | undefined,
  query = "",
  metadata = {},
): Promise<RawAnswer> {
  return session.apply(session.at("v1", "configmaps", "a"), manager, configMap(data, metadata), query);
}

/** Ownership, conflicts and removal on a kind that is nothing but a map. */
export const configMapScenarios: readonly Scenario[] = [
  {
    name: "apply creates, changes, and does nothing",
    async run(session) {
      await applied(session, "one", { x: "1", y: "2" }, "", { labels: { l: "1" }, annotations: { n: "1" } });
      await applied(session, "one", { x: "1", y: "2" }, "", { labels: { l: "1" }, annotations: { n: "1" } });
      await applied(session, "one", { x: "1", y: "3" }, "", { labels: { l: "1" } });
      await applied(session, "one", { x: "1" });
      await applied(session, "one", {});
      await applied(session, "one", undefined);
      await applied(session, "one", { z: "1" });
      await session.get(session.at("v1", "configmaps", "a"));
      await session.delete(session.at("v1", "configmaps", "a"));
    },
  },
  {
    name: "equal values are shared",
    async run(session) {
      await applied(session, "one", { x: "1", y: "1" });
      await applied(session, "two", { x: "1" });
      await applied(session, "two", { x: "1" });
      await applied(session, "one", { y: "1" });
      await applied(session, "two", {});
      await applied(session, "one", { y: "1" });
      await applied(session, "three", { y: "1" });
      await applied(session, "three", undefined);
      await applied(session, "one", undefined);
    },
  },
  {
    name: "conflicts with one and several managers",
    async run(session) {
      await applied(session, "one", { x: "1", y: "1" });
      await applied(session, "two", { x: "2" });
      await applied(session, "two", { x: "2", y: "2" });
      await applied(session, "two", { z: "1" });
      await applied(session, "three", { x: "2", y: "2", z: "2" });
      await session.patch(`${session.at("v1", "configmaps", "a")}?fieldManager=editor`, "merge", { data: { y: "e" } });
      await applied(session, "three", { x: "2", y: "2", z: "2" });
      await applied(session, "one", { x: "1", y: "1" });
      await applied(session, "three", { x: "2", y: "2", z: "2" }, "&force=false");
      await applied(session, "three", { x: "2", y: "2", z: "2" }, "&force=true");
      await applied(session, "three", { x: "2", y: "2", z: "2" }, "&force=wrong");
      await session.get(session.at("v1", "configmaps", "a"));
    },
  },
  {
    name: "conflicts of a label, an annotation and a finalizer",
    async run(session) {
      await applied(session, "one", { b: "1", a: "1" }, "", { labels: { m: "1", l: "1" }, finalizers: ["x.y/z"] });
      await applied(session, "two", { b: "2", a: "2" }, "", { labels: { m: "2", l: "2" }, finalizers: ["x.y/z"] });
      await applied(session, "two", undefined, "", { finalizers: ["x.y/z", "x.y/a"], annotations: { "a.b/c": "<&>" } });
      await applied(session, "three", undefined, "", { annotations: { "a.b/c": "2" } });
      await applied(session, "one", { b: "1" });
      await applied(session, "two", undefined);
    },
  },
  {
    name: "force takes over, and giving up leaves or removes",
    async run(session) {
      await applied(session, "one", { x: "1", y: "1" });
      await applied(session, "two", { x: "2" }, "&force=true");
      await applied(session, "one", { y: "1" });
      await applied(session, "two", {});
      await session.post(session.at("v1", "configmaps"), configMap({ u: "1" }, { name: "b" }));
      const other = session.at("v1", "configmaps", "b");
      await session.apply(other, "one", configMap({ u: "1" }, { name: "b" }));
      await session.apply(other, "one", configMap({}, { name: "b" }));
      await session.apply(other, "one", configMap({ u: "2" }, { name: "b" }));
      await session.apply(other, "one", configMap({ u: "2" }, { name: "b" }), "&force=true");
      await session.apply(other, "one", configMap({}, { name: "b" }));
    },
  },
  {
    name: "dry runs change nothing",
    async run(session) {
      await applied(session, "one", { x: "1" }, "&dryRun=All");
      await session.get(session.at("v1", "configmaps", "a"));
      await applied(session, "one", { x: "1" });
      await applied(session, "one", { x: "2" }, "&dryRun=All");
      await applied(session, "two", { x: "2" }, "&dryRun=All");
      await applied(session, "two", { x: "2" }, "&dryRun=All&force=true");
      await applied(session, "two", { x: "2" }, "&dryRun=Some");
      await session.get(session.at("v1", "configmaps", "a"));
    },
  },
  {
    name: "versions, uids and names in a configuration",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      await applied(session, "one", { x: "1" }, "", { uid: "11111111-2222-3333-4444-555555555555" });
      await applied(session, "one", { x: "1" }, "", { resourceVersion: "1" });
      const { body } = await applied(session, "one", { x: "1" });
      await applied(session, "one", { x: "2" }, "", { resourceVersion: "1" });
      await applied(session, "one", { x: "2" }, "", { resourceVersion: body.metadata?.resourceVersion });
      await applied(session, "one", { x: "3" }, "", { uid: "11111111-2222-3333-4444-555555555555" });
      await applied(session, "one", { x: "3" }, "", { uid: body.metadata?.uid });
      await applied(session, "one", { x: "3" }, "", { name: "b" });
      await applied(session, "one", { x: "3" }, "", { namespace: "default" });
      await applied(session, "one", { x: "3" }, "", { namespace: session.namespace });
      await applied(session, "one", { x: "3" }, "", { generateName: "a-" });
      await applied(session, "one", { x: "3" }, "", { creationTimestamp: null });
      await applied(session, "one", { x: "3" }, "", { creationTimestamp: "2020-01-01T00:00:00Z" });
      await applied(session, "one", { x: "3" }, "", { generation: 5 });
      await applied(session, "one", { x: "3" }, "", { managedFields: [] });
      await applied(session, "one", { x: "3" }, "", { managedFields: null });
      await applied(session, "one", { x: "3" }, "", { managedFields: [{ manager: "x" }] });
      await session.apply(path, "one", { apiVersion: "v1", kind: "ConfigMap", data: { x: "4" } });
      await session.apply(path, "one", { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: { x: "5" } });
      const missing = session.at("v1", "configmaps", "missing");
      await session.apply(missing, "one", { apiVersion: "v1", kind: "ConfigMap", data: { x: "4" } });
      await session.apply(missing, "one", { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "m-" } });
      await session.apply(missing, "one", configMap({}, { name: "other" }));
    },
  },
  {
    name: "an immutable ConfigMap and binary data",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      await session.apply(path, "one", { ...configMap({ x: "1" }), binaryData: { b: "aGVsbG8=" } });
      await session.apply(path, "one", { ...configMap({ x: "1" }), binaryData: { b: "aGVsbG8h" }, immutable: true });
      await session.apply(path, "one", { ...configMap({ x: "2" }), immutable: true });
      await session.apply(path, "two", { ...configMap({ x: "1" }), immutable: true });
      await session.apply(path, "one", configMap({ x: "1" }));
    },
  },
  {
    name: "an object that is being deleted",
    async run(session) {
      await applied(session, "one", { x: "1" }, "", { finalizers: ["a.b/c"] });
      await session.delete(session.at("v1", "configmaps", "a"));
      await applied(session, "one", { x: "2" }, "", { finalizers: ["a.b/c"] });
      await applied(session, "one", { x: "2" }, "", { finalizers: ["a.b/c", "a.b/d"] });
      await applied(session, "two", { y: "2" });
      await applied(session, "one", { x: "2" });
      await session.get(session.at("v1", "configmaps", "a"));
    },
  },
  {
    name: "null values",
    async run(session) {
      await applied(session, "one", { x: null, y: "1" });
      await applied(session, "one", { x: "1", y: null });
      await applied(session, "one", { x: null, y: null });
      await session.apply(
        session.at("v1", "configmaps", "a"),
        "one",
        configMap(undefined, { labels: null, annotations: { a: null } }),
      );
      await session.apply(session.at("v1", "configmaps", "a"), "one", { ...configMap({}), data: null });
      await session.apply(session.at("v1", "configmaps", "a"), "one", { ...configMap({}), data: {}, binaryData: {} });
    },
  },
];
