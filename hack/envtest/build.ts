import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { isAppError } from "../../src/errors.ts";
import {
  assetsIn,
  assetsVariable,
  builtAssetsFolder,
  type ControlPlaneAssets,
  findAssets,
  kubernetesVersion,
} from "../../src/sandbox/control-plane/assets.ts";

/** The Go module that pins what is built. */
const moduleFolder = fileURLToPath(new URL(".", import.meta.url));

const packages = {
  etcd: "go.etcd.io/etcd/server/v3",
  apiServer: "k8s.io/kubernetes/cmd/kube-apiserver",
} as const satisfies Record<keyof ControlPlaneAssets, string>;

/** What `/version` tells; a build from the module knows none of it. */
function versionFlags(): string {
  const [major, minor] = kubernetesVersion.split(".");
  const values = { gitVersion: `v${kubernetesVersion}`, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  return Object.entries(values)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(" ");
}

/**
 * The programs that `KUBEBUILDER_ASSETS` names, or that were built before; else builds them with Go into the cache folder, and tells
 * `progress` about it. Rejects when there is neither, with what to do.
 */
export async function ensureAssets(progress: (line: string) => void): Promise<ControlPlaneAssets> {
  try {
    return await findAssets(process.env);
  } catch (error) {
    const named = process.env[assetsVariable] ?? "";
    if (!isAppError(error) || named !== "") throw error;
  }
  const go = await goVersion();
  if (go === undefined) {
    throw new Error(
      `neither is ${assetsVariable} set nor is there a "go" on the PATH: set ${assetsVariable} to a folder with etcd and ` +
        "kube-apiserver (setup-envtest of Kubernetes' controller-runtime fetches one), or install Go",
    );
  }
  const target = builtAssetsFolder(process.env);
  progress(`building kube-apiserver ${kubernetesVersion} and etcd with ${go}, once, into ${target}`);
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.`);
  try {
    const built = assetsIn(folder);
    progress("reading the modules (they are fetched the first time)");
    const total = (await goOutput(["list", "-deps", ...Object.values(packages)])).length;
    let compiled = 0;
    let told = 0;
    const tell = (): void => {
      const percent = Math.floor((++compiled / total) * 100);
      if (percent < told + 10) return;
      told = percent;
      progress(`compiled ${compiled} of at most ${total} packages`);
    };
    for (const name of ["etcd", "apiServer"] as const) {
      const flags = ["-trimpath", "-buildvcs=false", "-v", "-ldflags", `-s -w ${versionFlags()}`, "-o", built[name]];
      await runGo(["build", ...flags, packages[name]], tell);
      progress(`built ${built[name].slice(folder.length + 1)}`);
    }
    await rename(folder, target).catch(async (error: unknown) => {
      // Another process may have been faster.
      await findAssets(process.env).catch(() => {
        throw error;
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return findAssets(process.env);
}

async function goVersion(): Promise<string | undefined> {
  try {
    return (await goOutput(["env", "GOVERSION"]))[0];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function goOutput(args: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  await runGo(args, (line) => lines.push(line), "stdout");
  return lines;
}

/** Runs Go in the module, and gives each line of a stream of it. Rejects with what it said when it fails. */
async function runGo(
  args: readonly string[],
  onLine: (line: string) => void,
  stream: "stdout" | "stderr" = "stderr",
): Promise<void> {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn("go", args, {
    cwd: moduleFolder,
    env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => void (errors = (errors + chunk.toString("utf8")).slice(-4_000)));
  createInterface({ input: child[stream] }).on("line", onLine);
  if (stream === "stderr") child.stdout.resume();
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`go ${args[0]} failed (exit code ${code}):\n${errors}`)),
    );
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { apiServer } = await ensureAssets((line) => console.error(`envtest: ${line}`));
    console.log(dirname(apiServer));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
