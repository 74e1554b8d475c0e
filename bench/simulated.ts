import { OperatorWorld } from "../test/support/operator-world.ts";
import type { SimClock } from "../test/support/sim-clock.ts";
import { type Measured, measure } from "./scene.ts";
import { quotasFor, type Size } from "./workload.ts";

/** One run in simulated time with AWS's rates, sandbox and operator in this process, the operator's own rates as shipped. */
export async function runSimulated(size: Size, note: (text: string) => void): Promise<Measured> {
  const world = await OperatorWorld.create({ aws: { rateLimits: true, quotas: quotasFor(size) }, podStartMs: 2_000 });
  const { sandbox, kube } = world;
  const clock: SimClock = world.clock;
  try {
    return await measure(
      {
        clock,
        sandbox,
        kube,
        drive: (promise) => world.drive(promise, 3_600_000),
        pass: (ms) => clock.advance(ms),
      },
      size,
      note,
    );
  } finally {
    await world.close();
  }
}
