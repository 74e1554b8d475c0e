import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { createAws, endpointsFrom } from "../aws/clients.ts";
import type { CredentialSource } from "../aws/credentials.ts";
import { systemClock } from "../clock.ts";
import { connectToCluster } from "../kube/connection.ts";
import type { Logger } from "../log.ts";
import { createMetrics, type Metrics } from "../metrics.ts";
import { createOperator, type Operator, type OperatorOptions } from "../operator/operator.ts";
import type { Settings } from "../operator/settings.ts";

export interface OperatorHostOptions {
  readonly settings: Omit<Settings, "leaderElection">;
  readonly leaderElection?: { readonly name: string; readonly namespace: string | undefined } | undefined;
  readonly kubeconfig: string | undefined;
  /** Where endpoints and, unless a profile or role is used, keys are read from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly wrapEngine?: OperatorOptions["wrapEngine"];
}

export interface OperatorHost {
  readonly operator: Operator;
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

/** The operator on real connections: a kubeconfig or the pod's service account, and the standard variables of AWS. */
export async function hostOperator(options: OperatorHostOptions): Promise<OperatorHost> {
  const { environment, log, settings, leaderElection } = options;
  const metrics = createMetrics();
  const connection = await connectToCluster({
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    clock: systemClock,
    log,
  });
  const credentials = keysIn(environment);
  const aws = createAws({
    region: settings.region,
    endpoints: endpointsFrom(environment),
    ...(credentials === undefined ? {} : { credentials }),
    clock: systemClock,
    random: Math.random,
    log,
    onCall: ({ service, operation, code, ms }) =>
      log.debug("aws call", { service, operation, code: code ?? "ok", ms: Math.round(ms) }),
  });
  const instance = `${hostname()}_${randomBytes(4).toString("hex")}`;
  const operator = createOperator({
    settings: {
      ...settings,
      ...(leaderElection === undefined
        ? {}
        : {
            leaderElection: {
              name: leaderElection.name,
              namespace: leaderElection.namespace ?? connection.namespace ?? "kube-system",
              identity: instance,
            },
          }),
    },
    http: connection.http,
    aws,
    clock: systemClock,
    random: Math.random,
    log,
    metrics,
    instance,
    ...(options.wrapEngine === undefined ? {} : { wrapEngine: options.wrapEngine }),
  });
  return {
    operator,
    metrics,
    async stop() {
      await operator.stop();
      await connection.close();
    },
  };
}

/** Keys that the environment holds; without them the standard chain decides. */
export function keysIn(environment: Readonly<Record<string, string | undefined>>): CredentialSource | undefined {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return () =>
    Promise.resolve({ accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) });
}
