import type { StringOrRef, Tags } from "../elbv2/specs.ts";

/**
 * `iam/Role`: a role with its trust policy, inline policies and attached managed policies. Found by name; IAM cannot be
 * searched by tags. Outputs: `arn`, `name`, `id`.
 */
export interface RoleSpec {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  /** The trust policy as JSON text. */
  readonly trustPolicy: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
  /** Absent: one that is there is removed only if it is the one in `retired`: others may have put it there to protect. */
  readonly permissionsBoundaryARN?: string;
  /** Documents as JSON text, by policy name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** ARNs. */
  readonly managedPolicyARNs: readonly string[];
  /** Tags wanted beside the ownership tags. */
  readonly tags: Tags;
  /** Remove attached and inline policies that are neither wanted nor listed in `retired`. */
  readonly exclusive: boolean;
  /** What was applied before: removed when it is not wanted any more; other foreign content stays. */
  readonly retired: {
    readonly policyARNs: readonly string[];
    readonly inlineNames: readonly string[];
    readonly tagKeys: readonly string[];
    readonly permissionsBoundaryARN?: string;
  };
  /** A role is adopted only when its tag `fairlead.io/adopt` has one of these values: consent from the AWS side. The first names the object. */
  readonly adoptIfTagged?: readonly string[];
  /** What has to exist first: the OIDC provider that the trust policy names. */
  readonly after?: readonly StringOrRef[];
}

/** `iam/OIDCProvider`: the cluster's issuer as IAM knows it; shared by all roles of the cluster. Id: the ARN. Outputs: `arn`. */
export interface OIDCProviderSpec {
  /** Deterministic: `arn:P:iam::ACCT:oidc-provider/ISSUER`. */
  readonly arn: string;
  /** With scheme. */
  readonly url: string;
  /** Audiences that must be among the provider's; others are left alone. */
  readonly clientIDs: readonly string[];
  /** False: a missing provider is an error, because the operator must not create one. */
  readonly create: boolean;
  readonly tags: Tags;
}
