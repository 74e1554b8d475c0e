import type { Condition } from "./pod-state.ts";
import { withCondition } from "./pod-state.ts";

/** What is left of a resource in a namespace that is being emptied. */
export interface Remainder {
  /** `plural.group`, with nothing after the point for the core group. */
  readonly resource: string;
  readonly objects: number;
  /** How many of them each finalizer holds. */
  readonly finalizers: ReadonlyMap<string, number>;
}

export interface NamespaceProgress {
  readonly remaining: readonly Remainder[];
  /** What could not be deleted or listed, and why. */
  readonly failures: readonly string[];
}

/** The conditions of a terminating Namespace, in the words of kube-controller-manager. `now` is RFC 3339. */
export function namespaceConditions(
  known: readonly Condition[],
  { remaining, failures }: NamespaceProgress,
  now: string,
): readonly Condition[] {
  const counts = remaining.map(({ resource, objects }) => `${resource} has ${objects} resource instances`).sort();
  const finalizers = new Map<string, number>();
  for (const [name, count] of remaining.flatMap((one) => [...one.finalizers])) {
    finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  }
  const held = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  const failed = `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(", ")}`;
  const next: readonly Condition[] = [
    condition("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    condition(
      "NamespaceDeletionGroupVersionParsingFailure",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ),
    failures.length > 0
      ? condition("NamespaceDeletionContentFailure", "ContentDeletionFailed", failed, "True")
      : condition(
          "NamespaceDeletionContentFailure",
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        ),
    counts.length > 0
      ? condition(
          "NamespaceContentRemaining",
          "SomeResourcesRemain",
          `Some resources are remaining: ${counts.join(", ")}`,
          "True",
        )
      : condition("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    held.length > 0
      ? condition(
          "NamespaceFinalizersRemaining",
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${held.join(", ")}`,
          "True",
        )
      : condition(
          "NamespaceFinalizersRemaining",
          "ContentHasNoFinalizers",
          "All content-preserving finalizers finished",
        ),
  ];
  return next.reduce((conditions, each) => withCondition(conditions, each, now), known);
}

function condition(type: string, reason: string, message: string, status = "False"): Condition {
  return { type, status, reason, message };
}
