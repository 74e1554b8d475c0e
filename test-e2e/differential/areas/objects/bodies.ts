import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { serveCustomKinds, widget, widgetVersion } from "./custom-kinds.ts";
import { configMap, deployment } from "./sample-objects.ts";

async function each(session: Session, run: (path: string, name: string) => Promise<unknown>): Promise<void> {
  await run(session.at("v1", "configmaps"), "map");
  await run(session.at("apps/v1", "deployments"), "deployment");
  await run(session.at(widgetVersion, "widgets"), "widget");
}

const brokenTexts = [
  "",
  " ",
  "{",
  "}",
  "{}x",
  "[]",
  "[1]",
  "null",
  "true",
  "7",
  '"text"',
  "text",
  '{"metadata":{"name":"a"},}',
  '{"metadata":{"name":"a"}',
  '{"metadata":{"name":"a"}} {}',
  '{"metadata":',
  "{'metadata':{}}",
  "{metadata:{}}",
  '{"metadata":{"name":"a\u0001"}}',
  '{"metadata":{"name":"\\x"}}',
  '{"metadata":{"name":tru}}',
  '{"metadata":{"name":01}}',
  "apiVersion: v1\nkind: ConfigMap\n",
];

export const bodyScenarios: readonly Scenario[] = [
  {
    name: "bodies that cannot be read",
    async run(session) {
      await serveCustomKinds(session);
      await session.silently("POST", session.at("v1", "configmaps"), configMap("map"));
      await session.silently("POST", session.at(widgetVersion, "widgets"), widget("widget"));
      for (const text of brokenTexts) {
        await each(session, (path) => session.call("POST", path, text));
        await session.call("PUT", session.at("v1", "configmaps", "map"), text);
        await session.call("PUT", session.at(widgetVersion, "widgets", "widget"), text);
      }
      await each(session, (path) => session.call("POST", path, undefined));
      await each(session, (path, name) => session.call("PUT", `${path}/${name}`, undefined));
    },
  },
  {
    name: "members of the wrong type",
    async run(session) {
      await serveCustomKinds(session);
      const bodies = [
        { metadata: "text" },
        { metadata: [] },
        { metadata: null },
        { metadata: { name: 7 } },
        { metadata: { name: "a", labels: ["x"] } },
        { metadata: { name: "a", labels: { x: 1 } } },
        { metadata: { name: "a", labels: { x: null } } },
        { metadata: { name: "a", annotations: { x: true } } },
        { metadata: { name: "a", annotations: "x" } },
        { metadata: { name: "a", finalizers: "x" } },
        { metadata: { name: "a", finalizers: [1] } },
        { metadata: { name: "a", ownerReferences: {} } },
        { metadata: { name: "a", ownerReferences: [{ uid: 1 }] } },
        { metadata: { name: "a", creationTimestamp: "yesterday" } },
        { metadata: { name: "a", creationTimestamp: 7 } },
        { metadata: { name: "a", generation: "7" } },
        { metadata: { name: "a", generation: 1.5 } },
        { metadata: { name: "a", resourceVersion: 7 } },
        { metadata: { name: "a", unknown: 7 } },
      ];
      for (const body of bodies) {
        await session.post(`${session.at("v1", "configmaps")}?dryRun=All`, body);
        await session.post(`${session.at(widgetVersion, "widgets")}?dryRun=All`, { ...widget("a"), ...body });
      }
      for (const data of ["text", [], { a: 1 }, { a: null }, { a: {} }, null]) {
        await session.post(`${session.at("v1", "configmaps")}?dryRun=All`, { metadata: { name: "a" }, data });
      }
      for (const more of [
        { replicas: "2" },
        { replicas: 1.5 },
        { replicas: null },
        { replicas: 3_000_000_000 },
        { selector: "app=x" },
        { selector: null },
        { template: [] },
        { template: { spec: { containers: {} } } },
        { template: { spec: { containers: [{ name: 1 }] } } },
        { template: { spec: { containers: [{ ports: [{ containerPort: "80" }] }] } } },
        { strategy: { rollingUpdate: { maxSurge: true } } },
        { paused: "yes" },
      ]) {
        await session.post(`${session.at("apps/v1", "deployments")}?dryRun=All`, deployment("a", more));
      }
      for (const spec of [
        { size: "3" },
        { size: 1.5 },
        { size: 101 },
        { size: null },
        { title: 3 },
        { title: "x".repeat(21) },
        { mode: "Medium" },
        { colours: "red" },
        { colours: [1] },
        { colours: [null] },
        { parts: [{ name: 1 }, "x"] },
        { note: null },
        [],
        "text",
        null,
      ]) {
        await session.post(`${session.at(widgetVersion, "widgets")}?dryRun=All`, widget("a", { spec }));
      }
    },
  },
  {
    name: "fields that are not known or given twice",
    async run(session) {
      await serveCustomKinds(session);
      const twice = {
        map: '{"metadata":{"name":"NAME","name":"NAME","labels":{"a":"1","a":"2"},"colour":1},"data":{"a":"1","a":"2"},"dota":{},"data":{"b":"1"}}',
        deployment: JSON.stringify(deployment("NAME")).replace(
          '"replicas":2',
          '"replicas":1,"replicas":2,"Replicas":3,"unknown":{"a":1}',
        ),
        widget: `{"apiVersion":"${widgetVersion}","kind":"Widget","kind":"Widget","metadata":{"name":"NAME","colour":1,"labels":{"a":"1","a":"2"}},"spec":{"size":1,"size":2,"weight":3,"parts":[{"name":"a","colour":1},{"name":"b","name":"c"}]},"extra":1}`,
      };
      for (const validation of ["", "Ignore", "Warn", "Strict", "Nonsense", "strict"]) {
        await each(session, (path, name) => {
          const text = twice[name as keyof typeof twice].replaceAll("NAME", `${name}-${validation.toLowerCase()}`);
          return session.call("POST", `${path}?fieldValidation=${validation}`, text);
        });
      }
      await session.silently("POST", session.at("v1", "configmaps"), configMap("map"));
      await session.silently("POST", session.at(widgetVersion, "widgets"), widget("widget"));
      await session.silently("POST", session.at("apps/v1", "deployments"), deployment("deployment"));
      for (const validation of ["Ignore", "Warn", "Strict"]) {
        await each(session, async (path, name) => {
          const at = `${path}/${name}?fieldValidation=${validation}`;
          await session.patch(at, "merge", { spec: { unknown: 1, template: { extra: 2 } }, metadata: { colour: 1 } });
          await session.patch(at, "strategic-merge", { spec: { unknown: 1 }, other: 2 });
          await session.patch(at, "json", [
            { op: "add", path: "/unknown", value: 1 },
            { op: "add", path: "/metadata/colour", value: "x" },
          ]);
          await session.call("PATCH", at, '{"metadata":{"labels":{"a":"1","a":"2"}}}', {
            contentType: "application/merge-patch+json",
          });
          const { body } = await session.silently("GET", `${path}/${name}`);
          await session.put(at, { ...body, metadata: { ...body.metadata, colour: 1 }, unknown: 1 });
        });
      }
    },
  },
  {
    name: "YAML and other content types",
    async run(session) {
      await serveCustomKinds(session);
      const yaml = { contentType: "application/yaml" };
      const text = (name: string): string =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  labels: {a: "1"}\ndata:\n  a: |\n    one\n    two\n`;
      const maps = session.at("v1", "configmaps");
      const widgets = session.at(widgetVersion, "widgets");
      await session.call("POST", maps, text("yaml"), yaml);
      await session.call(
        "POST",
        widgets,
        `apiVersion: ${widgetVersion}\nkind: Widget\nmetadata: {name: yaml}\nspec: {size: 3}\n`,
        yaml,
      );
      await session.call("POST", maps, "a: b: c\n", yaml);
      await session.call("POST", widgets, "a: b: c\n", yaml);
      await session.call("POST", maps, "- a\n", yaml);
      await session.call("POST", maps, "just text", yaml);
      await session.call("POST", maps, "metadata:\n  name: twice\n  name: twice\ndata: {a: x}\nunknown: 1\n", yaml);
      await session.call(
        "POST",
        `${maps}?fieldValidation=Strict`,
        "metadata:\n  name: thrice\n  name: thrice\ndata: {a: x}\nunknown: 1\n",
        yaml,
      );
      await session.call(
        "POST",
        widgets,
        `apiVersion: ${widgetVersion}\nkind: Widget\nmetadata: {name: twice, name: twice}\nextra: 1\n`,
        yaml,
      );
      await session.call("POST", maps, "metadata:\n  name: numbers\ndata:\n  a: 1\n", yaml);
      await session.call("POST", maps, "", yaml);
      await session.call("PUT", `${maps}/yaml`, text("yaml"), yaml);
      await session.call("DELETE", `${maps}/yaml`, "dryRun: [All]\n", yaml);
      for (const contentType of [
        "text/plain",
        "application/xml",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
        "*/*",
        "application/*",
        "application/json-patch+json",
        "application/apply-patch+yaml",
        "application/cbor",
        "nonsense",
        ";",
        "",
      ]) {
        await session.post(`${maps}?dryRun=All`, configMap("typed"), { contentType });
        await session.post(`${widgets}?dryRun=All`, widget("typed"), { contentType });
        await session.put(`${maps}/yaml?dryRun=All`, configMap("yaml"), { contentType });
        await session.delete(`${maps}/yaml?dryRun=All`, {}, { contentType });
        await session.call("PATCH", `${maps}/yaml?dryRun=All`, {}, { contentType });
        await session.call("PATCH", `${widgets}/yaml?dryRun=All`, {}, { contentType });
      }
      await session.call("PATCH", `${widgets}/yaml`, {}, { contentType: "application/strategic-merge-patch+json" });
      await session.call(
        "PATCH",
        `${widgets}/yaml/status`,
        {},
        { contentType: "application/strategic-merge-patch+json" },
      );
      await session.call(
        "PATCH",
        `${widgets}/yaml/scale`,
        {},
        { contentType: "application/strategic-merge-patch+json" },
      );
    },
  },
  {
    name: "bodies that are too large",
    async run(session) {
      await serveCustomKinds(session);
      const maps = session.at("v1", "configmaps");
      const widgets = session.at(widgetVersion, "widgets");
      await session.silently("POST", maps, configMap("map"));
      await session.silently("POST", widgets, widget("widget"));
      const large = "x".repeat(3 * 1024 * 1024 + 1);
      await session.post(maps, configMap("large", { a: large }));
      await session.post(widgets, widget("large", { spec: { note: large } }));
      await session.put(`${maps}/map`, configMap("map", { a: large }));
      await session.patch(`${maps}/map`, "merge", { data: { a: large } });
      await session.patch(`${widgets}/widget`, "merge", { spec: { note: large } });
      await session.patch(`${maps}/map`, "json", [{ op: "add", path: "/data/a", value: large }]);
      await session.delete(`${maps}/map`, { preconditions: { uid: large } });
      await session.delete(maps, { preconditions: { uid: large } });
      const operations = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "ConfigMap" }));
      await session.patch(`${maps}/map`, "json", operations);
      await session.patch(`${maps}/map`, "json", operations.slice(1));
      await session.patch(`${widgets}/widget`, "json", operations);
    },
  },
];
