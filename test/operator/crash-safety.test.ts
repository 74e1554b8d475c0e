import assert from "node:assert/strict";
import { namespaceKind } from "../../src/api/builtin.ts";
import { nodeGroupKind } from "../../src/api/node-group.ts";
import type { AppliedManifest } from "../../src/cli/apply-manifests.ts";
import { awsState } from "../support/aws-state.ts";
import type { Death } from "../support/operator-process.ts";
import { OperatorWorld } from "../support/operator-world.ts";
import { isReal } from "../support/world-cluster.ts";

const samples = [
  "10-web-game.yaml",
  "20-shop-group.yaml",
  "30-mqtt-nlb.yaml",
  "40-internal-nlb.yaml",
  "50-report-reader.yaml",
  "60-batch-nodes.yaml",
];

const deathsOnRealServer = 3;

/** AWS finishes at once: what is killed is what the operator does, not its waiting. */
const atOnce = { aws: { speed: Number.POSITIVE_INFINITY }, podStartMs: 100 };

function newWorld(): Promise<OperatorWorld> {
  return OperatorWorld.create(atOnce);
}

async function remove(world: OperatorWorld, applied: readonly AppliedManifest[]): Promise<void> {
  for (const { kind, object } of applied) {
    if (kind.kind === namespaceKind.kind || kind.kind === nodeGroupKind.kind) {
      await world.delete(kind, object.metadata.name);
    }
  }
}

/** Nothing of ours is left in Kubernetes or AWS. */
async function untilGone(world: OperatorWorld, applied: readonly AppliedManifest[]): Promise<void> {
  const roots = applied.filter(({ kind }) => [namespaceKind.kind, nodeGroupKind.kind].includes(kind.kind));
  await world.until(async () => {
    await revive(world);
    for (const { kind, object } of roots) if ((await world.get(kind, object.metadata.name)) !== undefined) return false;
    return true;
  });
  // The shared back-end group goes last, half a minute after its last user.
  await world.clock.advance(60_000);
  await revive(world);
  await world.clock.advance(60_000);
}

/** If the process is dead, a new one takes over. */
async function revive(world: OperatorWorld): Promise<void> {
  if (world.process.dead) await world.start();
}

interface Run {
  readonly initial: readonly string[];
  readonly ready: readonly string[];
  readonly createCalls: number;
  readonly deleteCalls: number;
}

/** Both sides of every call; on a real API server, where a world takes seconds, a few that are spread over all of them. */
function deaths(calls: number): readonly Death[] {
  const all = Array.from({ length: calls }, (_, index) => index + 1).flatMap((call): readonly Death[] => [
    { call, when: "before" },
    { call, when: "after" },
  ]);
  if (!isReal()) return all;
  const every = all.length / deathsOnRealServer;
  return all.filter((_, index) => Math.floor((index + 1) / every) > Math.floor(index / every));
}

const runs = new Map<string, Promise<Run>>();

/** What a run without a death comes to, and how many calls it takes. */
function undisturbed(sample: string): Promise<Run> {
  const known = runs.get(sample) ?? runUndisturbed(sample);
  runs.set(sample, known);
  return known;
}

async function runUndisturbed(sample: string): Promise<Run> {
  const world = await newWorld();
  const initial = await awsState(world);
  const before = world.process.awsCalls;
  const applied = await world.applySample(sample);
  await world.untilReady();
  const createCalls = world.process.awsCalls - before;
  const ready = await awsState(world);
  const beforeDelete = world.process.awsCalls;
  await remove(world, applied);
  await untilGone(world, applied);
  const deleteCalls = world.process.awsCalls - beforeDelete;
  assert.deepEqual(await awsState(world), initial, "something is left after the deletion");
  await world.close();
  return { initial, ready, createCalls, deleteCalls };
}

async function killedWhileCreating(sample: string, death: Death, run: Run): Promise<void> {
  const world = await newWorld();
  world.process.dieAt(death);
  const applied = await world.applySample(sample);
  await world.clock.advance(10_000);
  await revive(world);
  await world.untilReady();
  assert.deepEqual(await awsState(world), run.ready, `killed ${death.when} call ${death.call}`);
  await remove(world, applied);
  await untilGone(world, applied);
  assert.deepEqual(await awsState(world), run.initial, `killed ${death.when} call ${death.call}, then deleted`);
  await world.close();
}

async function killedWhileDeleting(sample: string, death: Death, run: Run): Promise<void> {
  const world = await newWorld();
  const applied = await world.applySample(sample);
  await world.untilReady();
  world.process.dieAt(death);
  await remove(world, applied);
  await untilGone(world, applied);
  assert.deepEqual(await awsState(world), run.initial, `killed ${death.when} call ${death.call} of the deletion`);
  await world.close();
}

describe("an operator that is killed at any AWS call and started again", function () {
  this.timeout(240_000);
  for (const sample of samples) {
    it(`brings ${sample} to the same end, with nothing doubled, and deletes it whole`, async () => {
      const run = await undisturbed(sample);
      assert.ok(run.createCalls > 3 && run.deleteCalls > 1);
      for (const death of deaths(run.createCalls)) await killedWhileCreating(sample, death, run);
    });

    it(`deletes ${sample} whole when it is killed meanwhile`, async () => {
      const run = await undisturbed(sample);
      for (const death of deaths(run.deleteCalls)) await killedWhileDeleting(sample, death, run);
    });
  }
});
