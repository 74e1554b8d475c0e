import { modelOf } from "./builtin/model-schema.ts";
import { type OpenApiVersion, rootSchemaName, schemaPrefix } from "./openapi-names.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly action: string;
  readonly query: readonly string[];
  readonly body: readonly string[];
}

const json = ["application/json", "application/yaml"];
const writeParameters = ["dryRun", "fieldManager", "fieldValidation"];
const itemPatch = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];

/**
 * The `paths` of an OpenAPI document. Clients look here for the query parameters and patch types of a kind (kubectl decides
 * by them about server-side validation, dry runs and strategic merge patches).
 */
export function openApiPaths(
  definitions: readonly ResourceDefinition[],
  version: OpenApiVersion,
): Record<string, unknown> {
  const paths: Record<string, unknown> = {};
  for (const definition of definitions) {
    const root =
      definition.group === "" ? `/api/${definition.version}` : `/apis/${definition.group}/${definition.version}`;
    const collection = `${root}${definition.namespaced ? "/namespaces/{namespace}" : ""}/${definition.plural}`;
    const item = `${collection}/{name}`;
    paths[collection] = pathItem(definition, collection, collectionOperations(definition), version);
    paths[item] = pathItem(definition, item, itemOperations(definition), version);
    if (definition.hasStatus) {
      const operations = itemOperations(definition).filter(({ method }) => method !== "delete");
      paths[`${item}/status`] = pathItem(definition, item, operations, version);
    }
  }
  return paths;
}

function collectionOperations(definition: ResourceDefinition): readonly Operation[] {
  const operations: readonly Operation[] = [
    {
      method: "get",
      action: "list",
      query: ["allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "watch"],
      body: [],
    },
    { method: "post", action: "post", query: writeParameters, body: json },
  ];
  return operations.filter(({ action }) => definition.verbs.includes(action === "post" ? "create" : action));
}

function itemOperations(definition: ResourceDefinition): readonly Operation[] {
  const strategic = modelOf(definition.schema) === undefined ? [] : ["application/strategic-merge-patch+json"];
  const operations: readonly Operation[] = [
    { method: "get", action: "get", query: [], body: [] },
    { method: "put", action: "put", query: writeParameters, body: json },
    { method: "patch", action: "patch", query: [...writeParameters, "force"], body: [...itemPatch, ...strategic] },
    { method: "delete", action: "delete", query: ["dryRun", "gracePeriodSeconds", "propagationPolicy"], body: json },
  ];
  return operations.filter(({ action }) => definition.verbs.includes(action === "put" ? "update" : action));
}

function pathItem(
  definition: ResourceDefinition,
  path: string,
  operations: readonly Operation[],
  version: OpenApiVersion,
): Record<string, unknown> {
  const { group, version: apiVersion, kind } = definition;
  const reference = { $ref: `${schemaPrefix(version)}${rootSchemaName(definition)}` };
  const item: Record<string, unknown> = {
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name ?? "", "path", version)),
  };
  for (const { method, action, query, body } of operations) {
    const parameters = query.map((name) => parameter(name, "query", version));
    const schema = method === "patch" || method === "delete" ? { type: "object" } : reference;
    const response = version === "v2" ? { schema: reference } : { content: content(json, reference) };
    item[method] = {
      operationId: `${action}${kind}${path.endsWith("}") ? "" : "Collection"}`,
      parameters:
        version === "v2" && body.length > 0 ? [...parameters, { name: "body", in: "body", schema }] : parameters,
      ...(version === "v2" ? { consumes: body.length > 0 ? body : ["*/*"], produces: json } : {}),
      ...(version === "v3" && body.length > 0 ? { requestBody: { content: content(body, schema) } } : {}),
      responses: { "200": { description: "OK", ...response } },
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": { group, kind, version: apiVersion },
    };
  }
  return item;
}

function parameter(name: string, location: "path" | "query", version: OpenApiVersion): Record<string, unknown> {
  const type = ["allowWatchBookmarks", "force", "watch"].includes(name)
    ? "boolean"
    : ["gracePeriodSeconds", "limit"].includes(name)
      ? "integer"
      : "string";
  return {
    name,
    in: location,
    ...(location === "path" ? { required: true } : {}),
    ...(version === "v2" ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }),
  };
}

function content(types: readonly string[], schema: unknown): Record<string, unknown> {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}
