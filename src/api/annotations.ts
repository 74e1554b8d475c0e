import type { KubeObject } from "./object.ts";
import type { Reason } from "./reasons.ts";

/** The annotations that every kind understands, ours and Kubernetes' own alike. */
export const fairleadAnnotations = {
  mode: "fairlead.io/mode",
  drift: "fairlead.io/drift",
  deletionPolicy: "fairlead.io/deletion-policy",
  adopt: "fairlead.io/adopt",
  reconcileAt: "fairlead.io/reconcile-at",
} as const;

export const modes = ["apply", "plan", "pause"] as const;
export const driftPolicies = ["repair", "report"] as const;
export const deletionPolicies = ["delete", "retain"] as const;

/** How the operator treats one object. */
export interface Controls {
  /** `plan` shows changes without making them; `pause` does nothing at all. */
  readonly mode: (typeof modes)[number];
  /** What happens to changes that others made in AWS. */
  readonly drift: (typeof driftPolicies)[number];
  /** What happens to the AWS resources when the object goes. */
  readonly deletionPolicy: (typeof deletionPolicies)[number];
  /** Existing AWS resources that the user hands over. */
  readonly adopt: readonly Adoption[];
  /** Any text; a new value asks for a fresh look at once. */
  readonly reconcileAt?: string;
}

export interface Adoption {
  /** The resource type, such as `iam/Role`; absent when the annotation names none. */
  readonly type?: string;
  /** A name or an ARN. */
  readonly name: string;
}

/** What LBC users expect. */
export const defaultControls: Controls = { mode: "apply", drift: "repair", deletionPolicy: "delete", adopt: [] };

/** A Problem as `src/engine/stack.ts` defines it, for an annotation. */
export interface AnnotationProblem {
  readonly object: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly reason: Reason;
  readonly field: string;
  readonly value: string;
  readonly message: string;
  readonly severity: "error" | "warning";
}

/**
 * Reads the common annotations of an object; `defaults` come from the class or the operator's flags. A value that is
 * not understood gives a Problem and the setting that writes least, so that a typing error never changes AWS.
 */
export function parseControls(
  object: KubeObject,
  defaults: Controls = defaultControls,
): { readonly controls: Controls; readonly problems: readonly AnnotationProblem[] } {
  const annotations = object.metadata.annotations ?? {};
  const problems: AnnotationProblem[] = [];
  const problem = (
    field: string,
    value: string,
    message: string,
    reason: Reason,
    severity: "error" | "warning",
  ): void => {
    const { namespace, name } = object.metadata;
    problems.push({
      object: { kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) },
      reason,
      field,
      value,
      message,
      severity,
    });
  };
  const pick = <T extends string>(field: string, allowed: readonly T[], normal: T, safe: T): T => {
    const value = annotations[field];
    if (value === undefined) return normal;
    const found = allowed.find((one) => one === value.trim());
    if (found !== undefined) return found;
    problem(
      field,
      value,
      `annotation ${field} is "${value}"; allowed are ${allowed.join(", ")}; treated as ${safe}`,
      "InvalidAnnotation",
      "error",
    );
    return safe;
  };
  const known: readonly string[] = Object.values(fairleadAnnotations);
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith("fairlead.io/") || known.includes(key) || operatorAnnotations.includes(key)) continue;
    problem(
      key,
      value,
      `annotation ${key} is not known; known are ${known.join(", ")}`,
      "UnknownAnnotation",
      "warning",
    );
  }
  const reconcileAt = annotations[fairleadAnnotations.reconcileAt];
  const adopt = annotations[fairleadAnnotations.adopt];
  return {
    controls: {
      mode: pick(fairleadAnnotations.mode, modes, defaults.mode, "plan"),
      drift: pick(fairleadAnnotations.drift, driftPolicies, defaults.drift, "report"),
      deletionPolicy: pick(fairleadAnnotations.deletionPolicy, deletionPolicies, defaults.deletionPolicy, "retain"),
      adopt: adopt === undefined ? defaults.adopt : parseAdoptions(adopt),
      ...(reconcileAt === undefined ? {} : { reconcileAt }),
    },
    problems,
  };
}

/** Annotations with our prefix that have a meaning on some kinds only, or that the operator itself writes. */
const operatorAnnotations: readonly string[] = ["fairlead.io/created-for", "fairlead.io/allow-last"];

/** The name or ARN that the user hands over for a resource type, if any. */
export function adoptionFor(controls: Controls, type: string): string | undefined {
  return (controls.adopt.find((one) => one.type === type) ?? controls.adopt.find((one) => one.type === undefined))
    ?.name;
}

/** `name`, `arn`, or `type=name`; several with commas between them. */
function parseAdoptions(value: string): readonly Adoption[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const typed = /^([a-z0-9]+\/[A-Za-z]+)=(.+)$/.exec(part);
      return typed?.[1] !== undefined && typed[2] !== undefined ? { type: typed[1], name: typed[2] } : { name: part };
    });
}
