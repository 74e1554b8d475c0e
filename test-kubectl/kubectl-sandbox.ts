import { type ExecFileException, execFile, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { httpClusterApi } from "../src/sandbox/cluster/cluster-api.ts";
import type { SandboxNode } from "../src/sandbox/cluster/sandbox-node.ts";
import { type Cluster, startCluster } from "../src/sandbox/cluster/start-cluster.ts";
import { serve } from "../src/sandbox/http-server.ts";
import { createKubeApi } from "../src/sandbox/kube/kube-api.ts";

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A sandbox with a cluster on a free port of the loopback interface, and a stock kubectl that talks to it. */
export interface KubectlSandbox {
  readonly directory: string;
  readonly cluster: Cluster;
  /** Runs kubectl; the result has its exit code. */
  run(args: readonly string[], options?: RunOptions): Promise<KubectlResult>;
  /** Runs kubectl and gives its output; fails with its error text when it fails. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>;
  /** `apply -f -` of these manifests (YAML). */
  apply(manifests: string, args?: readonly string[]): Promise<string>;
  /** Runs kubectl until its output has `wanted`, then ends it; gives the output so far. */
  follow(args: readonly string[], wanted: RegExp): Follower;
  stop(): Promise<void>;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Follower {
  readonly started: Promise<void>;
  readonly output: Promise<string>;
}

/** Undefined when a kubectl is there to test with, otherwise why not. */
export function missingKubectl(): string | undefined {
  const { status, error } = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" });
  return error === undefined && status === 0 ? undefined : "there is no kubectl on the PATH";
}

export async function startKubectlSandbox(): Promise<KubectlSandbox> {
  const directory = await mkdtemp(join(tmpdir(), "fairlead-kubectl-"));
  const api = createKubeApi({ clock: systemClock, random: Math.random });
  const server = await serve(api.handle, { port: 0 });
  const cluster = startCluster({
    api: httpClusterApi(api.handle),
    clock: systemClock,
    random: Math.random,
    nodes: [sandboxNode(1, "us-west-2a"), sandboxNode(2, "us-west-2b")],
    startDelayMs: 200,
    stopDelayMs: 200,
  });
  await cluster.started;
  const kubeconfig = join(directory, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFor(server.url));
  const environment = { ...process.env, KUBECONFIG: kubeconfig, HOME: directory };
  const flags = [`--cache-dir=${join(directory, "cache")}`];

  const run = (args: readonly string[], options: RunOptions = {}): Promise<KubectlResult> =>
    new Promise((resolve) => {
      const done = (error: ExecFileException | null, stdout: string, stderr: string): void =>
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
      const env = { ...environment, ...options.env };
      const child = execFile("kubectl", [...flags, ...args], { env, timeout: 60_000 }, done);
      child.stdin?.end(options.input ?? "");
    });
  const ok = async (args: readonly string[], options: RunOptions = {}): Promise<string> => {
    const { code, stdout, stderr } = await run(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  return {
    directory,
    cluster,
    run,
    ok,
    apply: (manifests, args = []) => ok(["apply", "-f", "-", ...args], { input: manifests }),
    follow: (args, wanted) => follow([...flags, ...args], environment, wanted),
    async stop() {
      await cluster.stop();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function sandboxNode(number: number, zone: string): SandboxNode {
  const subnet = `192.168.${number * 32}.0/19`;
  return {
    name: `ip-192-168-${number * 32}-10.us-west-2.compute.internal`,
    instanceId: `i-0123456789abcdef${number}`,
    instanceType: "m5.large",
    region: "us-west-2",
    zone,
    internalIp: `192.168.${number * 32}.10`,
    subnetCidr: subnet,
    labels: {},
    taints: [],
  };
}

function follow(args: readonly string[], env: NodeJS.ProcessEnv, wanted: RegExp): Follower {
  const child = spawn("kubectl", args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const first = Promise.withResolvers<void>();
  const all = Promise.withResolvers<string>();
  let text = "";
  const timer = setTimeout(() => child.kill(), 30_000);
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
    first.resolve();
    if (wanted.test(text)) child.kill();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  child.on("close", () => {
    clearTimeout(timer);
    first.resolve();
    all.resolve(text);
  });
  return { started: first.promise, output: all.promise };
}

function kubeconfigFor(url: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: sandbox
    cluster: { server: "${url}" }
users:
  - name: sandbox
    user: {}
contexts:
  - name: sandbox
    context: { cluster: sandbox, user: sandbox }
current-context: sandbox
`;
}
