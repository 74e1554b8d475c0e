/** Where the shared back-end security group comes from. */
export type BackendSecurityGroup =
  | { readonly kind: "disabled" }
  /** Named by `--backend-security-group`: used as it is. */
  | { readonly kind: "given"; readonly id: string }
  /** One per cluster, made and kept by us. */
  | { readonly kind: "managed" };

export interface SecurityGroupDecision {
  /** Make a security group for this load balancer's clients. */
  readonly managed: boolean;
  readonly named: readonly string[];
  /** Put the back-end group on the load balancer too. */
  readonly backend: boolean;
  /** Whom nodes and pods shall let in; absent: the user opens their groups. */
  readonly source?: "backend" | "managed";
}

/** The table of LBC for front-end and back-end groups; undefined for the one combination that is not possible. */
export function decideSecurityGroups(input: {
  readonly named: readonly string[];
  readonly backendEnabled: boolean;
  readonly manageRules: boolean;
}): SecurityGroupDecision | undefined {
  const { named, backendEnabled, manageRules } = input;
  if (named.length === 0) {
    return backendEnabled
      ? { managed: true, named, backend: true, source: "backend" }
      : { managed: true, named, backend: false, source: "managed" };
  }
  if (!manageRules) return { managed: false, named, backend: false };
  return backendEnabled ? { managed: false, named, backend: true, source: "backend" } : undefined;
}
