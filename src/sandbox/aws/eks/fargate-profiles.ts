import type { Json } from "../../../json.ts";
import { trustNamesService } from "../iam/trust-evaluation.ts";
import { defineOperation, type Operation } from "../service.ts";
import { list, map, required, string, structure } from "../shapes.ts";
import { addAccessEntry, removeEksAccessEntry } from "./access-entry-rules.ts";
import { type EksErrorMembers, eksError } from "./errors.ts";
import { refuseWith } from "./node-group-request.ts";
import {
  checkedTags,
  clusterName,
  madeBefore,
  objectOf,
  pageOf,
  paging,
  pagingQuery,
  tags,
  time,
} from "./parameters.ts";
import type { Cluster, EksState, FargateProfile } from "./state.ts";

/** AWS's default quotas. */
const maximumProfiles = 10;
const maximumSelectors = 5;
const maximumSelectorLabels = 5;

const path = "/clusters/{name}/fargate-profiles";
const reference = { ...clusterName, fargateProfileName: required(string()) } as const;
const selector = structure({ namespace: string(), labels: map(string()) });

export function fargateProfileOperations(state: EksState): readonly Operation[] {
  const { context } = state;
  return [
    defineOperation({
      name: "CreateFargateProfile",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path },
      input: {
        ...clusterName,
        fargateProfileName: required(string({ minLength: 1, maxLength: 100, pattern: /^[0-9A-Za-z][A-Za-z0-9_-]*$/ })),
        podExecutionRoleArn: required(string()),
        subnets: list(string()),
        selectors: list(selector),
        clientRequestToken: string(),
        tags,
      },
      handle(input) {
        const cluster = state.cluster(input.name);
        const name = input.fargateProfileName;
        const members = { clusterName: cluster.name, fargateProfileName: name };
        const refuse = refuseWith(members);
        const token = madeBefore(cluster, input);
        const repeated = token.made === undefined ? undefined : cluster.fargateProfiles.get(token.made);
        if (repeated !== undefined) return { fargateProfile: profileView(cluster, repeated) };
        if (name.startsWith("eks-")) refuse("Fargate Profile name cannot begin with eks-");
        const selectors = checkedSelectors(input.selectors ?? [], members);
        const checked = checkedTags(input.tags);
        if (cluster.fargateProfiles.has(name))
          refuse("A Fargate Profile already exists with this name in this cluster.");
        checkRole(state, cluster, input.podExecutionRoleArn, members);
        const subnets = fargateSubnets(state, cluster, input.subnets ?? [], members);
        checkNoneInMotion(cluster, "create", name);
        if (cluster.fargateProfiles.size >= maximumProfiles)
          throw eksError(
            "ResourceLimitExceededException",
            `Fargate Profile limit exceeded for ${cluster.name}.`,
            members,
          );
        const profile: FargateProfile = {
          name,
          arn: state.arn(`fargateprofile/${cluster.name}/${name}/${context.ids.uuid()}`),
          createdAt: context.clock.now(),
          status: "CREATING",
          podExecutionRoleArn: input.podExecutionRoleArn,
          subnets,
          selectors,
          tags: checked,
        };
        context.surroundings.identity.ensureServiceLinkedRole("eks-fargate.amazonaws.com");
        cluster.fargateProfiles.set(name, profile);
        token.remember(name);
        if (cluster.authenticationMode !== "CONFIG_MAP")
          addAccessEntry(context, cluster, {
            principalArn: profile.podExecutionRoleArn,
            type: "FARGATE_LINUX",
            madeByEks: true,
          });
        context.schedule(context.timings.fargateProfileCreateMs, () => {
          if (profile.status === "CREATING") profile.status = "ACTIVE";
        });
        return { fargateProfile: profileView(cluster, profile) };
      },
    }),
    defineOperation({
      name: "DescribeFargateProfile",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: `${path}/{fargateProfileName}` },
      input: reference,
      handle(input) {
        const cluster = state.cluster(input.name);
        return { fargateProfile: profileView(cluster, existing(state, cluster, input.fargateProfileName)) };
      },
    }),
    defineOperation({
      name: "ListFargateProfiles",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path, query: pagingQuery },
      input: { ...clusterName, ...paging },
      handle(input) {
        const page = pageOf([...state.cluster(input.name).fargateProfiles.keys()], (name) => name, input);
        return { fargateProfileNames: page.items, nextToken: page.nextToken };
      },
    }),
    defineOperation({
      name: "DeleteFargateProfile",
      mutating: true,
      bucket: "writes",
      http: { method: "DELETE", path: `${path}/{fargateProfileName}` },
      input: reference,
      handle(input) {
        const cluster = state.cluster(input.name);
        const profile = existing(state, cluster, input.fargateProfileName);
        checkNoneInMotion(cluster, "delete", profile.name);
        profile.status = "DELETING";
        context.schedule(context.timings.fargateProfileDeleteMs, () => {
          cluster.fargateProfiles.delete(profile.name);
          removeEksAccessEntry(cluster, profile.podExecutionRoleArn);
        });
        return { fargateProfile: profileView(cluster, profile) };
      },
    }),
  ];
}

