import type { SubnetsRequest } from "../load-balancing/facts.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { IngressGroupInput } from "./input.ts";
import type { MemberView } from "./member-view.ts";
import { exclusive, mergedMap, type Setting } from "./merge.ts";

export type Scheme = "internal" | "internet-facing";
export type IPAddressType = "ipv4" | "dualstack" | "dualstack-without-public-ipv4";

/** The settings that the members of a group share, conflicts resolved. */
export interface LoadBalancerSettings {
  readonly explicitName?: string;
  readonly scheme: Scheme;
  readonly ipAddressType: IPAddressType;
  /** Absent: keep those of the existing load balancer, or discover. */
  readonly subnets?: Setting<SubnetsRequest["selector"]>;
  readonly securityGroups?: Setting<readonly string[]>;
  readonly manageBackendRules?: Setting<boolean>;
  readonly customerOwnedIPv4Pool?: string;
  readonly ipamPoolID?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly capacityUnits?: number;
  readonly sslRedirect?: Setting<number>;
}

/** `members` by seniority; `first` is the first in the order of rules. */
export function mergeSettings(
  members: readonly MemberView[],
  first: MemberView | undefined,
  input: IngressGroupInput,
): LoadBalancerSettings {
  const { settings } = input;
  const [existing] = input.existing;
  const name = exclusive(members, "load-balancer-name", readName);
  const scheme = exclusive(members, "scheme", readScheme);
  if (scheme === undefined && existing !== undefined && existing.scheme !== settings.defaultScheme) {
    first?.report({
      reason: "ConflictingSettings",
      field: "scheme",
      value: existing.scheme,
      message: `no scheme is set; the load balancer stays ${existing.scheme} and is not replaced by one of the default scheme ${settings.defaultScheme}; set annotation alb.ingress.kubernetes.io/scheme to say which is wanted`,
      severity: "warning",
    });
  }
  const addressType = exclusive(members, "ip-address-type", readAddressType);
  const subnets = exclusive(members, "subnets", readSubnets, normalSelector);
  const securityGroups = exclusive(members, "security-groups", (view) => {
    const groups = view.annotations.list("security-groups");
    return groups === undefined || groups.length === 0 ? undefined : groups;
  });
  const manage = exclusive(members, "manage-backend-security-group-rules", (view) =>
    view.annotations.bool("manage-backend-security-group-rules"),
  );
  const pool = exclusive(members, "customer-owned-ipv4-pool", (view) => {
    const value = view.annotations.text("customer-owned-ipv4-pool");
    if (value === "") throw view.annotations.invalid("customer-owned-ipv4-pool", "must not be empty");
    return value;
  });
  const ipam = first?.params.ipamConfiguration?.ipv4IPAMPoolId;
  const ipamWish =
    ipam === undefined
      ? exclusive(members, "ipam-ipv4-pool-id", (view) => view.annotations.text("ipam-ipv4-pool-id") || undefined)
          ?.value
      : ipam;
  const capacity = readCapacity(members, first, settings.capacityReservation);
  const redirect = exclusive(members, "ssl-redirect", readRedirect);
  return {
    ...(name === undefined ? {} : { explicitName: name.value }),
    scheme: scheme?.value ?? existing?.scheme ?? settings.defaultScheme,
    ipAddressType: addressType?.value ?? "ipv4",
    ...(subnets === undefined ? {} : { subnets }),
    ...(securityGroups === undefined ? {} : { securityGroups }),
    ...(manage === undefined ? {} : { manageBackendRules: manage }),
    ...(pool === undefined ? {} : { customerOwnedIPv4Pool: pool.value }),
    ...(ipamWish === undefined || ipamWish === "" ? {} : { ipamPoolID: ipamWish }),
    attributes: readAttributes(members, first),
    ...(capacity === undefined ? {} : { capacityUnits: capacity }),
    ...(redirect === undefined ? {} : { sslRedirect: redirect }),
  };
}

