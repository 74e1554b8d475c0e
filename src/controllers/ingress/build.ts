import type { Service } from "../../api/builtin.ts";
import type { Problem, Resource, Stack } from "../../engine/stack.ts";
import { unknownAnnotations } from "../load-balancing/annotation-registry.ts";
import type { FactRequest } from "../load-balancing/facts.ts";
import { backendServiceAnnotationRegistry, ingressAnnotationRegistry } from "./annotation-keys.ts";
import { type AttemptResult, attempt, type MemberVersion } from "./attempt.ts";
import { groupFinalizer, groupOrder, groupOwner, groupOwnership, ingressKey, ingressObject } from "./group.ts";
import type { AcceptedVersion, GroupMember, IngressGroupInput } from "./input.ts";
import { servicesOfIngress } from "./service-references.ts";

/** Every type of which the Stack of an ingress group may have had instances. */
export const ingressStackTypes: readonly string[] = [
  "ec2/SecurityGroup",
  "elbv2/LoadBalancer",
  "elbv2/TargetGroup",
  "elbv2/Listener",
  "elbv2/Rule",
  "elbv2/Targets",
  "kubernetes/TargetGroupBinding",
];

/**
 * Web ACLs and Shield protections bear no tags of ours, and others may have set them: they are looked at only while a
 * member says what it wants.
 */
function stackTypes(resources: readonly Resource[]): readonly string[] {
  const addOnTypes = new Set(resources.map(({ type }) => type).filter((type) => !ingressStackTypes.includes(type)));
  return [...ingressStackTypes, ...addOnTypes];
}

export interface IngressBuild {
  /** Absent while facts are missing, or when `held` says why AWS must be left as it is. */
  readonly stack?: Stack;
  readonly held?: string;
  readonly members: readonly MemberResult[];
  readonly problems: readonly Problem[];
  /** Facts that the build needs and was not given: find them and build again. */
  readonly missing: readonly FactRequest[];
  /** Every fact that this build depends on. */
  readonly asked: readonly FactRequest[];
}

export interface MemberResult {
  readonly key: string;
  /** Which content of the member is in the Stack: the present one, the last accepted one, or none. */
  readonly version: MemberVersion;
  readonly problems: readonly Problem[];
  /** To be remembered: the present content, when it is in the Stack. */
  readonly accepted?: AcceptedVersion;
  /** Its own listen ports. */
  readonly ports: readonly number[];
  readonly targetGroupIDs: readonly string[];
}

/**
 * The AWS resources of one ingress group. Pure. A member in error keeps its last accepted content, or stays out if it
 * never had any; the others go on. What contradicts between members is decided for the senior one.
 */
export function buildIngressStack(input: IngressGroupInput): IngressBuild {
  const versions = new Map<string, MemberVersion>();
  const failures: Problem[] = [];
  for (const member of input.active) {
    const key = ingressKey(member.ingress);
    versions.set(key, member.unplaced === undefined ? "current" : fallback(member, "current"));
    if (member.unplaced !== undefined)
      failures.push({ ...member.unplaced, object: ingressObject(member.ingress), severity: "error" });
  }
  for (;;) {
    const result = attempt(input, versions);
    if (result.kind === "missing") return unfinished(result);
    if (result.kind === "refused") return finish(input, versions, { ...result, failures, resources: undefined });
    if (result.failures.length === 0) return finish(input, versions, { ...result, failures });
    for (const { member, problem } of result.failures) {
      failures.push(problem);
      const key = ingressKey(member.ingress);
      versions.set(key, fallback(member, versions.get(key) ?? "omitted"));
    }
  }
}

/** Each step down is taken at most once, so the build ends. */
function fallback(member: GroupMember, version: MemberVersion): MemberVersion {
  return version === "current" && member.accepted !== undefined ? "accepted" : "omitted";
}

function unfinished(result: Extract<AttemptResult, { kind: "missing" }>): IngressBuild {
  return { members: [], problems: [], missing: result.missing, asked: result.asked };
}

