import { canonicalJson } from "../../json.ts";

/**
 * What a build may ask about the AWS surroundings that its Stack does not own. Questions and answers are plain data, so
 * that builds stay pure: a build that misses an answer says which, and is run again once it is known.
 */
export type FactRequest =
  | SubnetsRequest
  /** Existing security groups by ID or `Name` tag. */
  | { readonly kind: "security-groups"; readonly namesOrIDs: readonly string[] }
  /** All issued certificates of the account's region. */
  | { readonly kind: "certificates" }
  | { readonly kind: "web-acl"; readonly name: string }
  | { readonly kind: "trust-store"; readonly name: string }
  | { readonly kind: "target-group"; readonly name: string }
  /** Whether the account subscribes to Shield Advanced. */
  | { readonly kind: "shield-subscription" }
  /** The associated address blocks of the cluster's VPC. */
  | { readonly kind: "vpc-cidrs" }
  /** The account's quotas of Elastic Load Balancing, by AWS's names for them. */
  | { readonly kind: "account-limits" }
  /** The default certificates of the listeners of a load balancer, by port. */
  | { readonly kind: "default-certificates"; readonly loadBalancerARN: string }
  /** Whether AWS refuses to delete the load balancer of this ARN. */
  | { readonly kind: "deletion-protection"; readonly loadBalancerARN: string }
  /** Whether a load balancer of another owner in this cluster has this name. */
  | { readonly kind: "name-in-use"; readonly name: string; readonly byOtherThan: Readonly<Record<string, string>> }
  /** The OIDC client of a Secret. */
  | { readonly kind: "oidc-secret"; readonly namespace: string; readonly name: string };

export interface SubnetsRequest {
  readonly kind: "subnets";
  readonly loadBalancerType: "application" | "network";
  readonly scheme: "internal" | "internet-facing";
  readonly ipAddressType: "ipv4" | "dualstack" | "dualstack-without-public-ipv4";
  readonly selector:
    | { readonly by: "discovery" }
    | { readonly by: "names-or-ids"; readonly values: readonly string[] }
    | { readonly by: "tags"; readonly tags: Readonly<Record<string, readonly string[]>> };
}

export interface SubnetFact {
  readonly id: string;
  readonly zone: string;
  readonly cidr?: string;
  readonly ipv6CIDRs?: readonly string[];
}

export interface CertificateFact {
  readonly arn: string;
  /** Domain name and alternative names. */
  readonly names: readonly string[];
  readonly type: "AMAZON_ISSUED" | "IMPORTED" | "PRIVATE";
  /** Milliseconds since the epoch. */
  readonly notAfter?: number;
  /** Such as `RSA_2048`, `EC_prime256v1`. */
  readonly keyAlgorithm?: string;
  readonly certificateAuthorityARN?: string;
}

interface FactValues {
  readonly subnets: readonly SubnetFact[];
  readonly "security-groups": readonly string[];
  readonly certificates: readonly CertificateFact[];
  /** ARNs. */
  readonly "web-acl": string;
  readonly "trust-store": string;
  readonly "target-group": string;
  readonly "shield-subscription": boolean;
  readonly "vpc-cidrs": { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
  readonly "account-limits": Readonly<Record<string, number>>;
  readonly "default-certificates": Readonly<Record<string, string>>;
  readonly "deletion-protection": boolean;
  readonly "name-in-use": boolean;
  readonly "oidc-secret": { readonly clientID: string; readonly clientSecret: string };
}
export type FactValue<Kind extends FactRequest["kind"]> = FactValues[Kind];

/** `error` says why there is no answer, in words for the user. */
export type FactAnswer<Kind extends FactRequest["kind"] = FactRequest["kind"]> =
  | { readonly value: FactValue<Kind> }
  | { readonly error: string };

/** Answers by the canonical JSON of their request. */
export type Facts = ReadonlyMap<string, FactAnswer>;

export function factKey(request: FactRequest): string {
  return canonicalJson(request);
}

/** An answer is not known yet; whoever runs the build finds it and runs the build again. */
export class FactMissing extends Error {
  override readonly name = "FactMissing";
}

/** The facts as a build sees them: it records every question, answered or not. */
export class FactReader {
  readonly #facts: Facts;
  readonly #asked = new Map<string, FactRequest>();
  readonly #missing = new Map<string, FactRequest>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Throws FactMissing when the answer is not there yet. */
  ask<Request extends FactRequest>(request: Request): FactAnswer<Request["kind"]> {
    const key = factKey(request);
    this.#asked.set(key, request);
    const answer = this.#facts.get(key);
    if (answer !== undefined) return answer as FactAnswer<Request["kind"]>;
    this.#missing.set(key, request);
    throw new FactMissing(`not known yet: ${key}`);
  }

  /** The answer if it is there; the question is not recorded. */
  known<Request extends FactRequest>(request: Request): FactAnswer<Request["kind"]> | undefined {
    return this.#facts.get(factKey(request)) as FactAnswer<Request["kind"]> | undefined;
  }

  get asked(): readonly FactRequest[] {
    return [...this.#asked.values()];
  }

  get missing(): readonly FactRequest[] {
    return [...this.#missing.values()];
  }
}
