import type { Ingress } from "../../api/builtin.ts";
import type { LoadBalancerStatus } from "../../api/load-balancer.ts";
import type { LoadBalancerOutcome } from "../load-balancing/conditions.ts";
import { memberEvents, newFailure, readyCondition } from "../load-balancing/member-events.ts";
import { reportStatus } from "../load-balancing/report.ts";
import type { IngressDependencies } from "./dependencies.ts";
import { type GroupID, groupKey, ingressKey } from "./group.ts";
import type { AcceptedVersion } from "./input.ts";
import type { Pass } from "./pass.ts";
import { groupReportName, groupReports, type ReportedMember, rememberedVersion } from "./report.ts";

type Dependencies = Pick<IngressDependencies, "reporter" | "events" | "clock" | "surroundings">;

/** Tells of a group: reports in each namespace, and events on members where something changed. */
export class GroupReporter {
  readonly #deps: Dependencies;
  /** Last good content by group and member, while the reports in the cache may lag behind. */
  readonly #accepted = new Map<string, Map<string, AcceptedVersion>>();
  /** Namespaces in which a group was reported, so that reports of namespaces that it left go. */
  readonly #namespaces = new Map<string, Set<string>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  remembered(group: GroupID, ingress: Ingress): AcceptedVersion | undefined {
    const known = this.#accepted.get(groupKey(group))?.get(memberIdentity(ingress));
    return known ?? rememberedVersion(this.#status(group, ingress)?.members, ingress);
  }

  /** The hash that was last applied to its end, if all reports agree on one. */
  appliedHash(pass: Pass): string | undefined {
    const hashes = new Set(pass.membership.active.map(({ ingress }) => this.#status(pass.group, ingress)?.stackHash));
    return hashes.size === 1 ? [...hashes][0] : undefined;
  }

  async report(pass: Pass, outcome: LoadBalancerOutcome): Promise<void> {
    const now = new Date(this.#deps.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const members = this.#members(pass, outcome);
    const arns = (outcome.result?.observed ?? []).flatMap(({ type, outputs }) =>
      type === "elbv2/TargetGroup" && outputs["arn"] !== undefined ? [outputs["arn"]] : [],
    );
    const targets = arns.length === 0 ? undefined : this.#deps.surroundings.targetCounts(arns);
    const reports = groupReports(pass.group, members, outcome, targets);
    for (const report of reports) {
      const before = this.#deps.reporter.current(report.namespace, report.name);
      const after = reportStatus(report, before, now);
      await this.#deps.reporter.write(report, now, pass.signal);
      const own = members.filter(({ ingress }) => ingress.metadata.namespace === report.namespace);
      this.#tell(own, { before, after }, outcome);
    }
    await this.#removeOthers(
      pass,
      reports.map(({ namespace }) => namespace),
    );
  }

  async remove(pass: Pass): Promise<void> {
    await this.#removeOthers(pass, []);
    const namespaces = new Set(pass.membership.inactive.map(({ metadata }) => metadata.namespace ?? ""));
    for (const namespace of namespaces)
      await this.#deps.reporter.remove(namespace, groupReportName(pass.group), pass.signal);
    this.forget(pass.group);
  }

  forget(group: GroupID): void {
    this.#accepted.delete(groupKey(group));
    this.#namespaces.delete(groupKey(group));
  }

  #status(group: GroupID, { metadata }: Ingress): LoadBalancerStatus | undefined {
    return this.#deps.reporter.current(metadata.namespace ?? "", groupReportName(group));
  }

  /** The present content of a member becomes its last good one once AWS has taken all of it. */
  #members(pass: Pass, outcome: LoadBalancerOutcome): readonly ReportedMember[] {
    const taken =
      outcome.result !== undefined && outcome.result.failed.length === 0 && outcome.result.outcome !== "planned";
    const remembered = new Map<string, AcceptedVersion>();
    const active = pass.membership.active.map(({ ingress }): ReportedMember => {
      const result = pass.result(ingress);
      const fresh = taken && result?.version === "current" ? result.accepted : undefined;
      const inForce = fresh ?? this.remembered(pass.group, ingress);
      if (inForce !== undefined) remembered.set(memberIdentity(ingress), inForce);
      return { ingress, ...(result === undefined ? {} : { result }), ...(inForce === undefined ? {} : { inForce }) };
    });
    this.#accepted.set(pass.key, remembered);
    return [...active, ...pass.membership.inactive.map((ingress) => ({ ingress }))];
  }

  #tell(
    members: readonly ReportedMember[],
    { before, after }: { readonly before: LoadBalancerStatus | undefined; readonly after: LoadBalancerStatus },
    outcome: LoadBalancerOutcome,
  ): void {
    const { events } = this.#deps;
    const find = (status: LoadBalancerStatus | undefined, { ingress }: ReportedMember) =>
      status?.members?.find(({ name }) => name === ingress.metadata.name);
    const deployFailure = newFailure({ before, after }, outcome);
    const settled = outcome.result?.settled === true;
    const changed =
      settled &&
      (outcome.result.applied.length > 0 || readyCondition(before)?.status !== readyCondition(after)?.status);
    for (const reported of members) {
      const { ingress } = reported;
      if (deployFailure !== undefined)
        events.event(ingress, "Warning", "FailedDeployModel", `Failed deploy model due to ${deployFailure}`);
      const now = find(after, reported);
      if (reported.result === undefined || now === undefined) continue;
      for (const { type, reason, message } of memberEvents(now, find(before, reported), changed)) {
        if (type === "Normal" && !settled) continue;
        events.event(ingress, type, reason, message);
      }
    }
  }

  async #removeOthers(pass: Pass, keep: readonly string[]): Promise<void> {
    // After a restart the reports themselves tell; only explicit groups span namespaces.
    const known =
      this.#namespaces.get(pass.key) ??
      (pass.group.namespace === "" ? this.#deps.reporter.namespaces(groupReportName(pass.group)) : []);
    for (const namespace of known) {
      if (!keep.includes(namespace))
        await this.#deps.reporter.remove(namespace, groupReportName(pass.group), pass.signal);
    }
    this.#namespaces.set(pass.key, new Set(keep));
  }
}

/** A member that was deleted and made again under the same name starts afresh. */
function memberIdentity(ingress: Ingress): string {
  return `${ingressKey(ingress)} ${ingress.metadata.uid}`;
}
