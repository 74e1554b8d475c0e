import type { HttpRequest } from "../../http.ts";
import { AwsError } from "./aws-error.ts";
import type { CredentialStore, Principal } from "./credentials.ts";
import type { Protocol } from "./service.ts";
import { isSignedBy, signatureScope } from "./signature.ts";

type Refusal = "missing" | "malformed" | "unknownKey" | "scope" | "signature" | "expired";

/** Services with one control plane for all regions: the region of the signature does not matter. */
const globalServices: ReadonlySet<string> = new Set(["iam", "shield", "sts"]);

export interface AuthenticationOptions {
  readonly credentials: CredentialStore;
  readonly protocol: Protocol;
  readonly signingName: string;
  readonly region: string;
  readonly now: number;
}

/**
 * Who signed the request. The key must be known, the signature its own, the scope fit the service and region, and
 * temporary credentials come with their token and before their end; throws AWS's refusal of the protocol otherwise.
 */
export function authenticate(request: HttpRequest, options: AuthenticationOptions): Principal {
  const { credentials, protocol, signingName, region, now } = options;
  if (request.headers["authorization"] === undefined) throw refusal(protocol, "missing");
  const scope = signatureScope(request);
  if (scope === undefined || !scope.signedHeaders.includes("host")) throw refusal(protocol, "malformed");
  const credential = credentials.find(scope.accessKeyId);
  if (credential === undefined) throw refusal(protocol, "unknownKey");
  if (scope.signingName !== signingName) throw refusal(protocol, "scope");
  if (scope.region !== region && !globalServices.has(signingName)) throw refusal(protocol, "scope");
  if (!isSignedBy(request, scope, credential.secretAccessKey)) throw refusal(protocol, "signature");
  if (credential.sessionToken !== undefined && request.headers["x-amz-security-token"] !== credential.sessionToken)
    throw refusal(protocol, "unknownKey");
  if (credential.expiresAt !== undefined && credential.expiresAt <= now) throw refusal(protocol, "expired");
  return credential;
}

interface Answer {
  readonly code: string;
  readonly status: number;
}

/** Codes by protocol. Source: the services' pages "Common errors". */
const answers: Readonly<Record<Protocol["kind"], Readonly<Record<Refusal, Answer>>>> = {
  query: {
    missing: { code: "MissingAuthenticationToken", status: 403 },
    malformed: { code: "IncompleteSignature", status: 400 },
    unknownKey: { code: "InvalidClientTokenId", status: 403 },
    scope: { code: "SignatureDoesNotMatch", status: 403 },
    signature: { code: "SignatureDoesNotMatch", status: 403 },
    expired: { code: "ExpiredToken", status: 403 },
  },
  ec2: {
    missing: { code: "AuthFailure", status: 401 },
    malformed: { code: "AuthFailure", status: 401 },
    unknownKey: { code: "AuthFailure", status: 401 },
    scope: { code: "AuthFailure", status: 401 },
    signature: { code: "AuthFailure", status: 401 },
    expired: { code: "RequestExpired", status: 400 },
  },
  json: {
    missing: { code: "MissingAuthenticationTokenException", status: 400 },
    malformed: { code: "IncompleteSignatureException", status: 400 },
    unknownKey: { code: "UnrecognizedClientException", status: 400 },
    scope: { code: "InvalidSignatureException", status: 400 },
    signature: { code: "InvalidSignatureException", status: 400 },
    expired: { code: "ExpiredTokenException", status: 400 },
  },
  "rest-json": {
    missing: { code: "MissingAuthenticationTokenException", status: 403 },
    malformed: { code: "IncompleteSignatureException", status: 403 },
    unknownKey: { code: "UnrecognizedClientException", status: 403 },
    scope: { code: "InvalidSignatureException", status: 403 },
    signature: { code: "InvalidSignatureException", status: 403 },
    expired: { code: "ExpiredTokenException", status: 403 },
  },
};

const texts: Readonly<Record<Refusal, string>> = {
  missing: "Missing Authentication Token",
  malformed: "Authorization header requires 'Credential', 'SignedHeaders' (with 'host') and 'Signature'",
  unknownKey: "The security token included in the request is invalid",
  signature:
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
  scope: "Credential should be scoped to the service and region of this endpoint",
  expired: "The security token included in the request is expired",
};

function refusal(protocol: Protocol, reason: Refusal): AwsError {
  const { code, status } = answers[protocol.kind][reason];
  return new AwsError(code, texts[reason], { status });
}