/** One creation or deletion at a time in a cluster. */
function checkNoneInMotion(cluster: Cluster, action: "create" | "delete", name: string): void {
  const moving = cluster.fargateProfiles.values().find(({ status }) => status === "CREATING" || status === "DELETING");
  if (moving !== undefined)
    throw eksError(
      "ResourceInUseException",
      `Cannot ${action} Fargate Profile ${name} because cluster ${cluster.name} currently has Fargate profile ` +
        `${moving.name} in status ${moving.status}`,
      { clusterName: cluster.name, fargateProfileName: name },
    );
}

function checkedSelectors(
  given: readonly {
    readonly namespace: string | undefined;
    readonly labels: ReadonlyMap<string, string> | undefined;
  }[],
  members: EksErrorMembers,
) {
  const refuse = refuseWith(members);
  if (given.length === 0) refuse("Fargate Profile requires at least one selector.");
  if (given.length > maximumSelectors) refuse(`Fargate Profile can have at most ${maximumSelectors} selectors.`);
  return given.map(({ namespace, labels }) => {
    if (namespace === undefined || namespace === "")
      return refuse("Fargate Profile selectors require at least one namespace value.");
    if ((labels?.size ?? 0) > maximumSelectorLabels)
      refuse(`Request contains Selector with more than ${maximumSelectorLabels} Label pairs`);
    return { namespace, labels: new Map(labels) };
  });
}

function checkRole(state: EksState, cluster: Cluster, arn: string, members: EksErrorMembers): void {
  const refuse = refuseWith(members);
  const role = state.context.surroundings.roles.role(arn);
  if (
    role === undefined ||
    !trustNamesService(role.trustPolicy as Json, "eks-fargate-pods.amazonaws.com", "sts:AssumeRole")
  )
    refuse(
      "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal",
    );
  if (cluster.nodeGroups.values().some((group) => group.nodeRole === arn))
    refuse(`The pod execution role ${arn} is already in use as a node role of the cluster`);
}

/** The given subnets, or the cluster's private ones; a route to an internet gateway rules a subnet out. */
function fargateSubnets(
  state: EksState,
  cluster: Cluster,
  given: readonly string[],
  members: EksErrorMembers,
): readonly string[] {
  const { compute, network } = state.context.surroundings;
  const refuse = refuseWith(members);
  if (given.length === 0) return cluster.subnetIds.filter((id) => !compute.isPublicSubnet(id));
  for (const id of given) {
    const subnet = network.subnet(id);
    if (subnet === undefined) return refuse(`The subnet ID '${id}' does not exist`);
    if (subnet.vpcId !== cluster.vpcId) refuse(`Subnet ${id} is not in the same VPC as the cluster`);
    if (compute.isPublicSubnet(id)) refuse(`Subnet ${id} provided in Fargate Profile is not a private subnet`);
    if (subnet.zoneType !== "availability-zone")
      refuse(`Fargate Profile creation for the Availability Zone ${subnet.zone} for Subnet ${id} is not supported`);
  }
  return given;
}

function existing(state: EksState, cluster: Cluster, name: string): FargateProfile {
  const profile = cluster.fargateProfiles.get(name);
  if (profile === undefined || !state.context.settled(profile.createdAt, "eksCreate"))
    throw eksError("ResourceNotFoundException", `No Fargate Profile found with name: ${name}.`, {
      clusterName: cluster.name,
      fargateProfileName: name,
    });
  return profile;
}

function profileView(cluster: Cluster, profile: FargateProfile) {
  return {
    fargateProfileName: profile.name,
    fargateProfileArn: profile.arn,
    clusterName: cluster.name,
    createdAt: time(profile.createdAt),
    podExecutionRoleArn: profile.podExecutionRoleArn,
    subnets: profile.subnets,
    selectors: profile.selectors.map(({ namespace, labels }) => ({ namespace, labels: objectOf(labels) })),
    status: profile.status,
    tags: objectOf(profile.tags),
    health: { issues: [] },
  };
}
