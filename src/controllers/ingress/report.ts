import type { Ingress } from "../../api/builtin.ts";
import type { LoadBalancerMember } from "../../api/load-balancer.ts";
import type { OwnerReference } from "../../api/object.ts";
import type { Problem } from "../../engine/stack.ts";
import { type LoadBalancerOutcome, texts } from "../load-balancing/conditions.ts";
import type { TargetCounts } from "../load-balancing/ports.ts";
import { type LoadBalancerReport, reportName } from "../load-balancing/report.ts";
import type { MemberResult } from "./build.ts";
import { type GroupID } from "./group.ts";
import type { AcceptedVersion } from "./input.ts";

/** One member as the report shows it. */
export interface ReportedMember {
  readonly ingress: Ingress;
  /** Absent for a member that is leaving, or whose group was not built. */
  readonly result?: MemberResult;
  /** What is remembered as its last good content. */
  readonly inForce?: AcceptedVersion;
}

export function groupReportName(group: GroupID): string {
  return group.namespace === "" ? reportName("ingress-group", group.name) : reportName("ingress", group.name);
}

/** One report for each namespace that has members; each tells of its own members only. */
export function groupReports(
  group: GroupID,
  members: readonly ReportedMember[],
  outcome: LoadBalancerOutcome,
  targets: TargetCounts | undefined,
): readonly LoadBalancerReport[] {
  const byNamespace = Map.groupBy(members, ({ ingress }) => ingress.metadata.namespace ?? "");
  return [...byNamespace].map(([namespace, own]): LoadBalancerReport => {
    const problems = own.flatMap(({ result }) => result?.problems ?? []);
    return {
      namespace,
      name: groupReportName(group),
      owners: own.map(({ ingress }) => ownerReference(ingress)),
      members: own.map((one) => member(one, outcome.problems)),
      ...(group.namespace === "" ? { group: group.name } : {}),
      type: "Application",
      outcome: {
        ...outcome,
        problems: unique([...problems, ...outcome.problems.filter((problem) => concerns(problem, namespace))]),
      },
      ...(targets === undefined ? {} : { targets }),
    };
  });
}

/** The last good content that a report remembers of a member. */
export function rememberedVersion(
  members: readonly LoadBalancerMember[] | undefined,
  ingress: Ingress,
): AcceptedVersion | undefined {
  const text = members?.find(({ kind, name }) => kind === "Ingress" && name === ingress.metadata.name)?.inForce;
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("uid" in value) || !("annotations" in value)) return undefined;
  return value.uid === ingress.metadata.uid ? (value as AcceptedVersion) : undefined;
}

function member({ ingress, result, inForce }: ReportedMember, all: readonly Problem[]): LoadBalancerMember {
  const { namespace, name } = ingress.metadata;
  const about = all.filter(
    ({ object }) => object.kind === "Ingress" && object.namespace === namespace && object.name === name,
  );
  const problems = unique([...(result?.problems ?? []), ...about]);
  const errors = problems.filter(({ severity }) => severity === "error");
  const told = errors.length > 0 ? errors : problems;
  const { generation } = ingress.metadata;
  return {
    kind: "Ingress",
    name: ingress.metadata.name,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    accepted: result !== undefined && result.version === "current" && errors.length === 0,
    ...(told[0] === undefined ? {} : { reason: told[0].reason, message: texts(told) }),
    ...(inForce === undefined ? {} : { inForce: JSON.stringify(inForce) }),
  };
}

function ownerReference({ metadata }: Ingress): OwnerReference {
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", name: metadata.name, uid: metadata.uid };
}

function concerns(problem: Problem, namespace: string): boolean {
  return problem.object.namespace === undefined || problem.object.namespace === namespace;
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
