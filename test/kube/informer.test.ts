import assert from "node:assert/strict";
import type { Pod } from "../../src/api/builtin.ts";
import { changesSpec } from "../../src/kube/informer.ts";
import { cached, pod, pods, setUp } from "../support/pod-informer.ts";

describe("informer", () => {
  it("holds what the server holds and tells of each change once", async () => {
    const { kube, clock, events, informer } = setUp();
    kube.put(pods, pod("a"));
    informer.start();
    await informer.whenSynced();
    assert.deepEqual(events, ["add shop/a"]);
    kube.put(pods, pod("b", "10.0.0.2"));
    kube.put(pods, pod("a", "10.0.0.3"));
    kube.delete(pods, "shop/b");
    await clock.settle();
    assert.deepEqual(events, ["add shop/a", "add shop/b", "update shop/a", "delete shop/b"]);
    assert.deepEqual(cached(informer), { a: "10.0.0.3" });
    await informer.stop();
  });

  it("gives old and new object with an update, and none for a change of nothing that is kept", async () => {
    const seen: [string | undefined, string | undefined][] = [];
    const { kube, clock, informer } = setUp({
      onEvent: (event) => void seen.push([event.old?.status?.podIP, event.new?.status?.podIP]),
    });
    kube.put(pods, pod("a", "10.0.0.1"));
    informer.start();
    await informer.whenSynced();
    kube.put(pods, pod("a", "10.0.0.2"));
    kube.put(pods, { ...pod("a", "10.0.0.2"), unread: 1 });
    await clock.settle();
    assert.deepEqual(seen, [
      [undefined, "10.0.0.1"],
      ["10.0.0.1", "10.0.0.2"],
    ]);
    assert.equal(informer.get("shop/a")?.metadata.resourceVersion, String(kube.version), "the version is current");
    await informer.stop();
  });

  it("finds objects by declared indexes as they change, and refuses others", async () => {
    const { kube, clock, informer } = setUp({ indexes: { ip: (object) => [object.status?.podIP ?? ""] } });
    kube.put(pods, pod("a", "10.0.0.1"));
    kube.put(pods, pod("b", "10.0.0.1"));
    informer.start();
    await informer.whenSynced();
    const names = (ip: string) => informer.byIndex("ip", ip).map((object) => object.metadata.name);
    assert.deepEqual(names("10.0.0.1"), ["a", "b"]);
    kube.put(pods, pod("a", "10.0.0.2"));
    kube.delete(pods, "shop/b");
    await clock.settle();
    assert.deepEqual([names("10.0.0.1"), names("10.0.0.2")], [[], ["a"]]);
    assert.deepEqual([...informer.list("shop")].length, 1);
    assert.deepEqual([...informer.list("other")], []);
    assert.throws(() => informer.byIndex("node", "n1"), TypeError);
    await informer.stop();
  });

  it("tells changes of the status from all others", () => {
    const old = { apiVersion: "v1", kind: "Pod", ...pod("a", "10.0.0.1", { uid: "u", resourceVersion: "1" }) } as Pod;
    const update = (changed: object) => ({ type: "update", key: "shop/a", old, new: { ...old, ...changed } }) as const;
    assert.equal(changesSpec(update({ status: {}, metadata: { ...old.metadata, resourceVersion: "2" } })), false);
    assert.equal(changesSpec(update({ metadata: { ...old.metadata, annotations: { a: "b" } } })), true);
    assert.equal(changesSpec(update({ spec: {} })), true);
    assert.equal(changesSpec({ type: "add", key: "shop/a", old: undefined, new: old }), true);
  });

  it("tells a handler that comes late of what is there", async () => {
    const { kube, informer } = setUp();
    kube.put(pods, pod("a"));
    informer.start();
    await informer.whenSynced();
    const late: string[] = [];
    const end = informer.onEvent((event) => void late.push(event.key));
    end();
    kube.put(pods, pod("b"));
    assert.deepEqual(late, ["shop/a"]);
    await informer.stop();
  });

  it("passes selectors and namespace on to list and watch", async () => {
    const { kube, clock, informer } = setUp({
      namespace: "shop",
      labelSelector: "app=web",
      fieldSelector: "spec.nodeName=n1",
    });
    informer.start();
    await clock.settle();
    for (const request of [kube.lists[0], kube.watches[0]]) {
      assert.match(request?.path ?? "", /^\/api\/v1\/namespaces\/shop\/pods\?/);
      assert.equal(request?.query.get("labelSelector"), "app=web");
      assert.equal(request?.query.get("fieldSelector"), "spec.nodeName=n1");
    }
    await informer.stop();
  });

  it("treats an object with a new uid as deleted and made again", async () => {
    const { kube, clock, events, informer } = setUp();
    kube.put(pods, pod("a", "10.0.0.1", { uid: "first" }));
    informer.start();
    await informer.whenSynced();
    kube.put(pods, pod("a", "10.0.0.1", { uid: "second" }));
    await clock.settle();
    assert.deepEqual(events, ["add shop/a", "delete shop/a", "add shop/a"]);
    await informer.stop();
  });

  it("stays in sync through any mix of changes, cut connections, compactions and lost events", async () => {
    const { kube, clock, informer } = setUp();
    const mirror = new Map<string, string>();
    informer.onEvent((event) => {
      if (event.new === undefined) mirror.delete(event.key);
      else mirror.set(event.key, event.new.status?.podIP ?? "");
    });
    informer.start();
    let seed = 7;
    const next = (bound: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % bound;
    for (let step = 0; step < 400; step++) {
      const name = `p${next(12)}`;
      const exists = kube.object(pods, `shop/${name}`) !== undefined;
      const action = next(20);
      if (action < 12 || !exists) kube.put(pods, pod(name, `10.0.0.${step % 250}`));
      else if (action < 15) kube.delete(pods, `shop/${name}`);
      else if (action === 15) kube.endWatches(new Error("ECONNRESET"));
      else if (action === 16) kube.endWatches();
      else if (action === 17) {
        kube.compact();
        kube.endWatches();
      } else kube.bookmark();
      await clock.advance(next(3) === 0 ? next(5_000) : 0);
    }
    await clock.advance(60_000);
    const truth = Object.fromEntries(
      [...Array(12).keys()].flatMap((index) => {
        const object = kube.object(pods, `shop/p${index}`) as Pod | undefined;
        return object === undefined ? [] : [[`shop/p${index}`, object.status?.podIP]];
      }),
    );
    assert.deepEqual(Object.fromEntries(mirror), truth);
    assert.equal(informer.health().objects, mirror.size);
    await informer.stop();
    assert.equal(kube.openWatches, 0);
  });
});
