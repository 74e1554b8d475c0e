import type { PendingChange } from "../../api/common.ts";
import {
  type LoadBalancer,
  type LoadBalancerMember,
  type LoadBalancerResource,
  type LoadBalancerStatus,
  loadBalancerKind,
} from "../../api/load-balancer.ts";
import type { OwnerReference } from "../../api/object.ts";
import type { Reconciled } from "../../engine/engine.ts";
import { withoutSecrets } from "../../engine/hash.ts";
import type { Plan } from "../../engine/plan.ts";
import type { Observed } from "../../engine/resource-type.ts";
import { errorClass, isAppError } from "../../errors.ts";
import { canonicalJson, sha256Hex } from "../../json.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Lister } from "../../kube/lister.ts";
import { type LoadBalancerOutcome, loadBalancerConditions } from "./conditions.ts";
import type { TargetCounts } from "./ports.ts";

/** The report on one load balancer in one namespace, before it is compared with what is there. */
export interface LoadBalancerReport {
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  /** Of this namespace. */
  readonly members: readonly LoadBalancerMember[];
  /** Of an explicit ingress group. */
  readonly group?: string;
  readonly type: "Application" | "Network";
  readonly outcome: LoadBalancerOutcome;
  readonly targets?: TargetCounts;
}

/** Names of reports do not clash between kinds; long ones keep a hash of what is cut. */
export function reportName(kind: "ingress" | "ingress-group" | "service", name: string): string {
  const full = `${kind}-${name}`;
  return full.length <= 253 ? full : `${full.slice(0, 242)}-${sha256Hex([full], 10)}`;
}

export function reportStatus(
  report: LoadBalancerReport,
  before: LoadBalancerStatus | undefined,
  now: string,
): LoadBalancerStatus {
  const { outcome, targets, group } = report;
  const { result } = outcome;
  const resources = result === undefined ? before?.resources : resourcesOf(result.observed);
  const dnsName = result === undefined ? before?.dnsName : dnsNameOf(result.observed);
  // Drift that is only reported leaves the Stack the one that was applied last, also for a process to come.
  const isApplied = result?.settled === true || result?.outcome === "drifted";
  const stackHash = isApplied ? result.hash : result === undefined ? before?.stackHash : undefined;
  const plan = result === undefined ? before?.plan : pendingChanges(result);
  return {
    conditions: [...loadBalancerConditions(outcome, before?.conditions ?? [], now)],
    ...(group === undefined ? {} : { group }),
    type: report.type,
    ...(dnsName === undefined ? {} : { dnsName }),
    ...(resources === undefined ? {} : { resources: [...resources] }),
    ...(targets === undefined
      ? before?.targets === undefined
        ? {}
        : { targets: before.targets }
      : {
          targets: {
            ...targets,
            registered: [...targets.registered],
            summary: `${targets.healthy}/${targets.total}`,
          },
        }),
    members: [...report.members],
    ...(plan === undefined || plan.length === 0 ? {} : { plan: [...plan] }),
    ...(stackHash === undefined ? {} : { stackHash }),
  };
}

/** Writes reports; nothing that is already so is written again. */
export class LoadBalancerReporter {
  readonly #client: KubeClient;
  readonly #reports: Lister<LoadBalancer>;
  /** What was last written, while the cache may still lag behind. */
  readonly #written = new Map<string, LoadBalancerStatus>();
  /** Those that the cache has shown: when one is gone from it, somebody has deleted it. */
  readonly #seen = new Set<string>();

  constructor(client: KubeClient, reports: Lister<LoadBalancer>) {
    this.#client = client;
    this.#reports = reports;
  }

  /** The status that a report has now. */
  current(namespace: string, name: string): LoadBalancerStatus | undefined {
    const key = `${namespace}/${name}`;
    return this.#written.get(key) ?? this.#reports.get(key)?.status;
  }

  /** Where there are reports of this name. */
  namespaces(name: string): readonly string[] {
    return [...this.#reports.list()].flatMap(({ metadata }) =>
      metadata.name === name && metadata.namespace !== undefined ? [metadata.namespace] : [],
    );
  }

