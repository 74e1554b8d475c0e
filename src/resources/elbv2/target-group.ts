import type {
  CreateTargetGroupInput,
  ModifyTargetGroupInput,
  TargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { hasCode } from "../../aws/errors.ts";
import type { TargetGroupEntry } from "../../aws/inventory.ts";
import { toTagList } from "../../aws/tags.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { compareTags, ownershipTags, tagsAsSpec, wantedTags } from "../tagging.ts";
import type { Elbv2Context } from "./context.ts";
import {
  applyTags,
  asRecord,
  attributeList,
  callOptions,
  compareAttributes,
  differs,
  nameTaken,
  noAnswer,
} from "./context.ts";
import { generationTag } from "./generation.ts";
import { requireOurs } from "./require-ours.ts";
import type { HealthCheckSpec, TargetGroupSpec } from "./specs.ts";

export const targetGroupTypeName = "elbv2/TargetGroup";

/** What every new group has (ELBv2 API reference, TargetGroupAttribute): writing these would cost a call for nothing. */
const attributesOfNew: Readonly<Record<string, string>> = {
  "deregistration_delay.timeout_seconds": "300",
  "proxy_protocol_v2.enabled": "false",
  "stickiness.enabled": "false",
};

/** How soon a group that a listener or rule still holds is tried again: the reference goes some seconds after the rule. */
const inUseRetryMs = 3_000;

/**
 * Target groups, found by ownership tags in the inventory. Target type, protocol, protocol version, address family and
 * control port cannot be changed, nor the load balancer that a group serves: another group is made. The name and the group's own port are not compared, since every
 * target is registered with a port of its own.
 */
export function targetGroupType(aws: Elbv2Context): ResourceType<TargetGroupSpec> {
  return {
    type: targetGroupTypeName,
    iamActions: [
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeTargetGroupAttributes",
      "elasticloadbalancing:DescribeTags",
      "elasticloadbalancing:CreateTargetGroup",
      "elasticloadbalancing:ModifyTargetGroup",
      "elasticloadbalancing:ModifyTargetGroupAttributes",
      "elasticloadbalancing:DeleteTargetGroup",
      "elasticloadbalancing:AddTags",
      "elasticloadbalancing:RemoveTags",
    ],
    dependsOn: [],
    parents: [],
    inventoried: true,

    async observe({ desired }, context) {
      await (context.depth === "full" ? aws.inventory.fresh() : aws.inventory.ready());
      const found = await Promise.all(candidates(aws, desired, context).map((item) => observe(aws, item, context)));
      return found.filter((item) => item !== undefined);
    },

    compare: compareTargetGroups,

    async create(resource, context) {
      const found = await createOrFind(aws, resource, context);
      if (!found.isNew) {
        const current = await observe(aws, { ...found, resource, id: resource.id }, { ...context, depth: "full" });
        if (current === undefined) throw noAnswer("DescribeTargetGroups");
        const differences = compareTargetGroups(resource.spec, current.spec);
        if (differences.some(({ replace }) => replace === true)) {
          throw nameTaken("target group", resource.spec.name, found.entry.key);
        }
        return update(aws, { resource, observed: current, differences }, context);
      }
      aws.targets.set(found.entry.key, []);
      const { attributes } = resource.spec;
      const differences = compareAttributes(attributes, attributesOfNew);
      if (differences.length > 0) await writeAttributes(aws, found.entry.key, differences, context);
      aws.inventory.details.set(found.entry.key, "attributes", attributes);
      return asObserved(aws, { ...found, resource, id: resource.id }, attributes, context);
    },

    update: (change, context) => update(aws, change, context),

    async delete({ outputs }, context) {
      const arn = outputs["arn"] ?? "";
      try {
        await aws.elbv2.deleteTargetGroup({ TargetGroupArn: arn }, callOptions(context, arn));
      } catch (error) {
        if (hasCode(error, "ResourceInUse")) {
          return {
            kind: "waiting",
            reason: "a listener or rule still refers to the target group",
            retryAfterMs: inUseRetryMs,
          };
        }
        if (!hasCode(error, "TargetGroupNotFound")) throw error;
      }
      aws.inventory.removeTargetGroup(arn);
      aws.targets.forget(arn);
      return { kind: "deleted" };
    },
  };
}

interface Candidate {
  readonly entry: TargetGroupEntry;
  readonly resource: Resource<TargetGroupSpec> | undefined;
  readonly id: string;
}

function candidates(
  { inventory }: Elbv2Context,
  desired: readonly Resource<TargetGroupSpec>[],
  context: CallContext,
): readonly Candidate[] {
  const { tags, idTag } = context.ownership;
  const found = new Map<string, Candidate>();
  for (const entry of Object.keys(tags).length === 0 ? [] : inventory.targetGroups.withTags(tags)) {
    const id = entry.tags[idTag];
    if (id === undefined) continue;
    found.set(entry.key, { entry, id, resource: desired.find((resource) => resource.id === id) });
  }
  for (const resource of desired) {
    if (resource.adopt === undefined) continue;
    const entry = inventory.targetGroups.get(resource.adopt) ?? inventory.targetGroups.named(resource.adopt)[0];
    if (entry !== undefined) found.set(entry.key, { entry, id: resource.id, resource });
  }
  return [...found.values()];
}

async function observe(
  aws: Elbv2Context,
  candidate: Candidate,
  context: CallContext,
): Promise<Observed<TargetGroupSpec> | undefined> {
  const { resource } = candidate;
  const { details } = aws.inventory;
  const options = callOptions(context, candidate.entry.key);
  const full = context.depth === "full";
  const entry = aws.inventory.targetGroups.get(candidate.entry.key);
  if (entry === undefined) return undefined;
  const wantsAttributes = resource !== undefined && Object.keys(resource.spec.attributes).length > 0;
  const attributes =
    wantsAttributes && context.depth !== "shallow"
      ? await details.know(entry.key, "attributes", full, async () => {
          const answer = await aws.elbv2.describeTargetGroupAttributes({ TargetGroupArn: entry.key }, options);
          return asRecord(answer.Attributes);
        })
      : details.get(entry.key, "attributes");
  return asObserved(aws, { ...candidate, entry }, attributes, context);
}

function asObserved(
  aws: Elbv2Context,
  { entry, resource, id }: Candidate,
  attributes: Readonly<Record<string, string>> | undefined,
  context: CallContext,
): Observed<TargetGroupSpec> {
  const ownership =
    resource === undefined
      ? { ...context.ownership.tags, [context.ownership.idTag]: id }
      : ownershipTags(resource, context);
  return {
    type: targetGroupTypeName,
    id,
    spec: {
      ...describedSpec(entry.item),
      ...(attributes === undefined ? {} : { attributes }),
      tags: tagsAsSpec(entry.tags, ownership, aws.tagPolicy),
      // Attributes that were not read are absent, as the contract of `Observed` has it.
    } as TargetGroupSpec,
    outputs: { arn: entry.key, name: entry.name },
    state: "ready",
  };
}

function describedSpec(item: TargetGroup): Omit<TargetGroupSpec, "attributes" | "tags"> {
  const code = item.Matcher?.HttpCode;
  const grpcCode = item.Matcher?.GrpcCode;
  return {
    name: item.TargetGroupName ?? "",
    targetType: (item.TargetType ?? "instance") as TargetGroupSpec["targetType"],
    protocol: item.Protocol ?? "",
    ...(item.ProtocolVersion === undefined ? {} : { protocolVersion: item.ProtocolVersion }),
    port: item.Port ?? 0,
    ipAddressType: item.IpAddressType === "ipv6" ? "ipv6" : "ipv4",
    vpcID: item.VpcId ?? "",
    ...(item.TargetControlPort === undefined ? {} : { targetControlPort: item.TargetControlPort }),
    healthCheck: {
      port: item.HealthCheckPort ?? "traffic-port",
      protocol: item.HealthCheckProtocol ?? "",
      ...(item.HealthCheckPath === undefined ? {} : { path: item.HealthCheckPath }),
      ...(code === undefined && grpcCode === undefined
        ? {}
        : {
            matcher: {
              ...(code === undefined ? {} : { httpCode: code }),
              ...(grpcCode === undefined ? {} : { grpcCode }),
            },
          }),
      intervalSeconds: item.HealthCheckIntervalSeconds ?? 30,
      ...(item.HealthCheckTimeoutSeconds === undefined ? {} : { timeoutSeconds: item.HealthCheckTimeoutSeconds }),
      healthyThreshold: item.HealthyThresholdCount ?? 5,
      unhealthyThreshold: item.UnhealthyThresholdCount ?? 2,
    },
  };
}

export function compareTargetGroups(desired: TargetGroupSpec, observed: TargetGroupSpec): readonly Difference[] {
  const differences: Difference[] = [];
  const replace = (field: string, from: unknown, to: unknown): void => {
    if (from !== to) differences.push({ field, from, to, replace: true });
  };
  replace("targetType", observed.targetType, desired.targetType);
  replace("protocol", observed.protocol, desired.protocol);
  if (desired.protocolVersion !== undefined) {
    replace("protocolVersion", observed.protocolVersion ?? "HTTP1", desired.protocolVersion);
  }
  replace("ipAddressType", observed.ipAddressType ?? "ipv4", desired.ipAddressType ?? "ipv4");
  if (desired.targetControlPort !== undefined || observed.targetControlPort !== undefined) {
    replace("targetControlPort", observed.targetControlPort, desired.targetControlPort);
  }
  const observedTags = observed.tags as TargetGroupSpec["tags"] | undefined;
  if (observedTags !== undefined) {
    replace(`tags.${generationTag}`, observedTags[generationTag], desired.tags[generationTag]);
  }
  return [
    ...differences,
    ...compareHealthChecks(desired.healthCheck, observed.healthCheck),
    ...compareAttributes(desired.attributes, observed.attributes as TargetGroupSpec["attributes"] | undefined),
    ...compareTags(desired.tags, observed.tags).filter(({ field }) => field !== `tags.${generationTag}`),
  ];
}

function compareHealthChecks(desired: HealthCheckSpec, observed: HealthCheckSpec): Difference[] {
  const fields = [
    ["port", observed.port, desired.port],
    ["protocol", observed.protocol, desired.protocol],
    ["path", observed.path, desired.path],
    ["matcher.httpCode", observed.matcher?.httpCode, desired.matcher?.httpCode],
    ["matcher.grpcCode", observed.matcher?.grpcCode, desired.matcher?.grpcCode],
    ["intervalSeconds", observed.intervalSeconds, desired.intervalSeconds],
    ["timeoutSeconds", observed.timeoutSeconds, desired.timeoutSeconds],
    ["healthyThreshold", observed.healthyThreshold, desired.healthyThreshold],
    ["unhealthyThreshold", observed.unhealthyThreshold, desired.unhealthyThreshold],
  ] as const;
  return fields
    .filter(([, from, to]) => to !== undefined && from !== to)
    .map(([field, from, to]) => ({ field: `healthCheck.${field}`, from, to }));
}

function healthCheckInput(check: HealthCheckSpec): Omit<ModifyTargetGroupInput, "TargetGroupArn"> {
  return {
    HealthCheckEnabled: true,
    HealthCheckPort: check.port,
    HealthCheckProtocol: check.protocol as NonNullable<ModifyTargetGroupInput["HealthCheckProtocol"]>,
    ...(check.path === undefined ? {} : { HealthCheckPath: check.path }),
    ...(check.matcher === undefined
      ? {}
      : {
          Matcher: {
            ...(check.matcher.httpCode === undefined ? {} : { HttpCode: check.matcher.httpCode }),
            ...(check.matcher.grpcCode === undefined ? {} : { GrpcCode: check.matcher.grpcCode }),
          },
        }),
    HealthCheckIntervalSeconds: check.intervalSeconds,
    ...(check.timeoutSeconds === undefined ? {} : { HealthCheckTimeoutSeconds: check.timeoutSeconds }),
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
  };
}

/** A create with the settings of an existing group succeeds and returns that one, whoever made it. */
async function createOrFind(
  aws: Elbv2Context,
  resource: Resource<TargetGroupSpec>,
  context: CallContext,
): Promise<{ readonly entry: TargetGroupEntry; readonly isNew: boolean }> {
  const { spec } = resource;
  const tags = wantedTags(resource, context);
  const options = callOptions(context, `target group ${spec.name}`);
  const input: CreateTargetGroupInput = {
    Name: spec.name,
    TargetType: spec.targetType,
    Protocol: spec.protocol as NonNullable<CreateTargetGroupInput["Protocol"]>,
    ...(spec.protocolVersion === undefined ? {} : { ProtocolVersion: spec.protocolVersion }),
    Port: spec.port,
    VpcId: spec.vpcID,
    ...(spec.ipAddressType === undefined || spec.ipAddressType === "ipv4" ? {} : { IpAddressType: spec.ipAddressType }),
    ...(spec.targetControlPort === undefined ? {} : { TargetControlPort: spec.targetControlPort }),
    ...healthCheckInput(spec.healthCheck),
    ...(Object.keys(tags).length === 0 ? {} : { Tags: toTagList(tags) }),
  };
  let item: TargetGroup | undefined;
  try {
    item = (await aws.elbv2.createTargetGroup(input, options)).TargetGroups?.[0];
  } catch (error) {
    if (!hasCode(error, "DuplicateTargetGroupName")) throw error;
    const answer = await aws.elbv2.describeTargetGroups({ Names: [spec.name] }, options);
    const arn = answer.TargetGroups?.[0]?.TargetGroupArn;
    if (arn === undefined) throw error;
    return { entry: await ours(aws, resource, arn, context), isNew: false };
  }
  if (item?.TargetGroupArn === undefined) throw noAnswer("CreateTargetGroup");
  const holder = aws.inventory.targetGroups.get(item.TargetGroupArn);
  // Nothing in the answer tells whether it is new: one that is in use, or known, is looked at again.
  if (holder !== undefined || (item.LoadBalancerArns ?? []).length > 0) {
    return { entry: await ours(aws, resource, item.TargetGroupArn, context), isNew: false };
  }
  return { entry: aws.inventory.putTargetGroup(item, tags), isNew: true };
}

function ours(
  aws: Elbv2Context,
  resource: Resource<TargetGroupSpec>,
  arn: string,
  context: CallContext,
): Promise<TargetGroupEntry> {
  const read = () => aws.inventory.readTargetGroup(arn, callOptions(context, arn));
  return requireOurs({ what: "target group", arn, read }, resource, context);
}

async function update(
  aws: Elbv2Context,
  change: {
    readonly resource: Resource<TargetGroupSpec>;
    readonly observed: Observed<TargetGroupSpec>;
    readonly differences: readonly Difference[];
  },
  context: CallContext,
): Promise<Observed<TargetGroupSpec>> {
  const { resource, observed, differences } = change;
  const { inventory, elbv2 } = aws;
  const arn = observed.outputs["arn"] ?? "";
  const options = callOptions(context, arn);
  let entry = inventory.targetGroups.get(arn) ?? (await inventory.readTargetGroup(arn, options));
  if (entry === undefined) {
    throw new AppError(`target group ${arn} does not exist any more`, {
      class: "missing",
      code: "TargetGroupNotFound",
    });
  }
  if (differs(differences, "healthCheck")) {
    const input = { TargetGroupArn: arn, ...healthCheckInput(resource.spec.healthCheck) };
    const item = (await elbv2.modifyTargetGroup(input, options)).TargetGroups?.[0];
    if (item === undefined) throw noAnswer("ModifyTargetGroup");
    entry = inventory.putTargetGroup(item, entry.tags);
  }
  if (differs(differences, "attributes")) await writeAttributes(aws, arn, differences, context);
  if (differs(differences, "tags")) {
    const wanted = wantedTags(resource, context);
    entry = inventory.putTargetGroup(
      entry.item,
      await applyTags(aws, { arn, present: entry.tags, wanted, differences }, options),
    );
  }
  return asObserved(aws, { entry, resource, id: resource.id }, inventory.details.get(arn, "attributes"), context);
}

async function writeAttributes(
  { elbv2, inventory: { details } }: Elbv2Context,
  arn: string,
  differences: readonly Difference[],
  context: CallContext,
): Promise<void> {
  const Attributes = attributeList(differences);
  await elbv2.modifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes }, callOptions(context, arn));
  const written = Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value]));
  details.set(arn, "attributes", { ...details.get(arn, "attributes"), ...written });
}
