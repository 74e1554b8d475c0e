import assert from "node:assert/strict";
import { type Service, serviceKind } from "../../src/api/builtin.ts";
import type { Condition } from "../../src/api/object.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { mergePatchBetween, removeCondition, setCondition, setStanding, writeStatus } from "../../src/kube/status.ts";
import { FakeKube, status as failure } from "../support/fake-kube.ts";
import { SimClock } from "../support/sim-clock.ts";

const t0 = Date.parse("2026-01-01T00:00:00.987Z");
const minute = 60_000;

describe("setCondition", () => {
  const ready = { type: "Ready", status: "False", reason: "Creating", message: "wait" } as const;

  it("adds a condition with the time of now in whole seconds", () => {
    assert.deepEqual(setCondition([], ready, t0), [{ ...ready, lastTransitionTime: "2026-01-01T00:00:00Z" }]);
  });

  it("keeps the transition time while only reason, message or generation change", () => {
    const before = setCondition([], ready, t0);
    const after = setCondition(before, { ...ready, reason: "Waiting", observedGeneration: 2 }, t0 + minute);
    assert.deepEqual(after, [
      { ...ready, reason: "Waiting", observedGeneration: 2, lastTransitionTime: "2026-01-01T00:00:00Z" },
    ]);
  });

  it("moves the transition time with the status, and keeps the order", () => {
    const other = { type: "Other", status: "True", reason: "X", message: "" } as const;
    const before = setCondition(setCondition([], ready, t0), other, t0);
    const after = setCondition(before, { ...ready, status: "True" }, t0 + minute);
    assert.deepEqual(
      after.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
      [
        ["Ready", "2026-01-01T00:01:00Z"],
        ["Other", "2026-01-01T00:00:00Z"],
      ],
    );
  });

  it("returns the same array when nothing changed", () => {
    const before = setCondition([], ready, t0);
    assert.equal(setCondition(before, ready, t0 + minute), before);
    assert.equal(removeCondition(before, "Other"), before);
    assert.deepEqual(removeCondition(before, "Ready"), []);
  });
});

describe("setStanding", () => {
  const rows = [
    ["ready", "True", "False", "False"],
    ["reconciling", "False", "True", "False"],
    ["unready", "False", "True", "False"],
    ["stalled", "False", "False", "True"],
  ] as const;
  for (const [state, ready, reconciling, stalled] of rows) {
    it(`writes ${state} as Ready ${ready}, Reconciling ${reconciling}, Stalled ${stalled}`, () => {
      const standing = { state, reason: "Why", message: "text", observedGeneration: 3 };
      const conditions: readonly Condition[] = setStanding([], standing, t0);
      assert.deepEqual(
        conditions.map(({ type, status }) => [type, status]),
        [
          ["Ready", ready],
          ["Reconciling", reconciling],
          ["Stalled", stalled],
        ],
      );
      assert.ok(conditions.every((condition) => condition.observedGeneration === 3 && condition.reason === "Why"));
      assert.equal(setStanding(conditions, standing, t0 + minute), conditions, "a second time changes nothing");
    });
  }
});

describe("mergePatchBetween", () => {
  const cases: readonly [title: string, from: object, to: object, patch: object | undefined][] = [
    ["nothing for equal values", { a: [1, { b: 2 }], c: { d: 1 } }, { c: { d: 1 }, a: [1, { b: 2 }] }, undefined],
    ["only what changed", { a: 1, b: { c: 1, d: 2 } }, { a: 1, b: { c: 1, d: 3 } }, { b: { d: 3 } }],
    ["null for what goes", { a: 1, b: { c: 1, d: 2 } }, { b: { c: 1 } }, { a: null, b: { d: null } }],
    ["whole arrays", { a: [{ x: 1 }, { x: 2 }] }, { a: [{ x: 1 }] }, { a: [{ x: 1 }] }],
    ["nothing for undefined members", { a: 1 }, { a: 1, b: undefined }, undefined],
    ["nothing for undefined members in arrays", { a: [{ b: 1 }] }, { a: [{ b: 1, c: undefined }] }, undefined],
    ["new objects whole", {}, { a: { b: { c: 1 } } }, { a: { b: { c: 1 } } }],
    ["a value in place of an object", { a: { b: 1 } }, { a: "x" }, { a: "x" }],
  ];
  for (const [title, from, to, patch] of cases)
    it(`gives ${title}`, () => assert.deepEqual(mergePatchBetween(from, to), patch));
});

describe("writeStatus", () => {
  function setUp() {
    const kube = new FakeKube();
    const client = createKubeClient({ http: kube.handler, clock: new SimClock(), random: () => 0.5 });
    const object = kube.put("/api/v1/services", {
      metadata: { namespace: "shop", name: "web" },
      status: { loadBalancer: { ingress: [{ hostname: "a" }] }, other: 1 },
    }) as Service;
    return { kube, client, object };
  }

  it("sends nothing when nothing changed", async () => {
    const { kube, client, object } = setUp();
    assert.equal(await writeStatus(client, serviceKind, object, object.status ?? {}), false);
    assert.deepEqual(kube.requests, []);
  });

  it("sends what changed to the status subresource", async () => {
    const { kube, client, object } = setUp();
    assert.equal(await writeStatus(client, serviceKind, object, { loadBalancer: {}, other: 1 }), true);
    const [request] = kube.requests;
    assert.match(request?.path ?? "", /^\/api\/v1\/namespaces\/shop\/services\/web\/status\?/);
    assert.deepEqual(JSON.parse(request?.body ?? ""), { status: { loadBalancer: { ingress: null } } });
  });

  it("does not mind that the object is gone, but other failures", async () => {
    const { kube, client, object } = setUp();
    kube.delete("/api/v1/services", "shop/web");
    assert.equal(await writeStatus(client, serviceKind, object, {}), false);
    kube.fault = () => failure(403, "Forbidden", "no");
    await assert.rejects(writeStatus(client, serviceKind, object, {}), { class: "denied" });
  });
});
