import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  assetsIn,
  builtAssetsFolder,
  etcdVersion,
  findAssets,
  kubernetesVersion,
} from "../../../src/sandbox/control-plane/assets.ts";

describe("where the programs of a control plane are", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "fairlead-assets-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function addProgram(folder: string, name: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), "");
    await chmod(join(folder, name), 0o755);
  }

  it("takes the folder that KUBEBUILDER_ASSETS names", async () => {
    await addProgram(dir, "etcd");
    await addProgram(dir, "kube-apiserver");
    assert.deepEqual(await findAssets({ KUBEBUILDER_ASSETS: dir, XDG_CACHE_HOME: "/nowhere" }), assetsIn(dir));
  });

  it("says what is missing in the folder that KUBEBUILDER_ASSETS names, and looks nowhere else", async () => {
    const built = builtAssetsFolder({ XDG_CACHE_HOME: dir });
    await addProgram(built, "etcd");
    await addProgram(built, "kube-apiserver");
    await addProgram(join(dir, "other"), "etcd");
    await assert.rejects(findAssets({ KUBEBUILDER_ASSETS: join(dir, "other"), XDG_CACHE_HOME: dir }), {
      code: "ControlPlaneMissing",
      message: /^KUBEBUILDER_ASSETS is ".*other", but ".*kube-apiserver" cannot be run/,
    });
  });

  it("takes what was built into the cache folder", async () => {
    const built = builtAssetsFolder({ XDG_CACHE_HOME: dir });
    assert.ok(built.startsWith(join(dir, "fairlead")));
    await addProgram(built, "etcd");
    await addProgram(built, "kube-apiserver");
    assert.deepEqual(await findAssets({ XDG_CACHE_HOME: dir }), assetsIn(built));
  });

  it("says how to get them when there are none", async () => {
    await assert.rejects(findAssets({ XDG_CACHE_HOME: dir }), {
      code: "ControlPlaneMissing",
      message: /npm run envtest/,
    });
  });

  it("ignores a cache folder that is not absolute", () => {
    assert.equal(builtAssetsFolder({ XDG_CACHE_HOME: "relative" }), builtAssetsFolder({}));
  });

  it("has the versions that the Go module pins", async () => {
    const goMod = await readFile(new URL("../../../hack/envtest/go.mod", import.meta.url), "utf8");
    assert.match(goMod, new RegExp(`k8s\\.io/kubernetes v${kubernetesVersion.replaceAll(".", "\\.")}\\b`));
    assert.match(goMod, new RegExp(`go\\.etcd\\.io/etcd/server/v3 v${etcdVersion.replaceAll(".", "\\.")}\\b`));
    const [, staging] = kubernetesVersion.split(/^1\./);
    const pins = [...goMod.matchAll(/^\tk8s\.io\/\S+ => k8s\.io\/\S+ v(\S+)$/gm)];
    assert.ok(pins.length > 20);
    for (const [line, version] of pins) assert.equal(version, `0.${staging}`, line);
  });
});
