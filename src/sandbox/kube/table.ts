import type { Representation } from "./content-negotiation.ts";
import type { KubeObject, ResourceDefinition } from "./resource-definition.ts";
import { badRequest, StatusError } from "./status-error.ts";

/** A list as the API returns it, such as a `PodList`. */
export interface KubeList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly items: readonly KubeObject[];
}

export interface TableOptions {
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  /** The query parameter of that name: what each row carries of its object. The API's default is `Metadata`. */
  readonly includeObject?: string | undefined;
  /** False leaves the column definitions out: a watch sends them with its first event only. */
  readonly headers?: boolean;
  /** The default is `v1`. */
  readonly version?: MetaVersion;
}

/** The `meta.k8s.io` version of tables and metadata. */
export type MetaVersion = Representation["version"];

/** Renders an object or a list as the API's `Table`. */
export function toTable(
  definition: ResourceDefinition,
  value: KubeObject | KubeList,
  options: TableOptions,
): Record<string, unknown> {
  const list = isList(value);
  const metadata = list ? value.metadata : { resourceVersion: value.metadata.resourceVersion };
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version ?? "v1"}`,
    metadata,
    columnDefinitions:
      options.headers === false
        ? null
        : definition.columns.map((column) => ({
            name: column.name,
            type: column.type,
            format: column.format ?? "",
            description: column.description ?? "",
            priority: column.priority,
          })),
    // Kinds without a table of their own are printed row by row: without any, it stays null.
    rows:
      list && value.items.length === 0 && definition.columns[1]?.name === "Created At"
        ? null
        : (list ? value.items : [value]).map((object) => ({
            cells: definition.cells(named(object), options.now),
            ...rowConditions(definition, object),
            object: rowObject(object, options),
          })),
  };
}

/** Renders an object, or each object of a list, with nothing but its metadata. */
export function toPartialObject(value: KubeObject | KubeList, version: MetaVersion = "v1"): Record<string, unknown> {
  const apiVersion = `meta.k8s.io/${version}`;
  if (!isList(value)) return { kind: "PartialObjectMetadata", apiVersion, metadata: value.metadata };
  return {
    kind: "PartialObjectMetadataList",
    apiVersion,
    metadata: value.metadata,
    // The list is made anew, item by item: without any it stays null.
    items: value.items.length === 0 ? null : value.items.map((object) => toPartialObject(object, version)),
  };
}

/** Renders for the client, whatever it asked for. Throws 406 for a list of metadata of one object, and the other way round. */
export function represent(
  { as, version }: Representation,
  definition: ResourceDefinition,
  value: KubeObject | KubeList,
  options: TableOptions,
): unknown {
  if (as === "Object") return value;
  if (as === "Table") return toTable(definition, value, { ...options, version });
  if (isList(value) !== (as === "PartialObjectMetadataList")) {
    const what = isList(value) ? "a list" : "not a list";
    const message = `you requested ${as}, but the requested object is ${what} (${goType(definition, isList(value))})`;
    throw new StatusError(406, "NotAcceptable", message);
  }
  return toPartialObject(value, version);
}

/** Throws 400 for a value of the query parameter `includeObject` that is none. */
export function checkIncludeObject(includeObject: string | undefined): void {
  if (["None", "Metadata", "Object", ""].includes(includeObject ?? "")) return;
  const said = `Invalid value: ${JSON.stringify(includeObject)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: includeObject: ${said}`);
}

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";
const initialEventsEnd = "k8s.io/initial-events-end";

function rowObject(object: KubeObject, { includeObject, version }: TableOptions): unknown {
  if (includeObject === "Object") return object;
  // The bookmark after the initial events has to be told from the rest, whatever the client wants to see of objects.
  if (includeObject === "None" && object.metadata.annotations?.[initialEventsEnd] === undefined) return null;
  return toPartialObject(withoutTemplateGeneration(object), version);
}

/** Rows are made of the API server's own form of an object, in which the count of a DaemonSet is no annotation. */
function withoutTemplateGeneration(object: KubeObject): KubeObject {
  const { [TEMPLATE_GENERATION]: count, ...annotations } = object.metadata.annotations ?? {};
  if (count === undefined) return object;
  const { annotations: _annotations, ...metadata } = object.metadata;
  const isEmpty = Object.keys(annotations).length === 0;
  return { ...object, metadata: isEmpty ? metadata : { ...metadata, annotations } };
}

function rowConditions(definition: ResourceDefinition, object: KubeObject): { readonly conditions?: unknown } {
  const conditions = definition.rowConditions?.(object) ?? [];
  return conditions.length === 0 ? {} : { conditions };
}

/** Bookmarks have no name; their cells are those of an object whose name is empty. */
function named(object: KubeObject): KubeObject {
  return "name" in object.metadata
    ? object
    : { ...(object as KubeObject), metadata: { ...(object as KubeObject).metadata, name: "" } };
}

/** How the API server's own program calls the kind: the text of the 406 names it. */
function goType({ group, kind, listKind, custom }: ResourceDefinition, list: boolean): string {
  if (custom === true) return list ? "*unstructured.UnstructuredList" : "*unstructured.Unstructured";
  const packageName = group === "" || group === "events.k8s.io" ? "core" : (group.split(".", 1)[0] ?? group);
  return `*${packageName}.${list ? listKind : kind}`;
}

function isList(value: KubeObject | KubeList): value is KubeList {
  return Array.isArray(value["items"]) && value.kind.endsWith("List");
}
