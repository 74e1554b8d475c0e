import assert from "node:assert/strict";
import type { KubeObject } from "../../src/api/object.ts";
import { createEventRecorder, type EventInput } from "../../src/kube/events.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { silentLogger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { FakeKube, status } from "../support/fake-kube.ts";
import { SimClock } from "../support/sim-clock.ts";

const ingress: KubeObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { namespace: "shop", name: "web", uid: "u1", resourceVersion: "7", generation: 1 },
};
const failed: EventInput = { type: "Warning", reason: "FailedBuildModel", message: "no port 80", component: "ingress" };
const succeeded: EventInput = { type: "Normal", reason: "SuccessfullyReconciled", message: "ok", component: "ingress" };

interface WrittenEvent extends KubeObject {
  readonly count: number;
  readonly message: string;
  readonly reason: string;
}

function setUp() {
  const kube = new FakeKube();
  const clock = new SimClock();
  const metrics = createMetrics();
  let draw = 0;
  const random = () => (draw++ % 1_000) / 1_000;
  const client = createKubeClient({ http: kube.handler, clock, random });
  const recorder = createEventRecorder({ client, clock, random, log: silentLogger, metrics, instance: "host-1" });
  const events = () =>
    kube.requests
      .filter((request) => request.method === "POST")
      .map((request) => {
        const { metadata } = JSON.parse(request.body) as KubeObject;
        return kube.object("/api/v1/events", `${metadata.namespace}/${metadata.name}`) as WrittenEvent | undefined;
      });
  const texts = () => events().map((event) => [event?.message, event?.count]);
  const total = (result: string) => metrics.value("fairlead_events_recorded_total", { result });
  return { kube, clock, recorder, events, texts, total };
}

describe("event recorder", () => {
  it("writes a core event about the object, in its namespace, from its component", async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(ingress, failed);
    await clock.settle();
    const { metadata, ...event } = events()[0] ?? { metadata: undefined };
    assert.equal(metadata?.namespace, "shop");
    assert.match(metadata?.name ?? "", /^web\.[0-9a-f]{16}$/);
    assert.deepEqual(event, {
      apiVersion: "v1",
      kind: "Event",
      involvedObject: {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        name: "web",
        namespace: "shop",
        uid: "u1",
        resourceVersion: "7",
      },
      type: "Warning",
      reason: "FailedBuildModel",
      message: "no port 80",
      source: { component: "ingress" },
      reportingComponent: "ingress",
      reportingInstance: "host-1",
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
    });
    await recorder.stop();
  });

  it("puts events about cluster-scoped objects into the default namespace", async () => {
    const { clock, recorder, events } = setUp();
    recorder.record({ ...ingress, metadata: { name: "alb", uid: "c1", resourceVersion: "1" } }, failed);
    await clock.settle();
    assert.equal(events()[0]?.metadata.namespace, "default");
    await recorder.stop();
  });

  it("does not repeat a text about an unchanged object within the hour, and then counts it up", async () => {
    const { clock, recorder, texts, total } = setUp();
    for (let times = 0; times < 10; times++) {
      recorder.record({ ...ingress, metadata: { ...ingress.metadata, resourceVersion: String(times) } }, failed);
      await clock.advance(60_000);
    }
    assert.deepEqual(texts(), [["no port 80", 1]]);
    assert.equal(await total("repeated"), 9);
    await clock.advance(3_600_000);
    recorder.record(ingress, failed);
    await clock.settle();
    assert.deepEqual(texts(), [["no port 80", 2]]);
    await recorder.stop();
  });

  it("tells the same again when the object has changed", async () => {
    const changes: object[] = [{ generation: 2 }, { annotations: { a: "b" } }];
    for (const change of changes) {
      const { clock, recorder, texts } = setUp();
      recorder.record(ingress, failed);
      recorder.record({ ...ingress, metadata: { ...ingress.metadata, ...change } }, failed);
      await clock.settle();
      assert.deepEqual(texts(), [["no port 80", 2]]);
      await recorder.stop();
    }
  });

  it("tells the same again after success in between, and success again after the failure", async () => {
    const { clock, recorder, texts } = setUp();
    for (const event of [succeeded, succeeded, failed, failed, succeeded, failed]) recorder.record(ingress, event);
    await clock.settle();
    assert.deepEqual(texts(), [
      ["ok", 2],
      ["no port 80", 2],
    ]);
    await recorder.stop();
  });

  it("lets 25 events about an object through at once, then one in five minutes; other objects are not affected", async () => {
    const { kube, clock, recorder, total } = setUp();
    for (let index = 0; index < 40; index++) recorder.record(ingress, { ...failed, reason: `Reason${index}` });
    await clock.settle();
    while (((await total("written")) ?? 0) < 25) await clock.settle();
    assert.equal(kube.requests.length, 25);
    assert.equal(await total("throttled"), 15);
    recorder.record({ ...ingress, metadata: { ...ingress.metadata, uid: "u2" } }, failed);
    await clock.settle();
    assert.equal(kube.requests.length, 26);
    await clock.advance(300_000);
    recorder.record(ingress, { ...failed, reason: "Late1" });
    recorder.record(ingress, { ...failed, reason: "Late2" });
    await clock.settle();
    assert.equal(kube.requests.length, 27);
    await recorder.stop();
  });

  it("joins many texts of one reason into one event", async () => {
    const { clock, recorder, texts, total } = setUp();
    for (let index = 1; index <= 14; index++) recorder.record(ingress, { ...failed, message: `pod ${index}` });
    while (((await total("written")) ?? 0) < 14) await clock.settle();
    assert.equal(texts().length, 11);
    assert.deepEqual(texts().at(-1), ["(combined from similar events): pod 14", 4]);
    await recorder.stop();
  });

  it("makes a new event when the old one has expired", async () => {
    const { kube, clock, recorder, events } = setUp();
    recorder.record(ingress, failed);
    await clock.settle();
    kube.delete("/api/v1/events", `shop/${events()[0]?.metadata.name}`);
    await clock.advance(3_600_000);
    recorder.record(ingress, failed);
    await clock.settle();
    assert.deepEqual(
      events().map((event) => event?.count),
      [undefined, 1],
    );
    await recorder.stop();
  });

  it("shortens messages that the API server would refuse", async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(ingress, { ...failed, message: "x".repeat(5_000) });
    await clock.settle();
    assert.equal(events()[0]?.message.length, 1_024);
    await recorder.stop();
  });

  it("never throws, and goes on after a failure", async () => {
    const { kube, clock, recorder, texts, total } = setUp();
    kube.fault = () => status(403, "Forbidden", "no");
    recorder.record(ingress, failed);
    await clock.settle();
    assert.equal(await total("failed"), 1);
    kube.fault = undefined;
    recorder.record(ingress, succeeded);
    await clock.settle();
    assert.deepEqual(texts().at(-1), ["ok", 1]);
    await recorder.stop();
  });

  it("on stop writes what is recorded, but waits no longer than two seconds", async () => {
    const { kube, clock, recorder, texts } = setUp();
    recorder.record(ingress, failed);
    await recorder.stop();
    assert.deepEqual(texts(), [["no port 80", 1]]);
    recorder.record(ingress, succeeded);
    await clock.settle();
    assert.equal(kube.requests.length, 1);

    const stuck = setUp();
    stuck.kube.fault = () => new Promise(() => undefined);
    stuck.recorder.record(ingress, failed);
    const stop = stuck.recorder.stop();
    await stuck.clock.advance(2_000);
    await stop;
  });
});
