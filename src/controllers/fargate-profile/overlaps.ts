import type { FargateProfile } from "../../api/fargate-profile.ts";
import { selectorsMeet } from "./selectors.ts";

/** Another profile that matches pods of this one. */
export interface Overlap {
  readonly profile: string;
  /** The profile that gets such pods: the first by name ("Fargate profiles"). */
  readonly winner: string;
  /** The namespace pattern of this profile's selector. */
  readonly namespace: string;
}

/** The other FargateProfiles that match some pods of this one, by name. Pure. */
export function overlapsWith(object: FargateProfile, all: Iterable<FargateProfile>): readonly Overlap[] {
  const name = object.spec.name ?? object.metadata.name;
  const found: Overlap[] = [];
  for (const other of all) {
    if (other.metadata.uid === object.metadata.uid || other.metadata.deletionTimestamp !== undefined) continue;
    const profile = other.spec.name ?? other.metadata.name;
    const shared = object.spec.selectors.find(({ namespace, labels = {} }) =>
      other.spec.selectors.some((one) =>
        selectorsMeet({ namespace, labels }, { namespace: one.namespace, labels: one.labels ?? {} }),
      ),
    );
    if (shared !== undefined)
      found.push({ profile, winner: profile < name ? profile : name, namespace: shared.namespace });
  }
  return found.toSorted((a, b) => (a.profile < b.profile ? -1 : 1));
}
