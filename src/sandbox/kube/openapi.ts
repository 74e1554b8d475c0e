import { createHash } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../../http.ts";
import { kubernetesVersion } from "../control-plane/assets.ts";
import { matchesEtag } from "./etag.ts";
import { openApiPaths } from "./openapi-paths.ts";
import { openApiSchemas } from "./openapi-schemas.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

interface Document {
  readonly body: string;
  /** Of 128 digits, as the API server has it. */
  readonly hash: string;
}

/** Documents are large and asked for often: they are kept for as long as the list of definitions lives. */
const documents = new WeakMap<readonly ResourceDefinition[], Map<string, Document>>();
/** By the first definition of a group version: those of built-in kinds stay when custom ones come and go. */
const groupDocuments = new WeakMap<
  ResourceDefinition,
  { readonly served: readonly ResourceDefinition[]; readonly document: Document }
>();
const info = { title: "Kubernetes", version: kubernetesVersion.split(".", 2).join(".") };
const bearerToken = {
  description: "Bearer Token authentication",
  type: "apiKey",
  name: "authorization",
  in: "header",
};

/**
 * Answers `/openapi/v2`, `/openapi/v3` (the index) and `/openapi/v3/GROUP-VERSION`. Documents are JSON; a client that takes
 * nothing but the protobuf form gets 406, upon which kubectl goes on with another version.
 */
export function openApiResponse(
  request: HttpRequest,
  definitions: readonly ResourceDefinition[],
): HttpResponse | undefined {
  const [path = "", query] = request.path.split("?", 2);
  if (path === "/openapi/v2") {
    const found = document(definitions, path, () => v2Document(definitions));
    return documentAnswer(request, found, { vary: "Accept-Encoding, Accept" });
  }
  if (path === "/openapi/v3") {
    // The API server does not say that this is JSON, whatever the client accepts.
    const body = document(definitions, path, () => v3Index(definitions)).body;
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body };
  }
  if (!path.startsWith("/openapi/v3/")) return undefined;
  const served = definitions.filter((definition) => v3Path(definition) === path.slice("/openapi/v3/".length));
  if (served.length === 0) return { status: 404, headers: {}, body: "" };
  return v3Answer(request, path, v3GroupDocument(served), new URLSearchParams(query).get("hash") ?? "");
}

/** With the right hash the document may be kept for good; a hash of the past leads to the present one. */
function v3Answer(request: HttpRequest, path: string, found: Document, hash: string): HttpResponse {
  const headers = { vary: "Accept" };
  if (hash === "" || !acceptsJson(request.headers["accept"])) return documentAnswer(request, found, headers);
  if (hash === found.hash) return documentAnswer(request, found, { ...headers, "cache-control": "public, immutable" });
  const location = `${path}?hash=${found.hash}`;
  return {
    status: 301,
    headers: { ...headers, "content-type": "application/json", etag: `"${found.hash}"`, location },
    body: "",
  };
}

function documentAnswer(
  request: HttpRequest,
  found: Document,
  headers: Readonly<Record<string, string>>,
): HttpResponse {
  if (!acceptsJson(request.headers["accept"])) return { status: 406, headers, body: "" };
  const etag = `"${found.hash}"`;
  const known = matchesEtag(request.headers["if-none-match"], etag);
  if (known) return { status: 304, headers: { ...headers, etag }, body: "" };
  return { status: 200, headers: { ...headers, etag, "content-type": "application/json" }, body: found.body };
}

function document(definitions: readonly ResourceDefinition[], key: string, build: () => unknown): Document {
  let known = documents.get(definitions);
  if (known === undefined) {
    known = new Map();
    documents.set(definitions, known);
  }
  let found = known.get(key);
  if (found === undefined) {
    found = written(build());
    known.set(key, found);
  }
  return found;
}

function written(content: unknown): Document {
  const body = JSON.stringify(content);
  return { body, hash: createHash("sha512").update(body).digest("hex").toUpperCase() };
}

function acceptsJson(accept: string | undefined): boolean {
  return accept === undefined || accept === "" || /application\/json|\*\/\*|application\/\*/.test(accept);
}

function v3Path({ group, version }: ResourceDefinition): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

function v3Index(definitions: readonly ResourceDefinition[]): unknown {
  const byPath = Map.groupBy(definitions, v3Path);
  const paths = [...byPath].map(([path, served]) => {
    const { hash } = v3GroupDocument(served);
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(paths) as unknown };
}

function v3GroupDocument(served: readonly ResourceDefinition[]): Document {
  const [first] = served;
  const known = first === undefined ? undefined : groupDocuments.get(first);
  if (known?.served.length === served.length && served.every((each, index) => each === known.served[index]))
    return known.document;
  const built = written({
    openapi: "3.0.0",
    info,
    paths: openApiPaths(served, "v3"),
    components: { schemas: openApiSchemas(served, "v3"), securitySchemes: { BearerToken: bearerToken } },
  });
  if (first !== undefined) groupDocuments.set(first, { served, document: built });
  return built;
}

function v2Document(definitions: readonly ResourceDefinition[]): unknown {
  return {
    swagger: "2.0",
    info,
    paths: openApiPaths(definitions, "v2"),
    definitions: openApiSchemas(definitions, "v2"),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  };
}
