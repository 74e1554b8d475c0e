/** One call as the endpoint saw it. */
export interface CallRecord {
  /** 1 for the first call since the sandbox started; never reset. */
  readonly sequence: number;
  /** Wall time in milliseconds. */
  readonly time: number;
  readonly service: string;
  readonly operation: string;
  /** Decoded parameters as sent, secrets replaced by `***`. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** ARN of the caller; undefined when the signature named nobody known. */
  readonly principal: string | undefined;
  readonly requestId: string;
  readonly status: number;
  /** AWS's code when the call was refused; `ConnectionCut` when a fault cut the connection. */
  readonly errorCode: string | undefined;
  readonly mutating: boolean;
  /** Whether the operation took effect, even if its answer was lost. */
  readonly performed: boolean;
}

/** Record of every call, with counters that cost nothing to read. */
export class CallLog {
  #sequence = 0;
  #records: CallRecord[] = [];
  #counts = new Map<string, number>();
  #throttles = 0;
  readonly #capacity: number;

  /** Keeps the newest `capacity` records; counters go on beyond that. */
  constructor(capacity = 200_000) {
    this.#capacity = capacity;
  }

  get records(): readonly CallRecord[] {
    return this.#records;
  }

  /** Calls by `service.operation` since the last reset. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Calls refused for their rate since the last reset. */
  get throttles(): number {
    return this.#throttles;
  }

  /** Number of calls of `service.operation`, of a whole service (`elbv2`), or of all. */
  count(name?: string): number {
    let total = 0;
    for (const [operation, calls] of this.#counts) {
      if (name === undefined || operation === name || operation.startsWith(`${name}.`)) total += calls;
    }
    return total;
  }

  /** Calls that may change something, in order. */
  mutations(): readonly CallRecord[] {
    return this.#records.filter((record) => record.mutating);
  }

  /** Forgets records and counters; the sequence goes on. */
  reset(): void {
    this.#records = [];
    this.#counts = new Map();
    this.#throttles = 0;
  }

  add(record: Omit<CallRecord, "sequence">, throttled: boolean): void {
    this.#sequence += 1;
    this.#records.push({ sequence: this.#sequence, ...record });
    if (this.#records.length > this.#capacity * 1.1) this.#records = this.#records.slice(-this.#capacity);
    const name = `${record.service}.${record.operation}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (throttled) this.#throttles += 1;
  }
}

/** `parameters` with the values of the named members masked, at any depth. */
export function maskSecrets(
  parameters: Readonly<Record<string, unknown>>,
  secrets: readonly string[],
): Readonly<Record<string, unknown>> {
  if (secrets.length === 0) return parameters;
  const mask = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, secrets.includes(name) ? "***" : mask(inner)]),
    );
  };
  return mask(parameters) as Readonly<Record<string, unknown>>;
}
