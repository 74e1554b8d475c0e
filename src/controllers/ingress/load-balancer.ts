import { type Resource, ref } from "../../engine/stack.ts";
import { sha256Hex } from "../../json.ts";
import type { SecurityGroupSpec } from "../../resources/ec2/specs.ts";
import type { LoadBalancerSpec, StringOrRef, Tags } from "../../resources/elbv2/specs.ts";
import { backendSecurityGroup } from "../load-balancing/backend-security-group.ts";
import type { FactReader } from "../load-balancing/facts.ts";
import { inboundPermissions } from "../load-balancing/inbound-permissions.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { clusterWideName, namespacedName } from "../load-balancing/names.ts";
import { suffixed } from "../load-balancing/replacement.ts";
import { decideSecurityGroups } from "../load-balancing/security-group-decision.ts";
import { wantedTags } from "../load-balancing/tags.ts";
import { type GroupID, groupKey, groupOwnership } from "./group.ts";
import { GroupError } from "./group-error.ts";
import type { GroupPort } from "./group-ports.ts";
import type { IngressGroupInput } from "./input.ts";
import type { LoadBalancerSettings } from "./load-balancer-settings.ts";
import type { MemberView } from "./member-view.ts";
import type { GroupSuccession } from "./succession.ts";

export const loadBalancerID = "LoadBalancer";
export const managedSecurityGroupID = "ManagedLBSecurityGroup";

/** Hash inputs as LBC has them: cluster, group, and for load balancers the scheme. */
export function groupName(group: GroupID, cluster: string, ...suffix: readonly string[]): string {
  const hashed = [cluster, groupKey(group), ...suffix];
  return group.namespace === ""
    ? clusterWideName(group.name, hashed)
    : namespacedName(group.namespace, group.name, hashed);
}

export interface GroupSecurityGroups {
  readonly onLoadBalancer: readonly StringOrRef[];
  /** Whom nodes and pods shall let in; absent: nobody's rules are managed. */
  readonly source?: StringOrRef;
  readonly resources: readonly Resource<SecurityGroupSpec>[];
}

export function groupSecurityGroups(
  input: IngressGroupInput,
  wanted: LoadBalancerSettings,
  context: { readonly ports: readonly GroupPort[]; readonly tags: Tags; readonly facts: FactReader },
): GroupSecurityGroups {
  const { settings, group } = input;
  const setting = settings.backendSecurityGroup;
  const named = wanted.securityGroups;
  const decision = decideSecurityGroups({
    named: named?.value ?? [],
    backendEnabled: setting.kind !== "disabled",
    manageRules: wanted.manageBackendRules?.value ?? settings.manageBackendSecurityGroupRules,
  });
  if (decision === undefined)
    throw new GroupError(
      new InputError(
        "backendSG feature is required to manage worker node SG rules when frontendSG manually specified",
        {
          reason: "ConflictingSettings",
          field: "manage-backend-security-group-rules",
          value: "true",
        },
      ),
      wanted.manageBackendRules?.member ?? named?.member,
    );
  const onLoadBalancer: StringOrRef[] = [];
  const resources: Resource<SecurityGroupSpec>[] = [];
  if (named !== undefined) onLoadBalancer.push(...resolveNamed(named.value, named.member, context.facts));
  if (decision.managed) {
    const resource: Resource<SecurityGroupSpec> = {
      type: "ec2/SecurityGroup",
      id: managedSecurityGroupID,
      spec: {
        name: groupName(group, settings.clusterName),
        description: "[k8s] Managed SecurityGroup for LoadBalancer",
        vpcID: settings.vpcID,
        ingress: permissions(input, wanted, context.ports),
        tags: context.tags,
      },
    };
    resources.push(resource);
    onLoadBalancer.push(ref(resource.type, resource.id, "id"));
  }
  if (decision.backend && setting.kind !== "disabled") {
    const backend = backendSecurityGroup(setting, {
      cluster: settings.clusterName,
      vpcID: settings.vpcID,
      defaultTags: settings.tags.defaultTags,
    });
    resources.push(...backend.resources);
    onLoadBalancer.push(backend.groupID);
    return { onLoadBalancer, resources, source: backend.groupID };
  }
  const managed = resources[0];
  return {
    onLoadBalancer,
    resources,
    ...(decision.source === "managed" && managed !== undefined ? { source: ref(managed.type, managed.id, "id") } : {}),
  };
}

