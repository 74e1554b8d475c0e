import type { ResourceDefinition } from "./resource-definition.ts";

export interface ServedSubresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** Subresources that are no part of a resource definition because only one kind has them. */
const extraSubresources: Readonly<Record<string, readonly ServedSubresource[]>> = {
  "/namespaces": [{ name: "finalize", group: "", version: "v1", kind: "Namespace", verbs: ["update"] }],
  "/pods": [
    { name: "binding", group: "", version: "v1", kind: "Binding", verbs: ["create"] },
    { name: "eviction", group: "policy", version: "v1", kind: "Eviction", verbs: ["create"] },
  ],
  "/serviceaccounts": [
    { name: "token", group: "authentication.k8s.io", version: "v1", kind: "TokenRequest", verbs: ["create"] },
  ],
};

/** What discovery and OpenAPI name beside a resource, such as its status. */
export function subresourcesOf(definition: ResourceDefinition): readonly ServedSubresource[] {
  const { group, version, kind } = definition;
  const verbs = ["get", "patch", "update"];
  return [
    ...(definition.hasStatus ? [{ name: "status", group, version, kind, verbs }] : []),
    ...(definition.scale === undefined
      ? []
      : [{ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs }]),
    ...(extraSubresources[`${group}/${definition.plural}`] ?? []),
  ];
}