interface Outcome {
  readonly resources: readonly Resource[] | undefined;
  readonly problems: readonly Problem[];
  readonly failures: readonly Problem[];
  readonly asked: readonly FactRequest[];
  readonly contributions: ReadonlyMap<string, Pick<MemberResult, "accepted" | "ports" | "targetGroupIDs">>;
  /** Why the group cannot be built at all. */
  readonly refused?: string;
}

function finish(
  input: IngressGroupInput,
  versions: ReadonlyMap<string, MemberVersion>,
  outcome: Outcome,
): IngressBuild {
  const problems = unique([
    ...outcome.failures,
    ...outcome.problems,
    ...input.active.flatMap((member) => annotationProblems(member, input)),
  ]);
  const members = input.active.map(({ ingress }): MemberResult => {
    const key = ingressKey(ingress);
    const contribution = outcome.contributions.get(key) ?? { ports: [], targetGroupIDs: [] };
    return {
      key,
      version: versions.get(key) ?? "omitted",
      problems: problems.filter((problem) => concerns(problem, ingress, input.services)),
      ...contribution,
    };
  });
  const held = outcome.refused ?? heldBy(input, versions);
  const common = { members, problems, missing: [], asked: outcome.asked };
  if (held !== undefined || outcome.resources === undefined)
    return { ...common, held: held ?? "the group cannot be built" };
  const stack: Stack = {
    owner: groupOwner(input.group),
    ownership: groupOwnership(input.group, input.settings.clusterName),
    types: stackTypes(outcome.resources),
    resources: outcome.resources,
    problems,
  };
  return { ...common, stack };
}

/**
 * A member that took part before, is in error now, and of which nothing is remembered (a cluster that has just moved
 * over): what of the load balancer is its cannot be told, so nothing is changed rather than its rules lost.
 */
function heldBy(input: IngressGroupInput, versions: ReadonlyMap<string, MemberVersion>): string | undefined {
  if (input.existing.length === 0) return undefined;
  const finalizer = groupFinalizer(input.group);
  const unknown = input.active.find(
    ({ ingress, accepted }) =>
      accepted === undefined &&
      versions.get(ingressKey(ingress)) === "omitted" &&
      ingress.metadata.finalizers?.includes(finalizer) === true,
  );
  if (unknown === undefined) return undefined;
  return `Ingress ${ingressKey(unknown.ingress)} is in error and its last good content is not known; the load balancer is left as it is until it is corrected`;
}

function annotationProblems(member: GroupMember, input: IngressGroupInput): readonly Problem[] {
  const { ingress } = member;
  const order = groupOrder(ingress).problem;
  const services = servicesOfIngress(ingress).flatMap(
    (name) => input.services.get(`${ingress.metadata.namespace ?? ""}/${name}`) ?? [],
  );
  return [
    ...(order === undefined ? [] : [order]),
    ...unknownAnnotations(ingressObject(ingress), ingress.metadata.annotations ?? {}, ingressAnnotationRegistry),
    ...services.flatMap((service) =>
      unknownAnnotations(serviceObject(service), service.metadata.annotations ?? {}, backendServiceAnnotationRegistry),
    ),
  ];
}

function serviceObject(service: Service): Problem["object"] {
  return { kind: "Service", namespace: service.metadata.namespace ?? "", name: service.metadata.name };
}

/** A member hears of its own problems and of those of the Services that it names. */
function concerns(problem: Problem, ingress: GroupMember["ingress"], services: ReadonlyMap<string, Service>): boolean {
  const { kind, namespace, name } = problem.object;
  if (namespace !== undefined && namespace !== ingress.metadata.namespace) return false;
  if (kind === "Ingress") return name === ingress.metadata.name;
  return kind === "Service" && services.has(`${namespace ?? ""}/${name}`) && servicesOfIngress(ingress).includes(name);
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
