import {
  anything,
  intOrStringSchema,
  microTimeSchema,
  modelOf,
  modelSchema,
  quantitySchema,
  timeSchema,
} from "./builtin/model-schema.ts";
import { fieldDescriptions, modelDescription } from "./openapi-descriptions.ts";
import { type FieldPlace, fieldFacts, schemaUnions, shortName } from "./openapi-field-rules.ts";
import { namedTypes } from "./openapi-named-types.ts";
import { metaSchemaName, modelSchemaName, type OpenApiVersion, rootSchemaName, schemaPrefix } from "./openapi-names.ts";
import type { ResourceDefinition, Schema } from "./resource-definition.ts";
import { subresourcesOf } from "./served-subresources.ts";

const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const rawExtensionName = "io.k8s.apimachinery.pkg.runtime.RawExtension";
/** Types with schemas of their own wherever a built-in kind has them. */
const sharedTypes: ReadonlyMap<Schema, string> = new Map([
  [quantitySchema, quantityName],
  [timeSchema, metaSchemaName("Time")],
  [microTimeSchema, metaSchemaName("MicroTime")],
  [intOrStringSchema, "io.k8s.apimachinery.pkg.util.intstr.IntOrString"],
  [anything, rawExtensionName],
]);
/** Where raw JSON is of another type than `RawExtension`. */
const rawTypes: Readonly<Record<string, string>> = {
  "apiextensions.v1.CustomResourceSubresources.status":
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus",
  "meta.v1.ManagedFieldsEntry.fieldsV1": metaSchemaName("FieldsV1"),
};
const subresourceModels: Readonly<Record<string, string>> = {
  Binding: "V1Binding",
  Eviction: "V1Eviction",
  Scale: "V1Scale",
  TokenRequest: "AuthenticationV1TokenRequest",
};
const metadataModel = "V1ObjectMeta";
const listMetadataModel = "V1ListMeta";

/** The named schemas of an OpenAPI document: one for each kind and for each structure that the built-in kinds refer to. */
export function openApiSchemas(
  definitions: readonly ResourceDefinition[],
  version: OpenApiVersion,
): Record<string, unknown> {
  const writer = new SchemaWriter(version);
  for (const definition of definitions) writer.addRoot(definition);
  return writer.schemas;
}

class SchemaWriter {
  readonly schemas: Record<string, unknown> = {};
  /** Schemas of custom kinds are published as they were given. */
  #custom = false;
  readonly #version: OpenApiVersion;

  constructor(version: OpenApiVersion) {
    this.#version = version;
  }

  addRoot(definition: ResourceDefinition): void {
    const { group, version, kind, listKind, schema } = definition;
    const name = rootSchemaName(definition);
    const model = modelOf(schema);
    const body = model === undefined ? this.#customRoot(schema) : this.#structure(schema, model);
    this.schemas[name] = { ...body, "x-kubernetes-group-version-kind": [{ group, kind, version }] };
    this.#addShared(definition);
    if (!definition.verbs.includes("list")) return;
    const reference = model === undefined ? this.#reference(name) : this.#wrapped(name);
    const filled = model === undefined || this.#version === "v2" ? {} : { default: {} };
    this.schemas[`${name}List`] = {
      type: "object",
      description: `${listKind} is a list of ${kind}`,
      required: ["items"],
      properties: {
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: { ...this.#wrapped(this.#model(listMetadataModel)), ...filled },
        items: { type: "array", items: { ...reference, ...filled } },
      },
      "x-kubernetes-group-version-kind": [{ group, kind: listKind, version }],
    };
  }

  /** What the paths of a resource refer to. */
  #addShared(definition: ResourceDefinition): void {
    const { verbs } = definition;
    this.#root("V1APIResourceList", "");
    if (verbs.includes("patch")) this.#named(metaSchemaName("Patch"));
    if (verbs.includes("delete")) for (const model of ["V1DeleteOptions", "V1Status"]) this.#root(model, "");
    if (verbs.includes("watch")) {
      this.#named(rawExtensionName);
      this.#named(metaSchemaName("WatchEvent"));
    }
    for (const { kind, group } of subresourcesOf(definition)) {
      const model = subresourceModels[kind];
      if (model !== undefined) this.#root(model, group);
    }
  }

