import type { Scenario } from "../../scenario.ts";
import type { Body, Session } from "../../session.ts";
import { pathFacts, schemaFacts } from "./openapi-facts.ts";

/** Of the resources of Kubernetes itself: custom ones come and go with other scenarios. */
const ofResources = /^(api|apis\/([a-z]+|[a-z.]+\.k8s\.io))\/v\d+$/;
const ofOurTests = /differential|^io\.fairlead\./;

export const openApiScenarios: readonly Scenario[] = [
  {
    name: "OpenAPI of version 3",
    async run(session) {
      const { body } = await session.silently("GET", "/openapi/v3");
      const documents = Object.keys(body.paths).filter((path) => path === "version" || /^apis?\b/.test(path));
      session.note(
        "documents",
        Object.fromEntries(
          documents.filter((path) => !path.includes("test") && !path.includes("fairlead")).map((path) => [path, true]),
        ),
      );
      session.note(
        "each has a hash",
        documents.every((path) => /^\/openapi\/v3\/.*\?hash=[0-9A-F]{128}$/.test(body.paths[path].serverRelativeURL)),
      );
      const schemas = new Map<string, unknown>();
      for (const path of documents.filter(isServed).sort()) {
        const { body: document } = await session.silently("GET", body.paths[path].serverRelativeURL);
        const { paths, components, ...rest } = document as Body;
        session.note(path, { ...rest, securitySchemes: Object.keys(components.securitySchemes ?? {}) });
        session.note(
          `${path}: schemas`,
          Object.fromEntries(Object.keys(components.schemas).map((name) => [name, true])),
        );
        notePaths(session, path, paths, {});
        for (const [name, schema] of Object.entries(components.schemas))
          if (!schemas.has(name)) schemas.set(name, schema);
      }
      noteSchemas(session, schemas);
    },
  },
  {
    name: "OpenAPI of version 2",
    async run(session) {
      const { body } = await session.silently("GET", "/openapi/v2");
      const { paths, definitions, parameters, ...rest } = body;
      session.note("document", rest);
      const byGroup = Map.groupBy(
        Object.entries(paths as object).filter(([path]) => !ofOurTests.test(path)),
        ([path]) => /^\/(api\/v1|apis\/[^/]+\/v[^/]+)/.exec(path)?.[0] ?? "others",
      );
      for (const [group, members] of [...byGroup].sort(([a], [b]) => (a < b ? -1 : 1)))
        if (isServed(group.slice(1))) notePaths(session, group, Object.fromEntries(members), parameters);
      noteSchemas(session, new Map(Object.entries(definitions as object)));
    },
  },
];

/** API aggregation is no part of the sandbox, as the list of documents shows. */
function isServed(path: string): boolean {
  return ofResources.test(path) && !path.startsWith("apis/apiregistration.");
}

function notePaths(session: Session, label: string, paths: Body, parameters: Body): void {
  session.note(
    `${label}: paths`,
    Object.fromEntries(Object.entries(paths as object).map(([path, item]) => [path, pathFacts(item, parameters)])),
  );
}

/** By their packages, such as `io.k8s.api.core.v1`. */
function noteSchemas(session: Session, schemas: ReadonlyMap<string, unknown>): void {
  const packages = Map.groupBy(
    [...schemas].filter(([name]) => name.startsWith("io.k8s.")),
    ([name]) => name.slice(0, name.lastIndexOf(".")),
  );
  for (const [name, members] of [...packages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // API aggregation and the document of `/version`: that they are missing shows elsewhere.
    if (name.startsWith("io.k8s.kube-aggregator.") || name === "io.k8s.apimachinery.pkg.version") continue;
    session.note(
      `schemas of ${name}`,
      Object.fromEntries(members.map(([schema, body]) => [schema.slice(name.length + 1), schemaFacts(body)])),
    );
  }
}
