import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKindFinder } from "../src/cli/kind-finder.ts";
import { defineCustomKinds, environmentOf } from "../src/cli/sandbox-host.ts";
import { sleep, systemClock } from "../src/clock.ts";
import { createKubeHttp } from "../src/kube/http-client.ts";
import { createKubeClient } from "../src/kube/rest-client.ts";
import { serve } from "../src/sandbox/http-server.ts";
import { createSandbox } from "../src/sandbox/sandbox.ts";
import type { Usage } from "./operator.ts";
import { type Measured, measure } from "./scene.ts";
import { quotasFor, type Size } from "./workload.ts";

/** How much faster than real AWS the sandbox's states move on in real time. */
export const servedSpeed = 60;

export interface Served extends Measured {
  /** After start, before there is any load balancer, and at the end. */
  readonly usage: { readonly idle: Usage; readonly end: Usage };
}

/** One run in real time over sockets: the sandbox in this process, the operator in one of its own, no rates on either side. */
export async function runServed(size: Size, note: (text: string) => void): Promise<Served> {
  const sandbox = createSandbox({
    clock: systemClock,
    random: Math.random,
    aws: { speed: servedSpeed, quotas: quotasFor(size) },
    podStartMs: 2_000,
  });
  const directory = await mkdtemp(join(tmpdir(), "fairlead-bench-"));
  const kubeServer = await serve(sandbox.kube.handle, { port: 0 });
  const awsServer = await serve(sandbox.aws.handle, { port: 0 });
  let operator: ChildProcess | undefined;
  try {
    await sandbox.start();
    const options = { http: sandbox.kube.handle, clock: systemClock, random: Math.random };
    const kube = createKubeClient(options);
    await defineCustomKinds(kube, createKindFinder(createKubeHttp(options)));
    await kube.create(
      { group: "networking.k8s.io", version: "v1", kind: "IngressClass", plural: "ingressclasses", namespaced: false },
      { metadata: { name: "alb" }, spec: { controller: "ingress.k8s.aws/alb" } },
    );
    const kubeconfig = join(directory, "kubeconfig");
    await writeFile(kubeconfig, kubeconfigText(kubeServer.url));
    const child = fork(fileURLToPath(new URL("operator.ts", import.meta.url)), {
      env: { ...process.env, ...environmentOf(sandbox, awsServer.url), KUBECONFIG: kubeconfig },
    });
    operator = child;
    await once(child, "message");
    const idle = await usageOf(child);
    const measured = await measure(
      { clock: systemClock, sandbox, kube, drive: (promise) => promise, pass: (ms) => sleep(systemClock, ms) },
      size,
      note,
    );
    return { ...measured, usage: { idle, end: await usageOf(child) } };
  } finally {
    operator?.disconnect();
    await Promise.all([kubeServer.close(), awsServer.close()]);
    await sandbox.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function usageOf(child: ChildProcess): Promise<Usage> {
  const answer = once(child, "message");
  child.send("usage");
  const [usage] = (await answer) as [Usage];
  return usage;
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "bench", cluster: { server } }],
    users: [{ name: "bench", user: { token: "bench" } }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
    "current-context": "bench",
  });
}
