import { hasCode } from "../../aws/errors.ts";
import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";

export type FargateAction = "create" | "delete";

/** Where in the line a profile stands. */
export interface FargateQueuePlace {
  /** How many operations go first. */
  readonly position: number;
  /** Which those are, for people. */
  readonly waitingFor: string;
}

/** A profile that EKS is creating or deleting; it may be anybody's. */
export interface MovingProfile {
  readonly name: string;
  readonly status: string;
}

interface Ticket {
  readonly action: FargateAction;
  readonly number: number;
  seenAt: number;
  attempts: number;
}

const firstPollMs = 10_000;
const longestPollMs = 30_000;
/** Who has not asked for that long has gone away. */
const staleMs = 120_000;

/**
 * The line of Fargate profiles of one cluster that want to be created or deleted: EKS takes one such operation at a time
 * ("Fargate profiles"). Deletions go first, for they make room. Nobody blocks in it: who is not first gets a `waiting`
 * AppError with the code `Queued` and asks again. It is kept in memory only: after a restart everybody asks anew, and
 * what EKS is at work on is read from EKS.
 */
export class FargateQueue {
  readonly #clock: Clock;
  readonly #tickets = new Map<string, Ticket>();
  #issued = 0;
  #busy: string | undefined;
  #moving: MovingProfile | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Does `work` when it is this profile's turn. `inMotion` tells the profile, if any, that EKS is at work on. Throws
   * `Queued` when others go first, also when `work` throws that; whatever else `work` throws leaves the line.
   */
  async turn<T>(
    name: string,
    action: FargateAction,
    {
      inMotion,
      work,
    }: { readonly inMotion: () => Promise<MovingProfile | undefined>; readonly work: () => Promise<T> },
  ): Promise<T> {
    this.#enter(name, action);
    if (this.#busy !== undefined || this.#line()[0] !== name) throw this.queued(name);
    this.#busy = name;
    try {
      this.#moving = await inMotion();
      if (this.#moving !== undefined) throw this.queued(name);
      const result = await work();
      this.#moving = { name, status: action === "create" ? "CREATING" : "DELETING" };
      this.leave(name);
      return result;
    } catch (error) {
      if (!hasCode(error, "Queued")) this.leave(name);
      throw error;
    } finally {
      this.#busy = undefined;
    }
  }

  /** The profile wants nothing any more. */
  leave(name: string): void {
    this.#tickets.delete(name);
  }

  /** EKS is not, or no longer, at work on the profile. */
  settled(name: string): void {
    if (this.#moving?.name === name) this.#moving = undefined;
  }

  /** What the profile waits to do, if it waits. */
  action(name: string): FargateAction | undefined {
    return this.#tickets.get(name)?.action;
  }

  /** Undefined when the profile does not wait in the line. */
  place(name: string): FargateQueuePlace | undefined {
    const line = this.#line();
    const index = line.indexOf(name);
    if (index < 0) return undefined;
    const moving = this.#moving === undefined ? [] : [`${this.#moving.name} (${this.#moving.status})`];
    const ahead = line.slice(0, index).map((other) => `${other} (to ${this.#tickets.get(other)?.action ?? "create"})`);
    const first = [...moving, ...ahead];
    return { position: Math.max(1, first.length), waitingFor: first.join(", ") };
  }

  /** The error for one who has to wait. */
  queued(name: string): AppError {
    const attempts = this.#tickets.get(name)?.attempts ?? 1;
    const waitingFor = this.place(name)?.waitingFor ?? "";
    const what = waitingFor === "" ? "another operation" : waitingFor;
    return new AppError(`EKS creates or deletes one Fargate profile at a time; waiting for ${what}`, {
      class: "waiting",
      code: "Queued",
      retryAfterMs: Math.min(longestPollMs, firstPollMs + 5000 * (attempts - 1)),
    });
  }

  #enter(name: string, action: FargateAction): void {
    const now = this.#clock.monotonic();
    const ticket = this.#tickets.get(name);
    if (ticket?.action === action) {
      ticket.seenAt = now;
      ticket.attempts++;
      return;
    }
    this.#tickets.set(name, { action, number: this.#issued++, seenAt: now, attempts: 1 });
  }

  #line(): readonly string[] {
    const oldest = this.#clock.monotonic() - staleMs;
    for (const [name, ticket] of this.#tickets) if (ticket.seenAt < oldest) this.#tickets.delete(name);
    const rank = ({ action, number }: Ticket): number => (action === "delete" ? 0 : 1_000_000_000) + number;
    return [...this.#tickets].sort(([, a], [, b]) => rank(a) - rank(b)).map(([name]) => name);
  }
}
