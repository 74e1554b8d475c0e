import type { Clock } from "../../clock.ts";
import { AppError, errorMessage, isAppError } from "../../errors.ts";

/**
 * A role that was made seconds ago is unknown to EKS for a while, and EKS says so in the words of an input error. For
 * `limitMs` after it was first seen for a key such an error means waiting; after that it is what it says.
 */
export class PropagationPatience {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #pattern: RegExp;
  readonly #firstSeen = new Map<string, number>();

  /** `pattern`: EKS's words for what it does not see yet. */
  constructor(clock: Clock, limitMs: number, pattern: RegExp = aboutRoles) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#pattern = pattern;
  }

  /** Forget: it worked. */
  clear(key: string): void {
    this.#firstSeen.delete(key);
  }

  /** The error to throw in place of `error`. */
  judge(key: string, error: unknown): unknown {
    if (!isAppError(error) || !this.#pattern.test(error.message)) return error;
    const now = this.#clock.monotonic();
    const first = this.#firstSeen.get(key) ?? now;
    this.#firstSeen.set(key, first);
    const passed = now - first;
    if (passed >= this.#limitMs) return error;
    return new AppError(`EKS does not see the new role yet: ${errorMessage(error)}`, {
      class: "waiting",
      code: "PropagationPending",
      retryAfterMs: Math.min(20_000, Math.max(5000, passed)),
      cause: error,
    });
  }
}

/** EKS's texts for a role, a trust policy or an instance profile that it cannot use. */
const aboutRoles =
  /role.*(does not exist|not found|cannot be found|is invalid)|trust (policy|relationship)|instance profile.*not found/i;
