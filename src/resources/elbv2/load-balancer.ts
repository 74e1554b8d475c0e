import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import { hasCode } from "../../aws/errors.ts";
import type { LoadBalancerEntry } from "../../aws/inventory.ts";
import { toTagList } from "../../aws/tags.ts";
import type { CallContext, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { wantedTags } from "../tagging.ts";
import type { Elbv2Context } from "./context.ts";
import { asRecord, attributeList, callOptions, nameTaken, noAnswer } from "./context.ts";
import { compareLoadBalancers, describedSpec } from "./load-balancer-compare.ts";
import { createInput } from "./load-balancer-input.ts";
import { asObserved, type Candidate, loadBalancerTypeName } from "./load-balancer-observed.ts";
import { updateLoadBalancer } from "./load-balancer-update.ts";
import { requireOurs } from "./require-ours.ts";
import type { LoadBalancerSpec } from "./specs.ts";
import { graceLeftMs, holdSuccessors } from "./takeover.ts";

/** A load balancer made longer ago than this is not the one that a create just made. */
const newWithinMs = 60_000;

/**
 * Application and network load balancers, found by ownership tags in the inventory. Attributes are read only where some are
 * wanted, or where deletion protection decides.
 */
export function loadBalancerType(aws: Elbv2Context): ResourceType<LoadBalancerSpec> {
  return {
    type: loadBalancerTypeName,
    iamActions: [
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeLoadBalancerAttributes",
      "elasticloadbalancing:DescribeCapacityReservation",
      "elasticloadbalancing:DescribeTags",
      "elasticloadbalancing:CreateLoadBalancer",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
      "elasticloadbalancing:ModifyCapacityReservation",
      "elasticloadbalancing:ModifyIpPools",
      "elasticloadbalancing:SetSubnets",
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetIpAddressType",
      "elasticloadbalancing:DeleteLoadBalancer",
      "elasticloadbalancing:AddTags",
      "elasticloadbalancing:RemoveTags",
    ],
    dependsOn: ["ec2/SecurityGroup"],
    parents: [],
    inventoried: true,
    pollMs: 10_000,

    async observe({ desired }, context) {
      await (context.depth === "full" ? aws.inventory.fresh() : aws.inventory.ready());
      if (context.depth !== "shallow") await aws.inventory.pollPending();
      const all = candidates(aws, desired, context);
      const found = await Promise.all(all.map((candidate) => observe(aws, candidate, context)));
      const observed = found.filter((item) => item !== undefined);
      return context.depth === "shallow" ? observed : holdSuccessors(aws, observed, { desired, context });
    },

    compare: compareLoadBalancers,

    async create(resource, context) {
      const { entry, isNew } = await createOrFind(aws, resource, context);
      if (isNew) {
        aws.inventory.details.set(entry.key, "listeners", []);
        return finish(aws, resource, entry, context);
      }
      const observed = await observe(aws, { entry, resource, id: resource.id }, { ...context, depth: "full" });
      if (observed === undefined) throw noAnswer("DescribeLoadBalancers");
      const differences = compareLoadBalancers(resource.spec, observed.spec);
      if (differences.some(({ replace }) => replace === true)) {
        throw nameTaken("load balancer", resource.spec.name, entry.key);
      }
      return updateLoadBalancer(aws, { resource, observed, differences }, context);
    },

    update: (change, context) => updateLoadBalancer(aws, change, context),

    async delete({ outputs }, context) {
      const arn = outputs["arn"] ?? "";
      const graceMs = graceLeftMs(aws, arn, context);
      if (graceMs > 0)
        return {
          kind: "waiting",
          reason: "the old load balancer still serves clients that know its name",
          retryAfterMs: graceMs,
        };
      try {
        await aws.elbv2.deleteLoadBalancer({ LoadBalancerArn: arn }, callOptions(context, arn));
      } catch (error) {
        if (hasCode(error, "OperationNotPermitted")) throw protectedError(arn, error);
        if (!hasCode(error, "LoadBalancerNotFound")) throw error;
      }
      aws.inventory.removeLoadBalancer(arn);
      return { kind: "deleted" };
    },

    protectedBy({ spec }) {
      const attributes = spec.attributes as Readonly<Record<string, string>> | undefined;
      return attributes?.["deletion_protection.enabled"] === "true"
        ? "its attribute deletion_protection.enabled is true; set it to false first"
        : undefined;
    },
  };
}

function protectedError(arn: string, cause: unknown): AppError {
  return new AppError(
    `AWS does not delete load balancer ${arn}: deletion protection is on, or something depends on it`,
    { class: "conflict", code: "DeletionProtected", cause },
  );
}

/** Ours by tags, and those that the user let us adopt by name or ARN. */
function candidates(
  { inventory }: Elbv2Context,
  desired: readonly Resource<LoadBalancerSpec>[],
  context: CallContext,
): readonly Candidate[] {
  const { tags, idTag } = context.ownership;
  const found = new Map<string, Candidate>();
  for (const entry of Object.keys(tags).length === 0 ? [] : inventory.loadBalancers.withTags(tags)) {
    const id = entry.tags[idTag];
    if (id === undefined) continue;
    found.set(entry.key, { entry, id, resource: desired.find((resource) => resource.id === id) });
  }
  for (const resource of desired) {
    if (resource.adopt === undefined) continue;
    const { adopt } = resource;
    const entry = inventory.loadBalancers.get(adopt) ?? inventory.loadBalancers.named(adopt)[0];
    if (entry !== undefined) found.set(entry.key, { entry, id: resource.id, resource });
  }
  return [...found.values()];
}

async function observe(
  aws: Elbv2Context,
  candidate: Candidate,
  context: CallContext,
): Promise<Observed<LoadBalancerSpec> | undefined> {
  const { resource, id } = candidate;
  const { details } = aws.inventory;
  const options = callOptions(context, candidate.entry.key);
  const full = context.depth === "full";
  const entry = aws.inventory.loadBalancers.get(candidate.entry.key);
  if (entry === undefined) return undefined;
  const described = describedSpec(entry.item);
  const desired = resource?.spec;
  // Protection decides whether it may go; so it is looked up for what is to be deleted or replaced.
  const isLeaving = desired === undefined || desired.type !== described.type || desired.scheme !== described.scheme;
  const wantsAttributes = isLeaving || Object.keys(desired.attributes).length > 0;
  const attributes =
    context.depth === "shallow"
      ? details.get(entry.key, "attributes")
      : wantsAttributes
        ? await details.know(entry.key, "attributes", full, async () => {
            const answer = await aws.elbv2.describeLoadBalancerAttributes({ LoadBalancerArn: entry.key }, options);
            return asRecord(answer.Attributes);
          })
        : undefined;
  const capacity =
    desired?.minimumCapacityUnits === undefined || context.depth === "shallow"
      ? details.get(entry.key, "capacity")
      : await details.know(entry.key, "capacity", full, async () => {
          const answer = await aws.elbv2.describeCapacityReservation({ LoadBalancerArn: entry.key }, options);
          return answer.MinimumLoadBalancerCapacity?.CapacityUnits ?? 0;
        });
  return asObserved(aws, { entry, id, resource }, { attributes, capacity }, context);
}

/**
 * A create with the settings of an existing load balancer succeeds and returns that one, whoever made it (API reference,
 * CreateLoadBalancer): ours is told by its tags.
 */
async function createOrFind(
  aws: Elbv2Context,
  resource: Resource<LoadBalancerSpec>,
  context: CallContext,
): Promise<{ readonly entry: LoadBalancerEntry; readonly isNew: boolean }> {
  const { spec } = resource;
  const options = callOptions(context, `load balancer ${spec.name}`);
  const tags = wantedTags(resource, context);
  let item: LoadBalancer | undefined;
  try {
    const input = createInput(spec, toTagList(tags));
    item = (await aws.elbv2.createLoadBalancer(input, options)).LoadBalancers?.[0];
  } catch (error) {
    if (!hasCode(error, "DuplicateLoadBalancerName")) throw error;
    const answer = await aws.elbv2.describeLoadBalancers({ Names: [spec.name] }, options);
    const found = answer.LoadBalancers?.[0];
    if (found?.LoadBalancerArn === undefined) throw error;
    return { entry: await ours(aws, resource, found.LoadBalancerArn, context), isNew: false };
  }
  if (item?.LoadBalancerArn === undefined) throw noAnswer("CreateLoadBalancer");
  const age = aws.clock.now() - (item.CreatedTime?.getTime() ?? aws.clock.now());
  if (age > newWithinMs || aws.inventory.loadBalancers.get(item.LoadBalancerArn) !== undefined) {
    return { entry: await ours(aws, resource, item.LoadBalancerArn, context), isNew: false };
  }
  return { entry: aws.inventory.putLoadBalancer(item, tags), isNew: true };
}

function ours(
  aws: Elbv2Context,
  resource: Resource<LoadBalancerSpec>,
  arn: string,
  context: CallContext,
): Promise<LoadBalancerEntry> {
  const read = () => aws.inventory.readLoadBalancer(arn, callOptions(context, arn));
  return requireOurs({ what: "load balancer", arn, read }, resource, context);
}

/** What a create cannot carry: attributes, and the capacity once it is active. */
async function finish(
  aws: Elbv2Context,
  resource: Resource<LoadBalancerSpec>,
  entry: LoadBalancerEntry,
  context: CallContext,
): Promise<Observed<LoadBalancerSpec>> {
  const { attributes } = resource.spec;
  const wanted = Object.entries(attributes).map(([key, to]) => ({ field: `attributes.${key}`, from: undefined, to }));
  if (wanted.length > 0) {
    await aws.elbv2.modifyLoadBalancerAttributes(
      { LoadBalancerArn: entry.key, Attributes: attributeList(wanted) },
      callOptions(context, entry.key),
    );
    aws.inventory.details.set(entry.key, "attributes", attributes);
  }
  return asObserved(aws, { entry, id: resource.id, resource }, { attributes }, context);
}
