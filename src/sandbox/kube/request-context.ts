export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What every write carries beside its object. */
export interface WriteContext {
  readonly user: UserInfo;
  readonly fieldManager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** Texts for `Warning` headers; handlers add to it. */
  readonly warnings: string[];
  /** The request's `CreateOptions`, `PatchOptions` and so on as webhooks see them. */
  readonly options?: Readonly<Record<string, unknown>>;
}
