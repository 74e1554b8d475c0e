import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../errors.ts";

/** What `hack/envtest` builds: the versions that its `go.mod` pins. etcd is the one that this Kubernetes is tested with. */
export const kubernetesVersion = "1.36.3";
export const etcdVersion = "3.6.8";

/** Paths of the programs of a control plane. */
export interface ControlPlaneAssets {
  readonly etcd: string;
  readonly apiServer: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that Kubernetes' own envtest reads: a folder with `etcd` and `kube-apiserver`. */
export const assetsVariable = "KUBEBUILDER_ASSETS";

/** Where `hack/envtest` puts what it builds, by the XDG Base Directory Specification. */
export function builtAssetsFolder(environment: Environment): string {
  const cache = environment["XDG_CACHE_HOME"];
  // The specification has relative paths ignored.
  const root = cache?.startsWith("/") === true ? cache : join(homedir(), ".cache");
  const build = `kubernetes-${kubernetesVersion}-etcd-${etcdVersion}-${process.platform}-${process.arch}`;
  return join(root, "fairlead", "envtest", build);
}

/**
 * The programs that `KUBEBUILDER_ASSETS` names, or else those that `hack/envtest` has built. Rejects with `ControlPlaneMissing`
 * when there are none.
 */
export async function findAssets(environment: Environment): Promise<ControlPlaneAssets> {
  const named = environment[assetsVariable];
  const folder = named === undefined || named === "" ? builtAssetsFolder(environment) : named;
  const assets = assetsIn(folder);
  const missing: string[] = [];
  for (const file of Object.values(assets)) if (!(await isProgram(file))) missing.push(file);
  if (missing.length === 0) return assets;
  const names = missing.map((file) => `"${file}"`).join(" and ");
  throw new AppError(
    folder === named
      ? `${assetsVariable} is "${named}", but ${names} cannot be run: it has to name a folder with etcd and kube-apiserver`
      : `no kube-apiserver and etcd: ${names} cannot be run. Set ${assetsVariable} to a folder that has both, ` +
          "or have them built with Go by `npm run envtest` in a clone of Fairlead",
    { class: "invalid", code: "ControlPlaneMissing" },
  );
}

export function assetsIn(folder: string): ControlPlaneAssets {
  return { etcd: join(folder, "etcd"), apiServer: join(folder, "kube-apiserver") };
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
