import { canonicalJson } from "../../json.ts";
import { ageSince } from "./builtin/age.ts";
import { compileJsonPath, type JsonPath } from "./json-path.ts";
import { isObject } from "./json-value.ts";
import type { KubeObject, PrinterColumn, ResourceDefinition, Schema } from "./resource-definition.ts";

export interface CrdNames {
  readonly plural: string;
  readonly singular?: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface CrdVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: Schema };
  readonly subresources?: {
    readonly status?: object;
    readonly scale?: {
      readonly specReplicasPath: string;
      readonly statusReplicasPath: string;
      readonly labelSelectorPath?: string;
    };
  };
  readonly additionalPrinterColumns?: readonly {
    readonly name: string;
    readonly type: PrinterColumn["type"];
    readonly format?: string;
    readonly description?: string;
    readonly priority?: number;
    readonly jsonPath: string;
  }[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

export interface CrdSpec {
  readonly group: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly names: CrdNames;
  readonly versions: readonly CrdVersion[];
  readonly preserveUnknownFields?: boolean;
  readonly conversion?: { readonly strategy?: string };
}

export function crdSpec(crd: KubeObject): CrdSpec {
  return crd["spec"] as CrdSpec;
}

const CUSTOM_VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** What an established CustomResourceDefinition serves, one definition a version. */
export function definitionsOf(crd: KubeObject): ResourceDefinition[] {
  const { group, names, scope, versions, preserveUnknownFields } = crdSpec(crd);
  return versions
    .filter(({ served }) => served)
    .map((version) => ({
      group,
      version: version.name,
      kind: names.kind,
      listKind: names.listKind ?? `${names.kind}List`,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      namespaced: scope === "Namespaced",
      verbs: CUSTOM_VERBS,
      schema: version.schema?.openAPIV3Schema ?? { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      hasStatus: version.subresources?.status !== undefined,
      ...(version.subresources?.scale === undefined ? {} : { scale: version.subresources.scale }),
      tracksGeneration: true,
      prune: preserveUnknownFields !== true,
      ...printing(version),
      ...selectable(version),
      storageVersion: version.storage,
      storedIn: [group, versions.find(({ storage }) => storage)?.name ?? version.name] as const,
      custom: true as const,
      ...(crd.metadata.deletionTimestamp === undefined ? {} : { terminating: true as const }),
      ...(version.deprecated === true
        ? {
            deprecation: version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`,
          }
        : {}),
    }));
}

function selectable(version: CrdVersion): Pick<ResourceDefinition, "selectableFields"> | undefined {
  const fields = (version.selectableFields ?? []).map(({ jsonPath }) => ({
    name: jsonPath.replace(/^\./, ""),
    path: compileJsonPath(jsonPath),
  }));
  if (fields.length === 0) return undefined;
  return {
    selectableFields: (object) =>
      Object.fromEntries(fields.map(({ name, path }) => [name, plainText(path(object)[0])])),
  };
}

function plainText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean);
}

const NAME_DESCRIPTION =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE_DESCRIPTION =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.";

function printing(version: CrdVersion): Pick<ResourceDefinition, "columns" | "cells"> {
  const own = version.additionalPrinterColumns ?? [];
  const shown =
    own.length > 0
      ? own
      : [{ name: "Age", type: "date", description: AGE_DESCRIPTION, jsonPath: ".metadata.creationTimestamp" } as const];
  const columns: PrinterColumn[] = [
    { name: "Name", type: "string", format: "name", description: NAME_DESCRIPTION, priority: 0 },
  ];
  const readers: { readonly type: string; readonly path: JsonPath }[] = [];
  for (const column of shown) {
    const { name, type, jsonPath, ...rest } = column;
    const path = readablePath(jsonPath);
    // A path that cannot be read is accepted, and ends the columns.
    if (path === undefined) break;
    const format = "format" in rest ? rest.format : undefined;
    columns.push({
      name,
      type,
      ...(format === undefined ? {} : { format }),
      description: rest.description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      priority: "priority" in rest ? (rest.priority ?? 0) : 0,
    });
    readers.push({ type, path });
  }
  return {
    columns,
    cells: (object, now) => [object.metadata.name, ...readers.map(({ type, path }) => cell(path(object), type, now))],
  };
}

function readablePath(text: string): JsonPath | undefined {
  try {
    return compileJsonPath(text);
  } catch {
    return undefined;
  }
}

/** One cell as the API server's table convertor for custom resources makes it: of the first thing that the path finds. */
function cell([value]: readonly unknown[], type: string, now: number): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      if (typeof value !== "string") return null;
      return Number.isNaN(Date.parse(value)) ? "<invalid>" : ageSince(value, now);
    default:
      return isObject(value) || Array.isArray(value) ? canonicalJson(value) : plainText(value);
  }
}
