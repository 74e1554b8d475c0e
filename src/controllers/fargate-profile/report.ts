import type { Pod } from "../../api/builtin.ts";
import type { FargateProfile, FargateProfileStatus } from "../../api/fargate-profile.ts";
import type { Observed } from "../../engine/resource-type.ts";
import {
  type FargateProfileLive,
  type FargateProfileSpec,
  fargateProfileType,
} from "../../resources/eks/fargate-profile-spec.ts";
import type { FargateQueuePlace } from "../../resources/eks/fargate-queue.ts";
import { roleType } from "../../resources/iam/role.ts";
import type { RoleSpec } from "../../resources/iam/specs.ts";
import { type ConditionDraft, conditionsFrom } from "../reporting/conditions.ts";
import { partCondition } from "../reporting/part-condition.ts";
import { pendingChanges } from "../reporting/pending-changes.ts";
import { judge, type PassResult, summaryConditions } from "../reporting/summary.ts";
import type { FargateProfileBuild } from "./build.ts";
import type { Overlap } from "./overlaps.ts";
import { selectsPod } from "./selectors.ts";

export interface FargateProfileReportInput {
  readonly object: FargateProfile;
  readonly pass: PassResult;
  /** Absent when the build itself failed, for want of facts. */
  readonly build?: FargateProfileBuild;
  /** Where in the line of the cluster's Fargate operations the profile waits, if it does. */
  readonly place?: FargateQueuePlace;
  readonly pods: Iterable<Pod>;
  readonly now: number;
}

type Profile = Observed<FargateProfileSpec>;

const longestNamespaces = 512;

/** The whole status of a FargateProfile after a pass. Pure; equal input gives an equal status. */
export function fargateProfileStatus(input: FargateProfileReportInput): FargateProfileStatus {
  const { object, pass, build, now } = input;
  const before = object.status ?? {};
  const profile = pass.reconciled?.observed.find((one) => one.type === fargateProfileType) as Profile | undefined;
  const plan = pass.reconciled === undefined ? [] : pendingChanges(pass.reconciled);
  const generation = object.metadata.generation;
  const facts =
    build === undefined || pass.reconciled === undefined ? keptFacts(before) : freshFacts(input, build, profile);
  return {
    ...facts,
    ...queueFacts(input, profile),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: phaseOf(input, profile),
    conditions: conditionsFrom(conditionDrafts(input, profile), {
      previous: before.conditions ?? [],
      generation,
      now,
    }),
    ...(plan.length === 0 ? {} : { plan }),
  };
}

/** The label that EKS gives to the pods of a profile. */
export const profileLabel = "eks.amazonaws.com/fargate-profile";

function keptFacts(before: FargateProfileStatus): FargateProfileStatus {
  const { conditions: _c, plan: _p, observedGeneration: _g, phase: _phase, ...rest } = before;
  const { queuePosition: _q, waitingFor: _w, ...facts } = rest;
  return facts;
}

function freshFacts(
  input: FargateProfileReportInput,
  build: FargateProfileBuild,
  profile: Profile | undefined,
): FargateProfileStatus {
  const { object, pass } = input;
  const role = pass.reconciled?.observed.find((one) => one.type === roleType);
  const roleARN = profile?.spec.podExecutionRoleARN ?? role?.outputs["arn"] ?? object.spec.podExecutionRole?.arn;
  const wanted = build.stack.resources.find((one) => one.type === fargateProfileType)?.spec as FargateProfileSpec;
  const subnets = profile?.spec.subnetIDs ?? wanted.subnetIDs;
  const issues = profile?.spec.live?.issues ?? [];
  // The table shows where pods run now, which differs from the spec while a change is refused.
  const selectors = profile?.spec.selectors ?? build.selectors;
  const namespaces = [...new Set(selectors.map(({ namespace }) => namespace))].join(",");
  return {
    profileName: build.profileName,
    ...(profile === undefined ? {} : { arn: profile.outputs["arn"] ?? "" }),
    ...(typeof roleARN === "string" && roleARN !== "" ? { podExecutionRoleARN: roleARN } : {}),
    namespaces: namespaces.slice(0, longestNamespaces),
    ...(subnets === undefined ? {} : { subnets: [...subnets].toSorted() }),
    pods: podFacts(input, build),
    ...(issues.length === 0 ? {} : { health: { issues } }),
    ...managedFacts(input, build),
  };
}

function podFacts(
  { pods }: FargateProfileReportInput,
  { profileName, selectors }: FargateProfileBuild,
): NonNullable<FargateProfileStatus["pods"]> {
  let running = 0;
  let pending = 0;
  let matchingElsewhere = 0;
  for (const pod of pods) {
    const labels = pod.metadata.labels ?? {};
    const ready = pod.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
    if (labels[profileLabel] === profileName) {
      if (ready) running++;
      else if (pod.metadata.deletionTimestamp === undefined) pending++;
    } else if (
      labels[profileLabel] === undefined &&
      selectsPod(selectors, { namespace: pod.metadata.namespace ?? "", labels })
    ) {
      matchingElsewhere++;
    }
  }
  return { running, pending, matchingElsewhere };
}

