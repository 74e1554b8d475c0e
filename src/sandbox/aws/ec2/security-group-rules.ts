import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { boolean, list, required, string, structure } from "../shapes.ts";
import {
  applyFilters,
  filters,
  itemsById,
  pageOf,
  paging,
  refuseDryRun,
  tagSet,
  tagSpecifications,
} from "./parameters.ts";
import {
  checkDescription,
  type IpPermissionInput,
  ipPermission,
  permissionsOf,
  type RuleContent,
  ruleContents,
  ruleKey,
  ruleText,
} from "./security-group-permissions.ts";
import { addRule, groupIds, isVisible } from "./security-groups.ts";
import type { Ec2State, SecurityGroup, SecurityGroupRule } from "./state.ts";
import { tagsForCreate } from "./tags.ts";

/** AWS's default quota: for each direction, and for IPv4 and IPv6 apart. */
const maximumRules = 60;

const groupReference = { DryRun: boolean(), GroupId: string(), GroupName: string() } as const;
/** The one-rule form that the command line of old used; EC2 still takes it. */
const singleRule = { IpProtocol: string(), FromPort: string(), ToPort: string(), CidrIp: string() } as const;

export function securityGroupRuleOperations(state: Ec2State, context: SandboxContext): readonly Operation[] {
  return [
    authorize(state, context, "Ingress"),
    authorize(state, context, "Egress"),
    revoke(state, context, "Ingress"),
    revoke(state, context, "Egress"),
    updateDescriptions(state, context, "Ingress"),
    updateDescriptions(state, context, "Egress"),
    defineOperation({
      name: "DescribeSecurityGroupRules",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(5, 1000), SecurityGroupRuleId: list(string()) },
      handle(input) {
        const ids = input.SecurityGroupRuleId ?? [];
        const all = ids.length === 0 ? allRules(state) : ids.map((id) => ruleById(state, id));
        const items = applyFilters(all, input.Filter, {
          "group-id": (rule: SecurityGroupRule) => [rule.groupId],
          "security-group-rule-id": (rule) => [rule.ruleId],
        });
        const page = pageOf(items, (rule) => rule.ruleId, input);
        return { securityGroupRuleSet: page.items.map((rule) => ruleView(state, rule)), nextToken: page.nextToken };
      },
    }),
  ];
}

type Direction = "Ingress" | "Egress";

function authorize(state: Ec2State, context: SandboxContext, direction: Direction): Operation {
  return defineOperation({
    name: `AuthorizeSecurityGroup${direction}`,
    mutating: true,
    bucket: "resourceIntensive",
    input: { ...groupReference, ...singleRule, IpPermissions: list(ipPermission), ...tagSpecifications },
    handle(input) {
      const group = groupOf(state, context, input.GroupId);
      const contents = wantedRules(state, context, input);
      const isEgress = direction === "Egress";
      const present = new Set(rulesOf(group, isEgress).map(ruleKey));
      for (const content of contents) {
        if (present.has(ruleKey(content)))
          throw new AwsError("InvalidPermission.Duplicate", `the specified rule ${ruleText(content)} already exists`);
      }
      checkQuota(state, [...rulesOf(group, isEgress), ...contents]);
      const tags = tagsForCreate(input.TagSpecification, "security-group-rule");
      refuseDryRun(input.DryRun);
      const rules = contents.map((content) => ({
        ...content,
        ruleId: `sgr-${context.ids.hex(17)}`,
        groupId: group.groupId,
        isEgress,
        tags: new Map(tags),
      }));
      for (const rule of rules) addRule(state, group, rule);
      return { return: true, securityGroupRuleSet: rules.map((rule) => ruleView(state, rule)) };
    },
  });
}

