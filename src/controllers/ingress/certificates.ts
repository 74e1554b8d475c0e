import type { CertificateFact } from "../load-balancing/facts.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { MemberView } from "./member-view.ts";

/** The certificates that a member brings to its HTTPS ports, in order. */
export interface MemberCertificates {
  readonly arns: readonly string[];
  /** Found by host name, so that their order says nothing about the user's wishes. */
  readonly discovered: boolean;
}

export function explicitCertificates(view: MemberView): readonly string[] {
  const fromParams = view.params.certificateArn ?? [];
  return fromParams.length > 0 ? fromParams : (view.annotations.list("certificate-arn") ?? []);
}

/** The host names of an Ingress: of its rules and of `spec.tls`, sorted. */
export function hostsOf(spec: MemberView["spec"]): readonly string[] {
  const hosts = [
    ...(spec.rules ?? []).map(({ host }) => host ?? ""),
    ...(spec.tls ?? []).flatMap((tls) => tls.hosts ?? []),
  ];
  return [...new Set(hosts.filter((host) => host !== ""))].sort();
}

/** Throws an InputError that names the host for which the account has no certificate. */
export function discoverCertificates(view: MemberView, now: number): MemberCertificates {
  const hosts = hostsOf(view.spec);
  if (hosts.length === 0) {
    if (view.lenient) return { arns: [], discovered: true };
    throw new InputError(
      "HTTPS needs a certificate: set annotation alb.ingress.kubernetes.io/certificate-arn, or name a host in spec.rules or spec.tls for which the account has one",
      { reason: "CertificateNotFound", field: "spec.tls" },
    );
  }
  const answer = view.facts.ask({ kind: "certificates" });
  if ("error" in answer)
    throw new InputError(`certificates cannot be listed: ${answer.error}`, { reason: "CertificateNotFound" });
  const allowed = view.settings.allowedCertificateAuthorityARNs;
  const usable = answer.value.filter(
    (certificate) =>
      (certificate.notAfter === undefined || certificate.notAfter > now) &&
      (allowed.length === 0 || allowed.includes(certificate.certificateAuthorityARN ?? "")),
  );
  const arns = new Set<string>();
  for (const host of hosts) {
    const matching = usable.filter(({ names }) => names.some((name) => certificateMatches(name, host)));
    const chosen = view.settings.attachAllCertificates
      ? matching
      : matching.sort((a, b) => preference(a, b, host)).slice(0, 1);
    for (const { arn } of chosen) arns.add(arn);
    if (matching.length > 0 || view.lenient) continue;
    throw new InputError(
      `no certificate found for host: ${host}; the account has ${usable.length} issued certificates, none for this name`,
      {
        reason: "CertificateNotFound",
        field: "spec.rules[].host",
        value: host,
      },
    );
  }
  return { arns: [...arns].sort(), discovered: true };
}

/** A wildcard stands for exactly one label; names are compared as written. */
export function certificateMatches(name: string, host: string): boolean {
  if (name === host) return true;
  if (!name.startsWith("*.")) return false;
  const wanted = name.split(".");
  const labels = host.split(".");
  return wanted.length === labels.length && wanted.slice(1).join(".") === labels.slice(1).join(".");
}

/** Exact before wildcard, public before private, the one that lasts longest, then by ARN. */
function preference(a: CertificateFact, b: CertificateFact, host: string): number {
  const rank = (certificate: CertificateFact): readonly number[] => [
    certificate.names.includes(host) ? 0 : 1,
    certificate.type === "PRIVATE" ? 1 : 0,
    -(certificate.notAfter ?? 0),
  ];
  const [left, right] = [rank(a), rank(b)];
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.arn < b.arn ? -1 : 1;
}

export interface ListenerCertificates {
  readonly defaultARN?: string;
  /** For SNI, beside the default. */
  readonly extraARNs: readonly string[];
}

/**
 * The certificates of one port: the first of the first member that has any is the default, unless it was chosen by
 * discovery and the port's present default is still among them.
 */
export function mergeCertificates(
  members: readonly MemberCertificates[],
  presentDefault: () => string | undefined,
): ListenerCertificates {
  const first = members.find(({ arns }) => arns.length > 0);
  const all = [...new Set(members.flatMap(({ arns }) => arns))];
  const present = first?.discovered === true ? presentDefault() : undefined;
  const keep = present !== undefined && all.includes(present);
  const defaultARN = keep ? present : first?.arns[0];
  return {
    ...(defaultARN === undefined ? {} : { defaultARN }),
    extraARNs: all.filter((arn) => arn !== defaultARN),
  };
}