function managedFacts(
  { object, pass }: FargateProfileReportInput,
  build: FargateProfileBuild,
): Pick<FargateProfileStatus, "managed"> {
  const before = object.status?.managed;
  if (pass.mode !== "apply") return before === undefined ? {} : { managed: before };
  const settled = pass.reconciled?.settled === true;
  const union = (now: readonly string[], earlier: readonly string[] | undefined): readonly string[] =>
    [...new Set([...now, ...(settled ? [] : (earlier ?? []))])].toSorted();
  const specOf = (type: string): unknown => build.stack.resources.find((one) => one.type === type)?.spec;
  const profile = specOf(fargateProfileType) as FargateProfileSpec | undefined;
  const role = specOf(roleType) as RoleSpec | undefined;
  return {
    managed: {
      tagKeys: union(Object.keys(profile?.tags ?? {}), before?.tagKeys),
      policyARNs: union(role?.managedPolicyARNs ?? [], before?.policyARNs),
    },
  };
}

function queueFacts(
  { pass, place }: FargateProfileReportInput,
  profile: Profile | undefined,
): Pick<FargateProfileStatus, "queuePosition" | "waitingFor"> {
  if (pass.mode !== "apply") return {};
  if (place !== undefined) return { queuePosition: place.position, waitingFor: place.waitingFor.slice(0, 512) };
  const status = profile?.spec.live?.status;
  return status === "CREATING" || status === "DELETING" ? { queuePosition: 0 } : {};
}

function phaseOf(
  { object, pass, place }: FargateProfileReportInput,
  profile: Profile | undefined,
): NonNullable<FargateProfileStatus["phase"]> {
  if (object.metadata.deletionTimestamp !== undefined) return "Deleting";
  switch (profile?.spec.live?.status) {
    case "CREATING":
      return "Creating";
    case "ACTIVE":
      return "Active";
    case "DELETING":
      return "Replacing";
    case "CREATE_FAILED":
    case "DELETE_FAILED":
      return "Failed";
    case undefined:
      break;
  }
  // A pass that did not get to AWS knows no better than the one before.
  if (pass.reconciled === undefined && object.status?.phase !== undefined) return object.status.phase;
  if (place !== undefined && pass.mode === "apply") return "Queued";
  return judge(pass).state === "stalled" ? "Failed" : "Pending";
}

function conditionDrafts(input: FargateProfileReportInput, profile: Profile | undefined): readonly ConditionDraft[] {
  const { object, pass, build } = input;
  const live = profile?.spec.live;
  const summary = summaryConditions(pass).map((draft) => named(draft, input, live));
  if (build === undefined || pass.reconciled === undefined) return summary;
  const drafts: ConditionDraft[] = [...summary];
  if (live !== undefined && object.metadata.deletionTimestamp === undefined) drafts.push(healthCondition(live));
  if (build.stack.resources.some((resource) => resource.type === roleType)) {
    drafts.push(
      partCondition("RoleReady", { resourceType: roleType, ready: "the pod execution role is as wanted", pass }),
    );
  }
  if (build.overlaps.length > 0) drafts.push(overlapCondition(build.overlaps));
  return drafts;
}

/** What is in progress has a name of its own here. */
function named(
  draft: ConditionDraft,
  { object, pass, place }: FargateProfileReportInput,
  live: FargateProfileLive | undefined,
): ConditionDraft {
  const inProgress = pass.reconciled !== undefined && judge(pass).state === "reconciling";
  if (!inProgress || (draft.type !== "Ready" && draft.type !== "Reconciling")) return draft;
  if (place !== undefined) return { ...draft, reason: "Queued", message: `waiting for ${place.waitingFor}` };
  if (object.metadata.deletionTimestamp !== undefined || live?.status === "DELETING")
    return { ...draft, reason: "Deleting" };
  return live?.status === "CREATING" ? { ...draft, reason: "Creating" } : draft;
}

function healthCondition(live: FargateProfileLive): ConditionDraft {
  if (live.issues.length === 0)
    return { type: "Healthy", status: "True", reason: "Healthy", message: "EKS reports no health issues" };
  const message = live.issues
    .map(({ code, message: text, resourceIDs }) => {
      const where = resourceIDs.length === 0 ? "" : ` (${resourceIDs.join(", ")})`;
      return `${code}: ${text}${where}`;
    })
    .toSorted()
    .join("; ");
  return { type: "Healthy", status: "False", reason: "HealthIssue", message };
}

function overlapCondition(overlaps: readonly Overlap[]): ConditionDraft {
  const message = overlaps
    .map(
      ({ profile, winner, namespace }) =>
        `profile ${profile} matches pods of namespace ${namespace} too; ${winner} gets them`,
    )
    .join("; ");
  return { type: "SelectorsOverlap", status: "True", reason: "SelectorsOverlap", message };
}
