import type { KubeObject } from "../../api/object.ts";
import { errorClass, errorMessage } from "../../errors.ts";
import type { CertificateFact, FactAnswer, FactRequest, FactValue, SubnetFact, SubnetsRequest } from "./facts.ts";

/** The targets of a load balancer, as last seen. */
export interface TargetCounts {
  readonly healthy: number;
  readonly total: number;
  /** By target group: a hash of what this process has registered, or found registered, in it. */
  readonly registered: readonly { readonly arn: string; readonly hash: string }[];
}

/** The AWS and Kubernetes surroundings that builds of load balancers ask for; wired by the operator. All may throw AppErrors. */
export interface LoadBalancerSurroundings {
  subnets(request: SubnetsRequest, signal: AbortSignal): Promise<readonly SubnetFact[]>;
  /** IDs of groups given by ID or `Name` tag; IDs first. */
  securityGroups(namesOrIDs: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** All issued certificates of the account's region. */
  certificates(signal: AbortSignal): Promise<readonly CertificateFact[]>;
  /** ARNs; undefined when there is nothing of this name. */
  webACL(name: string, signal: AbortSignal): Promise<string | undefined>;
  trustStore(name: string, signal: AbortSignal): Promise<string | undefined>;
  targetGroup(name: string, signal: AbortSignal): Promise<string | undefined>;
  shieldSubscribed(signal: AbortSignal): Promise<boolean>;
  vpcCIDRs(signal: AbortSignal): Promise<FactValue<"vpc-cidrs">>;
  defaultCertificates(loadBalancerARN: string, signal: AbortSignal): Promise<FactValue<"default-certificates">>;
  accountLimits(signal: AbortSignal): Promise<FactValue<"account-limits">>;
  isDeletionProtected(loadBalancerARN: string, signal: AbortSignal): Promise<boolean>;
  /** Whether a load balancer of this cluster has the name and not all of these tags. */
  isNameInUse(name: string, byOtherThan: Readonly<Record<string, string>>): Promise<boolean>;
  /** The data (base64) and labels of a Secret; undefined when it does not exist. Watched from then on. */
  secret(
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<
    { readonly data: Readonly<Record<string, string>>; readonly labels: Readonly<Record<string, string>> } | undefined
  >;
  /** Healthy and registered targets of target groups, as last seen; undefined when not known. */
  targetCounts(targetGroupARNs: readonly string[]): TargetCounts | undefined;
}

/** Emits Kubernetes Events; equal ones are aggregated below it. */
export interface EventRecorder {
  event(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
}

export interface AnswerOptions {
  /** The label that a Secret must carry to be read (`--required-secrets-label`). */
  readonly requiredSecretsLabel?: { readonly key: string; readonly value: string };
  readonly oidcClientOf: (data: Readonly<Record<string, string>>) => FactAnswer<"oidc-secret">;
}

/** Finds one answer. What the user can mend becomes an `error` answer; AWS being slow or down is thrown. */
export async function answerFact(
  request: FactRequest,
  surroundings: LoadBalancerSurroundings,
  options: AnswerOptions,
  signal: AbortSignal,
): Promise<FactAnswer> {
  try {
    return await find(request, surroundings, options, signal);
  } catch (error) {
    const kind = errorClass(error);
    if (kind === "invalid" || kind === "missing" || kind === "denied") return { error: errorMessage(error) };
    throw error;
  }
}

async function find(
  request: FactRequest,
  surroundings: LoadBalancerSurroundings,
  options: AnswerOptions,
  signal: AbortSignal,
): Promise<FactAnswer> {
  switch (request.kind) {
    case "subnets":
      return { value: await surroundings.subnets(request, signal) };
    case "security-groups":
      return { value: await surroundings.securityGroups(request.namesOrIDs, signal) };
    case "certificates":
      return { value: await surroundings.certificates(signal) };
    case "web-acl":
      return named(await surroundings.webACL(request.name, signal), "there is no regional web ACL of this name");
    case "trust-store":
      return named(await surroundings.trustStore(request.name, signal), "there is no trust store of this name");
    case "target-group":
      return named(await surroundings.targetGroup(request.name, signal), "there is no target group of this name");
    case "shield-subscription":
      return { value: await surroundings.shieldSubscribed(signal) };
    case "vpc-cidrs":
      return { value: await surroundings.vpcCIDRs(signal) };
    case "default-certificates":
      return { value: await surroundings.defaultCertificates(request.loadBalancerARN, signal) };
    case "account-limits":
      return { value: await surroundings.accountLimits(signal) };
    case "deletion-protection":
      return { value: await surroundings.isDeletionProtected(request.loadBalancerARN, signal) };
    case "name-in-use":
      return { value: await surroundings.isNameInUse(request.name, request.byOtherThan) };
    case "oidc-secret": {
      const secret = await surroundings.secret(request.namespace, request.name, signal);
      if (secret === undefined) return { error: "not found" };
      const label = options.requiredSecretsLabel;
      if (label !== undefined && secret.labels[label.key] !== label.value)
        return {
          error: `missing required label ${label.key}=${label.value}; actual labels: ${JSON.stringify(secret.labels)}`,
        };
      return options.oidcClientOf(secret.data);
    }
    default:
      return request satisfies never;
  }
}

function named(value: string | undefined, error: string): FactAnswer {
  return value === undefined ? { error } : { value };
}
