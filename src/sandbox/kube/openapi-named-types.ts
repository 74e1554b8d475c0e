import type { OpenApiVersion } from "./openapi-names.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const rawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension";

const both = {
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus": {
    description: "An empty object, by which a custom kind has the subresource.",
    type: "object",
  },
  [`${meta}.FieldsV1`]: { description: "The fields that a manager owns, as a tree of JSON.", type: "object" },
  [`${meta}.Patch`]: {
    description: "The changes of a patch request, in the form of its content type.",
    type: "object",
  },
  [`${meta}.Time`]: { description: "A time as of RFC 3339, to the second.", type: "string", format: "date-time" },
  [`${meta}.MicroTime`]: {
    description: "A time as of RFC 3339, to the microsecond.",
    type: "string",
    format: "date-time",
  },
  [rawExtension]: { description: "An object of any kind.", type: "object" },
};
const quantity = "A fixed-point number such as 500m, 2Gi or 1.5.";
const intOrString = "A whole number or a text.";

/** Schemas of types that are no structures, by their published names. */
export const namedTypes: Readonly<Record<OpenApiVersion, Readonly<Record<string, unknown>>>> = {
  v2: {
    ...both,
    [`${meta}.WatchEvent`]: watchEvent("v2", { $ref: `#/definitions/${rawExtension}` }),
    "io.k8s.apimachinery.pkg.api.resource.Quantity": { description: quantity, type: "string" },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
      description: intOrString,
      type: "string",
      format: "int-or-string",
    },
  },
  v3: {
    ...both,
    [`${meta}.WatchEvent`]: watchEvent("v3", { $ref: `#/components/schemas/${rawExtension}` }),
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
      description: quantity,
      oneOf: [{ type: "string" }, { type: "number" }],
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
      description: intOrString,
      format: "int-or-string",
      oneOf: [{ type: "integer" }, { type: "string" }],
    },
  },
};

function watchEvent(version: OpenApiVersion, object: unknown): unknown {
  return {
    description: "One event of a watch.",
    type: "object",
    required: ["type", "object"],
    properties: { type: { type: "string", ...(version === "v3" ? { default: "" } : {}) }, object },
    "x-kubernetes-group-version-kind": [{ group: "", kind: "WatchEvent", version: "v1" }],
  };
}