/** Ports are joined into ranges only where their single rules would exceed EC2's quota. */
function permissions(
  input: IngressGroupInput,
  wanted: LoadBalancerSettings,
  ports: readonly GroupPort[],
): NonNullable<SecurityGroupSpec["ingress"]> {
  const inbound = ports.map((port) => ({
    protocol: "tcp" as const,
    port: port.port,
    cidrs: port.inboundCIDRs,
    prefixLists: port.prefixLists,
  }));
  const dualStack = wanted.ipAddressType !== "ipv4";
  for (const { port, inboundCIDRs, prefixLists, members } of ports) {
    if (
      dualStack ||
      prefixLists.length > 0 ||
      inboundCIDRs.length === 0 ||
      !inboundCIDRs.every((cidr) => cidr.includes(":"))
    )
      continue;
    members[0]?.report({
      reason: "ConflictingSettings",
      field: "inbound-cidrs",
      value: inboundCIDRs.join(","),
      message: `inbound-cidrs of port ${port} has only IPv6 blocks while the load balancer is ipv4: nobody can connect`,
      severity: "warning",
    });
  }
  const single = inboundPermissions(inbound, { dualStack });
  return single.length <= input.settings.quotas.securityGroupRules
    ? single
    : inboundPermissions(inbound, { dualStack, merge: true });
}

function resolveNamed(namesOrIDs: readonly string[], member: MemberView, facts: FactReader): readonly string[] {
  const answer = facts.ask({ kind: "security-groups", namesOrIDs });
  if ("value" in answer) return answer.value;
  const error = new InputError(`annotation alb.ingress.kubernetes.io/security-groups: ${answer.error}`, {
    reason: "SecurityGroupNotFound",
    field: "security-groups",
    value: namesOrIDs.join(","),
  });
  throw new GroupError(error, member);
}

export function loadBalancerResource(
  input: IngressGroupInput,
  wanted: LoadBalancerSettings,
  context: {
    readonly securityGroups: GroupSecurityGroups;
    readonly tags: Tags;
    readonly succession: GroupSuccession;
    readonly facts: FactReader;
  },
): Resource<LoadBalancerSpec> {
  return {
    type: "elbv2/LoadBalancer",
    id: loadBalancerID,
    spec: {
      name: loadBalancerName(input, wanted, context),
      type: "application",
      scheme: wanted.scheme,
      ipAddressType: wanted.ipAddressType,
      subnetMappings: resolveSubnets(wanted, context).map((subnetID) => ({ subnetID })),
      securityGroups: context.securityGroups.onLoadBalancer,
      ...(wanted.customerOwnedIPv4Pool === undefined ? {} : { customerOwnedIPv4Pool: wanted.customerOwnedIPv4Pool }),
      ...(wanted.ipamPoolID === undefined ? {} : { ipv4IPAMPoolID: wanted.ipamPoolID }),
      attributes: wanted.attributes,
      ...(wanted.capacityUnits === undefined ? {} : { minimumCapacityUnits: wanted.capacityUnits }),
      tags: context.tags,
    },
  };
}

/** A name of the user's choice is taken while a predecessor lives beside its successor: the new one gets a suffix. */
function loadBalancerName(
  { existing, group, settings }: IngressGroupInput,
  { explicitName, scheme }: LoadBalancerSettings,
  { succession, facts }: { readonly succession: GroupSuccession; readonly facts: FactReader },
): string {
  // Names are given at creation and cannot be changed.
  if (succession.kind === "stays") return succession.present.name;
  const name = explicitName ?? groupName(group, settings.clusterName, scheme);
  if (succession.kind === "replaces")
    return existing.some((one) => one.name === name) ? suffixed(name, succession.generation) : name;
  if (explicitName === undefined) return name;
  // An Ingress that moves to another group is served by its former one until this one can.
  const { tags } = groupOwnership(group, settings.clusterName);
  const inUse = facts.ask({ kind: "name-in-use", name, byOtherThan: tags });
  return "value" in inUse && inUse.value ? suffixed(name, sha256Hex([groupKey(group)], 4)) : name;
}

function resolveSubnets(
  wanted: LoadBalancerSettings,
  { succession, facts }: { readonly succession: GroupSuccession; readonly facts: FactReader },
): readonly string[] {
  const explicit = wanted.subnets;
  if (explicit === undefined && succession.kind === "stays") return succession.present.subnetIDs;
  const answer = facts.ask({
    kind: "subnets",
    loadBalancerType: "application",
    scheme: wanted.scheme,
    ipAddressType: wanted.ipAddressType,
    selector: explicit?.value ?? { by: "discovery" },
  });
  if ("value" in answer) return answer.value.map(({ id }) => id);
  const prefix = explicit === undefined ? "couldn't auto-discover subnets" : "subnets";
  throw new GroupError(
    new InputError(`${prefix}: ${answer.error}`, { reason: "SubnetNotFound", field: "subnets" }),
    explicit?.member,
  );
}

/** The tags of what belongs to several members: senior members' values stand. */
export function sharedTags(input: IngressGroupInput, merged: Tags): Tags {
  return wantedTags(input.settings.tags, [merged]);
}
