import { createAws, endpointsFrom } from "../src/aws/clients.ts";
import { publishedRates, type Rates } from "../src/aws/rates.ts";
import { keysIn } from "../src/cli/operator-host.ts";
import { sandboxRunOptions } from "../src/cli/sandbox-settings.ts";
import { systemClock } from "../src/clock.ts";
import { connectToCluster } from "../src/kube/connection.ts";
import { createLogger } from "../src/log.ts";
import { createMetrics } from "../src/metrics.ts";
import { createOperator } from "../src/operator/operator.ts";

/**
 * The operator in a process of its own, as `fairlead run` wires it, but without the rates that it keeps towards AWS: what is
 * measured is the program. Tells memory and CPU to the parent process whenever it is asked.
 */
export interface Usage {
  /** Largest resident set so far, in bytes. */
  readonly peakBytes: number;
  readonly heapBytes: number;
  readonly cpuMs: number;
}

const environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
const log = createLogger({ level: "error", format: "text" });
const { settings } = sandboxRunOptions(environment);
const connection = await connectToCluster({ clock: systemClock, log });
const credentials = keysIn(environment);
const operator = createOperator({
  settings,
  http: connection.http,
  aws: createAws({
    region: settings.region,
    endpoints: endpointsFrom(environment),
    ...(credentials === undefined ? {} : { credentials }),
    clock: systemClock,
    random: Math.random,
    log,
    rates: unlimited(),
  }),
  clock: systemClock,
  random: Math.random,
  log,
  metrics: createMetrics(),
  instance: "bench",
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  const usage: Usage = {
    peakBytes: process.resourceUsage().maxRSS * 1024,
    heapBytes: process.memoryUsage().heapUsed,
    cpuMs: (user + system) / 1000,
  };
  process.send?.(usage);
});
process.on("disconnect", () => process.exit(0));
await operator.start();
process.send?.("started");

function unlimited(): Rates {
  const rate = { capacity: 1e6, refillPerSecond: 1e6 };
  return Object.fromEntries(
    Object.entries(publishedRates).map(([service, { buckets }]) => [
      service,
      { buckets: Object.fromEntries(Object.keys(buckets).map((name) => [name, rate])) },
    ]),
  ) as Rates;
}
