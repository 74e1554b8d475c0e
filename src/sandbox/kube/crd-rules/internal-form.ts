import type { CrdSpec, CrdVersion } from "../crd-definitions.ts";
import { deepEqual } from "../json-value.ts";
import { goSchema, type SchemaDocument } from "./schema-document.ts";

/** The members that the versions have in common, which the API server's own type has beside them. */
export interface InternalSpec {
  readonly validation: CrdVersion["schema"];
  readonly subresources: CrdVersion["subresources"];
  readonly additionalPrinterColumns: CrdVersion["additionalPrinterColumns"];
  readonly selectableFields: CrdVersion["selectableFields"];
  readonly versions: readonly CrdVersion[];
}

/** The definition as the API server checks it: what is the same in all versions stands once, outside of them. */
export function internalForm(spec: Partial<CrdSpec>): InternalSpec {
  const versions = spec.versions ?? [];
  const shared = <Member extends keyof CrdVersion>(member: Member): CrdVersion[Member] | undefined => {
    const first = given(versions[0]?.[member]);
    return versions.every((version) => deepEqual(given(version[member]), first)) ? versions[0]?.[member] : undefined;
  };
  const isShared = (member: keyof CrdVersion): boolean =>
    versions.every((version) => deepEqual(given(version[member]), given(versions[0]?.[member])));
  const members = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const;
  const taken = new Set<string>(members.filter(isShared));
  return {
    validation: shared("schema"),
    subresources: shared("subresources"),
    additionalPrinterColumns: shared("additionalPrinterColumns"),
    selectableFields: shared("selectableFields"),
    versions: versions.map(
      (version) => Object.fromEntries(Object.entries(version).filter(([name]) => !taken.has(name))) as never,
    ),
  };
}

/** An empty list is as good as none. */
function given(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : (value ?? undefined);
}

/** The versions as errors show them. */
export function goVersions(versions: readonly CrdVersion[]): readonly unknown[] {
  return versions.map((version) => ({
    Name: version.name ?? "",
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: goValidation(version.schema),
    Subresources: goSubresources(version.subresources),
    AdditionalPrinterColumns:
      version.additionalPrinterColumns?.map((column) => ({
        Name: column.name ?? "",
        Type: column.type ?? "",
        Format: column.format ?? "",
        Description: column.description ?? "",
        Priority: column.priority ?? 0,
        JSONPath: column.jsonPath ?? "",
      })) ?? null,
    SelectableFields: version.selectableFields?.map(({ jsonPath }) => ({ JSONPath: jsonPath ?? "" })) ?? null,
  }));
}

function goValidation(schema: CrdVersion["schema"]): unknown {
  if (schema === undefined || schema === null) return null;
  const { openAPIV3Schema } = schema;
  return { OpenAPIV3Schema: openAPIV3Schema === undefined ? null : goSchema(openAPIV3Schema as SchemaDocument) };
}

function goSubresources(subresources: CrdVersion["subresources"]): unknown {
  if (subresources === undefined || subresources === null) return null;
  const { status, scale } = subresources;
  return {
    Status: status === undefined ? null : {},
    Scale:
      scale === undefined
        ? null
        : {
            SpecReplicasPath: scale.specReplicasPath ?? "",
            StatusReplicasPath: scale.statusReplicasPath ?? "",
            LabelSelectorPath: scale.labelSelectorPath ?? null,
          },
  };
}
