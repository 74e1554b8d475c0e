import type { Difference } from "../../engine/resource-type.ts";
import { canonicalJson } from "../../json.ts";
import type { StringOrRef, Tags } from "../elbv2/specs.ts";

export const fargateProfileType = "eks/FargateProfile";

export interface FargateSelectorSpec {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** `eks/FargateProfile`. Natural key: the name. Outputs: `arn`, `name`. */
export interface FargateProfileSpec {
  readonly name: string;
  /** Absent: that of the profile that is being adopted. */
  readonly podExecutionRoleARN?: StringOrRef;
  /** Absent: those of the profile that is being adopted. */
  readonly subnetIDs?: readonly string[];
  readonly selectors: readonly FargateSelectorSpec[];
  readonly tags: Tags;
  readonly retiredTagKeys: readonly string[];
  /** Only on observed profiles: what is not wanted but found. */
  readonly live?: FargateProfileLive;
}

export type FargateProfileStatusCode = "CREATING" | "ACTIVE" | "DELETING" | "CREATE_FAILED" | "DELETE_FAILED";

export interface FargateProfileLive {
  readonly status: FargateProfileStatusCode;
  readonly issues: readonly {
    readonly code: string;
    readonly message: string;
    readonly resourceIDs: readonly string[];
  }[];
}

/** The status of a profile that has to be deleted and made again. */
export const failedProfileField = "live.status";

/** Pure; see `ResourceType.compare`. Everything but tags is immutable ("Fargate profiles"). */
export function compareFargateProfiles(
  desired: FargateProfileSpec,
  observed: FargateProfileSpec,
): readonly Difference[] {
  const status = observed.live?.status;
  if (status === "CREATING" || status === "DELETING") return [];
  if (status === "CREATE_FAILED" || status === "DELETE_FAILED")
    return [{ field: failedProfileField, from: status, to: "ACTIVE" }];
  const differences: Difference[] = [];
  const differs = (field: string, from: unknown, to: unknown, replace = false): void => {
    if (canonicalJson(from) === canonicalJson(to)) return;
    differences.push({ field, from, to, ...(replace ? { replace } : {}) });
  };
  differs("name", observed.name, desired.name, true);
  if (desired.podExecutionRoleARN !== undefined)
    differs("podExecutionRoleARN", observed.podExecutionRoleARN, desired.podExecutionRoleARN, true);
  if (desired.subnetIDs !== undefined)
    differs("subnetIDs", observed.subnetIDs?.toSorted(), desired.subnetIDs.toSorted(), true);
  differs("selectors", sorted(observed.selectors), sorted(desired.selectors), true);
  for (const [key, value] of Object.entries(desired.tags)) differs(`tags.${key}`, observed.tags[key], value);
  for (const key of desired.retiredTagKeys) {
    if (!(key in desired.tags)) differs(`tags.${key}`, observed.tags[key], undefined);
  }
  return differences;
}

/** The order of selectors means nothing. */
function sorted(selectors: readonly FargateSelectorSpec[]): readonly FargateSelectorSpec[] {
  return selectors
    .map(({ namespace, labels }) => ({ namespace, labels }))
    .toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
}
