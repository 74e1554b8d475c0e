import { createHash } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../../http.ts";
import { kubernetesVersion } from "../control-plane/assets.ts";
import { healthAnswer } from "./health.ts";
import { openApiResponse } from "./openapi.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { subresourcesOf } from "./served-subresources.ts";

const [major = "", minor = ""] = kubernetesVersion.split(".");

/** What `/version` answers; the API behaves as this release of Kubernetes does. */
export const serverVersion = { major, minor, gitVersion: `v${kubernetesVersion}` };

/** The API server lists its groups in this order, then those of custom resources. */
const groupOrder = [
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

/**
 * Answers the paths by which clients learn what the API serves (`/version`, `/api`, `/apis`, `/openapi`, health), or
 * undefined for any other path and for groups and versions that are not served.
 */
export function apiDiscovery(
  request: HttpRequest,
  definitions: readonly ResourceDefinition[],
): HttpResponse | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const path = (request.path.split("?", 1)[0] ?? "").replace(/(.)\/$/, "$1");
  const health = healthAnswer(path, request.path.split("?", 2)[1]);
  if (health !== undefined) return health;
  if (path === "/version") return json(versionInfo());
  if (path.startsWith("/openapi/")) return openApiResponse(request, definitions);
  if (path === "/")
    return json({ paths: ["/api", "/api/v1", "/apis", "/healthz", "/openapi/v2", "/openapi/v3", "/version"] });
  const aggregated = aggregatedVersion(request.headers["accept"]);
  if (path === "/api") {
    const core = definitions.filter((definition) => definition.group === "");
    if (aggregated !== undefined) return aggregatedResponse(request, core, aggregated);
    return json({
      kind: "APIVersions",
      versions: versionsOf(core),
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: request.headers["host"] ?? "" }],
    });
  }
  if (path === "/apis") {
    const named = definitions.filter((definition) => definition.group !== "");
    if (aggregated !== undefined) return aggregatedResponse(request, named, aggregated);
    return json({
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: groupsOf(named).map((group) => groupInfo(named, group)),
    });
  }
  const match = /^\/(?:api|apis\/([^/]+))(?:\/([^/]+))?$/.exec(path);
  if (match === null) return undefined;
  const group = match[1] ?? "";
  const version = match[2];
  const members = definitions.filter((definition) => definition.group === group);
  if (members.length === 0) return undefined;
  if (version === undefined) return json({ kind: "APIGroup", apiVersion: "v1", ...groupInfo(members, group) });
  const served = members.filter((definition) => definition.version === version);
  if (served.length === 0) return undefined;
  return json({
    kind: "APIResourceList",
    // The core group is older than the rule that every document has its version.
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: inOrder(served.flatMap(resourceEntries), served),
  });
}

