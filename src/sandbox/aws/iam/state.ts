import type { Json } from "../../../json.ts";
import type { SandboxContext } from "../service.ts";
import { awsManagedPolicies } from "./aws-managed-policies.ts";

/** Tags by key as given; IAM compares keys without case. */
export type Tags = Map<string, string>;

/** A trust policy, with the unique ids that its role principals had when it was written. */
export interface TrustPolicy {
  readonly text: string;
  readonly document: Json;
  readonly principalIds: ReadonlyMap<string, string>;
  readonly setAt: number;
}

export interface Role {
  readonly name: string;
  readonly path: string;
  readonly roleId: string;
  readonly arn: string;
  readonly createdAt: number;
  description: string | undefined;
  maxSessionDuration: number;
  permissionsBoundaryArn: string | undefined;
  trust: TrustPolicy;
  /** What other services still see while a change of trust has not propagated. */
  formerTrust: TrustPolicy | undefined;
  readonly tags: Tags;
  /** Inline policies, document text by name. */
  readonly inlinePolicies: Map<string, string>;
  readonly attachedPolicyArns: Set<string>;
  /** Made for one AWS service, which alone may change it. */
  readonly serviceLinkedTo: string | undefined;
}

export interface PolicyVersion {
  readonly versionId: string;
  readonly document: string;
  readonly createdAt: number;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly policyId: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly createdAt: number;
  updatedAt: number;
  defaultVersionId: string;
  nextVersion: number;
  readonly versions: Map<string, PolicyVersion>;
  readonly tags: Tags;
}

export interface InstanceProfile {
  readonly name: string;
  readonly path: string;
  readonly instanceProfileId: string;
  readonly arn: string;
  readonly createdAt: number;
  roleName: string | undefined;
  readonly tags: Tags;
}

export interface OidcProvider {
  readonly arn: string;
  /** Host and path, without scheme. */
  readonly url: string;
  readonly createdAt: number;
  readonly clientIds: Set<string>;
  thumbprints: readonly string[];
  readonly tags: Tags;
}

/** IAM of one account. */
export class IamState {
  /** By name in lower case: names are unique without regard to case. */
  readonly roles = new Map<string, Role>();
  /** By ARN; AWS's own included. */
  readonly policies = new Map<string, ManagedPolicy>();
  /** By name in lower case. */
  readonly instanceProfiles = new Map<string, InstanceProfile>();
  /** By ARN. */
  readonly oidcProviders = new Map<string, OidcProvider>();
  readonly #context: SandboxContext;

  constructor(context: SandboxContext) {
    this.#context = context;
    for (const policy of awsManagedPolicies(context.partition)) this.policies.set(policy.arn, policy);
  }

  arn(resource: string): string {
    return `arn:${this.#context.partition}:iam::${this.#context.accountId}:${resource}`;
  }

  /** The role as IAM's own calls see it. */
  role(name: string): Role | undefined {
    const role = this.roles.get(name.toLowerCase());
    return role !== undefined && this.#context.settled(role.createdAt, "iamCreate") ? role : undefined;
  }

  roleByArn(arn: string): Role | undefined {
    const role = this.roles.get(arn.slice(arn.lastIndexOf("/") + 1).toLowerCase());
    return role?.arn === arn ? role : undefined;
  }

  /** How many roles have the policy attached. */
  attachments(policyArn: string): number {
    return this.roles
      .values()
      .filter((role) => role.attachedPolicyArns.has(policyArn))
      .toArray().length;
  }

  boundaryUses(policyArn: string): number {
    return this.roles
      .values()
      .filter((role) => role.permissionsBoundaryArn === policyArn)
      .toArray().length;
  }
}
