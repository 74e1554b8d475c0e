import type { Logger } from "../log.ts";
import type { Ownership, Resource } from "./stack.ts";

/**
 * - `ready`: settled and usable.
 * - `pending`: AWS is still working (`provisioning`, `CREATING`); dependents that need a settled resource wait.
 * - `failed`: AWS gave up; `reason` says why.
 * - `deleting`: on its way out.
 */
export type ResourceState = "ready" | "pending" | "failed" | "deleting";

/** One resource as AWS holds it now. */
export interface Observed<Spec = unknown> {
  readonly type: string;
  readonly id: string;
  /** The same fields as the desired spec, in AWS's words; a field that was not read is absent. */
  readonly spec: Spec;
  /** What other resources may refer to: `arn`, `dnsName`, `id` ... */
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: ResourceState;
  readonly reason?: string;
}

/** One field in which desired and observed differ. */
export interface Difference {
  /** Path inside the spec, such as `healthCheck.path`. */
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
  /** The field cannot be changed in place: the resource is created anew, then the old one is deleted. */
  readonly replace?: boolean;
}

export interface CallContext {
  readonly signal: AbortSignal;
  readonly ownership: Ownership;
  readonly log: Logger;
  /**
   * - `shallow`: answer from the shared inventory alone, without a call for this resource; fields that it does not hold
   *   are left out. Types that are not inventoried are not asked.
   * - `normal`: read what the inventory does not hold.
   * - `full`: read AWS even where a cached answer of our own is at hand.
   */
  readonly depth: "shallow" | "normal" | "full";
}

export interface ObserveQuery<Spec> {
  /** The desired resources of this type; Refs that could be resolved are, others are left as Refs. */
  readonly desired: readonly Resource<Spec>[];
  /** What was observed of the types named in `parents`. */
  readonly parents: readonly Observed[];
  /** Names from `Stack.names` of this type; what bears one is ours only if its tags say so. */
  readonly names?: readonly string[];
}

export type DeleteResult =
  /** Gone, or AWS has accepted the deletion and nothing is left to do. */
  | { readonly kind: "deleted" }
  /** Something still holds it, or AWS is still deleting: ask again. */
  | { readonly kind: "waiting"; readonly reason: string; readonly retryAfterMs: number };

/** What became of one change of a batch. */
export type BatchResult<Spec> =
  | { readonly id: string; readonly observed: Observed<Spec> }
  | { readonly id: string; readonly deleted: true }
  | { readonly id: string; readonly error: unknown };

export type BatchChange<Spec> =
  | { readonly kind: "create"; readonly resource: Resource<Spec> }
  | {
      readonly kind: "update";
      readonly resource: Resource<Spec>;
      readonly observed: Observed<Spec>;
      readonly differences: readonly Difference[];
    }
  | { readonly kind: "delete"; readonly observed: Observed<Spec> };

/**
 * One kind of AWS resource: it knows how to find, compare, create, update and delete itself, and nothing of
 * Kubernetes kinds or of other resources beyond the strings in its spec. Every call is idempotent, so that a crash
 * between the AWS call and the next step leaves nothing that the next reconcile does not recognise and finish.
 *
 * `spec` in all calls has every Ref resolved.
 */
export interface ResourceType<Spec = unknown> {
  /** Such as `elbv2/TargetGroup`. */
  readonly type: string;
  /** The AWS actions it uses, such as `elasticloadbalancing:CreateTargetGroup`; the shipped IAM policy is made of these. */
  readonly iamActions: readonly string[];
  /** Types that a resource of this type may refer to: created before it, deleted after it. */
  readonly dependsOn: readonly string[];
  /** Types whose observed instances are needed to find this type's (a listener is found under its load balancer). */
  readonly parents: readonly string[];
  /** The shared inventory knows all instances: a shallow look costs no call. */
  readonly inventoried?: boolean;
  /** The parent type whose deletion takes this type's instances along, so that they need no call of their own. */
  readonly deletedWith?: string;
  /** Types whose instances are deleted first, because this one keeps them working to the end. */
  readonly deletedAfter?: readonly string[];

  observe(query: ObserveQuery<Spec>, context: CallContext): Promise<readonly Observed<Spec>[]>;

  /**
   * Pairs observed instances with desired ones where identity is content rather than a tag (rules of a listener keep
   * their identity when their priority moves): returns the observed instances with the ids they shall be known by.
   */
  match?(desired: readonly Resource<Spec>[], observed: readonly Observed<Spec>[]): readonly Observed<Spec>[];

  /** Pure. Fields that the desired spec leaves out are not compared; values that mean the same compare equal. */
  compare(desired: Spec, observed: Spec): readonly Difference[];

  create(resource: Resource<Spec>, context: CallContext): Promise<Observed<Spec>>;

  /** Changes `differences` in place, in as few calls as AWS allows. */
  update(
    change: {
      readonly resource: Resource<Spec>;
      readonly observed: Observed<Spec>;
      readonly differences: readonly Difference[];
    },
    context: CallContext,
  ): Promise<Observed<Spec>>;

  delete(observed: Observed<Spec>, context: CallContext): Promise<DeleteResult>;

  /** For types whose changes are better made together (rules of one listener): replaces create, update and delete. */
  readonly batch?: {
    /** Changes with the same key are applied by one call of `apply`. */
    key(spec: Spec): string;
    apply(changes: readonly BatchChange<Spec>[], context: CallContext): Promise<readonly BatchResult<Spec>[]>;
  };

  /**
   * Why this observed resource must not be deleted or replaced now (deletion protection), or undefined. Pure.
   * `allowed` is true when the user asked for its removal knowing so.
   */
  protectedBy?(observed: Observed<Spec>): string | undefined;

  /**
   * Why an instance is never exchanged for a new one by itself, in words for the user. Differences that would need it
   * are refused as `ReplacementBlocked`; the others are still made.
   */
  readonly neverReplaced?: string;

  /** When to look again at a resource in state `pending`, in milliseconds. Default 15 s. */
  readonly pollMs?: number;
}
