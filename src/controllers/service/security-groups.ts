import { type Resource, ref } from "../../engine/stack.ts";
import type { IngressPermission, SecurityGroupSpec } from "../../resources/ec2/specs.ts";
import type { StringOrRef, Tags } from "../../resources/elbv2/specs.ts";
import { backendSecurityGroup } from "../load-balancing/backend-security-group.ts";
import { inboundPermissions } from "../load-balancing/inbound-permissions.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { namespacedName } from "../load-balancing/names.ts";
import { decideSecurityGroups } from "../load-balancing/security-group-decision.ts";
import { sourceRangesSuffix } from "./annotation-keys.ts";
import type { Placement } from "./placement.ts";
import type { ServiceView } from "./service-view.ts";
import { readSourceRanges } from "./source-ranges.ts";
import { presentOf } from "./succession.ts";

export const managedSecurityGroupID = "ManagedLBSecurityGroup";

/**
 * Whom nodes and pods shall let in:
 * - `group`: what comes from this security group;
 * - `addresses`: the load balancer has no security group, so clients and health checks are let in by their addresses;
 * - `nobody`: the user opens the groups.
 */
export type AdmittedTraffic =
  | { readonly by: "group"; readonly groupID: StringOrRef }
  | { readonly by: "addresses" }
  | { readonly by: "nobody" };

export interface ServiceSecurityGroups {
  /** Empty: a load balancer without security groups. */
  readonly onLoadBalancer: readonly StringOrRef[];
  readonly admitted: AdmittedTraffic;
  readonly resources: readonly Resource<SecurityGroupSpec>[];
}

/** Whether the load balancer goes without security groups; throws where it has some and shall have none. */
export function goesWithoutGroups(
  { annotations, input }: ServiceView,
  { succession }: Pick<Placement, "succession">,
): boolean {
  // A successor starts afresh.
  const existing = presentOf(succession);
  if (existing?.hasSecurityGroups === false) return true;
  const disabled = annotations.bool("disable-nlb-sg") === true;
  if (!disabled && input.settings.securityGroups) return false;
  if (existing === undefined) return true;
  const message =
    "a network load balancer that has security groups cannot be left without; delete and create the Service anew";
  if (disabled) throw annotations.invalid("disable-nlb-sg", `conflicts with the load balancer: ${message}`);
  throw new InputError(`feature gate NLBSecurityGroup is off: ${message}`, { reason: "ConflictingSettings" });
}

export function serviceSecurityGroups(
  view: ServiceView,
  place: Pick<Placement, "succession" | "ipAddressType">,
  tags: Tags,
): ServiceSecurityGroups {
  const { annotations, input } = view;
  const { settings } = input;
  const manageRules = annotations.bool("manage-backend-security-group-rules");
  if (goesWithoutGroups(view, place))
    return { onLoadBalancer: [], admitted: { by: manageRules === false ? "nobody" : "addresses" }, resources: [] };
  const setting = settings.backendSecurityGroup;
  const decision = decideSecurityGroups({
    named: annotations.list("security-groups") ?? [],
    backendEnabled: setting.kind !== "disabled",
    manageRules: manageRules ?? settings.manageBackendSecurityGroupRules,
  });
  if (decision === undefined)
    throw annotations.invalid(
      "manage-backend-security-group-rules",
      "is true for security groups of the user's own, which needs the back-end security group (--enable-backend-security-group)",
    );
  const onLoadBalancer: StringOrRef[] = [];
  const resources: Resource<SecurityGroupSpec>[] = [];
  let admitted: AdmittedTraffic = { by: "nobody" };
  if (decision.named.length > 0) onLoadBalancer.push(...resolveNamed(view, decision.named));
  if (decision.managed) {
    const resource = managedSecurityGroup(view, place, tags);
    const groupID = ref(resource.type, resource.id, "id");
    resources.push(resource);
    onLoadBalancer.push(groupID);
    if (decision.source === "managed") admitted = { by: "group", groupID };
  }
  if (decision.backend && setting.kind !== "disabled") {
    const backend = backendSecurityGroup(setting, {
      cluster: settings.clusterName,
      vpcID: settings.vpcID,
      defaultTags: settings.tags.defaultTags,
    });
    resources.push(...backend.resources);
    onLoadBalancer.push(backend.groupID);
    admitted = { by: "group", groupID: backend.groupID };
  }
  return { onLoadBalancer, admitted, resources };
}

