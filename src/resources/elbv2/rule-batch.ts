import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { hasCode } from "../../aws/errors.ts";
import { toTagList } from "../../aws/tags.ts";
import type { BatchChange, BatchResult, CallContext, Observed } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { wantedTags } from "../tagging.ts";
import { secretHashOf, toSdkActions } from "./actions.ts";
import { toSdkConditions, toSdkTransforms } from "./conditions.ts";
import type { Elbv2Context } from "./context.ts";
import { applyTags, callOptions, differs, literal, noAnswer, settling } from "./context.ts";
import { observedRule, ruleOwnership, withOwnTags } from "./rule-observed.ts";
import type { RuleSpec } from "./specs.ts";

type Create = Extract<BatchChange<RuleSpec>, { kind: "create" }>;
type Update = Extract<BatchChange<RuleSpec>, { kind: "update" }>;
type Delete = Extract<BatchChange<RuleSpec>, { kind: "delete" }>;

/** The lowest precedence that AWS allows. */
const lastPriority = 50_000;

/**
 * Changes the rules of one listener: all priorities in one call first (swaps are allowed in it), then new content, then new
 * rules, then deletions. So a request that was served all along never meets a moment without its rule. When the quota of
 * rules is full, deletions and creations take turns.
 */
export async function applyRules(
  aws: Elbv2Context,
  changes: readonly BatchChange<RuleSpec>[],
  context: CallContext,
): Promise<readonly BatchResult<RuleSpec>[]> {
  const run = new RuleBatch(aws, changes, context);
  return run.apply();
}

class RuleBatch {
  readonly #aws: Elbv2Context;
  readonly #context: CallContext;
  readonly #creates: readonly Create[];
  readonly #updates: readonly Update[];
  readonly #deletes: Delete[];
  readonly #listenerARN: string;
  readonly #results: BatchResult<RuleSpec>[] = [];
  readonly #rules = new Map<string, Rule>();

