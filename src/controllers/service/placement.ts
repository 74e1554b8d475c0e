import type { SubnetMapping } from "../../resources/elbv2/specs.ts";
import type { SubnetFact } from "../load-balancing/facts.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { ServiceView } from "./service-view.ts";
import { subnetMappings } from "./subnet-mappings.ts";
import { presentOf, type ServiceSuccession } from "./succession.ts";

export type Scheme = "internal" | "internet-facing";

/** Where the load balancer stands and by which addresses it is reached. */
export interface Placement {
  readonly scheme: Scheme;
  readonly succession: ServiceSuccession;
  readonly ipAddressType: "ipv4" | "dualstack";
  readonly subnets: readonly SubnetFact[];
  readonly mappings: readonly SubnetMapping[];
  readonly sourceNat: "on" | "off";
}

/** Without a word of the user a load balancer keeps its scheme: another one would be another load balancer. */
export function readScheme({ annotations, input }: ServiceView): Scheme {
  const word = annotations.oneOf("scheme", ["internal", "internet-facing"]);
  if (word !== undefined) return word;
  const internal = annotations.bool("internal");
  if (internal !== undefined) return internal ? "internal" : "internet-facing";
  return input.existing[0]?.scheme ?? input.settings.defaultScheme;
}

export function readAddressType({ annotations }: ServiceView): "ipv4" | "dualstack" {
  return annotations.oneOf("ip-address-type", ["ipv4", "dualstack"]) ?? "ipv4";
}

/** `needsCIDRs`: somebody else asks for the address blocks of the subnets. */
export function readPlacement(
  view: ServiceView,
  chosen: Pick<Placement, "scheme" | "ipAddressType" | "succession"> & { readonly needsCIDRs: boolean },
): Placement {
  const { scheme, ipAddressType, succession, needsCIDRs } = chosen;
  const { annotations } = view;
  const sourceNat = annotations.oneOf("enable-prefix-for-ipv6-source-nat", ["on", "off"]) ?? "off";
  const suffix = "enable-prefix-for-ipv6-source-nat";
  if (sourceNat === "on" && ipAddressType !== "dualstack")
    throw annotations.invalid(suffix, "is on, which needs annotation ip-address-type to be dualstack");
  const addresses = annotations.list("private-ipv4-addresses") ?? annotations.list("ipv6-addresses");
  const subnets = readSubnets(view, {
    scheme,
    ipAddressType,
    succession,
    detailed: needsCIDRs || ipAddressType === "dualstack" || addresses !== undefined,
  });
  const withoutIPv6 = subnets.find(({ ipv6CIDRs = [] }) => ipv6CIDRs.length === 0);
  if (sourceNat === "on" && withoutIPv6 !== undefined)
    throw annotations.invalid(suffix, `is on, and subnet ${withoutIPv6.id} has no associated IPv6 CIDR`);
  return {
    scheme,
    succession,
    ipAddressType,
    subnets,
    mappings: subnetMappings(view, { scheme, ipAddressType, subnets, sourceNat }),
    sourceNat,
  };
}

/** Those that the user names; else those that the load balancer has; else discovered ones. */
function readSubnets(
  view: ServiceView,
  wanted: Pick<Placement, "scheme" | "ipAddressType" | "succession"> & { readonly detailed: boolean },
): readonly SubnetFact[] {
  const { annotations, facts } = view;
  const named = annotations.list("subnets");
  if (named?.length === 0)
    throw annotations.invalid("subnets", "must name at least one subnet: unable to resolve at least one subnet");
  const kept = presentOf(wanted.succession)?.subnetIDs;
  if (named === undefined && kept !== undefined && !wanted.detailed) return kept.map((id) => ({ id, zone: "" }));
  const values = named ?? kept;
  const answer = facts.ask({
    kind: "subnets",
    loadBalancerType: "network",
    scheme: wanted.scheme,
    ipAddressType: wanted.ipAddressType,
    selector: values === undefined ? { by: "discovery" } : { by: "names-or-ids", values },
  });
  if ("value" in answer) return answer.value;
  if (named === undefined && kept !== undefined && view.lenient) return kept.map((id) => ({ id, zone: "" }));
  const field = annotations.key("subnets");
  throw new InputError(
    named === undefined ? `couldn't auto-discover subnets: ${answer.error}` : `annotation ${field}: ${answer.error}`,
    {
      reason: "SubnetNotFound",
      field: `metadata.annotations[${field}]`,
      ...(named === undefined ? {} : { value: named.join(",") }),
    },
  );
}
