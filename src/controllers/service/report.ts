import type { Service } from "../../api/builtin.ts";
import type { LoadBalancerMember, LoadBalancerStatus } from "../../api/load-balancer.ts";
import { type LoadBalancerOutcome, texts } from "../load-balancing/conditions.ts";
import { memberEvents, newFailure, readyCondition } from "../load-balancing/member-events.ts";
import { type LoadBalancerReport, reportName, reportStatus } from "../load-balancing/report.ts";
import { timestamp } from "../reporting/conditions.ts";
import type { ServiceBuild } from "./build.ts";
import type { ServiceDependencies } from "./dependencies.ts";
import type { AcceptedService } from "./input.ts";

type Dependencies = Pick<ServiceDependencies, "reporter" | "events" | "clock" | "surroundings">;

export function serviceReportName(name: string): string {
  return reportName("service", name);
}

/** Tells of the load balancers of Services: one report each, and events where something changed. */
export class ServiceReporter {
  readonly #deps: Dependencies;
  /** Last good content by UID, while the reports in the cache may lag behind. */
  readonly #accepted = new Map<string, AcceptedService>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  remembered(service: Service): AcceptedService | undefined {
    return this.#accepted.get(service.metadata.uid) ?? parseAccepted(this.#status(service), service.metadata.uid);
  }

  /** The hash that was last applied to its end. */
  appliedHash(service: Service): string | undefined {
    return this.#status(service)?.stackHash;
  }

  async report(
    service: Service,
    { build, outcome }: { readonly build?: ServiceBuild; readonly outcome: LoadBalancerOutcome },
    signal: AbortSignal,
  ): Promise<void> {
    const now = timestamp(this.#deps.clock.now());
    const { result } = outcome;
    const taken = result !== undefined && result.failed.length === 0 && result.outcome !== "planned";
    if (taken && build?.version === "current" && build.accepted !== undefined)
      this.#accepted.set(service.metadata.uid, build.accepted);
    const arns = (result?.observed ?? []).flatMap(({ type, outputs }) =>
      type === "elbv2/TargetGroup" && outputs["arn"] !== undefined ? [outputs["arn"]] : [],
    );
    const targets = arns.length === 0 ? undefined : this.#deps.surroundings.targetCounts(arns);
    const { metadata } = service;
    const report: LoadBalancerReport = {
      namespace: metadata.namespace ?? "",
      name: serviceReportName(metadata.name),
      owners: [{ apiVersion: "v1", kind: "Service", name: metadata.name, uid: metadata.uid }],
      members: [member(service, { build, outcome, inForce: this.remembered(service) })],
      type: "Network",
      outcome,
      ...(targets === undefined ? {} : { targets }),
    };
    const before = this.#status(service);
    const after = reportStatus(report, before, now);
    await this.#deps.reporter.write(report, now, signal);
    this.#tell(service, { before, after }, outcome);
  }

  async remove({ metadata }: Service, signal: AbortSignal): Promise<void> {
    this.#accepted.delete(metadata.uid);
    await this.#deps.reporter.remove(metadata.namespace ?? "", serviceReportName(metadata.name), signal);
  }

  #status({ metadata }: Service): LoadBalancerStatus | undefined {
    return this.#deps.reporter.current(metadata.namespace ?? "", serviceReportName(metadata.name));
  }

  #tell(
    service: Service,
    { before, after }: { readonly before: LoadBalancerStatus | undefined; readonly after: LoadBalancerStatus },
    outcome: LoadBalancerOutcome,
  ): void {
    const { events } = this.#deps;
    const failure = outcome.held === undefined ? newFailure({ before, after }, outcome) : undefined;
    if (failure !== undefined)
      events.event(service, "Warning", "FailedDeployModel", `Failed deploy model due to ${failure}`);
    const now = after.members?.[0];
    if (now === undefined || outcome.deleting === true) return;
    const settled = outcome.result?.settled === true;
    const changed =
      settled &&
      (outcome.result.applied.length > 0 || readyCondition(before)?.status !== readyCondition(after)?.status);
    for (const { type, reason, message } of memberEvents(now, before?.members?.[0], changed)) {
      if (type === "Warning" || settled) events.event(service, type, reason, message);
    }
  }
}

function member(
  { metadata }: Service,
  {
    build,
    outcome,
    inForce,
  }: {
    readonly build: ServiceBuild | undefined;
    readonly outcome: LoadBalancerOutcome;
    readonly inForce: AcceptedService | undefined;
  },
): LoadBalancerMember {
  const errors = outcome.problems.filter(({ severity }) => severity === "error");
  const told = errors.length > 0 ? errors : outcome.problems;
  return {
    kind: "Service",
    name: metadata.name,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    accepted: errors.length === 0 && (build === undefined || build.version === "current"),
    ...(told[0] === undefined ? {} : { reason: told[0].reason, message: texts(told) }),
    ...(inForce === undefined ? {} : { inForce: JSON.stringify(inForce) }),
  };
}

function parseAccepted(status: LoadBalancerStatus | undefined, uid: string): AcceptedService | undefined {
  const text = status?.members?.[0]?.inForce;
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("uid" in value) || !("annotations" in value)) return undefined;
  return value.uid === uid ? (value as AcceptedService) : undefined;
}
