import { forbidden, invalidValue } from "../builtin/field-errors.ts";
import { expressionProblems } from "../cel/rule-problems.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { goJson } from "../schema/shown.ts";
import { defaultProblems } from "./default-rules.ts";
import { documentProblems, type RuleCheck } from "./document-rules.ts";
import { goMembersOf, goSchema, type SchemaDocument } from "./schema-document.ts";
import { structuralProblems } from "./structural-rules.ts";
import { unsupportedIn } from "./unsupported.ts";

const AT_ROOT_WITH_STATUS =
  "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations".split(
    " ",
  );

/** What is wrong with the schema of a version (apiextensions `validateCustomResourceDefinitionValidation`). */
export function schemaProblems(
  schema: SchemaDocument,
  path: string,
  { hasStatus }: { readonly hasStatus: boolean; readonly isUnchanged: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus) errors.push(...rootProblems(schema, path));
  if (schema.nullable === true) errors.push(forbidden(`${path}.nullable`, "nullable cannot be true at the root"));
  const unsupported = unsupportedIn(schema);
  let check: RuleCheck | undefined;
  if (unsupported === undefined) {
    const structural = structuralProblems(schema, path);
    const found =
      structural.length > 0
        ? structural
        : defaultProblems({ ...(schema as Schema), "x-kubernetes-embedded-resource": true }, path);
    errors.push(...found);
    if (found.length === 0) check = expressionProblems;
  }
  errors.push(...documentProblems(schema, path, check));
  if (errors.length === 0 && unsupported !== undefined) errors.push(invalidValue(path, "", unsupported));
  return errors;
}

/** With a status of its own, the schema is also used in part, so it may say little as a whole. */
function rootProblems(schema: SchemaDocument, path: string): FieldError[] {
  for (const member of goMembersOf(schema)) {
    if (member === "Type") {
      if (schema.type === "object") continue;
      const text =
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      return [invalidValue(`${path}.type`, schema.type, text)];
    }
    if (AT_ROOT_WITH_STATUS.includes(member)) continue;
    const text = `only [${AT_ROOT_WITH_STATUS.join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`;
    const shownSchema = goJson(JSON.stringify(goSchema(schema)));
    return [{ field: path, type: "FieldValueInvalid", detail: `Invalid value: ${shownSchema}: ${text}` }];
  }
  return [];
}
