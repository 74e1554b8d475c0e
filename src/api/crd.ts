import { z } from "zod";
import type { Kind, KubeObject } from "./object.ts";
import type { ValidationRule } from "./schema.ts";

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
  /** Shown only with `-o wide` when above 0. */
  readonly priority?: number;
}

export interface VersionSchemas {
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
}

/** One of the kinds that this operator defines: what a `Kind` needs for URLs, and all that its CRD is made of. */
export interface CustomKind<T extends KubeObject = KubeObject> extends Kind<T> {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly description: string;
  readonly schemas: VersionSchemas;
  readonly columns: readonly PrinterColumn[];
  /** Rules on the whole object; at the root only `metadata.name` is readable of the metadata. */
  readonly rules?: readonly ValidationRule[];
  readonly specRequired: boolean;
  /** Whether status is written apart from the rest. */
  readonly statusSubresource: boolean;
  /** Served beside the storage version, with the same columns. */
  readonly olderVersions?: readonly ({ readonly version: string } & VersionSchemas)[];
}

/** A node of a structural schema, as CRDs hold it. */
export interface StructuralSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
  readonly [keyword: string]: unknown;
}

/** The CustomResourceDefinition of a kind, as an object ready to be applied or printed. */
export function crdOf(kind: CustomKind): { readonly [field: string]: unknown } {
  const versions = [
    { version: kind.version, ...kind.schemas, storage: true },
    ...(kind.olderVersions ?? []).map((older) => ({ ...older, storage: false })),
  ];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
        ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      },
      scope: kind.namespaced ? "Namespaced" : "Cluster",
      versions: versions.map((version) => ({
        name: version.version,
        served: true,
        storage: version.storage,
        additionalPrinterColumns: kind.columns.map((column) => ({
          name: column.name,
          type: column.type,
          description: column.description,
          jsonPath: column.jsonPath,
          ...(column.priority === undefined ? {} : { priority: column.priority }),
        })),
        schema: { openAPIV3Schema: rootSchema(kind, version) },
        ...(kind.statusSubresource ? { subresources: { status: {} } } : {}),
      })),
    },
  };
}

/** The structural schema of a version of a kind, from its root. */
export function rootSchema(kind: CustomKind, schemas: VersionSchemas): StructuralSchema {
  return {
    type: "object",
    description: kind.description,
    properties: {
      apiVersion: {
        type: "string",
        description: "The group and version of this representation of the object.",
      },
      kind: { type: "string", description: "The kind of the object." },
      metadata: { type: "object" },
      spec: structuralSchema(schemas.spec),
      ...(schemas.status === undefined ? {} : { status: structuralSchema(schemas.status) }),
    },
    ...(kind.specRequired ? { required: ["spec"] } : {}),
    ...(kind.rules === undefined ? {} : { "x-kubernetes-validations": kind.rules }),
  };
}

const unboundedInteger = 2 ** 53 - 1;

/**
 * A zod schema in the structural form of Kubernetes' "Extend the Kubernetes API with CustomResourceDefinitions":
 * zod's own bounds on every integer go, and unions of integer and string become `x-kubernetes-int-or-string`.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    unrepresentable: "throw",
    override: ({ jsonSchema }) => {
      if (jsonSchema["x-kubernetes-int-or-string"] === true) delete jsonSchema.anyOf;
      if (jsonSchema["x-kubernetes-preserve-unknown-fields"] === true) delete jsonSchema.additionalProperties;
      if (jsonSchema.minimum === -unboundedInteger) delete jsonSchema.minimum;
      if (jsonSchema.maximum === unboundedInteger) delete jsonSchema.maximum;
    },
  });
  return ordered(json as StructuralSchema);
}

const keywordOrder = ["description", "type", "format", "default", "enum"];

/** The same schema with keywords in one fixed order; fields keep the order in which they were declared. */
function ordered(schema: StructuralSchema): StructuralSchema {
  const rank = (key: string): string => {
    const index = keywordOrder.indexOf(key);
    return index < 0 ? `~${key}` : String(index);
  };
  const entries = Object.entries(schema)
    .filter(([key]) => !key.startsWith("~") && key !== "$schema")
    .sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key === "properties") {
        const fields = Object.entries(value as Readonly<Record<string, StructuralSchema>>);
        return [key, Object.fromEntries(fields.map(([name, field]) => [name, ordered(field)]))];
      }
      if (key === "items" || key === "additionalProperties") return [key, ordered(value as StructuralSchema)];
      return [key, value];
    }),
  );
}
