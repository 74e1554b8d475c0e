import type { LoadBalancerEntry, TargetGroupEntry } from "../../aws/inventory.ts";
import type { CallContext, Observed } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import type { Elbv2Context } from "./context.ts";
import { callOptions } from "./context.ts";
import { generationTag } from "./generation.ts";
import { compareLoadBalancers } from "./load-balancer-compare.ts";
import type { LoadBalancerSpec } from "./specs.ts";

/** How long after its creation a load balancer takes over even if its targets are not as healthy as its predecessor's. */
const patienceMs = 15 * 60_000;
/** How long the predecessor serves on: names live on in DNS caches, and connections in clients. */
const graceMs = 5 * 60_000;
/** The longest pause between two looks at a predecessor that serves on. */
const longestPauseMs = 60_000;

/**
 * While a load balancer lives beside one that it replaces, it counts as pending until it can take over: until each of its
 * target groups has as many healthy targets as the group that it replaces.
 */
export async function holdSuccessors(
  aws: Elbv2Context,
  observed: readonly Observed<LoadBalancerSpec>[],
  { desired, context }: { readonly desired: readonly Resource<LoadBalancerSpec>[]; readonly context: CallContext },
): Promise<readonly Observed<LoadBalancerSpec>[]> {
  return Promise.all(
    observed.map(async (one) => {
      const arn = one.outputs["arn"] ?? "";
      const others = observed.filter((other) => other !== one && other.id === one.id);
      const wanted = desired.find(({ id }) => id === one.id);
      const isKept =
        wanted !== undefined &&
        compareLoadBalancers(wanted.spec, one.spec).every(({ replace }) => replace !== true) &&
        others.length > 0;
      if (!isKept) {
        aws.inventory.details.forget(arn, "tookOverAt");
        return one;
      }
      if (one.state !== "ready" || aws.inventory.details.get(arn, "tookOverAt") !== undefined) return one;
      const reason = await notReadyYet(aws, one, others, context);
      if (reason !== undefined) return { ...one, state: "pending" as const, reason };
      aws.inventory.details.set(arn, "tookOverAt", aws.clock.monotonic());
      return one;
    }),
  );
}

/** How long a load balancer still has to serve because another took over from it a short while ago, in milliseconds. */
export function graceLeftMs({ inventory, clock }: Elbv2Context, arn: string, { ownership }: CallContext): number {
  const entry = inventory.loadBalancers.get(arn);
  const id = entry?.tags[ownership.idTag];
  if (entry === undefined || id === undefined || Object.keys(ownership.tags).length === 0) return 0;
  const tookOverAt = inventory.loadBalancers
    .withTags({ ...ownership.tags, [ownership.idTag]: id })
    .flatMap(({ key }) => (key === arn ? [] : (inventory.details.get(key, "tookOverAt") ?? [])));
  const left = Math.max(0, ...tookOverAt.map((at) => at + graceMs - clock.monotonic()));
  return Math.min(left, longestPauseMs);
}

async function notReadyYet(
  aws: Elbv2Context,
  successor: Observed<LoadBalancerSpec>,
  others: readonly Observed<LoadBalancerSpec>[],
  context: CallContext,
): Promise<string | undefined> {
  const { inventory, clock } = aws;
  const entry = inventory.loadBalancers.get(successor.outputs["arn"] ?? "");
  const age = clock.now() - (entry?.item.CreatedTime?.getTime() ?? clock.now());
  if (entry === undefined || age > patienceMs) return undefined;
  const own = groupsOf(aws, entry, context);
  const before = others.flatMap(({ outputs }) => {
    const other = inventory.loadBalancers.get(outputs["arn"] ?? "");
    return other === undefined ? [] : groupsOf(aws, other, context);
  });
  const idOf = ({ tags }: TargetGroupEntry): string | undefined => tags[context.ownership.idTag];
  const verdicts = await Promise.all(
    before.map(async (group) => {
      const needed = await healthyTargets(aws, group, context);
      if (needed === 0) return undefined;
      const next = own.find((candidate) => idOf(candidate) === idOf(group));
      if (next === undefined) return `target group ${idOf(group) ?? group.name} has no successor yet`;
      const healthy = await healthyTargets(aws, next, context);
      return healthy >= needed
        ? undefined
        : `takes over when its targets are healthy: target group ${next.name} has ${healthy} of ${needed}`;
    }),
  );
  return verdicts.find((verdict) => verdict !== undefined);
}

/** The target groups of the Stack that were made for this load balancer. */
function groupsOf(
  { inventory }: Elbv2Context,
  { tags }: LoadBalancerEntry,
  { ownership }: CallContext,
): readonly TargetGroupEntry[] {
  return inventory.targetGroups
    .withTags(ownership.tags)
    .filter((group) => group.tags[generationTag] === tags[generationTag]);
}

async function healthyTargets(aws: Elbv2Context, { key }: TargetGroupEntry, context: CallContext): Promise<number> {
  const options = { ...callOptions(context, key), lane: "health" as const };
  const { TargetHealthDescriptions = [] } = await aws.elbv2.describeTargetHealth({ TargetGroupArn: key }, options);
  aws.inventory.details.set(key, "health", TargetHealthDescriptions);
  return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === "healthy").length;
}
