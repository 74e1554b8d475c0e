import type { Ingress, IngressClass, Namespace } from "../../api/builtin.ts";
import type { IngressClassParams } from "../../api/ingress-class-params.ts";
import { matchesSelector } from "../../api/label-selector.ts";
import type { Reason } from "../../api/reasons.ts";
import { classAnnotation, defaultClassAnnotation } from "./annotation-keys.ts";

export const albController = "ingress.k8s.aws/alb";

/** The cluster-wide objects that decide whose an Ingress is. */
export interface ClassSurroundings {
  /** `--ingress-class`. */
  readonly ingressClass: string;
  readonly classes: { get(name: string): IngressClass | undefined; list(): Iterable<IngressClass> };
  readonly params: { get(name: string): IngressClassParams | undefined };
  readonly namespaces: { get(name: string): Namespace | undefined };
}

export type Classification =
  | { readonly kind: "foreign" }
  | { readonly kind: "ours"; readonly params?: IngressClassParams }
  /** It names a class of ours that cannot be used; or one that does not exist, so that it may be ours. */
  | { readonly kind: "invalid"; readonly reason: Reason; readonly message: string; readonly provablyOurs: boolean };

/** Whether an Ingress is ours, by annotation, `ingressClassName` or the default class. */
export function classifyIngress(ingress: Ingress, surroundings: ClassSurroundings): Classification {
  const annotation = ingress.metadata.annotations?.[classAnnotation];
  if (annotation !== undefined) {
    const wanted = surroundings.ingressClass === "" ? "alb" : surroundings.ingressClass;
    return annotation === wanted || annotation === surroundings.ingressClass ? { kind: "ours" } : { kind: "foreign" };
  }
  const name = ingress.spec?.ingressClassName;
  if (name !== undefined && name !== "") {
    const ingressClass = surroundings.classes.get(name);
    if (ingressClass === undefined)
      return {
        kind: "invalid",
        reason: "IngressClassNotFound",
        message: `spec.ingressClassName: IngressClass ${JSON.stringify(name)} not found`,
        provablyOurs: false,
      };
    return classifyByClass(ingress, ingressClass, surroundings);
  }
  const defaults = [...surroundings.classes.list()].filter(
    (candidate) => candidate.metadata.annotations?.[defaultClassAnnotation] === "true",
  );
  const [only] = defaults;
  if (defaults.length > 1) {
    const names = defaults.map(({ metadata }) => metadata.name).sort();
    return {
      kind: "invalid",
      reason: "ConflictingSettings",
      message: `spec.ingressClassName is not set and there are several default IngressClasses: ${names.join(", ")}`,
      provablyOurs: defaults.every(({ spec }) => spec?.controller === albController),
    };
  }
  if (only !== undefined) return classifyByClass(ingress, only, surroundings);
  return surroundings.ingressClass === "" ? { kind: "ours" } : { kind: "foreign" };
}

function classifyByClass(
  ingress: Ingress,
  ingressClass: IngressClass,
  surroundings: ClassSurroundings,
): Classification {
  if (ingressClass.spec?.controller !== albController) return { kind: "foreign" };
  const parameters = ingressClass.spec.parameters;
  const name = ingressClass.metadata.name;
  if (parameters === undefined) return { kind: "ours" };
  if (parameters.apiGroup !== "elbv2.k8s.aws" || parameters.kind !== "IngressClassParams")
    return {
      kind: "invalid",
      reason: "IngressClassParamsNotFound",
      provablyOurs: true,
      message: `invalid ingress class: IngressClass ${name} references unknown parameters; spec.parameters must name an IngressClassParams of elbv2.k8s.aws`,
    };
  const params = surroundings.params.get(parameters.name);
  if (params === undefined)
    return {
      kind: "invalid",
      reason: "IngressClassParamsNotFound",
      provablyOurs: true,
      message: `invalid ingress class: IngressClassParams ${parameters.name} of IngressClass ${name} not found`,
    };
  const labels = surroundings.namespaces.get(ingress.metadata.namespace ?? "")?.metadata.labels ?? {};
  if (!matchesSelector(params.spec?.namespaceSelector, labels))
    return {
      kind: "invalid",
      reason: "NamespaceNotAllowed",
      provablyOurs: true,
      message: `invalid ingress class: namespaceSelector of IngressClassParams ${parameters.name} does not match namespace ${ingress.metadata.namespace ?? ""}`,
    };
  return { kind: "ours", params };
}