function resolveNamed({ annotations, facts }: ServiceView, namesOrIDs: readonly string[]): readonly string[] {
  const answer = facts.ask({ kind: "security-groups", namesOrIDs });
  if ("value" in answer) return answer.value;
  const field = annotations.key("security-groups");
  throw new InputError(`annotation ${field}: ${answer.error}`, {
    reason: "SecurityGroupNotFound",
    field: `metadata.annotations[${field}]`,
    value: namesOrIDs.join(","),
  });
}

/** The group for this load balancer's clients; it opens the Service's own ports, whatever the listeners make of them. */
function managedSecurityGroup(
  view: ServiceView,
  { ipAddressType }: Pick<Placement, "ipAddressType">,
  tags: Tags,
): Resource<SecurityGroupSpec> {
  const { settings, service } = view.input;
  const { uid } = service.metadata;
  return {
    type: "ec2/SecurityGroup",
    id: managedSecurityGroupID,
    spec: {
      name: namespacedName(view.namespace, view.name, [settings.clusterName, view.name, view.namespace, uid]),
      description: "[k8s] Managed SecurityGroup for LoadBalancer",
      vpcID: settings.vpcID,
      ingress: clientPermissions(view, ipAddressType === "dualstack"),
      tags,
    },
  };
}

function clientPermissions(view: ServiceView, dualStack: boolean): readonly IngressPermission[] {
  const ranges = readSourceRanges(view);
  const ipv6 = ranges.find(({ family }) => family === "ipv6");
  if (ipv6 !== undefined && !dualStack) {
    const what = `has IPv6 block ${ipv6.text}, and the load balancer is ipv4; set annotation ip-address-type to dualstack`;
    const fromSpec = (view.spec.loadBalancerSourceRanges ?? []).length > 0;
    if (!fromSpec) throw view.plain.invalid(sourceRangesSuffix, what);
    const field = "spec.loadBalancerSourceRanges";
    throw new InputError(`${field} ${what}`, { reason: "InvalidSpec", field, value: ipv6.text });
  }
  const cidrs = [...new Set(ranges.map(({ text }) => text))];
  const prefixLists = [...new Set(view.annotations.list("security-group-prefix-lists") ?? [])];
  const ports = new Map(
    (view.spec.ports ?? []).map(({ port, protocol = "TCP" }) => [
      `${protocol} ${port}`,
      { protocol: protocol === "UDP" ? ("udp" as const) : ("tcp" as const), port, cidrs, prefixLists },
    ]),
  );
  const permissions = inboundPermissions([...ports.values()], { dualStack });
  return [...permissions, ...pathDiscovery(view, permissions)];
}

/** ICMP "fragmentation needed" and ICMPv6 "packet too big", from everyone who is admitted by address. */
function pathDiscovery(view: ServiceView, permissions: readonly IngressPermission[]): readonly IngressPermission[] {
  const suffix = "enable-icmp-for-path-mtu-discovery";
  const word = view.annotations.text(suffix);
  if (word === undefined) return [];
  if (word !== "on") {
    const field = `metadata.annotations[${view.annotations.key(suffix)}]`;
    if (word !== "off") {
      const message = `annotation ${view.annotations.key(suffix)} has no effect: only "on" switches it on (value ${JSON.stringify(word)})`;
      view.report({ reason: "InvalidAnnotation", field, value: word, message, severity: "warning" });
    }
    return [];
  }
  const sources = new Map(permissions.map(({ source }) => [JSON.stringify(source), source]));
  return [...sources.values()].flatMap((source): readonly IngressPermission[] => {
    if ("cidr" in source) return [{ protocol: "icmp", fromPort: 3, toPort: 4, source }];
    return "cidrIPv6" in source ? [{ protocol: "icmpv6", fromPort: 2, toPort: 0, source }] : [];
  });
}
