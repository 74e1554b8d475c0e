import { createAws, endpointsFrom } from "../../aws/clients.ts";
import { sleep, systemClock } from "../../clock.ts";
import type { Engine, Reconciled } from "../../engine/engine.ts";
import type { Observed } from "../../engine/resource-type.ts";
import type { Owner, Stack } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { connectToCluster } from "../../kube/connection.ts";
import { createLogger } from "../../log.ts";
import { createMetrics } from "../../metrics.ts";
import { createOperator } from "../../operator/operator.ts";
import type { CommandIO } from "../io.ts";
import { keysIn } from "../operator-host.ts";
import { overlay } from "../overlay.ts";
import { renderTree, type TargetHealthOfGroups, treeDocument } from "../render-tree.ts";
import { runOptions } from "../run-flags.ts";
import { findTreeObject, isOwnerOf, type TreeObject } from "../tree-object.ts";

export interface TreeCommandOptions extends Readonly<Record<string, unknown>> {
  readonly namespace?: string;
  readonly output: "text" | "json";
}

/** How long the object's Stack may take to be built, in milliseconds. */
const limitMs = 60_000;

/** Shows an object's AWS resources as they are now. Nothing is written, neither to the cluster nor to AWS. */
export async function treeCommand(name: string, options: TreeCommandOptions, io: CommandIO): Promise<void> {
  const run = runOptions(options, io.environment);
  const log = createLogger({ level: "error", format: "text" });
  const clock = systemClock;
  const connection = await connectToCluster({
    ...(run.kubeconfig === undefined ? {} : { kubeconfig: run.kubeconfig }),
    clock,
    log,
  });
  const credentials = keysIn(io.environment);
  const aws = createAws({
    region: run.settings.region,
    endpoints: endpointsFrom(io.environment),
    ...(credentials === undefined ? {} : { credentials }),
    clock,
    random: Math.random,
    log,
  });
  const object = await findTreeObject(name, options.namespace ?? connection.namespace ?? "default", {
    http: connection.http,
    clock,
    random: Math.random,
  });
  const seen = Promise.withResolvers<{ readonly owner: Owner; readonly observed: readonly Observed[] }>();
  const operator = createOperator({
    settings: run.settings,
    http: overlay(connection.http, []),
    aws,
    clock,
    random: Math.random,
    log,
    metrics: createMetrics(),
    instance: "tree",
    wrapEngine: (engine) => onlyFor(object, engine, seen),
  });
  try {
    await operator.start(io.stop);
    const { owner, observed } = await Promise.race([seen.promise, notFound(object, io.stop)]);
    const health: Record<string, TargetHealthOfGroups[string]> = {};
    for (const { type, outputs } of observed) {
      const arn = outputs["arn"];
      if (type !== "elbv2/TargetGroup" || arn === undefined) continue;
      const { TargetHealthDescriptions } = await aws.elbv2.describeTargetHealth(
        { TargetGroupArn: arn },
        { signal: io.stop },
      );
      health[arn] = (TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => ({
        target: `${Target?.Id ?? ""}:${Target?.Port ?? ""}`,
        state: TargetHealth?.State ?? "unknown",
        ...(TargetHealth?.Reason === undefined ? {} : { reason: TargetHealth.Reason }),
      }));
    }
    const document = treeDocument(owner, observed, health);
    io.out(options.output === "json" ? `${JSON.stringify(document, null, 2)}\n` : renderTree(document));
  } finally {
    await operator.stop(0);
    await connection.close();
  }
}

/** Reads AWS for the wanted owner alone; for all others nothing is asked and nothing done. */
function onlyFor(
  object: TreeObject,
  engine: Engine,
  seen: PromiseWithResolvers<{ readonly owner: Owner; readonly observed: readonly Observed[] }>,
): Engine {
  return {
    observe: (stack, signal) => engine.observe(stack, signal),
    known: () => undefined,
    forget: () => undefined,
    suspect: () => undefined,
    async reconcile(stack, { signal }) {
      if (!isOwnerOf(stack.owner, object)) return nothing(stack, []);
      try {
        const observed = await engine.observe(stack, signal);
        seen.resolve({ owner: stack.owner, observed });
        return nothing(stack, observed);
      } catch (error) {
        seen.reject(error);
        throw error;
      }
    },
  };
}

function nothing(stack: Stack, observed: readonly Observed[]): Reconciled {
  const plan = { owner: stack.owner, changes: [], blocked: [], kept: observed, waiting: [], problems: stack.problems };
  return {
    outcome: "unchanged",
    plan,
    applied: [],
    failed: [],
    waiting: [],
    observed,
    hash: "",
    settled: true,
    drift: false,
    againInMs: undefined,
    verifyNext: false,
  };
}

async function notFound(object: TreeObject, signal: AbortSignal): Promise<never> {
  await sleep(systemClock, limitMs, signal);
  throw new AppError(`${object.kind} ${object.namespace}/${object.name} has no AWS resources that Fairlead knows of`, {
    class: "missing",
    code: "NoResources",
  });
}
