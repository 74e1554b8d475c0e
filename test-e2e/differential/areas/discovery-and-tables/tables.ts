import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { clusterObjects, namespacedObjects, type TableObject } from "./table-objects.ts";

const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
const label = "discovery-and-tables";

export const tableScenarios: readonly Scenario[] = [
  {
    name: "tables of namespaced kinds",
    async run(session) {
      for (const each of namespacedObjects) {
        const path = session.at(each.apiVersion, each.plural);
        await session.get(`${path}?includeObject=None`, { accept });
        await make(session, path, each);
        await session.get(`${path}?includeObject=None`, { accept });
        await session.get(`${path}/${each.name}?includeObject=None`, { accept });
      }
    },
  },
  {
    name: "tables of cluster-scoped kinds",
    async run(session) {
      for (const each of clusterObjects) {
        const root = each.apiVersion === "v1" ? "/api/v1" : `/apis/${each.apiVersion}`;
        const path = `${root}/${each.plural}`;
        await session.silently("DELETE", `${path}/${each.name}`);
        await make(session, path, each);
        await session.get(`${path}?includeObject=None&labelSelector=of%3D${label}`, { accept });
        await session.silently("DELETE", `${path}/${each.name}`);
      }
    },
  },
  {
    name: "what a row carries of its object",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.silently("POST", path, { metadata: { name: "a", labels: { of: label } }, data: { one: "1" } });
      for (const query of [
        "",
        "?includeObject=None",
        "?includeObject=Metadata",
        "?includeObject=Object",
        "?includeObject=x",
        "?includeObject=",
      ]) {
        await session.get(`${path}${query}`, { accept });
        await session.get(`${path}/a${query}`, { accept });
      }
      await session.post(path, { metadata: { name: "b" } }, { accept });
      await session.call(
        "PATCH",
        `${path}/b`,
        { data: { two: "2" } },
        { accept, contentType: "application/merge-patch+json" },
      );
      await session.get(`${path}/none`, { accept });
      await session.delete(`${path}/b`, undefined, { accept });
    },
  },
  {
    name: "printer columns of a custom kind",
    async run(session) {
      const group = "printed.discovery.differential.test";
      const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      const column = (name: string, type: string, jsonPath: string, more: object = {}): object => ({
        name,
        type,
        jsonPath,
        ...more,
      });
      await session.silently("POST", definitions, {
        metadata: { name: `prints.${group}` },
        spec: {
          group,
          scope: "Namespaced",
          names: { plural: "prints", kind: "Print" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
              additionalPrinterColumns: [
                column("Colour", "string", ".spec.colour", { description: "What it looks like." }),
                column("Size", "integer", ".spec.size", { format: "int32", priority: 1 }),
                column("Weight", "number", ".spec.weight"),
                column("Shiny", "boolean", ".spec.shiny"),
                column("Since", "date", ".spec.since"),
                column("Age", "date", ".metadata.creationTimestamp"),
                column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
                column("First", "string", ".spec.list[0]"),
                column("All", "string", ".spec.list[*]"),
                column("Object", "string", ".spec.object"),
                column("Label", "string", ".metadata.labels.example\\.com/of"),
              ],
            },
            {
              name: "v2",
              served: true,
              storage: false,
              schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            },
          ],
        },
      });
      const path = session.at(`${group}/v1`, "prints");
      await session.until(path, ({ status }) => status === 200);
      await session.until(session.at(`${group}/v2`, "prints"), ({ status }) => status === 200);
      const rich = {
        colour: "blue",
        size: 3,
        weight: 1.5,
        shiny: true,
        since: "2020-01-01T00:00:00Z",
        list: ["a", "b", 3],
        object: { b: 1, a: [true] },
      };
      const wrong = { colour: 7, size: "big", weight: 2, shiny: "yes", since: "yesterday", list: "none" };
      const conditions = [
        { type: "Other", status: "False" },
        { type: "Ready", status: "True" },
      ];
      const make = (name: string, spec: object, status?: object): Promise<unknown> =>
        session.silently("POST", path, {
          apiVersion: `${group}/v1`,
          kind: "Print",
          metadata: { name, labels: { "example.com/of": "prints" } },
          spec,
          ...(status === undefined ? {} : { status }),
        });
      await make("bare", {});
      await make("rich", rich, { conditions });
      await make("wrong", wrong, { conditions: [] });
      await session.get(`${path}?includeObject=None`, { accept });
      await session.get(`${path}/rich?includeObject=None`, { accept });
      await session.get(`${session.at(`${group}/v2`, "prints")}?includeObject=None`, { accept });
      const watch = await session.watch(`${path}?watch=true&includeObject=None`, { accept });
      await watch.take(3);
      await session.silently("DELETE", `${definitions}/prints.${group}`);
    },
  },
];

async function make(session: Session, path: string, { name, body, status }: TableObject): Promise<void> {
  const metadata = { name, labels: { of: label }, ...body.metadata };
  const made = await session.silently("POST", path, { ...body, metadata });
  if (made.status !== 201) session.note(`POST ${path}`, [made.status, made.body.message]);
  if (status === undefined) return;
  const contentType = "application/merge-patch+json";
  const patched = await session.silently("PATCH", `${path}/${name}/status`, { status }, { contentType });
  if (patched.status !== 200) session.note(`PATCH ${path}/${name}/status`, [patched.status, patched.body.message]);
}
