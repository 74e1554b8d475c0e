import { itemsOf, type SchemaDocument } from "./schema-document.ts";

/** Why a schema cannot be taken for a structural one at all; the first reason that there is. */
export function unsupportedIn(schema: SchemaDocument): string | undefined {
  const own = ownReason(schema);
  if (own !== undefined) return own;
  const conditions = [schema.not, schema.allOf, schema.anyOf, schema.oneOf].flat();
  const members = [...Object.values(schema.properties ?? {}), schema.additionalProperties];
  for (const part of [...conditions, itemsOf(schema), ...members]) {
    const reason = typeof part === "object" && part !== null ? unsupportedIn(part) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function ownReason(schema: SchemaDocument): string | undefined {
  const isSet = (value: object | undefined): boolean => Object.keys(value ?? {}).length > 0;
  const named: readonly (readonly [name: string, isSet: boolean])[] = [
    ["id", (schema.id ?? "") !== ""],
    ["schema", (schema.$schema ?? "") !== ""],
    ["$ref", (schema.$ref ?? "") !== ""],
    ["patternProperties", isSet(schema.patternProperties)],
    ["dependencies", isSet(schema.dependencies)],
    ["additionalItems", schema.additionalItems !== undefined],
    ["definitions", isSet(schema.definitions)],
  ];
  const found = named.find(([, given]) => given);
  if (found !== undefined) return `OpenAPIV3Schema '${found[0]}' is not supported`;
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  }
  return undefined;
}
