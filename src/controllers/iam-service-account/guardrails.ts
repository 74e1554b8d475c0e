import { allowedActions } from "../../resources/iam/policy-document.ts";
import { globsIntersect, matchesGlob } from "./glob.ts";

/**
 * What users of namespaces may ask of IAM, set by whoever runs the operator: without these, the right to create one of
 * our objects would be the right to make administrators.
 */
export interface Guardrails {
  /** The path of roles that name none. */
  readonly rolePath: string;
  /** All roles must begin with it. */
  readonly roleNamePrefix: string;
  /** Every role gets this boundary and may have no other. */
  readonly requiredPermissionsBoundaryARN?: string;
  /** Globs over names (`AdministratorAccess`, `service-role/...`) or ARNs; what is denied wins. */
  readonly allowedManagedPolicies: readonly string[];
  readonly deniedManagedPolicies: readonly string[];
  /** Globs over actions that users' own policy documents must not allow; well-known policies are exempt. */
  readonly deniedActions: readonly string[];
  /** Actions that are denied only on the resource `*`. */
  readonly deniedOnAllResources: readonly string[];
  readonly allowCrossNamespaceSubjects: boolean;
  /** Namespace patterns with wildcards that may be subjects. */
  readonly allowNamespaceWildcards: readonly string[];
  /** Globs over ARNs of existing roles that may be used by `role.arn`. */
  readonly allowExistingRoles: readonly string[];
  /** Whether a role is taken over only when it bears the tag `fairlead.io/adopt` with this namespace. */
  readonly adoption: "IfTagged" | "Always";
  /** `namespace/name`. */
  readonly protectedServiceAccounts: readonly string[];
  readonly maxRolesPerNamespace: number;
  /** Characters; accounts can have theirs raised. */
  readonly trustPolicyQuota: number;
}

export const defaultGuardrails: Guardrails = {
  rolePath: "/",
  roleNamePrefix: "",
  allowedManagedPolicies: ["*"],
  deniedManagedPolicies: ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"],
  deniedActions: ["iam:*", "organizations:*"],
  deniedOnAllResources: ["sts:AssumeRole"],
  allowCrossNamespaceSubjects: false,
  allowNamespaceWildcards: [],
  allowExistingRoles: [],
  adoption: "IfTagged",
  protectedServiceAccounts: [],
  maxRolesPerNamespace: 50,
  trustPolicyQuota: 2048,
};

/** The first action of a document that the guardrails deny, in words, or undefined. */
export function deniedAction(document: Readonly<Record<string, unknown>>, guardrails: Guardrails): string | undefined {
  for (const { action, resources } of allowedActions(document)) {
    const denied = guardrails.deniedActions.find((glob) => globsIntersect(action.toLowerCase(), glob.toLowerCase()));
    if (denied !== undefined) return `allows ${action}; the operator's configuration denies ${denied}`;
    if (!resources.includes("*")) continue;
    const onAll = guardrails.deniedOnAllResources.find((glob) =>
      globsIntersect(action.toLowerCase(), glob.toLowerCase()),
    );
    if (onAll !== undefined) return `allows ${action} on all resources; name the resources instead`;
  }
  return undefined;
}

export function isManagedPolicyAllowed(arn: string, guardrails: Guardrails): boolean {
  const name = arn.slice(arn.indexOf(":policy/") + ":policy/".length);
  const last = name.slice(name.lastIndexOf("/") + 1);
  const matches = (glob: string): boolean => [arn, name, last].some((text) => matchesGlob(glob, text));
  return guardrails.allowedManagedPolicies.some(matches) && !guardrails.deniedManagedPolicies.some(matches);
}
