import { fileURLToPath } from "node:url";
import { type LoadBalancer, loadBalancerKind } from "../../api/load-balancer.ts";
import { systemClock } from "../../clock.ts";
import { createLogger } from "../../log.ts";
import { applyManifests } from "../apply-manifests.ts";
import { type CommandIO, Exit } from "../io.ts";
import { readManifests } from "../manifests.ts";
import { hostOperator } from "../operator-host.ts";
import { resourceRows } from "../resource-rows.ts";
import { hostSandbox, type SandboxHost } from "../sandbox-host.ts";
import { sandboxRunOptions } from "../sandbox-settings.ts";
import { renderTable } from "../table.ts";
import { untilAborted } from "../until-aborted.ts";
import { type WatchedObject, watchProgress } from "../watch-progress.ts";

export interface StartOptions {
  readonly once?: boolean;
  readonly speed: number;
  /** In seconds. */
  readonly timeout: number;
}

const samples = fileURLToPath(new URL("../../../config/samples", import.meta.url));
/** Kinds that are interesting to watch; namespaces and classes are ready at once. */
const quiet: readonly string[] = ["Namespace", "IngressClass"];

/** The first thing that anybody runs: sandbox, operator and samples, with everything that happens shown as it happens. */
export async function startCommand(options: StartOptions, io: CommandIO): Promise<void> {
  const manifests = await readManifests([samples]);
  io.out("Starting a Kubernetes API and AWS endpoints on this machine (no cluster and no AWS account is used) ...\n");
  const host = await hostSandbox({
    dir: ".fairlead",
    kubePort: 0,
    awsPort: 0,
    speed: options.speed,
    rateLimits: false,
  });
  const operator = await hostOperator({
    ...sandboxRunOptions(host.environment),
    leaderElection: undefined,
    kubeconfig: host.kubeconfig,
    environment: host.environment,
    log: createLogger({ level: "warn", format: "text" }),
  });
  try {
    await operator.operator.start(io.stop);
    io.out(
      `Operator running. AWS moves ${options.speed} times as fast as the real one. Applying config/samples ...\n\n`,
    );
    const applied = await applyManifests(manifests, { kube: host.kube, kinds: host.kinds, clock: systemClock });
    const objects = await watchProgress(
      applied.filter(({ object }) => !quiet.includes(object.kind)),
      {
        kube: host.kube,
        clock: systemClock,
        timeoutMs: options.timeout * 1000,
        signal: io.stop,
        onChange: (object, elapsedMs) => io.out(progressLine(object, elapsedMs)),
      },
    );
    await summarise(objects, host, io);
    const open = objects.filter(({ readiness }) => readiness.state !== "ready");
    if (options.once === true) {
      if (open.length > 0) throw new Exit(1);
      return;
    }
    io.out(instructions(host));
    await untilAborted(io.stop);
  } finally {
    await operator.stop();
    await host.close();
  }
}

const marks = { ready: "ready", progressing: "...", failed: "FAILED" } as const;

function progressLine({ name, readiness }: WatchedObject, elapsedMs: number): string {
  const time = `${(elapsedMs / 1000).toFixed(1)}s`.padStart(7);
  return `${time}  ${marks[readiness.state].padEnd(6)}  ${name.padEnd(40)}  ${readiness.detail}\n`;
}

async function summarise(objects: readonly WatchedObject[], host: SandboxHost, io: CommandIO): Promise<void> {
  const reports = (await host.kube.list(loadBalancerKind, {})) as readonly LoadBalancer[];
  const rows = resourceRows(
    objects.map(({ object }) => object),
    reports,
  );
  io.out(`\n${renderTable(["OBJECT", "AWS RESOURCE", "NAME", "STATE", "ARN"], rows)}\n\n`);
  const { calls } = host.sandbox.aws;
  const ready = objects.filter(({ readiness }) => readiness.state === "ready").length;
  io.out(
    `${ready} of ${objects.length} objects ready, with ${calls.count()} AWS calls, ${calls.mutations().length} of them writes.\n`,
  );
  for (const { name, readiness } of objects) {
    if (readiness.state !== "ready") io.err(`not ready: ${name}: ${readiness.detail}\n`);
  }
}

function instructions({ kubeconfig, awsEnvFile }: SandboxHost): string {
  return [
    "",
    "The sandbox stays up. In another terminal:",
    "",
    `  export KUBECONFIG=${kubeconfig}`,
    "  kubectl get lb,isa,ng -A",
    "  kubectl -n arcade scale deployment marbles --replicas 5",
    "  kubectl -n arcade describe ingress marbles",
    "",
    `  . ${awsEnvFile}     # for the AWS CLI`,
    "  aws elbv2 describe-load-balancers",
    "",
    "Ctrl-C ends it.",
    "",
  ].join("\n");
}
