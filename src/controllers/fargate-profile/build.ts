import { adoptionFor, type Controls } from "../../api/annotations.ts";
import type { FargateProfileApiSpec as ApiSpec, FargateProfile } from "../../api/fargate-profile.ts";
import type { Cluster } from "../../aws/facts/cluster.ts";
import { type Resource, ref, type Stack } from "../../engine/stack.ts";
import {
  type FargateProfileSpec,
  type FargateSelectorSpec,
  fargateProfileType,
} from "../../resources/eks/fargate-profile-spec.ts";
import type { StringOrRef } from "../../resources/elbv2/specs.ts";
import { roleType } from "../../resources/iam/role.ts";
import { type ClusterIdentity, clusterIdentity, ownershipOf, ownershipTagKeys } from "../cluster-identity.ts";
import type { NodeSubnet, PlacementFacts } from "../node-group/facts.ts";
import { chooseSubnets } from "../node-group/subnets.ts";
import { ProblemList } from "../problem-list.ts";
import { type Overlap, overlapsWith } from "./overlaps.ts";
import { podExecutionRoleID, podExecutionRoleName, podExecutionRoleResource } from "./pod-execution-role.ts";
import { checkedSelectors } from "./selectors.ts";

export interface FargateProfileInput {
  readonly object: FargateProfile;
  readonly facts: PlacementFacts;
  readonly controls: Controls;
  /** All FargateProfiles, also this one. */
  readonly all: Iterable<FargateProfile>;
}

export interface FargateProfileBuild {
  readonly stack: Stack;
  readonly profileName: string;
  readonly selectors: readonly FargateSelectorSpec[];
  readonly overlaps: readonly Overlap[];
}

const types = [roleType, fargateProfileType];
const profileID = "fargate-profile";

export function profileNameOf(object: FargateProfile): string {
  return object.spec?.name ?? object.metadata.name;
}

/** What a FargateProfile wants of AWS. Pure. */
export function buildFargateProfile({ object, facts, controls, all }: FargateProfileInput): FargateProfileBuild {
  const { spec } = object;
  const cluster = clusterIdentity(facts.cluster);
  const problems = new ProblemList(object);
  const name = profileNameOf(object);
  const adopt = adoptionFor(controls, fargateProfileType);
  checkIdentity(object, { cluster, name, problems });
  checkSupported(spec, problems);
  const selectors = checkedSelectors(spec.selectors, problems);
  // The first look at a profile that is handed over takes what the spec leaves open from it.
  const taking = adopt !== undefined && object.status?.arn === undefined;
  const subnetIDs =
    taking && spec.subnets === undefined
      ? undefined
      : placement(object, { subnets: facts.subnets, region: cluster.region, problems });
  const given = spec.podExecutionRole?.arn ?? foreignRole(object, { cluster, name });
  const makesRole = given === undefined && !(taking && spec.podExecutionRole === undefined);
  const role = makesRole
    ? podExecutionRoleResource(object, {
        cluster,
        profile: name,
        adopt: controls.adopt.find((one) => one.type === roleType)?.name,
      })
    : undefined;
  const roleARN: StringOrRef | undefined = role === undefined ? given : ref(roleType, podExecutionRoleID, "arn");
  const profile: Resource<FargateProfileSpec> = {
    type: fargateProfileType,
    id: profileID,
    spec: {
      name,
      ...(roleARN === undefined ? {} : { podExecutionRoleARN: roleARN }),
      ...(subnetIDs === undefined ? {} : { subnetIDs }),
      selectors,
      tags: { ...spec.tags, [ownershipTagKeys.ownerUID]: object.metadata.uid },
      retiredTagKeys: object.status?.managed?.tagKeys ?? [],
    },
    ...(adopt === undefined ? {} : { adopt }),
  };
  return {
    stack: {
      ...emptyFargateProfileStack(object, facts.cluster),
      resources: [...(role === undefined ? [] : [role]), profile],
      problems: problems.all,
    },
    profileName: name,
    selectors,
    overlaps: overlapsWith(object, all),
  };
}

/** The Stack of an object that goes. */
export function emptyFargateProfileStack(object: FargateProfile, facts: Pick<Cluster, "name" | "arn">): Stack {
  const cluster = clusterIdentity(facts);
  const name = profileNameOf(object);
  const { arn, create } = object.spec?.podExecutionRole ?? {};
  const inUse = object.status?.podExecutionRoleARN;
  const roles = [create?.name, podExecutionRoleName(cluster, name), inUse === arn ? undefined : roleName(inUse)];
  const profiles = [name, object.status?.profileName];
  return {
    owner: { kind: "FargateProfile", namespace: "", name: object.metadata.name },
    ownership: ownershipOf(cluster, `FargateProfile/${object.metadata.name}`),
    types,
    names: { [roleType]: distinct(roles), [fargateProfileType]: distinct(profiles) },
    resources: [],
    problems: [],
  };
}

