import type { KnownDifference } from "./scenario.ts";
import type { Exchange } from "./session.ts";

/** One place of one answer in which the two servers are not the same. */
export interface Difference {
  readonly scenario: string;
  readonly request: string;
  /** A JSON pointer into the answer. */
  readonly at: string;
  readonly real: unknown;
  readonly embedded: unknown;
}

/** Compares answer by answer. It ends where the conversations part. */
export function differencesOf(
  scenario: string,
  real: readonly Exchange[],
  embedded: readonly Exchange[],
): readonly Difference[] {
  const found: Difference[] = [];
  for (let index = 0; index < Math.max(real.length, embedded.length); index++) {
    const [one, other] = [real[index], embedded[index]];
    const request = (one ?? other)?.request ?? "";
    if (one?.request !== other?.request) {
      found.push({ scenario, request, at: "/request", real: one?.request, embedded: other?.request });
      // From here on nothing answers the same question.
      break;
    }
    const [status, otherStatus] = [statusOf(one), statusOf(other)];
    if (status !== otherStatus) {
      // A refusal and an object have nothing in common that is worth telling.
      found.push({
        scenario,
        request,
        at: "/status",
        real: [status, messageOf(one)],
        embedded: [otherStatus, messageOf(other)],
      });
      continue;
    }
    compare(one?.answer, other?.answer, "", (at, left, right) =>
      found.push({ scenario, request, at, real: left, embedded: right }),
    );
  }
  return found;
}

function statusOf(exchange: Exchange | undefined): unknown {
  return (exchange?.answer as { readonly status?: unknown } | undefined)?.status;
}

function messageOf(exchange: Exchange | undefined): unknown {
  return (exchange?.answer as { readonly body?: { readonly message?: unknown } } | undefined)?.body?.message;
}

type Report = (at: string, real: unknown, embedded: unknown) => void;

function compare(real: unknown, embedded: unknown, at: string, report: Report): void {
  if (Object.is(real, embedded)) return;
  if (Array.isArray(real) && Array.isArray(embedded)) {
    if (real.length !== embedded.length) report(at, real, embedded);
    else real.forEach((item, index) => compare(item, embedded[index], `${at}/${index}`, report));
  } else if (isObject(real) && isObject(embedded)) {
    for (const key of new Set([...Object.keys(real), ...Object.keys(embedded)]))
      compare(real[key], embedded[key], `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, report);
  } else report(at, real, embedded);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function matches(known: KnownDifference, difference: Difference): boolean {
  return (
    glob(known.scenario).test(difference.scenario) &&
    glob(known.request).test(difference.request) &&
    glob(known.at).test(difference.at)
  );
}

function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "s");
}

/** For a failure: what is where, on both sides. */
export function describeDifference({ scenario, request, at, real, embedded }: Difference): string {
  return `${scenario}: ${request}\n    at ${at}\n    real:     ${show(real)}\n    embedded: ${show(embedded)}`;
}

function show(value: unknown): string {
  const text = value === undefined ? "(absent)" : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
