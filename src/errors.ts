/**
 * What can go wrong, as far as the program must act differently:
 *
 * - `invalid`: the user's input is wrong; nothing is retried until an object changes.
 * - `waiting`: something is still in progress; not a failure, never logged as one.
 * - `transient`: throttled, 5xx, time-outs, lost connections; retried with back-off.
 * - `denied`: AWS or Kubernetes refused for lack of permission; retried slowly.
 * - `conflict`: something that is not ours stands in the way (a name taken, a foreign owner).
 * - `missing`: the thing asked for does not exist.
 * - `bug`: anything else.
 */
export type ErrorClass = "invalid" | "waiting" | "transient" | "denied" | "conflict" | "missing" | "bug";

export interface AppErrorOptions {
  readonly class: ErrorClass;
  /** Stable, PascalCase; part of the product (conditions and docs name it). */
  readonly code: string;
  /** For `waiting` and `transient`: when a retry makes sense, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Flat facts for logs; never a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/** The one error type that the program throws on purpose. Text: lower-case start, one line, no final stop. */
export class AppError extends Error {
  override readonly name: string = "AppError";
  readonly class: ErrorClass;
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(message: string, options: AppErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.class = options.class;
    this.code = options.code;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}

/** The class of any thrown value; what the program did not foresee is a `bug`. */
export function errorClass(error: unknown): ErrorClass {
  return isAppError(error) ? error.class : "bug";
}

/** One line of text for any thrown value. */
export function errorMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}
