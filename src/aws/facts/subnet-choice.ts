import { AppError } from "../../errors.ts";
import type { Zone } from "./zones.ts";

export interface Subnet {
  readonly id: string;
  readonly vpcID: string;
  readonly zone: string;
  readonly zoneID: string;
  readonly cidr: string;
  readonly ipv6CIDRs: readonly string[];
  readonly availableIPs: number;
  readonly outpostARN?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type SubnetSource =
  /** By role tag, else by what the route tables make of a subnet. */
  | { readonly kind: "discover" }
  /** As a user writes them: ids, and values of the tag `Name`; the order is kept. */
  | { readonly kind: "named"; readonly namesOrIDs: readonly string[] }
  | { readonly kind: "ids"; readonly ids: readonly string[] }
  /** Every key must match one of its values. */
  | { readonly kind: "tags"; readonly tags: Readonly<Record<string, readonly string[]>> };

export interface SubnetRequest {
  readonly source: SubnetSource;
  readonly loadBalancerType: "application" | "network";
  readonly scheme: "internal" | "internet-facing";
  readonly ipAddressType: "ipv4" | "dualstack" | "dualstack-without-public-ipv4";
  readonly vpcID: string;
  readonly clusterName: string;
  /** Default true: subnets tagged for other clusters only are left out of a discovery. */
  readonly checkClusterTag?: boolean;
  /** Default false: an application load balancer may have a single subnet (AWS allows it to some accounts). */
  readonly allowSingleSubnet?: boolean;
}

/** What the choice is made from. */
export interface SubnetSurroundings {
  readonly subnets: readonly Subnet[];
  readonly zones: readonly Zone[];
  /** Subnets whose route table leads to an internet gateway; needed only where no subnet bears the role tag. */
  readonly publicIDs?: ReadonlySet<string>;
}

/** An ELB needs 8 free addresses in each subnet ("Subnets for your load balancer" of the ELB user guide). */
const leastFreeAddresses = 8;
const clusterTagPrefix = "kubernetes.io/cluster";

/** A list in the words of the messages: `[a b]`. */
function list(items: readonly string[]): string {
  return `[${items.join(" ")}]`;
}

function invalid(message: string): AppError {
  return new AppError(message, { class: "invalid", code: "SubnetsNotResolved" });
}

function byID(a: Subnet, b: Subnet): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

export function roleTag(scheme: SubnetRequest["scheme"]): string {
  return scheme === "internet-facing" ? "kubernetes.io/role/elb" : "kubernetes.io/role/internal-elb";
}

function withRoleTag({ subnets }: SubnetSurroundings, request: SubnetRequest): readonly Subnet[] {
  const key = roleTag(request.scheme);
  return subnets.filter(({ vpcID, tags }) => vpcID === request.vpcID && (tags[key] === "" || tags[key] === "1"));
}

/** Whether the choice needs to know which subnets are public. */
export function needsReachability(subnets: readonly Subnet[], request: SubnetRequest): boolean {
  return request.source.kind === "discover" && withRoleTag({ subnets, zones: [] }, request).length === 0;
}

/** Ids that were asked for by name and are not among `subnets`. */
export function unknownIDs(subnets: readonly Subnet[], source: SubnetSource): readonly string[] {
  const wanted =
    source.kind === "ids"
      ? source.ids
      : source.kind === "named"
        ? source.namesOrIDs.filter((item) => item.startsWith("subnet-"))
        : [];
  return [...new Set(wanted)].filter((id) => !subnets.some((subnet) => subnet.id === id));
}

/**
 * The subnets of a load balancer. Pure.
 *
 * @throws AppError `invalid` that says what is wrong with the subnets, in the words of the AWS Load Balancer Controller.
 */
export function chooseSubnets(surroundings: SubnetSurroundings, request: SubnetRequest): readonly Subnet[] {
  const { source } = request;
  switch (source.kind) {
    case "discover":
      return discover(surroundings, request);
    case "tags":
      return fromCandidates(byTags(surroundings, request, source.tags), surroundings, request);
    case "ids":
      return explicit(byIDs(surroundings, source.ids), surroundings, request);
    case "named":
      return explicit(byNamesOrIDs(surroundings, request, source.namesOrIDs), surroundings, request);
  }
}

function discover(surroundings: SubnetSurroundings, request: SubnetRequest): readonly Subnet[] {
  const tagged = withRoleTag(surroundings, request);
  if (tagged.length > 0) return fromCandidates(tagged, surroundings, request);
  const { publicIDs, subnets } = surroundings;
  if (publicIDs === undefined) return fromCandidates([], surroundings, request);
  const wantPublic = request.scheme === "internet-facing";
  const reachable = subnets.filter(({ id, vpcID }) => vpcID === request.vpcID && publicIDs.has(id) === wantPublic);
  return fromCandidates(reachable, surroundings, request);
}

function byTags(
  { subnets }: SubnetSurroundings,
  request: SubnetRequest,
  tags: Readonly<Record<string, readonly string[]>>,
): readonly Subnet[] {
  return subnets.filter(
    (subnet) =>
      subnet.vpcID === request.vpcID &&
      Object.entries(tags).every(([key, values]) => {
        const value = subnet.tags[key];
        return value !== undefined && values.includes(value);
      }),
  );
}

/** Leaves out what cannot serve, then keeps one subnet a zone. */
function fromCandidates(
  candidates: readonly Subnet[],
  surroundings: SubnetSurroundings,
  request: SubnetRequest,
): readonly Subnet[] {
  const ownTag = `${clusterTagPrefix}/${request.clusterName}`;
  const isOurs = ({ tags }: Subnet): boolean => ownTag in tags;
  const isForeign = (subnet: Subnet): boolean =>
    !isOurs(subnet) && Object.keys(subnet.tags).some((key) => key.startsWith(clusterTagPrefix));
  let foreign = 0;
  let full = 0;
  let withoutIPv6 = 0;
  const usable = candidates.filter((subnet) => {
    if (request.checkClusterTag !== false && isForeign(subnet)) foreign += 1;
    else if (subnet.availableIPs < leastFreeAddresses) full += 1;
    else if (request.ipAddressType !== "ipv4" && subnet.ipv6CIDRs.length === 0) withoutIPv6 += 1;
    else return true;
    return false;
  });
  if (usable.length === 0) {
    const seen = `unable to resolve at least one subnet. Evaluated ${candidates.length} subnets: ${foreign} are tagged for other clusters`;
    throw invalid(
      request.ipAddressType === "ipv4"
        ? `${seen}, and ${full} have insufficient available IP addresses`
        : `${seen}, ${full} have insufficient available IP addresses, and ${withoutIPv6} don't have an associated IPv6 CIDR block, which is required for ${request.ipAddressType} load balancers`,
    );
  }
  const perZone = new Map<string, Subnet>();
  for (const subnet of usable.toSorted((a, b) => Number(isOurs(b)) - Number(isOurs(a)) || byID(a, b))) {
    if (!perZone.has(subnet.zone)) perZone.set(subnet.zone, subnet);
  }
  const chosen = [...perZone.values()].sort(byID);
  checkLocaleAndCount(chosen, surroundings, request);
  return chosen;
}

function byIDs({ subnets }: SubnetSurroundings, ids: readonly string[]): readonly Subnet[] {
  const found = subnets.filter(({ id }) => ids.includes(id));
  if (found.length !== new Set(ids).size) {
    throw invalid(
      `failed to list subnets by IDs: couldn't find all subnets, want: ${list(ids)}, found: ${list(found.map(({ id }) => id))}`,
    );
  }
  return found;
}

function byNamesOrIDs(
  { subnets }: SubnetSurroundings,
  request: SubnetRequest,
  namesOrIDs: readonly string[],
): readonly Subnet[] {
  const context = "failed to list subnets by names or IDs";
  const ids = namesOrIDs.filter((item) => item.startsWith("subnet-"));
  const names = namesOrIDs.filter((item) => !item.startsWith("subnet-"));
  const foundByID = subnets.filter(({ id }) => ids.includes(id));
  if (foundByID.length !== new Set(ids).size) {
    throw invalid(
      `${context}: couldn't find all subnets, want: ${list(ids)}, found: ${list(foundByID.map(({ id }) => id))}`,
    );
  }
  const named = new Map(
    [...new Set(names)].map((name) => [
      name,
      subnets.filter(({ vpcID, tags }) => vpcID === request.vpcID && tags["Name"] === name).toSorted(byID),
    ]),
  );
  const missing = [...named].filter(([, found]) => found.length === 0).map(([name]) => name);
  if (missing.length > 0) throw invalid(`${context}: couldn't find all subnets, missing names: ${list(missing)}`);
  for (const [name, found] of named) {
    const times = names.filter((item) => item === name).length;
    if (times > found.length) {
      throw invalid(
        `${context}: subnet with Name tag "${name}" requested ${times} times but only ${found.length} subnet(s) found with that name`,
      );
    }
  }
  const used = new Map<string, number>();
  return namesOrIDs.flatMap((item) => {
    if (item.startsWith("subnet-")) return subnets.find(({ id }) => id === item) ?? [];
    const index = used.get(item) ?? 0;
    used.set(item, index + 1);
    return named.get(item)?.[index] ?? [];
  });
}

/** What a user named is taken as it is, or refused. */
function explicit(
  chosen: readonly Subnet[],
  surroundings: SubnetSurroundings,
  request: SubnetRequest,
): readonly Subnet[] {
  if (chosen.length === 0) throw invalid("unable to resolve at least one subnet");
  for (const subnet of chosen) {
    const same = chosen.filter(({ zone }) => zone === subnet.zone);
    if (same.length > 1) {
      throw invalid(
        `multiple subnets in same Availability Zone ${subnet.zone}: ${list(same.map(({ id }) => id).sort())}`,
      );
    }
  }
  checkLocaleAndCount(chosen, surroundings, request);
  const withoutIPv6 = chosen.filter(({ ipv6CIDRs }) => ipv6CIDRs.length === 0).map(({ id }) => id);
  if (request.ipAddressType !== "ipv4" && withoutIPv6.length > 0) {
    throw invalid(
      `subnets ${list(withoutIPv6)} do not have an associated IPv6 CIDR block, which is required for ${request.ipAddressType} load balancers`,
    );
  }
  return chosen;
}

const locales = new Set(["availability-zone", "local-zone", "wavelength-zone"]);

function checkLocaleAndCount(chosen: readonly Subnet[], { zones }: SubnetSurroundings, request: SubnetRequest): void {
  const found = new Set(
    chosen.map((subnet) => {
      if (subnet.outpostARN !== undefined) return "outpost";
      const type = zones.find(({ id, name }) => id === subnet.zoneID || name === subnet.zone)?.type;
      if (type === undefined || !locales.has(type)) {
        throw invalid(`unknown zone type for subnet ${subnet.id}: ${type ?? subnet.zoneID}`);
      }
      return type;
    }),
  );
  if (found.size > 1) throw invalid(`subnets in multiple locales: ${list([...found].sort())}`);
  const needsTwo =
    request.loadBalancerType === "application" && found.has("availability-zone") && request.allowSingleSubnet !== true;
  const least = needsTwo ? 2 : 1;
  if (chosen.length < least) {
    throw invalid(`subnets count less than minimal required count: ${chosen.length} < ${least}`);
  }
}
