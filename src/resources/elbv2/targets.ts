import type { TargetDescription, TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { hasCode } from "../../aws/errors.ts";
import { batches } from "../../aws/inventory.ts";
import { targetKey } from "../../aws/targets-cache.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import { isRef, type Resource } from "../../engine/stack.ts";
import { AppError, errorMessage, isAppError } from "../../errors.ts";
import type { Elbv2Context } from "./context.ts";
import { callOptions, literal, settling } from "./context.ts";
import type { Tags, Target, TargetsSpec } from "./specs.ts";

export const targetsTypeName = "elbv2/Targets";

/** AWS states no limit; 200 a call is proven. */
const batchSize = 200;
/** How soon a load balancer that is to be a target is looked at again. */
const provisioningRetryMs = 10_000;

/**
 * What is registered in one target group. New targets are registered before old ones leave. The known set is kept from our
 * own calls, so that only a group that this process has not met yet, or a full check, costs a read.
 */
export function targetsType(aws: Elbv2Context): ResourceType<TargetsSpec> {
  return {
    type: targetsTypeName,
    iamActions: [
      "elasticloadbalancing:DescribeTargetHealth",
      "elasticloadbalancing:RegisterTargets",
      "elasticloadbalancing:DeregisterTargets",
    ],
    dependsOn: ["elbv2/TargetGroup", "elbv2/LoadBalancer", "elbv2/Listener"],
    parents: [],
    deletedWith: "elbv2/TargetGroup",
    inventoried: true,

    async observe({ desired }, context) {
      const found = await Promise.all(desired.map((resource) => observe(aws, resource, context)));
      return found.filter((item) => item !== undefined);
    },

    compare: compareTargets,

    async create(resource, context) {
      const observed = await observe(aws, resource, context);
      const differences = observed === undefined ? [] : compareTargets(resource.spec, observed.spec);
      if (observed === undefined)
        throw new AppError("the target group is not known", { class: "bug", code: "NoTargetGroup" });
      return update(aws, { resource, observed, differences }, context);
    },

    update: (change, context) => update(aws, change, context),

    async delete({ spec }, context) {
      await deregister(aws, literal(spec.targetGroupARN), known(spec), context);
      return { kind: "deleted" };
    },
  };
}

async function observe(
  aws: Elbv2Context,
  resource: Resource<TargetsSpec>,
  context: CallContext,
): Promise<Observed<TargetsSpec> | undefined> {
  const { targetGroupARN } = resource.spec;
  if (typeof targetGroupARN !== "string") return undefined;
  const known = context.depth === "full" ? undefined : aws.targets.get(targetGroupARN);
  if (known === undefined) {
    // No listing tells what is registered; a shallow look sees whether the group is there to hold it.
    if (context.depth === "shallow") {
      const exists = aws.inventory.targetGroups.get(targetGroupARN) !== undefined;
      return exists ? { ...observedOf(aws, resource, targetGroupARN), spec: resource.spec } : undefined;
    }
    const { TargetHealthDescriptions = [] } = await settling(
      aws,
      () => aws.elbv2.describeTargetHealth({ TargetGroupArn: targetGroupARN }, callOptions(context, targetGroupARN)),
      targetGroupARN,
    );
    aws.inventory.details.set(targetGroupARN, "health", TargetHealthDescriptions);
    aws.targets.set(targetGroupARN, registeredTargets(TargetHealthDescriptions));
  }
  return observedOf(aws, resource, targetGroupARN);
}

/** Targets that are registered: what drains, or was only asked about, is not. */
export function registeredTargets(descriptions: readonly TargetHealthDescription[]): readonly Target[] {
  return descriptions.flatMap(({ Target, TargetHealth }) => {
    const state = TargetHealth?.State ?? "";
    const isLeaving = state === "draining" || state === "unhealthy.draining";
    if (Target?.Id === undefined || isLeaving || TargetHealth?.Reason === "Target.NotRegistered") return [];
    return [{ id: Target.Id, port: Target.Port ?? 0 }];
  });
}

function observedOf(
  { targets }: Elbv2Context,
  { id, spec }: Resource<TargetsSpec>,
  targetGroupARN: string,
): Observed<TargetsSpec> {
  return {
    type: targetsTypeName,
    id,
    spec: {
      targetGroupARN,
      targets: targets.get(targetGroupARN) ?? [],
      ...(spec.mayDeregister === undefined ? {} : { mayDeregister: spec.mayDeregister }),
    },
    outputs: {},
    state: "ready",
  };
}

/** The zone of a target is no part of its identity. */
export function compareTargets(desired: TargetsSpec, observed: TargetsSpec): readonly Difference[] {
  const { missing, surplus } = targetChanges(desired, observed);
  if (missing.length + surplus.length === 0) return [];
  return [{ field: "targets", from: known(observed).map(shown), to: known(desired).map(shown) }];
}

function shown({ id, port }: Target): string {
  return `${id}:${port}`;
}

/** Targets with an ID in words: a load balancer that does not exist yet has none, and cannot be registered already. */
function known({ targets }: TargetsSpec): readonly Target[] {
  return targets.map((target) => ({
    ...target,
    id: isRef(target.id) ? `(${target.id.$ref.output} of ${target.id.$ref.id})` : target.id,
  }));
}

export function targetChanges(
  desired: TargetsSpec,
  observed: TargetsSpec,
): { readonly missing: readonly Target[]; readonly surplus: readonly Target[] } {
  const wanted = new Map(known(desired).map((target) => [targetKey(target), target]));
  const registered = known(observed);
  const present = new Set(registered.map(targetKey));
  const may = desired.mayDeregister === undefined ? undefined : new Set(desired.mayDeregister);
  return {
    missing: [...wanted].filter(([key]) => !present.has(key)).map(([, target]) => target),
    surplus: registered.filter(
      (target) => !wanted.has(targetKey(target)) && (may === undefined || may.has(shown(target)) || may.has(target.id)),
    ),
  };
}

async function update(
  aws: Elbv2Context,
  {
    resource,
    observed,
  }: {
    readonly resource: Resource<TargetsSpec>;
    readonly observed: Observed<TargetsSpec>;
    readonly differences: readonly Difference[];
  },
  context: CallContext,
): Promise<Observed<TargetsSpec>> {
  const arn = literal(resource.spec.targetGroupARN);
  const { missing, surplus } = targetChanges(resource.spec, observed.spec);
  const pending = missing.find(({ id }) => isProvisioning(aws, id));
  if (pending !== undefined) {
    throw new AppError(`load balancer ${pending.id} is not active yet`, {
      class: "waiting",
      code: "TargetProvisioning",
      retryAfterMs: provisioningRetryMs,
    });
  }
  // AWS takes only one load balancer in a group: its predecessor makes room.
  if (missing.some(({ id }) => isLoadBalancer(id))) await deregister(aws, arn, surplus, context);
  const refused: Refusal[] = [];
  for (const batch of batches(missing, batchSize)) refused.push(...(await register(aws, arn, batch, context)));
  // Old targets go even where some new ones were refused: neighbours do not suffer for them.
  await deregister(aws, arn, surplus, context);
  const [first] = refused;
  if (first !== undefined) {
    const names = refused.map(({ target }) => shown(target)).join(", ");
    throw new AppError(`AWS refuses ${refused.length} targets (${names}): ${errorMessage(first.error)}`, {
      class: "invalid",
      code: "TargetRefused",
      cause: first.error,
    });
  }
  return observedOf(aws, resource, arn);
}

function isLoadBalancer(id: string): boolean {
  return id.includes(":loadbalancer/");
}

/**
 * AWS registers a load balancer once it is active. One that takes over from others is registered once it can: until then
 * these are the better target.
 */
function isProvisioning({ inventory }: Elbv2Context, id: string): boolean {
  if (!isLoadBalancer(id)) return false;
  const entry = inventory.loadBalancers.get(id);
  if (entry?.item.State?.Code !== "active") return true;
  const others = inventory.loadBalancers.withTags(withoutGeneration(entry.tags)).filter(({ key }) => key !== id);
  return others.length > 0 && inventory.details.get(id, "tookOverAt") === undefined;
}

/** The tags that a load balancer shares with those that it replaces. */
function withoutGeneration(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key.includes(".k8s.aws/")));
}

