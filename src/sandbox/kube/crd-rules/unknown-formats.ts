import { type CrdSpec, crdSpec } from "../crd-definitions.ts";
import type { KubeObject, Schema } from "../resource-definition.ts";
import { knownFormat } from "../schema/formats.ts";
import { allParts, type SchemaDocument } from "./schema-document.ts";

/** What a definition is warned of: formats that nothing is checked for, unless they were there before. */
export function formatWarnings(crd: KubeObject, old: KubeObject | undefined): readonly string[] {
  const before = new Set(old === undefined ? [] : unknownFormats(old));
  return unknownFormats(crd)
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function unknownFormats(crd: KubeObject): readonly string[] {
  const documents = (crdSpec(crd) as Partial<CrdSpec> | undefined)?.versions?.map(
    ({ schema }) => schema?.openAPIV3Schema as SchemaDocument | undefined,
  );
  // What is the same in all versions is looked at once, as the API server has it once.
  const texts = new Set(documents?.map((document) => JSON.stringify(document ?? {})));
  const isShared = texts.size === 1;
  const looked = isShared ? documents?.slice(0, 1) : documents;
  return (looked ?? []).flatMap((document) =>
    document === undefined || document === null
      ? []
      : [...allParts(document)].flatMap((part) => (isUnknown(part) ? [part.format ?? ""] : [])),
  );
}

function isUnknown({ type, format = "" }: SchemaDocument): boolean {
  if (format === "") return false;
  if (type === "integer") return format !== "int32" && format !== "int64";
  if (type === "number") return format !== "float" && format !== "double";
  return !knownFormat(format, type === undefined ? {} : { type: type as Schema["type"] & string });
}
