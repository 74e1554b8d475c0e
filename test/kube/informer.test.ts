import assert from "node:assert/strict";
import { type Pod, podKind } from "../../src/api/builtin.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { changesSpec, createInformer, type Informer, type InformerOptions } from "../../src/kube/informer.ts";
import { silentLogger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { FakeKube, status } from "../support/fake-kube.ts";
import { SimClock } from "../support/sim-clock.ts";

const pods = "/api/v1/pods";

function pod(name: string, ip = "10.0.0.1", extra: object = {}): object {
  return { metadata: { namespace: "shop", name, ...extra }, spec: { nodeName: "n1" }, status: { podIP: ip } };
}

function setUp(options: Partial<InformerOptions<Pod>> = {}) {
  const kube = new FakeKube();
  const clock = new SimClock();
  const metrics = createMetrics();
  const events: string[] = [];
  const warnings: string[] = [];
  const log = {
    ...silentLogger,
    warn: (text: string) => void warnings.push(text),
    error: (text: string) => void warnings.push(text),
  };
  const informer = createInformer<Pod>({
    kind: podKind,
    http: kube.handler,
    clock,
    random: () => 0.5,
    log: { ...log, child: () => ({ ...log, child: () => silentLogger }) },
    metrics,
    onEvent: (event) => void events.push(`${event.type} ${event.key}`),
    ...options,
  });
  return { kube, clock, metrics, events, warnings, informer };
}

function cached(informer: Informer<Pod>): Record<string, string | undefined> {
  return Object.fromEntries([...informer.list()].map((object) => [object.metadata.name, object.status?.podIP]));
}

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

describe("informer guards", () => {
  it("J1: keeps one watch open for five minutes of events, one a second", async () => {
    const { kube, clock, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    for (let second = 0; second < 300; second++) {
      kube.put(pods, pod("a", `10.0.0.${second % 250}`));
      await clock.advance(1_000);
    }
    assert.equal(kube.watches.length, 1);
    assert.deepEqual(cached(informer), { a: "10.0.0.49" });
    await informer.stop();
  });

  it("J1: a watch request without an answer is given up after 10 s and made again", async () => {
    const { kube, clock, informer } = setUp();
    kube.fault = (request) => (request.query.get("watch") === "true" ? new Promise(() => undefined) : undefined);
    informer.start();
    await informer.whenSynced();
    await clock.advance(9_999);
    assert.equal(kube.watches.length, 1);
    kube.fault = undefined;
    kube.put(pods, pod("a"));
    await clock.advance(1_000);
    assert.equal(kube.watches.length, 2);
    assert.deepEqual(Object.keys(cached(informer)), ["a"]);
    await informer.stop();
  });

  it("J2: a watch that goes silent without an error is replaced within its limit, and no change is lost", async () => {
    const { kube, clock, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    const seconds = Number(kube.watches[0]?.query.get("timeoutSeconds"));
    assert.ok(seconds >= 300 && seconds <= 600);
    kube.put(pods, pod("lost"), { tell: false });
    await clock.advance((seconds + 30) * 1000 - 1);
    assert.deepEqual(cached(informer), {});
    assert.equal(informer.health().live, true);
    await clock.advance(5_000);
    assert.deepEqual(cached(informer), { lost: "10.0.0.1" });
    await informer.stop();
  });

  it("J2: every half hour the whole list is compared, and what the watch missed is counted and mended", async () => {
    const { kube, clock, metrics, informer } = setUp();
    kube.put(pods, pod("gone"));
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    kube.delete(pods, "shop/gone", { tell: false });
    // The watch moves past the loss, so that only a list can find it.
    kube.put(pods, pod("seen"));
    const serverEndsWatches = async () => {
      for (let passed = 0; passed < 31 * 60; passed += 300) {
        await clock.advance(300_000);
        kube.bookmark();
        await clock.settle();
        kube.endWatches();
      }
    };
    await serverEndsWatches();
    await clock.advance(5_000);
    assert.deepEqual(Object.keys(cached(informer)), ["seen"]);
    assert.equal(await metrics.value("fairlead_kube_missed_events_total", { kind: "Pod" }), 1);
    assert.equal(kube.lists.length, 2);
    await informer.stop();
  });

  it("J2: a list on request counts what was missed too", async () => {
    const { kube, clock, metrics, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    kube.put(pods, pod("lost"), { tell: false });
    kube.bookmark();
    await clock.settle();
    informer.relist();
    await clock.settle();
    assert.deepEqual(Object.keys(cached(informer)), ["lost"]);
    assert.equal(await metrics.value("fairlead_kube_missed_events_total", { kind: "Pod" }), 1);
    await informer.stop();
  });

  it("J3: after ten minutes without an API server the cache is in sync within 30 s", async () => {
    const { kube, clock, informer } = setUp();
    kube.put(pods, pod("a"));
    informer.start();
    await informer.whenSynced();
    kube.fault = () => Promise.reject(new Error("ECONNREFUSED"));
    kube.endWatches(new Error("ECONNRESET"));
    await clock.advance(600_000);
    kube.put(pods, pod("b"));
    kube.fault = undefined;
    await clock.advance(30_000);
    assert.deepEqual(Object.keys(cached(informer)), ["a", "b"]);
    await informer.stop();
  });

  it("J3: an API server that is down at the start is waited for", async () => {
    const { kube, clock, informer } = setUp();
    kube.put(pods, pod("a"));
    kube.fault = () => status(503, "ServiceUnavailable", "starting");
    informer.start();
    await clock.advance(600_000);
    assert.equal(informer.synced, false);
    kube.fault = undefined;
    await clock.advance(30_000);
    assert.equal(informer.synced, true);
    await informer.stop();
  });

  it("J4: a server that closes each watch at once gets at most ten requests in the first minute", async () => {
    const { kube, clock, informer } = setUp({ random: () => 0 });
    kube.fault = (request) =>
      request.query.get("watch") === "true" ? { status: 200, headers: {}, body: "" } : undefined;
    informer.start();
    await clock.advance(60_000);
    assert.ok(kube.requests.length <= 10, `${kube.requests.length} requests`);
    assert.equal(kube.lists.length, 1, "the version is kept");
    await informer.stop();
  });

  it("J4: the back-off starts afresh only after a minute of healthy stream", async () => {
    const { kube, clock, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    const restartTakes = async () => {
      const before = kube.watches.length;
      const start = clock.now();
      kube.endWatches();
      await clock.until(() => kube.watches.length > before, 60_000);
      await clock.settle();
      return clock.now() - start;
    };
    assert.deepEqual([await restartTakes(), await restartTakes(), await restartTakes()], [500, 1000, 2000]);
    await clock.advance(61_000);
    assert.equal(await restartTakes(), 500);
    await informer.stop();
  });

  it("J5: a thousand starts and stops at random points leave no stream open", async () => {
    const kube = new FakeKube();
    kube.put(pods, pod("a"));
    const clock = new SimClock();
    let seed = 3;
    const next = (bound: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % bound;
    for (let round = 0; round < 1000; round++) {
      const informer = createInformer<Pod>({
        kind: podKind,
        http: kube.handler,
        clock,
        random: () => 0.5,
        log: silentLogger,
      });
      informer.start();
      for (let turn = next(9); turn > 0; turn--) await Promise.resolve();
      if (next(3) === 0) await new Promise((resolve) => void setImmediate(resolve));
      await informer.stop();
    }
    await clock.settle();
    assert.equal(kube.openWatches, 0);
  });

  it("J5: an answer that comes after the stop is let go", async () => {
    const late = Promise.withResolvers<void>();
    let closed = false;
    const { kube, clock, informer } = setUp();
    kube.fault = (request) =>
      request.query.get("watch") === "true"
        ? late.promise.then(() => ({
            status: 200,
            headers: {},
            body: {
              [Symbol.asyncIterator]: () => ({
                next: () => new Promise<never>(() => undefined),
                return: () => {
                  closed = true;
                  return Promise.resolve({ done: true as const, value: undefined });
                },
              }),
            },
          }))
        : undefined;
    informer.start();
    await clock.settle();
    await informer.stop();
    late.resolve();
    await clock.settle();
    assert.equal(closed, true);
  });

  it("J7: 410 in a list, at the start of a watch and in its middle all end with the server's state", async () => {
    const { kube, clock, informer } = setUp();
    for (let index = 0; index < 600; index++) kube.put(pods, pod(`p${index}`));
    let faults = 1;
    kube.fault = (request) =>
      request.query.has("continue") && faults-- > 0 ? status(410, "Expired", "continue expired") : undefined;
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    assert.equal(informer.health().objects, 600);
    assert.equal(kube.lists.length, 4, "the list was started over");

    kube.endWatches();
    kube.delete(pods, "shop/p0");
    kube.compact();
    await clock.advance(10_000);
    assert.equal(informer.health().objects, 599);

    kube.delete(pods, "shop/p1", { tell: false });
    kube.compact();
    kube.sendRaw(
      `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } })}\n`,
    );
    await clock.advance(10_000);
    assert.equal(informer.health().objects, 598);
    await informer.stop();
  });

  it("J7: other errors in the stream do not cause a list; the watch goes on from the last version", async () => {
    const { kube, clock, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    kube.put(pods, pod("a"));
    await clock.settle();
    const version = String(kube.version);
    kube.sendRaw(`${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 500, message: "etcd" } })}\n`);
    await clock.advance(10_000);
    assert.equal(kube.lists.length, 1);
    assert.equal(kube.watches.at(-1)?.query.get("resourceVersion"), version);
    await informer.stop();
  });

  it("J7: bookmarks are asked for and move the version of a quiet watch", async () => {
    const { kube, clock, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    kube.put("/api/v1/services", { metadata: { namespace: "shop", name: "other" } });
    kube.bookmark();
    await clock.settle();
    kube.compact();
    kube.endWatches();
    await clock.advance(10_000);
    assert.equal(kube.watches[0]?.query.get("allowWatchBookmarks"), "true");
    assert.equal(kube.lists.length, 1, "the bookmark saved a list");
    await informer.stop();
  });

  it("J8: lists come in pages of 500", async () => {
    const { kube, informer } = setUp();
    for (let index = 0; index < 1_200; index++) kube.put(pods, pod(`p${index}`));
    informer.start();
    await informer.whenSynced();
    assert.deepEqual(
      kube.lists.map((request) => [request.query.get("limit"), request.query.get("continue")]),
      [
        ["500", null],
        ["500", "500"],
        ["500", "1000"],
      ],
    );
    assert.equal(informer.health().objects, 1_200);
    await informer.stop();
  });

  it("J9: the same event three times tells handlers once", async () => {
    const { kube, clock, events, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    const object = kube.put(pods, pod("a"), { tell: false });
    const line = `${JSON.stringify({ type: "ADDED", object })}\n`;
    kube.sendRaw(line + line + line);
    await clock.settle();
    assert.deepEqual(events, ["add shop/a"]);
    const gone = `${JSON.stringify({ type: "DELETED", object })}\n`;
    kube.sendRaw(gone + gone + gone);
    await clock.settle();
    assert.deepEqual(events, ["add shop/a", "delete shop/a"]);
    await informer.stop();
  });

  it("J9: a deletion that nobody saw comes with the last known object", async () => {
    const gone: (KubeObject | undefined)[] = [];
    const { kube, clock, informer } = setUp({
      onEvent: (event) => void (event.type === "delete" && gone.push(event.old)),
    });
    kube.put(pods, pod("a", "10.0.0.9"));
    informer.start();
    await informer.whenSynced();
    kube.fault = () => Promise.reject(new Error("ECONNREFUSED"));
    kube.endWatches();
    await clock.advance(1_000);
    kube.delete(pods, "shop/a");
    kube.compact();
    kube.fault = undefined;
    await clock.advance(60_000);
    assert.deepEqual(
      gone.map((object) => (object as Pod | undefined)?.status?.podIP),
      ["10.0.0.9"],
    );
    await informer.stop();
  });

  it("J10: a handler that throws is counted, and the stream and the other handlers go on", async () => {
    const { kube, clock, metrics, events, informer } = setUp();
    informer.onEvent(() => {
      throw new Error("bad handler");
    });
    informer.onEvent((event) => void events.push(`second ${event.key}`));
    informer.start();
    await informer.whenSynced();
    kube.put(pods, pod("a"));
    await clock.settle();
    assert.deepEqual(events, ["add shop/a", "second shop/a"]);
    assert.equal(await metrics.value("fairlead_kube_handler_failures_total", { kind: "Pod" }), 1);
    assert.equal(kube.watches.length, 1);
    await informer.stop();
  });

  it("J10: a line that is not JSON breaks the stream and causes a list", async () => {
    for (const line of ["{oops\n", '{"type":"ADDED"}\n', '{"type":"ADDED","object":{"metadata":{}}}\n', "42\n"]) {
      const { kube, clock, metrics, informer } = setUp();
      informer.start();
      await informer.whenSynced();
      await clock.settle();
      kube.put(pods, pod("lost"), { tell: false });
      kube.sendRaw(line);
      await clock.advance(5_000);
      assert.deepEqual(Object.keys(cached(informer)), ["lost"], line);
      assert.equal(await metrics.value("fairlead_kube_relists_total", { kind: "Pod", reason: "corrupt" }), 1);
      await informer.stop();
    }
  });

  it("J10: a transform or index that throws costs only its own object", async () => {
    const { kube, clock, metrics, informer } = setUp({
      indexes: {
        ip: (object) => {
          if (object.metadata.name === "bad") throw new Error("bad index");
          return [object.status?.podIP ?? ""];
        },
      },
    });
    kube.put(pods, pod("bad"));
    kube.put(pods, pod("good"));
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    assert.deepEqual(Object.keys(cached(informer)), ["good"]);
    assert.equal(await metrics.value("fairlead_kube_handler_failures_total", { kind: "Pod" }), 1);
    await informer.stop();
  });

  it("J17: a kind without any change for 15 minutes causes no warning", async () => {
    const { kube, clock, warnings, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    for (let minute = 0; minute < 15; minute++) {
      await clock.advance(60_000);
      kube.bookmark();
      if (minute % 7 === 6) kube.endWatches();
      await clock.settle();
    }
    assert.deepEqual(warnings, []);
    assert.equal(kube.lists.length, 1);
    await informer.stop();
  });
});
