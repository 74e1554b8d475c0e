import assert from "node:assert/strict";
import { serviceKind } from "../../src/api/builtin.ts";
import type { Clock } from "../../src/clock.ts";
import { createLeaderElection, type Lease, leaderOnly, microTime } from "../../src/kube/lease.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { silentLogger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { SimClock } from "../support/sim-clock.ts";

const leases = "/apis/coordination.k8s.io/v1/leases";

function setUp() {
  const kube = new FakeKube();
  const clock = new SimClock();
  const metrics = createMetrics();
  /** A process with its own network, which the test can cut, and its own clock. */
  const stand = (identity: string, ownClock: Clock = clock, hanging = { on: false }) => {
    const network = { cut: false };
    const http: typeof kube.handler = (request) => {
      if (hanging.on) return new Promise(() => undefined);
      return network.cut ? Promise.reject(new Error("ECONNREFUSED")) : kube.handler(request);
    };
    const client = createKubeClient({ http, clock: ownClock, random: () => 0.5 });
    const election = createLeaderElection({
      client,
      namespace: "kube-system",
      name: "fairlead",
      identity,
      clock: ownClock,
      random: () => 0.5,
      log: silentLogger,
      metrics,
    });
    election.start();
    return { election, network, http };
  };
  const lease = () => kube.object(leases, "kube-system/fairlead") as Lease | undefined;
  return { kube, clock, metrics, stand, lease };
}

