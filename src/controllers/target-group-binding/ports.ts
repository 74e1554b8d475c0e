import type { TargetHealth } from "./readiness-gate.ts";

/** What AWS says of the target group that a binding names. */
export interface TargetGroupFact {
  readonly arn: string;
  readonly targetType: "instance" | "ip" | "alb" | "lambda";
  readonly protocol?: string;
  readonly ipAddressType: "ipv4" | "ipv6";
  readonly vpcID?: string;
}

/** The AWS surroundings that bindings ask for; wired by the operator. */
export interface BindingFacts {
  /** Undefined when there is no such target group. */
  targetGroup(
    query: { readonly arn: string } | { readonly name: string },
    signal: AbortSignal,
  ): Promise<TargetGroupFact | undefined>;
  /** The namespace whose Ingress or Service made the target group, as its tags say; undefined for any other. */
  ownerNamespace(arn: string): string | undefined;
  /** Whether an address belongs to the cluster's VPC. */
  vpcContains(signal: AbortSignal): Promise<(ip: string) => boolean>;
  /** Health of the registered targets of a group, read now. */
  targetHealth(arn: string, signal: AbortSignal): Promise<readonly TargetHealth[]>;
}
