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
      /** Created anew beside the old one, which is deleted when nothing refers to it any more. */
      readonly action: "replace";
      readonly type: string;
      readonly id: string;
      readonly desired: Resource;
      readonly observed: Observed;
      readonly differences: readonly Difference[];
    }
  | { readonly action: "delete"; readonly type: string; readonly id: string; readonly observed: Observed };

/** An ordered list of changes that turns what AWS holds into what a Stack wants. */
export interface Plan {
  readonly owner: Owner;
  readonly changes: readonly Change[];
  /** Changes that are wanted and refused, each with the reason (deletion protection, a name taken by others). */
  readonly blocked: readonly { readonly change: Change; readonly reason: string; readonly message: string }[];
  /** Desired resources that are already as they shall be. */
  readonly kept: readonly Observed[];
  readonly problems: readonly Problem[];
}
