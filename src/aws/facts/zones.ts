import type { Clock } from "../../clock.ts";
import type { Ec2Port } from "../ec2.ts";
import { Cached } from "./cached.ts";

export interface Zone {
  readonly name: string;
  readonly id: string;
  /** `availability-zone`, `local-zone`, `wavelength-zone`. */
  readonly type: string;
}

const ttlMs = 24 * 60 * 60_000;

export interface ZoneFacts {
  /** All zones of the Region that the account may use; one call a day. */
  list(): Promise<readonly Zone[]>;
}

export function zoneFacts({ ec2, clock }: { readonly ec2: Ec2Port; readonly clock: Clock }): ZoneFacts {
  const known = new Cached<readonly Zone[]>(clock, ttlMs);
  return {
    list: () =>
      known.get("", async () => {
        const { AvailabilityZones } = await ec2.describeAvailabilityZones({});
        return (AvailabilityZones ?? []).map(({ ZoneName, ZoneId, ZoneType }) => ({
          name: ZoneName ?? "",
          id: ZoneId ?? "",
          type: ZoneType ?? "",
        }));
      }),
  };
}
