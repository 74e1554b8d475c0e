import type { Random } from "../../../src/clock.ts";

/** One fault: when it begins, whom it hits, and for how long. */
export interface FaultEvent {
  /** Milliseconds after the test's first change. */
  readonly atMs: number;
  readonly kind: FaultKind;
  /** Which of the two processes; those of the servers hit both. */
  readonly slot: 0 | 1;
  readonly durationMs: number;
}

const kinds = [
  "api-server-restart",
  "compact",
  "kube-cut",
  "kube-torn",
  "kube-blackhole",
  "kube-swallow",
  "kube-slow",
  "lease-lost",
  "aws-errors",
  "aws-throttle",
  "aws-cut",
  "aws-blackhole",
  "freeze",
  "freeze-in-aws-write",
  "freeze-in-kube-write",
  "kill",
  "stop",
] as const;
export type FaultKind = (typeof kinds)[number];

/** Longest times, in milliseconds: some end within the operator's limits and some after. */
const longestMs: Readonly<Record<FaultKind, number>> = {
  "api-server-restart": 25_000,
  compact: 0,
  "kube-cut": 0,
  "kube-torn": 0,
  "kube-blackhole": 60_000,
  "kube-swallow": 0,
  "kube-slow": 30_000,
  "lease-lost": 60_000,
  "aws-errors": 30_000,
  "aws-throttle": 30_000,
  "aws-cut": 30_000,
  "aws-blackhole": 40_000,
  freeze: 60_000,
  "freeze-in-aws-write": 60_000,
  "freeze-in-kube-write": 60_000,
  kill: 0,
  stop: 0,
};

/** A schedule of faults over `spanMs`, in order of time. */
export function drawSchedule(random: Random, spanMs: number): readonly FaultEvent[] {
  const count = 2 + Math.floor(random() * 5);
  const events = Array.from({ length: count }, (): FaultEvent => {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? "freeze";
    // Many faults hit while there is most to do: at the beginning.
    const atMs = Math.round(random() * random() * spanMs);
    const durationMs = Math.round(longestMs[kind] * (0.05 + 0.95 * random()));
    return { atMs, kind, slot: random() < 0.5 ? 0 : 1, durationMs };
  });
  return events.toSorted((a, b) => a.atMs - b.atMs);
}

/** For the message of a failed test. */
export function describeSchedule(events: readonly FaultEvent[]): string {
  return events
    .map(({ atMs, kind, slot, durationMs }) => {
      const lasting = durationMs === 0 ? "" : ` for ${durationMs / 1000} s`;
      return `  ${(atMs / 1000).toFixed(3)} s  ${kind} of process ${slot}${lasting}`;
    })
    .join("\n");
}
