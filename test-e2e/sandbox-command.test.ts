import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { customKinds } from "../src/api/custom-kinds.ts";
import { type LoadBalancer, loadBalancerKind } from "../src/api/load-balancer.ts";
import type { KubeObject } from "../src/api/object.ts";
import { createKindFinder, type KindFinder } from "../src/cli/kind-finder.ts";
import { readManifests } from "../src/cli/manifests.ts";
import { readiness } from "../src/cli/readiness.ts";
import { sleep, systemClock } from "../src/clock.ts";
import type { KubeClient } from "../src/kube/client.ts";
import { connectToCluster, type KubeConnection } from "../src/kube/connection.ts";
import { createKubeHttp } from "../src/kube/http-client.ts";
import { createKubeClient } from "../src/kube/rest-client.ts";
import { silentLogger } from "../src/log.ts";

const root = join(import.meta.dirname, "..");
const main = join(root, "src/cli/main.ts");
const samples = join(root, "config/samples");

/** A `fairlead` process whose temporary files are all in one folder of its own. */
class Command {
  readonly #child: ChildProcess;
  readonly exit: Promise<readonly [code: number | null, signal: string | null]>;
  out = "";
  err = "";

  constructor(args: readonly string[], temporary: string, environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [main, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment, TMPDIR: temporary },
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => void (this.out += chunk.toString()));
    this.#child.stderr?.on("data", (chunk: Buffer) => void (this.err += chunk.toString()));
    this.exit = once(this.#child, "exit") as Promise<[number | null, string | null]>;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ready(): Promise<void> {
    let ended = false;
    void this.exit.then(() => (ended = true));
    await until("sandbox ready", () => {
      if (ended) throw new Error(`ended too early: ${this.out}${this.err}`);
      return Promise.resolve(this.out.startsWith("sandbox ready: kube https://127.0.0.1:"));
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.exit;
  }
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = systemClock.now() + 90_000;
  while (!(await condition())) {
    if (systemClock.now() > end) throw new Error(`not reached within 90 s: ${what}`);
    await sleep(systemClock, 100);
  }
}

/** Process ids of the programs that a process has started, by Linux's process file system. */
async function programsOf(pid: number): Promise<ReadonlyMap<string, number>> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  const found = new Map<string, number>();
  for (const child of children.filter((text) => text !== "")) {
    found.set((await readFile(`/proc/${child}/comm`, "utf8")).trim(), Number(child));
  }
  return found;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("fairlead sandbox --kube real", function () {
  this.timeout(240_000);
  let dir: string;
  let temporary: string;
  let command: Command | undefined;
  let connection: KubeConnection | undefined;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "fairlead-real-sandbox-"));
    temporary = await mkdtemp(join(tmpdir(), "fairlead-real-sandbox-tmp-"));
  });
  afterEach(async () => {
    await connection?.close();
    await command?.end("SIGTERM");
    [connection, command] = [undefined, undefined];
    await rm(dir, { recursive: true });
    await rm(temporary, { recursive: true });
  });

  const start = async (...args: readonly string[]): Promise<Command> => {
    command = new Command(["sandbox", "--kube", "real", "--dir", dir, "--speed", "100", ...args], temporary);
    await command.ready();
    return command;
  };
  const connect = async (file = "kubeconfig"): Promise<{ kube: KubeClient; kinds: KindFinder }> => {
    connection = await connectToCluster({ kubeconfig: join(dir, file), clock: systemClock, log: silentLogger });
    const options = { http: connection.http, clock: systemClock, random: Math.random };
    return { kube: createKubeClient(options), kinds: createKindFinder(createKubeHttp(options)) };
  };
  const samplesAreReady = async ({ kube, kinds }: { kube: KubeClient; kinds: KindFinder }): Promise<boolean> => {
    const reports = (await kube.list(loadBalancerKind, {})) as readonly LoadBalancer[];
    for (const { object } of await readManifests([samples])) {
      const { namespace, name } = object.metadata;
      const kind = await kinds.forManifest(object);
      const now = await kube.get(kind, { name, ...(kind.namespaced ? { namespace: namespace ?? "default" } : {}) });
      if (now === undefined || readiness({ ...(now as KubeObject), kind: kind.kind }, reports).state !== "ready") {
        return false;
      }
    }
    return true;
  };

  it("makes the samples ready with the rights of config/rbac, and leaves nothing behind", async () => {
    const running = await start("-f", samples);
    assert.match(running.out, / operator on\n$/);
    const clients = await connect();
    await until("all samples are ready", () => samplesAreReady(clients));
    assert.doesNotMatch(running.err, /forbidden/i);
    const programs = await programsOf(running.pid);
    assert.deepEqual([...programs.keys()].toSorted(), ["etcd", "kube-apiserver"]);
    assert.notDeepEqual(await readdir(temporary), []);
    await running.end("SIGTERM");
    assert.deepEqual(await running.exit, [0, null], running.err);
    assert.deepEqual([...programs.values()].filter(isRunning), []);
    assert.deepEqual(await readdir(temporary), []);
  });

  it("serves an operator of one's own, with leader election and its own account", async () => {
    await start("--no-operator", "-f", samples);
    const text = await readFile(join(dir, "aws.env"), "utf8");
    const variables = Object.fromEntries(
      [...text.matchAll(/^export (\w+)=(.*)$/gm)].map((match) => [match[1], match[2]]),
    );
    const flags = ["--kubeconfig", join(dir, "operator.kubeconfig"), "--leader-election-namespace", "kube-system"];
    const ports = ["--metrics-bind-addr", "127.0.0.1:0", "--health-probe-bind-addr", "127.0.0.1:0"];
    const operator = new Command(["run", ...flags, ...ports], temporary, variables as Record<string, string>);
    try {
      const clients = await connect();
      await until("all samples are ready", () => samplesAreReady(clients));
      assert.doesNotMatch(operator.err + operator.out, /forbidden/i);
    } finally {
      await operator.end("SIGTERM");
    }
    assert.deepEqual(await operator.exit, [0, null], operator.err);
  });

  it("gives the operator's account no more than config/rbac", async () => {
    await start("--no-operator");
    const { kube } = await connect("operator.kubeconfig");
    const secret = { group: "", version: "v1", kind: "Secret", plural: "secrets", namespaced: true };
    await assert.rejects(kube.create(secret, { metadata: { namespace: "default", name: "x" } }), { class: "denied" });
    assert.equal((await kube.list(customKinds[0] as never, {})).length, 0);
  });

  it("ends with an error that says so when the API server dies", async () => {
    const running = await start();
    const programs = await programsOf(running.pid);
    process.kill(programs.get("kube-apiserver") ?? 0, "SIGKILL");
    assert.deepEqual(await running.exit, [1, null]);
    assert.match(running.err, /^fairlead: .*kube-apiserver ended \(signal SIGKILL\)/m);
    assert.equal(isRunning(programs.get("etcd") ?? 0), false);
    assert.deepEqual(await readdir(temporary), []);
  });

  it("gives up its start when it is asked to end", async () => {
    command = new Command(["sandbox", "--kube", "real", "--dir", dir], temporary);
    const starting = command;
    await until("etcd runs", async () => (await readdir(temporary)).length > 0);
    await starting.end("SIGINT");
    assert.deepEqual(await starting.exit, [0, null], starting.err);
    assert.equal(starting.out, "");
    assert.deepEqual(await readdir(temporary), []);
  });
});
