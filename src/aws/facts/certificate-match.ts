/**
 * Whether a certificate for `name` serves `host`: equal, or `name` starts with `*.` and only the first of equally many
 * labels differs (RFC 6125, section 6.4.3). Letter case counts, as ACM keeps names in lower case.
 */
export function matchesHost(name: string, host: string): boolean {
  if (name === host) return true;
  if (!name.startsWith("*.")) return false;
  const nameLabels = name.split(".");
  const hostLabels = host.split(".");
  return nameLabels.length === hostLabels.length && nameLabels.slice(1).join(".") === hostLabels.slice(1).join(".");
}

export interface CertificateNames {
  readonly arn: string;
  readonly names: readonly string[];
}

/** All certificates that serve any of the hosts, sorted by ARN, and the hosts that none serves. Pure. */
export function certificatesFor(
  certificates: readonly CertificateNames[],
  hosts: readonly string[],
): { readonly arns: readonly string[]; readonly missing: readonly string[] } {
  const serves = ({ names }: CertificateNames, host: string): boolean => names.some((name) => matchesHost(name, host));
  return {
    arns: certificates
      .filter((certificate) => hosts.some((host) => serves(certificate, host)))
      .map(({ arn }) => arn)
      .toSorted(),
    missing: hosts.filter((host) => !certificates.some((certificate) => serves(certificate, host))),
  };
}
