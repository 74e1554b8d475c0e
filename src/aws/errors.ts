import type { ErrorClass } from "../errors.ts";
import { AppError, errorMessage, isAppError } from "../errors.ts";
import type { ServiceName } from "./operation.ts";

/** How a failed attempt may be followed up. */
export type RetryKind =
  /** AWS did not take the request: any operation may be sent again, slowly. */
  | "throttled"
  /** AWS did not take the request for a passing reason: any operation may be sent again. */
  | "refused"
  /** Nobody knows whether AWS acted on it: only what is idempotent may be sent again. */
  | "unknown"
  /** The credentials were not accepted: worth one attempt with fresh ones. */
  | "credentials"
  | "final";

type Codes = Readonly<Record<string, ErrorClass>>;

const throttleCodes = new Set([
  "Throttling",
  "Throttled",
  "ThrottledException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "TooManyRequests",
  "EC2Throttled",
  "SlowDown",
  "BandwidthLimitExceeded",
]);

const refusedCodes = new Set(["ServiceUnavailable", "Unavailable", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

const credentialCodes = new Set([
  "ExpiredToken",
  "RequestExpired",
  "InvalidClientTokenId",
  "UnrecognizedClient",
  "InvalidIdentityToken",
]);

/** Codes that mean the same in every service ("Common Errors" of each API reference); suffix `Exception` taken off. */
const common: Codes = {
  AccessDenied: "denied",
  UnauthorizedOperation: "denied",
  NotAuthorized: "denied",
  OptInRequired: "denied",
  AuthFailure: "denied",
  MissingAuthenticationToken: "denied",
  SignatureDoesNotMatch: "denied",
  InvalidSignature: "denied",
  IncompleteSignature: "denied",
  ExpiredToken: "denied",
  RequestExpired: "denied",
  InvalidClientTokenId: "denied",
  UnrecognizedClient: "denied",
  CredentialsProviderError: "denied",
  ValidationError: "invalid",
  Validation: "invalid",
  MissingParameter: "invalid",
  MissingRequiredParameter: "invalid",
  UnknownParameter: "invalid",
  ResourceNotFound: "missing",
  NoSuchEntity: "missing",
  PriorRequestNotComplete: "waiting",
};

const byService: Readonly<Partial<Record<ServiceName, Codes>>> = {
  elbv2: {
    DuplicateLoadBalancerName: "conflict",
    DuplicateTargetGroupName: "conflict",
    DuplicateListener: "conflict",
    PriorityInUse: "conflict",
    ResourceInUse: "waiting",
    OperationNotPermitted: "conflict",
    TargetGroupAssociationLimit: "conflict",
    CapacityReservationPending: "waiting",
    OperationInProgress: "waiting",
    TrustStoreNotReady: "waiting",
    AllocationIdNotFound: "invalid",
    CertificateNotFound: "invalid",
    SSLPolicyNotFound: "invalid",
    SubnetNotFound: "invalid",
    TrustStoreNotFound: "invalid",
    ALPNPolicyNotFound: "invalid",
    ALPNPolicyNotSupported: "invalid",
    UnsupportedCertificate: "invalid",
    UnsupportedProtocol: "invalid",
    IncompatibleProtocols: "invalid",
    AvailabilityZoneNotSupported: "invalid",
    DuplicateTagKeys: "invalid",
    InsufficientCapacity: "transient",
    HealthUnavailable: "transient",
  },
  ec2: {
    DependencyViolation: "waiting",
    "InvalidGroup.Duplicate": "conflict",
    "InvalidPermission.Duplicate": "conflict",
    "InvalidLaunchTemplateName.AlreadyExists": "conflict",
    IdempotentParameterMismatch: "conflict",
    CannotDelete: "conflict",
  },
  iam: {
    EntityAlreadyExists: "conflict",
    DeleteConflict: "waiting",
    ConcurrentModification: "waiting",
    EntityTemporarilyUnmodifiable: "waiting",
    UnmodifiableEntity: "conflict",
    PolicyNotAttachable: "invalid",
    MalformedPolicyDocument: "invalid",
  },
  eks: {
    ResourceInUse: "conflict",
    ResourcePropagationDelay: "waiting",
    BadRequest: "invalid",
    UnsupportedAvailabilityZone: "invalid",
  },
  acm: {
    RequestInProgress: "waiting",
  },
  wafv2: {
    WAFUnavailableEntity: "waiting",
    WAFOptimisticLock: "waiting",
    WAFNonexistentItem: "missing",
    WAFInternalError: "transient",
    WAFInvalidParameter: "invalid",
    WAFInvalidOperation: "invalid",
    WAFFeatureNotIncludedInPricingPlan: "invalid",
  },
  shield: {
    ResourceAlreadyExists: "conflict",
    OptimisticLock: "waiting",
    InvalidOperation: "invalid",
    InvalidResource: "invalid",
  },
};

interface AwsErrorShape {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly cause?: unknown;
}

function shape(error: unknown): AwsErrorShape {
  return typeof error === "object" && error !== null ? (error as AwsErrorShape) : {};
}

/**
 * The AWS error code without the suffix `Exception`, or the socket's code for a transport failure. The SDK names
 * modelled query errors by class (`TargetGroupNotFoundException`) while the wire says `TargetGroupNotFound`.
 */
export function awsCode(error: unknown): string {
  const { Code, code, name } = shape(error);
  const raw = [Code, code, name].find((value): value is string => typeof value === "string" && value !== "");
  return (raw ?? "Unknown").replace(/(?<=.)Exception$/, "");
}

export function retryKind(error: unknown): RetryKind {
  const code = awsCode(error);
  const status = shape(error).$metadata?.httpStatusCode;
  if (throttleCodes.has(code) || status === 429) return code === "PriorRequestNotComplete" ? "final" : "throttled";
  if (credentialCodes.has(code)) return "credentials";
  if (refusedCodes.has(code) || status === 503) return "refused";
  if (status === undefined || status === 0) return isTransport(error) ? "unknown" : "final";
  return status >= 500 ? "unknown" : "final";
}

const transportCodes = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "TimeoutError",
  "Timeout",
  "RequestTimeout",
  "AbortError",
  "NetworkingError",
]);

