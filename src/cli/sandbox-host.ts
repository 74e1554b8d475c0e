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
import { type HttpServer, serve } from "../sandbox/http-server.ts";
import { createSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { applyManifests, whenServed } from "./apply-manifests.ts";
import { createKindFinder, type KindFinder } from "./kind-finder.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { ManifestObject } from "./manifests.ts";

export interface SandboxHostOptions {
  /** Where `kubeconfig` and `aws.env` are written; made when missing. */
  readonly dir: string;
  readonly kubePort: number;
  readonly awsPort: number;
  readonly speed: number;
  readonly rateLimits: boolean;
}

/** A running sandbox with its ports open and its files written. */
export interface SandboxHost {
  readonly sandbox: Sandbox;
  readonly kubeURL: string;
  readonly awsURL: string;
  readonly kubeconfig: string;
  readonly awsEnvFile: string;
  /** What a process needs to use the sandbox's AWS. */
  readonly environment: Readonly<Record<string, string>>;
  /** Straight to the API, for what the command line itself does. */
  readonly kube: KubeClient;
  readonly kinds: KindFinder;
  close(): Promise<void>;
}

/** Pods start at this pace, before the speed factor. */
const podStartMs = 6_000;

/** Starts the sandbox on loopback, with the custom kinds defined. Rejects when a port is taken or the folder is not writable. */
export async function hostSandbox(options: SandboxHostOptions): Promise<SandboxHost> {
  const sandbox = createSandbox({
    clock: systemClock,
    random: Math.random,
    aws: { speed: options.speed, rateLimits: options.rateLimits },
    podStartMs: podStartMs / options.speed,
  });
  const servers: HttpServer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
    await sandbox.stop();
  };
  try {
    const kubeServer = await open(sandbox.kube.handle, options.kubePort, "kube");
    servers.push(kubeServer);
    const awsServer = await open(sandbox.aws.handle, options.awsPort, "aws");
    servers.push(awsServer);
    await sandbox.start();
    const http = { http: sandbox.kube.handle, clock: systemClock, random: Math.random };
    const kube = createKubeClient(http);
    const kinds = createKindFinder(createKubeHttp(http));
    await defineCustomKinds(kube, kinds);
    const environment = environmentOf(sandbox, awsServer.url);
    const files = await writeFiles(options.dir, kubeServer.url, environment);
    return { sandbox, kubeURL: kubeServer.url, awsURL: awsServer.url, ...files, environment, kube, kinds, close };
  } catch (error) {
    await close();
    throw error;
  }
}

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

async function writeFiles(
  dir: string,
  server: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly kubeconfig: string; readonly awsEnvFile: string }> {
  const kubeconfig = resolve(join(dir, "kubeconfig"));
  const awsEnvFile = resolve(join(dir, "aws.env"));
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(kubeconfig, kubeconfigText({ server, token: "sandbox" }), { mode: 0o600 });
    // The AWS CLI of version 1 knows the region by its older name.
    const variables = { ...environment, AWS_DEFAULT_REGION: environment["AWS_REGION"] ?? "" };
    const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${value}\n`);
    await writeFile(awsEnvFile, lines.join(""), { mode: 0o600 });
  } catch (error) {
    throw new AppError(`cannot write to "${dir}": ${errorMessage(error)}`, {
      class: "invalid",
      code: "NotWritable",
      cause: error,
    });
  }
  return { kubeconfig, awsEnvFile };
}
