import { canonicalJson } from "../../../json.ts";
import { AwsError, beanValidation } from "../aws-error.ts";
import { pageByKey } from "../page-by-key.ts";
import { type AwsService, defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { document, integer, list, oneOf, required, string, structure } from "../shapes.ts";

type KeyAlgorithm = (typeof keyAlgorithms)[number];

interface Certificate {
  readonly arn: string;
  readonly domainName: string;
  readonly alternativeNames: readonly string[];
  status: "ISSUED" | "PENDING_VALIDATION";
  readonly type: "AMAZON_ISSUED" | "IMPORTED";
  readonly keyAlgorithm: KeyAlgorithm;
  readonly createdAt: number;
  readonly notAfter: number;
  readonly tags: Map<string, string>;
}

const keyAlgorithms = [
  "RSA_1024",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "EC_prime256v1",
  "EC_secp384r1",
  "EC_secp521r1",
] as const;
/** What ListCertificates shows when it is not asked for more: certificates with other keys stay hidden. */
const defaultKeyTypes: readonly KeyAlgorithm[] = ["RSA_1024", "RSA_2048"];
const statuses = [
  "PENDING_VALIDATION",
  "ISSUED",
  "INACTIVE",
  "EXPIRED",
  "VALIDATION_TIMED_OUT",
  "REVOKED",
  "FAILED",
] as const;

const yearMs = 365 * 24 * 3600 * 1000;
const maximumTags = 50;
const reference = { CertificateArn: required(string({ minLength: 20, maxLength: 2048 })) } as const;
const tagShape = structure({
  Key: required(string({ minLength: 1, maxLength: 128 })),
  Value: string({ maxLength: 256 }),
});

/** ACM with two certificates of the surroundings: `example.com` with `*.example.com`, and `games.example.net`. */
export function createAcm(context: SandboxContext): AwsService {
  const certificates = new Map<string, Certificate>();
  const add = (
    domainName: string,
    { names, keyAlgorithm, id }: { names: readonly string[]; keyAlgorithm: KeyAlgorithm; id: string },
  ): Certificate => {
    const arn = `arn:${context.partition}:acm:${context.region}:${context.accountId}:certificate/${id}`;
    const now = context.clock.now();
    const certificate: Certificate = {
      arn,
      domainName,
      alternativeNames: [...new Set([domainName, ...names])],
      status: "ISSUED",
      type: "AMAZON_ISSUED",
      keyAlgorithm,
      createdAt: now,
      notAfter: now + yearMs,
      tags: new Map(),
    };
    certificates.set(arn, certificate);
    return certificate;
  };
  // Fixed ids, so that manifests can name them.
  add("example.com", {
    names: ["*.example.com"],
    keyAlgorithm: "RSA_2048",
    id: "11111111-1111-4111-8111-111111111111",
  });
  add("games.example.net", {
    names: ["*.games.example.net"],
    keyAlgorithm: "EC_prime256v1",
    id: "22222222-2222-4222-8222-222222222222",
  });

  context.surroundings.certificates = {
    certificate(arn) {
      const found = certificates.get(arn);
      if (found === undefined) return undefined;
      return { arn, status: found.status, keyAlgorithm: found.keyAlgorithm, domainNames: found.alternativeNames };
    },
  };
  context.surroundings.addTaggedSource({
    service: "acm",
    resources: () => [...certificates.values()].filter(({ tags }) => tags.size > 0),
    setTags(arn, tags) {
      const holder = certificates.get(arn);
      for (const [key, value] of tags) holder?.tags.set(key, value);
      return holder !== undefined;
    },
    removeTags(arn, keys) {
      const holder = certificates.get(arn);
      for (const key of keys) holder?.tags.delete(key);
      return holder !== undefined;
    },
  });

  const inUseBy = (arn: string): readonly string[] => [
    ...new Set(context.surroundings.loadBalancers.listenersOfCertificate(arn).map(loadBalancerOfListener)),
  ];
  return {
    name: "acm",
    signingName: "acm",
    protocol: { kind: "json", targetPrefix: "CertificateManager." },
    invalidInput: beanValidation("ValidationException"),
    throttled: () => new AwsError("ThrottlingException", "Rate exceeded"),
    buckets: {
      list: { capacity: 8, refillPerSecond: 8 },
      reads: { capacity: 10, refillPerSecond: 10, perOperation: true },
      writes: { capacity: 5, refillPerSecond: 5, perOperation: true },
    },
    operations: [
      defineOperation({
        name: "ListCertificates",
        mutating: false,
        bucket: "list",
        input: {
          CertificateStatuses: list(oneOf(statuses)),
          Includes: structure({
            keyTypes: list(oneOf(keyAlgorithms)),
            keyUsage: list(string()),
            extendedKeyUsage: list(string()),
            exportOption: string(),
            managedBy: string(),
          }),
          CertificateKeyPairOrigins: list(string()),
          NextToken: string(),
          MaxItems: integer({ min: 1, max: 1000 }),
          SortBy: oneOf(["CREATED_AT"]),
          SortOrder: oneOf(["ASCENDING", "DESCENDING"]),
        },
        handle(input) {
          if ((input.SortBy === undefined) !== (input.SortOrder === undefined))
            throw new AwsError("ValidationException", "SortBy and SortOrder must be given together");
          const keyTypes = input.Includes?.keyTypes ?? defaultKeyTypes;
          const found = [...certificates.values()].filter(
            ({ keyAlgorithm, status }) =>
              keyTypes.includes(keyAlgorithm) &&
              (input.CertificateStatuses === undefined || input.CertificateStatuses.includes(status)),
          );
          const { MaxItems, NextToken, ...scope } = input;
          const page = pageByKey(found, ({ arn }) => arn, {
            limit: MaxItems ?? 1000,
            token: NextToken,
            scope: canonicalJson(scope),
          });
          if (page === undefined) throw new AwsError("ValidationException", "The next token is not valid");
          return {
            CertificateSummaryList: page.items.map((item) => summaryOf(item, inUseBy(item.arn).length > 0)),
            NextToken: page.nextToken,
          };
        },
      }),
      defineOperation({
        name: "DescribeCertificate",
        mutating: false,
        bucket: "reads",
        input: reference,
        handle(input) {
          const item = existing(certificates, input.CertificateArn);
          return {
            Certificate: {
              ...summaryOf(item, false),
              InUse: undefined,
              SubjectAlternativeNameSummaries: undefined,
              HasAdditionalSubjectAlternativeNames: undefined,
              SubjectAlternativeNames: item.alternativeNames,
              Subject: `CN=${item.domainName}`,
              Issuer: "Amazon",
              InUseBy: inUseBy(item.arn),
              RenewalEligibility: "ELIGIBLE",
              DomainValidationOptions: item.alternativeNames.map((DomainName) => ({
                DomainName,
                ValidationDomain: DomainName,
                ValidationStatus: item.status === "ISSUED" ? "SUCCESS" : "PENDING_VALIDATION",
                ValidationMethod: "DNS",
              })),
            },
          };
        },
      }),
      defineOperation({
        name: "RequestCertificate",
        mutating: true,
        bucket: "writes",
        input: {
          DomainName: required(string({ minLength: 1, maxLength: 253 })),
          SubjectAlternativeNames: list(string({ minLength: 1, maxLength: 253 }), { max: 100 }),
          ValidationMethod: oneOf(["EMAIL", "DNS", "HTTP"]),
          IdempotencyToken: string({ minLength: 1, maxLength: 32 }),
          KeyAlgorithm: oneOf(keyAlgorithms),
          Tags: list(tagShape, { min: 1, max: maximumTags }),
          DomainValidationOptions: document(),
          Options: document(),
        },
        handle(input) {
          const item = add(input.DomainName, {
            names: input.SubjectAlternativeNames ?? [],
            keyAlgorithm: input.KeyAlgorithm ?? "RSA_2048",
            id: context.ids.uuid(),
          });
          item.status = "PENDING_VALIDATION";
          for (const { Key, Value } of input.Tags ?? []) item.tags.set(Key, Value ?? "");
          return { CertificateArn: item.arn };
        },
      }),
      defineOperation({
        name: "DeleteCertificate",
        mutating: true,
        bucket: "writes",
        input: reference,
        handle(input) {
          const item = existing(certificates, input.CertificateArn);
          if (inUseBy(item.arn).length > 0)
            throw new AwsError("ResourceInUseException", `Certificate ${item.arn} is in use.`);
          certificates.delete(item.arn);
          return undefined;
        },
      }),
      ...tagOperations(certificates),
    ],
  };
}

function tagOperations(certificates: ReadonlyMap<string, Certificate>): readonly Operation[] {
  return [
    defineOperation({
      name: "ListTagsForCertificate",
      mutating: false,
      bucket: "reads",
      input: reference,
      handle(input) {
        const { tags } = existing(certificates, input.CertificateArn);
        return { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) };
      },
    }),
    defineOperation({
      name: "AddTagsToCertificate",
      mutating: true,
      bucket: "writes",
      input: { ...reference, Tags: required(list(tagShape, { min: 1, max: maximumTags })) },
      handle(input) {
        const { tags } = existing(certificates, input.CertificateArn);
        if (input.Tags.some(({ Key }) => /^aws:/i.test(Key)))
          throw new AwsError("InvalidTagException", "Tag keys beginning with 'aws:' are reserved");
        if (new Set([...tags.keys(), ...input.Tags.map(({ Key }) => Key)]).size > maximumTags)
          throw new AwsError("TooManyTagsException", `A certificate can have at most ${maximumTags} tags`);
        for (const { Key, Value } of input.Tags) tags.set(Key, Value ?? "");
        return undefined;
      },
    }),
    defineOperation({
      name: "RemoveTagsFromCertificate",
      mutating: true,
      bucket: "writes",
      input: { ...reference, Tags: required(list(tagShape, { min: 1, max: maximumTags })) },
      handle(input) {
        const { tags } = existing(certificates, input.CertificateArn);
        for (const { Key, Value } of input.Tags) if (Value === undefined || tags.get(Key) === Value) tags.delete(Key);
        return undefined;
      },
    }),
  ];
}

