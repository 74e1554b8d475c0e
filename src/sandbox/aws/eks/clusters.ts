import { defineOperation, type Operation } from "../service.ts";
import { list, required, string } from "../shapes.ts";
import { eksError } from "./errors.ts";
import { clusterName, objectOf, pageOf, paging, pagingQuery, tags, time } from "./parameters.ts";
import type { Addon, Cluster, EksState, Tags } from "./state.ts";

/** Clusters and add-ons, read only, and the tags of everything. */
export function clusterOperations(state: EksState): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeCluster",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/clusters/{name}" },
      input: clusterName,
      handle: (input) => ({ cluster: clusterView(state.cluster(input.name)) }),
    }),
    defineOperation({
      name: "ListClusters",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/clusters", query: { ...pagingQuery, include: "include" } },
      input: { ...paging, include: list(string()) },
      handle(input) {
        const page = pageOf([...state.clusters.keys()], (name) => name, input);
        return { clusters: page.items, nextToken: page.nextToken };
      },
    }),
    defineOperation({
      name: "DescribeAddon",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/clusters/{name}/addons/{addonName}" },
      input: { ...clusterName, addonName: required(string()) },
      handle(input) {
        const cluster = state.cluster(input.name);
        const addon = cluster.addons.get(input.addonName);
        if (addon === undefined)
          throw eksError(
            "ResourceNotFoundException",
            `No addon: ${input.addonName} found in cluster: ${cluster.name}`,
            {
              clusterName: cluster.name,
              addonName: input.addonName,
            },
          );
        return { addon: addonView(cluster, addon) };
      },
    }),
    defineOperation({
      name: "ListAddons",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/clusters/{name}/addons", query: pagingQuery },
      input: { ...clusterName, ...paging },
      handle(input) {
        const page = pageOf([...state.cluster(input.name).addons.keys()], (name) => name, input);
        return { addons: page.items, nextToken: page.nextToken };
      },
    }),
    ...tagOperations(state),
  ];
}

const maximumTags = 50;
const resourceArn = { resourceArn: required(string()) } as const;

function tagOperations(state: EksState): readonly Operation[] {
  return [
    defineOperation({
      name: "TagResource",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: "/tags/{resourceArn}" },
      input: { ...resourceArn, tags: required(tags) },
      handle(input) {
        const holder = taggedByArn(state, input.resourceArn);
        if (input.tags.size === 0) throw eksError("BadRequestException", "Tags must not be empty");
        for (const key of input.tags.keys())
          if (/^aws:/i.test(key))
            throw eksError("BadRequestException", "Tag keys beginning with 'aws:' are reserved for system use");
        if (new Set([...holder.keys(), ...input.tags.keys()]).size > maximumTags)
          throw eksError("BadRequestException", `A resource can have at most ${maximumTags} tags`);
        for (const [key, value] of input.tags) holder.set(key, value);
        return {};
      },
    }),
    defineOperation({
      name: "UntagResource",
      mutating: true,
      bucket: "writes",
      http: { method: "DELETE", path: "/tags/{resourceArn}", query: { tagKeys: "tagKeys" } },
      input: { ...resourceArn, tagKeys: required(list(string(), { min: 1, max: 50 })) },
      handle(input) {
        const holder = taggedByArn(state, input.resourceArn);
        for (const key of input.tagKeys) holder.delete(key);
        return {};
      },
    }),
    defineOperation({
      name: "ListTagsForResource",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/tags/{resourceArn}" },
      input: resourceArn,
      handle: (input) => ({ tags: objectOf(taggedByArn(state, input.resourceArn)) }),
    }),
  ];
}

/** Everything of EKS that bears tags. */
export function* taggedResources(state: EksState): Generator<{ readonly arn: string; readonly tags: Tags }> {
  for (const cluster of state.clusters.values()) {
    yield cluster;
    yield* cluster.nodeGroups.values();
    yield* cluster.fargateProfiles.values();
    yield* cluster.accessEntries.values();
    yield* cluster.podIdentityAssociations.values();
    yield* cluster.addons.values();
  }
}

function taggedByArn(state: EksState, arn: string): Tags {
  if (!/^arn:[a-z-]+:eks:[a-z0-9-]+:\d{12}:.+$/.test(arn))
    throw eksError("BadRequestException", `The ARN ${arn} is not valid`);
  const found = findTagged(state, arn);
  if (found === undefined) throw eksError("NotFoundException", `No resource found with ARN: ${arn}`);
  return found;
}

export function findTagged(state: EksState, arn: string): Tags | undefined {
  return taggedResources(state).find((resource) => resource.arn === arn)?.tags;
}

function clusterView(cluster: Cluster) {
  return {
    name: cluster.name,
    arn: cluster.arn,
    createdAt: time(cluster.createdAt),
    version: cluster.version,
    endpoint: cluster.endpoint,
    roleArn: cluster.roleArn,
    resourcesVpcConfig: {
      subnetIds: cluster.subnetIds,
      securityGroupIds: cluster.securityGroupIds,
      clusterSecurityGroupId: cluster.clusterSecurityGroupId,
      vpcId: cluster.vpcId,
      endpointPublicAccess: true,
      endpointPrivateAccess: true,
      publicAccessCidrs: ["0.0.0.0/0"],
    },
    kubernetesNetworkConfig: {
      serviceIpv4Cidr: cluster.serviceIpv4Cidr,
      ipFamily: "ipv4",
      elasticLoadBalancing: { enabled: false },
    },
    logging: { clusterLogging: [] },
    identity: { oidc: { issuer: cluster.oidcIssuer } },
    status: cluster.status,
    certificateAuthority: { data: cluster.certificateAuthority },
    platformVersion: cluster.platformVersion,
    tags: objectOf(cluster.tags),
    health: { issues: [] },
    accessConfig: { authenticationMode: cluster.authenticationMode },
    computeConfig: { enabled: false },
    upgradePolicy: { supportType: "STANDARD" },
    deletionProtection: false,
  };
}

function addonView(cluster: Cluster, addon: Addon) {
  return {
    addonName: addon.name,
    clusterName: cluster.name,
    status: "ACTIVE",
    addonVersion: addon.version,
    health: { issues: [] },
    addonArn: addon.arn,
    createdAt: time(addon.createdAt),
    modifiedAt: time(addon.createdAt),
    tags: objectOf(addon.tags),
  };
}