function isTransport(error: unknown): boolean {
  return transportCodes.has(awsCode(error)) || (error instanceof Error && error.message === "socket hang up");
}

function classOf(service: ServiceName, code: string, error: unknown): ErrorClass {
  const known = byService[service]?.[code] ?? common[code];
  if (known !== undefined) return known;
  const kind = retryKind(error);
  if (kind === "throttled" || kind === "refused" || kind === "unknown") return "transient";
  if (isQuota(code)) return "conflict";
  if (code.endsWith("NotFound")) return "missing";
  if (/^(Invalid|Malformed|Unsupported|Incompatible)/.test(code) || code.endsWith("Malformed")) return "invalid";
  return "bug";
}

/** Quotas: `TooManyRules`, `LimitExceeded`, `RulesPerSecurityGroupLimitExceeded` ... */
export function isQuota(code: string): boolean {
  return /^TooMany(?!Requests)/.test(code) || (/Limits?Exceeded$/.test(code) && !throttleCodes.has(code));
}

const deniedPattern =
  /not authorized to perform: (?<action>[a-z0-9-]+:[A-Za-z0-9]+)(?: on resource: (?<resource>\S+))?/;
const quotaRetryMs = 5 * 60_000;

/** What the failed call was, for the message. */
export interface FailedCall {
  readonly service: ServiceName;
  readonly name: string;
  readonly iamActions: readonly string[];
  readonly resource?: string | undefined;
}

/**
 * The program's own error for what an SDK client threw. `code` is AWS's code without `Exception`; `AccessDenied` for every
 * lack of permission, `Throttled` for every throttle, `CredentialsRejected` when AWS does not accept who we are.
 */
export function toAppError(error: unknown, call: FailedCall): AppError {
  if (isAppError(error)) return error;
  const code = awsCode(error);
  const errorClass = classOf(call.service, code, error);
  const text = errorMessage(error).replace(/\.+$/, "");
  const requestId = shape(error).$metadata?.requestId;
  const details = {
    service: call.service,
    operation: call.name,
    awsCode: code,
    ...(requestId === undefined ? {} : { requestId }),
  };
  const where = `${call.service} ${call.name}${call.resource === undefined ? "" : ` for ${call.resource}`}`;

  if (errorClass === "denied") {
    const found = deniedPattern.exec(text)?.groups;
    const action = found?.["action"] ?? call.iamActions[0];
    const isCredential = code !== "AccessDenied" && code !== "UnauthorizedOperation" && code !== "NotAuthorized";
    if (isCredential || action === undefined) {
      return new AppError(`AWS does not accept the credentials (${code}) in ${where}: ${text}`, {
        class: "denied",
        code: "CredentialsRejected",
        details,
        cause: error,
      });
    }
    const resource = found?.["resource"] ?? call.resource;
    return new AppError(
      `the IAM permission ${action} is missing${resource === undefined ? "" : ` on ${resource}`}; needed by ${where}`,
      { class: "denied", code: "AccessDenied", details: { ...details, action }, cause: error },
    );
  }
  if (retryKind(error) === "throttled") {
    return new AppError(`AWS throttles ${where}`, { class: "transient", code: "Throttled", details, cause: error });
  }
  return new AppError(`${where} failed: ${text} (${code})`, {
    class: errorClass,
    code,
    details,
    cause: error,
    ...(isQuota(code) ? { retryAfterMs: quotaRetryMs } : {}),
  });
}

/** Whether `error` is AWS's refusal with one of these codes (written without `Exception`). */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return isAppError(error) && codes.includes(error.code);
}
