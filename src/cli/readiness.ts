import type { Ingress, Service } from "../api/builtin.ts";
import type { LoadBalancer } from "../api/load-balancer.ts";
import type { Condition, KubeObject } from "../api/object.ts";

/** How far an object is, for a person who waits for it. */
export interface Readiness {
  readonly state: "ready" | "progressing" | "failed";
  /** What there is to see, or what it waits for. */
  readonly detail: string;
}

interface Conditioned extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly availableReplicas?: number };
}

/**
 * Judges an object by its status. Ingresses and Services of type LoadBalancer are as ready as their `LoadBalancer`
 * report says; Deployments when all replicas are available; everything with a `Ready` condition by that. Pure.
 */
export function readiness(object: KubeObject, reports: readonly LoadBalancer[]): Readiness {
  if (object.kind === "Ingress" || (object.kind === "Service" && (object as Service).spec?.type === "LoadBalancer")) {
    return ofLoadBalanced(object as Ingress | Service, reports);
  }
  const { spec, status } = object as Conditioned;
  if (object.kind === "Deployment") {
    const wanted = spec?.replicas ?? 1;
    const available = status?.availableReplicas ?? 0;
    return { state: available >= wanted ? "ready" : "progressing", detail: `${available}/${wanted} available` };
  }
  if (object.apiVersion.startsWith("fairlead.io/")) return ofConditions(status?.conditions ?? [], "");
  return { state: "ready", detail: "" };
}

function ofLoadBalanced(object: Ingress | Service, reports: readonly LoadBalancer[]): Readiness {
  const hostname = object.status?.loadBalancer?.ingress?.[0]?.hostname;
  const report = reports.find(
    ({ metadata, spec }) =>
      metadata.namespace === object.metadata.namespace &&
      spec?.owners.some(({ kind, name }) => kind === object.kind && name === object.metadata.name) === true,
  );
  if (report === undefined) return { state: "progressing", detail: "waiting for the operator" };
  const verdict = ofConditions((report.status?.conditions ?? []) as readonly Condition[], hostname ?? "");
  if (verdict.state !== "ready") return verdict;
  if (hostname === undefined) return { state: "progressing", detail: "waiting for a host name" };
  const targets = report.status?.targets;
  return {
    state: "ready",
    detail: targets === undefined ? hostname : `${hostname}, targets ${targets.healthy}/${targets.total} healthy`,
  };
}

function ofConditions(conditions: readonly Condition[], detail: string): Readiness {
  const find = (type: string): Condition | undefined => conditions.find((condition) => condition.type === type);
  const ready = find("Ready");
  if (ready === undefined) return { state: "progressing", detail: "waiting for the operator" };
  if (ready.status === "True") return { state: "ready", detail: detail === "" ? ready.message : detail };
  const stalled = find("Stalled");
  if (stalled?.status === "True") return { state: "failed", detail: `${stalled.reason}: ${stalled.message}` };
  return { state: "progressing", detail: `${ready.reason}: ${ready.message}` };
}