function readName(view: MemberView): string | undefined {
  const name = view.params.loadBalancerName ?? view.annotations.text("load-balancer-name");
  if (name === undefined || name === "") return undefined;
  if (/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name) && !name.startsWith("internal-")) return name;
  const what = `${JSON.stringify(name)}: load balancer name cannot be longer than 32 characters, has only A-Z, a-z, 0-9 and '-', neither at its start nor its end, and does not start with "internal-"`;
  if (view.params.loadBalancerName === undefined) throw view.annotations.invalid("load-balancer-name", what);
  throw new InputError(`spec.loadBalancerName of the IngressClassParams is ${what}`, {
    reason: "InvalidSpec",
    field: "spec.loadBalancerName",
    value: name,
  });
}

function readScheme(view: MemberView): Scheme | undefined {
  return view.params.scheme ?? view.annotations.oneOf("scheme", ["internal", "internet-facing"]);
}

function readAddressType(view: MemberView): IPAddressType | undefined {
  return (
    view.params.ipAddressType ??
    view.annotations.oneOf("ip-address-type", ["ipv4", "dualstack", "dualstack-without-public-ipv4"])
  );
}

function readSubnets(view: MemberView): SubnetsRequest["selector"] | undefined {
  const { subnets } = view.params;
  if (subnets?.ids !== undefined) return { by: "names-or-ids", values: subnets.ids };
  if (subnets?.tags !== undefined) return { by: "tags", tags: subnets.tags };
  const values = view.annotations.list("subnets");
  if (values?.length === 0)
    throw view.annotations.invalid("subnets", "must name at least one subnet: unable to resolve at least one subnet");
  return values === undefined ? undefined : { by: "names-or-ids", values };
}

/** The order of subnets does not matter to an application load balancer. */
function normalSelector(selector: SubnetsRequest["selector"]): unknown {
  return selector.by === "names-or-ids" ? { ...selector, values: [...selector.values].sort() } : selector;
}

/** The attributes of the first member's class win over annotations, key by key. */
function readAttributes(
  members: readonly MemberView[],
  first: MemberView | undefined,
): Readonly<Record<string, string>> {
  const fixed = Object.fromEntries((first?.params.loadBalancerAttributes ?? []).map(({ key, value }) => [key, value]));
  const merged = mergedMap(members, "load-balancer-attributes", (view) => {
    const own = view.annotations.map("load-balancer-attributes") ?? {};
    return Object.fromEntries(Object.entries(own).filter(([key]) => !(key in fixed)));
  });
  return { ...merged, ...fixed };
}

function readCapacity(
  members: readonly MemberView[],
  first: MemberView | undefined,
  enabled: boolean,
): number | undefined {
  const suffix = "minimum-load-balancer-capacity";
  const fromAnnotations = exclusive(members, suffix, (view) => {
    const map = view.annotations.map(suffix);
    if (map === undefined || Object.keys(map).length === 0) return undefined;
    const units = map["CapacityUnits"];
    if (Object.keys(map).some((key) => key !== "CapacityUnits"))
      throw view.annotations.invalid(suffix, "has an invalid key to set the capacity; expected key: CapacityUnits");
    if (units === undefined || !/^\d{1,9}$/.test(units))
      throw view.annotations.invalid(
        suffix,
        `has an invalid value to set the capacity: ${units ?? ""}; expected a number`,
      );
    return Number(units);
  });
  const units = first?.params.minimumLoadBalancerCapacity?.capacityUnits ?? fromAnnotations?.value;
  return enabled ? units : undefined;
}

function readRedirect(view: MemberView): number | undefined {
  const { sslRedirectPort } = view.params;
  if (sslRedirectPort === undefined || sslRedirectPort === "")
    return view.annotations.integer("ssl-redirect", 1, 65535);
  if (/^\d{1,5}$/.test(sslRedirectPort)) return Number(sslRedirectPort);
  throw new InputError(
    `spec.sslRedirectPort of the IngressClassParams must be a port number (value ${JSON.stringify(sslRedirectPort)})`,
    {
      reason: "InvalidSpec",
      field: "spec.sslRedirectPort",
      value: sslRedirectPort,
    },
  );
}
