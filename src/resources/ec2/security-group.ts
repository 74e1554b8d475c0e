import type { SecurityGroup } from "@aws-sdk/client-ec2";
import { hasCode } from "../../aws/errors.ts";
import { Batcher } from "../../aws/facts/batcher.ts";
import type { SecurityGroupEntry } from "../../aws/inventory.ts";
import { batches } from "../../aws/inventory.ts";
import { hasTags, toTagList } from "../../aws/tags.ts";
import type { Clock } from "../../clock.ts";
import type { CallContext, DeleteResult, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { differs, nameTaken } from "../elbv2/context.ts";
import type { TagPolicy } from "../tagging.ts";
import { compareTags, ownershipTags, tagChanges, tagsAsSpec, wantedTags } from "../tagging.ts";
import type { SecurityGroupContext } from "./ingress-rules.ts";
import { changeIngress, noSuchGroup } from "./ingress-rules.ts";
import { fromSdkPermissions, permissionChanges, shownPermissions } from "./permissions.ts";
import type { SecurityGroupSpec } from "./specs.ts";

export const securityGroupTypeName = "ec2/SecurityGroup";

export interface SecurityGroupTypeContext extends SecurityGroupContext {
  readonly clock: Clock;
  readonly tagPolicy: TagPolicy;
}

/** AWS removes the interfaces of a deleted load balancer after tens of seconds; until then there is no use in asking. */
const restAfterReleaseMs = 20_000;
const pauses = [15_000, 20_000, 30_000];
const windowMs = 20;
const filterValues = 200;

/**
 * Security groups of our own. Their inbound rules are wholly ours, where the spec lists any; outbound rules stay as EC2 makes
 * them. A deletion waits until no network interface uses the group: one question for all groups that wait.
 */
export function securityGroupType(aws: SecurityGroupTypeContext): ResourceType<SecurityGroupSpec> {
  const users = new Batcher<readonly string[]>(aws.clock, windowMs, (ids) => interfacesOf(aws, ids));
  const attempts = new Map<string, number>();

  return {
    type: securityGroupTypeName,
    iamActions: [
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeNetworkInterfaces",
      "ec2:CreateSecurityGroup",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:RevokeSecurityGroupIngress",
      "ec2:DeleteSecurityGroup",
      "ec2:CreateTags",
      "ec2:DeleteTags",
    ],
    dependsOn: [],
    parents: [],
    inventoried: true,

    async observe({ desired }, context) {
      await (context.depth === "full" ? aws.inventory.fresh() : aws.inventory.ready());
      return candidates(aws, desired, context).map((candidate) => observedOf(aws, candidate, context));
    },

    compare: compareSecurityGroups,

    async create(resource, context) {
      const entry = await createOrFind(aws, resource, context);
      const observed = observedOf(aws, { entry, resource, id: resource.id }, context);
      const differences = compareSecurityGroups(resource.spec, observed.spec);
      return update(aws, { resource, observed, differences }, context);
    },

    update: (change, context) => update(aws, change, context),

    async delete({ outputs }, context) {
      const id = outputs["id"] ?? "";
      const wait = (reason: string): DeleteResult => {
        const attempt = attempts.get(id) ?? 0;
        attempts.set(id, attempt + 1);
        return { kind: "waiting", reason, retryAfterMs: pauses[Math.min(attempt, pauses.length - 1)] ?? 30_000 };
      };
      const sinceReleaseMs = aws.inventory.sinceReleaseMs(id);
      if (sinceReleaseMs !== undefined && sinceReleaseMs < restAfterReleaseMs) {
        const retryAfterMs = restAfterReleaseMs - sinceReleaseMs;
        return {
          kind: "waiting",
          reason: "AWS is removing the network interfaces of the load balancer that use the security group",
          retryAfterMs,
        };
      }
      const inUse = await users.get(id);
      if (inUse !== undefined) return wait(`network interfaces still use it: ${inUse.slice(0, 3).join(", ")}`);
      try {
        await aws.ec2.deleteSecurityGroup({ GroupId: id }, { signal: context.signal, resource: id });
      } catch (error) {
        if (hasCode(error, "DependencyViolation"))
          return wait("something still refers to it, such as another group's rule");
        if (!hasCode(error, "InvalidGroup.NotFound")) throw error;
      }
      attempts.delete(id);
      aws.inventory.removeSecurityGroup(id);
      return { kind: "deleted" };
    },
  };
}

async function interfacesOf(
  { ec2 }: SecurityGroupTypeContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const Values of batches(ids, filterValues)) {
    let NextToken: string | undefined;
    do {
      const page = await ec2.describeNetworkInterfaces({
        Filters: [{ Name: "group-id", Values }],
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      for (const { NetworkInterfaceId = "", Groups } of page.NetworkInterfaces ?? []) {
        for (const { GroupId = "" } of Groups ?? [])
          found.set(GroupId, [...(found.get(GroupId) ?? []), NetworkInterfaceId]);
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined && NextToken !== "");
  }
  return found;
}

interface Candidate {
  readonly entry: SecurityGroupEntry;
  readonly resource: Resource<SecurityGroupSpec> | undefined;
  readonly id: string;
}

function candidates(
  { inventory: { securityGroups } }: SecurityGroupTypeContext,
  desired: readonly Resource<SecurityGroupSpec>[],
  context: CallContext,
): readonly Candidate[] {
  const { tags, idTag } = context.ownership;
  const found = new Map<string, Candidate>();
  for (const entry of Object.keys(tags).length === 0 ? [] : securityGroups.withTags(tags)) {
    const id = entry.tags[idTag];
    if (id === undefined) continue;
    const resource = desired.find((item) => item.id === id && item.shared === undefined);
    found.set(entry.key, { entry, id, resource });
  }
  for (const resource of desired) {
    const byTags = resource.shared === undefined ? [] : securityGroups.withTags(ownershipTags(resource, context));
    const { adopt } = resource;
    const byName = adopt === undefined ? [] : [securityGroups.get(adopt) ?? securityGroups.named(adopt)[0]];
    // Of several shared ones the first is taken, as LBC does; the others belong to somebody.
    const entry = [...byTags, ...byName].find((item) => item !== undefined);
    if (entry !== undefined) found.set(entry.key, { entry, id: resource.id, resource });
  }
  return [...found.values()];
}

function observedOf(
  { tagPolicy }: SecurityGroupTypeContext,
  { entry, resource, id }: Candidate,
  context: CallContext,
): Observed<SecurityGroupSpec> {
  const ownership =
    resource === undefined
      ? { ...context.ownership.tags, [context.ownership.idTag]: id }
      : ownershipTags(resource, context);
  return {
    type: securityGroupTypeName,
    id,
    spec: {
      name: entry.name,
      description: entry.item.Description ?? "",
      vpcID: entry.item.VpcId ?? "",
      ingress: fromSdkPermissions(entry.item.IpPermissions),
      tags: tagsAsSpec(entry.tags, ownership, tagPolicy),
    },
    outputs: { id: entry.key },
    state: "ready",
  };
}

/** Name, description and VPC are given at creation and not compared. */
export function compareSecurityGroups(desired: SecurityGroupSpec, observed: SecurityGroupSpec): readonly Difference[] {
  const tags = compareTags(desired.tags, observed.tags);
  if (desired.ingress === undefined) return tags;
  const { missing, surplus } = permissionChanges(desired.ingress, observed.ingress ?? []);
  if (missing.length + surplus.length === 0) return tags;
  const from = shownPermissions(observed.ingress ?? []);
  return [{ field: "ingress", from, to: shownPermissions(desired.ingress) }, ...tags];
}

/** EC2's create is not idempotent: a name that is taken may be that of our own create, whose answer was lost. */
async function createOrFind(
  { ec2, inventory }: SecurityGroupTypeContext,
  resource: Resource<SecurityGroupSpec>,
  context: CallContext,
): Promise<SecurityGroupEntry> {
  const { spec } = resource;
  const options = { signal: context.signal, resource: `security group ${spec.name}` };
  const Tags = toTagList(wantedTags(resource, context));
  try {
    const answer = await ec2.createSecurityGroup(
      {
        GroupName: spec.name,
        Description: spec.description,
        VpcId: spec.vpcID,
        ...(Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "security-group", Tags }] }),
      },
      options,
    );
    if (answer.GroupId === undefined) {
      throw new AppError("ec2 CreateSecurityGroup answered without a result", {
        class: "transient",
        code: "EmptyAnswer",
      });
    }
    const item: SecurityGroup = {
      GroupId: answer.GroupId,
      GroupName: spec.name,
      Description: spec.description,
      VpcId: spec.vpcID,
      IpPermissions: [],
      Tags,
    };
    return inventory.putSecurityGroup(item);
  } catch (error) {
    if (!hasCode(error, "InvalidGroup.Duplicate")) throw error;
    const { SecurityGroups } = await ec2.describeSecurityGroups(
      {
        Filters: [
          { Name: "vpc-id", Values: [spec.vpcID] },
          { Name: "group-name", Values: [spec.name] },
        ],
      },
      options,
    );
    const item = SecurityGroups?.[0];
    // The name is taken, yet not to be seen: it was made, or deleted, a moment ago.
    if (item === undefined) {
      throw new AppError(`the name ${spec.name} is taken by a group that AWS does not show yet`, {
        class: "waiting",
        code: "Settling",
        retryAfterMs: 2_000,
        cause: error,
      });
    }
    const entry = inventory.putSecurityGroup(item);
    if (hasTags(entry.tags, ownershipTags(resource, context)) || resource.adopt === entry.key) return entry;
    throw nameTaken("security group", spec.name, entry.key);
  }
}

