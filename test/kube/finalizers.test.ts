import assert from "node:assert/strict";
import { type Service, serviceKind } from "../../src/api/builtin.ts";
import { addFinalizer, removeFinalizers } from "../../src/kube/finalizers.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { FakeKube, status } from "../support/fake-kube.ts";
import { SimClock } from "../support/sim-clock.ts";

const services = "/api/v1/services";

function setUp(metadata: object = {}) {
  const kube = new FakeKube();
  const client = createKubeClient({ http: kube.handler, clock: new SimClock(), random: () => 0.5 });
  const put = (extra: object = {}) =>
    kube.put(services, { metadata: { namespace: "shop", name: "web", ...metadata, ...extra } }) as Service;
  const finalizers = () => kube.object(services, "shop/web")?.metadata.finalizers;
  return { kube, client, put, finalizers };
}

describe("finalizers", () => {
  it("are added behind those of others, once", async () => {
    const { kube, client, put, finalizers } = setUp({ finalizers: ["other"] });
    const added = await addFinalizer(client, serviceKind, put(), "ours");
    assert.deepEqual(finalizers(), ["other", "ours"]);
    assert.ok(added);
    await addFinalizer(client, serviceKind, added, "ours");
    assert.equal(kube.requests.length, 1);
  });

  it("are not added to an object that is being deleted", async () => {
    const { kube, client, put } = setUp({ deletionTimestamp: "2026-01-01T00:00:00Z" });
    await addFinalizer(client, serviceKind, put(), "ours");
    assert.deepEqual(kube.requests, []);
  });

  it("are removed without those of others", async () => {
    const { client, put, finalizers } = setUp({ finalizers: ["a", "other", "b"] });
    await removeFinalizers(client, serviceKind, put(), ["a", "b", "c"]);
    assert.deepEqual(finalizers(), ["other"]);
  });

  it("lose no change of others: the object is read again on a conflict", async () => {
    const { client, put, finalizers } = setUp();
    const stale = put({ finalizers: ["ours"] });
    put({ finalizers: ["ours", "theirs"] });
    await removeFinalizers(client, serviceKind, stale, ["ours"]);
    assert.deepEqual(finalizers(), ["theirs"]);
  });

  it("leave an object alone that has become another of the same name", async () => {
    const { kube, client, put, finalizers } = setUp();
    const stale = put({ uid: "first", finalizers: ["ours"] });
    kube.delete(services, "shop/web");
    put({ uid: "second", finalizers: ["ours"] });
    assert.equal(await removeFinalizers(client, serviceKind, stale, ["ours"]), undefined);
    assert.deepEqual(finalizers(), ["ours"]);
  });

  it("do not mind that the object is gone", async () => {
    const { kube, client, put } = setUp({ finalizers: ["ours"] });
    const object = put();
    kube.delete(services, "shop/web");
    assert.equal(await removeFinalizers(client, serviceKind, object, ["ours"]), undefined);
  });

  it("give up after five conflicts", async () => {
    const { kube, client, put } = setUp();
    const object = put();
    kube.fault = (request) => (request.method === "PATCH" ? status(409, "Conflict", "changed") : undefined);
    await assert.rejects(addFinalizer(client, serviceKind, object, "ours"), { class: "conflict" });
    assert.equal(kube.requests.filter((request) => request.method === "PATCH").length, 5);
  });
});
