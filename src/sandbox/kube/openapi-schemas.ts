import { modelOf, modelSchema, quantitySchema } from "./builtin/model-schema.ts";
import { fieldDescriptions, modelDescription } from "./openapi-descriptions.ts";
import { modelSchemaName, type OpenApiVersion, rootSchemaName, schemaPrefix } from "./openapi-names.ts";
import type { ResourceDefinition, Schema } from "./resource-definition.ts";

const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
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
    this.schemas[`${name}List`] = {
      type: "object",
      description: `${listKind} is a list of ${kind}`,
      required: ["items"],
      properties: {
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: this.#wrapped(this.#model(listMetadataModel)),
        items: { type: "array", items: this.#reference(name) },
      },
      "x-kubernetes-group-version-kind": [{ group, kind: listKind, version }],
    };
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

  #write(schema: Schema): unknown {
    if (schema === quantitySchema) return this.#quantity();
    const model = modelOf(schema);
    if (model !== undefined) {
      const strategy = schema["x-kubernetes-patch-strategy"];
      const reference = this.#wrapped(this.#model(model, schema));
      return strategy === undefined ? reference : { ...reference, "x-kubernetes-patch-strategy": strategy };
    }
    return this.#plain(schema);
  }

  #plain(schema: Schema): Record<string, unknown> {
    const { properties, items, additionalProperties, allOf, anyOf, oneOf, not, nullable, ...rest } = schema;
    const many = (members: readonly Schema[]): unknown[] => members.map((member) => this.#write(member));
    return {
      ...rest,
      ...(schema["x-kubernetes-int-or-string"] === true && schema.type === undefined
        ? this.#version === "v2"
          ? { type: "string", format: "int-or-string" }
          : this.#custom
            ? { anyOf: [{ type: "integer" }, { type: "string" }] }
            : { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] }
        : {}),
      ...(nullable === true && (this.#custom || schema.default === null) ? { nullable } : {}),
      ...(properties === undefined
        ? {}
        : {
            properties: Object.fromEntries(
              Object.entries(properties).map(([name, member]) => [name, this.#write(member)]),
            ),
          }),
      ...(items === undefined ? {} : { items: this.#write(items) }),
      ...(additionalProperties === undefined
        ? {}
        : {
            additionalProperties:
              typeof additionalProperties === "boolean" ? additionalProperties : this.#write(additionalProperties),
          }),
      // Version 2 of OpenAPI has no anyOf, oneOf and not; the API server leaves them out there.
      ...(allOf === undefined ? {} : { allOf: many(allOf) }),
      ...(this.#version === "v2" || anyOf === undefined ? {} : { anyOf: many(anyOf) }),
      ...(this.#version === "v2" || oneOf === undefined ? {} : { oneOf: many(oneOf) }),
      ...(this.#version === "v2" || not === undefined ? {} : { not: this.#write(not) }),
    };
  }

  #structure(schema: Schema, model: string): Record<string, unknown> {
    const descriptions = fieldDescriptions(model);
    const description = modelDescription(model);
    const properties: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const text = descriptions.get(name);
      const written = this.#write(member) as Record<string, unknown>;
      properties[name] = text === undefined ? written : { ...written, description: text };
    }
    const { properties: _, nullable: __, ...rest } = schema;
    return {
      ...rest,
      ...(description === undefined ? {} : { description }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    };
  }

  /** Adds the model's schema if it is not there yet; returns its name. */
  #model(model: string, schema?: Schema): string {
    const name = modelSchemaName(model);
    if (this.schemas[name] === undefined) {
      const placeholder: Record<string, unknown> = {};
      this.schemas[name] = placeholder;
      const source = schema ?? modelSchema(model);
      const { "x-kubernetes-patch-strategy": _, ...own } = source;
      this.schemas[name] = this.#structure(own, model);
    }
    return name;
  }

  #quantity(): Record<string, unknown> {
    this.schemas[quantityName] ??= {
      description: "Quantity is a fixed-point representation of a number, such as 500m, 2Gi or 1.5.",
      ...(this.#version === "v2" ? { type: "string" } : { oneOf: [{ type: "string" }, { type: "number" }] }),
    };
    return this.#wrapped(quantityName);
  }

  /** A reference that can have siblings: OpenAPI allows none beside a bare `$ref`. */
  #wrapped(name: string): Record<string, unknown> {
    return this.#version === "v2" ? this.#reference(name) : { allOf: [this.#reference(name)] };
  }

  #reference(name: string): Record<string, unknown> {
    return { $ref: `${schemaPrefix(this.#version)}${name}` };
  }
}
