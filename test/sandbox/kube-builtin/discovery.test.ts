import assert from "node:assert/strict";
import { builtinDefinitions } from "../../../src/sandbox/kube/builtin/definitions.ts";
import { valueAt } from "../../../src/sandbox/kube/builtin/fields.ts";
import { apiDiscovery, compareVersions } from "../../../src/sandbox/kube/discovery.ts";
import type { ResourceDefinition } from "../../../src/sandbox/kube/resource-definition.ts";

const lake: ResourceDefinition = {
  group: "example.com",
  version: "v1",
  kind: "Lake",
  listKind: "LakeList",
  plural: "lakes",
  custom: true,
  singular: "lake",
  shortNames: ["lk"],
  categories: [],
  namespaced: true,
  verbs: ["get", "list", "patch", "create"],
  schema: {
    type: "object",
    properties: {
      spec: { type: "object", required: ["depth"], properties: { depth: { type: "integer", description: "Metres." } } },
    },
  },
  hasStatus: true,
  tracksGeneration: true,
  prune: true,
  columns: [],
  cells: () => [],
  storageVersion: true,
};
const definitions = [...builtinDefinitions, lake];

function get(
  path: string,
  headers: Record<string, string> = {},
): { status: number; headers: Record<string, string>; body: unknown } {
  const answer = apiDiscovery({ method: "GET", path, headers }, definitions);
  assert.ok(answer, `nothing answers ${path}`);
  const text = String(answer.body as string);
  return {
    status: answer.status,
    headers: { ...answer.headers },
    body: text === "" ? "" : (JSON.parse(text) as unknown),
  };
}

describe("discovery", () => {
  it("lists groups with their preferred versions", () => {
    const groups = (get("/apis").body as { groups: { name: string }[] }).groups;
    const autoscaling = groups.find((group) => group.name === "autoscaling");
    assert.deepEqual(valueAt(autoscaling, "preferredVersion"), { groupVersion: "autoscaling/v2", version: "v2" });
    assert.deepEqual(get("/api").body, {
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "" }],
    });
  });

  it("lists resources with their subresources", () => {
    const names = (path: string): readonly string[] =>
      (get(path).body as { resources: { name: string }[] }).resources.map(({ name }) => name);
    assert.deepEqual(
      names("/apis/apps/v1").filter((name) => name.startsWith("deployments")),
      ["deployments", "deployments/scale", "deployments/status"],
    );
    assert.deepEqual(names("/apis/example.com/v1"), ["lakes", "lakes/status"]);
    assert.ok(names("/api/v1").includes("serviceaccounts/token"));
  });

  it("aggregates everything for clients that ask for it", () => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    const { headers, body } = get("/apis", { accept });
    assert.equal(headers["content-type"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    const group = (body as { items: { metadata: { name: string } }[] }).items.at(-1);
    assert.deepEqual(valueAt(group, "versions", 0, "resources", 0), {
      resource: "lakes",
      responseKind: { group: "example.com", version: "v1", kind: "Lake" },
      scope: "Namespaced",
      singularResource: "lake",
      verbs: ["get", "list", "patch", "create"],
      shortNames: ["lk"],
      subresources: [
        {
          subresource: "status",
          responseKind: { group: "example.com", version: "v1", kind: "Lake" },
          verbs: ["get", "patch", "update"],
        },
      ],
    });
  });

  it("leaves other paths and what is not served to the API", () => {
    for (const path of ["/api/v1/pods", "/apis/nothing.example.com", "/apis/apps/v9"]) {
      assert.equal(apiDiscovery({ method: "GET", path, headers: {} }, definitions), undefined, path);
    }
    const unserved = apiDiscovery({ method: "GET", path: "/openapi/v3/apis/apps/v9", headers: {} }, definitions);
    assert.deepEqual(unserved, { status: 404, headers: {}, body: "" });
    assert.equal(apiDiscovery({ method: "POST", path: "/apis", headers: {} }, definitions), undefined);
  });

  it("orders versions as Kubernetes prefers them", () => {
    const versions = ["foo1", "v1alpha1", "v1", "v11beta2", "v10", "v2beta1", "v2"];
    assert.deepEqual(versions.sort(compareVersions), ["v10", "v2", "v1", "v11beta2", "v2beta1", "v1alpha1", "foo1"]);
  });
});

describe("OpenAPI", () => {
  const schemas = (path: string): Record<string, unknown> =>
    valueAt(get(path).body, "components", "schemas") as Record<string, unknown>;

  it("offers every group version, under an address that changes with custom definitions only", () => {
    const address = (list: readonly ResourceDefinition[], path: string): unknown => {
      const answer = apiDiscovery({ method: "GET", path: "/openapi/v3", headers: {} }, list);
      return valueAt(JSON.parse(String(answer?.body as string)) as unknown, "paths", path, "serverRelativeURL");
    };
    const changed = [...builtinDefinitions, { ...lake, schema: { type: "object" as const } }];
    assert.equal(address(definitions, "apis/apps/v1"), address(changed, "apis/apps/v1"));
    assert.notEqual(address(definitions, "apis/example.com/v1"), address(changed, "apis/example.com/v1"));
  });

  it("describes kinds by reference, with merge rules, required fields and texts", () => {
    const apps = schemas("/openapi/v3/apis/apps/v1");
    const deployment = apps["io.k8s.api.apps.v1.Deployment"];
    assert.deepEqual(valueAt(deployment, "x-kubernetes-group-version-kind"), [
      { group: "apps", kind: "Deployment", version: "v1" },
    ]);
    const podSpec = apps["io.k8s.api.core.v1.PodSpec"];
    assert.equal(valueAt(podSpec, "properties", "containers", "x-kubernetes-patch-merge-key"), "name");
    assert.deepEqual(valueAt(podSpec, "required"), ["containers"]);
    assert.match(String(valueAt(podSpec, "properties", "nodeName", "description")), /NodeName indicates in which node/);
    const custom = schemas("/openapi/v3/apis/example.com/v1")["com.example.v1.Lake"];
    assert.equal(valueAt(custom, "properties", "spec", "properties", "depth", "description"), "Metres.");
  });

  it("resolves all its references", () => {
    for (const path of ["/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1", "/openapi/v3/apis/example.com/v1"]) {
      const known = schemas(path);
      for (const [, name = ""] of JSON.stringify(known).matchAll(/#\/components\/schemas\/([^"]+)"/g)) {
        assert.ok(name in known, `${name} of ${path}`);
      }
    }
  });

  it("tells clients of dry runs, field validation and patch types", () => {
    const paths = valueAt(get("/openapi/v3/apis/example.com/v1").body, "paths");
    const patch = valueAt(paths, "/apis/example.com/v1/namespaces/{namespace}/lakes/{name}", "patch");
    const names = (valueAt(patch, "parameters") as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names, ["dryRun", "fieldManager", "fieldValidation", "force"]);
    const types = Object.keys(valueAt(patch, "requestBody", "content") as object);
    assert.equal(types.includes("application/strategic-merge-patch+json"), false);
  });

  it("answers version 2 as JSON, refuses protobuf, and saves repeated transfers", () => {
    const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    assert.equal(get("/openapi/v2", { accept }).status, 406);
    const { headers, body } = get("/openapi/v2");
    assert.ok(valueAt(body, "definitions", "io.k8s.api.core.v1.Pod"));
    assert.equal(get("/openapi/v2", { "if-none-match": headers["etag"] ?? "" }).status, 304);
  });
});
