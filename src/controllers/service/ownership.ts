import type { Service } from "../../api/builtin.ts";
import type { Owner, Ownership, Problem } from "../../engine/stack.ts";
import { clusterTag } from "../load-balancing/tracking.ts";
import { nlbPrefix } from "./annotation-keys.ts";

export const serviceFinalizer = "service.k8s.aws/resources";

export interface OwnershipSettings {
  /** `--load-balancer-class`. */
  readonly loadBalancerClass: string;
  /** Gate `ServiceTypeLoadBalancerOnly`. */
  readonly typeLoadBalancerOnly: boolean;
}

/**
 * Whether a Service wants a load balancer of us. A class decides alone; without one the annotations do. Words are
 * compared exactly, as the controllers do that own the other Services.
 */
export function wantsLoadBalancer({ metadata, spec }: Service, settings: OwnershipSettings): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  if (settings.typeLoadBalancerOnly && spec?.type !== "LoadBalancer") return false;
  if (spec?.loadBalancerClass !== undefined) return spec.loadBalancerClass === settings.loadBalancerClass;
  const { type, targetType } = typeWords(metadata.annotations);
  return type === "nlb-ip" || (type === "external" && (targetType === "ip" || targetType === "instance"));
}

/** AWS resources of ours may exist for it. */
export function isHeld({ metadata }: Service): boolean {
  return metadata.finalizers?.includes(serviceFinalizer) === true;
}

/** Neither we nor the in-tree controller take such a Service: its owner forgot the target type. */
export function isOrphaned({ metadata, spec }: Service): boolean {
  const { type, targetType } = typeWords(metadata.annotations);
  return (
    metadata.deletionTimestamp === undefined &&
    spec?.type === "LoadBalancer" &&
    spec.loadBalancerClass === undefined &&
    type === "external" &&
    targetType !== "ip" &&
    targetType !== "instance"
  );
}

export function typeWords(annotations: Readonly<Record<string, string>> | undefined): {
  readonly type: string | undefined;
  readonly targetType: string | undefined;
} {
  return { type: annotations?.[`${nlbPrefix}type`], targetType: annotations?.[`${nlbPrefix}nlb-target-type`] };
}

export function serviceOwner({ metadata }: Service): Owner {
  return { kind: "Service", namespace: metadata.namespace ?? "", name: metadata.name };
}

export function serviceOwnership({ metadata }: Service, cluster: string): Ownership {
  return {
    tags: { [clusterTag]: cluster, "service.k8s.aws/stack": `${metadata.namespace ?? ""}/${metadata.name}` },
    idTag: "service.k8s.aws/resource",
  };
}

export function serviceObject({ metadata }: Service): Problem["object"] {
  return { kind: "Service", namespace: metadata.namespace ?? "", name: metadata.name };
}
