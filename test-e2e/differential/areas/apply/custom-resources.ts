import type { Scenario } from "../../scenario.ts";
import type { RawAnswer, Session } from "../../session.ts";
import { type CustomKind, version, withCustomKind } from "./custom-kinds.ts";

type Applier = (manager: string, spec: unknown, query?: string) => Promise<RawAnswer>;

function applier(session: Session, { apiVersion, plural, kind }: CustomKind): Applier {
  return (manager, spec, query = "") =>
    session.apply(
      session.at(apiVersion, plural, "a"),
      manager,
      { apiVersion, kind, metadata: { name: "a" }, ...(spec === undefined ? {} : { spec }) },
      query,
    );
}

function scenario(
  name: string,
  kind: string,
  run: (apply: Applier, session: Session, kind: CustomKind) => Promise<void>,
): Scenario {
  return {
    name,
    run: (session) => withCustomKind(session, kind, (served) => run(applier(session, served), session, served)),
  };
}

/** Custom resources, with every way to merge that a definition can state. */
export const customResourceScenarios: readonly Scenario[] = [
  scenario("lists of custom resources with keys", "Keyed", async (apply) => {
    await apply("one", {
      ports: [
        { port: 80, name: "http" },
        { port: 53, protocol: "UDP" },
      ],
    });
    await apply("one", {
      ports: [
        { port: 80, name: "http" },
        { port: 53, protocol: "UDP" },
      ],
    });
    await apply("two", {
      ports: [
        { port: 53, protocol: "TCP" },
        { port: 80, protocol: "TCP", note: "own" },
      ],
    });
    await apply("two", { ports: [{ port: 80, name: "web" }] });
    await apply("two", { ports: [{ port: 80, note: "d" }] });
    await apply("two", { ports: [{ port: 80 }, { port: 80, protocol: "TCP" }] });
    await apply("two", { ports: [{ port: "80" }] });
    await apply("two", { ports: [{ name: "x" }] });
    await apply("two", { ports: [{}] });
    await apply("two", { ports: [null] });
    await apply("two", { ports: ["x"] });
    await apply("two", { rules: [{ name: "r", values: ["a", "b"], options: { x: "1" } }] });
    await apply("one", { rules: [{ name: "r", values: ["b", "c"], options: { y: "1" } }, { values: ["a"] }] });
    await apply("one", { rules: [{ name: "r", values: ["b", "c"], options: { y: "1" } }] });
    await apply("two", { rules: [{ name: "r" }] });
    await apply("two", { rules: [] });
    await apply("two", {});
    await apply("one", {});
    await apply("one", undefined);
  }),
  scenario("sets of custom resources", "Sorted", async (apply) => {
    await apply("one", { tags: ["b", "a"], numbers: [3, 20, 100] });
    await apply("two", { tags: ["c", "a"], numbers: [20, 1] });
    await apply("two", { tags: ["a", "a"] });
    await apply("two", { tags: [null] });
    await apply("two", { tags: [{ a: "b" }] });
    await apply("two", { tags: [["a"]] });
    await apply("two", { numbers: ["1"] });
    await apply("one", { tags: ["a"] });
    await apply("two", { tags: ["<&>", 'q"'] });
    await apply("two", { tags: null });
    await apply("one", { tags: [] });
    await apply("two", {});
  }),
  scenario("atomic and granular parts", "Atom", async (apply) => {
    await apply("one", {
      atomicList: ["a"],
      plain: [{ a: "1" }],
      atomicMap: { x: "1" },
      atomicStruct: { a: "1" },
      granular: { a: "1" },
      labels: { x: "1" },
      inner: { deep: { a: "1" } },
    });
    await apply("two", { atomicList: ["b"], plain: [{ a: "2" }], atomicMap: { y: "1" }, atomicStruct: { b: "1" } });
    await apply("two", { atomicList: ["a"], plain: [{ a: "1" }], atomicMap: { x: "1" }, atomicStruct: { a: "1" } });
    await apply("two", { granular: { b: "1" }, labels: { y: "1" }, inner: { deep: { b: "1" } } });
    await apply("two", { granular: { b: "2" }, labels: { x: "2" } });
    await apply("two", { atomicMap: {}, inner: {} }, "&force=true");
    // What loses its last entry while somebody else owns it becomes null, which the schema then refuses.
    await apply("one", { atomicMap: { x: "1" }, granular: {}, labels: { x: "1" } });
    await apply("one", { inner: { deep: {} }, labels: { x: "1" } });
    await apply("one", { inner: null, labels: { x: "1" } });
    await apply("one", { inner: { deep: { a: "1" } }, labels: { x: "1" } });
    await apply("three", { labels: {} }, "&force=true");
    await apply("two", {});
    await apply("one", {});
  }),
  scenario("parts without a schema", "Free", async (apply) => {
    await apply("one", {
      free: { a: { b: 1, list: [1, { x: 2 }] }, n: null, e: {} },
      half: { known: ["a"], other: { x: [1] } },
    });
    await apply("one", {
      free: { a: { b: 1, list: [1, { x: 2 }] }, n: null, e: {} },
      half: { known: ["a"], other: { x: [1] } },
    });
    await apply("two", { free: { a: { c: 1 } }, half: { known: ["b"], other: { y: 1 } } });
    await apply("two", { free: { a: { b: 2, list: [1] } } });
    await apply("two", { free: { a: "text" } });
    await apply("two", { free: { a: "text" } }, "&force=true");
    await apply("one", { free: { a: "text", z: true } });
    await apply("one", { bare: { x: 1 } });
    await apply("one", { bare: { x: { y: [1] } }, maps: { k: { a: "1" }, l: {} } });
    await apply("two", { maps: { k: { b: "1" } } });
    await apply("two", { maps: { k: { c: "1" } } });
    await apply("one", { maps: {} });
    await apply("one", {});
  }),
  scenario("embedded objects", "Embedded", async (apply) => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "e", labels: { a: "b" }, finalizers: ["x.y/z"] },
      data: { x: "1" },
    };
    await apply("one", { embedded: object });
    await apply("two", { embedded: { metadata: { labels: { c: "d" }, finalizers: ["x.y/w"] }, data: { y: "1" } } });
    await apply("two", { embedded: { metadata: { labels: { a: "c" } } } });
    await apply("two", { embedded: { metadata: { labels: { a: 1 } } } });
    await apply("two", { embedded: { metadata: { foo: 1 } } });
    await apply("one", { embedded: { apiVersion: "v1", kind: "ConfigMap" } });
  }),
  scenario("values, defaults and nulls", "Scalar", async (apply, session, { apiVersion, plural, kind }) => {
    await apply("one", { replicas: 1, flag: true, ratio: 1.5, port: 80 });
    await apply("one", { replicas: 1, flag: true, ratio: 2, port: "http", text: "unset" });
    await apply("two", { text: "set" });
    await apply("three", { text: "unset" });
    await apply("one", { replicas: 1, text: null, nullable: null });
    await apply("one", { nullable: "x" });
    await apply("one", { nullable: null, replicas: null });
    await apply("one", { replicas: "1" });
    await apply("one", { replicas: 1.5 });
    await apply("one", { ratio: "x" });
    await apply("one", { flag: "true" });
    await apply("one", { port: true });
    await apply("one", { port: { a: 1 } });
    await apply("one", { port: [1] });
    await apply("one", { unknown: 1 });
    await apply("one", { inner: { unknown: 1 } });
    await apply("one", "text");
    await apply("one", ["x"]);
    await apply("one", null);
    const path = session.at(apiVersion, plural);
    await session.post(`${path}?fieldManager=poster`, {
      apiVersion,
      kind,
      metadata: { name: "b" },
      spec: { tags: ["a"], ports: [{ port: 1 }], bare: { x: 1 }, free: { y: { z: 1 } }, granular: {} },
    });
    await session.patch(`${path}/b?fieldManager=merger`, "merge", { spec: { tags: ["b"], text: null } });
    await session.patch(`${path}/b?fieldManager=json`, "json", [
      { op: "add", path: "/spec/ports/-", value: { port: 2, protocol: "UDP" } },
    ]);
    const { body } = await session.get(`${path}/b`);
    await session.put(`${path}/b?fieldManager=putter`, {
      ...body,
      spec: { ...body.spec, labels: { x: "1" }, ports: [] },
    });
    await session.patch(`${path}/b?fieldManager=merger`, "merge", { metadata: { managedFields: [] } });
    await session.patch(`${path}/b?fieldManager=merger`, "merge", { metadata: { managedFields: [{}] } });
    await session.patch(`${path}/b?fieldManager=merger`, "merge", { spec: { tags: ["a", "a"] } });
    await session.apply(`${path}/b`, "one", { apiVersion, kind, metadata: { name: "b" }, spec: { tags: ["x"] } });
  }),
  scenario("status and scale of custom resources", "Scaled", async (apply, session, { apiVersion, plural, kind }) => {
    const path = session.at(apiVersion, plural, "a");
    const head = { apiVersion, kind, metadata: { name: "a" } };
    await session.apply(`${path}/status`, "controller", { ...head, status: { phase: "x" } });
    await session.apply(path, "one", { ...head, spec: { replicas: 1 }, status: { phase: "mine" } });
    await session.apply(`${path}/status`, "controller", {
      ...head,
      status: { phase: "x", conditions: [{ type: "Ready", status: "True" }] },
    });
    await session.apply(`${path}/status`, "controller", {
      ...head,
      metadata: { name: "a", labels: { l: "1" } },
      spec: { replicas: 9 },
      status: { conditions: [{ type: "Ready", status: "False" }] },
    });
    await session.apply(`${path}/status`, "other", {
      ...head,
      status: {
        conditions: [
          { type: "Ready", status: "True" },
          { type: "Own", status: "True" },
        ],
      },
    });
    await session.apply(`${path}/status`, "other", {
      ...head,
      status: { conditions: [{ type: "Own", status: "True" }] },
    });
    await session.patch(`${path}/status?fieldManager=patcher`, "merge", {
      status: { phase: "y" },
      spec: { replicas: 7 },
      metadata: { labels: { x: "y" } },
    });
    const { body } = await session.get(path);
    await session.put(`${path}/status?fieldManager=putter`, {
      ...body,
      status: { phase: "z" },
      metadata: { ...body.metadata, managedFields: [{}] },
    });
    await session.get(`${path}/scale`);
    await session.patch(`${path}/scale?fieldManager=scaler`, "merge", { spec: { replicas: 3 } });
    await session.get(path);
    await apply("one", { replicas: 1 });
    await session.apply(`${path}/scale`, "applier", {
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { name: "a" },
      spec: { replicas: 4 },
    });
    await session.apply(
      `${path}/scale`,
      "applier",
      { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "a" }, spec: { replicas: 4 } },
      "&force=true",
    );
    await session.get(path);
    await apply("one", { replicas: 4 });
    await apply("one", {});
    await session.apply(
      `${path}/scale`,
      "one",
      { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "a" }, spec: { replicas: 5 } },
      "&force=true",
    );
    await session.get(path);
  }),
  {
    name: "custom resources in two versions",
    run: (session) =>
      withCustomKind(
        session,
        "Versioned",
        async ({ plural, kind }) => {
          const [v1, v2] = ["apply.differential.test/v1", "apply.differential.test/v2"];
          const body = (apiVersion: string, spec: object): object => ({
            apiVersion,
            kind,
            metadata: { name: "a" },
            spec,
          });
          await session.until(session.at(v2, plural), ({ status }) => status === 200);
          await session.apply(session.at(v1, plural, "a"), "one", body(v1, { text: "x", tags: ["a"] }));
          await session.apply(session.at(v2, plural, "a"), "two", body(v2, { tags: ["b"], extra: "e" }));
          await session.get(session.at(v2, plural, "a"));
          await session.apply(session.at(v2, plural, "a"), "one", body(v2, { text: "x" }));
          await session.apply(session.at(v1, plural, "a"), "two", body(v1, { text: "y" }));
          await session.patch(`${session.at(v2, plural, "a")}?fieldManager=merger`, "merge", {
            spec: { labels: { a: "b" } },
          });
          await session.patch(`${session.at(v1, plural, "a")}?fieldManager=merger`, "merge", {
            spec: { labels: { c: "d" } },
          });
          await session.patch(`${session.at(v1, plural, "a")}?fieldManager=merger`, "merge", {
            spec: { labels: { a: "c" } },
          });
          await session.apply(session.at(v1, plural, "a"), "one", body(v2, { text: "x" }));
          await session.apply(session.at(v2, plural, "a"), "one", body(v2, {}));
          await session.patch(`${session.at(v2, plural, "a")}/scale?fieldManager=scaler`, "merge", {
            spec: { replicas: 3 },
          });
          await session.get(session.at(v1, plural, "a"));
        },
        [version("v1", { storage: true }), version("v2", { spec: { extra: { type: "string" } } })],
      ),
  },
  {
    name: "a schema that becomes atomic",
    run: (session) =>
      withCustomKind(session, "Changing", async ({ apiVersion, plural, kind }) => {
        const path = session.at(apiVersion, plural, "a");
        const body = (spec: object): object => ({ apiVersion, kind, metadata: { name: "a" }, spec });
        await session.apply(path, "one", body({ labels: { x: "1" }, tags: ["a"], inner: { deep: { a: "1" } } }));
        await session.apply(path, "two", body({ labels: { y: "1" }, tags: ["b"], atomicMap: { x: "1" } }));
        const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.apply.differential.test`;
        const labels = { type: "object", additionalProperties: { type: "string" }, "x-kubernetes-map-type": "atomic" };
        const tags = { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "atomic" };
        const added = { type: "string" };
        const atomicMap = { type: "object", additionalProperties: { type: "string" } };
        await session.silently(
          "PATCH",
          definition,
          { spec: { versions: [version("v1", { storage: true, spec: { labels, tags, added, atomicMap } })] } },
          { contentType: "application/merge-patch+json" },
        );
        // The new schema is in force when the new field is taken.
        const probe = { ...body({ added: "x" }), metadata: { name: "probe" } };
        const end = Date.now() + 20_000;
        const send = (): Promise<RawAnswer> =>
          session.silently("PATCH", `${session.at(apiVersion, plural, "probe")}?fieldManager=p&dryRun=All`, probe, {
            contentType: "application/apply-patch+yaml",
          });
        while ((await send()).status !== 201 && Date.now() < end)
          await session.until(definition, ({ status }) => status === 200);
        await session.apply(path, "three", body({ added: "x" }));
        await session.apply(path, "three", body({ labels: { x: "2" } }));
        await session.apply(path, "one", body({ labels: { x: "1", y: "1" }, tags: ["a", "b"] }));
        await session.apply(path, "two", body({ atomicMap: { y: "1" } }));
        await session.get(path);
      }),
  },
];
