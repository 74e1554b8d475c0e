/** What a command may touch of the process; tests give their own. */
export interface CommandIO {
  /** Writes to standard output as it is. */
  out(text: string): void;
  /** Writes to standard error as it is. */
  err(text: string): void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether a person looks at standard output. */
  readonly interactive: boolean;
  readStdin(): Promise<string>;
  /** Aborts when the process is asked to end (SIGINT, SIGTERM). */
  readonly stop: AbortSignal;
}

/** A command's end with an exit code and nothing more to say. */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
