import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readManifests } from "../../src/cli/manifests.ts";
import { OperatorWorld, samplePath } from "../support/operator-world.ts";

const run = promisify(execFile);

describe("all samples at once", function () {
  this.timeout(240_000);
  let world: OperatorWorld;
  beforeEach(async () => {
    world = await OperatorWorld.create();
  });
  afterEach(() => world.close());

  it("become ready, and the API server warns of nothing in them", async () => {
    for (const sample of (await readdir(samplePath(""))).toSorted()) await world.applySample(sample);
    await world.untilReady();
    assert.deepEqual(world.warnings, []);
  });

  it("become ready after kubectl apply --server-side", async function () {
    // The embedded API has no port here; test-kubectl drives kubectl against it.
    if (world.kubeconfig === undefined || !(await hasKubectl())) this.skip();
    const cache = await mkdtemp(join(tmpdir(), "fairlead-kubectl-"));
    const flags = ["--kubeconfig", world.kubeconfig, "--cache-dir", cache];
    const { stderr } = await run("kubectl", [...flags, "apply", "--server-side", "-f", samplePath("")]);
    await rm(cache, { recursive: true });
    assert.equal(stderr, "");
    await world.expectReady(await readManifests([samplePath("")]));
    await world.untilReady();
  });
});

async function hasKubectl(): Promise<boolean> {
  try {
    await run("kubectl", ["version", "--client"]);
    return true;
  } catch {
    return false;
  }
}
