import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { boolean, list, required, string, structure } from "../shapes.ts";
import { applyFilters, filters, pageOf, paging, refuseDryRun, type TagInput } from "./parameters.ts";
import type { Ec2State, Tags } from "./state.ts";

const maximumTags = 50;

const resourceKinds: readonly { readonly prefix: string; readonly type: string; readonly notFound: string }[] = [
  { prefix: "vpc-", type: "vpc", notFound: "InvalidVpcID.NotFound" },
  { prefix: "subnet-", type: "subnet", notFound: "InvalidSubnetID.NotFound" },
  { prefix: "rtb-", type: "route-table", notFound: "InvalidRouteTableID.NotFound" },
  { prefix: "sg-", type: "security-group", notFound: "InvalidGroup.NotFound" },
  { prefix: "sgr-", type: "security-group-rule", notFound: "InvalidSecurityGroupRuleId.NotFound" },
  { prefix: "eni-", type: "network-interface", notFound: "InvalidNetworkInterfaceID.NotFound" },
  { prefix: "i-", type: "instance", notFound: "InvalidInstanceID.NotFound" },
  { prefix: "eipalloc-", type: "elastic-ip", notFound: "InvalidAllocationID.NotFound" },
  { prefix: "pl-", type: "prefix-list", notFound: "InvalidPrefixListID.NotFound" },
  { prefix: "lt-", type: "launch-template", notFound: "InvalidLaunchTemplateId.NotFound" },
];

/** Checks tags that a caller wants to set, in EC2's words. */
export function checkedTags(tags: readonly TagInput[]): Map<string, string> {
  const checked = new Map<string, string>();
  for (const { Key: key, Value: value } of tags) {
    if (key.length < 1 || key.length > 127)
      throw new AwsError("InvalidParameterValue", "Tag key exceeds the maximum length of 127 characters");
    if (/^aws:/i.test(key))
      throw new AwsError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
    if (value !== undefined && value.length > 256)
      throw new AwsError("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters");
    if (checked.has(key)) throw new AwsError("InvalidParameterValue", `Duplicate tag key '${key}' specified.`);
    checked.set(key, value ?? "");
  }
  if (userTagCount(checked) > maximumTags)
    throw new AwsError("TagLimitExceeded", `The maximum number of tags for a resource has been reached.`);
  return checked;
}

/** The tags of the one specification that a create call may carry. */
export function tagsForCreate(
  specifications:
    | readonly { readonly ResourceType: string; readonly Tag: readonly TagInput[] | undefined }[]
    | undefined,
  resourceType: string,
): Tags {
  if (specifications === undefined || specifications.length === 0) return new Map();
  const [first, ...others] = specifications;
  if (first === undefined || others.length > 0)
    throw new AwsError("InvalidParameterValue", "Tag specifications for the same resource type must not be repeated");
  if (first.ResourceType !== resourceType)
    throw new AwsError(
      "InvalidParameterValue",
      `'${first.ResourceType}' is not a valid taggable resource type for this operation.`,
    );
  return checkedTags(first.Tag ?? []);
}

export function tagOperations(state: Ec2State): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateTags",
      mutating: true,
      bucket: "tags",
      input: {
        DryRun: boolean(),
        ResourceId: required(list(string(), { min: 1, max: 1000 })),
        Tag: required(list(structure({ Key: required(string()), Value: string() }), { min: 1 })),
      },
      handle(input) {
        const tags = checkedTags(input.Tag);
        const holders = input.ResourceId.map((id) => tagsOf(state, id));
        for (const holder of holders) {
          if (userTagCount(new Map([...holder, ...tags])) > maximumTags)
            throw new AwsError("TagLimitExceeded", "The maximum number of tags for a resource has been reached.");
        }
        refuseDryRun(input.DryRun);
        for (const holder of holders) for (const [key, value] of tags) holder.set(key, value);
        return { return: true };
      },
    }),
    defineOperation({
      name: "DeleteTags",
      mutating: true,
      bucket: "tags",
      input: {
        DryRun: boolean(),
        ResourceId: required(list(string(), { min: 1, max: 1000 })),
        Tag: list(structure({ Key: string(), Value: string() })),
      },
      handle(input) {
        const holders = input.ResourceId.map((id) => tagsOf(state, id));
        refuseDryRun(input.DryRun);
        for (const holder of holders) deleteTags(holder, input.Tag ?? []);
        return { return: true };
      },
    }),
    defineOperation({
      name: "DescribeTags",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(5, 1000) },
      handle(input) {
        const items = applyFilters(taggings(state), input.Filter, {
          key: (item) => [item.key],
          value: (item) => [item.value],
          "resource-id": (item) => [item.resourceId],
          "resource-type": (item) => [item.resourceType],
        });
        const page = pageOf(items, (item) => `${item.resourceId} ${item.key}`, input);
        return {
          tagSet: page.items.map(({ key, value, resourceId, resourceType }) => ({
            key,
            resourceId,
            resourceType,
            value,
          })),
          nextToken: page.nextToken,
        };
      },
    }),
  ];
}

/** Without any tag named, every tag of the user goes: the trap of an empty list. */
function deleteTags(
  holder: Tags,
  wanted: readonly { readonly Key: string | undefined; readonly Value: string | undefined }[],
): void {
  if (wanted.length === 0) {
    for (const key of holder.keys()) if (!isReserved(key)) holder.delete(key);
    return;
  }
  for (const { Key: key, Value: value } of wanted) {
    if (key === undefined || isReserved(key)) continue;
    if (value === undefined || holder.get(key) === value) holder.delete(key);
  }
}

function tagsOf(state: Ec2State, id: string): Tags {
  const kind = resourceKinds.find(({ prefix }) => id.startsWith(prefix));
  if (kind === undefined) throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
  const holder = taggedMap(state, kind.type, id);
  if (holder === undefined) throw new AwsError(kind.notFound, `The ID '${id}' does not exist`);
  return holder.tags;
}

function taggedMap(state: Ec2State, type: string, id: string): { readonly tags: Tags } | undefined {
  if (type === "security-group-rule") return state.ruleOwners.get(id)?.rules.get(id);
  return mapsByType(state).get(type)?.get(id);
}

function mapsByType(state: Ec2State): ReadonlyMap<string, ReadonlyMap<string, { readonly tags: Tags }>> {
  return new Map<string, ReadonlyMap<string, { readonly tags: Tags }>>([
    ["vpc", state.vpcs],
    ["subnet", state.subnets],
    ["route-table", state.routeTables],
    ["security-group", state.securityGroups],
    ["network-interface", state.networkInterfaces],
    ["instance", state.instances],
    ["elastic-ip", state.addresses],
    ["prefix-list", state.prefixLists],
    ["launch-template", state.launchTemplates],
  ]);
}

function* taggings(state: Ec2State) {
  for (const [resourceType, map] of mapsByType(state)) {
    for (const [resourceId, { tags }] of map)
      for (const [key, value] of tags) yield { resourceType, resourceId, key, value, tags };
  }
}

function isReserved(key: string): boolean {
  return /^aws:/i.test(key);
}

function userTagCount(tags: ReadonlyMap<string, string>): number {
  return tags
    .keys()
    .filter((key) => !isReserved(key))
    .toArray().length;
}
