/** What a fault does to a call. */
export type Fault =
  /** Refused before anything happens. */
  | { readonly kind: "error"; readonly code: string; readonly status?: number; readonly message?: string }
  /** The service's own answer to a call above its rate. */
  | { readonly kind: "throttle" }
  /** Answered as usual, this much later. */
  | { readonly kind: "latency"; readonly ms: number }
  /** The connection breaks: before the service sees the call, or after it took effect (a lost answer). */
  | { readonly kind: "cut"; readonly when: "before" | "after" };

/** Which calls a fault hits. Everything that is given must match. */
export interface FaultRule {
  readonly service?: string;
  readonly operation?: string;
  /** Only calls that may change something (or only those that do not). */
  readonly mutating?: boolean;
  /** Decides by the decoded parameters. */
  readonly parameters?: (parameters: Readonly<Record<string, unknown>>) => boolean;
  /** Hits from the n-th matching call on, counted from 1 since the rule was added; 1 unless given. */
  readonly from?: number;
  /** How many matching calls it hits; 1 unless given, Infinity for all. */
  readonly times?: number;
  /** Chance in [0, 1] that a call within `from` and `times` is hit; certain unless given. */
  readonly probability?: number;
  readonly fault: Fault;
}

export interface FaultHandle {
  /** Calls that matched so far, and those that were hit. */
  readonly matched: number;
  readonly hits: number;
  remove(): void;
}

export interface FaultSubject {
  readonly service: string;
  readonly operation: string;
  readonly mutating: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly rule: FaultRule;
  matched: number;
  hits: number;
}

/** Faults that a test or a scenario scripts. Rules are tried in the order of their addition; every hit applies. */
export class FaultPlan {
  readonly #random: () => number;
  readonly #entries = new Set<Entry>();

  constructor(random: () => number) {
    this.#random = random;
  }

  add(rule: FaultRule): FaultHandle {
    const entry: Entry = { rule, matched: 0, hits: 0 };
    this.#entries.add(entry);
    return {
      get matched() {
        return entry.matched;
      },
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#entries.delete(entry),
    };
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The faults for one call; counts it. */
  next(subject: FaultSubject): readonly Fault[] {
    const faults: Fault[] = [];
    for (const entry of this.#entries) {
      if (!matches(entry.rule, subject)) continue;
      entry.matched += 1;
      if (entry.matched < (entry.rule.from ?? 1) || entry.hits >= (entry.rule.times ?? 1)) continue;
      if (entry.rule.probability !== undefined && this.#random() >= entry.rule.probability) continue;
      entry.hits += 1;
      faults.push(entry.rule.fault);
    }
    return faults;
  }
}

function matches(rule: FaultRule, subject: FaultSubject): boolean {
  return (
    (rule.service === undefined || rule.service === subject.service) &&
    (rule.operation === undefined || rule.operation === subject.operation) &&
    (rule.mutating === undefined || rule.mutating === subject.mutating) &&
    (rule.parameters === undefined || rule.parameters(subject.parameters))
  );
}
