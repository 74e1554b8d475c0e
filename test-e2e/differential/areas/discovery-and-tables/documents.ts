import type { Scenario } from "../../scenario.ts";
import type { Body, Session } from "../../session.ts";

interface Named {
  readonly name: string;
}

/** Groups of Kubernetes itself: those of custom resources come and go with other scenarios. */
function own<Group extends Named>(groups: readonly Group[]): readonly Group[] {
  return groups.filter(({ name }) => name.endsWith(".k8s.io") || !name.includes("."));
}

const groupVersions = [
  "apps/v1",
  "events.k8s.io/v1",
  "authentication.k8s.io/v1",
  "authorization.k8s.io/v1",
  "autoscaling/v2",
  "autoscaling/v1",
  "batch/v1",
  "certificates.k8s.io/v1",
  "networking.k8s.io/v1",
  "policy/v1",
  "rbac.authorization.k8s.io/v1",
  "storage.k8s.io/v1",
  "admissionregistration.k8s.io/v1",
  "apiextensions.k8s.io/v1",
  "scheduling.k8s.io/v1",
  "coordination.k8s.io/v1",
  "node.k8s.io/v1",
  "discovery.k8s.io/v1",
  "resource.k8s.io/v1",
  "flowcontrol.apiserver.k8s.io/v1",
];

const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

