import { canonicalJson } from "../../../json.ts";
import { AwsError, beanValidation } from "../aws-error.ts";
import { pageByKey } from "../page-by-key.ts";
import { type AwsService, defineOperation, type SandboxContext } from "../service.ts";
import { boolean, integer, list, map, required, string, structure } from "../shapes.ts";
import type { TaggedResource, TaggedSource } from "../surroundings.ts";

/** What the index knew of a resource, and since when. */
interface Indexed {
  readonly tags: ReadonlyMap<string, string>;
  readonly changedAt: number;
  readonly former: ReadonlyMap<string, string> | undefined;
}

/**
 * The Resource Groups Tagging API over all services that tag. With a `taggingIndex` lag it answers from an index that
 * trails the services: what changed within the lag still shows as it was.
 */
export function createTagging(context: SandboxContext): AwsService {
  const index = new Map<string, Indexed>();
  return {
    name: "tagging",
    signingName: "tagging",
    protocol: { kind: "json", targetPrefix: "ResourceGroupsTaggingAPI_20170126." },
    invalidInput: beanValidation("InvalidParameterException"),
    throttled: () => new AwsError("ThrottledException", "Rate exceeded"),
    buckets: {
      reads: { capacity: 15, refillPerSecond: 15 },
      writes: { capacity: 5, refillPerSecond: 5 },
    },
    operations: [
      defineOperation({
        name: "GetResources",
        mutating: false,
        bucket: "reads",
        input: {
          PaginationToken: string(),
          TagFilters: list(
            structure({ Key: string({ minLength: 1, maxLength: 128 }), Values: list(string(), { max: 20 }) }),
            {
              max: 50,
            },
          ),
          ResourcesPerPage: integer({ min: 1, max: 100 }),
          TagsPerPage: integer({ min: 100, max: 500 }),
          ResourceTypeFilters: list(string({ maxLength: 256 }), { max: 100 }),
          IncludeComplianceDetails: boolean(),
          ExcludeCompliantResources: boolean(),
          ResourceARNList: list(string(), { max: 100 }),
        },
        handle(input) {
          const { PaginationToken: token, ...scope } = input;
          const arns = input.ResourceARNList ?? [];
          if (
            arns.length > 0 &&
            [input.TagFilters, input.ResourceTypeFilters].some((given) => (given ?? []).length > 0)
          )
            throw new AwsError("InvalidParameterException", "ResourceARNList cannot be used with filters");
          if (input.ResourcesPerPage !== undefined && input.TagsPerPage !== undefined)
            throw new AwsError("InvalidParameterException", "Use either ResourcesPerPage or TagsPerPage");
          const types = (input.ResourceTypeFilters ?? []).map(parseType);
          const found: TaggedResource[] = [];
          for (const source of context.surroundings.taggedSources) {
            if (types.length > 0 && !types.some(({ service }) => service === source.service)) continue;
            for (const { arn, tags } of indexed(context, index, source)) {
              if (arns.length > 0 && !arns.includes(arn)) continue;
              if (types.length > 0 && !types.some((type) => hasType(arn, source.service, type))) continue;
              if ((input.TagFilters ?? []).every(({ Key, Values }) => tagMatches(tags, Key ?? "", Values ?? [])))
                found.push({ arn, tags });
            }
          }
          const page = pageByKey(found, ({ arn }) => arn, {
            limit: input.ResourcesPerPage ?? 50,
            token: token === "" ? undefined : token,
            scope: canonicalJson(scope),
          });
          if (page === undefined)
            throw new AwsError("PaginationTokenExpiredException", "The token is not valid any more");
          return {
            PaginationToken: page.nextToken ?? "",
            ResourceTagMappingList: page.items.map(({ arn, tags }) => ({
              ResourceARN: arn,
              Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
            })),
          };
        },
      }),
      defineOperation({
        name: "TagResources",
        mutating: true,
        bucket: "writes",
        input: {
          ResourceARNList: required(list(string(), { min: 1, max: 20 })),
          Tags: required(map(string({ maxLength: 256 }), { max: 50 })),
        },
        handle: (input) =>
          failures(input.ResourceARNList, (arn) => {
            const source = sourceOf(context, arn);
            return source?.setTags(arn, input.Tags) ?? false;
          }),
      }),
      defineOperation({
        name: "UntagResources",
        mutating: true,
        bucket: "writes",
        input: {
          ResourceARNList: required(list(string(), { min: 1, max: 20 })),
          TagKeys: required(list(string({ minLength: 1, maxLength: 128 }), { min: 1, max: 50 })),
        },
        handle: (input) =>
          failures(input.ResourceARNList, (arn) => {
            const source = sourceOf(context, arn);
            return source?.removeTags(arn, input.TagKeys) ?? false;
          }),
      }),
    ],
  };
}

interface TypeFilter {
  readonly service: string;
  readonly type: string | undefined;
}

function parseType(text: string): TypeFilter {
  const [service = "", type] = text.split(":");
  if (!/^[a-z0-9-]+$/.test(service))
    throw new AwsError("InvalidParameterException", `Invalid resource type filter: ${text}`);
  return { service, type };
}

/** The type is the first part of the ARN's resource: `loadbalancer` of `loadbalancer/app/…`. */
function hasType(arn: string, service: string, filter: TypeFilter): boolean {
  if (filter.service !== service) return false;
  return filter.type === undefined || resourceType(arn) === filter.type;
}

function resourceType(arn: string): string {
  const resource = arn.split(":").slice(5).join(":");
  return /^[^/:]+/.exec(resource)?.[0] ?? "";
}

function tagMatches(tags: ReadonlyMap<string, string>, key: string, values: readonly string[]): boolean {
  const value = tags.get(key);
  return value !== undefined && (values.length === 0 || values.includes(value));
}

/** The resources of a source as the index shows them now. */
function* indexed(
  context: SandboxContext,
  index: Map<string, Indexed>,
  source: TaggedSource,
): Generator<TaggedResource> {
  if (context.lag.taggingIndex === 0) {
    yield* source.resources();
    return;
  }
  const now = context.clock.now();
  for (const { arn, tags } of source.resources()) {
    const known = index.get(arn);
    const entry =
      known === undefined || canonicalTags(known.tags) !== canonicalTags(tags)
        ? { tags: new Map(tags), changedAt: now, former: known?.tags }
        : known;
    index.set(arn, entry);
    const shown = context.settled(entry.changedAt, "taggingIndex") ? entry.tags : entry.former;
    if (shown !== undefined) yield { arn, tags: shown };
  }
}

function canonicalTags(tags: ReadonlyMap<string, string>): string {
  return canonicalJson(Object.fromEntries(tags));
}

function sourceOf(context: SandboxContext, arn: string): TaggedSource | undefined {
  const service = arn.split(":")[2];
  return context.surroundings.taggedSources.find((source) => source.service === service);
}

/** TagResources and UntagResources answer 200 whatever failed. */
function failures(arns: readonly string[], change: (arn: string) => boolean) {
  const failed = arns.filter((arn) => !change(arn));
  return {
    FailedResourcesMap: Object.fromEntries(
      failed.map((arn) => [
        arn,
        { StatusCode: 400, ErrorCode: "InvalidParameterException", ErrorMessage: `The resource ${arn} does not exist` },
      ]),
    ),
  };
}
