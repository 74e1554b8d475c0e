import { forbidden, invalidValue, notSupported, required } from "../builtin/field-errors.ts";
import { ruleFormProblems } from "../cel/rule-problems.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { listProblems } from "./list-rules.ts";
import { additionalOf, itemsOf, type SchemaDocument } from "./schema-document.ts";

/** Where a part of a schema stands. */
export interface PartPlace {
  readonly path: string;
  readonly isRoot: boolean;
  /** Describes metadata of the object or of one inside of it. */
  readonly inMetadata: boolean;
  /** Why there may be no default here. */
  readonly noDefault: string | undefined;
  /** The outermost part around it in which nothing can be told to be the same as before. */
  readonly uncorrelatable: string | undefined;
  /** Below a condition, where rules are not run. */
  readonly inCondition: boolean;
}

/** Runs the rules of expressions of one part, for a part in which the schema is in order. */
export type RuleCheck = (schema: Schema, place: PartPlace) => FieldError[];

interface Found {
  readonly schema: FieldError[];
  readonly rules: FieldError[];
}

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const METADATA = new Set(["metadata", "kind", "apiVersion"]);

/**
 * What a schema may not have, part by part (apiextensions `ValidateCustomResourceDefinitionOpenAPISchema`). Errors of
 * rules come after those of the schema, and only for parts whose schema is in order.
 */
export function documentProblems(
  schema: SchemaDocument,
  path: string,
  checkRules: RuleCheck | undefined,
): FieldError[] {
  const place: PartPlace = {
    path,
    isRoot: true,
    inMetadata: false,
    noDefault: undefined,
    uncorrelatable: undefined,
    inCondition: false,
  };
  const found = partProblems(schema, place, checkRules);
  return [...found.schema, ...found.rules];
}

function partProblems(schema: SchemaDocument, place: PartPlace, checkRules: RuleCheck | undefined): Found {
  const { path } = place;
  const found: Found = { schema: ownProblems(schema, place), rules: [] };
  const visit = (part: SchemaDocument | undefined, below: string, change: Partial<PartPlace> = {}): void => {
    if (part === undefined || part === null) return;
    const inner = partProblems(part, { ...place, isRoot: false, ...change, path: `${path}.${below}` }, checkRules);
    found.schema.push(...inner.schema);
    found.rules.push(...inner.rules);
  };
  if (schema.additionalProperties !== undefined) {
    const { additionalProperties } = schema;
    if (Object.keys(schema.properties ?? {}).length > 0 && additionalProperties !== true) {
      const text = "additionalProperties and properties are mutual exclusive";
      found.schema.push(forbidden(`${path}.additionalProperties`, text));
    }
    const noDefault = place.inMetadata ? "inside additionalProperties applying to object metadata" : place.noDefault;
    visit(additionalOf(schema), "additionalProperties", { noDefault });
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    visit(property, `properties[${name}]`, propertyPlace(schema, place, name));
  }
  const condition = { inCondition: true };
  visit(schema.not, "not", condition);
  for (const member of ["allOf", "oneOf", "anyOf"] as const) {
    schema[member]?.forEach((part, index) => visit(part, `${member}[${index}]`, condition));
  }
  for (const [name, part] of Object.entries(schema.definitions ?? {})) visit(part, `definitions[${name}]`, condition);
  visitItems(schema, place, visit);
  for (const [name, part] of Object.entries(schema.dependencies ?? {})) {
    if (!Array.isArray(part)) visit(part as SchemaDocument, `dependencies[${name}]`, condition);
  }
  found.schema.push(...extensionProblems(schema, path), ...listProblems(schema, path));
  found.schema.push(...ruleFormProblems(schema as Schema, path));
  if (found.schema.length === 0 && checkRules !== undefined && !place.inCondition) {
    found.rules.push(...checkRules(schema as Schema, place));
  }
  return found;
}

function propertyPlace(schema: SchemaDocument, place: PartPlace, name: string): Partial<PartPlace> {
  const apart = schema["x-kubernetes-map-type"] === "atomic" ? place.path : undefined;
  const uncorrelatable = place.uncorrelatable ?? apart;
  const isMetadata = (place.isRoot || schema["x-kubernetes-embedded-resource"] === true) && METADATA.has(name);
  return {
    uncorrelatable,
    inMetadata: place.inMetadata || isMetadata,
    noDefault: isMetadata && place.isRoot ? `in top-level ${name}` : place.noDefault,
  };
}

function visitItems(
  schema: SchemaDocument,
  { path, uncorrelatable }: PartPlace,
  visit: (part: SchemaDocument | undefined, below: string, change?: Partial<PartPlace>) => void,
): void {
  const apart = schema["x-kubernetes-list-type"] === "map" ? undefined : path;
  const inside = { uncorrelatable: uncorrelatable ?? apart };
  visit(itemsOf(schema), "items", inside);
  if (!Array.isArray(schema.items)) return;
  (schema.items as readonly SchemaDocument[]).forEach((part, index) => visit(part, `items[${index}]`, inside));
}

function ownProblems(schema: SchemaDocument, { path, noDefault, inMetadata }: PartPlace): FieldError[] {
  const errors: FieldError[] = [];
  const { type = "" } = schema;
  if (type !== "" && !TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (schema.default !== undefined && schema.default !== null && noDefault !== undefined) {
    errors.push(forbidden(`${path}.default`, `must not be set ${noDefault}`));
  }
  const unsupported = (
    member: "id" | "additionalItems" | "patternProperties" | "definitions" | "dependencies" | "$ref",
  ) => errors.push(forbidden(`${path}.${member}`, `${member} is not supported`));
  if (schema.id !== undefined && schema.id !== "") unsupported("id");
  if (schema.additionalItems !== undefined) unsupported("additionalItems");
  if (Object.keys(schema.patternProperties ?? {}).length > 0) unsupported("patternProperties");
  if (Object.keys(schema.definitions ?? {}).length > 0) unsupported("definitions");
  if (schema.dependencies !== undefined) unsupported("dependencies");
  if (schema.$ref !== undefined) unsupported("$ref");
  if (type === "null") {
    errors.push(forbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative"));
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    errors.push(forbidden(`${path}.items`, "items must be a schema object and not an array"));
  }
  if (inMetadata && schema["x-kubernetes-embedded-resource"] === true) {
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, "must not be used inside of resource meta"));
  }
  if (schema.uniqueItems === true) {
    const text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    errors.push(forbidden(`${path}.uniqueItems`, text));
  }
  return errors;
}

function extensionProblems(schema: SchemaDocument, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    errors.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  }
  const mapType = schema["x-kubernetes-map-type"];
  if (mapType === undefined) return errors;
  const { type = "" } = schema;
  if (type !== "object") {
    const text = "must be object if x-kubernetes-map-type is specified";
    errors.push(type === "" ? required(`${path}.type`, text) : invalidValue(`${path}.type`, type, text));
  }
  if (mapType !== "atomic" && mapType !== "granular") {
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]));
  }
  return errors;
}
