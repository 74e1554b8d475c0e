import type { Resource } from "../../engine/stack.ts";
import type { LoadBalancerSpec, Tags } from "../../resources/elbv2/specs.ts";
import { namespacedName } from "../load-balancing/names.ts";
import { suffixed } from "../load-balancing/replacement.ts";
import { checkTags, wantedTags } from "../load-balancing/tags.ts";
import type { Placement } from "./placement.ts";
import type { ServiceSecurityGroups } from "./security-groups.ts";
import type { ServiceView } from "./service-view.ts";

export const loadBalancerID = "LoadBalancer";

export function loadBalancerResource(
  view: ServiceView,
  place: Placement,
  context: {
    readonly settings: LoadBalancerSettings;
    readonly securityGroups: ServiceSecurityGroups;
    readonly tags: Tags;
  },
): Resource<LoadBalancerSpec> {
  const { settings } = context;
  return {
    type: "elbv2/LoadBalancer",
    id: loadBalancerID,
    spec: {
      name: loadBalancerName(view, place, settings.name),
      type: "network",
      scheme: place.scheme,
      ipAddressType: place.ipAddressType,
      subnetMappings: place.mappings,
      securityGroups: context.securityGroups.onLoadBalancer,
      ...(settings.privateLinkRules === undefined
        ? {}
        : { enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: settings.privateLinkRules }),
      enablePrefixForIPv6SourceNat: place.sourceNat,
      attributes: settings.attributes,
      ...(settings.capacityUnits === undefined ? {} : { minimumCapacityUnits: settings.capacityUnits }),
      tags: context.tags,
    },
  };
}

/** What annotations say of the load balancer itself. */
export interface LoadBalancerSettings {
  readonly name?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly capacityUnits?: number;
  readonly privateLinkRules?: "on" | "off";
}

/** The single settings, each for itself, so that every wrong one is told. */
export const settingReaders = {
  name: readName,
  attributes: readAttributes,
  capacityUnits: readCapacity,
  privateLinkRules: ({ annotations }: ServiceView) =>
    annotations.oneOf("inbound-sg-rules-on-private-link-traffic", ["on", "off"]),
} as const;

export function readServiceTags(view: ServiceView): Tags {
  const { annotations, input } = view;
  const own = annotations.map("additional-resource-tags") ?? {};
  const field = `metadata.annotations[${annotations.key("additional-resource-tags")}]`;
  return wantedTags(input.settings.tags, [checkTags(own, input.settings.tags, field)]);
}

/** Names are given at creation. One that is taken while a predecessor lives beside its successor gets a suffix. */
function loadBalancerName(view: ServiceView, { scheme, succession }: Placement, explicit: string | undefined): string {
  const { input, namespace, annotations } = view;
  const { settings, service } = input;
  if (succession.kind === "stays") {
    const { present } = succession;
    if (explicit !== undefined && explicit !== present.name && present.generation === undefined)
      view.report({
        reason: "ImmutableField",
        field: `metadata.annotations[${annotations.key("name")}]`,
        value: explicit,
        message: `annotation ${annotations.key("name")}: the load balancer is named ${present.name}, which cannot be changed; delete and create the Service anew for another name`,
        severity: "warning",
      });
    return present.name;
  }
  const name = explicit ?? namespacedName(namespace, view.name, [settings.clusterName, service.metadata.uid, scheme]);
  if (succession.kind === "first" || !input.existing.some((one) => one.name === name)) return name;
  return suffixed(name, succession.generation);
}

function readName({ annotations }: ServiceView): string | undefined {
  const name = annotations.text("name");
  if (name === undefined || name === "") return undefined;
  if (/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name) && !name.startsWith("internal-")) return name;
  throw annotations.invalid(
    "name",
    `must be a load balancer name: no longer than 32 characters of A-Z, a-z, 0-9 and '-', with no '-' at its start or end, and not starting with "internal-"`,
  );
}

const routingPolicies = ["any_availability_zone", "partial_availability_zone_affinity", "availability_zone_affinity"];

function readAttributes({ annotations }: ServiceView): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = { ...annotations.map("attributes") };
  const policy = attributes["dns_record.client_routing_policy"];
  if (policy !== undefined && !routingPolicies.includes(policy))
    throw annotations.invalid(
      "attributes",
      `has dns_record.client_routing_policy ${policy}; it must be one of ${routingPolicies.join(", ")}`,
    );
  if (annotations.bool("access-log-enabled") === true) {
    attributes["access_logs.s3.enabled"] = "true";
    const bucket = annotations.text("access-log-s3-bucket-name");
    const prefix = annotations.text("access-log-s3-bucket-prefix");
    if (bucket !== undefined) attributes["access_logs.s3.bucket"] = bucket;
    if (prefix !== undefined) attributes["access_logs.s3.prefix"] = prefix;
  }
  const crossZone = annotations.bool("cross-zone-load-balancing-enabled");
  if (crossZone !== undefined) attributes["load_balancing.cross_zone.enabled"] = String(crossZone);
  return sorted(attributes);
}

function readCapacity({ annotations, input }: ServiceView): number | undefined {
  const suffix = "minimum-load-balancer-capacity";
  const map = annotations.map(suffix);
  if (map === undefined || Object.keys(map).length === 0) return undefined;
  const units = map["CapacityUnits"];
  if (units === undefined || Object.keys(map).length > 1 || !/^\d{1,9}$/.test(units))
    throw annotations.invalid(suffix, "must be CapacityUnits=<number> and nothing else");
  return input.settings.capacityReservation ? Number(units) : undefined;
}

export function sorted(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
