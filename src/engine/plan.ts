import type { Difference, Observed } from "./resource-type.ts";
import type { Owner, Problem, Resource } from "./stack.ts";

export type Change =
  | { readonly action: "create"; readonly type: string; readonly id: string; readonly desired: Resource }
  | {
      readonly action: "update";
      readonly type: string;
      readonly id: string;
      readonly desired: Resource;
      readonly observed: Observed;
      readonly differences: readonly Difference[];
    }
  | {
      /** Created anew beside the old one, which is deleted when the new one is ready and nothing refers to the old. */
      readonly action: "replace";
      readonly type: string;
      readonly id: string;
      readonly desired: Resource;
      readonly observed: Observed;
      readonly differences: readonly Difference[];
    }
  | { readonly action: "delete"; readonly type: string; readonly id: string; readonly observed: Observed };

/** A change that is wanted and refused. */
export interface BlockedChange {
  readonly change: Change;
  /** `ReplacementBlocked` or `DeletionBlocked`. */
  readonly reason: string;
  readonly message: string;
}

/** An ordered list of changes that turns what AWS holds into what a Stack wants. */
export interface Plan {
  readonly owner: Owner;
  /** Creates, updates and replacements so that each stands after what it refers to; then deletions, in reverse. */
  readonly changes: readonly Change[];
  readonly blocked: readonly BlockedChange[];
  /** Desired resources that are already as they shall be. */
  readonly kept: readonly Observed[];
  /** Desired resources whose predecessor AWS is still deleting. */
  readonly waiting: readonly { readonly type: string; readonly id: string; readonly reason: string }[];
  readonly problems: readonly Problem[];
}
