import { AppError, errorMessage, isAppError } from "../errors.ts";
import type { Change, Plan } from "./plan.ts";
import { mentions, refsIn, resolveRefs } from "./references.ts";
import type { Registry } from "./registry.ts";
import type { BatchChange, CallContext, Observed } from "./resource-type.ts";
import { type Resource, resourceKey } from "./stack.ts";

export interface AppliedChange {
  readonly action: Change["action"];
  readonly type: string;
  readonly id: string;
  /** What is there now; absent after a deletion. */
  readonly observed?: Observed;
  /** Changes of an update, for the audit trail. */
  readonly change: Change;
}

export interface FailedChange {
  readonly change: Change;
  readonly error: unknown;
}

export interface WaitingChange {
  readonly type: string;
  readonly id: string;
  readonly reason: string;
  readonly retryAfterMs: number;
}

export interface ApplyResult {
  readonly applied: readonly AppliedChange[];
  readonly failed: readonly FailedChange[];
  readonly waiting: readonly WaitingChange[];
  /** Everything of the Stack that exists now, as far as is known without another read. */
  readonly observed: readonly Observed[];
}

export interface ApplyOptions {
  readonly context: CallContext;
  /** Told of each change as soon as AWS has accepted it, before the rest of the plan is through. */
  readonly onApplied?: (applied: AppliedChange) => void;
}

const defaultPollMs = 15_000;

type NodeState =
  | { readonly kind: "done" }
  | { readonly kind: "failed" }
  /** Not tried, because something before it failed or is still waiting. */
  | { readonly kind: "skipped"; readonly because: string };

/**
 * Carries out a Plan. Independent changes run side by side; each waits only for what it refers to. A failure stops
 * only what depends on it. Deletions come last, and spare whatever a failed change still needs.
 */
export async function applyPlan(plan: Plan, registry: Registry, options: ApplyOptions): Promise<ApplyResult> {
  const run = new ApplyRun(plan, registry, options);
  return run.execute();
}

class ApplyRun {
  readonly #plan: Plan;
  readonly #registry: Registry;
  readonly #options: ApplyOptions;
  readonly #outputs = new Map<string, Readonly<Record<string, string>>>();
  readonly #living = new Map<string, Observed>();
  /** Instances that share their id with a living one: predecessors that a replacement has not removed yet. */
  readonly #predecessors = new Set<Observed>();
  readonly #applied: AppliedChange[] = [];
  readonly #failed: FailedChange[] = [];
  readonly #waiting: WaitingChange[] = [];

  constructor(plan: Plan, registry: Registry, options: ApplyOptions) {
    this.#plan = plan;
    this.#registry = registry;
    this.#options = options;
    for (const observed of plan.kept) this.#keep(observed);
    for (const { change } of plan.blocked)
      if (change.action !== "create") this.#living.set(resourceKey(change), change.observed);
    for (const waiting of plan.waiting) this.#waiting.push({ ...waiting, retryAfterMs: defaultPollMs });
  }

