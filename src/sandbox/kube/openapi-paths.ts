import { modelOf } from "./builtin/model-schema.ts";
import { RETURNS_DELETED } from "./deleted-object-answers.ts";
import {
  metaSchemaName,
  type OpenApiVersion,
  rootSchemaName,
  schemaPrefix,
  subresourceSchemaName,
} from "./openapi-names.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { subresourcesOf } from "./served-subresources.ts";

/** What one path lets clients do. */
interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** `x-kubernetes-action`; none for discovery. */
  readonly action?: string;
  readonly query: readonly string[];
  /** The name of the schema of what is sent. */
  readonly takes?: string;
  /** The name of the schema of the answer. */
  readonly gives: string;
  readonly statuses: readonly string[];
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const listQuery = [
  "allowWatchBookmarks",
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "resourceVersionMatch",
  "sendInitialEvents",
  "shardSelector",
  "timeoutSeconds",
  "watch",
];
const writeQuery = ["dryRun", "fieldManager", "fieldValidation"];
const deleteQuery = [
  "dryRun",
  "gracePeriodSeconds",
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "orphanDependents",
  "propagationPolicy",
];
const deleteManyQuery = [
  ...deleteQuery,
  ...listQuery.filter((name) => name !== "allowWatchBookmarks" && name !== "watch"),
];
const booleans = new Set([
  "allowWatchBookmarks",
  "force",
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "orphanDependents",
  "sendInitialEvents",
  "watch",
]);
const integers = new Set(["gracePeriodSeconds", "limit", "timeoutSeconds"]);
const answerTypes = ["application/json", "application/yaml"];

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
    const { group, version: served } = definition;
    const root = group === "" ? `/api/${served}` : `/apis/${group}/${served}`;
    const writer = new PathWriter(paths, version, definition);
    if (definition.custom !== true)
      writer.add(`${root}/`, [
        { method: "get", query: [], gives: metaSchemaName("APIResourceList"), statuses: ["200"] },
      ]);
    const everywhere = `${root}/${definition.plural}`;
    const collection = definition.namespaced ? `${root}/namespaces/{namespace}/${definition.plural}` : everywhere;
    const all = operations(definition);
    const ofCollection = all.filter(({ action }) => ["list", "post", "deletecollection"].includes(action ?? ""));
    const ofItem = all.filter((operation) => !ofCollection.includes(operation));
    writer.add(collection, ofCollection);
    if (definition.namespaced) {
      writer.add(
        everywhere,
        ofCollection.filter(({ action }) => action === "list"),
      );
    }
    writer.add(`${collection}/{name}`, ofItem);
    for (const { name, verbs, ...kind } of subresourcesOf(definition))
      writer.add(
        `${collection}/{name}/${name}`,
        subresourceOperations(subresourceSchemaName(definition, kind), verbs),
        kind,
      );
    // The older paths of watches are served for custom kinds too, but not published.
    if (!definition.verbs.includes("watch") || definition.custom === true) continue;
    const watched = (path: string): string => path.replace(root, `${root}/watch`);
    const watch = { method: "get", query: listQuery, gives: metaSchemaName("WatchEvent"), statuses: ["200"] } as const;
    writer.add(watched(everywhere), [{ ...watch, action: "watchlist" }]);
    writer.add(watched(collection), [{ ...watch, action: "watchlist" }]);
    writer.add(`${watched(collection)}/{name}`, [{ ...watch, action: "watch" }]);
  }
  return paths;
}

/** By verbs of discovery. */
function operations(definition: ResourceDefinition): readonly Operation[] {
  const object = rootSchemaName(definition);
  const status = metaSchemaName("Status");
  const removed = RETURNS_DELETED.has(`${definition.group}/${definition.plural}`) ? object : status;
  const takes = metaSchemaName("DeleteOptions");
  const byVerb: Readonly<Record<string, Operation>> = {
    ...objectOperations(object),
    list: { method: "get", action: "list", query: listQuery, gives: `${object}List`, statuses: ["200"] },
    delete: { method: "delete", action: "delete", query: deleteQuery, takes, gives: removed, statuses: ["200", "202"] },
    deletecollection: {
      method: "delete",
      action: "deletecollection",
      query: deleteManyQuery,
      takes,
      gives: status,
      statuses: ["200"],
    },
  };
  return definition.verbs.flatMap((verb) => byVerb[verb] ?? []);
}

function subresourceOperations(object: string, verbs: readonly string[]): readonly Operation[] {
  const byVerb: Readonly<Record<string, Operation>> = objectOperations(object);
  return verbs.flatMap((verb) => byVerb[verb] ?? []);
}

