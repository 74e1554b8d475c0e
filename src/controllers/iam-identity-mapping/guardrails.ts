/**
 * What mappings may grant, set by whoever runs the operator: without these, the right to create a mapping would be the
 * right to become the cluster's administrator.
 */
export interface MappingGuardrails {
  /** Group `system:masters`, policy AmazonEKSClusterAdminPolicy, and names of the control plane's own components. */
  readonly allowClusterAdmin: boolean;
  /** Globs over ARNs of principals that no mapping may name; the operator's own identity is always among them. */
  readonly protectedPrincipals: readonly string[];
}

export const defaultMappingGuardrails: MappingGuardrails = { allowClusterAdmin: false, protectedPrincipals: [] };

const reserved = "system:";

/**
 * Whether a user name or group is one of Kubernetes' own, or becomes one with the session name that the caller chooses:
 * `{{SessionName}}:masters` does. Session names have no colon.
 */
export function isSystemName(value: string): boolean {
  const template = value.indexOf("{{");
  if (template < 0 || template >= reserved.length) return value.startsWith(reserved);
  return reserved.startsWith(value.slice(0, template)) && value.slice(template).includes(":");
}