  async execute(): Promise<ApplyResult> {
    const { changes } = this.#plan;
    for (const change of changes) {
      if (change.action === "update") this.#keep(change.observed);
      if (change.action === "delete") this.#predecessors.add(change.observed);
    }
    const upserts = changes.filter((change) => change.action !== "delete");
    const batched = new Set(changes.filter((change) => this.#registry.get(change.type).batch !== undefined));
    const nodes = new Map<Change, Promise<NodeState>>();
    const byKey = new Map(upserts.map((change) => [resourceKey(change), change]));
    const batches = new Map<string, Promise<ReadonlyMap<Change, NodeState>>>();

    for (const change of upserts) {
      const before = dependencies(change.desired, byKey, nodes);
      if (batched.has(change)) {
        const batch = this.#batchOf(change, batched, byKey, nodes, batches);
        nodes.set(
          change,
          batch.then((states) => states.get(change) ?? { kind: "failed" }),
        );
      } else {
        nodes.set(change, this.#upsert(change, before));
      }
    }
    for (const change of batched) {
      if (change.action === "delete") {
        const batch = this.#batchOf(change, batched, byKey, nodes, batches);
        nodes.set(
          change,
          batch.then((states) => states.get(change) ?? { kind: "failed" }),
        );
      }
    }
    const states = await Promise.all(upserts.map((change) => nodes.get(change) ?? Promise.resolve(undefined)));
    const complete = states.every((state) => state?.kind === "done");
    await this.#deletions(changes, complete);
    return {
      applied: this.#applied,
      failed: this.#failed,
      waiting: this.#waiting,
      observed: [...this.#living.values(), ...this.#predecessors],
    };
  }

  #keep(observed: Observed): void {
    const key = resourceKey(observed);
    this.#living.set(key, observed);
    this.#outputs.set(key, observed.outputs);
  }

  #resolved(resource: Resource): Resource {
    const spec = resolveRefs(resource.spec, this.#outputs);
    const open = refsIn(spec)[0];
    if (open !== undefined) {
      const { type, id, output } = open.$ref;
      throw new AppError(`${resource.type} ${resource.id} needs ${output} of ${type} ${id}, which does not exist`, {
        class: "bug",
        code: "UnresolvedReference",
      });
    }
    return { ...resource, spec };
  }

  async #upsert(change: Change & { readonly desired: Resource }, before: readonly Before[]): Promise<NodeState> {
    const skipped = await firstUnfinished(before);
    if (skipped !== undefined) return this.#skip(change, skipped);
    const type = this.#registry.get(change.type);
    try {
      const resource = this.#resolved(change.desired);
      const observed =
        change.action === "update"
          ? await type.update(
              {
                resource,
                observed: change.observed,
                // What was a reference when the plan was made is known by now, and may turn out to be equal.
                differences: type.compare(resource.spec, change.observed.spec),
              },
              this.#options.context,
            )
          : await type.create(resource, this.#options.context);
      this.#done(change, observed);
      return { kind: "done" };
    } catch (error) {
      return this.#fail(change, error);
    }
  }

  #batchOf(
    member: Change,
    batched: ReadonlySet<Change>,
    byKey: ReadonlyMap<string, Change>,
    nodes: ReadonlyMap<Change, Promise<NodeState>>,
    batches: Map<string, Promise<ReadonlyMap<Change, NodeState>>>,
  ): Promise<ReadonlyMap<Change, NodeState>> {
    const key = this.#batchKey(member);
    const existing = batches.get(key);
    if (existing !== undefined) return existing;
    const members = [...batched].filter((change) => this.#batchKey(change) === key);
    const batch = this.#applyBatch(members, (change) =>
      change.action === "delete" ? [] : dependencies(change.desired, byKey, nodes),
    );
    batches.set(key, batch);
    return batch;
  }

  /** References are part of the key as they stand before the apply, so that equal references fall together. */
  #batchKey(change: Change): string {
    const type = this.#registry.get(change.type);
    const spec = change.action === "delete" ? change.observed.spec : resolveRefs(change.desired.spec, this.#outputs);
    return `${change.type} ${type.batch?.key(spec) ?? ""}`;
  }

  async #applyBatch(
    members: readonly Change[],
    before: (change: Change) => readonly Before[],
  ): Promise<ReadonlyMap<Change, NodeState>> {
    const states = new Map<Change, NodeState>();
    const ready: { change: Change; batch: BatchChange<unknown> }[] = [];
    for (const change of members) {
      const skipped = await firstUnfinished(before(change));
      if (skipped !== undefined) {
        states.set(change, this.#skip(change, skipped));
        continue;
      }
      // A deletion whose parent goes as well is left to the deletion phase, where it costs no call.
      if (change.action === "delete" && this.#parentLeaves(change)) continue;
      try {
        ready.push({ change, batch: this.#batchChange(change) });
      } catch (error) {
        states.set(change, this.#fail(change, error));
      }
    }
    const type = members[0] === undefined ? undefined : this.#registry.get(members[0].type);
    if (ready.length === 0 || type?.batch === undefined) return states;
    try {
      const results = await type.batch.apply(
        ready.map(({ batch }) => batch),
        this.#options.context,
      );
      for (const { change } of ready) {
        const result = results.find(
          (candidate) =>
            candidate.id === change.id &&
            ("error" in candidate || "deleted" in candidate === (change.action === "delete")),
        );
        if (result === undefined || "error" in result) {
          states.set(change, this.#fail(change, result === undefined ? undefined : result.error));
        } else {
          this.#done(change, "observed" in result ? result.observed : undefined);
          states.set(change, { kind: "done" });
        }
      }
    } catch (error) {
      for (const { change } of ready) states.set(change, this.#fail(change, error));
    }
    return states;
  }

  #batchChange(change: Change): BatchChange<unknown> {
    if (change.action === "delete") return { kind: "delete", observed: change.observed };
    const resource = this.#resolved(change.desired);
    if (change.action !== "update") return { kind: "create", resource };
    const differences = this.#registry.get(change.type).compare(resource.spec, change.observed.spec);
    return { kind: "update", resource, observed: change.observed, differences };
  }

  /** `complete`: every creation and update has come to its end. */
  async #deletions(changes: readonly Change[], complete: boolean): Promise<void> {
    const deletions: Deletion[] = [];
    const nodes: { readonly observed: Observed; readonly done: Promise<NodeState> }[] = [];
    for (const change of changes) {
      if (change.action === "create" || change.action === "update") continue;
      if (change.action === "delete" && this.#settled(change)) continue;
      const successor = this.#living.get(resourceKey(change));
      if (change.action === "replace") {
        if (successor === undefined || successor === change.observed) continue;
        this.#predecessors.add(change.observed);
      }
      const hasSuccessor = successor !== undefined && successor !== change.observed;
      if (hasSuccessor && (successor.state !== "ready" || !complete)) {
        // The old one serves until the new one can, and so does all that it holds.
        const because = `${successor.type} ${successor.id}`;
        nodes.push({ observed: change.observed, done: Promise.resolve({ kind: "skipped", because }) });
        this.#wait(change, `serves until ${because} can`, this.#registry.get(change.type).pollMs ?? defaultPollMs);
      } else {
        deletions.push({ change, observed: change.observed });
      }
    }
    const order = this.#registry.inDeletionOrder(deletions.map(({ observed }) => observed.type));
    for (const deletion of deletions.toSorted(
      (a, b) => order.indexOf(a.observed.type) - order.indexOf(b.observed.type),
    )) {
      const before = nodes
        .filter((other) => this.#mustPrecede(other.observed, deletion.observed))
        .map(({ observed, done }) => ({ name: `${observed.type} ${observed.id}`, done }));
      nodes.push({ observed: deletion.observed, done: this.#delete(deletion, before) });
    }
    await Promise.all(nodes.map(({ done }) => done));
  }

  #mustPrecede(other: Observed, observed: Observed): boolean {
    const isPassenger = this.#registry.get(observed.type).deletedWith === other.type;
    const otherIsPassenger = this.#registry.get(other.type).deletedWith === observed.type;
    return isPassenger || (!otherIsPassenger && this.#registry.deletedBefore(other.type, observed.type));
  }

  async #delete(deletion: Deletion, before: readonly Before[]): Promise<NodeState> {
    const { change, observed } = deletion;
    const skipped = await firstUnfinished(before);
    if (skipped !== undefined) {
      this.#wait(change, `waits for ${skipped}`, this.#registry.get(observed.type).pollMs ?? defaultPollMs);
      return { kind: "skipped", because: skipped };
    }
    const stays = [
      ...this.#failed.map((failure) => ({ change: failure.change, why: "failed" })),
      ...this.#plan.blocked.map((blocked) => ({ change: blocked.change, why: "was refused" })),
    ];
    const needed = stays.find(
      ({ change: other }) =>
        other.action !== "create" &&
        other !== change &&
        mentions(other.observed.spec, new Set(Object.values(observed.outputs))),
    );
    if (needed !== undefined) {
      const name = `${needed.change.type} ${needed.change.id}`;
      this.#wait(change, `still used by ${name}, whose change ${needed.why}`, defaultPollMs);
      return { kind: "skipped", because: name };
    }
    if (this.#parentLeaves(deletion.change)) {
      this.#gone(change, observed);
      return { kind: "done" };
    }
    if (observed.state === "deleting") {
      this.#wait(
        change,
        observed.reason ?? "AWS is still deleting it",
        this.#registry.get(observed.type).pollMs ?? defaultPollMs,
      );
      return { kind: "skipped", because: `${observed.type} ${observed.id}` };
    }
    try {
      const result = await this.#registry.get(observed.type).delete(observed, this.#options.context);
      if (result.kind === "waiting") {
        this.#wait(change, result.reason, result.retryAfterMs);
        return { kind: "skipped", because: `${observed.type} ${observed.id}` };
      }
      this.#gone(change, observed);
      return { kind: "done" };
    } catch (error) {
      return this.#fail(change, error);
    }
  }

  /** Whether a deletion of this plan takes the instance along: its ARN is told by the parent's outputs in its spec. */
  #parentLeaves(change: Change): boolean {
    if (change.action === "create" || change.action === "update") return false;
    const parentType = this.#registry.get(change.type).deletedWith;
    if (parentType === undefined) return false;
    return this.#plan.changes.some(
      (other) =>
        (other.action === "delete" || other.action === "replace") &&
        other.type === parentType &&
        mentions(change.observed.spec, new Set(Object.values(other.observed.outputs))),
    );
  }

  #settled(change: Change): boolean {
    return (
      this.#applied.some((applied) => applied.change === change) ||
      this.#failed.some((failure) => failure.change === change)
    );
  }

  #done(change: Change, observed: Observed | undefined): void {
    if (observed === undefined) {
      if (change.action === "delete") this.#gone(change, change.observed);
      return;
    }
    this.#keep(observed);
    this.#report({ action: change.action, type: change.type, id: change.id, observed, change });
    if (observed.state === "pending") {
      const pollMs = this.#registry.get(change.type).pollMs ?? defaultPollMs;
      this.#wait(change, observed.reason ?? "AWS is still working on it", pollMs);
    }
  }

  #gone(change: Change, observed: Observed): void {
    this.#predecessors.delete(observed);
    if (change.action === "delete") this.#report({ action: "delete", type: change.type, id: change.id, change });
  }

  #report(applied: AppliedChange): void {
    this.#applied.push(applied);
    this.#options.onApplied?.(applied);
  }

  #fail(change: Change, error: unknown): NodeState {
    if (change.action === "update" || change.action === "replace")
      this.#living.set(resourceKey(change), change.observed);
    if (isAppError(error) && error.class === "waiting") {
      this.#wait(change, errorMessage(error), error.retryAfterMs ?? defaultPollMs);
      return { kind: "skipped", because: `${change.type} ${change.id}` };
    }
    const failure =
      error ??
      new AppError(`${change.type} ${change.id}: the batch gave no result`, {
        class: "bug",
        code: "MissingBatchResult",
      });
    this.#failed.push({ change, error: failure });
    return { kind: "failed" };
  }

  #skip(change: Change, because: string): NodeState {
    if (change.action !== "create") this.#keep(change.observed);
    this.#wait(change, `waits for ${because}`, defaultPollMs);
    return { kind: "skipped", because };
  }

  #wait(change: Change, reason: string, retryAfterMs: number): void {
    this.#waiting.push({ type: change.type, id: change.id, reason, retryAfterMs });
  }
}

interface Deletion {
  readonly change: Change;
  readonly observed: Observed;
}

interface Before {
  readonly name: string;
  readonly done: Promise<NodeState>;
}

function dependencies(
  desired: Resource,
  byKey: ReadonlyMap<string, Change>,
  nodes: ReadonlyMap<Change, Promise<NodeState>>,
): readonly Before[] {
  const before = new Map<string, Before>();
  for (const { $ref } of refsIn(desired.spec)) {
    const key = resourceKey($ref);
    const change = byKey.get(key);
    const done = change === undefined ? undefined : nodes.get(change);
    if (done !== undefined) before.set(key, { name: key, done });
  }
  return [...before.values()];
}

/** The name of the first of these that did not come to its end, once all have been tried. */
async function firstUnfinished(before: readonly Before[]): Promise<string | undefined> {
  let unfinished: string | undefined;
  for (const { name, done } of before) {
    const state = await done;
    if (state.kind !== "done") unfinished ??= name;
  }
  return unfinished;
}
