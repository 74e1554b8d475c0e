import { AwsError } from "../aws-error.ts";

/** What STS reads from a web identity token. */
export interface WebIdentityClaims {
  /** With scheme, as in the token. */
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** Decodes a JWT without looking at its signature: the sandbox's issuer has no keys that anybody could fetch. */
export function webIdentityClaims(token: string): WebIdentityClaims {
  const invalid = () => new AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.");
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) throw invalid();
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  } catch (error) {
    throw new AwsError(invalid().code, invalid().message, { cause: error });
  }
  if (typeof claims !== "object" || claims === null) throw invalid();
  const { iss, sub, aud, exp } = claims as Readonly<Record<string, unknown>>;
  if (typeof iss !== "string" || typeof sub !== "string") throw invalid();
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((item): item is string => typeof item === "string");
  return { issuer: iss, subject: sub, audiences, expiresAt: typeof exp === "number" ? exp : undefined };
}
