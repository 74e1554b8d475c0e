import { invalidValue, required } from "../builtin/field-errors.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const SEE = "see https://github.com/kubernetes/enhancements/pull/1111";

/** Whether a kind of the Kubernetes project's own groups was approved, and the reason that is told. */
export function approvalOf({ metadata }: KubeObject): {
  readonly state: "missing" | "bypassed" | "approved" | "invalid";
  readonly reason: string;
} {
  const text = metadata.annotations?.[ANNOTATION] ?? "";
  const must = `protected groups must have approval annotation "${ANNOTATION}"`;
  if (text === "") return { state: "missing", reason: `${must}, ${SEE}` };
  if (text.startsWith("unapproved")) return { state: "bypassed", reason: `not approved: ${JSON.stringify(text)}` };
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text)) return { state: "approved", reason: `approved in ${text}` };
  return { state: "invalid", reason: `${must} with either a URL or a reason starting with "unapproved", ${SEE}` };
}

export function isProtectedGroup(group: string): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
}

/** What is wrong with the approval of a kind; one that was never approved stays as it is. */
export function approvalProblems(crd: KubeObject, group: string, old: KubeObject | undefined): FieldError[] {
  if (!isProtectedGroup(group)) return [];
  const { state, reason } = approvalOf(crd);
  if (old !== undefined && approvalOf(old).state === state) return [];
  const path = `metadata.annotations[${ANNOTATION}]`;
  if (state === "missing") return [required(path, reason)];
  return state === "invalid" ? [invalidValue(path, crd.metadata.annotations?.[ANNOTATION], reason)] : [];
}
