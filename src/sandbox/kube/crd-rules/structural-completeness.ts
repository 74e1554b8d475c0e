import { required } from "../builtin/field-errors.ts";
import type { FieldError } from "../resource-definition.ts";
import { itemsOf, type SchemaDocument } from "./schema-document.ts";

/** What conditions speak of without the schema itself having it (`pkg/apiserver/schema/complete.go`). */
export function structuralGaps(schema: SchemaDocument, path: string): FieldError[] {
  return ofConditions(schema, schema, path, path);
}

function ofConditions(
  condition: SchemaDocument,
  schema: SchemaDocument,
  path: string,
  conditionPath: string,
): FieldError[] {
  const { not, allOf, anyOf, oneOf } = condition;
  const named = Object.entries({ allOf, anyOf, oneOf }).flatMap(([member, parts]) =>
    (parts ?? []).map((part, index) => [part, `${conditionPath}.${member}[${index}]`] as const),
  );
  const all = not === undefined ? named : [[not, `${conditionPath}.not`] as const, ...named];
  return all.flatMap(([part, at]) => ofNested(part, schema, path, at));
}

function ofNested(
  condition: SchemaDocument,
  schema: SchemaDocument | undefined,
  path: string,
  conditionPath: string,
): FieldError[] {
  if (schema === undefined) return [required(path, `because it is defined in ${conditionPath}`)];
  const errors = ofConditions(condition, schema, path, conditionPath);
  const items = itemsOf(condition);
  if (items !== undefined) errors.push(...ofNested(items, itemsOf(schema), `${path}.items`, `${conditionPath}.items`));
  for (const [name, property] of Object.entries(condition.properties ?? {})) {
    const below = `properties[${name}]`;
    errors.push(...ofNested(property, schema.properties?.[name], `${path}.${below}`, `${conditionPath}.${below}`));
  }
  return errors;
}
