import type { AdmissionSubject, KindName } from "../admission.ts";
import type { ServedResource } from "../registry.ts";
import type { KubeObject } from "../resource-definition.ts";
import { objectSelector } from "../selectors.ts";
import type { Rule, Webhook } from "./configuration.ts";

/** How a webhook is to see a request: in the version that its rules name. */
export interface Invocation {
  readonly resource: ServedResource;
  readonly kind: KindName;
}

const ADMISSION_GROUP = "admissionregistration.k8s.io";

/** Whether a request is beyond the reach of webhooks and policies, which could otherwise lock themselves in. */
export function isExempt({ resource }: AdmissionSubject): boolean {
  return resource.group === ADMISSION_GROUP;
}

/** The kind that a request is about. */
export function requestKind({ kind, resource }: AdmissionSubject): KindName {
  const { group, version } = resource.definition;
  return kind ?? { group, version, kind: resource.kind };
}

/** How the rules of a webhook or policy take in a request; undefined when they do not. */
export function invocationOf(
  rules: readonly Rule[],
  matchPolicy: string | undefined,
  subject: AdmissionSubject,
): Invocation | undefined {
  if (rules.some((rule) => ruleMatches(rule, subject, subject.resource))) {
    return { resource: subject.resource, kind: requestKind(subject) };
  }
  if (matchPolicy === "Exact") return undefined;
  for (const rule of rules) {
    const found = subject.equivalents?.find((resource) => ruleMatches(rule, subject, resource));
    if (found === undefined) continue;
    const { group, version } = found.definition;
    return { resource: found, kind: subject.kind ?? { group, version, kind: found.kind } };
  }
  return undefined;
}

/** Whether the selectors of a webhook choose a request. */
export function isSelected(
  { namespaceSelector, objectSelector: selector }: Pick<Webhook, "namespaceSelector" | "objectSelector">,
  subject: AdmissionSubject,
  namespaceNamed: (name: string) => KubeObject | undefined,
): boolean {
  const { object, oldObject } = subject;
  const chosen = objectSelector(selector);
  if (!isEmptySelector(selector)) {
    if (![object, oldObject].some((each) => each !== undefined && chosen(each.metadata?.labels ?? {}))) return false;
  }
  if (isEmptySelector(namespaceSelector)) return true;
  const choosesNamespace = objectSelector(namespaceSelector);
  if (subject.resource.storageKey === "/namespaces") {
    const fromObject = subject.subresource === "" && subject.operation !== "DELETE";
    const named = fromObject ? object : namespaceNamed(subject.name);
    return choosesNamespace(named?.metadata.labels ?? {});
  }
  if (subject.namespace === undefined) return true;
  return choosesNamespace(namespaceNamed(subject.namespace)?.metadata.labels ?? {});
}

function isEmptySelector(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = (selector ?? {}) as { matchLabels?: object; matchExpressions?: unknown[] };
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
}

function ruleMatches(
  rule: Rule,
  { operation, subresource, namespace }: AdmissionSubject,
  resource: ServedResource,
): boolean {
  const { group, version, plural } = resource.definition;
  const any = (list: readonly string[] | undefined, value: string): boolean =>
    list?.some((item) => item === "*" || item === value) === true;
  if (!any(rule.operations, operation) || !any(rule.apiGroups, group) || !any(rule.apiVersions, version)) return false;
  if (rule.scope === "Namespaced" && namespace === undefined) return false;
  if (rule.scope === "Cluster" && namespace !== undefined) return false;
  return (
    rule.resources?.some((pattern) => {
      const [wantedResource = "", wantedSubresource = ""] = pattern.split("/");
      return (
        (wantedResource === "*" || wantedResource === plural) &&
        (wantedSubresource === "*" || wantedSubresource === subresource)
      );
    }) === true
  );
}