  constructor(aws: Elbv2Context, changes: readonly BatchChange<RuleSpec>[], context: CallContext) {
    this.#aws = aws;
    this.#context = context;
    this.#creates = changes.filter((change) => change.kind === "create");
    this.#updates = changes.filter((change) => change.kind === "update");
    this.#deletes = changes.filter((change) => change.kind === "delete");
    const first = changes[0];
    const spec = first?.kind === "delete" ? first.observed.spec : first?.resource.spec;
    this.#listenerARN = spec === undefined ? "" : literal(spec.listenerARN);
    for (const rule of aws.inventory.details.get(this.#listenerARN, "rules") ?? []) {
      if (rule.RuleArn !== undefined) this.#rules.set(rule.RuleArn, rule);
    }
  }

  async apply(): Promise<readonly BatchResult<RuleSpec>[]> {
    const failedMoves = await this.#setPriorities();
    for (const change of this.#updates) {
      const failure = failedMoves.get(change);
      await this.#settle(change.resource.id, async () => {
        if (failure !== undefined) throw failure.error;
        return { id: change.resource.id, observed: await this.#update(change) };
      });
    }
    for (const change of this.#creates) {
      await this.#settle(change.resource.id, async () => ({
        id: change.resource.id,
        observed: await this.#createWithinQuota(change.resource),
      }));
    }
    for (let next = this.#deletes.shift(); next !== undefined; next = this.#deletes.shift()) await this.#delete(next);
    return this.#results;
  }

  async #settle(id: string, work: () => Promise<BatchResult<RuleSpec>>): Promise<void> {
    try {
      this.#results.push(await work());
    } catch (error) {
      this.#results.push({ id, error });
    }
  }

  /** Rules that move, and rules in their way or in the way of new ones that are to be deleted: those go to the end. */
  async #setPriorities(): Promise<ReadonlyMap<Update, { readonly error: unknown }>> {
    const moving = this.#updates.filter(({ differences }) => differs(differences, "priority"));
    const claimed = new Set([...moving, ...this.#creates].map(({ resource }) => resource.spec.priority));
    const inTheWay = this.#deletes
      .filter(({ observed }) => claimed.has(observed.spec.priority))
      .toSorted((a, b) => b.observed.spec.priority - a.observed.spec.priority);
    if (moving.length === 0 && inTheWay.length === 0) return new Map();
    const used = new Set([...[...this.#rules.values()].map(({ Priority }) => Number(Priority)), ...claimed]);
    const free = lastFree(used);
    const priorities = [
      ...moving.map(({ observed, resource }) => ({ arn: observed.outputs["arn"], priority: resource.spec.priority })),
      ...inTheWay.map(({ observed }) => ({
        arn: observed.outputs["arn"],
        priority: free.next().value ?? lastPriority,
      })),
    ];
    try {
      await this.#aws.elbv2.setRulePriorities(
        { RulePriorities: priorities.map(({ arn, priority }) => ({ RuleArn: arn, Priority: priority })) },
        callOptions(this.#context, this.#listenerARN),
      );
    } catch (error) {
      // Somebody else's rule holds a priority, or one of ours has gone: look again before the next attempt.
      const stale = hasCode(error, "PriorityInUse", "RuleNotFound");
      if (stale) this.#forget();
      const told = stale ? outdated("the listener's rules are not those that were known", error) : error;
      return new Map(moving.map((change) => [change, { error: told }]));
    }
    for (const { arn, priority } of priorities) {
      const rule = this.#rules.get(arn ?? "");
      if (rule?.RuleArn !== undefined) this.#rules.set(rule.RuleArn, { ...rule, Priority: String(priority) });
    }
    this.#remember();
    return new Map();
  }

  async #update({ resource, observed, differences }: Update): Promise<Observed<RuleSpec>> {
    const { elbv2, inventory } = this.#aws;
    const { spec } = resource;
    const arn = observed.outputs["arn"] ?? "";
    const options = callOptions(this.#context, arn);
    if (differs(differences, "conditions", "actions", "transforms")) {
      const hasTransforms = (spec.transforms ?? []).length > 0;
      const hadTransforms = (observed.spec.transforms ?? []).length > 0;
      const answer = await settling(
        this.#aws,
        () =>
          elbv2.modifyRule(
            {
              RuleArn: arn,
              Conditions: toSdkConditions(spec.conditions),
              Actions: toSdkActions(spec.actions),
              ...(hasTransforms ? { Transforms: toSdkTransforms(spec.transforms ?? []) } : {}),
              ...(!hasTransforms && hadTransforms ? { ResetTransforms: true } : {}),
            },
            options,
          ),
        spec,
      );
      const rule = answer.Rules?.[0];
      if (rule?.RuleArn === undefined) throw noAnswer("ModifyRule");
      this.#rules.set(rule.RuleArn, rule);
      this.#remember();
      this.#rememberSecret(arn, spec);
    }
    if (differs(differences, "tags")) {
      const present = inventory.details.get(arn, "tags") ?? {};
      const wanted = { ...wantedTags(resource, this.#context), ...ruleOwnership(resource, present, this.#context) };
      inventory.details.set(arn, "tags", await applyTags(this.#aws, { arn, present, wanted, differences }, options));
    }
    return this.#observed(arn, resource);
  }

  async #createWithinQuota(resource: Resource<RuleSpec>): Promise<Observed<RuleSpec>> {
    try {
      return await this.#create(resource);
    } catch (error) {
      if (!hasCode(error, "TooManyRules")) throw error;
      const surplus = this.#deletes.shift();
      if (surplus === undefined) {
        throw new AppError(
          `the load balancer cannot have another rule (priority ${resource.spec.priority}): its quota of rules is full`,
          { class: "conflict", code: "TooManyRules", retryAfterMs: 300_000, cause: error },
        );
      }
      await this.#delete(surplus);
      return this.#create(resource);
    }
  }

  async #create(resource: Resource<RuleSpec>): Promise<Observed<RuleSpec>> {
    const { spec } = resource;
    const tags = wantedTags(resource, this.#context);
    const options = callOptions(this.#context, `rule ${resource.id} of ${this.#listenerARN}`);
    let rule: Rule | undefined;
    try {
      const answer = await settling(
        this.#aws,
        () =>
          this.#aws.elbv2.createRule(
            {
              ListenerArn: this.#listenerARN,
              Priority: spec.priority,
              Conditions: toSdkConditions(spec.conditions),
              Actions: toSdkActions(spec.actions),
              ...((spec.transforms ?? []).length === 0 ? {} : { Transforms: toSdkTransforms(spec.transforms ?? []) }),
              Tags: toTagList(tags),
            },
            options,
          ),
        spec,
      );
      rule = answer.Rules?.[0];
    } catch (error) {
      // A create whose answer was lost, or a stranger: what the listener has must be read before it is tried again.
      const isUnknown = hasCode(error, "PriorityInUse") || (error instanceof AppError && error.class === "transient");
      if (isUnknown) this.#forget();
      if (!hasCode(error, "PriorityInUse")) throw error;
      throw outdated(`priority ${spec.priority} is in use by a rule that was not known to be there`, error);
    }
    if (rule?.RuleArn === undefined) throw noAnswer("CreateRule");
    this.#rules.set(rule.RuleArn, rule);
    this.#aws.inventory.details.set(rule.RuleArn, "tags", tags);
    this.#rememberSecret(rule.RuleArn, spec);
    this.#remember();
    return this.#observed(rule.RuleArn, resource);
  }

  async #delete({ observed }: Delete): Promise<void> {
    const arn = observed.outputs["arn"] ?? "";
    await this.#settle(observed.id, async () => {
      try {
        await this.#aws.elbv2.deleteRule({ RuleArn: arn }, callOptions(this.#context, arn));
      } catch (error) {
        if (!hasCode(error, "RuleNotFound")) throw error;
      }
      this.#rules.delete(arn);
      this.#aws.inventory.details.forget(arn);
      this.#remember();
      return { id: observed.id, deleted: true };
    });
  }

  #observed(arn: string, resource: Resource<RuleSpec>): Observed<RuleSpec> {
    const rule = observedRule(this.#aws, this.#rules.get(arn) ?? { RuleArn: arn }, {
      listenerARN: this.#listenerARN,
      id: resource.id,
    });
    return withOwnTags(this.#aws, rule, ruleOwnership(resource, rule.spec.tags, this.#context));
  }

  #rememberSecret(arn: string, spec: RuleSpec): void {
    const hash = secretHashOf(spec.actions);
    if (hash === undefined) this.#aws.inventory.details.forget(arn, "clientSecretHash");
    else this.#aws.inventory.details.set(arn, "clientSecretHash", hash);
  }

  #isForgotten = false;

  #remember(): void {
    if (!this.#isForgotten) this.#aws.inventory.details.set(this.#listenerARN, "rules", [...this.#rules.values()]);
  }

  #forget(): void {
    this.#isForgotten = true;
    this.#aws.inventory.details.forget(this.#listenerARN, "rules");
  }
}

/** Priorities that nothing uses, from the last one up. */
function* lastFree(used: ReadonlySet<number>): Generator<number> {
  for (let priority = lastPriority; priority > 0; priority--) if (!used.has(priority)) yield priority;
}

/** Not `waiting` and not `conflict`: the engine would go on from what it knows, and only reading anew can help. */
function outdated(what: string, cause: unknown): AppError {
  return new AppError(`${what}; the rules are read again`, {
    class: "transient",
    code: "PriorityInUse",
    retryAfterMs: 1_000,
    cause,
  });
}
