import { AwsError, beanValidation } from "../aws-error.ts";
import { pageByKey } from "../page-by-key.ts";
import { type AwsService, defineOperation, type SandboxContext } from "../service.ts";
import { integer, list, required, string, structure } from "../shapes.ts";

interface Protection {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly resourceArn: string;
  readonly tags: Map<string, string>;
}

/** AWS's default quota, for each type of resource. */
const maximumProtections = 1000;
const arnShape = string({ minLength: 1, maxLength: 2048, pattern: /^arn:aws/ });
const idShape = string({ minLength: 1, maxLength: 36 });
const tagsShape = list(
  structure({ Key: string({ minLength: 1, maxLength: 128 }), Value: string({ maxLength: 256 }) }),
  {
    max: 200,
  },
);

/** Shield Advanced; the sandbox's account has a subscription. Deleting a load balancer leaves its protection. */
export function createShield(context: SandboxContext): AwsService {
  const protections = new Map<string, Protection>();
  const startedAt = context.clock.now();
  const byResource = (arn: string): Protection | undefined =>
    protections.values().find((item) => item.resourceArn === arn);
  const byArn = (arn: string): Protection => {
    const found = protections.values().find((item) => item.arn === arn);
    if (found === undefined) throw notFound("The referenced protection does not exist.");
    return found;
  };
  return {
    name: "shield",
    signingName: "shield",
    protocol: { kind: "json", targetPrefix: "AWSShield_20160616." },
    invalidInput: beanValidation("ValidationException"),
    throttled: () => new AwsError("ThrottlingException", "Rate exceeded"),
    buckets: { calls: { capacity: 5, refillPerSecond: 3, perOperation: true } },
    operations: [
      defineOperation({
        name: "GetSubscriptionState",
        mutating: false,
        bucket: "calls",
        input: {},
        handle: () => ({ SubscriptionState: "ACTIVE" }),
      }),
      defineOperation({
        name: "DescribeSubscription",
        mutating: false,
        bucket: "calls",
        input: {},
        handle: () => ({
          Subscription: {
            StartTime: new Date(startedAt),
            TimeCommitmentInSeconds: 31_536_000,
            AutoRenew: "ENABLED",
            SubscriptionLimits: {
              ProtectionLimits: { ProtectedResourceTypeLimits: [{ Type: "APPLICATION_LOAD_BALANCER", Max: 1000 }] },
              ProtectionGroupLimits: {
                MaxProtectionGroups: 100,
                PatternTypeLimits: { ArbitraryPatternLimits: { MaxMembers: 10_000 } },
              },
            },
          },
        }),
      }),
      defineOperation({
        name: "DescribeProtection",
        mutating: false,
        bucket: "calls",
        input: { ProtectionId: idShape, ResourceArn: arnShape },
        handle(input) {
          if ((input.ProtectionId === undefined) === (input.ResourceArn === undefined))
            throw new AwsError(
              "InvalidParameterException",
              "Exactly one of ProtectionId and ResourceArn must be specified.",
            );
          const found =
            input.ProtectionId === undefined
              ? byResource(input.ResourceArn ?? "")
              : protections.get(input.ProtectionId);
          if (found === undefined) throw notFound("The referenced protection does not exist.");
          return { Protection: protectionView(found) };
        },
      }),
      defineOperation({
        name: "ListProtections",
        mutating: false,
        bucket: "calls",
        input: {
          NextToken: string(),
          MaxResults: integer({ min: 0, max: 10_000 }),
          InclusionFilters: structure({
            ResourceArns: list(string()),
            ProtectionNames: list(string()),
            ResourceTypes: list(string()),
          }),
        },
        handle(input) {
          const filters = input.InclusionFilters;
          const found = [...protections.values()].filter(
            (item) =>
              (filters?.ResourceArns?.includes(item.resourceArn) ?? true) &&
              (filters?.ProtectionNames?.includes(item.name) ?? true),
          );
          const limit = input.MaxResults === 0 ? undefined : input.MaxResults;
          const page = pageByKey(found, (item) => item.id, {
            limit: limit ?? 10_000,
            token: input.NextToken,
            scope: "",
          });
          if (page === undefined)
            throw new AwsError("InvalidPaginationTokenException", "The NextToken specified is invalid");
          return { Protections: page.items.map(protectionView), NextToken: page.nextToken };
        },
      }),
      defineOperation({
        name: "CreateProtection",
        mutating: true,
        bucket: "calls",
        input: {
          Name: required(string({ minLength: 1, maxLength: 128, pattern: /^[ a-zA-Z0-9_.-]*$/ })),
          ResourceArn: required(arnShape),
          Tags: tagsShape,
        },
        handle(input) {
          checkResource(context, input.ResourceArn);
          if (byResource(input.ResourceArn) !== undefined)
            throw new AwsError("ResourceAlreadyExistsException", "The referenced protection already exists.");
          if (protections.size >= maximumProtections)
            throw new AwsError("LimitsExceededException", "The operation would exceed a limit.", {
              members: { Type: "APPLICATION_LOAD_BALANCER", Limit: maximumProtections },
            });
          const id = context.ids.uuid();
          protections.set(id, {
            id,
            arn: `arn:${context.partition}:shield::${context.accountId}:protection/${id}`,
            name: input.Name,
            resourceArn: input.ResourceArn,
            tags: new Map((input.Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""])),
          });
          return { ProtectionId: id };
        },
      }),
      defineOperation({
        name: "DeleteProtection",
        mutating: true,
        bucket: "calls",
        input: { ProtectionId: required(idShape) },
        handle(input) {
          if (!protections.delete(input.ProtectionId)) throw notFound("The referenced protection does not exist.");
          return {};
        },
      }),
      defineOperation({
        name: "ListTagsForResource",
        mutating: false,
        bucket: "calls",
        input: { ResourceARN: required(arnShape) },
        handle: (input) => ({ Tags: [...byArn(input.ResourceARN).tags].map(([Key, Value]) => ({ Key, Value })) }),
      }),
      defineOperation({
        name: "TagResource",
        mutating: true,
        bucket: "calls",
        input: { ResourceARN: required(arnShape), Tags: required(tagsShape) },
        handle(input) {
          const { tags } = byArn(input.ResourceARN);
          for (const { Key, Value } of input.Tags) tags.set(Key ?? "", Value ?? "");
          return {};
        },
      }),
      defineOperation({
        name: "UntagResource",
        mutating: true,
        bucket: "calls",
        input: { ResourceARN: required(arnShape), TagKeys: required(list(string())) },
        handle(input) {
          const { tags } = byArn(input.ResourceARN);
          for (const key of input.TagKeys) tags.delete(key);
          return {};
        },
      }),
    ],
  };
}

/** Application load balancers by ARN, network ones by the elastic IPs that they hold. */
function checkResource(context: SandboxContext, arn: string): void {
  const { loadBalancers, network } = context.surroundings;
  const allocation = /:eip-allocation\/(eipalloc-[0-9a-f]+)$/.exec(arn)?.[1];
  const known =
    allocation === undefined
      ? arn.includes(":loadbalancer/app/") && loadBalancers.loadBalancer(arn) !== undefined
      : network.elasticIp(allocation) !== undefined;
  if (!known) throw new AwsError("InvalidResourceException", `Unrecognized resource '${arn}'`);
}

function notFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message);
}

function protectionView(item: Protection) {
  return {
    Id: item.id,
    Name: item.name,
    ResourceArn: item.resourceArn,
    HealthCheckIds: [],
    ProtectionArn: item.arn,
  };
}
