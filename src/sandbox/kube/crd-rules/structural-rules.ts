import { forbidden, invalidValue, required } from "../builtin/field-errors.ts";
import { deepEqual } from "../json-value.ts";
import type { FieldError } from "../resource-definition.ts";
import { Re2SyntaxError, re2 } from "../schema/re2.ts";
import { fieldErrorText } from "../status-error.ts";
import { additionalOf, goMembersOf, itemsOf, type SchemaDocument } from "./schema-document.ts";
import { structuralGaps } from "./structural-completeness.ts";

type Level = "root" | "item" | "field";

const EITHER = [{ type: "integer" }, { type: "string" }];

/**
 * The rules of structural schemas, in the order of their texts (apiextensions `pkg/apiserver/schema/validation.go`). The
 * schema has none of what is not supported at all.
 */
export function structuralProblems(schema: SchemaDocument, path: string): FieldError[] {
  const problems = [...invariants(schema, path, "root"), ...structuralGaps(schema, path)];
  const text = (error: FieldError): string => fieldErrorText(error);
  return problems.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

function invariants(schema: SchemaDocument, path: string, level: Level): FieldError[] {
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  if (schema.type === "array" && items === undefined) errors.push(required(`${path}.items`, "must be specified"));
  if (items !== undefined) errors.push(...invariants(items, `${path}.items`, "item"));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...invariants(property, `${path}.properties[${name}]`, "field"));
  }
  if (schema.additionalProperties !== undefined) {
    if (level === "root") errors.push(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
    const additional = additionalOf(schema);
    if (additional !== undefined) errors.push(...invariants(additional, `${path}.additionalProperties`, "field"));
  }
  errors.push(...extensionProblems(schema, path), ...combinationProblems(schema, path, isEitherOf(schema)));
  errors.push(...typeProblems(schema, path, level), ...metadataProblems(schema, path, level));
  const { "x-kubernetes-embedded-resource": embedded, "x-kubernetes-preserve-unknown-fields": open } = schema;
  if (embedded === true && open !== true && Object.keys(schema.properties ?? {}).length === 0) {
    const text =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
    errors.push(required(`${path}.properties`, text));
  }
  return errors;
}

function extensionProblems(schema: SchemaDocument, path: string): FieldError[] {
  if (schema["x-kubernetes-int-or-string"] !== true) return [];
  return (["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] as const)
    .filter((member) => schema[member] === true)
    .map((member) => invalidValue(`${path}.${member}`, true, "must be false if x-kubernetes-int-or-string is true"));
}

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function typeProblems(schema: SchemaDocument, path: string, level: Level): FieldError[] {
  const errors: FieldError[] = [];
  const { type = "" } = schema;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  if (embedded && type !== "object") {
    const text = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === "" ? required(`${path}.type`, text) : invalidValue(`${path}.type`, type, text));
  } else if (
    type === "" &&
    schema["x-kubernetes-int-or-string"] !== true &&
    schema["x-kubernetes-preserve-unknown-fields"] !== true
  ) {
    errors.push(required(`${path}.type`, EMPTY_TYPE[level]));
  }
  if (embedded && schema.additionalProperties !== undefined) {
    const text = "must not be used if x-kubernetes-embedded-resource is set";
    errors.push(forbidden(`${path}.additionalProperties`, text));
  }
  if (level === "root" && type !== "" && type !== "object") {
    errors.push(invalidValue(`${path}.type`, type, "must be object at the root"));
  }
  return errors;
}

function metadataProblems(schema: SchemaDocument, path: string, level: Level): FieldError[] {
  const errors: FieldError[] = [];
  const isObject = level === "root" || schema["x-kubernetes-embedded-resource"] === true;
  const { kind, apiVersion, metadata } = schema.properties ?? {};
  const ofType = (name: string, property: SchemaDocument | undefined, type: string): void => {
    if (property === undefined || !isObject || property.type === type) return;
    errors.push(invalidValue(`${path}.properties[${name}].type`, property.type ?? "", `must be ${type}`));
  };
  ofType("kind", kind, "string");
  ofType("apiVersion", apiVersion, "string");
  ofType("metadata", metadata, "object");
  if (metadata !== undefined && level === "root" && !isPlainMetadata(metadata)) {
    const text = "must not specify anything other than name and generateName, but metadata is implicitly specified";
    errors.push(forbidden(`${path}.properties[metadata]`, text));
  }
  return errors;
}

function isPlainMetadata(metadata: SchemaDocument): boolean {
  const names = Object.keys(metadata.properties ?? {});
  if (names.some((name) => name !== "name" && name !== "generateName")) return false;
  return goMembersOf(metadata).every((member) => ["Type", "Default", "Properties"].includes(member));
}

/** The two ways in which a type may be said of a number or text. */
function isEitherOf({ anyOf, allOf }: SchemaDocument): "anyOf" | "allOf" | undefined {
  if (deepEqual(anyOf, EITHER)) return "anyOf";
  return deepEqual(allOf?.[0]?.anyOf, EITHER) ? "allOf" : undefined;
}

function combinationProblems(
  schema: SchemaDocument,
  path: string,
  either: "anyOf" | "allOf" | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const each = (member: "anyOf" | "allOf" | "oneOf"): void => {
    schema[member]?.forEach((part, index) => {
      const skips = member === "allOf" && either === "allOf" && index === 0;
      errors.push(...nestedProblems(part, `${path}.${member}[${index}]`, skips ? "anyOf" : undefined));
    });
  };
  if (either !== "anyOf") each("anyOf");
  each("allOf");
  each("oneOf");
  if (schema.not !== undefined) errors.push(...nestedProblems(schema.not, `${path}.not`));
  if (schema.pattern !== undefined && schema.pattern !== "") {
    try {
      re2(schema.pattern);
    } catch (error) {
      if (!(error instanceof Re2SyntaxError)) throw error;
      const text = `must be a valid regular expression, but isn't: ${error.message}`;
      errors.push(invalidValue(`${path}.pattern`, schema.pattern, text));
    }
  }
  return errors;
}

/** What a condition may not say, because only the schema itself may. */
const OF_SCHEMA: readonly (readonly [member: keyof SchemaDocument, text: string])[] = [
  ["type", "must be empty to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function nestedProblems(schema: SchemaDocument, path: string, either?: "anyOf"): FieldError[] {
  const errors = combinationProblems(schema, path, either);
  const items = itemsOf(schema);
  if (items !== undefined) errors.push(...nestedProblems(items, `${path}.items`));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...nestedProblems(property, `${path}.properties[${name}]`));
  }
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined && additionalProperties !== false) {
    errors.push(forbidden(`${path}.additionalProperties`, "must be undefined to be structural"));
  }
  for (const [member, text] of OF_SCHEMA) {
    const value = schema[member];
    const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "" && value !== false;
    if (isSet && value !== null) errors.push(forbidden(`${path}.${member}`, text));
  }
  if (schema.properties?.["metadata"] !== undefined) {
    errors.push(forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context"));
  }
  return errors;
}