/** Orders versions as Kubernetes prefers them: stable before beta before alpha, higher numbers first, others last. */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string): readonly number[] | undefined => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return undefined;
    const stage = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
    return [stage, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [left, right] = [rank(a), rank(b)];
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  for (const [index, value] of left.entries()) {
    const difference = (right[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}

function versionInfo(): Record<string, string> {
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: serverVersion.gitVersion,
    gitCommit: "$Format:%H$",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "gc",
    platform: "linux/amd64",
  };
}

function versionsOf(definitions: readonly ResourceDefinition[]): readonly string[] {
  return [...new Set(definitions.map((definition) => definition.version))].sort(compareVersions);
}

function groupsOf(definitions: readonly ResourceDefinition[]): readonly string[] {
  const rank = (group: string): number => (groupOrder.indexOf(group) + groupOrder.length + 1) % (groupOrder.length + 1);
  const groups = [...new Set(definitions.map((definition) => definition.group))];
  return groups.sort((a, b) => rank(a) - rank(b));
}

function groupInfo(definitions: readonly ResourceDefinition[], group: string): Record<string, unknown> {
  const versions = versionsOf(definitions.filter((definition) => definition.group === group)).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resourceEntries(definition: ResourceDefinition): readonly ResourceEntry[] {
  const { plural, namespaced, kind } = definition;
  return [
    {
      name: plural,
      singularName: definition.singular,
      namespaced,
      kind,
      verbs: definition.verbs,
      ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
      ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
      ...(definition.verbs.includes("watch") ? { storageVersionHash: storageVersionHash(definition) } : {}),
    },
    ...subresourcesOf(definition).map((subresource) => ({
      name: `${plural}/${subresource.name}`,
      singularName: "",
      namespaced,
      ...(subresource.group === definition.group && subresource.version === definition.version
        ? {}
        : { group: subresource.group, version: subresource.version }),
      kind: subresource.kind,
      verbs: subresource.verbs,
    })),
  ];
}

/** Built-in resources are listed by name; custom ones as they were defined. */
function inOrder(
  entries: readonly ResourceEntry[],
  definitions: readonly ResourceDefinition[],
): readonly ResourceEntry[] {
  if (definitions.some(({ custom }) => custom === true)) return entries;
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface ResourceEntry {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Tells clients whether the form of storage has changed (apiserver `discovery.StorageVersionHash`). */
function storageVersionHash({ group, version, kind, storedIn }: ResourceDefinition): string {
  const [storedGroup, storedVersion] = storedIn ?? [group, version];
  const digest = createHash("sha256").update(`${storedGroup}/${storedVersion}/${kind}`).digest();
  return digest.subarray(0, 8).toString("base64");
}

/** The version of aggregated discovery that the client takes, if any: where there is one, it comes before plain documents. */
function aggregatedVersion(accept: string | undefined): string | undefined {
  for (const clause of (accept ?? "").split(",")) {
    const [type, ...parameters] = clause.split(";").map((part) => part.trim());
    if (type !== "application/json") continue;
    if (parameters.length === 0) continue;
    if (!parameters.includes("as=APIGroupDiscoveryList") || !parameters.includes("g=apidiscovery.k8s.io")) continue;
    if (parameters.includes("v=v2")) return "v2";
  }
  return undefined;
}

function aggregatedResponse(
  request: HttpRequest,
  definitions: readonly ResourceDefinition[],
  version: string,
): HttpResponse {
  const items = groupsOf(definitions).map((group) => {
    const members = definitions.filter((definition) => definition.group === group);
    return {
      metadata: group === "" ? {} : { name: group },
      versions: versionsOf(members).map((served) => ({
        version: served,
        freshness: "Current",
        resources: byName(members.filter((definition) => definition.version === served)).map(aggregatedResource),
      })),
    };
  });
  const body = { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
  const answer = json(body, `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
  const etag = `"${createHash("sha512").update(JSON.stringify(body)).digest("hex").toUpperCase()}"`;
  const headers = { vary: "Accept", etag, "cache-control": "public" };
  // Unlike OpenAPI, this takes the tag as it was given and no other form of it.
  if (request.headers["if-none-match"] === etag) return { status: 304, headers, body: "" };
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Built-in resources are listed by name; custom ones as they were defined. */
function byName(definitions: readonly ResourceDefinition[]): readonly ResourceDefinition[] {
  if (definitions.some(({ custom }) => custom === true)) return definitions;
  return definitions.toSorted((a, b) => (a.plural < b.plural ? -1 : 1));
}

function aggregatedResource(definition: ResourceDefinition): Record<string, unknown> {
  const { group, version, kind } = definition;
  // Built-in resources do not repeat what the document says already.
  const responseKind = (answer: { group: string; version: string; kind: string }): Record<string, string> =>
    definition.custom !== true && answer.group === group && answer.version === version
      ? { group: "", version: "", kind: answer.kind }
      : { group: answer.group, version: answer.version, kind: answer.kind };
  const subresources = subresourcesOf(definition).map((subresource) => ({
    subresource: subresource.name,
    responseKind: responseKind(subresource),
    verbs: subresource.verbs,
  }));
  return {
    resource: definition.plural,
    responseKind: responseKind({ group, version, kind }),
    scope: definition.namespaced ? "Namespaced" : "Cluster",
    singularResource: definition.singular,
    verbs: definition.verbs,
    ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
    ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

function json(body: unknown, contentType = "application/json"): HttpResponse {
  return { status: 200, headers: { "content-type": contentType }, body: JSON.stringify(body) };
}
