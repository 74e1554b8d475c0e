import assert from "node:assert/strict";
import { ingressKind, namespaceKind, serviceKind } from "../../src/api/builtin.ts";
import { seededRandom } from "../../src/sandbox/aws/ids.ts";
import { awsState } from "../support/aws-state.ts";
import { OperatorPair } from "../support/failure/operator-pair.ts";
import { describeSchedule, drawSchedule, type FaultEvent } from "../support/failure/schedule.ts";
import { deploymentKind, OperatorWorld } from "../support/operator-world.ts";

/** How many schedules are run; more by FAIRLEAD_SEEDS, from FAIRLEAD_FIRST_SEED on. */
const seeds = Number(process.env["FAIRLEAD_SEEDS"] ?? 24);
const firstSeed = Number(process.env["FAIRLEAD_FIRST_SEED"] ?? 1);
/** Faults begin within this time after the first change; the longest lasts 60 s. */
const spanMs = 120_000;

interface Run {
  readonly ready: readonly string[];
  readonly gone: readonly string[];
  /** Deletions of distinct things while the objects were made and changed, numbered for each kind. */
  readonly deletions: readonly string[];
}

async function run(seed: number, faults: readonly FaultEvent[]): Promise<Run & { readonly pair: OperatorPair }> {
  const world = await OperatorWorld.create({ start: false, aws: { speed: 20 }, podStartMs: 500 });
  const { clock, sandbox } = world;
  const pair = new OperatorPair(world, seed);
  pair.plan(faults);
  sandbox.aws.calls.reset();
  // What users do goes on while things break.
  await world.applySample("20-shop-group.yaml");
  await busy(world, 15_000);
  await world.applySample("30-mqtt-nlb.yaml");
  await busy(world, 15_000);
  await world.applySample("50-report-reader.yaml");
  await world.patch(deploymentKind, "shop/checkout", { spec: { replicas: 3 } });
  await busy(world, 20_000);
  await world.delete(serviceKind, "telemetry/broker");
  await busy(world, spanMs + 60_000 - 50_000);
  // Until half-open watches are noticed.
  await clock.advance(100_000);
  await untilQuiet(world, pair, async () => {
    if ((await world.get(serviceKind, "telemetry/broker")) !== undefined) return false;
    const states = [...(await world.readiness()).values()];
    return states.every(({ state }) => state === "ready");
  });
  const ready = await awsState(world);
  const deletions = distinctDeletions(world);
  for (const name of ["shop", "telemetry", "reports"]) {
    if ((await world.get(namespaceKind, name)) !== undefined) await world.delete(namespaceKind, name);
  }
  await untilQuiet(world, pair, async () => (await world.list(namespaceKind)).length <= initialNamespaces);
  // The shared back-end group goes half a minute after its last user.
  await clock.advance(120_000);
  const gone = await awsState(world);
  await pair.close();
  await world.close();
  return { ready, gone, deletions, pair };
}

const initialNamespaces = 4;

/** Lets time pass in which there is always something to write to AWS and Kubernetes. */
async function busy(world: OperatorWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5_000) {
    const delay = 30 + ((world.clock.monotonic() / 1_000) % 7);
    const annotation = `deregistration_delay.timeout_seconds=${Math.floor(delay)}`;
    await setAnnotation(world, annotation);
    await world.clock.advance(5_000);
  }
  await setAnnotation(world, "deregistration_delay.timeout_seconds=60");
}

async function setAnnotation(world: OperatorWorld, attributes: string): Promise<void> {
  const annotations = { "alb.ingress.kubernetes.io/target-group-attributes": attributes };
  await world.patch(ingressKind, "shop/catalog", { metadata: { annotations } });
}

/** Lets time pass until `done` holds and the leader has had nothing to do for a while. */
async function untilQuiet(world: OperatorWorld, pair: OperatorPair, done: () => Promise<boolean>): Promise<void> {
  const end = world.clock.now() + 1_800_000;
  for (let quiet = 0; quiet < 4; ) {
    await world.clock.advance(2_000);
    const resting = pair.leader?.operator.idle === true && (await done());
    quiet = resting ? quiet + 1 : 0;
    if (world.clock.now() < end) continue;
    const open = [...(await world.readiness())].filter(([, { state }]) => state !== "ready");
    throw new Error(`not at rest in time; leader: ${pair.leader?.name ?? "none"}; not ready: ${JSON.stringify(open)}`);
  }
}

function distinctDeletions({ sandbox }: OperatorWorld): readonly string[] {
  const deletions = sandbox.aws.calls.records.filter(
    ({ operation, performed }) => performed && /^(Delete|Terminate)/.test(operation),
  );
  const distinct = new Map(deletions.map((record) => [JSON.stringify([record.operation, record.parameters]), record]));
  const counts = new Map<string, number>();
  return [...distinct.values()].map(({ operation }) => {
    const count = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, count);
    return `${operation} ${count}`;
  });
}

/** Lines that one side has and the other has not, counted. */
function difference(actual: readonly string[], expected: readonly string[]): readonly string[] {
  const rest = [...expected];
  const more = actual.filter((line) => {
    const index = rest.indexOf(line);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
  return [...more.map((line) => `too much: ${line}`), ...rest.map((line) => `missing: ${line}`)];
}

describe("two operators, one of which leads, while everything around them fails", function () {
  this.timeout(30_000 + seeds * 20_000);
  let undisturbed: Run;
  let terms = 0;

  before(async () => {
    const { pair, ...result } = await run(0, []);
    assert.equal(pair.writers().length, 1);
    assert.ok(result.ready.length > result.gone.length + 5 && result.deletions.length > 0);
    undisturbed = result;
  });

  after(() => {
    assert.ok(seeds < 20 || terms > 1.5 * seeds, `only ${terms} terms in ${seeds} runs: the faults are too mild`);
  });

  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    it(`come to the same end, one writing at a time (seed ${seed})`, async () => {
      const faults = drawSchedule(seededRandom(seed * 7919), spanMs);
      try {
        const { pair, ...result } = await run(seed, faults);
        const writers = pair.writers();
        terms += writers.length;
        assert.deepEqual(writers, [...new Set(writers)], "a process wrote after another had taken over");
        assert.deepEqual(difference(result.ready, undisturbed.ready), [], "the state when all was ready");
        assert.deepEqual(difference(result.gone, undisturbed.gone), [], "the state when all was deleted");
        // What is made twice is left over, or deleted: more than what users deleted.
        const more = result.deletions.filter((deletion) => !undisturbed.deletions.includes(deletion));
        assert.deepEqual(more, [], "something was made that had to be deleted again");
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}\nfaults:\n${describeSchedule(faults)}`, {
          cause: error,
        });
      }
    });
  }
});
