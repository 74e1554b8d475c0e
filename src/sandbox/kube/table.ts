import type { KubeObject, ResourceDefinition } from "./resource-definition.ts";

/** A list as the API returns it, such as a `PodList`. */
export interface KubeList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly items: readonly KubeObject[];
}

/** The form in which a client wants objects. */
export type Representation = "Object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface TableOptions {
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  /** The query parameter of that name: what each row carries of its object. The API's default is `Metadata`. */
  readonly includeObject?: string | undefined;
  /** False leaves the column definitions out: a watch sends them with its first event only. */
  readonly headers?: boolean;
}

const metaVersion = "meta.k8s.io/v1";

/**
 * Chooses among what an `Accept` header allows, in its order; undefined means that nothing of it can be served (406).
 * Only JSON is served, so protobuf and the like are passed over.
 */
export function negotiate(accept: string | undefined): Representation | undefined {
  if (accept === undefined || accept.trim() === "") return "Object";
  for (const clause of accept.split(",")) {
    const [type = "", ...parameters] = clause.split(";").map((part) => part.trim());
    if (!["application/json", "application/*", "*/*"].includes(type)) continue;
    const given = new Map(
      parameters.map((parameter): [string, string] => {
        const [name = "", value = ""] = parameter.split("=", 2);
        return [name, value];
      }),
    );
    const as = given.get("as");
    if (as === undefined) return "Object";
    if (given.get("g") !== "meta.k8s.io" || given.get("v") !== "v1") continue;
    if (as === "Table" || as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return as;
  }
  return undefined;
}

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
    apiVersion: metaVersion,
    metadata,
    ...(options.headers === false
      ? {}
      : {
          columnDefinitions: definition.columns.map((column) => ({
            name: column.name,
            type: column.type,
            format: column.format ?? "",
            description: column.description ?? "",
            priority: column.priority,
          })),
        }),
    rows: (list ? value.items : [value]).map((object) => ({
      cells: definition.cells(object, options.now),
      ...rowObject(object, options.includeObject),
    })),
  };
}

/** Renders an object, or each object of a list, with nothing but its metadata. */
export function toPartialObject(value: KubeObject | KubeList): Record<string, unknown> {
  if (!isList(value)) return { kind: "PartialObjectMetadata", apiVersion: metaVersion, metadata: value.metadata };
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: metaVersion,
    metadata: value.metadata,
    items: value.items.map((object) => toPartialObject(object)),
  };
}

/** Renders for the client, whatever it asked for. */
export function represent(
  representation: Representation,
  definition: ResourceDefinition,
  value: KubeObject | KubeList,
  options: TableOptions,
): unknown {
  switch (representation) {
    case "Object":
      return value;
    case "Table":
      return toTable(definition, value, options);
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return toPartialObject(value);
  }
}

function rowObject(object: KubeObject, includeObject: string | undefined): { readonly object?: unknown } {
  if (includeObject === "None") return {};
  return { object: includeObject === "Object" ? object : toPartialObject(object) };
}

function isList(value: KubeObject | KubeList): value is KubeList {
  return Array.isArray(value["items"]) && value.kind.endsWith("List");
}
