import type { CallContext, Difference } from "../engine/resource-type.ts";
import type { Ownership, Resource } from "../engine/stack.ts";
import type { Tags } from "./elbv2/specs.ts";

/** Tags of resources that somebody else keeps, by the operator's settings: neither compared nor removed. */
export interface TagPolicy {
  readonly externalKeys: ReadonlySet<string>;
}

export const noExternalTags: TagPolicy = { externalKeys: new Set() };

/**
 * Tags that predecessors of the AWS Load Balancer Controller and the in-tree provider left on load balancers, target groups
 * and security groups; they stay.
 */
const legacyKeys = new Set([
  "kubernetes.io/cluster-name",
  "kubernetes.io/namespace",
  "kubernetes.io/ingress-name",
  "kubernetes.io/service-name",
  "kubernetes.io/service-port",
  "ingress.k8s.aws/cluster",
]);

export function ownershipOf(resource: Resource, context: CallContext): Ownership {
  return resource.shared?.ownership ?? context.ownership;
}

/** All tags that the resource shall bear. */
export function wantedTags(resource: Resource<{ readonly tags: Tags }>, context: CallContext): Tags {
  return { ...resource.spec.tags, ...ownershipTags(resource, context) };
}

/** The tags that make it ours, and say which of ours it is. */
export function ownershipTags(resource: Resource, context: CallContext): Tags {
  const { tags, idTag } = ownershipOf(resource, context);
  return idTag === "" ? tags : { ...tags, [idTag]: resource.id };
}

/**
 * AWS's tags in the words of a spec: without the ownership tags where they are right, and without those that we leave alone.
 * An ownership tag that is missing stays visible as an empty one, so that it counts as a difference.
 */
export function tagsAsSpec(present: Tags, ownership: Tags, policy: TagPolicy): Tags {
  const kept = Object.entries(present).filter(
    ([key, value]) => ownership[key] !== value && !isLeftAlone(key, policy) && !(key in ownership),
  );
  const wrong = Object.keys(ownership)
    .filter((key) => present[key] !== ownership[key])
    .map((key) => [key, present[key] ?? ""] as const);
  return Object.fromEntries([...kept, ...wrong]);
}

function isLeftAlone(key: string, { externalKeys }: TagPolicy): boolean {
  return (
    key.startsWith("aws:") || externalKeys.has(key) || legacyKeys.has(key) || key.startsWith("kubernetes.io/cluster/")
  );
}

/** One difference a tag. `observed` undefined: the tags were not read. */
export function compareTags(desired: Tags, observed: Tags | undefined): Difference[] {
  if (observed === undefined) return [];
  const keys = [...new Set([...Object.keys(desired), ...Object.keys(observed)])].sort();
  return keys
    .filter((key) => desired[key] !== observed[key])
    .map((key) => ({ field: `tags.${key}`, from: observed[key], to: desired[key] }));
}

/** What the differences ask for: tags to set, and keys to take off. */
export function tagChanges(
  differences: readonly Difference[],
  wanted: Tags,
): { readonly set: Tags; readonly remove: readonly string[] } {
  const keys = differences.filter(({ field }) => field.startsWith("tags.")).map(({ field }) => field.slice(5));
  return {
    set: Object.fromEntries(keys.flatMap((key) => (wanted[key] === undefined ? [] : [[key, wanted[key]]]))),
    remove: keys.filter((key) => wanted[key] === undefined),
  };
}
