import { isObject } from "../json-value.ts";
import type { Schema } from "../resource-definition.ts";

/** A schema as a client wrote it, with all that the API server knows of OpenAPI and refuses. */
export interface SchemaDocument
  extends Omit<Schema, "type" | "items" | "properties" | "additionalProperties" | "allOf" | "anyOf" | "oneOf" | "not"> {
  readonly type?: string;
  readonly items?: SchemaDocument | readonly SchemaDocument[];
  readonly properties?: Readonly<Record<string, SchemaDocument>>;
  readonly additionalProperties?: SchemaDocument | boolean;
  readonly allOf?: readonly SchemaDocument[];
  readonly anyOf?: readonly SchemaDocument[];
  readonly oneOf?: readonly SchemaDocument[];
  readonly not?: SchemaDocument;
  readonly id?: string;
  readonly $schema?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly externalDocs?: object;
  readonly example?: unknown;
  readonly patternProperties?: Readonly<Record<string, SchemaDocument>>;
  readonly dependencies?: Readonly<Record<string, SchemaDocument | readonly string[]>>;
  readonly additionalItems?: SchemaDocument | boolean;
  readonly definitions?: Readonly<Record<string, SchemaDocument>>;
}

/** The schema of all items; undefined when there is a list of schemas, or none. */
export function itemsOf({ items }: SchemaDocument): SchemaDocument | undefined {
  return items === undefined || Array.isArray(items) ? undefined : (items as SchemaDocument);
}

/** The schema of members that have no property of their own. */
export function additionalOf({ additionalProperties }: SchemaDocument): SchemaDocument | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** The schema and all that is inside of it. */
export function* allParts(schema: SchemaDocument): Generator<SchemaDocument> {
  yield schema;
  const { items, not } = schema;
  const lists = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) => list ?? []);
  const maps = [schema.properties, schema.patternProperties, schema.definitions].flatMap((map) =>
    Object.values(map ?? {}),
  );
  const many = Array.isArray(items) ? (items as readonly SchemaDocument[]) : [itemsOf(schema)];
  const inside = [...many, ...lists, not, ...maps, additionalOf(schema)];
  for (const part of inside) if (isObject(part)) yield* allParts(part as SchemaDocument);
}

/** Go names of a schema's members, in the order of the API server's own type, and how their zero value is written. */
const GO_MEMBERS: readonly (readonly [go: string, json: keyof SchemaDocument, zero: unknown])[] = [
  ["ID", "id", ""],
  ["Schema", "$schema", ""],
  ["Ref", "$ref", null],
  ["Description", "description", ""],
  ["Type", "type", ""],
  ["Nullable", "nullable", false],
  ["Format", "format", ""],
  ["Title", "title", ""],
  ["Default", "default", null],
  ["Maximum", "maximum", null],
  ["ExclusiveMaximum", "exclusiveMaximum", false],
  ["Minimum", "minimum", null],
  ["ExclusiveMinimum", "exclusiveMinimum", false],
  ["MaxLength", "maxLength", null],
  ["MinLength", "minLength", null],
  ["Pattern", "pattern", ""],
  ["MaxItems", "maxItems", null],
  ["MinItems", "minItems", null],
  ["UniqueItems", "uniqueItems", false],
  ["MultipleOf", "multipleOf", null],
  ["Enum", "enum", null],
  ["MaxProperties", "maxProperties", null],
  ["MinProperties", "minProperties", null],
  ["Required", "required", null],
  ["Items", "items", null],
  ["AllOf", "allOf", null],
  ["OneOf", "oneOf", null],
  ["AnyOf", "anyOf", null],
  ["Not", "not", null],
  ["Properties", "properties", null],
  ["AdditionalProperties", "additionalProperties", null],
  ["PatternProperties", "patternProperties", null],
  ["Dependencies", "dependencies", null],
  ["AdditionalItems", "additionalItems", null],
  ["Definitions", "definitions", null],
  ["ExternalDocs", "externalDocs", null],
  ["Example", "example", null],
  ["XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", null],
  ["XEmbeddedResource", "x-kubernetes-embedded-resource", false],
  ["XIntOrString", "x-kubernetes-int-or-string", false],
  ["XListMapKeys", "x-kubernetes-list-map-keys", null],
  ["XListType", "x-kubernetes-list-type", null],
  ["XMapType", "x-kubernetes-map-type", null],
  ["XValidations", "x-kubernetes-validations", null],
];

/** Go names of the members that are set, in Go's order. */
export function goMembersOf(schema: SchemaDocument): readonly string[] {
  return GO_MEMBERS.filter(([, json, zero]) => {
    const value = schema[json];
    return value !== undefined && value !== null && value !== zero;
  }).map(([go]) => go);
}

/** A schema as the API server's own type is written when an error shows it. */
export function goSchema(schema: SchemaDocument): Record<string, unknown> {
  return Object.fromEntries(GO_MEMBERS.map(([go, json, zero]) => [go, goMember(json, schema[json]) ?? zero]));
}

function goMember(json: keyof SchemaDocument, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  switch (json) {
    case "items":
      return Array.isArray(value)
        ? { Schema: null, JSONSchemas: (value as SchemaDocument[]).map(goSchema) }
        : { Schema: goSchema(value as SchemaDocument), JSONSchemas: null };
    case "allOf":
    case "oneOf":
    case "anyOf":
      return (value as SchemaDocument[]).map(goSchema);
    case "not":
      return goSchema(value as SchemaDocument);
    case "properties":
    case "patternProperties":
    case "definitions":
      return Object.fromEntries(
        Object.entries(value as Record<string, SchemaDocument>)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, part]) => [name, goSchema(part)]),
      );
    case "additionalProperties":
    case "additionalItems":
      return isObject(value)
        ? { Allows: true, Schema: goSchema(value as SchemaDocument) }
        : { Allows: value, Schema: null };
    case "x-kubernetes-validations":
      return (value as NonNullable<Schema["x-kubernetes-validations"]>).map(goRule);
    default:
      return value;
  }
}

/** A rule as the API server's own type has it. */
export function goRule(rule: NonNullable<Schema["x-kubernetes-validations"]>[number]): Record<string, unknown> {
  return {
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

const KNOWN = new Set<string>(GO_MEMBERS.map(([, json]) => json));
const KEPT_EMPTY = new Set<string>(["default", "example", "additionalProperties", "not", "items"]);

/** A schema as the API server reads it: without nulls, members it does not know, and empty maps and lists. */
export function tidySchema(schema: Record<string, unknown>): Record<string, unknown> {
  const tidy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (value === null || !KNOWN.has(name)) continue;
    const isEmpty = typeof value === "object" && Object.keys(value).length === 0;
    if (isEmpty && !KEPT_EMPTY.has(name)) continue;
    tidy[name] = tidyMember(name, value);
  }
  return tidy;
}

function tidyMember(name: string, value: unknown): unknown {
  switch (name) {
    case "items":
    case "not":
    case "additionalProperties":
    case "additionalItems":
      if (Array.isArray(value)) return tidyList(value);
      return isObject(value) ? tidySchema(value) : value;
    case "allOf":
    case "anyOf":
    case "oneOf":
      return Array.isArray(value) ? tidyList(value) : value;
    case "properties":
    case "patternProperties":
    case "definitions":
      if (!isObject(value)) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [key, isObject(part) ? tidySchema(part) : (part ?? {})]),
      );
    default:
      return value;
  }
}

function tidyList(list: readonly unknown[]): readonly unknown[] {
  return list.map((part) => (isObject(part) ? tidySchema(part) : part));
}
