import type { StringOrRef } from "../elbv2/specs.ts";

/** `wafv2/Association`: the web ACL in front of one load balancer. Id: that of the load balancer in its Stack. Outputs: none. */
export interface WebACLAssociationSpec {
  readonly resourceARN: StringOrRef;
  /** Absent: no web ACL; one that is associated is taken off. */
  readonly webACLARN?: string;
}
