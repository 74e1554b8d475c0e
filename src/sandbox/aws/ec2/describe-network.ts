import ipaddr from "ipaddr.js";
import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { boolean, list, string } from "../shapes.ts";
import { applyFilters, filters, type IdRules, itemsById, pageOf, paging, tagSet } from "./parameters.ts";
import type { AvailabilityZone, Ec2State, RouteTable, Subnet, Vpc } from "./state.ts";

export const vpcIds: IdRules = {
  prefix: "vpc-",
  malformed: "InvalidVpcID.Malformed",
  notFound: "InvalidVpcID.NotFound",
  message: (ids) => `The vpc ID '${ids}' does not exist`,
};

export const subnetIds: IdRules = {
  prefix: "subnet-",
  malformed: "InvalidSubnetID.Malformed",
  notFound: "InvalidSubnetID.NotFound",
  message: (ids) => `The subnet ID '${ids}' does not exist`,
};

/** VPCs, subnets, zones and route tables: read only, made with the surroundings. */
export function networkOperations(state: Ec2State, freeAddresses: (subnet: Subnet) => number): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeVpcs",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(5, 1000), VpcId: list(string()) },
      handle(input) {
        const found = selected(input.VpcId, state.vpcs, vpcIds);
        const items = applyFilters(found, input.Filter, {
          "vpc-id": (vpc: Vpc) => [vpc.vpcId],
          cidr: (vpc) => [vpc.cidrBlock],
          "cidr-block-association.cidr-block": (vpc) => [vpc.cidrBlock],
          "is-default": (vpc) => [String(vpc.isDefault)],
          isDefault: (vpc) => [String(vpc.isDefault)],
          "owner-id": () => [state.accountId],
          state: () => ["available"],
        });
        const page = pageOf(items, (vpc) => vpc.vpcId, input);
        return { vpcSet: page.items.map((vpc) => vpcView(state, vpc)), nextToken: page.nextToken };
      },
    }),
    defineOperation({
      name: "DescribeSubnets",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(5, 1000), SubnetId: list(string()) },
      handle(input) {
        const found = selected(input.SubnetId, state.subnets, subnetIds);
        const items = applyFilters(found, input.Filter, {
          "subnet-id": (subnet: Subnet) => [subnet.subnetId],
          "vpc-id": (subnet) => [subnet.vpcId],
          "availability-zone": (subnet) => [subnet.availabilityZone],
          availabilityZone: (subnet) => [subnet.availabilityZone],
          "availability-zone-id": (subnet) => [subnet.availabilityZoneId],
          "cidr-block": (subnet) => [subnet.cidrBlock],
          cidr: (subnet) => [subnet.cidrBlock],
          "map-public-ip-on-launch": (subnet) => [String(subnet.mapPublicIpOnLaunch)],
          "default-for-az": () => ["false"],
          "outpost-arn": (subnet) => [subnet.outpostArn],
          "owner-id": () => [state.accountId],
          state: () => ["available"],
        });
        const page = pageOf(items, (subnet) => subnet.subnetId, input);
        return {
          subnetSet: page.items.map((subnet) => subnetView(state, subnet, freeAddresses(subnet))),
          nextToken: page.nextToken,
        };
      },
    }),
    defineOperation({
      name: "DescribeAvailabilityZones",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ZoneName: list(string()), ZoneId: list(string()), AllAvailabilityZones: boolean() },
      handle(input) {
        const zones = zonesByName(state, input.ZoneName, input.ZoneId).map((zone) => ({ ...zone, tags: new Map() }));
        const items = applyFilters(zones, input.Filter, {
          "zone-name": (zone) => [zone.zoneName],
          "zone-id": (zone) => [zone.zoneId],
          "zone-type": (zone) => [zone.zoneType],
          "region-name": () => [state.region],
          "opt-in-status": () => ["opt-in-not-required"],
          "group-name": () => [state.region],
          state: () => ["available"],
        });
        return { availabilityZoneInfo: items.map((zone) => zoneView(state, zone)) };
      },
    }),
    defineOperation({
      name: "DescribeRouteTables",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(5, 100), RouteTableId: list(string()) },
      handle(input) {
        const found = selected(input.RouteTableId, state.routeTables, {
          prefix: "rtb-",
          malformed: "InvalidRouteTableId.Malformed",
          notFound: "InvalidRouteTableID.NotFound",
          message: (ids) => `The routeTable ID '${ids}' does not exist`,
        });
        const items = applyFilters(found, input.Filter, {
          "route-table-id": (table: RouteTable) => [table.routeTableId],
          "vpc-id": (table) => [table.vpcId],
          "association.subnet-id": (table) => table.subnetIds,
          "association.main": (table) => [String(table.main)],
          "association.route-table-id": (table) => [table.routeTableId],
          "route.destination-cidr-block": (table) => table.routes.map((route) => route.destinationCidrBlock),
          "route.gateway-id": (table) => table.routes.map((route) => route.gatewayId),
          "route.nat-gateway-id": (table) => table.routes.map((route) => route.natGatewayId),
          "owner-id": () => [state.accountId],
        });
        const page = pageOf(items, (table) => table.routeTableId, input);
        return { routeTableSet: page.items.map((table) => routeTableView(state, table)), nextToken: page.nextToken };
      },
    }),
  ];
}

