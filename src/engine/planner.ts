import type { BlockedChange, Change, Plan } from "./plan.ts";
import { resolveRefs } from "./references.ts";
import type { Registry } from "./registry.ts";
import type { Difference, Observed, ResourceType } from "./resource-type.ts";
import { type Resource, resourceKey, type Stack } from "./stack.ts";

/**
 * Compares a Stack with what AWS holds. Pure: no call is made, nothing is changed, and equal input gives an equal Plan.
 *
 * - A resource that refers to one which is about to be created differs in that field: the value is known after apply.
 * - Several instances of one id: the one that needs the least change is kept, the others are deleted.
 * - What is protected is neither replaced nor deleted; the refused change is listed in `blocked`.
 */
export function planStack(stack: Stack, observed: readonly Observed[], registry: Registry): Plan {
  const byKey = Map.groupBy(observed, resourceKey);
  const outputs = new Map<string, Readonly<Record<string, string>>>();
  const changes: Change[] = [];
  const blocked: BlockedChange[] = [];
  const kept: Observed[] = [];
  const waiting: { type: string; id: string; reason: string }[] = [];
  const surplus: Observed[] = [];

  for (const desired of inDependencyOrder(stack.resources, registry)) {
    const key = resourceKey(desired);
    const instances = byKey.get(key) ?? [];
    byKey.delete(key);
    const living = instances.filter((instance) => instance.state !== "deleting");
    if (living.length === 0 && instances.length > 0) {
      waiting.push({ type: desired.type, id: desired.id, reason: "its predecessor is still being deleted" });
      continue;
    }
    const spec = resolveRefs(desired.spec, outputs);
    const best = closest(spec, living, registry.get(desired.type));
    if (best === undefined) {
      changes.push({ action: "create", type: desired.type, id: desired.id, desired });
      continue;
    }
    surplus.push(...living.filter((instance) => instance !== best.observed));
    const type = registry.get(desired.type);
    const wanted = changeOf(desired, best.observed, best.differences);
    const protection = wanted?.action === "replace" ? replacementRefusal(type, best) : undefined;
    if (wanted !== undefined && protection !== undefined) {
      blocked.push({
        change: wanted,
        reason: "ReplacementBlocked",
        message: `${desired.type} ${desired.id} is not replaced: ${protection}`,
      });
    }
    const inPlace = type.neverReplaced === undefined ? [] : best.differences.filter((one) => one.replace !== true);
    const change = protection === undefined ? wanted : changeOf(desired, best.observed, inPlace);
    if (change === undefined) kept.push(best.observed);
    else changes.push(change);
    if (change?.action !== "replace" || protection !== undefined) outputs.set(key, best.observed.outputs);
  }

  // A passenger of something that stays (a listener of a load balancer that is not deleted) needs its own deletion;
  // what goes with its parent is listed too, so that the plan is complete, and costs no call.
  const leaving = [...surplus, ...[...byKey.values()].flat()];
  for (const instance of inDeletionOrder(leaving, registry)) {
    const change: Change = { action: "delete", type: instance.type, id: instance.id, observed: instance };
    const protection = registry.get(instance.type).protectedBy?.(instance);
    if (protection === undefined) {
      changes.push(change);
    } else {
      blocked.push({
        change,
        reason: "DeletionBlocked",
        message: `${instance.type} ${instance.id} is not deleted: ${protection}`,
      });
    }
  }
  return {
    owner: stack.owner,
    changes: withoutOrphaningDeletes(changes, blocked, registry),
    blocked,
    kept,
    waiting,
    problems: stack.problems,
  };
}

function changeOf(desired: Resource, observed: Observed, differences: readonly Difference[]): Change | undefined {
  if (differences.length === 0) return undefined;
  const action = differences.some((difference) => difference.replace === true) ? "replace" : "update";
  return { action, type: desired.type, id: desired.id, desired, observed, differences };
}

function replacementRefusal(
  type: ResourceType,
  { observed, differences }: { readonly observed: Observed; readonly differences: readonly Difference[] },
): string | undefined {
  if (type.neverReplaced === undefined) return type.protectedBy?.(observed);
  const fields = differences.filter((difference) => difference.replace === true).map((difference) => difference.field);
  return `${fields.join(", ")} cannot be changed in place; ${type.neverReplaced}`;
}

/** The instance that needs the least change, and what differs. */
export function closest(
  spec: unknown,
  instances: readonly Observed[],
  type: ResourceType,
): { observed: Observed; differences: readonly Difference[] } | undefined {
  return instances
    .map((observed) => ({ observed, differences: type.compare(spec, observed.spec) }))
    .sort((a, b) => cost(a.differences) - cost(b.differences))[0];
}

function cost(differences: readonly Difference[]): number {
  return differences.reduce((sum, difference) => sum + (difference.replace === true ? 1000 : 1), 0);
}

function inDependencyOrder(resources: readonly Resource[], registry: Registry): readonly Resource[] {
  const order = registry.inOrder(resources.map((resource) => resource.type));
  return resources.toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
}

function inDeletionOrder(observed: readonly Observed[], registry: Registry): readonly Observed[] {
  const order = registry.inOrder(observed.map((instance) => instance.type));
  return observed.toSorted((a, b) => order.indexOf(b.type) - order.indexOf(a.type));
}

/**
 * When the deletion of a resource is refused, what it depends on or carries stays as well: a protected load balancer
 * that nobody wants any more keeps its listeners, rules, target groups and security groups.
 */
function withoutOrphaningDeletes(
  changes: readonly Change[],
  blocked: readonly BlockedChange[],
  registry: Registry,
): readonly Change[] {
  const held = new Set(blocked.filter(({ change }) => change.action === "delete").map(({ change }) => change.type));
  if (held.size === 0) return changes;
  const stays = (type: string): boolean =>
    [...held].some(
      (holder) => registry.deletedBefore(holder, type) || carriedBy(type, registry) === holder || type === holder,
    );
  return changes.filter((change) => change.action !== "delete" || !stays(change.type));
}

function carriedBy(type: string, registry: Registry): string | undefined {
  const parent = registry.get(type).deletedWith;
  return parent === undefined ? undefined : (carriedBy(parent, registry) ?? parent);
}
