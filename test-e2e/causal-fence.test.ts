import assert from "node:assert/strict";
import { configMapKind } from "../src/api/builtin.ts";
import { WatchDecoder } from "../src/kube/watch-stream.ts";
import { OperatorWorld } from "../test/support/operator-world.ts";
import { textOf } from "../test/support/real-cluster/change-log.ts";

const name = (index: number): { readonly namespace: string; readonly name: string } => ({
  namespace: "default",
  name: `one-${index}`,
});
const rounds = 30;

/** What a watch with these options is told, in the form `TYPE name`. */
async function follow(world: OperatorWorld, query: string): Promise<readonly string[]> {
  const seen: string[] = [];
  const { handle } = world.sandbox.kube;
  const list = await textOf(await handle({ method: "GET", path: "/api/v1/configmaps", headers: {} }));
  const { metadata } = JSON.parse(list) as { readonly metadata: { readonly resourceVersion: string } };
  const path = `/api/v1/configmaps?watch=true&resourceVersion=${metadata.resourceVersion}&${query}`;
  const { body } = await handle({ method: "GET", path, headers: {} });
  if (typeof body === "string" || body instanceof Uint8Array) throw new Error("no watch");
  const decoder = new WatchDecoder();
  void (async () => {
    for await (const chunk of body)
      for (const { type, object } of decoder.push(chunk))
        seen.push(`${type} ${(object as { readonly metadata: { readonly name: string } }).metadata.name}`);
  })();
  return seen;
}

describe("simulated time on a real API server", () => {
  let world: OperatorWorld;
  before(async () => {
    world = await OperatorWorld.create({ start: false });
  });
  after(() => world.close());

  it("stands still until every watch has told every write that it selects", async () => {
    const { kube, clock } = world;
    const all = await follow(world, "");
    const green = await follow(world, "labelSelector=colour%3Dgreen");
    const one = await follow(world, "fieldSelector=metadata.name%3Done-7");
    const from = clock.now();
    for (let index = 0; index < rounds; index++) {
      const metadata = { ...name(index), labels: { colour: index % 2 === 0 ? "green" : "red" } };
      await kube.create(configMapKind, { metadata });
      await clock.settle();
      assert.equal(all.at(-1), `ADDED one-${index}`);
      // A write that changes nothing is told to nobody.
      await kube.mergePatch(configMapKind, name(index), { metadata: { labels: metadata.labels } });
      await clock.settle();
      assert.equal(all.at(-1), `ADDED one-${index}`);
      await kube.mergePatch(configMapKind, name(index), { metadata: { labels: { colour: "blue" } } });
      await clock.settle();
      assert.equal(all.at(-1), `MODIFIED one-${index}`);
      if (index % 2 === 0) assert.equal(green.at(-1), `DELETED one-${index}`);
      await kube.delete(configMapKind, name(index));
      await clock.settle();
      assert.equal(all.at(-1), `DELETED one-${index}`);
    }
    assert.equal(all.length, 3 * rounds);
    assert.equal(green.length, rounds);
    assert.deepEqual(one, ["ADDED one-7", "MODIFIED one-7", "DELETED one-7"]);
    assert.equal(clock.now(), from);
  });

  it("ends a watch when the time is over that was asked for", async () => {
    const handle = world.sandbox.kube.handle;
    const path = "/api/v1/configmaps?watch=true&timeoutSeconds=300";
    const { body } = await handle({ method: "GET", path, headers: {} });
    if (typeof body === "string" || body instanceof Uint8Array) throw new Error("no watch");
    let ended = false;
    void (async () => {
      for await (const _chunk of body);
      ended = true;
    })();
    await world.clock.advance(299_000);
    assert.equal(ended, false);
    await world.clock.advance(1_000);
    assert.equal(ended, true);
  });

  it("begins each world with what an installation brings, and nothing else", async () => {
    const objects = async (one: OperatorWorld): Promise<readonly string[]> =>
      (await one.list(configMapKind)).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const other = await OperatorWorld.create({ start: false });
    const fresh = await objects(other);
    await other.drive(other.kube.create(configMapKind, { metadata: name(99) }));
    assert.equal((await objects(other)).length, fresh.length + 1);
    await other.close();
    const next = await OperatorWorld.create({ start: false });
    assert.deepEqual(await objects(next), fresh);
    await next.close();
  });
});
