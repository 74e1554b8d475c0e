import type { HttpRequest, HttpResponse } from "../../http.ts";
import { canonicalJson, sha256Hex } from "../../json.ts";
import { kubernetesVersion } from "../control-plane/assets.ts";
import { modelOf } from "./builtin/model-schema.ts";
import { openApiPaths } from "./openapi-paths.ts";
import { openApiSchemas } from "./openapi-schemas.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/** Documents are large and asked for often: they are kept for as long as the list of definitions lives. */
const documents = new WeakMap<readonly ResourceDefinition[], Map<string, string>>();

/**
 * Answers `/openapi/v2`, `/openapi/v3` (the index) and `/openapi/v3/GROUP-VERSION`. Documents are JSON; a client that takes
 * nothing but the protobuf form of version 2 gets 406, upon which kubectl goes on with version 3.
 */
export function openApiResponse(
  request: HttpRequest,
  definitions: readonly ResourceDefinition[],
): HttpResponse | undefined {
  const path = request.path.split("?", 1)[0] ?? "";
  if (path === "/openapi/v2") {
    if (!acceptsJson(request.headers["accept"]))
      return { status: 406, headers: { "content-type": "text/plain" }, body: "" };
    return document(request, definitions, path, () => v2Document(definitions));
  }
  if (path === "/openapi/v3") return document(request, definitions, path, () => v3Index(definitions));
  const [, prefix, version] = /^\/openapi\/v3\/(apis\/[^/]+|api)\/([^/]+)$/.exec(path) ?? [];
  if (prefix === undefined || version === undefined) return undefined;
  const group = prefix === "api" ? "" : prefix.slice("apis/".length);
  const served = inGroupVersion(definitions, group, version);
  if (served.length === 0) return undefined;
  return document(request, definitions, path, () => v3Document(served));
}

function document(
  request: HttpRequest,
  definitions: readonly ResourceDefinition[],
  key: string,
  build: () => unknown,
): HttpResponse {
  let known = documents.get(definitions);
  if (known === undefined) {
    known = new Map();
    documents.set(definitions, known);
  }
  let body = known.get(key);
  if (body === undefined) {
    body = JSON.stringify(build());
    known.set(key, body);
  }
  const etag = `"${sha256Hex([body], 32)}"`;
  const cache = request.path.includes("hash=") ? { "cache-control": "public, max-age=31536000, immutable" } : {};
  const headers = { etag, vary: "Accept", ...cache };
  if (request.headers["if-none-match"] === etag) return { status: 304, headers, body: "" };
  return { status: 200, headers: { ...headers, "content-type": "application/json" }, body };
}

function acceptsJson(accept: string | undefined): boolean {
  return accept === undefined || accept === "" || /application\/json|\*\/\*|application\/\*/.test(accept);
}

function v3Index(definitions: readonly ResourceDefinition[]): unknown {
  const paths: Record<string, unknown> = {};
  for (const { group, version } of definitions) {
    const path = group === "" ? `api/${version}` : `apis/${group}/${version}`;
    paths[path] ??= {
      serverRelativeURL: `/openapi/v3/${path}?hash=${contentHash(inGroupVersion(definitions, group, version))}`,
    };
  }
  return { paths };
}

/** Changes when a custom resource definition does; the built-in kinds of one program are always the same. */
function contentHash(definitions: readonly ResourceDefinition[]): string {
  const custom = definitions
    .filter((definition) => modelOf(definition.schema) === undefined)
    .map(({ plural, kind, schema, hasStatus, scale }) => ({ plural, kind, schema, hasStatus, scale }));
  return sha256Hex([canonicalJson(custom), ...definitions.map((definition) => definition.kind)], 32).toUpperCase();
}

function inGroupVersion(
  definitions: readonly ResourceDefinition[],
  group: string,
  version: string,
): readonly ResourceDefinition[] {
  return definitions.filter((definition) => definition.group === group && definition.version === version);
}

function v3Document(definitions: readonly ResourceDefinition[]): unknown {
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: `v${kubernetesVersion}` },
    paths: openApiPaths(definitions, "v3"),
    components: { schemas: openApiSchemas(definitions, "v3") },
  };
}

function v2Document(definitions: readonly ResourceDefinition[]): unknown {
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: `v${kubernetesVersion}` },
    paths: openApiPaths(definitions, "v2"),
    definitions: openApiSchemas(definitions, "v2"),
  };
}
