import type { Ingress, Service } from "../../api/builtin.ts";
import type { IngressClassParams } from "../../api/ingress-class-params.ts";
import type { Problem } from "../../engine/stack.ts";
import { Annotations } from "../load-balancing/annotations.ts";
import type { FactReader } from "../load-balancing/facts.ts";
import { albPrefix } from "./annotation-keys.ts";
import { groupOrder, ingressKey, ingressObject } from "./group.ts";
import type { AcceptedVersion, GroupMember, IngressSettings } from "./input.ts";

/**
 * One member in one version of its content, as the build reads it. In the accepted version, what has gone missing in
 * the surroundings since (a Secret, a certificate) is bridged instead of being an error.
 */
export interface MemberView {
  readonly ingress: Ingress;
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: Problem["object"];
  readonly spec: NonNullable<Ingress["spec"]>;
  readonly params: NonNullable<IngressClassParams["spec"]>;
  /** The Ingress's own annotations. */
  readonly annotations: Annotations;
  /** The Service's annotations before the Ingress's. */
  readonly withService: (service: Service) => Annotations;
  readonly serviceAnnotations: (service: Service) => Readonly<Record<string, string>>;
  readonly service: (name: string) => Service | undefined;
  readonly accepted: AcceptedVersion | undefined;
  readonly lenient: boolean;
  readonly facts: FactReader;
  readonly settings: IngressSettings;
  /** For what is wrong and yet does not stop this member. */
  readonly report: (problem: Omit<Problem, "object"> & { readonly object?: Problem["object"] }) => void;
}

export function memberView(
  member: GroupMember,
  version: "current" | "accepted",
  context: {
    readonly services: ReadonlyMap<string, Service>;
    readonly facts: FactReader;
    readonly settings: IngressSettings;
    readonly problems: Problem[];
  },
): MemberView {
  const { ingress, accepted } = member;
  const object = ingressObject(ingress);
  const namespace = ingress.metadata.namespace ?? "";
  const lenient = version === "accepted";
  const own = lenient ? (accepted?.annotations ?? {}) : (ingress.metadata.annotations ?? {});
  const source = { object, annotations: own };
  const serviceAnnotations = (service: Service): Readonly<Record<string, string>> =>
    (lenient ? accepted?.services?.[service.metadata.name] : undefined) ?? service.metadata.annotations ?? {};
  return {
    ingress,
    key: ingressKey(ingress),
    namespace,
    name: ingress.metadata.name,
    object,
    spec: (lenient ? accepted?.spec : ingress.spec) ?? {},
    params: member.params?.spec ?? {},
    annotations: new Annotations(albPrefix, [source]),
    serviceAnnotations,
    withService: (service) =>
      new Annotations(albPrefix, [
        {
          object: { kind: "Service", namespace, name: service.metadata.name },
          annotations: serviceAnnotations(service),
        },
        source,
      ]),
    service: (name) => context.services.get(`${namespace}/${name}`),
    accepted,
    lenient,
    facts: context.facts,
    settings: context.settings,
    report: (problem) => void context.problems.push({ object, ...problem }),
  };
}

/** Who wins when members of a group disagree: the lower `group.order`, then the older object. */
export function bySeniority(a: MemberView, b: MemberView): number {
  const created = (view: MemberView): string => view.ingress.metadata.creationTimestamp ?? "";
  return (
    groupOrder(a.ingress).order - groupOrder(b.ingress).order ||
    compareText(created(a), created(b)) ||
    compareText(a.key, b.key)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