describe("leader election", () => {
  it("makes the first process the leader, and no second", async () => {
    const { clock, metrics, stand, lease } = setUp();
    const a = stand("a");
    await a.election.whenLeading();
    const b = stand("b");
    await clock.advance(300_000);
    assert.deepEqual([a.election.isLeader(), b.election.isLeader()], [true, false]);
    assert.equal(a.election.fence().aborted, false);
    assert.equal(b.election.fence().aborted, true);
    assert.throws(() => b.election.assertLeader(), { code: "NotLeader", class: "transient" });
    const { holderIdentity, leaseDurationSeconds, leaseTransitions } = lease()?.spec ?? {};
    assert.deepEqual([holderIdentity, leaseDurationSeconds, leaseTransitions], ["a", 15, 0]);
    assert.equal(await metrics.value("leader_election_master_status", { name: "fairlead" }), 1);
    await a.election.stop();
    await b.election.stop();
  });

  it("J15: writes times with six decimals", async () => {
    const { stand, lease } = setUp();
    const a = stand("a");
    await a.election.whenLeading();
    for (const time of [lease()?.spec?.acquireTime, lease()?.spec?.renewTime])
      assert.match(time ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.equal(microTime(Date.parse("2026-01-01T00:00:00.120Z")), "2026-01-01T00:00:00.120000Z");
    await a.election.stop();
  });

  it("gives the lease back on stop, so that another takes over within its retry time", async () => {
    const { clock, stand, lease } = setUp();
    const a = stand("a");
    await a.election.whenLeading();
    const b = stand("b");
    await clock.settle();
    await a.election.stop();
    assert.equal(a.election.isLeader(), false);
    assert.equal(lease()?.spec?.holderIdentity, "");
    await clock.advance(2_400);
    assert.equal(b.election.isLeader(), true);
    assert.equal(lease()?.spec?.leaseTransitions, 1);
    await b.election.stop();
  });

  it("J15: a leader that is cut off stops writing before another may start, at whatever moment the cut comes", async () => {
    for (let moment = 0; moment < 2_200; moment += 275) {
      const { clock, stand } = setUp();
      const a = stand("a");
      await a.election.whenLeading();
      const b = stand("b");
      await clock.advance(20_000 + moment);
      const fence = a.election.fence();
      let fencedAt: number | undefined;
      fence.addEventListener("abort", () => {
        fencedAt = clock.monotonic();
      });
      a.network.cut = true;
      await clock.until(() => b.election.isLeader(), 60_000);
      assert.ok(fencedAt !== undefined, "the fence has fallen");
      assert.ok(clock.monotonic() - fencedAt >= 3_000, `${clock.monotonic() - fencedAt} ms between`);
      assert.equal(a.election.isLeader(), false);
      await a.election.stop();
      await b.election.stop();
    }
  });

  it("J15: after a freeze of 20 s no write leaves, even before any timer has fired", async () => {
    const { kube, clock, stand } = setUp();
    let frozenFor = 0;
    const wakingClock: Clock = {
      now: () => clock.now() + frozenFor,
      monotonic: () => clock.monotonic() + frozenFor,
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    };
    const a = stand("a", wakingClock);
    await a.election.whenLeading();
    const client = createKubeClient({ http: leaderOnly(a.http, a.election), clock, random: () => 0.5 });
    await client.create(serviceKind, { metadata: { namespace: "shop", name: "before" } });
    frozenFor = 20_000;
    assert.equal(a.election.isLeader(), false);
    assert.equal(a.election.fence().aborted, true);
    const writes = kube.requests.length;
    const refused = assert.rejects(client.create(serviceKind, { metadata: { namespace: "shop", name: "after" } }), {
      code: "NotLeader",
    });
    await clock.settle();
    await refused;
    assert.equal(kube.requests.length, writes);
    assert.equal(await client.get(serviceKind, { namespace: "shop", name: "after" }), undefined, "reads go through");
    await a.election.stop();
  });

  it("a machine that was suspended, whose monotonic clock stood still, has no leader when it wakes", async () => {
    const { clock, stand } = setUp();
    let suspendedFor = 0;
    const wakingClock: Clock = {
      now: () => clock.now() + suspendedFor,
      monotonic: () => clock.monotonic(),
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    };
    const a = stand("a", wakingClock);
    await a.election.whenLeading();
    const fence = a.election.fence();
    suspendedFor = 3_600_000;
    assert.equal(a.election.isLeader(), false);
    await clock.advance(5_000);
    assert.equal(fence.aborted, true, "the next renewal ends the term, and begins another");
    suspendedFor = 0;
    assert.equal(a.election.isLeader(), true, "a wall clock that is put back does not end a term");
    await a.election.stop();
  });

  it("a leader whose connection hangs for two renewals keeps the lease", async () => {
    const { clock, stand } = setUp();
    const hanging = { on: false };
    const a = stand("a", clock, hanging);
    await a.election.whenLeading();
    const fence = a.election.fence();
    await clock.advance(2_000);
    hanging.on = true;
    await clock.advance(6_000);
    assert.equal(a.election.isLeader(), true);
    hanging.on = false;
    await clock.advance(60_000);
    assert.equal(fence.aborted, false);
    await a.election.stop();
  });

  it("a process that becomes leader again has a fence of its own", async () => {
    const { clock, stand } = setUp();
    const a = stand("a");
    await a.election.whenLeading();
    const first = a.election.fence();
    a.network.cut = true;
    await clock.advance(30_000);
    assert.equal(first.aborted, true);
    a.network.cut = false;
    await clock.advance(10_000);
    assert.equal(a.election.isLeader(), true);
    assert.notEqual(a.election.fence(), first);
    assert.equal(a.election.fence().aborted, false);
    await a.election.stop();
  });

  it("a leader that finds its lease taken ends its term at once", async () => {
    const { kube, clock, stand, lease } = setUp();
    const a = stand("a");
    await a.election.whenLeading();
    kube.put(leases, { ...lease(), spec: { ...lease()?.spec, holderIdentity: "thief" } });
    await clock.advance(5_000);
    assert.equal(a.election.isLeader(), false);
    await a.election.stop();
    assert.equal(lease()?.spec?.holderIdentity, "thief", "what is not ours is not given back");
  });

  it("judges expiry by its own clock, not by the times in the lease", async () => {
    const { kube, clock, stand } = setUp();
    kube.put(leases, {
      metadata: { namespace: "kube-system", name: "fairlead" },
      spec: { holderIdentity: "gone", leaseDurationSeconds: 15, renewTime: "2020-01-01T00:00:00.000000Z" },
    });
    const b = stand("b");
    await clock.advance(14_000);
    assert.equal(b.election.isLeader(), false);
    await clock.advance(5_000);
    assert.equal(b.election.isLeader(), true);
    await b.election.stop();
  });

  it("whoever waits to lead is told when the election stops", async () => {
    const { clock, stand } = setUp();
    const a = stand("a");
    await a.election.whenLeading();
    const b = stand("b");
    await clock.settle();
    const waiting = assert.rejects(b.election.whenLeading(), { name: "AbortError" });
    await b.election.stop();
    await waiting;
    await a.election.stop();
  });
});
