import { systemClock } from "../../clock.ts";
import { createLogger } from "../../log.ts";
import { applyManifests } from "../apply-manifests.ts";
import type { CommandIO } from "../io.ts";
import { readManifests } from "../manifests.ts";
import { hostOperator } from "../operator-host.ts";
import { hostSandbox } from "../sandbox-host.ts";
import { sandboxRunOptions } from "../sandbox-settings.ts";
import { untilAborted } from "../until-aborted.ts";

export interface SandboxCommandOptions {
  readonly dir: string;
  readonly kubePort: number;
  readonly awsPort: number;
  readonly operator: boolean;
  readonly file: readonly string[];
  readonly rateLimits?: boolean;
  readonly speed: number;
}

/** Runs the sandbox until the process is asked to end. Prints one line that starts with `sandbox ready` once it is. */
export async function sandboxCommand(options: SandboxCommandOptions, io: CommandIO): Promise<void> {
  const manifests = await readManifests(options.file, () => io.readStdin());
  const host = await hostSandbox({ ...options, rateLimits: options.rateLimits ?? false });
  try {
    await applyManifests(manifests, { kube: host.kube, kinds: host.kinds, clock: systemClock });
    const operator = options.operator
      ? await hostOperator({
          ...sandboxRunOptions(host.environment),
          leaderElection: undefined,
          kubeconfig: host.kubeconfig,
          environment: host.environment,
          log: createLogger({ level: "warn", format: "text" }),
        })
      : undefined;
    try {
      await operator?.operator.start(io.stop);
      io.out(
        `sandbox ready: kube ${host.kubeURL} aws ${host.awsURL} kubeconfig ${host.kubeconfig} env ${host.awsEnvFile}` +
          ` operator ${options.operator ? "on" : "off"}\n`,
      );
      await untilAborted(io.stop);
    } catch (error) {
      if (!io.stop.aborted) throw error;
    } finally {
      await operator?.stop();
    }
  } finally {
    await host.close();
  }
}
