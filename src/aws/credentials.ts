import type { AwsCredentialIdentity } from "@smithy/types";
import type { Clock, Random } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import type { Logger } from "../log.ts";

export type CredentialSource = () => Promise<AwsCredentialIdentity>;

export interface Credentials {
  /** What SDK clients are given. */
  provide(): Promise<AwsCredentialIdentity>;
  /** AWS did not accept the present ones: the next use fetches others. */
  reject(): void;
}

const refreshBeforeExpiryMs = 10 * 60_000;
/** A refresh that AWS's rejection asks for is not repeated more often than this. */
const leastRefreshGapMs = 10_000;
const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/**
 * Keeps the credentials of the standard chain: one refresh at a time, ten minutes before expiry, with growing pauses
 * after a failure, during which the old ones serve until they expire. The SDK's own memory of them does neither.
 */
export function keepCredentials(options: {
  readonly source: CredentialSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}): Credentials {
  const { clock } = options;
  let present: AwsCredentialIdentity | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let rejected = false;
  let failures = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  let lastError: unknown;
  let refreshing: Promise<AwsCredentialIdentity> | undefined;

  const expiry = (): number => present?.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
  const usable = (): boolean => present !== undefined && expiry() > clock.now();

  async function refresh(): Promise<AwsCredentialIdentity> {
    try {
      present = await options.source();
      fetchedAt = clock.monotonic();
      rejected = false;
      failures = 0;
      return present;
    } catch (error) {
      lastError = error;
      failures += 1;
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
      notBefore = clock.monotonic() + pause * (0.5 + options.random() / 2);
      options.log.warn("AWS credentials could not be refreshed", { error: errorMessage(error), failures });
      throw error;
    } finally {
      refreshing = undefined;
    }
  }

  return {
    async provide() {
      const due = present === undefined || rejected || expiry() - clock.now() <= refreshBeforeExpiryMs;
      if (!due && present !== undefined) return present;
      if (clock.monotonic() < notBefore) {
        if (usable() && present !== undefined) return present;
        throw lastError;
      }
      refreshing ??= refresh();
      if (!usable() || rejected || present === undefined) return refreshing;
      refreshing.catch(() => undefined);
      return present;
    },
    reject() {
      if (clock.monotonic() - fetchedAt >= leastRefreshGapMs) rejected = true;
    },
  };
}

/** The SDK's standard chain: environment, shared files, web identity (IRSA), Pod Identity, instance role. */
export function standardChain(region: string): CredentialSource {
  return async () => {
    const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
    return fromNodeProviderChain({ clientConfig: { region } })();
  };
}
