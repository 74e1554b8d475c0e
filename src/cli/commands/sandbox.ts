import { systemClock } from "../../clock.ts";
import { createLogger } from "../../log.ts";
import { applyManifests } from "../apply-manifests.ts";
import type { CommandIO } from "../io.ts";
import { type Manifest, readManifests } from "../manifests.ts";
import { hostOperator } from "../operator-host.ts";
import { hostSandbox, type KubeFlavour, type SandboxHost } from "../sandbox-host.ts";
import { sandboxRunOptions } from "../sandbox-settings.ts";
import { untilAborted } from "../until-aborted.ts";

export interface SandboxCommandOptions {
  readonly dir: string;
  readonly kube: KubeFlavour;
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
  const { environment, stop } = io;
  const settings = { ...options, environment, rateLimits: options.rateLimits ?? false, signal: stop };
  let host: SandboxHost;
  try {
    host = await hostSandbox(settings);
  } catch (error) {
    if (stop.aborted) return;
    throw error;
  }
  const dead = new AbortController();
  let death: Error | undefined;
  host.died.catch((error: Error) => {
    death = error;
    dead.abort();
  });
  const either = { ...io, stop: AbortSignal.any([stop, dead.signal]) };
  try {
    await serveUntilAsked(host, { manifests, operator: options.operator, io: either });
    // What ends while the sandbox is being ended is no news: Ctrl-C reaches the programs of a terminal all at once.
    if (death !== undefined && !stop.aborted) throw death;
  } catch (error) {
    if (!stop.aborted) throw death ?? error;
  } finally {
    await host.close();
  }
}

async function serveUntilAsked(
  host: SandboxHost,
  { manifests, operator: wanted, io }: { manifests: readonly Manifest[]; operator: boolean; io: CommandIO },
): Promise<void> {
  await applyManifests(manifests, { kube: host.kube, kinds: host.kinds, clock: systemClock });
  const operator = wanted
    ? await hostOperator({
        ...sandboxRunOptions(host.environment),
        leaderElection: undefined,
        kubeconfig: host.operatorKubeconfig,
        environment: host.environment,
        log: createLogger({ level: "warn", format: "text" }),
      })
    : undefined;
  try {
    await operator?.operator.start(io.stop);
    io.out(
      `sandbox ready: kube ${host.kubeURL} aws ${host.awsURL} kubeconfig ${host.kubeconfig} env ${host.awsEnvFile}` +
        ` operator ${wanted ? "on" : "off"}\n`,
    );
    await untilAborted(io.stop);
  } finally {
    await operator?.stop();
  }
}