function distinct(names: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(names.filter((one) => one !== undefined))];
}

function roleName(arn: string | undefined): string | undefined {
  return arn?.split("/").at(-1);
}

/** The role of an adopted profile stays in use while the spec says nothing about roles. */
function foreignRole(
  object: FargateProfile,
  { cluster, name }: { readonly cluster: ClusterIdentity; readonly name: string },
): string | undefined {
  const { arn, podExecutionRoleARN: inUse } = object.status ?? {};
  if (object.spec.podExecutionRole !== undefined || arn === undefined || inUse === undefined) return undefined;
  return roleName(inUse) === podExecutionRoleName(cluster, name) ? undefined : inUse;
}

function checkIdentity(
  object: FargateProfile,
  {
    cluster,
    name,
    problems,
  }: { readonly cluster: ClusterIdentity; readonly name: string; readonly problems: ProblemList },
): void {
  const { clusterName, name: given, podExecutionRole } = object.spec;
  if (clusterName !== undefined && clusterName !== cluster.name) {
    problems.error(
      "WrongCluster",
      "spec.clusterName",
      `is ${clusterName}, and this operator works for ${cluster.name}`,
      clusterName,
    );
  }
  const field = given === undefined ? "metadata.name" : "spec.name";
  if (!/^[0-9A-Za-z][A-Za-z0-9_-]{0,55}$/.test(name) || name.startsWith("eks-")) {
    problems.error(
      "InvalidSpec",
      field,
      "names of Fargate profiles have 1 to 56 letters, digits, hyphens and underscores and do not start with eks-; set spec.name for others",
      name,
    );
  }
  if (podExecutionRole?.arn !== undefined && podExecutionRole.create !== undefined)
    problems.error("InvalidSpec", "spec.podExecutionRole", "arn and create exclude each other");
}

/**
 * Fields that the kind has and this version of the operator does not act on: an error where pods would not run as asked
 * for, a warning where they only move differently.
 */
function checkSupported(spec: ApiSpec, problems: ProblemList): void {
  if (spec.coreDNS === true) {
    problems.error(
      "Unsupported",
      "spec.coreDNS",
      "is not supported by this version of the operator; set computeType to Fargate in the configuration of the coredns add-on",
    );
  }
  if (spec.replaceStrategy !== undefined && spec.replaceStrategy !== "Reject") {
    problems.warning(
      "Unsupported",
      "spec.replaceStrategy",
      "has no effect in this version of the operator; changes that need a new profile are refused as ReplacementBlocked",
    );
  }
  const { timeout = "1h", onTimeout = "Wait", maxParallel } = spec.drain ?? {};
  if (timeout !== "1h" || onTimeout !== "Wait" || maxParallel !== undefined) {
    problems.warning(
      "Unsupported",
      "spec.drain",
      "has no effect in this version of the operator; EKS stops the pods of a profile that is deleted",
    );
  }
}

/** Fargate runs pods in private subnets of availability zones only ("Fargate profiles"). */
function placement(
  object: FargateProfile,
  {
    subnets,
    region,
    problems,
  }: { readonly subnets: readonly NodeSubnet[]; readonly region: string; readonly problems: ProblemList },
): readonly string[] {
  const wanted = object.spec.subnets;
  for (const subnet of subnets) {
    const refusal = wanted?.ids?.includes(subnet.id) === true ? unfitness(subnet, region) : undefined;
    if (refusal !== undefined)
      problems.error("InvalidSpec", "spec.subnets.ids", `subnet ${subnet.id} ${refusal}`, subnet.id);
  }
  const sticky = object.status?.arn === undefined ? [] : (object.status.subnets ?? []);
  const fit = subnets.filter((subnet) => unfitness(subnet, region) === undefined);
  return chooseSubnets(wanted, { subnets: wanted?.ids === undefined ? fit : subnets, sticky, problems });
}

/** Why Fargate does not take a subnet. */
function unfitness({ zone, isPublic, isOutpost }: NodeSubnet, region: string): string | undefined {
  if (isPublic) return "has a route to an internet gateway; Fargate takes private subnets only";
  if (isOutpost) return "is on an Outpost, where Fargate does not run";
  // Local and Wavelength Zones have longer names, such as us-west-2-lax-1a.
  if (zone.slice(0, -1) !== region) return `is in ${zone}; Fargate runs in availability zones of the region only`;
  return undefined;
}