export const documentScenarios: readonly Scenario[] = [
  {
    name: "the version and the health of the server",
    async run(session) {
      await session.get("/version");
      await session.get("/version/");
      for (const path of [
        "/healthz",
        "/livez",
        "/readyz",
        "/healthz/ping",
        "/livez/ping",
        "/readyz/ping",
        "/healthz/log",
      ])
        await session.get(path);
      await session.get("/healthz/none-such");
      await session.get("/none-such");
      await session.get("/livez?exclude=ping");
    },
  },
  {
    name: "groups and versions",
    async run(session) {
      const api = await session.silently("GET", "/api");
      session.note("/api", { ...api.body, serverAddressByClientCIDRs: api.body.serverAddressByClientCIDRs.length });
      const apis = await session.silently("GET", "/apis");
      const { groups, ...rest } = apis.body;
      session.note("/apis", { ...rest, groups: byName(own(groups)) });
      session.note(
        "/apis in order",
        own<Named>(groups).map(({ name }) => name),
      );
      for (const group of new Set(groupVersions.map((each) => each.split("/")[0] ?? "")))
        await session.get(`/apis/${group}`);
      for (const path of ["/apis/apps/v2", "/apis/none.example.com", "/apis/none.example.com/v1", "/api/v2", "/apis/"])
        session.note(path, (await session.silently("GET", path)).status);
    },
  },
  {
    name: "resources",
    async run(session) {
      for (const path of ["/api/v1", ...groupVersions.map((each) => `/apis/${each}`)]) {
        const { body } = await session.silently("GET", path);
        const { resources, ...rest } = body as { readonly resources?: readonly Named[] };
        session.note(path, { ...rest, resources: byName(resources ?? []) });
        session.note(`${path} is in order`, isSorted((resources ?? []).map(({ name }) => name)));
      }
    },
  },
  {
    name: "aggregated discovery",
    async run(session) {
      for (const version of ["v2"]) {
        for (const path of ["/api", "/apis"]) {
          const { body } = await session.silently("GET", path, undefined, { accept: aggregated(version) });
          const { items, ...rest } = body;
          session.note(`${path} ${version}`, items === undefined ? body.kind : { ...rest, items: groupsOf(items) });
        }
      }
      for (const accept of [
        `${aggregated("v2")},${aggregated("v2beta1")},application/json`,
        `${aggregated("v3")},application/json`,
        `application/json,${aggregated("v2")}`,
        `${aggregated("v2beta1")},application/json`,
      ]) {
        const { status, body } = await session.silently("GET", "/apis", undefined, { accept });
        session.note(accept, [status, body.kind, body.apiVersion]);
      }
    },
  },
  {
    name: "discovery of a custom kind",
    async run(session) {
      const group = "found.discovery.differential.test";
      await withCustomKind(session, group, async () => {
        for (const path of [`/apis/${group}`, `/apis/${group}/v1`, `/apis/${group}/v1beta1`]) await session.get(path);
        const { body } = await session.silently("GET", "/apis", undefined, { accept: aggregated("v2") });
        session.note(
          "aggregated",
          (body.items as readonly { readonly metadata: Named }[]).find(({ metadata }) => metadata.name === group),
        );
        const { body: document } = await session.silently("GET", `/openapi/v3/apis/${group}/v1`);
        const { schemas } = document.components as { readonly schemas: Readonly<Record<string, unknown>> };
        const ours = Object.entries(schemas).filter(([name]) => name.startsWith("test.differential"));
        session.note("schemas", Object.fromEntries(ours));
        session.note("paths", Object.keys(document.paths as object).sort());
      });
    },
  },
  {
    name: "access and token reviews",
    async run(session) {
      const access = "/apis/authorization.k8s.io/v1";
      const apiVersion = "authorization.k8s.io/v1";
      const resourceAttributes = { namespace: "default", verb: "get", resource: "pods" };
      await session.post(`${access}/selfsubjectaccessreviews`, {
        apiVersion,
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes },
      });
      await session.post(`${access}/selfsubjectaccessreviews`, {
        spec: { nonResourceAttributes: { path: "/", verb: "get" } },
      });
      await session.post(`${access}/selfsubjectaccessreviews`, { spec: {} });
      await session.post(`${access}/subjectaccessreviews`, {
        spec: { resourceAttributes, user: "kubernetes-admin", groups: ["system:masters"] },
      });
      await session.post(`${access}/subjectaccessreviews`, { spec: { resourceAttributes } });
      await session.post(`${access}/namespaces/${session.namespace}/localsubjectaccessreviews`, {
        spec: {
          resourceAttributes: { ...resourceAttributes, namespace: session.namespace },
          user: "kubernetes-admin",
          groups: ["system:masters"],
        },
      });
      await session.post("/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token: "none" } });
      await session.post("/apis/authentication.k8s.io/v1/tokenreviews", { spec: {} });
      const me = await session.silently("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {});
      session.note("who I am", [me.status, me.body.kind, me.body.apiVersion, me.body.status.userInfo.username]);
    },
  },
];

function byName<Item extends Named>(items: readonly Item[]): Readonly<Record<string, Item>> {
  return Object.fromEntries(items.map((item) => [item.name, item]));
}

function isSorted(names: readonly string[]): boolean {
  return names.every((name, index) => index === 0 || name >= (names[index - 1] ?? ""));
}

/** Items of aggregated discovery, each list by the names of its members. */
function groupsOf(items: Body): unknown {
  const groups = (items as readonly { readonly metadata: { readonly name?: string }; readonly versions: Body }[]).map(
    (group) => ({ ...group, name: group.metadata.name ?? "core" }),
  );
  return Object.fromEntries(
    own(groups).map(({ name, metadata, versions }) => [
      name,
      {
        metadata,
        versions: (versions as readonly Body[]).map((version) => ({
          ...version,
          resources: Object.fromEntries(
            ((version.resources ?? []) as readonly Body[]).map((resource) => [
              resource.resource,
              {
                ...resource,
                subresources: Object.fromEntries(
                  ((resource.subresources ?? []) as readonly Body[]).map((each) => [each.subresource, each]),
                ),
              },
            ]),
          ),
        })),
      },
    ]),
  );
}

async function withCustomKind(session: Session, group: string, run: () => Promise<void>): Promise<void> {
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const properties = {
    spec: {
      type: "object",
      description: "What is wanted.",
      required: ["size"],
      properties: {
        size: { type: "integer", format: "int32", minimum: 1, default: 2 },
        port: { "x-kubernetes-int-or-string": true },
        tags: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
        any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        note: { type: "string", nullable: true, pattern: "^[a-z]*$" },
        by: { type: "object", additionalProperties: { type: "string" } },
      },
      "x-kubernetes-validations": [{ rule: "self.size < 10", message: "too large" }],
    },
    status: { type: "object", properties: { size: { type: "integer" }, selector: { type: "string" } } },
  };
  const schema = { openAPIV3Schema: { type: "object", description: "A thing to be found.", properties } };
  const version = { served: true, schema };
  await session.silently("POST", definitions, {
    metadata: { name: `finds.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "finds", kind: "Find", shortNames: ["fd"], categories: ["all", "lost"] },
      versions: [
        {
          ...version,
          name: "v1",
          storage: true,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: ".spec.size",
              statusReplicasPath: ".status.size",
              labelSelectorPath: ".status.selector",
            },
          },
        },
        { ...version, name: "v1beta1", storage: false },
      ],
    },
  });
  try {
    await session.until(`/openapi/v3/apis/${group}/v1`, ({ status }) => status === 200);
    await session.until(`/apis/${group}/v1beta1`, ({ status }) => status === 200);
    await run();
  } finally {
    await session.silently("DELETE", `${definitions}/finds.${group}`);
  }
}
