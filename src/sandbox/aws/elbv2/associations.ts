import { AwsError } from "../aws-error.ts";
import { tooMany } from "./errors.ts";
import type { LoadBalancer, StoredAction, TargetGroup } from "./model.ts";
import type { Elbv2State } from "./state.ts";

/** The load balancer that a target group counts as its own, one that let go of it a moment ago included. */
export function associatedLoadBalancer(state: Elbv2State, group: TargetGroup): LoadBalancer | undefined {
  if (
    group.usedBy.size === 0 &&
    group.detachedAt !== undefined &&
    state.context.settled(group.detachedAt, "elbv2Detach")
  )
    return undefined;
  return group.loadBalancer;
}

/** Refuses target groups that are someone else's, or too many for the load balancer. Changes nothing. */
export function checkAssociations(state: Elbv2State, loadBalancer: LoadBalancer, groups: readonly TargetGroup[]): void {
  const foreign = groups.filter((group) => {
    const owner = associatedLoadBalancer(state, group);
    return owner !== undefined && owner !== loadBalancer;
  });
  if (foreign.length > 0) {
    const arns = foreign.map(({ arn }) => arn).join(", ");
    throw new AwsError(
      "TargetGroupAssociationLimit",
      `The following target groups cannot be associated with more than one load balancer: ${arns}`,
    );
  }
  const added = new Set(groups.filter(({ arn }) => !loadBalancer.targetGroupUse.has(arn)));
  const limit = state.context.quotas.targetGroupsPerLoadBalancer;
  if (loadBalancer.targetGroupUse.size + added.size > limit) {
    throw tooMany(
      "TooManyUniqueTargetGroupsPerLoadBalancer",
      `You have reached the maximum number of unique target groups that you can associate with a load balancer of type '${loadBalancer.type}': [${limit}]`,
    );
  }
  checkTargetTotal(
    state,
    loadBalancer,
    [...added].reduce((total, { targets }) => total + targets.size, 0),
  );
}

/** Refuses more targets than the load balancer may have. */
export function checkTargetTotal(state: Elbv2State, loadBalancer: LoadBalancer, added: number): void {
  if (added === 0) return;
  const { quotas } = state.context;
  const limit =
    loadBalancer.type === "application"
      ? quotas.targetsPerApplicationLoadBalancer
      : quotas.targetsPerNetworkLoadBalancer;
  let total = added;
  for (const arn of loadBalancer.targetGroupUse.keys()) total += state.targetGroups.get(arn)?.targets.size ?? 0;
  if (total > limit) {
    throw tooMany(
      "TooManyTargets",
      `The maximum number of targets per load balancer '${limit}' has been reached on load balancer '${loadBalancer.arn}'`,
    );
  }
}

/** Replaces what a listener or rule (`ownerArn`) forwards to; the new groups have passed `checkAssociations`. */
export function replaceReferences(
  state: Elbv2State,
  owner: { readonly arn: string; readonly loadBalancer: LoadBalancer },
  before: readonly StoredAction[],
  after: readonly StoredAction[],
): void {
  const old = new Set(before.flatMap(({ targetGroupArns }) => targetGroupArns));
  const wanted = new Set(after.flatMap(({ targetGroupArns }) => targetGroupArns));
  for (const arn of wanted) {
    const group = state.targetGroups.get(arn);
    if (group !== undefined && !old.has(arn)) attach(state, owner, group);
  }
  for (const arn of old) {
    const group = state.targetGroups.get(arn);
    if (group !== undefined && !wanted.has(arn)) detach(state, owner, group);
  }
}

function attach(
  state: Elbv2State,
  { arn, loadBalancer }: { readonly arn: string; readonly loadBalancer: LoadBalancer },
  group: TargetGroup,
): void {
  if (group.usedBy.size === 0) {
    group.attachedAt = state.context.clock.now();
    for (const target of group.targets.values()) target.verdict = "initial";
  }
  group.usedBy.add(arn);
  group.loadBalancer = loadBalancer;
  group.detachedAt = undefined;
  loadBalancer.targetGroupUse.set(group.arn, (loadBalancer.targetGroupUse.get(group.arn) ?? 0) + 1);
}

function detach(
  state: Elbv2State,
  { arn, loadBalancer }: { readonly arn: string; readonly loadBalancer: LoadBalancer },
  group: TargetGroup,
): void {
  group.usedBy.delete(arn);
  const uses = (loadBalancer.targetGroupUse.get(group.arn) ?? 1) - 1;
  if (uses > 0) loadBalancer.targetGroupUse.set(group.arn, uses);
  else loadBalancer.targetGroupUse.delete(group.arn);
  if (group.usedBy.size > 0) return;
  group.detachedAt = state.context.clock.now();
  group.attachedAt = undefined;
  for (const [key, target] of group.targets) if (target.drainedAt !== undefined) group.targets.delete(key);
}
