import type { SandboxContext } from "../service.ts";
import { createSecurityGroup } from "./security-groups.ts";
import type { Ec2State, RouteTable, Tags } from "./state.ts";

/** Region codes inside zone ids (`usw2-az1`), by geography and direction. */
function zoneIdPrefix(region: string): string {
  const [area = "", direction = "", number = ""] = region.replace("us-gov-", "usg-").split("-");
  const words: Readonly<Record<string, string>> = {
    northeast: "ne",
    northwest: "nw",
    southeast: "se",
    southwest: "sw",
    central: "c",
    north: "n",
    south: "s",
    east: "e",
    west: "w",
  };
  return `${area}${words[direction] ?? direction}${number}`;
}

/**
 * The network that `eksctl create cluster` makes: one VPC, a public and a private subnet in each of three zones, an
 * internet gateway for the public ones and one NAT gateway for the private ones, tagged as eksctl tags them.
 */
export function addInitialNetwork(state: Ec2State, context: SandboxContext): void {
  const hex = (): string => context.ids.hex(17);
  const vpcId = `vpc-${hex()}`;
  const eksctlTags = (name: string, more: Readonly<Record<string, string>> = {}): Tags =>
    new Map([
      ["Name", `eksctl-${context.clusterName}-cluster/${name}`],
      ["alpha.eksctl.io/cluster-name", context.clusterName],
      ["alpha.eksctl.io/cluster-oidc-enabled", "true"],
      ["eksctl.cluster.k8s.io/v1alpha1/cluster-name", context.clusterName],
      ...Object.entries(more),
    ]);
  state.vpcs.set(vpcId, { vpcId, cidrBlock: "192.168.0.0/16", isDefault: false, tags: eksctlTags("VPC") });
  for (const [index, letter] of ["a", "b", "c"].entries())
    state.zones.push({
      zoneName: `${state.region}${letter}`,
      zoneId: `${zoneIdPrefix(state.region)}-az${index + 1}`,
      zoneType: "availability-zone",
    });
  const internetGateway = `igw-${hex()}`;
  const natGateway = `nat-${hex()}`;
  const local = { destinationCidrBlock: "192.168.0.0/16", gatewayId: "local" };
  const addTable = (table: Omit<RouteTable, "routeTableId" | "vpcId">): void => {
    const routeTableId = `rtb-${hex()}`;
    state.routeTables.set(routeTableId, { routeTableId, vpcId, ...table });
  };
  addTable({ main: true, subnetIds: [], routes: [local], tags: new Map() });
  const publicIds: string[] = [];
  for (const [index, kind] of (["Public", "Public", "Public", "Private", "Private", "Private"] as const).entries()) {
    const zone = state.zones[index % 3];
    if (zone === undefined) continue;
    const subnetId = `subnet-${hex()}`;
    const name = `Subnet${kind}${zone.zoneName.replaceAll("-", "").toUpperCase()}`;
    const role = kind === "Public" ? "kubernetes.io/role/elb" : "kubernetes.io/role/internal-elb";
    state.subnets.set(subnetId, {
      subnetId,
      vpcId,
      cidrBlock: `192.168.${index * 32}.0/19`,
      availabilityZone: zone.zoneName,
      availabilityZoneId: zone.zoneId,
      mapPublicIpOnLaunch: kind === "Public",
      tags: eksctlTags(name, { [role]: "1" }),
    });
    if (kind === "Public") publicIds.push(subnetId);
    else
      addTable({
        main: false,
        subnetIds: [subnetId],
        routes: [local, { destinationCidrBlock: "0.0.0.0/0", natGatewayId: natGateway }],
        tags: eksctlTags(`PrivateRouteTable${zone.zoneName.replaceAll("-", "").toUpperCase()}`),
      });
  }
  addTable({
    main: false,
    subnetIds: publicIds,
    routes: [local, { destinationCidrBlock: "0.0.0.0/0", gatewayId: internetGateway }],
    tags: eksctlTags("PublicRouteTable"),
  });
  createSecurityGroup(state, context, {
    name: "default",
    description: "default VPC security group",
    vpcId,
    tags: new Map(),
  });
  for (const [name, maxEntries] of managedPrefixLists(state.region)) {
    const prefixListId = `pl-${hex()}`;
    state.prefixLists.set(prefixListId, {
      prefixListId,
      prefixListName: name,
      ownerId: "AWS",
      maxEntries,
      addressFamily: "IPv4",
      tags: new Map(),
    });
  }
  for (const address of ["203.0.113.10", "203.0.113.11", "203.0.113.12"]) {
    const allocationId = `eipalloc-${hex()}`;
    state.addresses.set(allocationId, { allocationId, publicIp: address, tags: new Map() });
  }
}

/** AWS's own prefix lists and what each weighs in a security group. */
function managedPrefixLists(region: string): readonly (readonly [string, number])[] {
  return [
    ["com.amazonaws.global.cloudfront.origin-facing", 55],
    [`com.amazonaws.${region}.s3`, 1],
    [`com.amazonaws.${region}.dynamodb`, 1],
  ];
}
