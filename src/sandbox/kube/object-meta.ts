import type { Schema } from "./resource-definition.ts";

const TEXT: Schema = { type: "string" };
const TIME: Schema = { type: "string", format: "date-time" };
const TEXT_MAP: Schema = { type: "object", additionalProperties: TEXT };

const OWNER: Schema = {
  type: "object",
  properties: {
    apiVersion: TEXT,
    kind: TEXT,
    name: TEXT,
    uid: TEXT,
    controller: { type: "boolean" },
    blockOwnerDeletion: { type: "boolean" },
  },
  required: ["apiVersion", "kind", "name", "uid"],
  "x-kubernetes-map-type": "atomic",
};
const MANAGED: Schema = {
  type: "object",
  properties: {
    apiVersion: TEXT,
    fieldsType: TEXT,
    fieldsV1: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    manager: TEXT,
    operation: TEXT,
    subresource: TEXT,
    time: TIME,
  },
};

/** `ObjectMeta` as every kind has it, with its merge rules (apimachinery `meta/v1`). */
export const objectMetaSchema: Schema = {
  type: "object",
  properties: {
    name: TEXT,
    generateName: TEXT,
    namespace: TEXT,
    selfLink: TEXT,
    uid: TEXT,
    resourceVersion: TEXT,
    generation: { type: "integer", format: "int64" },
    creationTimestamp: { ...TIME, nullable: true },
    deletionTimestamp: { ...TIME, nullable: true },
    deletionGracePeriodSeconds: { type: "integer", format: "int64", nullable: true },
    labels: TEXT_MAP,
    annotations: TEXT_MAP,
    finalizers: {
      type: "array",
      items: TEXT,
      "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge",
    },
    ownerReferences: {
      type: "array",
      items: OWNER,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "uid",
    },
    managedFields: {
      type: "array",
      items: MANAGED,
      "x-kubernetes-list-type": "atomic",
    },
  },
};

/** The Go structs of metadata, by their schemas. */
export const metadataSchemas: ReadonlyMap<Schema, string> = new Map([
  [objectMetaSchema, "ObjectMeta"],
  [OWNER, "OwnerReference"],
  [MANAGED, "ManagedFieldsEntry"],
]);

const COMPLETED = new WeakMap<Schema, Schema>();

/** The schema of a kind with `apiVersion`, `kind` and full `metadata` in place, whatever the kind's author wrote there. */
export function completeSchema(schema: Schema): Schema {
  let complete = COMPLETED.get(schema);
  if (complete === undefined) {
    complete = {
      ...schema,
      properties: { ...schema.properties, apiVersion: TEXT, kind: TEXT, metadata: objectMetaSchema },
    };
    COMPLETED.set(schema, complete);
  }
  return complete;
}
