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
}

/** For writes of the server's own controllers. */
export function internalContext(component: string): WriteContext {
  return {
    user: { username: `system:${component}`, groups: ["system:authenticated"] },
    fieldManager: component,
    dryRun: false,
    fieldValidation: "Ignore",
    warnings: [],
  };
}