  /** Adds the schema of a kind that is no resource. */
  #root(model: string, group: string): void {
    const name = this.#model(model);
    const kind = name.slice(name.lastIndexOf(".") + 1);
    const body = this.schemas[name] as Record<string, unknown>;
    this.schemas[name] = { ...body, "x-kubernetes-group-version-kind": [{ group, kind, version: "v1" }] };
  }

  #customRoot(schema: Schema): Record<string, unknown> {
    this.#custom = true;
    const written = this.#write(schema) as Record<string, unknown>;
    this.#custom = false;
    const meta = fieldDescriptions("V1Deployment");
    const described = (name: string): Record<string, unknown> => {
      const description = meta.get(name);
      return description === undefined ? {} : { description };
    };
    return {
      ...written,
      properties: {
        ...(written["properties"] as Record<string, unknown> | undefined),
        apiVersion: { ...described("apiVersion"), type: "string" },
        kind: { ...described("kind"), type: "string" },
        metadata: { ...this.#wrapped(this.#model(metadataModel)), description: "Standard object's metadata." },
      },
    };
  }

  /** `place` is where the schema stands in a built-in kind. */
  #write(schema: Schema, place?: FieldPlace): unknown {
    const facts = place === undefined ? {} : fieldFacts(schema, place, this.#version);
    const type = this.#custom ? undefined : sharedTypes.get(schema);
    if (type !== undefined) return { ...this.#named(rawTypes[shortName(place?.path ?? "")] ?? type), ...facts };
    const model = modelOf(schema);
    if (model !== undefined) {
      const strategy = schema["x-kubernetes-patch-strategy"];
      const granular = schema["x-kubernetes-map-type"] === "granular" ? { "x-kubernetes-map-type": "granular" } : {};
      const reference = { ...this.#wrapped(this.#model(model)), ...facts, ...granular };
      return strategy === undefined ? reference : { ...reference, "x-kubernetes-patch-strategy": strategy };
    }
    return { ...this.#plain(schema, place), ...facts };
  }

  #plain(schema: Schema, place: FieldPlace | undefined): Record<string, unknown> {
    const { properties, items, additionalProperties, allOf, anyOf, oneOf, not, nullable, ...rest } = schema;
    const many = (members: readonly Schema[]): unknown[] => members.map((member) => this.#write(member));
    const inside = (suffix: string): FieldPlace | undefined =>
      place === undefined ? undefined : { path: `${place.path}${suffix}`, always: true };
    return {
      ...rest,
      ...(schema["x-kubernetes-int-or-string"] === true && schema.type === undefined
        ? this.#version === "v2"
          ? { type: "string", format: "int-or-string" }
          : { anyOf: [{ type: "integer" }, { type: "string" }] }
        : {}),
      ...(nullable === true && (this.#custom || schema.default === null) ? { nullable } : {}),
      ...(properties === undefined
        ? {}
        : {
            properties: Object.fromEntries(
              Object.entries(properties).map(([name, member]) => [name, this.#write(member)]),
            ),
          }),
      ...(items === undefined ? {} : { items: this.#write(items, inside("[]")) }),
      ...(additionalProperties === undefined
        ? {}
        : {
            additionalProperties:
              typeof additionalProperties === "boolean"
                ? additionalProperties
                : this.#write(additionalProperties, inside("{}")),
          }),
      // Version 2 of OpenAPI has no anyOf, oneOf and not; the API server leaves them out there.
      ...(allOf === undefined ? {} : { allOf: many(allOf) }),
      ...(this.#version === "v2" || anyOf === undefined ? {} : { anyOf: many(anyOf) }),
      ...(this.#version === "v2" || oneOf === undefined ? {} : { oneOf: many(oneOf) }),
      ...(this.#version === "v2" || not === undefined ? {} : { not: this.#write(not) }),
    };
  }

  #structure(schema: Schema, model: string): Record<string, unknown> {
    const custom = this.#custom;
    this.#custom = false;
    const name = modelSchemaName(model);
    const descriptions = fieldDescriptions(model);
    const description = modelDescription(model);
    const properties: Record<string, unknown> = {};
    for (const [field, member] of Object.entries(schema.properties ?? {})) {
      const text = descriptions.get(field);
      const always = schema.required?.includes(field) === true;
      const written = this.#write(member, { path: `${name}.${field}`, always }) as Record<string, unknown>;
      properties[field] = text === undefined ? written : { ...written, description: text };
    }
    const { properties: _, nullable: __, "x-kubernetes-patch-strategy": ___, ...rest } = schema;
    this.#custom = custom;
    return {
      ...rest,
      ...schemaUnions(name),
      ...(description === undefined ? {} : { description }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    };
  }

  /** Adds the model's schema if it is not there yet; returns its name. */
  #model(model: string): string {
    const name = modelSchemaName(model);
    if (this.schemas[name] === undefined) {
      const placeholder: Record<string, unknown> = {};
      this.schemas[name] = placeholder;
      this.schemas[name] = this.#structure(modelSchema(model), model);
    }
    return name;
  }

  #named(name: string): Record<string, unknown> {
    this.schemas[name] ??= namedTypes[this.#version][name];
    return this.#wrapped(name);
  }

  /** A reference that can have siblings: OpenAPI allows none beside a bare `$ref`. */
  #wrapped(name: string): Record<string, unknown> {
    return this.#version === "v2" ? this.#reference(name) : { allOf: [this.#reference(name)] };
  }

  #reference(name: string): Record<string, unknown> {
    return { $ref: `${schemaPrefix(this.#version)}${name}` };
  }
}
