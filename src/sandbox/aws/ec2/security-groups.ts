import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { boolean, list, required, string } from "../shapes.ts";
import { selected, vpcIds } from "./describe-network.ts";
import {
  applyFilters,
  filters,
  type IdRules,
  itemsById,
  pageOf,
  paging,
  refuseDryRun,
  tagSet,
  tagSpecifications,
} from "./parameters.ts";
import { egressToAnywhere, permissionsOf } from "./security-group-permissions.ts";
import type { Ec2State, SecurityGroup, SecurityGroupRule, Tags } from "./state.ts";
import { tagsForCreate } from "./tags.ts";

/** AWS's default quota, per Region. */
const maximumGroups = 2500;
const textPattern = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/;

export const groupIds: IdRules = {
  prefix: "sg-",
  malformed: "InvalidGroupId.Malformed",
  notFound: "InvalidGroup.NotFound",
  message: (ids) => `The security group '${ids}' does not exist`,
};

export function securityGroupOperations(state: Ec2State, context: SandboxContext): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateSecurityGroup",
      mutating: true,
      bucket: "writes",
      input: {
        DryRun: boolean(),
        GroupName: required(string()),
        GroupDescription: required(string()),
        VpcId: string(),
        ...tagSpecifications,
      },
      handle(input) {
        const vpcId = input.VpcId ?? defaultVpc(state);
        checkGroupText(input.GroupName, input.GroupDescription);
        if (!state.vpcs.has(vpcId)) throw new AwsError("InvalidVpcID.NotFound", vpcIds.message(vpcId));
        const tags = tagsForCreate(input.TagSpecification, "security-group");
        checkNameIsFree(state, input.GroupName, vpcId);
        if (state.securityGroups.size >= maximumGroups)
          throw new AwsError("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.");
        refuseDryRun(input.DryRun);
        const group = createSecurityGroup(state, context, {
          name: input.GroupName,
          description: input.GroupDescription,
          vpcId,
          tags,
        });
        return {
          groupId: group.groupId,
          securityGroupArn: state.arn(`security-group/${group.groupId}`),
          tagSet: tagSet(tags),
          return: true,
        };
      },
    }),
    defineOperation({
      name: "DeleteSecurityGroup",
      mutating: true,
      bucket: "writes",
      input: { DryRun: boolean(), GroupId: string(), GroupName: string() },
      handle(input) {
        if (input.GroupId === undefined)
          throw new AwsError("MissingParameter", "The request must contain the parameter groupName or groupId");
        const [group] = itemsById([input.GroupId], state.securityGroups, groupIds);
        if (group === undefined) throw new AwsError(groupIds.notFound, groupIds.message(input.GroupId));
        if (group.groupName === "default")
          throw new AwsError(
            "CannotDelete",
            `the specified group: "${group.groupId}" name: "default" cannot be deleted by a user`,
          );
        if (isInUse(state, context, group))
          throw new AwsError("DependencyViolation", `resource ${group.groupId} has a dependent object`);
        refuseDryRun(input.DryRun);
        removeSecurityGroup(state, group);
        return { return: true, groupId: group.groupId };
      },
    }),
    defineOperation({
      name: "DescribeSecurityGroups",
      mutating: false,
      bucket: (input) =>
        [input.GroupId, input.GroupName, input.Filter].some((given) => given !== undefined && given.length > 0) ||
        input.MaxResults !== undefined
          ? "reads"
          : "unfilteredReads",
      input: { ...filters, ...paging(5, 1000), GroupId: list(string()), GroupName: list(string()) },
      handle(input) {
        const named = input.GroupName ?? [];
        const found = [...selected(input.GroupId, state.securityGroups, groupIds)].filter((group) =>
          isVisible(group, context),
        );
        const missing = (input.GroupId ?? []).find((id) => !found.some((group) => group.groupId === id));
        if (missing !== undefined) throw new AwsError(groupIds.notFound, groupIds.message(missing));
        for (const name of named) {
          if (!found.some((group) => group.groupName === name && state.vpcs.get(group.vpcId)?.isDefault === true))
            throw new AwsError("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC`);
        }
        const wanted = named.length === 0 ? found : found.filter((group) => named.includes(group.groupName));
        const items = applyFilters(wanted, input.Filter, groupFields(state));
        const page = pageOf(items, (group) => group.groupId, input);
        return {
          securityGroupInfo: page.items.map((group) => groupView(state, group)),
          nextToken: page.nextToken,
        };
      },
    }),
  ];
}

export interface NewGroup {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly tags: Tags;
}

/** Adds a group with AWS's first rule: everything may leave. */
export function createSecurityGroup(state: Ec2State, context: SandboxContext, request: NewGroup): SecurityGroup {
  const groupId = `sg-${context.ids.hex(17)}`;
  const group: SecurityGroup = {
    groupId,
    groupName: request.name,
    description: request.description,
    vpcId: request.vpcId,
    createdAt: context.clock.now(),
    tags: request.tags,
    rules: new Map(),
  };
  const ipv6 = state.vpcs.get(request.vpcId)?.ipv6CidrBlock !== undefined;
  for (const rule of egressToAnywhere(groupId, ipv6, () => `sgr-${context.ids.hex(17)}`)) addRule(state, group, rule);
  state.securityGroups.set(groupId, group);
  return group;
}

