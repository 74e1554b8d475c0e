import type { Clock } from "../../clock.ts";
import type { Wafv2Port } from "../wafv2.ts";
import { Cached } from "./cached.ts";

const ttlMs = 60 * 60_000;

export interface WebACLFacts {
  /** The ARN of the regional web ACL with this name, or undefined. */
  arnOf(name: string): Promise<string | undefined>;
}

export function webACLFacts({ wafv2, clock }: { readonly wafv2: Wafv2Port; readonly clock: Clock }): WebACLFacts {
  const listing = new Cached<ReadonlyMap<string, string>>(clock, ttlMs);
  const list = async (): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    let NextMarker: string | undefined;
    do {
      const page = await wafv2.listWebACLs({ Scope: "REGIONAL", ...(NextMarker === undefined ? {} : { NextMarker }) });
      for (const { Name, ARN } of page.WebACLs ?? []) {
        if (Name !== undefined && ARN !== undefined && !found.has(Name)) found.set(Name, ARN);
      }
      NextMarker = page.NextMarker;
    } while (NextMarker !== undefined && NextMarker !== "");
    return found;
  };
  return {
    async arnOf(name) {
      const known = (await listing.peek(""))?.get(name);
      if (known !== undefined) return known;
      // A name that was made after the listing is worth another look.
      listing.forget("");
      return (await listing.get("", list)).get(name);
    },
  };
}
