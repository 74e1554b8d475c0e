import type { Ingress } from "../../api/builtin.ts";
import type { IngressClassParams } from "../../api/ingress-class-params.ts";
import type { Owner, Ownership, Problem } from "../../engine/stack.ts";
import { parseInteger } from "../load-balancing/annotation-value.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { clusterTag } from "../load-balancing/tracking.ts";
import { albPrefix } from "./annotation-keys.ts";

/** A group of Ingresses that share one load balancer. `namespace` is empty for explicit, cluster-wide groups. */
export interface GroupID {
  readonly namespace: string;
  readonly name: string;
}

const implicitFinalizer = "ingress.k8s.aws/resources";
const explicitFinalizerPrefix = "group.ingress.k8s.aws/";
const groupNamePattern = /^([a-z0-9][-a-z0-9.]*)?[a-z0-9]$/;

/** The group's name in tags and hashes, and its key in the work queue. */
export function groupKey(group: GroupID): string {
  return group.namespace === "" ? group.name : `${group.namespace}/${group.name}`;
}

export function parseGroupKey(key: string): GroupID {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function groupOwner(group: GroupID): Owner {
  return { kind: group.namespace === "" ? "IngressGroup" : "Ingress", ...group };
}

export function groupOwnership(group: GroupID, cluster: string): Ownership {
  return {
    tags: { [clusterTag]: cluster, "ingress.k8s.aws/stack": groupKey(group) },
    idTag: "ingress.k8s.aws/resource",
  };
}

export function groupFinalizer(group: GroupID): string {
  return group.namespace === "" ? `${explicitFinalizerPrefix}${group.name}` : implicitFinalizer;
}

/** The groups that an Ingress's finalizers name: those that may still hold AWS resources for it. */
export function groupsOfFinalizers(ingress: Ingress): readonly GroupID[] {
  return (ingress.metadata.finalizers ?? []).flatMap((finalizer) => {
    if (finalizer === implicitFinalizer) return [implicitGroup(ingress)];
    if (!finalizer.startsWith(explicitFinalizerPrefix)) return [];
    return [{ namespace: "", name: finalizer.slice(explicitFinalizerPrefix.length) }];
  });
}

/** The group that an Ingress belongs to by its class and annotations. Throws an InputError for an invalid group name. */
export function groupOf(ingress: Ingress, params: IngressClassParams | undefined): GroupID {
  const fromParams = params?.spec?.group?.name;
  const field = fromParams === undefined ? `metadata.annotations[${albPrefix}group.name]` : "spec.group.name";
  const name = fromParams ?? ingress.metadata.annotations?.[`${albPrefix}group.name`]?.trim();
  if (name === undefined) return implicitGroup(ingress);
  const details = { reason: "InvalidAnnotation", field, value: name } as const;
  if (!groupNamePattern.test(name))
    throw new InputError(
      `${field}: group name ${JSON.stringify(name)} must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
      details,
    );
  if (name.length > 63)
    throw new InputError(`${field}: group name ${JSON.stringify(name)} must be no more than 63 characters`, details);
  return { namespace: "", name };
}

/** The member's place by `group.order`; an invalid order counts as 0 and is reported. */
export function groupOrder(ingress: Ingress): { readonly order: number; readonly problem?: Problem } {
  const key = `${albPrefix}group.order`;
  const text = ingress.metadata.annotations?.[key];
  if (text === undefined) return { order: 0 };
  const parsed = parseInteger(text, -1000, 1000);
  if (parsed.ok) return { order: parsed.value };
  return {
    order: 0,
    problem: {
      object: ingressObject(ingress),
      reason: "InvalidAnnotation",
      field: `metadata.annotations[${key}]`,
      value: text,
      message: `annotation ${key} must be ${parsed.allowed} (value ${JSON.stringify(text)})`,
      severity: "error",
    },
  };
}

/** Members by `group.order`, then by `namespace/name` in byte order: the order of rules. */
export function sortMembers<T extends { readonly ingress: Ingress }>(members: readonly T[]): readonly T[] {
  return members
    .map((member) => ({ member, order: groupOrder(member.ingress).order, key: ingressKey(member.ingress) }))
    .sort((a, b) => a.order - b.order || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ member }) => member);
}

export function ingressKey(ingress: Ingress): string {
  return `${ingress.metadata.namespace ?? ""}/${ingress.metadata.name}`;
}

export function ingressObject(ingress: Ingress): Problem["object"] {
  return { kind: "Ingress", namespace: ingress.metadata.namespace ?? "", name: ingress.metadata.name };
}

function implicitGroup(ingress: Ingress): GroupID {
  return { namespace: ingress.metadata.namespace ?? "", name: ingress.metadata.name };
}