  async write(report: LoadBalancerReport, now: string, signal: AbortSignal): Promise<void> {
    const key = `${report.namespace}/${report.name}`;
    if (this.#reports.get(key) !== undefined) this.#seen.add(key);
    else if (this.#seen.delete(key)) this.#written.delete(key);
    try {
      try {
        await this.#write(report, now, signal);
      } catch (error) {
        if (errorClass(error) !== "missing") throw error;
        // Deleted by somebody, of which the cache has not heard: it is made anew.
        this.#written.delete(key);
        await this.#write(report, now, signal);
      }
    } catch (error) {
      // A namespace that goes or is gone takes no objects, and what AWS holds for it must be taken away all the same.
      const gone = isAppError(error) && (error.code === "NamespaceTerminating" || error.class === "missing");
      if (!gone) throw error;
      this.#written.delete(key);
    }
  }

  async #write(report: LoadBalancerReport, now: string, signal: AbortSignal): Promise<void> {
    const { namespace, name, owners } = report;
    const key = `${namespace}/${name}`;
    const spec = { owners: report.members.map(({ kind, name: member }) => ({ kind, name: member })) };
    const present = this.#reports.get(key);
    const before = this.current(namespace, name);
    const status = reportStatus(report, before, now);
    const head = { apiVersion: "fairlead.io/v1alpha1", kind: loadBalancerKind.kind };
    const known =
      present !== undefined &&
      canonicalJson([present.spec, present.metadata.ownerReferences ?? []]) === canonicalJson([spec, owners]);
    if (
      !known &&
      !(
        present === undefined &&
        this.#written.has(key) &&
        canonicalJson(before?.members) === canonicalJson(status.members)
      )
    )
      await this.#client.apply(
        loadBalancerKind,
        { ...head, metadata: { namespace, name, ownerReferences: owners }, spec },
        { signal, force: true },
      );
    if (before !== undefined && canonicalJson(before) === canonicalJson(status)) return;
    await this.#client.apply(
      loadBalancerKind,
      { ...head, metadata: { namespace, name }, status },
      { signal, force: true, subresource: "status" },
    );
    this.#written.set(key, status);
  }

  async remove(namespace: string, name: string, signal: AbortSignal): Promise<void> {
    const key = `${namespace}/${name}`;
    this.#seen.delete(key);
    const there = this.#written.delete(key) || this.#reports.get(key) !== undefined;
    if (there) await this.#client.delete(loadBalancerKind, { namespace, name }, { signal });
  }
}

/** While a load balancer is replaced there are two: the name of the old one stands until the new one serves. */
export function dnsNameOf(observed: readonly Observed[], id = "LoadBalancer"): string | undefined {
  const instances = observed.filter((instance) => instance.type === "elbv2/LoadBalancer" && instance.id === id);
  const serving = instances.find(({ state }) => state === "ready") ?? instances[0];
  return serving?.outputs["dnsName"]?.toLowerCase();
}

function resourcesOf(observed: readonly Observed[]): readonly LoadBalancerResource[] {
  const seen = new Map<string, number>();
  return observed
    .map(({ type, id: own, outputs, state, reason }): LoadBalancerResource => {
      const count = (seen.get(`${type} ${own}`) ?? 0) + 1;
      seen.set(`${type} ${own}`, count);
      // A predecessor that is still there bears the id of its successor.
      const id = count === 1 ? own : `${own} (${count})`;
      const arn = outputs["arn"];
      const name = outputs["name"] ?? (arn === undefined ? outputs["id"] : undefined);
      return {
        type,
        id,
        ...(name === undefined ? {} : { name }),
        ...(arn === undefined ? {} : { arn }),
        state,
        ...(reason === undefined ? {} : { reason: reason.slice(0, 1024) }),
      };
    })
    .toSorted((a, b) => (`${a.type} ${a.id}` < `${b.type} ${b.id}` ? -1 : 1))
    .slice(0, 1000);
}

/** What is wanted and not made: all of a plan in mode `plan`, or what was refused. */
export function pendingChanges(result: Reconciled): readonly PendingChange[] {
  const open =
    result.outcome === "planned" || result.outcome === "drifted"
      ? result.plan.changes.map((change) => pending(change))
      : [];
  const refused = result.plan.blocked.map(({ change, reason, message }) =>
    pending(change, { reason, message: message.slice(0, 4096) }),
  );
  return [...open, ...refused].slice(0, 100);
}

function pending(
  change: Plan["changes"][number],
  refusal: { readonly reason?: string; readonly message?: string } = {},
): PendingChange {
  const differences = "differences" in change ? change.differences : [];
  return {
    action: change.action,
    type: change.type,
    id: change.id,
    ...(differences.length === 0
      ? {}
      : {
          differences: differences.slice(0, 50).map(({ field, from, to, replace }) => ({
            field,
            ...(from === undefined ? {} : { from: text(from) }),
            ...(to === undefined ? {} : { to: text(to) }),
            ...(replace === true ? { replace } : {}),
          })),
        }),
    ...refusal,
  };
}

function text(value: unknown): string {
  return (typeof value === "string" ? value : canonicalJson(withoutSecrets(value))).slice(0, 4096);
}
