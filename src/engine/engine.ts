import type { Clock, Random } from "../clock.ts";
import { errorClass } from "../errors.ts";
import type { Logger } from "../log.ts";
import { type AppliedChange, applyPlan, type FailedChange, type WaitingChange } from "./applier.ts";
import { stackHash } from "./hash.ts";
import { observeStack } from "./observer.ts";
import type { Plan } from "./plan.ts";
import { planStack } from "./planner.ts";
import type { Registry } from "./registry.ts";
import type { CallContext, Observed } from "./resource-type.ts";
import { type Owner, ownerKey, resourceKey, type Stack } from "./stack.ts";

export interface ReconcileOptions {
  /** `plan`: compare and tell, change nothing. */
  readonly mode: "apply" | "plan";
  /** `report`: a difference that no Kubernetes change explains is told, not repaired. */
  readonly drift: "repair" | "report";
  /** Read everything again, whatever is known. */
  readonly verify?: boolean;
  /** The hash that was last fully applied, from the object's status: after a restart it spares the full reading. */
  readonly appliedHash?: string;
  readonly signal: AbortSignal;
  readonly onApplied?: (applied: AppliedChange) => void;
}

export interface Reconciled {
  /**
   * - `unchanged`: as wanted, and nothing had to be done.
   * - `applied`: changes were made; `waiting` and `failed` say what is still open.
   * - `planned`: the mode forbids changes and there are some.
   * - `drifted`: somebody else changed AWS, and `drift` is `report`.
   */
  readonly outcome: "unchanged" | "applied" | "planned" | "drifted";
  readonly plan: Plan;
  readonly applied: readonly AppliedChange[];
  readonly failed: readonly FailedChange[];
  readonly waiting: readonly WaitingChange[];
  /** What AWS holds now, as far as known. */
  readonly observed: readonly Observed[];
  readonly hash: string;
  /** Whether all is as wanted: nothing failed, nothing is waited for, nothing was refused. */
  readonly settled: boolean;
  /** Whether the changes were drift: the Stack is the one that was applied last. */
  readonly drift: boolean;
  /** When this owner should be reconciled again without an event, in milliseconds; undefined: no need. */
  readonly againInMs: number | undefined;
  /** That next reconcile shall read AWS in full. */
  readonly verifyNext: boolean;
}

export interface Engine {
  /** Makes AWS as the Stack wants it, or says what that would take. An empty Stack deletes. */
  reconcile(stack: Stack, options: ReconcileOptions): Promise<Reconciled>;
  /** What AWS holds for a Stack, read in full; changes nothing. */
  observe(stack: Stack, signal: AbortSignal): Promise<readonly Observed[]>;
  /** What is known without a read. */
  known(owner: Owner): readonly Observed[] | undefined;
  /** Forget what is known of an owner: the next reconcile reads AWS. */
  forget(owner: Owner): void;
  /** Somebody else seems to have changed what an owner has: the next reconcile reads AWS in full. */
  suspect(owner: Owner): void;
}

export interface EngineOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How long what we know from our own reads and writes is trusted, in milliseconds. */
  readonly verifyEveryMs: number;
  /**
   * Least distance between two full checks that nobody asked for, in milliseconds: neither a restart nor a large cluster may
   * fill AWS's rates with them. Where there are more Stacks than fit into `verifyEveryMs`, each has its turn more rarely.
   */
  readonly verifySpacingMs: number;
}

interface Known {
  readonly observed: readonly Observed[];
  /** Keys of those that other Stacks use too. */
  readonly shared: ReadonlySet<string>;
  /** The hash of the Stack that was applied to its end; undefined while something is open. */
  readonly hash: string | undefined;
  /** False while only the shared inventory was looked at. */
  readonly complete: boolean;
  /** Monotonic time at which the next full reading is due. */
  readonly verifyAt: number;
  /** `verifyAt` keeps its distance to all other checks already. */
  readonly inTurn?: true;
}

export function createEngine(options: EngineOptions): Engine {
  return new StackEngine(options);
}

class StackEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #known = new Map<string, Known>();
  readonly #suspected = new Set<string>();
  /** The hash that was fully applied before somebody else changed AWS: drift stays drift until it is repaired. */
  readonly #driftedFrom = new Map<string, string>();
  /** Monotonic time of the last full check that has been planned or made. */
  #lastTurn = Number.NEGATIVE_INFINITY;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  known(owner: Owner): readonly Observed[] | undefined {
    return this.#known.get(ownerKey(owner))?.observed;
  }

  forget(owner: Owner): void {
    this.#driftedFrom.delete(ownerKey(owner));
    this.#known.delete(ownerKey(owner));
  }

  suspect(owner: Owner): void {
    this.#suspected.add(ownerKey(owner));
  }

  async observe(stack: Stack, signal: AbortSignal): Promise<readonly Observed[]> {
    return observeStack(stack, this.#options.registry, this.#context(stack, signal, "full"));
  }

  async reconcile(stack: Stack, options: ReconcileOptions): Promise<Reconciled> {
    const { registry, clock } = this.#options;
    const key = ownerKey(stack.owner);
    const hash = stackHash(stack);
    const verify = this.#suspected.delete(key) || options.verify === true;
    const known = verify ? undefined : this.#inTurn(key);
    const due = known !== undefined && clock.monotonic() >= known.verifyAt;

    if (known !== undefined && !due && known.hash === hash) return this.#unchanged(stack, known, hash);
    if (known === undefined && !verify && options.appliedHash === hash && stack.resources.length > 0) {
      const anchored = await this.#matchesInventory(stack, options.signal);
      if (anchored !== undefined) return this.#unchanged(stack, this.#remember(stack, anchored, hash), hash);
    }

    const depth = due || verify ? "full" : "normal";
    const observed = await this.#observe(stack, due ? undefined : known, { depth, signal: options.signal });
    const plan = planStack(stack, observed, registry);
    const lastHash = this.#known.get(key)?.hash ?? this.#driftedFrom.get(key) ?? options.appliedHash;
    const drift = plan.changes.length > 0 && lastHash === hash;
    if (plan.changes.length > 0 && (options.mode === "plan" || (drift && options.drift === "report"))) {
      this.#known.delete(key);
      if (drift) this.#driftedFrom.set(key, hash);
      return this.#result(stack, {
        outcome: options.mode === "plan" ? "planned" : "drifted",
        plan,
        observed,
        hash,
        drift,
      });
    }
    if (options.mode === "plan") {
      this.#settle(key, {
        observed,
        shared: sharedKeys(stack),
        hash,
        settled: plan.waiting.length === 0 && plan.blocked.length === 0,
        gone: false,
      });
      return this.#result(stack, { outcome: "unchanged", plan, observed, hash, drift: false });
    }
    return this.#apply(stack, plan, { hash, drift, options });
  }

  async #apply(
    stack: Stack,
    plan: Plan,
    { hash, drift, options }: { hash: string; drift: boolean; options: ReconcileOptions },
  ): Promise<Reconciled> {
    const key = ownerKey(stack.owner);
    // Whatever interrupts the apply, the next pass must not trust what was known before it.
    this.#known.delete(key);
    this.#driftedFrom.delete(key);
    const result = await applyPlan(plan, this.#options.registry, {
      context: this.#context(stack, options.signal, "normal"),
      ...(options.onApplied === undefined ? {} : { onApplied: options.onApplied }),
    });
    const pending = result.observed.filter((instance) => instance.state === "pending" || instance.state === "deleting");
    const waiting = [...result.waiting, ...this.#stillPending(pending, result.waiting)];
    const settled = result.failed.length === 0 && waiting.length === 0 && plan.blocked.length === 0;
    // A request that AWS finds invalid changed nothing; any other failure may mean that AWS is not as it was known to be.
    const trustworthy = result.failed.every(({ error }) => errorClass(error) === "invalid");
    if (trustworthy) {
      this.#settle(key, {
        observed: result.observed,
        shared: sharedKeys(stack),
        hash,
        settled,
        gone: stack.resources.length === 0 && settled,
      });
    }
    const outcome = result.applied.length === 0 && settled ? "unchanged" : "applied";
    return this.#result(stack, { ...result, outcome, plan, hash, drift, waiting });
  }

  #stillPending(pending: readonly Observed[], told: readonly WaitingChange[]): readonly WaitingChange[] {
    const known = new Set(told.map(resourceKey));
    return pending
      .filter((instance) => !known.has(resourceKey(instance)))
      .map((instance) => ({
        type: instance.type,
        id: instance.id,
        reason: instance.reason ?? "AWS is still working on it",
        retryAfterMs: this.#options.registry.get(instance.type).pollMs ?? 15_000,
      }));
  }

  #settle(
    key: string,
    {
      observed,
      shared,
      hash,
      settled,
      gone,
    }: {
      observed: readonly Observed[];
      shared: ReadonlySet<string>;
      hash: string;
      settled: boolean;
      gone: boolean;
    },
  ): void {
    if (gone) {
      this.#known.delete(key);
      return;
    }
    const { clock, random, verifyEveryMs } = this.#options;
    this.#known.set(key, {
      observed,
      shared,
      hash: settled ? hash : undefined,
      complete: true,
      verifyAt: clock.monotonic() + verifyEveryMs * (0.9 + 0.2 * random()),
    });
  }

  /** After a restart: the Stack was applied before, and the inventory holds just what it should. */
  async #matchesInventory(stack: Stack, signal: AbortSignal): Promise<readonly Observed[] | undefined> {
    const { registry } = this.#options;
    const inventoried = (type: string): boolean => registry.get(type).inventoried === true;
    const wanted = stack.resources.filter((resource) => inventoried(resource.type));
    if (wanted.length === 0) return undefined;
    const shallow: Stack = { ...stack, types: stack.types.filter(inventoried), resources: wanted };
    const observed = await observeStack(shallow, registry, this.#context(stack, signal, "shallow"));
    const keys = observed.filter((instance) => instance.state === "ready").map(resourceKey);
    const exact =
      keys.length === observed.length && new Set(keys).size === keys.length && keys.length === wanted.length;
    return exact && wanted.every((resource) => keys.includes(resourceKey(resource))) ? observed : undefined;
  }

  #remember(stack: Stack, observed: readonly Observed[], hash: string): Known {
    const shared = sharedKeys(stack);
    const known: Known = { observed, shared, hash, complete: false, ...this.#turn() };
    this.#known.set(ownerKey(stack.owner), known);
    return known;
  }

  /** The next moment that no other full check has taken. */
  #turn(): Pick<Known, "verifyAt" | "inTurn"> {
    const { clock, verifySpacingMs } = this.#options;
    this.#lastTurn = Math.max(this.#lastTurn, clock.monotonic()) + verifySpacingMs;
    return { verifyAt: this.#lastTurn, inTurn: true };
  }

  /** What is known of an owner; a full check that has become due gets its turn behind those that wait for theirs. */
  #inTurn(key: string): Known | undefined {
    const known = this.#known.get(key);
    const now = this.#options.clock.monotonic();
    if (known === undefined || known.inTurn === true || now < known.verifyAt) return known;
    if (this.#lastTurn + this.#options.verifySpacingMs <= now) {
      this.#lastTurn = now;
      return known;
    }
    const planned: Known = { ...known, ...this.#turn() };
    this.#known.set(key, planned);
    return planned;
  }

  async #observe(
    stack: Stack,
    known: Known | undefined,
    { depth, signal }: { depth: CallContext["depth"]; signal: AbortSignal },
  ): Promise<readonly Observed[]> {
    const { registry } = this.#options;
    if (known?.complete !== true) return observeStack(stack, registry, this.#context(stack, signal, depth));
    // What the Stack shared with others and uses no more is theirs: it must not look like something left over.
    const wanted = new Set(stack.resources.map(resourceKey));
    const remembered = known.observed.filter(
      (instance) => !known.shared.has(resourceKey(instance)) || wanted.has(resourceKey(instance)),
    );
    const open = remembered.filter((instance) => instance.state !== "ready").map((instance) => instance.type);
    // A resource that the Stack newly refers to by name or shares with others has never been looked for.
    const have = new Set(remembered.map(resourceKey));
    const unseen = stack.resources
      .filter(
        (resource) =>
          (resource.shared !== undefined || resource.adopt !== undefined) && !have.has(resourceKey(resource)),
      )
      .map((resource) => resource.type);
    const only = new Set([...open, ...unseen]);
    const context = this.#context(stack, signal, "normal");
    return observeStack(stack, registry, context, { only, known: remembered });
  }

  #unchanged(stack: Stack, known: Known, hash: string): Reconciled {
    const plan: Plan = {
      owner: stack.owner,
      changes: [],
      blocked: [],
      kept: known.observed,
      waiting: [],
      problems: stack.problems,
    };
    return this.#result(stack, { outcome: "unchanged", plan, observed: known.observed, hash, drift: false });
  }

  #result(
    stack: Stack,
    part: Pick<Reconciled, "outcome" | "plan" | "observed" | "hash" | "drift"> & Partial<Reconciled>,
  ): Reconciled {
    const waiting = part.waiting ?? [];
    const failed = part.failed ?? [];
    const open = part.outcome === "planned" || part.outcome === "drifted";
    const settled = !open && failed.length === 0 && waiting.length === 0 && part.plan.blocked.length === 0;
    return {
      applied: [],
      ...part,
      failed,
      waiting,
      settled,
      ...this.#next(stack, waiting),
    };
  }

  #next(stack: Stack, waiting: readonly WaitingChange[]): Pick<Reconciled, "againInMs" | "verifyNext"> {
    if (waiting.length > 0) {
      return { againInMs: Math.min(...waiting.map((change) => change.retryAfterMs)), verifyNext: false };
    }
    if (stack.resources.length === 0) return { againInMs: undefined, verifyNext: false };
    const known = this.#known.get(ownerKey(stack.owner));
    const verifyAt = known?.verifyAt;
    const { clock, verifyEveryMs } = this.#options;
    return {
      againInMs: verifyAt === undefined ? verifyEveryMs : Math.ceil(Math.max(0, verifyAt - clock.monotonic())),
      verifyNext: true,
    };
  }

  #context(stack: Stack, signal: AbortSignal, depth: CallContext["depth"]): CallContext {
    return { signal, depth, ownership: stack.ownership, log: this.#options.log };
  }
}

function sharedKeys(stack: Stack): ReadonlySet<string> {
  return new Set(stack.resources.filter((resource) => resource.shared !== undefined).map(resourceKey));
}
