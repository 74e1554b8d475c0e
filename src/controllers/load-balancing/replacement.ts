import { refsIn } from "../../engine/references.ts";
import { type Resource, resourceKey } from "../../engine/stack.ts";
import { sha256Hex } from "../../json.ts";
import { generationTag } from "../../resources/elbv2/generation.ts";
import { cut } from "./names.ts";

/** A load balancer that bears the ownership tags of a Stack. */
export interface LivingLoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly scheme: "internal" | "internet-facing";
  /** Of one that has replaced another. */
  readonly generation?: string;
}

/** The load balancer that a Stack shall have, in relation to those that it has. */
export type Succession<Living extends LivingLoadBalancer> =
  /** There is none yet. */
  | { readonly kind: "first" }
  /** This one is, or becomes, what is wanted. */
  | { readonly kind: "stays"; readonly present: Living }
  /** A new one is made beside this one, and takes over when its targets are healthy. */
  | { readonly kind: "replaces"; readonly predecessor: Living; readonly generation: string };

/** `living`: the newest first. `fits`: what cannot be changed in place is as wanted. */
export function successionOf<Living extends LivingLoadBalancer>(
  living: readonly Living[],
  fits: (one: Living) => boolean,
): Succession<Living> {
  const present = living.find(fits);
  if (present !== undefined) return { kind: "stays", present };
  const [predecessor] = living;
  if (predecessor === undefined) return { kind: "first" };
  return { kind: "replaces", predecessor, generation: sha256Hex([predecessor.arn], 4) };
}

/** A name that is taken while its holder lives beside its successor. */
export function suffixed(name: string, suffix: string): string {
  return `${cut(name, 31 - suffix.length).replace(/-+$/, "")}-${suffix}`;
}

/**
 * The same resources for a load balancer that has replaced, or shall replace, another: it and its target groups say
 * which generation they are, and target groups and their bindings have names of their own.
 */
export function inGeneration(
  resources: readonly Resource[],
  loadBalancerID: string,
  generation: string | undefined,
): readonly Resource[] {
  if (generation === undefined) return resources;
  const groups = targetGroupsBehind(resources, loadBalancerID);
  const marked = (resource: Resource, name: object = {}): Resource => {
    const spec = resource.spec as { readonly tags?: Readonly<Record<string, string>> };
    return { ...resource, spec: { ...spec, ...name, tags: { ...spec.tags, [generationTag]: generation } } };
  };
  return resources.map((resource) => {
    if (resource.type === "elbv2/LoadBalancer") return resource.id === loadBalancerID ? marked(resource) : resource;
    if (resource.type === "elbv2/TargetGroup") {
      if (!groups.has(resourceKey(resource))) return resource;
      const { name } = resource.spec as { readonly name: string };
      return marked(resource, { name: suffixed(name, generation) });
    }
    if (resource.type !== "kubernetes/TargetGroupBinding") return resource;
    if (!refsIn(resource.spec).some(({ $ref }) => groups.has(resourceKey($ref)))) return resource;
    const spec = resource.spec as { readonly namespace: string; readonly name: string };
    const name = suffixed(spec.name, generation);
    return { ...resource, id: `${spec.namespace}/${name}`, spec: { ...spec, name } };
  });
}

/** All but those of another load balancer of the Stack. One that no rule refers to now may be referred to later. */
function targetGroupsBehind(resources: readonly Resource[], loadBalancerID: string): ReadonlySet<string> {
  const others = resources.filter(({ type, id }) => type === "elbv2/LoadBalancer" && id !== loadBalancerID);
  const reached = new Set(others.map(resourceKey));
  for (const type of ["elbv2/Listener", "elbv2/Rule"]) {
    for (const resource of resources) {
      if (resource.type !== type) continue;
      const keys = refsIn(resource.spec).map(({ $ref }) => resourceKey($ref));
      if (keys.some((key) => reached.has(key))) for (const key of [resourceKey(resource), ...keys]) reached.add(key);
    }
  }
  const groups = resources.filter(({ type }) => type === "elbv2/TargetGroup").map(resourceKey);
  return new Set(groups.filter((key) => !reached.has(key)));
}