function revoke(state: Ec2State, context: SandboxContext, direction: Direction): Operation {
  return defineOperation({
    name: `RevokeSecurityGroup${direction}`,
    mutating: true,
    bucket: "resourceIntensive",
    input: { ...groupReference, ...singleRule, IpPermissions: list(ipPermission), SecurityGroupRuleId: list(string()) },
    handle(input) {
      const group = groupOf(state, context, input.GroupId);
      const isEgress = direction === "Egress";
      const ids = input.SecurityGroupRuleId ?? [];
      const { found, unknown } =
        ids.length > 0
          ? { found: ids.map((id) => ruleOfGroup(group, id, isEgress)), unknown: [] }
          : matchRules(group, isEgress, wantedRules(state, context, input, { peersMayBeGone: true }));
      if (unknown.length > 0 && state.vpcs.get(group.vpcId)?.isDefault !== true)
        throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
      refuseDryRun(input.DryRun);
      for (const rule of found) {
        group.rules.delete(rule.ruleId);
        state.ruleOwners.delete(rule.ruleId);
      }
      return {
        return: true,
        unknownIpPermissionSet: permissionsOf(
          unknown.map((rule) => ({ ...rule, ruleId: "", groupId: group.groupId, isEgress, tags: new Map() })),
        ),
        revokedSecurityGroupRuleSet: found.map((rule) => ruleView(state, rule)),
      };
    },
  });
}

function updateDescriptions(state: Ec2State, context: SandboxContext, direction: Direction): Operation {
  return defineOperation({
    name: `UpdateSecurityGroupRuleDescriptions${direction}`,
    mutating: true,
    bucket: "writes",
    input: {
      ...groupReference,
      IpPermissions: list(ipPermission),
      SecurityGroupRuleDescription: list(structure({ SecurityGroupRuleId: required(string()), Description: string() })),
    },
    handle(input) {
      const group = groupOf(state, context, input.GroupId);
      const isEgress = direction === "Egress";
      const byId = (input.SecurityGroupRuleDescription ?? []).map((item) => {
        checkDescription(item.Description);
        return { rule: ruleOfGroup(group, item.SecurityGroupRuleId, isEgress), description: item.Description };
      });
      const byContent = ruleContents(input.IpPermissions ?? [], state.accountId).map((content) => {
        const rule = rulesOf(group, isEgress).find((candidate) => ruleKey(candidate) === ruleKey(content));
        if (rule === undefined)
          throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
        return { rule, description: content.description };
      });
      if (byId.length + byContent.length === 0)
        throw new AwsError("MissingParameter", "Either 'ipPermissions' or 'securityGroupRuleDescriptions' is required");
      refuseDryRun(input.DryRun);
      for (const { rule, description } of [...byId, ...byContent]) rule.description = description;
      return { return: true };
    },
  });
}

interface WantedRules {
  readonly IpPermissions: readonly IpPermissionInput[] | undefined;
  readonly IpProtocol: string | undefined;
  readonly FromPort: string | undefined;
  readonly ToPort: string | undefined;
  readonly CidrIp: string | undefined;
}

function wantedRules(
  state: Ec2State,
  context: SandboxContext,
  input: WantedRules,
  options: { readonly peersMayBeGone: boolean } = { peersMayBeGone: false },
): readonly RuleContent[] {
  const permissions = [...(input.IpPermissions ?? [])];
  if (input.CidrIp !== undefined)
    permissions.push({
      IpProtocol: input.IpProtocol,
      FromPort: input.FromPort === undefined ? undefined : Number(input.FromPort),
      ToPort: input.ToPort === undefined ? undefined : Number(input.ToPort),
      IpRanges: [{ CidrIp: input.CidrIp, Description: undefined }],
      Ipv6Ranges: undefined,
      PrefixListIds: undefined,
      Groups: undefined,
    });
  if (permissions.length === 0)
    throw new AwsError("MissingParameter", "The request must contain the parameter ipPermissions");
  const contents = ruleContents(permissions, state.accountId);
  if (contents.length === 0)
    throw new AwsError("MissingParameter", "Either 'cidrIp' or a security group must be specified in each permission");
  const seen = new Set<string>();
  for (const content of contents) {
    const key = ruleKey(content);
    if (seen.has(key))
      throw new AwsError("InvalidParameterValue", "The same permission must not appear multiple times");
    seen.add(key);
    if (!options.peersMayBeGone) checkPeer(state, context, content);
  }
  return contents;
}

