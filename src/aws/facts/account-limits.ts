import type { Clock } from "../../clock.ts";
import type { Elbv2Port } from "../elbv2.ts";
import { Cached } from "./cached.ts";

/** Quotas are raised by support cases, not from one minute to the next. */
const ttlMs = 24 * 3_600_000;

/** The account's quotas of Elastic Load Balancing in this region. */
export interface AccountLimitFacts {
  /** By the names of DescribeAccountLimits, such as `rules-per-application-load-balancer`. */
  get(): Promise<Readonly<Record<string, number>>>;
}

export function accountLimitFacts({
  elbv2,
  clock,
}: {
  readonly elbv2: Elbv2Port;
  readonly clock: Clock;
}): AccountLimitFacts {
  const known = new Cached<Readonly<Record<string, number>>>(clock, ttlMs);
  return {
    get: () =>
      known.get("limits", async () => {
        const limits: Record<string, number> = {};
        let Marker: string | undefined;
        do {
          const page = await elbv2.describeAccountLimits(Marker === undefined ? {} : { Marker });
          for (const { Name, Max } of page.Limits ?? []) {
            const max = Number(Max);
            if (Name !== undefined && Number.isFinite(max)) limits[Name] = max;
          }
          Marker = page.NextMarker;
        } while (Marker !== undefined && Marker !== "");
        return limits;
      }),
  };
}
