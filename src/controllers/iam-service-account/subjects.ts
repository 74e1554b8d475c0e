import type { IamServiceAccountSpec } from "../../api/iam-service-account.ts";
import type { ProblemList } from "../problem-list.ts";
import type { Guardrails } from "./guardrails.ts";
import { hasWildcard, type Subject } from "./trust-policy.ts";

/** Who may use the role: the object's own ServiceAccount, and those that it names and the guardrails let pass. */
export function subjectsOf(
  spec: IamServiceAccountSpec,
  {
    namespace,
    name,
    guardrails,
    problems,
  }: {
    readonly namespace: string;
    readonly name: string;
    readonly guardrails: Guardrails;
    readonly problems: ProblemList;
  },
): readonly Subject[] {
  const extra = (spec.additionalSubjects ?? []).flatMap((subject, index): readonly Subject[] => {
    const field = `spec.additionalSubjects[${index}]`;
    const wanted = { namespace: subject.namespace ?? namespace, name: subject.name };
    if (!/^[a-z0-9.*?-]+$/.test(wanted.name) || !/^[a-z0-9*?-]+$/.test(wanted.namespace)) {
      problems.error(
        "InvalidSpec",
        field,
        `"${wanted.namespace}:${wanted.name}" has characters that names do not have; allowed are a-z, 0-9, -, . and the wildcards * and ?`,
        wanted.name,
      );
      return [];
    }
    const wild = hasWildcard(wanted.namespace);
    if (wild && !guardrails.allowNamespaceWildcards.includes(wanted.namespace)) {
      problems.error(
        "GuardrailViolation",
        `${field}.namespace`,
        "the operator's configuration does not allow this namespace pattern",
        wanted.namespace,
      );
      return [];
    }
    if (!wild && wanted.namespace !== namespace && !guardrails.allowCrossNamespaceSubjects) {
      problems.error(
        "GuardrailViolation",
        `${field}.namespace`,
        `only ServiceAccounts of namespace ${namespace} may use the role; the operator's configuration allows no others`,
        wanted.namespace,
      );
      return [];
    }
    return [wanted];
  });
  return [{ namespace, name }, ...extra];
}