interface Refusal {
  readonly target: Target;
  readonly error: unknown;
}

/** One bad target refuses a whole call: the batch is halved until it stands alone. */
async function register(
  aws: Elbv2Context,
  arn: string,
  batch: readonly Target[],
  context: CallContext,
): Promise<readonly Refusal[]> {
  const send = (targets: readonly Target[]): Promise<unknown> =>
    settling(
      aws,
      () =>
        aws.elbv2.registerTargets(
          { TargetGroupArn: arn, Targets: targets.map(description) },
          callOptions(context, arn),
        ),
      arn,
    );
  try {
    await send(batch);
  } catch (error) {
    if (!isAppError(error) || error.class !== "invalid") throw error;
    if (wantsZone(error) && batch.some(({ availabilityZone }) => availabilityZone === undefined)) {
      const zoned = batch.map((target) => ({ ...target, availabilityZone: target.availabilityZone ?? "all" }));
      return register(aws, arn, zoned, context);
    }
    const [target, ...others] = batch;
    if (target === undefined || others.length === 0) return target === undefined ? [] : [{ target, error }];
    const middle = Math.ceil(batch.length / 2);
    return [
      ...(await register(aws, arn, batch.slice(0, middle), context)),
      ...(await register(aws, arn, batch.slice(middle), context)),
    ];
  }
  aws.targets.registered(
    arn,
    batch.map(({ id, port }) => ({ id, port })),
  );
  return [];
}

/** An ALB with cross-zone balancing off asks for the zone also of addresses inside the VPC. */
function wantsZone(error: AppError): boolean {
  return hasCode(error, "ValidationError") && /must specify an Availability Zone/i.test(error.message);
}

async function deregister(
  aws: Elbv2Context,
  arn: string,
  targets: readonly Target[],
  context: CallContext,
): Promise<void> {
  for (const batch of batches(targets, batchSize)) {
    try {
      await aws.elbv2.deregisterTargets(
        { TargetGroupArn: arn, Targets: batch.map(({ id, port }) => description({ id, port })) },
        callOptions(context, arn),
      );
    } catch (error) {
      if (!hasCode(error, "TargetGroupNotFound", "InvalidTarget", "ValidationError")) throw error;
    }
    aws.targets.deregistered(arn, batch);
  }
}

function description({ id, port, availabilityZone }: Target): TargetDescription {
  return {
    Id: id,
    ...(port === 0 ? {} : { Port: port }),
    ...(availabilityZone === undefined ? {} : { AvailabilityZone: availabilityZone }),
  };
}
