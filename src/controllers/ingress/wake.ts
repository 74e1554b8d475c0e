import type { Ingress, IngressClass, Service } from "../../api/builtin.ts";
import type { IngressClassParams } from "../../api/ingress-class-params.ts";
import { canonicalJson } from "../../json.ts";
import type { InformerEvent } from "../../kube/informer.ts";
import type { Lister } from "../../kube/lister.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { albPrefix } from "./annotation-keys.ts";
import { type GroupID, groupKey, groupOf, groupsOfFinalizers } from "./group.ts";
import { type Classification, type ClassSurroundings, classifyIngress } from "./ingress-class.ts";
import { secretsOf, servicesOfIngress } from "./service-references.ts";

/** Indexes that the informer of Ingresses must declare. */
export const ingressIndexes = {
  /** `namespace/name` of each Service that it names. */
  service: "ingress-service",
  /** `namespace/name` of each Secret that it names itself. */
  secret: "ingress-secret",
  /** `spec.ingressClassName`, or empty. */
  class: "ingress-class",
  /** Keys of the groups that its finalizers and its annotation name. */
  group: "ingress-group",
} as const;

export const ingressIndexFunctions: Readonly<Record<string, (ingress: Ingress) => readonly string[]>> = {
  [ingressIndexes.service]: (ingress) =>
    servicesOfIngress(ingress).map((name) => `${ingress.metadata.namespace ?? ""}/${name}`),
  [ingressIndexes.secret]: (ingress) => secretsOf(ingress).map((name) => `${ingress.metadata.namespace ?? ""}/${name}`),
  [ingressIndexes.class]: (ingress) => [ingress.spec?.ingressClassName ?? ""],
  [ingressIndexes.group]: (ingress) => {
    const named = ingress.metadata.annotations?.[`${albPrefix}group.name`]?.trim();
    return [...new Set([...groupsOfFinalizers(ingress).map(groupKey), ...(named === undefined ? [] : [named])])];
  },
};

/** The listers that tell which groups an event concerns. */
export interface WakeContext {
  readonly ingresses: Lister<Ingress>;
  readonly classes: ClassSurroundings;
}

/** The group that an Ingress belongs to now; undefined for one that is not ours or cannot be placed. */
export function presentGroup(ingress: Ingress, classes: ClassSurroundings): GroupID | undefined {
  return placeOf(ingress, classifyIngress(ingress, classes));
}

export function placeOf(ingress: Ingress, classification: Classification): GroupID | undefined {
  if (classification.kind !== "ours") return undefined;
  try {
    return groupOf(ingress, classification.params);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Every group that an Ingress may concern: where it is, and where its finalizers say that it was. */
export function keysOfIngress(ingress: Ingress, classes: ClassSurroundings): readonly string[] {
  const present = presentGroup(ingress, classes);
  const groups = [...groupsOfFinalizers(ingress), ...(present === undefined ? [] : [present])];
  const own = isStray(ingress, classes)
    ? [{ namespace: ingress.metadata.namespace ?? "", name: ingress.metadata.name }]
    : [];
  return [...new Set([...groups, ...own].map(groupKey))];
}

/** An Ingress of ours that belongs nowhere, because its class or group name is in error: it is told so under its own key. */
export function isStray(ingress: Ingress, classes: ClassSurroundings): boolean {
  if (groupsOfFinalizers(ingress).length > 0 || ingress.metadata.deletionTimestamp !== undefined) return false;
  const classification = classifyIngress(ingress, classes);
  if (classification.kind === "invalid") return classification.provablyOurs;
  return classification.kind === "ours" && placeOf(ingress, classification) === undefined;
}

/** Labels, status and finalizers of an Ingress do not matter to its group. */
export function keysForIngress(event: InformerEvent<Ingress>, classes: ClassSurroundings): readonly string[] {
  if (event.type === "delete") return keysOfIngress(event.old, classes);
  if (event.type === "update" && ingressContent(event.old) === ingressContent(event.new)) return [];
  const before = event.type === "update" ? keysOfIngress(event.old, classes) : [];
  return [...new Set([...before, ...keysOfIngress(event.new, classes)])];
}

function ingressContent({ spec, metadata }: Ingress): string {
  return canonicalJson([spec, metadata.annotations ?? {}, metadata.deletionTimestamp]);
}

export function keysForService(event: InformerEvent<Service>, context: WakeContext): readonly string[] {
  if (event.type === "update" && serviceContent(event.old) === serviceContent(event.new)) return [];
  return keysOfAll(context.ingresses.byIndex(ingressIndexes.service, event.key), context);
}

/** What a build reads of a Service. */
function serviceContent({ spec, metadata }: Service): string {
  const ours = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(albPrefix));
  return canonicalJson([spec?.ports, spec?.type, spec?.ipFamilies, Object.fromEntries(ours), metadata.uid]);
}

/** `key` is that of the Secret; `services` are those that name it in their annotations. */
export function keysForSecret(key: string, services: readonly Service[], context: WakeContext): readonly string[] {
  const direct = context.ingresses.byIndex(ingressIndexes.secret, key);
  const behind = services.flatMap(({ metadata }) =>
    context.ingresses.byIndex(ingressIndexes.service, `${metadata.namespace ?? ""}/${metadata.name}`),
  );
  return keysOfAll([...direct, ...behind], context);
}

/** Default classes decide for Ingresses that name none. */
export function keysForClass(event: InformerEvent<IngressClass>, context: WakeContext): readonly string[] {
  if (event.type === "update" && classContent(event.old) === classContent(event.new)) return [];
  const { ingresses } = context;
  const without =
    event.type === "update" && sameDefault(event.old, event.new) ? [] : ingresses.byIndex(ingressIndexes.class, "");
  return keysOfAll([...ingresses.byIndex(ingressIndexes.class, event.key), ...without], context);
}

function classContent({ spec, metadata }: IngressClass): string {
  return canonicalJson([spec, metadata.annotations ?? {}]);
}

function sameDefault(a: IngressClass, b: IngressClass): boolean {
  return canonicalJson(a.metadata.annotations ?? {}) === canonicalJson(b.metadata.annotations ?? {});
}

export function keysForClassParams(event: InformerEvent<IngressClassParams>, context: WakeContext): readonly string[] {
  if (event.type === "update" && canonicalJson(event.old.spec) === canonicalJson(event.new.spec)) return [];
  const classes = [...context.classes.classes.list()].filter(({ spec }) => spec?.parameters?.name === event.key);
  // A group that the old parameters named is found by the finalizers of its members.
  return keysOfAll(
    classes.flatMap(({ metadata }) => [
      ...context.ingresses.byIndex(ingressIndexes.class, metadata.name),
      ...context.ingresses.byIndex(ingressIndexes.class, ""),
    ]),
    context,
  );
}

function keysOfAll(ingresses: readonly Ingress[], { classes }: WakeContext): readonly string[] {
  return [...new Set(ingresses.flatMap((ingress) => keysOfIngress(ingress, classes)))];
}
