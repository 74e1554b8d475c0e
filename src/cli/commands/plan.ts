import { type KubeObject } from "../../api/object.ts";
import { createAws, endpointsFrom } from "../../aws/clients.ts";
import { sleep, systemClock } from "../../clock.ts";
import { type PlanDocument, renderPlan, renderSummary } from "../../engine/render-plan.ts";
import { AppError, errorMessage } from "../../errors.ts";
import type { HttpHandler } from "../../http.ts";
import type { Draft } from "../../kube/client.ts";
import { connectToCluster } from "../../kube/connection.ts";
import { createKubeHttp } from "../../kube/http-client.ts";
import { createKubeClient } from "../../kube/rest-client.ts";
import { createLogger, type Logger } from "../../log.ts";
import { createMetrics } from "../../metrics.ts";
import { createOperator, type Operator, type OperatorOptions } from "../../operator/operator.ts";
import { inProcessHandler } from "../../sandbox/aws/in-process-handler.ts";
import { createSandbox } from "../../sandbox/sandbox.ts";
import { applyManifests } from "../apply-manifests.ts";
import { type CommandIO, Exit } from "../io.ts";
import { createKindFinder } from "../kind-finder.ts";
import { type Manifest, readManifests } from "../manifests.ts";
import { keysIn } from "../operator-host.ts";
import { type OverlayObject, overlay } from "../overlay.ts";
import { PlanRecorder } from "../recording-engine.ts";
import { runOptions } from "../run-flags.ts";
import { defineCustomKinds, environmentOf } from "../sandbox-host.ts";
import { sandboxRunOptions } from "../sandbox-settings.ts";

export interface PlanCommandOptions extends Readonly<Record<string, unknown>> {
  readonly file: readonly string[];
  readonly output: "text" | "json";
  readonly live?: boolean;
}

/** What a preview runs on: connections that change nothing. */
type Preview = Pick<OperatorOptions, "settings" | "http" | "aws"> & { close(): Promise<void> };

/** Shows what manifests would change in AWS, compared with an empty sandbox account or with the live one. */
export async function planCommand(options: PlanCommandOptions, io: CommandIO): Promise<void> {
  const manifests = await readManifests(options.file, () => io.readStdin());
  const log = createLogger({ level: "error", format: "text" });
  const preview =
    options.live === true
      ? await livePreview(manifests, { options, io, log })
      : await offlinePreview(manifests, options, log);
  const recorder = new PlanRecorder();
  const operator = createOperator({
    ...preview,
    clock: systemClock,
    random: Math.random,
    log,
    metrics: createMetrics(),
    instance: "plan",
    wrapEngine: (engine) => recorder.wrap(engine),
  });
  try {
    await operator.start(io.stop);
    await untilIdle(operator, io.stop);
  } finally {
    await operator.stop(0);
    await preview.close();
  }
  const documents = recorder.documents().filter(({ owner }) => owner.kind !== "SecurityGroup");
  io.out(options.output === "json" ? `${JSON.stringify({ stacks: documents }, null, 2)}\n` : text(documents));
  // A pipeline that checks manifests must not pass over those that will not take effect.
  if (documents.some(({ problems }) => problems.some(({ severity }) => severity === "error"))) throw new Exit(1);
}

function text(documents: readonly PlanDocument[]): string {
  return [...documents.map(renderPlan), renderSummary(documents), ""].join("\n\n");
}

/** Resolves when nothing is left to be planned: queues stay empty over several looks. */
export async function untilIdle(operator: Operator, signal: AbortSignal): Promise<void> {
  for (let quiet = 0; quiet < 5; quiet = operator.idle ? quiet + 1 : 0) await sleep(systemClock, 20, signal);
}

