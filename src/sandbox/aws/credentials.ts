/** Who signed a call. */
export interface Principal {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** ARN as GetCallerIdentity gives it. */
  readonly arn: string;
  /** Unique id as GetCallerIdentity gives it (`AIDA...`, `AROA...:session`). */
  readonly userId: string;
}

export interface Credential extends Principal {
  readonly secretAccessKey: string;
  /** Temporary credentials: must come with every call. */
  readonly sessionToken?: string;
  /** Wall time in milliseconds after which calls answer `ExpiredToken`. */
  readonly expiresAt?: number;
}

/** The access keys that the endpoint accepts. STS adds temporary ones. */
export class CredentialStore {
  readonly #byKeyId = new Map<string, Credential>();

  add(credential: Credential): void {
    this.#byKeyId.set(credential.accessKeyId, credential);
  }

  /** Makes calls with the key answer `InvalidClientTokenId` from now on. */
  remove(accessKeyId: string): void {
    this.#byKeyId.delete(accessKeyId);
  }

  find(accessKeyId: string): Credential | undefined {
    return this.#byKeyId.get(accessKeyId);
  }
}

/** The credential that the sandbox hands out: an administrator of the sandbox's account. */
export function sandboxCredential(partition: string, accountId: string): Credential {
  return {
    accessKeyId: "AKIAFAIRLEADSANDBOX1",
    secretAccessKey: "fairlead-sandbox-secret-of-no-value-at-all",
    accountId,
    arn: `arn:${partition}:iam::${accountId}:user/fairlead-sandbox`,
    userId: "AIDAFAIRLEADSANDBOX1",
  };
}
