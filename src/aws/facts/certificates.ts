import type { CertificateSummary } from "@aws-sdk/client-acm";
import type { Clock } from "../../clock.ts";
import type { AcmPort } from "../acm.ts";
import { hasCode } from "../errors.ts";
import { Cached } from "./cached.ts";

export interface IssuedCertificate {
  readonly arn: string;
  /** Domain name and alternative names. */
  readonly names: readonly string[];
  readonly type: "AMAZON_ISSUED" | "IMPORTED" | "PRIVATE";
  /** Milliseconds since the epoch. */
  readonly notAfter?: number;
  /** Such as `RSA_2048`. */
  readonly keyAlgorithm?: string;
  /** Of a private certificate; read only where the operator is limited to some authorities. */
  readonly certificateAuthorityARN?: string;
}

export interface CertificateFacts {
  /** The issued certificates of the account's region. */
  issued(): Promise<readonly IssuedCertificate[]>;
}

const listTtlMs = 60_000;
/** An imported certificate may be imported again with other names; an issued one never changes them. */
const importedTtlMs = 5 * 60_000;
const issuedTtlMs = 10 * 60 * 60_000;

/** Without this filter ACM lists RSA certificates of 1,024 and 2,048 bits only (API reference, ListCertificates). */
const keyTypes = [
  "RSA_1024",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "EC_prime256v1",
  "EC_secp384r1",
  "EC_secp521r1",
] as const;

interface Described {
  readonly names: readonly string[];
  readonly authorityARN?: string;
}

export function certificateFacts(options: {
  readonly acm: AcmPort;
  readonly clock: Clock;
  /** When given, only certificates of these private authorities count. */
  readonly allowedAuthorityARNs?: readonly string[];
}): CertificateFacts {
  const { acm, clock } = options;
  const allowed = options.allowedAuthorityARNs ?? [];
  const listing = new Cached<readonly IssuedCertificate[]>(clock, listTtlMs);
  const imported = new Cached<Described>(clock, importedTtlMs);
  const issued = new Cached<Described>(clock, issuedTtlMs);

  const describe = (summary: CertificateSummary, arn: string): Promise<Described> =>
    (summary.Type === "IMPORTED" ? imported : issued).get(arn, async () => {
      const { Certificate } = await acm.describeCertificate({ CertificateArn: arn }, { resource: arn });
      return {
        names: namesOf(Certificate?.DomainName, Certificate?.SubjectAlternativeNames),
        ...(Certificate?.CertificateAuthorityArn === undefined
          ? {}
          : { authorityARN: Certificate.CertificateAuthorityArn }),
      };
    });

  /** The summary has the names, unless there are more than a hundred; the authority only the full description tells. */
  async function read(summary: CertificateSummary): Promise<readonly IssuedCertificate[]> {
    const arn = summary.CertificateArn;
    if (arn === undefined) return [];
    if (allowed.length === 0 && summary.HasAdditionalSubjectAlternativeNames !== true) {
      const names = namesOf(summary.DomainName, summary.SubjectAlternativeNameSummaries);
      return [{ arn, names, ...factsOf(summary) }];
    }
    try {
      const described = await describe(summary, arn);
      const counts = allowed.length === 0 || allowed.includes(described.authorityARN ?? "");
      const { names, authorityARN } = described;
      const authority = authorityARN === undefined ? {} : { certificateAuthorityARN: authorityARN };
      return counts ? [{ arn, names, ...factsOf(summary), ...authority }] : [];
    } catch (error) {
      if (hasCode(error, "ResourceNotFound")) return [];
      throw error;
    }
  }

  async function list(): Promise<readonly IssuedCertificate[]> {
    const found: CertificateSummary[] = [];
    let NextToken: string | undefined;
    do {
      const page = await acm.listCertificates({
        CertificateStatuses: ["ISSUED"],
        Includes: { keyTypes: [...keyTypes] },
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      found.push(...(page.CertificateSummaryList ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined && NextToken !== "");
    return (await Promise.all(found.map(read))).flat();
  }

  return {
    issued: () => listing.get("", list),
  };
}

function factsOf({ Type, NotAfter, KeyAlgorithm }: CertificateSummary): Omit<IssuedCertificate, "arn" | "names"> {
  return {
    type: Type ?? "AMAZON_ISSUED",
    ...(NotAfter === undefined ? {} : { notAfter: NotAfter.getTime() }),
    ...(KeyAlgorithm === undefined ? {} : { keyAlgorithm: KeyAlgorithm.replaceAll("-", "_") }),
  };
}

function namesOf(domainName: string | undefined, others: readonly string[] | undefined): readonly string[] {
  return [...new Set([...(domainName === undefined ? [] : [domainName]), ...(others ?? [])])];
}
