import { createLogger } from "../../log.ts";
import { serveHealth } from "../health-server.ts";
import type { CommandIO } from "../io.ts";
import { Exit } from "../io.ts";
import { hostOperator } from "../operator-host.ts";
import { retiredFlagNotes, runOptions } from "../run-flags.ts";
import { untilAborted } from "../until-aborted.ts";

/** Runs the operator until the process is asked to end, or must end because another process leads. */
export async function runOperator(options: Readonly<Record<string, unknown>>, io: CommandIO): Promise<void> {
  const run = runOptions(options, io.environment);
  const log = createLogger({ level: run.logLevel, format: run.logFormat });
  for (const note of retiredFlagNotes(options)) log.warn(note);
  const host = await hostOperator({ ...run, environment: io.environment, log });
  const { operator, metrics } = host;
  const servers = await serveHealth({
    healthAddress: run.healthAddress,
    metricsAddress: run.metricsAddress,
    health: () => operator.health(),
    metrics: () => metrics.text(),
  });
  try {
    await operator.start(io.stop);
    await untilAborted(AbortSignal.any([io.stop, operator.lost]));
  } catch (error) {
    if (!io.stop.aborted) throw error;
  } finally {
    await host.stop();
    await servers.close();
  }
  if (operator.lost.aborted && !io.stop.aborted) {
    log.error("the lease was lost: another process may lead now");
    throw new Exit(1);
  }
}