/** The named items, or all when none is named. */
export function selected<T>(
  ids: readonly string[] | undefined,
  map: ReadonlyMap<string, T>,
  rules: IdRules,
): Iterable<T> {
  return ids === undefined || ids.length === 0 ? map.values() : itemsById(ids, map, rules);
}

/** Whether a subnet's route table (its own, else the VPC's main one) leads to an internet gateway. */
export function isPublicSubnet(state: Ec2State, subnet: Subnet): boolean {
  const tables = [...state.routeTables.values()].filter((table) => table.vpcId === subnet.vpcId);
  const table =
    tables.find((candidate) => candidate.subnetIds.includes(subnet.subnetId)) ?? tables.find(({ main }) => main);
  return table?.routes.some((route) => route.gatewayId?.startsWith("igw-") === true) ?? false;
}

/** Addresses of a subnet that can be given out: AWS keeps the first four and the last one. */
export function subnetCapacity(cidr: string): number {
  const [, prefix] = ipaddr.parseCIDR(cidr);
  return 2 ** (32 - prefix) - 5;
}

function zonesByName(
  state: Ec2State,
  names: readonly string[] | undefined,
  ids: readonly string[] | undefined,
): readonly AvailabilityZone[] {
  for (const name of names ?? []) {
    if (!state.zones.some((zone) => zone.zoneName === name))
      throw new AwsError("InvalidParameterValue", `Invalid availability zone: [${name}]`);
  }
  for (const id of ids ?? []) {
    if (!state.zones.some((zone) => zone.zoneId === id))
      throw new AwsError("InvalidParameterValue", `Invalid availability zone-id: [${id}]`);
  }
  return state.zones.filter(
    (zone) =>
      (names === undefined || names.length === 0 || names.includes(zone.zoneName)) &&
      (ids === undefined || ids.length === 0 || ids.includes(zone.zoneId)),
  );
}

function vpcView(state: Ec2State, vpc: Vpc) {
  const associationId = vpc.vpcId.replace("vpc-", "vpc-cidr-assoc-");
  return {
    vpcId: vpc.vpcId,
    ownerId: state.accountId,
    instanceTenancy: "default",
    cidrBlock: vpc.cidrBlock,
    cidrBlockAssociationSet: [{ associationId, cidrBlock: vpc.cidrBlock, cidrBlockState: { state: "associated" } }],
    ipv6CidrBlockAssociationSet: ipv6Associations(associationId, vpc.ipv6CidrBlock),
    dhcpOptionsId: vpc.vpcId.replace("vpc-", "dopt-"),
    isDefault: vpc.isDefault,
    state: "available",
    tagSet: tagSet(vpc.tags),
  };
}

function subnetView(state: Ec2State, subnet: Subnet, freeAddresses: number) {
  return {
    subnetId: subnet.subnetId,
    subnetArn: state.arn(`subnet/${subnet.subnetId}`),
    state: "available",
    vpcId: subnet.vpcId,
    ownerId: state.accountId,
    cidrBlock: subnet.cidrBlock,
    ipv6CidrBlockAssociationSet: ipv6Associations(subnet.subnetId, subnet.ipv6CidrBlock),
    availableIpAddressCount: freeAddresses,
    availabilityZone: subnet.availabilityZone,
    availabilityZoneId: subnet.availabilityZoneId,
    defaultForAz: false,
    mapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
    assignIpv6AddressOnCreation: subnet.ipv6CidrBlock !== undefined,
    outpostArn: subnet.outpostArn,
    tagSet: tagSet(subnet.tags),
  };
}

function ipv6Associations(id: string, cidr: string | undefined) {
  if (cidr === undefined) return [];
  const associationId = id.replace(/^[a-z-]+-/, "ipv6-cidr-assoc-");
  return [{ associationId, ipv6CidrBlock: cidr, ipv6CidrBlockState: { state: "associated" } }];
}

function zoneView(state: Ec2State, zone: AvailabilityZone) {
  return {
    zoneName: zone.zoneName,
    zoneId: zone.zoneId,
    zoneType: zone.zoneType,
    zoneState: "available",
    regionName: state.region,
    groupName: state.region,
    networkBorderGroup: state.region,
    optInStatus: "opt-in-not-required",
    messageSet: [],
  };
}

function routeTableView(state: Ec2State, table: RouteTable) {
  const id = table.routeTableId;
  const association = (suffix: string) => ({
    routeTableAssociationId: `rtbassoc-${suffix}`,
    routeTableId: id,
    associationState: { state: "associated" },
  });
  return {
    routeTableId: id,
    vpcId: table.vpcId,
    ownerId: state.accountId,
    routeSet: table.routes.map((route) => ({
      destinationCidrBlock: route.destinationCidrBlock,
      gatewayId: route.gatewayId,
      natGatewayId: route.natGatewayId,
      state: "active",
      origin: route.gatewayId === "local" ? "CreateRouteTable" : "CreateRoute",
    })),
    associationSet: [
      ...(table.main ? [{ ...association(id.slice("rtb-".length)), main: true }] : []),
      ...table.subnetIds.map((subnetId) => ({
        ...association(subnetId.slice("subnet-".length)),
        subnetId,
        main: false,
      })),
    ],
    propagatingVgwSet: [],
    tagSet: tagSet(table.tags),
  };
}