function objectOperations(object: string): Readonly<Record<"get" | "create" | "update" | "patch", Operation>> {
  const write = { query: writeQuery, takes: object, gives: object } as const;
  return {
    get: { method: "get", action: "get", query: [], gives: object, statuses: ["200"] },
    create: { ...write, method: "post", action: "post", statuses: ["200", "201", "202"] },
    update: { ...write, method: "put", action: "put", statuses: ["200", "201"] },
    patch: {
      method: "patch",
      action: "patch",
      query: [...writeQuery, "force"],
      takes: metaSchemaName("Patch"),
      gives: object,
      statuses: ["200", "201"],
    },
  };
}

/** Puts down what paths offer, in the form of one version of OpenAPI. */
class PathWriter {
  readonly #paths: Record<string, unknown>;
  readonly #version: OpenApiVersion;
  readonly #definition: ResourceDefinition;

  constructor(paths: Record<string, unknown>, version: OpenApiVersion, definition: ResourceDefinition) {
    this.#paths = paths;
    this.#version = version;
    this.#definition = definition;
  }

  /** `kind` is what the path is about, if not the kind of the resource. */
  add(path: string, operations: readonly Operation[], kind: Kind = this.#definition): void {
    if (operations.length === 0) return;
    const discovery = path.endsWith("/");
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => this.#parameter(name ?? "", "path"));
    const item: Record<string, unknown> = discovery
      ? {}
      : { parameters: [...inPath, this.#parameter("pretty", "query")] };
    for (const operation of operations) item[operation.method] = this.#operation(path, operation, kind);
    this.#paths[path] = item;
  }

  #operation(path: string, operation: Operation, { group, version, kind }: Kind): unknown {
    const { method, action, query, takes, gives, statuses } = operation;
    const parameters = query.map((name) => this.#parameter(name, "query"));
    const schema = takes === undefined ? undefined : this.#reference(takes);
    const types = this.#bodyTypes(method);
    // Options of a deletion can be left out.
    const required = method === "delete" ? {} : { required: true };
    const answer = this.#reference(gives);
    const described = {
      description: "OK",
      ...(this.#version === "v2" ? { schema: answer } : { content: content(answerTypes, answer) }),
    };
    return {
      operationId: operationId(path, operation, this.#definition, kind),
      parameters:
        this.#version === "v2" && schema !== undefined
          ? [...parameters, { name: "body", in: "body", ...required, schema }]
          : parameters,
      ...(this.#version === "v2"
        ? { consumes: schema === undefined && action !== undefined ? ["*/*"] : types, produces: answerTypes }
        : {}),
      ...(this.#version === "v3" && schema !== undefined
        ? { requestBody: { content: content(types, schema), ...required } }
        : {}),
      responses: {
        ...Object.fromEntries(statuses.map((status) => [status, described])),
        "401": { description: "Unauthorized" },
      },
      ...(action === undefined
        ? {}
        : { "x-kubernetes-action": action, "x-kubernetes-group-version-kind": { group, version, kind } }),
    };
  }

  #bodyTypes(method: Operation["method"]): readonly string[] {
    const custom = modelOf(this.#definition.schema) === undefined;
    if (method !== "patch") return custom || method === "get" ? answerTypes : ["*/*"];
    const patches = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
    return custom ? patches : [...patches, "application/strategic-merge-patch+json"];
  }

  #parameter(name: string, location: "path" | "query"): Record<string, unknown> {
    const type = booleans.has(name) ? "boolean" : integers.has(name) ? "integer" : "string";
    return {
      name,
      in: location,
      ...(location === "path" ? { required: true } : {}),
      ...(this.#version === "v2" ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }),
    };
  }

  #reference(name: string): Record<string, unknown> {
    return { $ref: `${schemaPrefix(this.#version)}${name}` };
  }
}

function operationId(
  path: string,
  { method, action }: Operation,
  { group, version, kind }: Kind,
  about: string,
): string {
  const camel = (text: string): string =>
    text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase());
  const place = `${camel((group === "" ? "core" : group).replace(".k8s.io", ""))}${camel(version)}`;
  if (action === undefined) return `get${place}APIResources`;
  const scope = path.includes("{namespace}") ? "Namespaced" : "";
  const part = /\{name\}\/(\w+)$/.exec(path)?.[1];
  return `${action}${place}${scope}${part === undefined ? about : `${kind}${camel(part)}`}${method === "get" && action === "watchlist" ? "List" : ""}`;
}

function content(types: readonly string[], schema: unknown): Record<string, unknown> {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}
