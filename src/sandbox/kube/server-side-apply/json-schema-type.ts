import type { ListType, MapType, MergeType } from "./merge-type.ts";

const scalarFields: Readonly<Record<NonNullable<MergeType["scalar"]>, string>> = {
  string:
    "$ref $schema description format id pattern title type x-kubernetes-list-type x-kubernetes-map-type rule message messageExpression reason fieldPath url",
  numeric: "maxItems maxLength maxProperties maximum minItems minLength minProperties minimum multipleOf",
  boolean:
    "exclusiveMaximum exclusiveMinimum nullable uniqueItems x-kubernetes-embedded-resource x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields optionalOldSelf",
  untyped: "",
};
const validationFields = ["rule", "message", "messageExpression", "reason", "fieldPath", "optionalOldSelf"];

/**
 * The type of a JSON schema inside a CustomResourceDefinition, which contains itself and so is not made of the models.
 * `anything` is the type of parts without structure.
 */
export function jsonSchemaType(anything: MergeType): MergeType {
  const scalars = new Map<string, MergeType>();
  for (const [scalar, names] of Object.entries(scalarFields)) {
    for (const name of names.split(" ")) scalars.set(name, { scalar: scalar as NonNullable<MergeType["scalar"]> });
  }
  const struct = (names: readonly string[]): MergeType => ({
    map: {
      atomic: false,
      field: (name) => (names.includes(name) ? scalars.get(name) : undefined),
      element: () => undefined,
    },
  });
  const list = (items: () => MergeType, keys: readonly string[] = []): MergeType => ({
    list: { associative: keys.length > 0, keys, items, keyDefault: () => "" } satisfies ListType,
  });
  const mapOf = (element: () => MergeType): MergeType => ({
    map: { atomic: false, field: () => undefined, element } satisfies MapType,
  });
  const schema: MergeType = { map: { atomic: false, field: (name) => fields.get(name), element: () => undefined } };
  const text: MergeType = { scalar: "string" };
  const fields = new Map<string, MergeType>([
    ...[...scalars].filter(([name]) => !validationFields.includes(name) && name !== "url"),
    ...["items", "additionalItems", "additionalProperties", "default", "example"].map(
      (name) => [name, anything] as const,
    ),
    ...["properties", "patternProperties", "definitions"].map((name) => [name, mapOf(() => schema)] as const),
    ["dependencies", mapOf(() => anything)],
    ["not", schema],
    ...["allOf", "anyOf", "oneOf"].map((name) => [name, list(() => schema)] as const),
    ["enum", list(() => anything)],
    ["required", list(() => text)],
    ["x-kubernetes-list-map-keys", list(() => text)],
    ["x-kubernetes-validations", list(() => struct(validationFields), ["rule"])],
    ["externalDocs", struct(["description", "url"])],
  ]);
  return schema;
}