async function offlinePreview(
  manifests: readonly Manifest[],
  options: PlanCommandOptions,
  log: Logger,
): Promise<Preview> {
  const sandbox = createSandbox({ clock: systemClock, random: Math.random });
  const kubeOptions = { http: sandbox.kube.handle, clock: systemClock, random: Math.random };
  const kube = createKubeClient(kubeOptions);
  const kinds = createKindFinder(createKubeHttp(kubeOptions));
  await defineCustomKinds(kube, kinds);
  const namespaces = new Set(
    manifests.map(({ object }) => object.metadata.namespace).filter((name) => name !== undefined),
  );
  const given = manifests.filter(({ object }) => object.kind === "Namespace").map(({ object }) => object.metadata.name);
  const missing = [...namespaces].filter((name) => !given.includes(name) && !["default", "kube-system"].includes(name));
  const classes = manifests.some(({ object }) => object.kind === "IngressClass") ? [] : [defaultClass];
  await applyManifests([...missing.map(namespaceManifest), ...classes, ...manifests], {
    kube,
    kinds,
    clock: systemClock,
  });
  const environment = environmentOf(sandbox, "http://127.0.0.1");
  const { clusterName, vpcID, region } = sandboxRunOptions(environment).settings;
  const { settings } = runOptions({ ...options, clusterName, awsVpcId: vpcID, awsRegion: region }, environment);
  return {
    settings,
    http: sandbox.kube.handle,
    aws: createAws({
      region: settings.region,
      credentials: keysIn(environment) ?? (() => Promise.reject(new TypeError("the sandbox has keys"))),
      requestHandler: inProcessHandler(sandbox.aws.handle) as never,
      clock: systemClock,
      random: Math.random,
      log,
    }),
    close: () => sandbox.stop(),
  };
}

const defaultClass: Manifest = {
  source: "the class that previews assume",
  object: {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "alb" },
    spec: { controller: "ingress.k8s.aws/alb" },
  },
};

function namespaceManifest(name: string): Manifest {
  return { source: `namespace ${name}`, object: { apiVersion: "v1", kind: "Namespace", metadata: { name } } };
}

async function livePreview(
  manifests: readonly Manifest[],
  { options, io, log }: { readonly options: PlanCommandOptions; readonly io: CommandIO; readonly log: Logger },
): Promise<Preview> {
  const run = runOptions(options, io.environment);
  const { settings } = run;
  const connection = await connectToCluster({
    ...(run.kubeconfig === undefined ? {} : { kubeconfig: run.kubeconfig }),
    clock: systemClock,
    log,
  });
  const credentials = keysIn(io.environment);
  return {
    settings,
    http: overlay(connection.http, await dryRun(manifests, connection.http, connection.namespace)),
    aws: createAws({
      region: settings.region,
      endpoints: endpointsFrom(io.environment),
      ...(credentials === undefined ? {} : { credentials }),
      clock: systemClock,
      random: Math.random,
      log,
    }),
    close: () => connection.close(),
  };
}

/** The manifests as the API server would store them: defaulted, checked by admission, with the uids that they have. */
async function dryRun(
  manifests: readonly Manifest[],
  http: HttpHandler,
  namespace: string | undefined,
): Promise<readonly OverlayObject[]> {
  const dry: HttpHandler = (request) =>
    request.method === "GET"
      ? http(request)
      : http({ ...request, path: `${request.path}${request.path.includes("?") ? "&" : "?"}dryRun=All` });
  const options = { http: dry, clock: systemClock, random: Math.random };
  const kube = createKubeClient(options);
  const kinds = createKindFinder(createKubeHttp(options));
  const laid: OverlayObject[] = [];
  for (const { source, object } of manifests) {
    const kind = await kinds.forManifest(object);
    const metadata = kind.namespaced
      ? { ...object.metadata, namespace: object.metadata.namespace ?? namespace ?? "default" }
      : object.metadata;
    try {
      laid.push({
        kind,
        object: await kube.apply<KubeObject>(kind, { ...object, metadata } as Draft, { force: true }),
      });
    } catch (error) {
      throw new AppError(`${source}: ${errorMessage(error)}`, { class: "invalid", code: "DryRunFailed", cause: error });
    }
  }
  return laid;
}
