import assert from "node:assert/strict";
import { chooseSubnets, type Subnet, type SubnetRequest } from "../../../src/aws/facts/subnet-choice.ts";
import type { Zone } from "../../../src/aws/facts/zones.ts";

const zones: readonly Zone[] = [
  { name: "eu-west-1a", id: "az1", type: "availability-zone" },
  { name: "eu-west-1b", id: "az2", type: "availability-zone" },
  { name: "eu-west-1-lon-1a", id: "lz1", type: "local-zone" },
  { name: "eu-west-1x", id: "odd", type: "moon-base" },
];
const zoneIDs: Readonly<Record<string, string>> = { a: "az1", b: "az2" };

function subnet(id: string, zone: string, more: Partial<Subnet> = {}): Subnet {
  return {
    id: `subnet-${id}`,
    vpcID: "vpc-1",
    zone: zone.length === 1 ? `eu-west-1${zone}` : zone,
    zoneID: zoneIDs[zone] ?? zones.find(({ name }) => name === zone)?.id ?? "none",
    cidr: "10.0.0.0/24",
    ipv6CIDRs: [],
    availableIPs: 100,
    tags: {},
    ...more,
  };
}

const elb = { "kubernetes.io/role/elb": "1" };
const request: SubnetRequest = {
  source: { kind: "discover" },
  loadBalancerType: "application",
  scheme: "internet-facing",
  ipAddressType: "ipv4",
  vpcID: "vpc-1",
  clusterName: "demo",
};
const named = (...namesOrIDs: string[]) => ({ source: { kind: "named", namesOrIDs } }) as const;

interface Case {
  readonly title: string;
  readonly subnets: readonly Subnet[];
  readonly request?: Partial<SubnetRequest>;
  readonly publicIDs?: readonly string[];
  readonly chosen: readonly string[] | string;
}

