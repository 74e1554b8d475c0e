import type { DiscoveredResource } from "./cluster-api.ts";

/** The part of `APIGroupDiscoveryList` (apidiscovery.k8s.io/v2) that is read. */
export interface DiscoveryDocument {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind?: string };
        readonly scope: string;
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

/** Each resource once, in the first version that has it: servers name the preferred version first. */
export function discoveredIn({ items }: DiscoveryDocument): readonly DiscoveredResource[] {
  const found = new Map<string, DiscoveredResource>();
  for (const { metadata, versions = [] } of items) {
    const group = metadata?.name ?? "";
    for (const { version, resources = [] } of versions) {
      for (const { resource: plural, responseKind, scope, verbs } of resources) {
        const key = `${group}/${plural}`;
        if (found.has(key)) continue;
        const kind = responseKind?.kind ?? "";
        found.set(key, { group, version, plural, kind, namespaced: scope === "Namespaced", verbs });
      }
    }
  }
  return [...found.values()];
}
