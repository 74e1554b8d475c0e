import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { crdOf } from "../api/crd.ts";
import { customKinds } from "../api/custom-kinds.ts";
import { apiVersion } from "../api/object.ts";
import { systemClock } from "../clock.ts";
import { AppError, errorMessage } from "../errors.ts";
import type { KubeClient } from "../kube/client.ts";
import { createKubeHttp } from "../kube/http-client.ts";
import { createKubeClient } from "../kube/rest-client.ts";
import { createLogger } from "../log.ts";
import { rbacManifests } from "../operator/rbac-manifests.ts";
import { type HttpServer, serve } from "../sandbox/http-server.ts";
import { createSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { applyManifests, whenServed } from "./apply-manifests.ts";
import { createKindFinder, type KindFinder } from "./kind-finder.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { ManifestObject } from "./manifests.ts";
import { type RealKube, startRealKube } from "./real-kube.ts";
import { untilAborted } from "./until-aborted.ts";

export interface SandboxHostOptions {
  /** Where `kubeconfig` and `aws.env` are written; made when missing. */
  readonly dir: string;
  readonly kubePort: number;
  readonly awsPort: number;
  readonly speed: number;
  readonly rateLimits: boolean;
  /** The embedded Kubernetes API, or kube-apiserver and etcd as programs beside this one. Embedded when absent. */
  readonly kube?: KubeFlavour;
  /** Where the programs of the real one are looked for. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

export const kubeFlavours = ["embedded", "real"] as const;
export type KubeFlavour = (typeof kubeFlavours)[number];

/** A running sandbox with its ports open and its files written. */
export interface SandboxHost {
  readonly sandbox: Sandbox;
  readonly kubeURL: string;
  readonly awsURL: string;
  readonly kubeconfig: string;
  /** With the rights of `config/rbac` and no more, where the API knows rights; the same as `kubeconfig` where not. */
  readonly operatorKubeconfig: string;
  readonly awsEnvFile: string;
  /** What a process needs to use the sandbox's AWS. */
  readonly environment: Readonly<Record<string, string>>;
  /** Straight to the API, for what the command line itself does. */
  readonly kube: KubeClient;
  readonly kinds: KindFinder;
  /** Rejects when a program that the sandbox stands on ends by itself. */
  readonly died: Promise<never>;
  close(): Promise<void>;
}

/** Pods start at this pace, before the speed factor. */
const podStartMs = 6_000;

/** Starts the sandbox on loopback, with the custom kinds defined. Rejects when a port is taken or the folder is not writable. */
export async function hostSandbox(options: SandboxHostOptions): Promise<SandboxHost> {
  const real = options.kube === "real" ? await realKube(options) : undefined;
  const sandbox = createSandbox({
    clock: systemClock,
    random: Math.random,
    aws: { speed: options.speed, rateLimits: options.rateLimits },
    podStartMs: podStartMs / options.speed,
    ...(real === undefined ? {} : { kube: real.http, rootCertificate: real.plane.certificateAuthority }),
  });
  const servers: HttpServer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
    await sandbox.stop();
    await real?.close();
  };
  const died = real?.plane.died ?? new Promise<never>(() => undefined);
  const start = async (): Promise<SandboxHost> => {
    const kubeServer = real === undefined ? await open(sandbox.kube.handle, options.kubePort, "kube") : undefined;
    if (kubeServer !== undefined) servers.push(kubeServer);
    const awsServer = await open(sandbox.aws.handle, options.awsPort, "aws");
    servers.push(awsServer);
    await sandbox.start();
    const http = { http: sandbox.kube.handle, clock: systemClock, random: Math.random };
    const kube = createKubeClient(http);
    const kinds = createKindFinder(createKubeHttp(http));
    await defineCustomKinds(kube, kinds);
    const environment = environmentOf(sandbox, awsServer.url);
    const awsEnvFile = await writeTo(options.dir, "aws.env", environmentText(environment));
    const kubeURL = real?.plane.url ?? kubeServer?.url ?? "";
    const kubeconfig =
      real?.kubeconfig ??
      (await writeTo(options.dir, "kubeconfig", kubeconfigText({ server: kubeURL, token: "sandbox" })));
    let operatorKubeconfig = kubeconfig;
    if (real !== undefined) {
      const manifests = Object.entries(rbacManifests).map(([source, object]) => ({ source, object }));
      await applyManifests(manifests, { kube, kinds, clock: systemClock });
      operatorKubeconfig = await real.writeOperatorKubeconfig();
    }
    const files = { kubeconfig, operatorKubeconfig, awsEnvFile };
    return { sandbox, kubeURL, awsURL: awsServer.url, ...files, environment, kube, kinds, died, close };
  };
  try {
    const { signal } = options;
    const givenUp =
      signal === undefined ? [] : [untilAborted(signal).then(() => Promise.reject(signal.reason as Error))];
    return await Promise.race([start(), died, ...givenUp]);
  } catch (error) {
    await close();
    throw error;
  }
}

async function realKube({ dir, kubePort, environment = {} }: SandboxHostOptions): Promise<RealKube> {
  // Said here as of every other port; kube-apiserver would end with a page of its log.
  if (kubePort !== 0) await (await open(nothing, kubePort, "kube")).close();
  // What cannot be written to should not cost the start of a server.
  await writeTo(dir, "kubeconfig", "");
  return startRealKube({
    dir: resolve(dir),
    port: kubePort,
    environment,
    clock: systemClock,
    log: createLogger({ level: "warn", format: "text" }),
  });
}

const nothing: Sandbox["kube"]["handle"] = () => Promise.resolve({ status: 404, headers: {}, body: "" });

/** Applies the definitions of our kinds, and waits until they are served. */
export async function defineCustomKinds(kube: KubeClient, kinds: KindFinder): Promise<void> {
  const manifests = customKinds.map((kind) => ({ source: kind.kind, object: crdOf(kind) as ManifestObject }));
  const options = { kube, kinds, clock: systemClock };
  await applyManifests(manifests, options);
  await Promise.all(customKinds.map((kind) => whenServed({ apiVersion: apiVersion(kind), kind: kind.kind }, options)));
}

async function open(handler: Sandbox["kube"]["handle"], port: number, flag: string): Promise<HttpServer> {
  try {
    return await serve(handler, { port });
  } catch (error) {
    throw new AppError(
      `port ${port} cannot be opened (${errorMessage(error)}): choose another with --${flag}-port, or 0 for a free one`,
      {
        class: "invalid",
        code: "PortTaken",
        cause: error,
      },
    );
  }
}

export function environmentOf({ aws }: Sandbox, url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: aws.credential.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.credential.secretAccessKey,
    FAIRLEAD_CLUSTER_NAME: aws.clusterName,
    FAIRLEAD_VPC_ID: aws.surroundings.cluster.vpcId,
  };
}

function environmentText(environment: Readonly<Record<string, string>>): string {
  // The AWS CLI of version 1 knows the region by its older name.
  const variables = { ...environment, AWS_DEFAULT_REGION: environment["AWS_REGION"] ?? "" };
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${value}\n`)
    .join("");
}

/** Gives the absolute path of the file. */
async function writeTo(dir: string, name: string, text: string): Promise<string> {
  const file = resolve(join(dir, name));
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    throw new AppError(`cannot write to "${dir}": ${errorMessage(error)}`, {
      class: "invalid",
      code: "NotWritable",
      cause: error,
    });
  }
  return file;
}
