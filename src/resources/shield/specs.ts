import type { StringOrRef } from "../elbv2/specs.ts";

/** `shield/Protection`: Shield Advanced for one load balancer. Id: that of the load balancer in its Stack. Outputs: none. */
export interface ShieldProtectionSpec {
  readonly resourceARN: StringOrRef;
  /** False: a protection that we made (known by its name) is deleted; others are left alone. */
  readonly enabled: boolean;
}