async function update(
  aws: SecurityGroupTypeContext,
  change: {
    readonly resource: Resource<SecurityGroupSpec>;
    readonly observed: Observed<SecurityGroupSpec>;
    readonly differences: readonly Difference[];
  },
  context: CallContext,
): Promise<Observed<SecurityGroupSpec>> {
  const { resource, observed, differences } = change;
  const { spec } = resource;
  const id = observed.outputs["id"] ?? "";
  const options = { signal: context.signal, resource: id };
  let entry = aws.inventory.securityGroups.get(id) ?? (await aws.inventory.readSecurityGroup(id, options));
  if (entry === undefined) throw noSuchGroup(id);
  if (differs(differences, "tags")) {
    const { set, remove } = tagChanges(differences, wantedTags(resource, context));
    if (Object.keys(set).length > 0) await aws.ec2.createTags({ Resources: [id], Tags: toTagList(set) }, options);
    if (remove.length > 0) {
      await aws.ec2.deleteTags({ Resources: [id], Tags: remove.map((Key) => ({ Key })) }, options);
    }
    const left = Object.entries({ ...entry.tags, ...set }).filter(([key]) => !remove.includes(key));
    entry = aws.inventory.putSecurityGroup({ ...entry.item, Tags: toTagList(Object.fromEntries(left)) });
  }
  if (differs(differences, "ingress") && spec.ingress !== undefined) {
    entry = await changeIngress(aws, entry, { desired: spec.ingress, mayRevoke: () => true }, context);
  }
  return observedOf(aws, { entry, resource, id: resource.id }, context);
}
