import type { Clock } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import { sha256Hex } from "../json.ts";
import type { Logger } from "../log.ts";

/** What a TLS connection to the API server needs; PEM text. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly insecure?: boolean;
}

export interface Credentials {
  readonly authorization?: string;
  readonly impersonateUser?: string;
  readonly tls: TlsMaterial;
  /** How long these can be used before they are to be read again, in milliseconds; default 60 s. */
  readonly freshForMs?: number;
}

/** How soon a failed refresh is tried again while the old credentials last. */
const failedRefreshMs = 30_000;
/** Tokens are replaced this long before they expire. */
const expiryMarginMs = 300_000;

/** Credentials that are read again when they age, and at once when the server refuses them. */
export interface CredentialSource {
  current(): Promise<Credentials>;
  /** Reads again, unless that was done after `used` was handed out already. */
  renewed(used: Credentials): Promise<Credentials>;
}

export function createCredentialSource(options: {
  readonly load: () => Promise<Credentials>;
  readonly clock: Clock;
  readonly log: Logger;
}): CredentialSource {
  const { clock, log } = options;
  let held: { readonly credentials: Credentials; readonly refreshAt: number } | undefined;
  let loading: Promise<Credentials> | undefined;

  async function load(): Promise<Credentials> {
    try {
      const credentials = await options.load();
      const fresh = Math.min(credentials.freshForMs ?? 60_000, expiresIn(credentials, clock.now()));
      held = { credentials, refreshAt: clock.monotonic() + fresh };
      return credentials;
    } catch (error) {
      if (held === undefined) throw error;
      log.warn("credentials for the Kubernetes API could not be read again", { error: errorMessage(error) });
      held = { ...held, refreshAt: clock.monotonic() + failedRefreshMs };
      return held.credentials;
    } finally {
      loading = undefined;
    }
  }

  /** One refresh at a time, however many requests need it. */
  function refresh(): Promise<Credentials> {
    loading ??= load();
    return loading;
  }

  return {
    current: () =>
      held !== undefined && clock.monotonic() < held.refreshAt ? Promise.resolve(held.credentials) : refresh(),
    renewed: (used) =>
      held !== undefined && held.credentials !== used ? Promise.resolve(held.credentials) : refresh(),
  };
}

/** The `exp` of a JSON Web Token in milliseconds since the epoch; undefined for other tokens. */
export function tokenExpiry(token: string): number | undefined {
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    if (typeof claims !== "object" || claims === null || !("exp" in claims) || typeof claims.exp !== "number")
      return undefined;
    return claims.exp * 1000;
  } catch {
    return undefined;
  }
}

/** Equal for equal material: tells whether connections must be made anew. */
export function tlsFingerprint(tls: TlsMaterial): string {
  return sha256Hex([JSON.stringify([tls.ca, tls.cert, tls.key, tls.serverName, tls.insecure])]);
}

function expiresIn(credentials: Credentials, now: number): number {
  const token = credentials.authorization?.replace(/^Bearer /, "");
  const expiry = token === undefined ? undefined : tokenExpiry(token);
  // A token that is nearly over is looked at often: its successor appears before the end.
  return expiry === undefined ? Number.POSITIVE_INFINITY : Math.max(5_000, expiry - expiryMarginMs - now);
}
