import type { AdmissionSubject } from "../admission.ts";
import type { KubeObject } from "../resource-definition.ts";
import { type Invocation, invocationOf, isSelected, requestKind } from "../webhook-admission/rules.ts";
import type { MatchResources, NamedRule } from "./policy.ts";

/** How a policy or binding takes in a request; undefined when it does not. Without rules it takes in every resource. */
export function matched(
  resources: MatchResources,
  subject: AdmissionSubject,
  namespaceNamed: (name: string) => KubeObject | undefined,
): Invocation | undefined {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = resources;
  if (!isSelected(resources, subject, namespaceNamed)) return undefined;
  const naming = (rules: readonly NamedRule[]): readonly NamedRule[] =>
    rules.filter(({ resourceNames = [] }) => resourceNames.length === 0 || resourceNames.includes(subject.name));
  if (invocationOf(naming(excludeResourceRules), matchPolicy, subject) !== undefined) return undefined;
  if (resourceRules.length === 0) return { resource: subject.resource, kind: requestKind(subject) };
  return invocationOf(naming(resourceRules), matchPolicy, subject);
}