function existing(certificates: ReadonlyMap<string, Certificate>, arn: string): Certificate {
  if (!/^arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/.test(arn))
    throw new AwsError("InvalidArnException", `The ARN ${arn} is not a valid certificate ARN`);
  const found = certificates.get(arn);
  if (found === undefined) throw new AwsError("ResourceNotFoundException", `Could not find certificate ${arn}.`);
  return found;
}

function summaryOf(item: Certificate, inUse: boolean) {
  const issued = item.status === "ISSUED";
  return {
    CertificateArn: item.arn,
    DomainName: item.domainName,
    SubjectAlternativeNameSummaries: item.alternativeNames,
    HasAdditionalSubjectAlternativeNames: false,
    Status: item.status,
    Type: item.type,
    KeyAlgorithm: item.keyAlgorithm,
    KeyUsages: ["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"],
    ExtendedKeyUsages: ["TLS_WEB_SERVER_AUTHENTICATION", "TLS_WEB_CLIENT_AUTHENTICATION"],
    InUse: inUse,
    CreatedAt: new Date(item.createdAt),
    IssuedAt: issued ? new Date(item.createdAt) : undefined,
    NotBefore: issued ? new Date(item.createdAt) : undefined,
    NotAfter: issued ? new Date(item.notAfter) : undefined,
  };
}

/** `…:listener/app/<name>/<id>/<listener>` belongs to `…:loadbalancer/app/<name>/<id>`. */
function loadBalancerOfListener(listenerArn: string): string {
  return listenerArn.slice(0, listenerArn.lastIndexOf("/")).replace(":listener/", ":loadbalancer/");
}
