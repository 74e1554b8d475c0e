import type { Elbv2Port } from "../../aws/elbv2.ts";
import { hasCode } from "../../aws/errors.ts";
import type { Inventory } from "../../aws/inventory.ts";
import type { CallOptions } from "../../aws/operation.ts";
import { fromTagList, toTagList } from "../../aws/tags.ts";
import type { TargetsCache } from "../../aws/targets-cache.ts";
import type { Clock } from "../../clock.ts";
import type { CallContext, Difference } from "../../engine/resource-type.ts";
import { AppError } from "../../errors.ts";
import type { TagPolicy } from "../tagging.ts";
import { tagChanges } from "../tagging.ts";
import type { StringOrRef, Tags } from "./specs.ts";

/** What the ELBv2 resource types work with. */
export interface Elbv2Context {
  readonly elbv2: Elbv2Port;
  readonly inventory: Inventory;
  readonly targets: TargetsCache;
  readonly clock: Clock;
  readonly tagPolicy: TagPolicy;
}

export function callOptions(context: CallContext, resource: string): CallOptions {
  return { signal: context.signal, resource };
}

/** Adds and removes tags as the differences say; returns the tags that are there afterwards. */
export async function applyTags(
  { elbv2 }: Elbv2Context,
  change: {
    readonly arn: string;
    readonly present: Tags;
    readonly wanted: Tags;
    readonly differences: readonly Difference[];
  },
  options: CallOptions,
): Promise<Tags> {
  const { set, remove } = tagChanges(change.differences, change.wanted);
  if (Object.keys(set).length > 0) await elbv2.addTags({ ResourceArns: [change.arn], Tags: toTagList(set) }, options);
  if (remove.length > 0) await elbv2.removeTags({ ResourceArns: [change.arn], TagKeys: [...remove] }, options);
  const left = Object.entries({ ...change.present, ...set }).filter(([key]) => !remove.includes(key));
  return Object.fromEntries(left);
}

/** Tags of listeners and rules, from memory or 20 ARNs a call. */
export async function detailTags(
  { elbv2, inventory }: Elbv2Context,
  arns: readonly string[],
  context: CallContext,
): Promise<ReadonlyMap<string, Tags>> {
  const { details } = inventory;
  const unknown = arns.filter((arn) => context.depth === "full" || details.get(arn, "tags") === undefined);
  const size = 20;
  for (let start = 0; start < unknown.length; start += size) {
    const batch = unknown.slice(start, start + size);
    const { TagDescriptions } = await elbv2.describeTags({ ResourceArns: batch }, { signal: context.signal });
    for (const { ResourceArn, Tags: list } of TagDescriptions ?? []) {
      if (ResourceArn !== undefined) details.set(ResourceArn, "tags", fromTagList(list));
    }
  }
  return new Map(arns.map((arn) => [arn, details.get(arn, "tags") ?? {}]));
}

/**
 * Differences of attributes, key by key: only what is wanted counts. `observed` undefined: nobody wanted any until now, so
 * they were not read; writing them costs no more than reading them.
 */
export function compareAttributes(desired: Tags, observed: Tags | undefined): Difference[] {
  return Object.keys(desired)
    .sort()
    .filter((key) => desired[key] !== observed?.[key])
    .map((key) => ({ field: `attributes.${key}`, from: observed?.[key], to: desired[key] }));
}

/** The attributes to write, sorted, of those that differ. */
export function attributeList(differences: readonly Difference[]): { Key: string; Value: string }[] {
  const prefix = "attributes.";
  return differences
    .filter(({ field }) => field.startsWith(prefix))
    .map(({ field, to }) => ({ Key: field.slice(prefix.length), Value: String(to) }))
    .sort((a, b) => (a.Key < b.Key ? -1 : 1));
}

export function asRecord(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Record<string, string> {
  return fromTagList(list);
}

/** Settings that are spread over several differences are written together: whether any of these fields differs. */
export function differs(differences: readonly Difference[], ...fields: readonly string[]): boolean {
  return differences.some(({ field }) => fields.some((prefix) => field === prefix || field.startsWith(`${prefix}.`)));
}

export function nameTaken(what: string, name: string, holder: string): AppError {
  return new AppError(
    `the name ${name} is taken by ${what} ${holder}, which is not ours; rename one of them, or let Fairlead take it over with fairlead.io/adopt: ${holder}`,
    { class: "conflict", code: "NameTaken", details: { name, holder } },
  );
}

/** AWS answered without the thing that the call was about. */
export function noAnswer(operation: string): AppError {
  return new AppError(`elbv2 ${operation} answered without a result`, { class: "transient", code: "EmptyAnswer" });
}

/**
 * What was created a moment ago may be unknown to the next call for some seconds (eventual consistency): a `NotFound` about
 * something that the inventory holds is no failure, but a reason to come back.
 */
export async function settling<T>(aws: Elbv2Context, call: () => Promise<T>, mentioning: unknown): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!hasCode(error, "LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound")) throw error;
    const arns = stringsIn(mentioning).filter((text) => text.startsWith("arn:"));
    if (!arns.every((arn) => isKnown(aws, arn))) throw error;
    if (hasCode(error, "ListenerNotFound")) {
      // It may also have been deleted by hand: the listeners are listed before the next attempt.
      for (const arn of arns) aws.inventory.details.forget(loadBalancerOf(arn), "listeners");
    }
    throw notShownYet(arns[0] ?? "what was made a moment ago", error);
  }
}

/** To come back for: AWS shows what was made a moment ago within some seconds. */
export function notShownYet(what: string, cause?: unknown): AppError {
  return new AppError(`AWS does not show ${what} everywhere yet`, {
    class: "waiting",
    code: "Settling",
    retryAfterMs: 2_000,
    cause,
  });
}

function isKnown({ inventory }: Elbv2Context, arn: string): boolean {
  if (arn.includes(":targetgroup/")) return inventory.targetGroups.get(arn) !== undefined;
  if (arn.includes(":loadbalancer/")) return inventory.loadBalancers.get(arn) !== undefined;
  return true;
}

/** The load balancer of a listener, by the form of their ARNs. */
function loadBalancerOf(listenerARN: string): string {
  return listenerARN.replace(":listener/", ":loadbalancer/").replace(/\/[^/]+$/, "");
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** A reference that the engine has resolved, as it does before every call. */
export function literal(value: StringOrRef): string {
  if (typeof value === "string") return value;
  const { type, id, output } = value.$ref;
  throw new AppError(`${output} of ${type} ${id} is not known`, { class: "bug", code: "UnresolvedReference" });
}
