import type { ClusterIdentity } from "../cluster-identity.ts";

/** Who may use a role, as a trust policy ("Assign IAM roles to Kubernetes service accounts", "EKS Pod Identity"). */

export interface Subject {
  readonly namespace: string;
  /** May hold `*` and `?`, as may the namespace. */
  readonly name: string;
}

export interface WebIdentity {
  /** Without scheme: `oidc.eks.REGION.amazonaws.com/id/...`. */
  readonly issuer: string;
  readonly providerARN: string;
  readonly audience: string;
}

/**
 * The issuer as IAM names it: without scheme, port, query and trailing slash, letter case as it is. Undefined for what is
 * not an https URL.
 */
export function parseIssuer(url: string): string | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return undefined;
  }
  if (parsed.protocol !== "https:") return undefined;
  // URL lower-cases the host; IAM compares letter by letter, so the host is taken from the text.
  const host = /^https:\/\/(?:[^@/]*@)?([^:/?#]+)/i.exec(url)?.[1] ?? parsed.hostname;
  return `${host}${parsed.pathname.replace(/\/+$/, "")}`;
}

export function providerARN(cluster: ClusterIdentity, issuer: string): string {
  return `arn:${cluster.partition}:iam::${cluster.accountID}:oidc-provider/${issuer}`;
}

export function subjectText({ namespace, name }: Subject): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Web identity tokens of exactly these subjects. The audience is always demanded: without it any token would do. */
export function webIdentityStatement(identity: WebIdentity, subjects: readonly Subject[]): object {
  const texts = [...new Set(subjects.map(subjectText))].toSorted();
  const sub = texts.length === 1 ? texts[0] : texts;
  const aud = { [`${identity.issuer}:aud`]: identity.audience };
  const subCondition = { [`${identity.issuer}:sub`]: sub };
  return {
    Effect: "Allow",
    Principal: { Federated: identity.providerARN },
    Action: "sts:AssumeRoleWithWebIdentity",
    // Under StringEquals a * would be a plain character; two operators on one key would both have to hold.
    Condition: texts.some(hasWildcard)
      ? { StringEquals: aud, StringLike: subCondition }
      : { StringEquals: { ...aud, ...subCondition } },
  };
}

/** Sessions that EKS Pod Identity makes for these subjects; unscoped, for any association of the account. */
export function podIdentityStatement(
  cluster: ClusterIdentity,
  { subjects, scope }: { readonly subjects: readonly Subject[]; readonly scope: "service-account" | "account" },
): object {
  return {
    Sid: "EksPodIdentity",
    Effect: "Allow",
    Principal: { Service: "pods.eks.amazonaws.com" },
    Action: ["sts:AssumeRole", "sts:TagSession"],
    Condition:
      scope === "account"
        ? { StringEquals: { "aws:SourceAccount": cluster.accountID } }
        : sessionConditions(cluster, subjects),
  };
}

export function trustPolicy(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function sessionConditions(cluster: ClusterIdentity, subjects: readonly Subject[]): object {
  const clusterTag = { "aws:RequestTag/eks-cluster-arn": cluster.arn };
  const tags = {
    "aws:RequestTag/kubernetes-namespace": oneOrMany(subjects.map((subject) => subject.namespace)),
    "aws:RequestTag/kubernetes-service-account": oneOrMany(subjects.map((subject) => subject.name)),
  };
  return subjects.map(subjectText).some(hasWildcard)
    ? { StringEquals: clusterTag, StringLike: tags }
    : { StringEquals: { ...clusterTag, ...tags } };
}

function oneOrMany(values: readonly string[]): string | readonly string[] {
  const unique = [...new Set(values)].toSorted();
  return unique.length === 1 ? (unique[0] ?? "") : unique;
}

export function hasWildcard(text: string): boolean {
  return /[*?]/.test(text);
}