export function removeSecurityGroup(state: Ec2State, group: SecurityGroup): void {
  for (const ruleId of group.rules.keys()) state.ruleOwners.delete(ruleId);
  state.securityGroups.delete(group.groupId);
}

export function addRule(state: Ec2State, group: SecurityGroup, rule: SecurityGroupRule): void {
  group.rules.set(rule.ruleId, rule);
  state.ruleOwners.set(rule.ruleId, group);
}

/** A group just made is not found while the scripted lag lasts. */
export function isVisible(group: SecurityGroup, context: SandboxContext): boolean {
  return context.settled(group.createdAt, "ec2Create");
}

function isInUse(state: Ec2State, context: SandboxContext, group: SecurityGroup): boolean {
  for (const item of state.networkInterfaces.values()) if (item.groupIds.includes(group.groupId)) return true;
  for (const _ of context.surroundings.serviceInterfacesOfGroup(group.groupId)) return true;
  for (const other of state.securityGroups.values()) {
    if (other === group) continue;
    for (const { peer } of other.rules.values()) if (peer.kind === "group" && peer.id === group.groupId) return true;
  }
  return false;
}

function defaultVpc(state: Ec2State): string {
  const vpc = [...state.vpcs.values()].find(({ isDefault }) => isDefault);
  if (vpc === undefined) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
  return vpc.vpcId;
}

function checkGroupText(name: string, description: string): void {
  if (name.toLowerCase() === "default")
    throw new AwsError("InvalidGroup.Reserved", "The security group name 'default' is reserved");
  if (name.length < 1 || name.length > 255 || /^sg-/i.test(name) || !textPattern.test(name))
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported, ` +
        "and names must not begin with sg-.",
    );
  if (description.length < 1 || description.length > 255 || !textPattern.test(description))
    throw new AwsError(
      "InvalidParameterValue",
      "Invalid security group description. Valid descriptions are strings less than 256 characters from the " +
        "following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
}

function checkNameIsFree(state: Ec2State, name: string, vpcId: string): void {
  const lower = name.toLowerCase();
  for (const group of state.securityGroups.values()) {
    if (group.vpcId === vpcId && group.groupName.toLowerCase() === lower)
      throw new AwsError("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
  }
}

function groupFields(state: Ec2State) {
  const rules = (direction: "ingress" | "egress", group: SecurityGroup): readonly SecurityGroupRule[] =>
    [...group.rules.values()].filter((rule) => rule.isEgress === (direction === "egress"));
  const ruleFields = (prefix: string, direction: "ingress" | "egress") => ({
    [`${prefix}.cidr`]: (group: SecurityGroup) =>
      rules(direction, group).map(({ peer }) => (peer.kind === "ipv4" ? peer.cidr : undefined)),
    [`${prefix}.ipv6-cidr`]: (group: SecurityGroup) =>
      rules(direction, group).map(({ peer }) => (peer.kind === "ipv6" ? peer.cidr : undefined)),
    [`${prefix}.group-id`]: (group: SecurityGroup) =>
      rules(direction, group).map(({ peer }) => (peer.kind === "group" ? peer.id : undefined)),
    [`${prefix}.group-name`]: (group: SecurityGroup) =>
      rules(direction, group).map(({ peer }) =>
        peer.kind === "group" ? state.securityGroups.get(peer.id)?.groupName : undefined,
      ),
    [`${prefix}.prefix-list-id`]: (group: SecurityGroup) =>
      rules(direction, group).map(({ peer }) => (peer.kind === "prefixList" ? peer.id : undefined)),
    [`${prefix}.user-id`]: (group: SecurityGroup) =>
      rules(direction, group).map(({ peer }) => (peer.kind === "group" ? peer.userId : undefined)),
    [`${prefix}.protocol`]: (group: SecurityGroup) => rules(direction, group).map(({ protocol }) => protocol),
    [`${prefix}.from-port`]: (group: SecurityGroup) => rules(direction, group).map(({ fromPort }) => String(fromPort)),
    [`${prefix}.to-port`]: (group: SecurityGroup) => rules(direction, group).map(({ toPort }) => String(toPort)),
  });
  return {
    "group-id": (group: SecurityGroup) => [group.groupId],
    "group-name": (group: SecurityGroup) => [group.groupName],
    description: (group: SecurityGroup) => [group.description],
    "vpc-id": (group: SecurityGroup) => [group.vpcId],
    "owner-id": () => [state.accountId],
    ...ruleFields("ip-permission", "ingress"),
    ...ruleFields("egress.ip-permission", "egress"),
  };
}

function groupView(state: Ec2State, group: SecurityGroup) {
  const rules = [...group.rules.values()];
  return {
    groupId: group.groupId,
    groupName: group.groupName,
    groupDescription: group.description,
    vpcId: group.vpcId,
    ownerId: state.accountId,
    securityGroupArn: state.arn(`security-group/${group.groupId}`),
    ipPermissions: permissionsOf(rules.filter((rule) => !rule.isEgress)),
    ipPermissionsEgress: permissionsOf(rules.filter((rule) => rule.isEgress)),
    tagSet: tagSet(group.tags),
  };
}
