import { closest } from "./planner.ts";
import { resolveRefs } from "./references.ts";
import type { Registry } from "./registry.ts";
import type { CallContext, Observed } from "./resource-type.ts";
import { type Resource, resourceKey, type Stack } from "./stack.ts";

/**
 * Reads what AWS holds for a Stack: parents first, types of the same depth side by side.
 *
 * `only` limits the reading to these types (and keeps `known` for all others): a resource that is still being made is
 * looked at again without reading its finished neighbours.
 */
export async function observeStack(
  stack: Stack,
  registry: Registry,
  context: CallContext,
  partial?: { readonly only: ReadonlySet<string>; readonly known: readonly Observed[] },
): Promise<readonly Observed[]> {
  const types = registry.inOrder([...stack.types, ...stack.resources.map((resource) => resource.type)]);
  const found = new Map<string, Promise<readonly Observed[]>>();
  for (const type of types) {
    found.set(type, observeType(type, found));
  }
  // Settled as a whole, so that one failing read leaves no other promise unhandled.
  const results = await Promise.allSettled(found.values());
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason as Error;
  return results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));

  async function observeType(
    name: string,
    earlier: ReadonlyMap<string, Promise<readonly Observed[]>>,
  ): Promise<readonly Observed[]> {
    const type = registry.get(name);
    const before = registry.inOrder(allBefore(name, registry));
    const instances = await Promise.all(before.map((other) => earlier.get(other) ?? Promise.resolve([])));
    const related = instances.flat();
    const outputs = outputsOf(stack, before, related, registry);
    const desired: readonly Resource[] = stack.resources
      .filter((resource) => resource.type === name)
      .map((resource) => ({ ...resource, spec: resolveRefs(resource.spec, outputs) }));
    if (partial !== undefined && !partial.only.has(name)) {
      const known = partial.known.filter((instance) => instance.type === name);
      // What is identified by its content is paired with what is wanted now, whether or not it was read again.
      return type.match?.(desired, known) ?? known;
    }
    const parents = related.filter((instance) => type.parents.includes(instance.type));
    const names = stack.names?.[name] ?? [];
    const observed = await type.observe({ desired, parents, names }, context);
    return type.match?.(desired, observed) ?? observed;
  }
}

/** The types that must be read before this one, and those before them. */
function allBefore(name: string, registry: Registry, found = new Set<string>()): ReadonlySet<string> {
  const { parents, dependsOn } = registry.get(name);
  for (const other of [...parents, ...dependsOn]) {
    if (other === name || found.has(other)) continue;
    found.add(other);
    allBefore(other, registry, found);
  }
  return found;
}

/** What resources may refer to. Of several instances of one resource it is the one that the plan will keep. */
function outputsOf(
  stack: Stack,
  types: readonly string[],
  observed: readonly Observed[],
  registry: Registry,
): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const byKey = Map.groupBy(observed, resourceKey);
  const outputs = new Map(observed.map((instance) => [resourceKey(instance), instance.outputs]));
  for (const type of types) {
    for (const resource of stack.resources) {
      const instances = resource.type === type ? (byKey.get(resourceKey(resource)) ?? []) : [];
      if (instances.length < 2) continue;
      const best = closest(resolveRefs(resource.spec, outputs), instances, registry.get(type));
      if (best !== undefined) outputs.set(resourceKey(resource), best.observed.outputs);
    }
  }
  return outputs;
}