const cases: readonly Case[] = [
  {
    title: "takes those with the role tag, one a zone, the smallest id first",
    subnets: [
      subnet("3", "b", { tags: { "kubernetes.io/role/elb": "" } }),
      subnet("2", "a", { tags: elb }),
      subnet("1", "a", { tags: elb }),
      subnet("0", "a"),
    ],
    chosen: ["1", "3"],
  },
  {
    title: "prefers the cluster's own tag to the smaller id",
    subnets: [
      subnet("1", "a", { tags: elb }),
      subnet("2", "a", { tags: { ...elb, "kubernetes.io/cluster/demo": "shared" } }),
      subnet("3", "b", { tags: elb }),
    ],
    chosen: ["2", "3"],
  },
  {
    title: "passes over other values of the role tag",
    subnets: [
      subnet("1", "a", { tags: elb }),
      subnet("2", "b", { tags: { "kubernetes.io/role/elb": "0" } }),
      subnet("3", "b", { tags: elb }),
    ],
    chosen: ["1", "3"],
  },
  {
    title: "goes by routes where no subnet bears the role tag",
    subnets: [subnet("1", "a"), subnet("2", "b"), subnet("3", "a"), subnet("4", "b")],
    publicIDs: ["3", "4"],
    chosen: ["3", "4"],
  },
  {
    title: "takes private subnets for an internal one",
    subnets: [subnet("1", "a"), subnet("2", "b"), subnet("3", "a"), subnet("4", "b")],
    publicIDs: ["3", "4"],
    request: { scheme: "internal" },
    chosen: ["1", "2"],
  },
  {
    title: "counts why none is left",
    subnets: [
      subnet("1", "a", { tags: { ...elb, "kubernetes.io/cluster/other": "owned" } }),
      subnet("2", "b", { tags: elb, availableIPs: 7 }),
    ],
    chosen:
      "unable to resolve at least one subnet. Evaluated 2 subnets: 1 are tagged for other clusters, and 1 have insufficient available IP addresses",
  },
  {
    title: "counts missing IPv6 for dual stack",
    subnets: [subnet("1", "a", { tags: elb }), subnet("2", "b", { tags: elb, availableIPs: 0 })],
    request: { ipAddressType: "dualstack" },
    chosen:
      "unable to resolve at least one subnet. Evaluated 2 subnets: 0 are tagged for other clusters, 1 have insufficient available IP addresses, and 1 don't have an associated IPv6 CIDR block, which is required for dualstack load balancers",
  },
  {
    title: "takes subnets of other clusters where the check is off",
    subnets: [
      subnet("1", "a", { tags: { ...elb, "kubernetes.io/cluster/other": "owned" } }),
      subnet("2", "b", { tags: elb }),
    ],
    request: { checkClusterTag: false },
    chosen: ["1", "2"],
  },
  {
    title: "refuses a single zone for an application load balancer",
    subnets: [subnet("1", "a", { tags: elb })],
    chosen: "subnets count less than minimal required count: 1 < 2",
  },
  {
    title: "takes a single zone for a network load balancer",
    subnets: [subnet("1", "a", { tags: elb })],
    request: { loadBalancerType: "network" },
    chosen: ["1"],
  },
  {
    title: "takes a single zone where it is allowed",
    subnets: [subnet("1", "a", { tags: elb })],
    request: { allowSingleSubnet: true },
    chosen: ["1"],
  },
  {
    title: "takes a single local zone",
    subnets: [subnet("1", "eu-west-1-lon-1a", { tags: elb })],
    chosen: ["1"],
  },
  {
    title: "takes a single outpost",
    subnets: [subnet("1", "a", { tags: elb, outpostARN: "arn:aws:outposts:eu-west-1:1:outpost/op-1" })],
    chosen: ["1"],
  },
  {
    title: "refuses different kinds of zones",
    subnets: [subnet("1", "a", { tags: elb }), subnet("2", "eu-west-1-lon-1a", { tags: elb })],
    chosen: "subnets in multiple locales: [availability-zone local-zone]",
  },
  {
    title: "refuses a kind of zone that it does not know",
    subnets: [subnet("1", "eu-west-1x", { tags: elb })],
    chosen: "unknown zone type for subnet subnet-1: moon-base",
  },
  {
    title: "keeps the order in which subnets are named, by id and by Name",
    subnets: [subnet("1", "a", { tags: { Name: "left" } }), subnet("2", "b")],
    request: named("subnet-2", "left"),
    chosen: ["2", "1"],
  },
  {
    title: "hands out subnets of one Name one by one",
    subnets: [subnet("2", "b", { tags: { Name: "n" } }), subnet("1", "a", { tags: { Name: "n" } })],
    request: named("n", "n"),
    chosen: ["1", "2"],
  },
  {
    title: "says which ids it does not find",
    subnets: [subnet("1", "a")],
    request: named("subnet-1", "subnet-9"),
    chosen:
      "failed to list subnets by names or IDs: couldn't find all subnets, want: [subnet-1 subnet-9], found: [subnet-1]",
  },
  {
    title: "says which names it does not find",
    subnets: [subnet("1", "a", { tags: { Name: "n" } })],
    request: named("n", "x", "y"),
    chosen: "failed to list subnets by names or IDs: couldn't find all subnets, missing names: [x y]",
  },
  {
    title: "says that a Name is asked for too often",
    subnets: [subnet("1", "a", { tags: { Name: "n" } })],
    request: named("n", "n"),
    chosen:
      'failed to list subnets by names or IDs: subnet with Name tag "n" requested 2 times but only 1 subnet(s) found with that name',
  },
  {
    title: "refuses two named subnets of one zone",
    subnets: [subnet("2", "a"), subnet("1", "a")],
    request: named("subnet-2", "subnet-1"),
    chosen: "multiple subnets in same Availability Zone eu-west-1a: [subnet-1 subnet-2]",
  },
  {
    title: "refuses named subnets without IPv6 for dual stack",
    subnets: [subnet("1", "a"), subnet("2", "b", { ipv6CIDRs: ["2001:db8::/64"] })],
    request: { ...named("subnet-1", "subnet-2"), ipAddressType: "dualstack" },
    chosen:
      "subnets [subnet-1] do not have an associated IPv6 CIDR block, which is required for dualstack load balancers",
  },
  { title: "refuses an empty list", subnets: [], request: named(), chosen: "unable to resolve at least one subnet" },
  {
    title: "does not ask for free addresses of named subnets",
    subnets: [subnet("1", "a", { availableIPs: 0 }), subnet("2", "b", { availableIPs: 0 })],
    request: named("subnet-1", "subnet-2"),
    chosen: ["1", "2"],
  },
  {
    title: "finds by ids of a class",
    subnets: [subnet("1", "a"), subnet("2", "b")],
    request: { source: { kind: "ids", ids: ["subnet-2", "subnet-1"] } },
    chosen: ["1", "2"],
  },
  {
    title: "finds by tags of a class: all keys, any value",
    subnets: [
      subnet("1", "a", { tags: { tier: "edge", net: "x" } }),
      subnet("2", "b", { tags: { tier: "edge", net: "y" } }),
      subnet("3", "b", { tags: { tier: "core", net: "x" } }),
    ],
    request: { source: { kind: "tags", tags: { tier: ["edge"], net: ["x", "y"] } } },
    chosen: ["1", "2"],
  },
];

describe("the choice of subnets", () => {
  for (const { title, subnets, request: more, publicIDs, chosen } of cases) {
    it(title, () => {
      const surroundings = {
        subnets,
        zones,
        ...(publicIDs === undefined ? {} : { publicIDs: new Set(publicIDs.map((id) => `subnet-${id}`)) }),
      };
      const choose = (): readonly string[] =>
        chooseSubnets(surroundings, { ...request, ...more }).map(({ id }) => id.slice("subnet-".length));
      if (typeof chosen === "string") assert.throws(choose, { name: "AppError", message: chosen });
      else assert.deepEqual(choose(), chosen);
    });
  }
});
