import assert from "node:assert/strict";
import { type Pod, podKind } from "../../src/api/builtin.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { HttpResponse } from "../../src/http.ts";
import { createInformer } from "../../src/kube/informer.ts";
import { silentLogger } from "../../src/log.ts";
import { FakeKube, status } from "../support/fake-kube.ts";
import { cached, pod, pods, setUp } from "../support/pod-informer.ts";
import { SimClock } from "../support/sim-clock.ts";

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
    const { kube, clock, warnings, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    kube.put(pods, pod("lost"), { tell: false });
    await clock.advance(89_999);
    assert.deepEqual(cached(informer), {});
    await clock.advance(1_000);
    assert.deepEqual(cached(informer), { lost: "10.0.0.1" });
    assert.equal(kube.lists.length, 1, "the new watch goes on where the silent one stood");
    assert.deepEqual(warnings, [], "a quiet kind looks the same");
    await informer.stop();
  });

  it("J2: a watch that the server does not end when asked to is ended within its limit", async () => {
    const { kube, clock, informer } = setUp();
    informer.start();
    await informer.whenSynced();
    await clock.settle();
    const seconds = Number(kube.watches[0]?.query.get("timeoutSeconds"));
    assert.ok(seconds >= 300 && seconds <= 600);
    for (let passed = 0; passed < seconds + 30; passed++) {
      if (passed % 60 === 0) kube.bookmark();
      await clock.advance(999);
    }
    assert.equal(kube.watches.length, 1);
    assert.equal(informer.health().live, true);
    await clock.advance(5_000);
    assert.equal(kube.watches.length, 2);
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
    await Promise.all([informer.relist(), clock.settle()]);
    assert.deepEqual(Object.keys(cached(informer)), ["lost"]);
    assert.equal(await metrics.value("fairlead_kube_missed_events_total", { kind: "Pod" }), 1);
    await informer.stop();
  });

  it("a list that is asked for while another is read, or while a watch opens, is read after it", async () => {
    const { kube, clock, informer } = setUp();
    const held = Promise.withResolvers<HttpResponse>();
    kube.fault = () => held.promise;
    informer.start();
    await clock.settle();
    let known: string[] | undefined;
    void informer.relist().then(() => (known = Object.keys(cached(informer))));
    kube.fault = (request) => (request.query.get("watch") === "true" ? new Promise(() => undefined) : undefined);
    kube.put(pods, pod("late"), { tell: false });
    held.resolve({ status: 200, headers: {}, body: JSON.stringify({ metadata: { resourceVersion: "1" }, items: [] }) });
    await clock.settle();
    assert.deepEqual([known, kube.lists.length], [["late"], 2]);
    kube.put(pods, pod("later"), { tell: false });
    await Promise.all([informer.relist(), clock.settle()]);
    assert.deepEqual(Object.keys(cached(informer)), ["late", "later"], "no answer of the watch was waited for");
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
