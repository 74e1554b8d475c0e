import type { Session } from "../../session.ts";

const group = "apply.differential.test";

const keyed = (keys: readonly string[], properties: object): object => ({
  type: "array",
  items: { type: "object", required: keys, properties },
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": keys,
});

const text = { type: "string" };
const number = { type: "integer" };

const specProperties = {
  replicas: { type: "integer", format: "int32" },
  selector: text,
  text: { type: "string", default: "unset" },
  nullable: { type: "string", nullable: true },
  flag: { type: "boolean" },
  ratio: { type: "number" },
  port: { "x-kubernetes-int-or-string": true },
  ports: keyed(["port", "protocol"], {
    port: number,
    protocol: { type: "string", default: "TCP" },
    name: text,
    note: { type: "string", default: "d" },
  }),
  rules: keyed(["name"], {
    name: text,
    values: { type: "array", items: text, "x-kubernetes-list-type": "set" },
    options: { type: "object", additionalProperties: text },
  }),
  tags: { type: "array", items: text, "x-kubernetes-list-type": "set" },
  numbers: { type: "array", items: number, "x-kubernetes-list-type": "set" },
  plain: { type: "array", items: { type: "object", properties: { a: text } } },
  atomicList: { type: "array", items: text, "x-kubernetes-list-type": "atomic" },
  labels: { type: "object", additionalProperties: text },
  atomicMap: { type: "object", additionalProperties: text, "x-kubernetes-map-type": "atomic" },
  atomicStruct: { type: "object", properties: { a: text, b: text }, "x-kubernetes-map-type": "atomic" },
  granular: {
    type: "object",
    properties: { a: text, b: { type: "string", default: "b" } },
    "x-kubernetes-map-type": "granular",
  },
  inner: { type: "object", properties: { deep: { type: "object", properties: { a: text, b: text } } } },
  free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  half: {
    type: "object",
    properties: { known: { type: "array", items: text, "x-kubernetes-list-type": "set" } },
    "x-kubernetes-preserve-unknown-fields": true,
  },
  bare: { type: "object" },
  embedded: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
  maps: { type: "object", additionalProperties: { type: "object", properties: { a: text, b: text } } },
};

/** A kind whose schema has every way to merge that a definition can state. */
export interface CustomKind {
  readonly apiVersion: string;
  readonly plural: string;
  readonly kind: string;
}

/** Defines a kind of the scenario's own, and takes it away at the end. */
export async function withCustomKind(
  session: Session,
  kind: string,
  run: (kind: CustomKind) => Promise<void>,
  versions: readonly object[] = [version("v1", { storage: true })],
): Promise<void> {
  const plural = `${kind.toLowerCase()}s`;
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await session.silently("DELETE", `${path}/${plural}.${group}`);
  await session.until(`${path}/${plural}.${group}`, ({ status }) => status === 404);
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: "Namespaced", names: { plural, kind }, versions },
  };
  const made = await session.silently("POST", path, definition);
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const served = { apiVersion: `${group}/v1`, plural, kind };
  await session.until(session.at(served.apiVersion, plural), ({ status }) => status === 200);
  try {
    await run(served);
  } finally {
    await session.silently("DELETE", `${path}/${plural}.${group}`);
  }
}

/** A version of the kind; `spec` changes or adds fields of its `spec`. */
export function version(
  name: string,
  { storage = false, status = true, spec = {} }: { storage?: boolean; status?: boolean; spec?: object } = {},
): object {
  return {
    name,
    served: true,
    storage,
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: { type: "object", properties: { ...specProperties, ...spec } },
          status: {
            type: "object",
            properties: {
              replicas: number,
              selector: text,
              phase: text,
              conditions: keyed(["type"], { type: text, status: text, message: text }),
            },
          },
        },
      },
    },
    subresources: {
      ...(status ? { status: {} } : {}),
      scale: {
        specReplicasPath: ".spec.replicas",
        statusReplicasPath: ".status.replicas",
        labelSelectorPath: ".status.selector",
      },
    },
  };
}