function checkPeer(state: Ec2State, context: SandboxContext, { peer }: RuleContent): void {
  if (peer.kind === "group" && peer.userId === state.accountId) groupOf(state, context, peer.id);
  if (peer.kind === "prefixList" && !state.prefixLists.has(peer.id))
    throw new AwsError("InvalidPrefixListID.NotFound", `The prefix list ID '${peer.id}' does not exist`);
}

function groupOf(state: Ec2State, context: SandboxContext, groupId: string | undefined): SecurityGroup {
  if (groupId === undefined)
    throw new AwsError("MissingParameter", "The request must contain the parameter groupName or groupId");
  const [group] = itemsById([groupId], state.securityGroups, groupIds);
  if (group === undefined || !isVisible(group, context))
    throw new AwsError(groupIds.notFound, groupIds.message(groupId));
  return group;
}

function rulesOf(group: SecurityGroup, isEgress: boolean): readonly SecurityGroupRule[] {
  return [...group.rules.values()].filter((rule) => rule.isEgress === isEgress);
}

function ruleOfGroup(group: SecurityGroup, ruleId: string, isEgress: boolean): SecurityGroupRule {
  const rule = group.rules.get(ruleId);
  if (rule === undefined || rule.isEgress !== isEgress)
    throw new AwsError("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${ruleId}' does not exist`);
  return rule;
}

function ruleById(state: Ec2State, ruleId: string): SecurityGroupRule {
  const rule = state.ruleOwners.get(ruleId)?.rules.get(ruleId);
  if (rule === undefined)
    throw new AwsError("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${ruleId}' does not exist`);
  return rule;
}

function allRules(state: Ec2State): SecurityGroupRule[] {
  return [...state.securityGroups.values()].flatMap((group) => [...group.rules.values()]);
}

function matchRules(group: SecurityGroup, isEgress: boolean, wanted: readonly RuleContent[]) {
  const present = new Map(rulesOf(group, isEgress).map((rule) => [ruleKey(rule), rule]));
  const found: SecurityGroupRule[] = [];
  const unknown: RuleContent[] = [];
  for (const content of wanted) {
    const rule = present.get(ruleKey(content));
    if (rule === undefined) unknown.push(content);
    else found.push(rule);
  }
  return { found, unknown };
}

/** A group peer counts in both IP versions, a prefix list as many times as it may hold entries. */
function checkQuota(state: Ec2State, rules: readonly Pick<SecurityGroupRule, "peer">[]): void {
  let ipv4 = 0;
  let ipv6 = 0;
  for (const { peer } of rules) {
    if (peer.kind === "ipv4") ipv4++;
    else if (peer.kind === "ipv6") ipv6++;
    else if (peer.kind === "group") {
      ipv4++;
      ipv6++;
    } else {
      const prefixList = state.prefixLists.get(peer.id);
      if (prefixList?.addressFamily === "IPv6") ipv6 += prefixList.maxEntries;
      else ipv4 += prefixList?.maxEntries ?? 1;
    }
  }
  if (ipv4 > maximumRules || ipv6 > maximumRules)
    throw new AwsError(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    );
}

function ruleView(state: Ec2State, rule: SecurityGroupRule) {
  const { peer } = rule;
  return {
    securityGroupRuleId: rule.ruleId,
    groupId: rule.groupId,
    groupOwnerId: state.accountId,
    isEgress: rule.isEgress,
    ipProtocol: rule.protocol,
    fromPort: rule.fromPort,
    toPort: rule.toPort,
    cidrIpv4: peer.kind === "ipv4" ? peer.cidr : undefined,
    cidrIpv6: peer.kind === "ipv6" ? peer.cidr : undefined,
    prefixListId: peer.kind === "prefixList" ? peer.id : undefined,
    referencedGroupInfo:
      peer.kind === "group"
        ? { groupId: peer.id, userId: peer.userId, vpcId: state.securityGroups.get(peer.id)?.vpcId }
        : undefined,
    description: rule.description,
    securityGroupRuleArn: state.arn(`security-group-rule/${rule.ruleId}`),
    tagSet: tagSet(rule.tags),
  };
}
