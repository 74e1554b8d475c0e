import type { Ingress } from "../../api/builtin.ts";
import type { Lister } from "../../kube/lister.ts";
import { problemOf } from "../load-balancing/input-error.ts";
import { type GroupID, groupFinalizer, groupKey, groupOf, ingressObject, sortMembers } from "./group.ts";
import { type Classification, type ClassSurroundings, classifyIngress } from "./ingress-class.ts";
import type { GroupMember } from "./input.ts";
import { ingressIndexes, isStray, placeOf } from "./wake.ts";

export interface Membership {
  /** In the order of rules. */
  readonly active: readonly GroupMember[];
  /** Leaving: their rules go, then their finalizer. */
  readonly inactive: readonly Ingress[];
}

/** Who belongs to a group now, and whom its finalizer still holds. An Ingress that cannot be placed any more stays a member. */
export function membershipOf(
  group: GroupID,
  { ingresses, classes }: { readonly ingresses: Lister<Ingress>; readonly classes: ClassSurroundings },
): Membership {
  const finalizer = groupFinalizer(group);
  const active: GroupMember[] = [];
  const inactive: Ingress[] = [];
  for (const ingress of candidates(group, { ingresses, classes })) {
    const held = ingress.metadata.finalizers?.includes(finalizer) === true && isOwnFinalizer(group, ingress);
    const classification = classifyIngress(ingress, classes);
    const unplaced = whyUnplaced(ingress, classification);
    const place = placeOf(ingress, classification);
    if (ingress.metadata.deletionTimestamp !== undefined) {
      if (held) inactive.push(ingress);
    } else if (unplaced !== undefined) {
      if (held || (isNamesake(group, ingress) && isStray(ingress, classes))) active.push({ ingress, unplaced });
    } else if (place !== undefined && groupKey(place) === groupKey(group)) {
      const params = classification.kind === "ours" ? classification.params : undefined;
      active.push({ ingress, ...(params === undefined ? {} : { params }) });
    } else if (held) {
      inactive.push(ingress);
    }
  }
  return { active: sortMembers(active), inactive };
}

function whyUnplaced(ingress: Ingress, classification: Classification): GroupMember["unplaced"] {
  if (classification.kind === "invalid")
    return {
      reason: classification.reason,
      field: "spec.ingressClassName",
      value: ingress.spec?.ingressClassName ?? "",
      message: classification.message,
    };
  if (classification.kind === "foreign") return undefined;
  try {
    groupOf(ingress, classification.params);
    return undefined;
  } catch (error) {
    return problemOf(error, ingressObject(ingress));
  }
}

/** The implicit finalizer has no name in it: it counts for the Ingress's own group only. */
function isOwnFinalizer(group: GroupID, ingress: Ingress): boolean {
  return group.namespace === "" || isNamesake(group, ingress);
}

function isNamesake(group: GroupID, { metadata }: Ingress): boolean {
  return group.namespace === metadata.namespace && group.name === metadata.name;
}

function candidates(
  group: GroupID,
  { ingresses, classes }: { readonly ingresses: Lister<Ingress>; readonly classes: ClassSurroundings },
): readonly Ingress[] {
  const key = groupKey(group);
  if (group.namespace !== "") return [ingresses.get(key) ?? []].flat();
  const byParams = [...classes.classes.list()].filter(({ spec }) => {
    const params = spec?.parameters === undefined ? undefined : classes.params.get(spec.parameters.name);
    return params?.spec?.group?.name === group.name;
  });
  const found = [
    ...ingresses.byIndex(ingressIndexes.group, key),
    ...byParams.flatMap(({ metadata }) => [
      ...ingresses.byIndex(ingressIndexes.class, metadata.name),
      ...ingresses.byIndex(ingressIndexes.class, ""),
    ]),
  ];
  return [...new Map(found.map((ingress) => [ingress.metadata.uid, ingress])).values()];
}
