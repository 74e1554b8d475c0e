import type { IamServiceAccountSpec } from "../../api/iam-service-account.ts";
import { errorMessage } from "../../errors.ts";
import { identityPolicyFault, parsePolicy, policySize } from "../../resources/iam/policy-document.ts";
import type { ClusterIdentity } from "../cluster-identity.ts";
import type { ProblemList } from "../problem-list.ts";
import { deniedAction, type Guardrails, isManagedPolicyAllowed } from "./guardrails.ts";
import { wellKnownPolicies } from "./well-known-policies.ts";

/** IAM's fixed quota on the sum of a role's inline policies, white space left out. */
const inlineQuota = 10_240;

export interface RolePolicySet {
  /** Compact documents by name. */
  readonly inline: Readonly<Record<string, string>>;
  /** ARNs, sorted. */
  readonly managed: readonly string[];
  readonly inlineSize: number;
}

/** What `spec.policies` gives to the role. Faulty parts become problems; nothing of them is in the result. */
export function rolePolicies(
  policies: IamServiceAccountSpec["policies"],
  {
    cluster,
    mode,
    guardrails,
    problems,
  }: {
    readonly cluster: ClusterIdentity;
    readonly mode: "IRSA" | "PodIdentity";
    readonly guardrails: Guardrails;
    readonly problems: ProblemList;
  },
): RolePolicySet {
  const wellKnown = wellKnownPolicies(policies, { partition: cluster.partition, cluster: cluster.name });
  const inline: Record<string, string> = {};
  for (const [name, statements] of wellKnown.inline)
    inline[name] = JSON.stringify({ Version: "2012-10-17", Statement: statements });

  const seen = new Set<string>();
  for (const policy of policies?.inline ?? []) {
    const field = `spec.policies.inline[${policy.name}]`;
    if (seen.has(policy.name)) {
      problems.error("InvalidSpec", field, "the name is used twice; every policy needs a name of its own", policy.name);
      continue;
    }
    seen.add(policy.name);
    const document = inlineDocument(policy, { cluster, guardrails, problems, field });
    if (document === undefined) continue;
    inline[policy.name] = document;
    const abac =
      /\$\{aws:PrincipalTag\/(eks-cluster-(arn|name)|kubernetes-(namespace|service-account|pod-name|pod-uid))\}/.exec(
        document,
      );
    if (mode === "IRSA" && abac !== null) {
      problems.warning(
        "AbacNeedsPodIdentity",
        field,
        `uses ${abac[0]}, which sessions of mode IRSA do not carry; use spec.mode: PodIdentity`,
      );
    }
  }
  const inlineSize = Object.values(inline).reduce((sum, document) => sum + policySize(document), 0);
  if (inlineSize > inlineQuota) {
    problems.error(
      "QuotaExceeded",
      "spec.policies.inline",
      `the inline policies have ${inlineSize} characters together; IAM allows ${inlineQuota}; use managed policies`,
    );
  }
  const managed = managedPolicies(policies, { cluster, guardrails, problems });
  return { inline, managed: [...new Set([...managed, ...wellKnown.managed])].toSorted(), inlineSize };
}

function inlineDocument(
  policy: { readonly document?: unknown; readonly documentJSON?: string },
  {
    cluster,
    guardrails,
    problems,
    field,
  }: {
    readonly cluster: ClusterIdentity;
    readonly guardrails: Guardrails;
    readonly problems: ProblemList;
    readonly field: string;
  },
): string | undefined {
  const asText = policy.documentJSON !== undefined;
  if (asText === (policy.document !== undefined)) {
    problems.error("InvalidPolicy", field, "exactly one of document and documentJSON is needed");
    return undefined;
  }
  const place = asText ? `${field}.documentJSON` : `${field}.document`;
  const text = withPlaceholders(policy.documentJSON ?? JSON.stringify(policy.document), cluster);
  try {
    const document = parsePolicy(text);
    const fault = identityPolicyFault(document);
    if (fault !== undefined) {
      problems.error("InvalidPolicy", place, fault);
      return undefined;
    }
    const denied = deniedAction(document, guardrails);
    if (denied !== undefined) {
      problems.error("GuardrailViolation", place, denied);
      return undefined;
    }
    return JSON.stringify(document);
  } catch (error) {
    problems.error("InvalidPolicy", place, errorMessage(error));
    return undefined;
  }
}

/** `%{P}`, `%{ACCT}`, `%{REGION}`, `%{CLUSTER}`; not `${...}`, which are IAM's own policy variables. */
function withPlaceholders(text: string, cluster: ClusterIdentity): string {
  return text
    .replaceAll("%{P}", cluster.partition)
    .replaceAll("%{ACCT}", cluster.accountID)
    .replaceAll("%{REGION}", cluster.region)
    .replaceAll("%{CLUSTER}", cluster.name);
}

function managedPolicies(
  policies: IamServiceAccountSpec["policies"],
  {
    cluster,
    guardrails,
    problems,
  }: { readonly cluster: ClusterIdentity; readonly guardrails: Guardrails; readonly problems: ProblemList },
): readonly string[] {
  const wanted = [
    ...(policies?.managedARNs ?? []).map((arn) => ({ arn, field: "spec.policies.managedARNs", value: arn })),
    ...(policies?.awsManaged ?? []).map((name) => ({
      arn: `arn:${cluster.partition}:iam::aws:policy/${name}`,
      field: "spec.policies.awsManaged",
      value: name,
    })),
  ];
  return wanted.flatMap(({ arn, field, value }) => {
    if (isManagedPolicyAllowed(arn, guardrails)) return [arn];
    problems.error("GuardrailViolation", field, `the operator's configuration does not allow policy ${value}`, value);
    return [];
  });
}
