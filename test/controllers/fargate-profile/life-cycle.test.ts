import assert from "node:assert/strict";
import { podKind } from "../../../src/api/builtin.ts";
import { isRead, Scene, scene } from "./scene.ts";

const base = {
  selectors: [{ namespace: "team-?-jobs" }, { namespace: "shared", labels: { compute: "fargate" } }],
  tags: { team: "platform" },
};

describe("a FargateProfile", () => {
  it("becomes a pod execution role and a profile in the private subnets, and is ready when EKS says so", async () => {
    const it = await scene();
    it.put(base);
    const writes = await it.settle();
    assert.deepEqual(writes, ["CreateRole", "AttachRolePolicy", "CreateFargateProfile"]);
    const profile = await it.profile();
    assert.equal(profile?.status, "ACTIVE");
    assert.deepEqual(profile?.selectors, [
      { namespace: "team-?-jobs", labels: {} },
      { namespace: "shared", labels: { compute: "fargate" } },
    ]);
    assert.equal(profile?.tags?.["team"], "platform");
    assert.equal(profile?.tags?.["fairlead.io/owner"], "FargateProfile/jobs");
    const status = it.object().status;
    assert.equal(status?.phase, "Active");
    assert.equal(status?.namespaces, "team-?-jobs,shared");
    assert.equal(status?.arn, profile?.fargateProfileArn);
    assert.equal(status?.podExecutionRoleARN, profile?.podExecutionRoleArn);
    assert.deepEqual(status?.subnets, profile?.subnets?.toSorted());
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.condition("Healthy"), "True Healthy");
    assert.equal(it.condition("RoleReady"), "True Synced");
    assert.equal(it.condition("Reconciling"), "none");
  });

  it("lets only this cluster's Fargate profiles use the role", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    const { Role } = await it.call(it.parts.world.aws.iam.getRole({ RoleName: "demo-jobs-fargate" }));
    const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "");
    assert.match(trust, /"aws:SourceArn":"arn:aws:eks:[a-z0-9-]+:[0-9]{12}:fargateprofile\/demo\/\*"/);
  });

  it("never blocks while EKS works: each pass ends at once and asks to be called again", async () => {
    const it = await scene();
    it.put(base);
    const before = it.parts.world.clock.now();
    let { outcome } = await it.pass();
    for (let turn = 0; turn < 20 && it.object().status?.phase !== "Creating"; turn++) {
      await it.parts.world.clock.advance(5000);
      ({ outcome } = await it.pass());
    }
    assert.equal(outcome.kind, "wait");
    assert.ok(it.parts.world.clock.now() - before < 60_000);
    assert.equal(it.condition("Ready"), "False Creating");
    assert.equal(it.condition("Reconciling"), "True Creating");
    assert.equal(it.object().status?.queuePosition, 0);
  });

  it("makes no call and writes no status when nothing changed", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.parts.kube.writes.length = 0;
    const { calls } = await it.pass();
    assert.deepEqual(calls, []);
    assert.deepEqual(it.parts.kube.writes, []);
  });

  it("changes tags in place, and removes those that leave the spec", async () => {
    const it = await scene();
    it.put({ ...base, tags: { team: "platform", cost: "1" } });
    await it.settle();
    it.put({ ...base, tags: { team: "data" } });
    assert.deepEqual(await it.settle(), ["TagResource", "UntagResource"]);
    const tags = (await it.profile())?.tags ?? {};
    assert.equal(tags["team"], "data");
    assert.equal(tags["cost"], undefined);
    assert.equal(tags["fairlead.io/owner"], "FargateProfile/jobs");
  });

  it("changes the policies of its role in place", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    const policies = { awsManaged: ["CloudWatchAgentServerPolicy"] };
    it.put({ ...base, podExecutionRole: { create: { policies } } });
    assert.deepEqual(await it.settle(), ["AttachRolePolicy"]);
    it.put(base);
    assert.deepEqual(await it.settle(), ["DetachRolePolicy"]);
  });

  it("uses a given role and leaves it alone", async () => {
    const it = await scene();
    const arn = await it.makeRole("mine");
    it.put({ ...base, podExecutionRole: { arn } });
    assert.deepEqual(await it.settle(), ["CreateFargateProfile"]);
    assert.equal((await it.profile())?.podExecutionRoleArn, arn);
    it.remove();
    assert.deepEqual(await it.settle(), ["DeleteFargateProfile"]);
    assert.equal(it.find(), undefined);
  });

  const replacing: readonly (readonly [string, (subnets: readonly string[]) => object, string])[] = [
    ["selectors", () => ({ selectors: [{ namespace: "other" }] }), "selectors"],
    ["subnets", (subnets) => ({ subnets: { ids: subnets.slice(0, 1) } }), "subnetIDs"],
  ];
  for (const [title, change, field] of replacing) {
    it(`refuses other ${title}, says what to do, changes tags all the same, and loses nothing`, async () => {
      const it = await scene();
      it.put(base);
      await it.settle();
      const before = await it.profile();
      it.put({ ...base, ...change(before?.subnets ?? []), tags: { team: "data" } });
      const writes: string[] = [];
      for (let turn = 0; turn < 10; turn++) {
        writes.push(...(await it.pass()).writes);
        await it.parts.world.clock.advance(15_000);
      }
      assert.deepEqual(writes, ["TagResource"]);
      assert.equal(it.condition("Ready"), "False ReplacementBlocked");
      assert.equal(it.condition("Stalled"), "True ReplacementBlocked");
      assert.match(it.message("Stalled") ?? "", new RegExp(`${field} cannot be changed in place; make a second`));
      const after = await it.profile();
      assert.equal(after?.fargateProfileArn, before?.fargateProfileArn);
      assert.deepEqual(after?.selectors, before?.selectors);
      it.put({ ...base, tags: { team: "data" } });
      assert.deepEqual(await it.settle(), []);
      assert.equal(it.condition("Ready"), "True Synced");
    });
  }

  it("keeps the role that a profile uses when the spec names another one", async () => {
    const it = await scene();
    const arn = await it.makeRole("mine");
    it.put(base);
    await it.settle();
    it.put({ ...base, podExecutionRole: { arn } });
    const writes: string[] = [];
    for (let turn = 0; turn < 10; turn++) {
      writes.push(...(await it.pass()).writes);
      await it.parts.world.clock.advance(15_000);
    }
    assert.deepEqual(writes, []);
    assert.equal(it.condition("Ready"), "False ReplacementBlocked");
    assert.deepEqual(await it.roleNames(), ["demo-jobs-fargate"]);
    it.remove();
    const deletions = await it.settle();
    assert.deepEqual(deletions, ["DeleteFargateProfile", "DetachRolePolicy", "DeleteRole"]);
  });

  it("keeps the profile when the spec becomes invalid, and names field and bounds", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.put({ ...base, selectors: [{ namespace: "Team" }] });
    const { calls, outcome } = await it.pass();
    assert.deepEqual(
      calls.filter((call) => !isRead(call)),
      [],
    );
    assert.deepEqual(outcome, { kind: "done" });
    assert.equal(it.condition("Stalled"), "True InvalidSpec");
    assert.match(it.message("Stalled") ?? "", /^spec\.selectors\[0\]\.namespace: is "Team"; allowed are 1 to 63/);
    assert.equal(it.object().status?.phase, "Active");
    assert.equal(it.parts.told.at(-1)?.reason, "InvalidSpec");
  });

  it("waits for a role that EKS cannot see yet, and does not call that a failure", async () => {
    const it = await scene({ lag: { iamToOtherServices: 12_000 } });
    it.put(base);
    await it.pass();
    assert.equal(it.condition("Stalled"), "none");
    assert.match(it.message("Ready") ?? "", /does not see the new role yet/);
    await it.settle();
    assert.equal((await it.profile())?.status, "ACTIVE");
  });

  it("says that a given role cannot be used, once it cannot be the delay of a new role any more", async () => {
    const it = await scene();
    const arn = await it.makeRole("wrong", "ec2.amazonaws.com");
    it.put({ ...base, podExecutionRole: { arn } });
    let { outcome } = await it.pass();
    for (let turn = 0; turn < 100 && outcome.kind === "wait"; turn++) {
      await it.parts.world.clock.advance(20_000);
      ({ outcome } = await it.pass());
    }
    assert.equal(outcome.kind, "retry");
    assert.equal(it.condition("Stalled"), "True AWSRejected");
    assert.match(it.message("Stalled") ?? "", /add the eks-fargate-pods\.amazonaws\.com Service Principal/);
  });

  it("does not take a profile that EKS has just accepted for missing while EKS does not show it", async () => {
    const it = await scene({ lag: { eksCreate: 20_000 } });
    it.put(base);
    const writes = await it.settle();
    assert.equal(writes.filter((call) => call === "CreateFargateProfile").length, 1);
    assert.equal(it.condition("Ready"), "True Synced");
  });

  it("deletes the profile, then the role", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.remove();
    await it.pass();
    assert.equal(it.condition("Ready"), "False Deleting");
    assert.equal(it.object().status?.phase, "Deleting");
    assert.deepEqual(await it.settle(), ["DetachRolePolicy", "DeleteRole"]);
    assert.equal(it.find(), undefined);
    assert.deepEqual(await it.profileNames(), []);
    assert.deepEqual(await it.roleNames(), []);
  });

  it("is deleted cleanly while EKS still creates it", async () => {
    const it = await scene();
    it.put(base);
    await it.pass();
    await it.parts.world.clock.advance(20_000);
    await it.pass();
    assert.equal(it.object().status?.phase, "Creating");
    it.remove();
    await it.settle();
    assert.deepEqual(await it.profileNames(), []);
    assert.deepEqual(await it.roleNames(), []);
  });

  it("stays in AWS with its role when the object says to retain them", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    it.put(base, { "fairlead.io/deletion-policy": "retain" });
    it.remove();
    assert.deepEqual(await it.settle(), []);
    assert.equal(it.find(), undefined);
    assert.deepEqual(await it.profileNames(), ["jobs"]);
    assert.equal(it.parts.told.at(-1)?.reason, "Retained");
  });

  it("is made anew when it was deleted outside", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    const { clusterName } = it.parts.common;
    await it.call(it.parts.world.aws.eks.deleteFargateProfile({ clusterName, fargateProfileName: "jobs" }));
    await it.parts.world.clock.advance(400_000);
    it.put(base, { "fairlead.io/reconcile-at": "now" });
    assert.deepEqual(await it.settle(), ["CreateFargateProfile"]);
    assert.equal(it.condition("Ready"), "True Synced");
  });

  it("repairs tags that were changed outside, or only tells", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    const resourceArn = (await it.profile())?.fargateProfileArn ?? "";
    const change = (): Promise<unknown> =>
      it.call(it.parts.world.aws.eks.tagResource({ resourceArn, tags: { team: "outside" } }));
    await change();
    it.put(base, { "fairlead.io/drift": "report", "fairlead.io/reconcile-at": "1" });
    assert.deepEqual((await it.pass()).writes, []);
    assert.equal(it.condition("Drifted"), "True DriftDetected");
    it.put(base, { "fairlead.io/reconcile-at": "2" });
    assert.deepEqual(await it.settle(), ["TagResource"]);
    assert.equal((await it.profile())?.tags?.["team"], "platform");
    assert.equal(it.condition("Drifted"), "none");
  });

  it("shows what it would do in mode plan, and does nothing in mode pause", async () => {
    const it = await scene();
    it.put(base, { "fairlead.io/mode": "plan" });
    assert.deepEqual((await it.pass()).writes, []);
    assert.equal(it.condition("Ready"), "False PlanOnly");
    assert.deepEqual(
      it.object().status?.plan?.map(({ action, type }) => `${action} ${type}`),
      ["create iam/Role", "create eks/FargateProfile"],
    );
    it.put(base, { "fairlead.io/mode": "pause" });
    assert.deepEqual((await it.pass()).calls, []);
    assert.equal(it.condition("Ready"), "False Paused");
    it.put(base);
    await it.settle();
    assert.equal(it.condition("Ready"), "True Synced");
  });

  it("leaves a profile of others alone, and takes it over with its role and subnets when told to", async () => {
    const it = await scene();
    const arn = await it.makeRole("theirs");
    await it.makeProfile("jobs", "shared", arn);
    await it.parts.world.clock.advance(200_000);
    const before = await it.profile();
    const spec = { selectors: [{ namespace: "shared" }] };
    it.put(spec);
    let { outcome } = await it.pass();
    for (let turn = 0; turn < 5 && outcome.kind === "wait"; turn++) {
      await it.parts.world.clock.advance(20_000);
      ({ outcome } = await it.pass());
    }
    assert.equal(outcome.kind, "retry");
    assert.equal(it.condition("Stalled"), "True NameConflict");
    assert.match(it.message("Stalled") ?? "", /fairlead\.io\/adopt: eks\/FargateProfile=jobs/);
    assert.deepEqual((await it.profile())?.tags, before?.tags);

    const fresh = await scene();
    const role = await fresh.makeRole("theirs");
    await fresh.makeProfile("jobs", "shared", role);
    await fresh.parts.world.clock.advance(200_000);
    fresh.put(spec, { "fairlead.io/adopt": "eks/FargateProfile=jobs" });
    assert.deepEqual(await fresh.settle(), ["TagResource"]);
    assert.equal(fresh.condition("Ready"), "True Synced");
    assert.equal(fresh.object().status?.podExecutionRoleARN, role);
    fresh.put(spec);
    assert.deepEqual(await fresh.settle(), []);
    assert.equal(fresh.condition("Ready"), "True Synced");
  });

  it("says that there is nothing to take over", async () => {
    const it = await scene();
    it.put(base, { "fairlead.io/adopt": "jobs" });
    const { outcome, writes } = await it.pass();
    assert.equal(outcome.kind, "retry");
    assert.deepEqual(writes, []);
    assert.equal(it.condition("Stalled"), "True ResourceNotFound");
  });

  it("counts its pods, and those that match and run elsewhere", async () => {
    const it = await scene();
    it.put(base);
    await it.settle();
    const pod = (name: string, namespace: string, labels: object, ready: boolean): void =>
      void it.parts.kube.put(podKind, {
        metadata: { name, namespace, labels },
        status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
      } as never);
    const ours = { "eks.amazonaws.com/fargate-profile": "jobs" };
    pod("a", "team-a-jobs", ours, true);
    pod("b", "team-a-jobs", ours, false);
    pod("c", "team-b-jobs", {}, true);
    pod("d", "shared", { compute: "fargate" }, true);
    pod("e", "shared", { compute: "ec2" }, true);
    await it.pass();
    assert.deepEqual(it.object().status?.pods, { running: 1, pending: 1, matchingElsewhere: 2 });
  });

  it("converges from a crash after any of its calls, with nothing doubled", async () => {
    const probe = await scene();
    probe.put(base);
    const { calls } = await probe.pass();
    assert.ok(calls.includes("CreateFargateProfile"));
    for (let last = 1; last <= calls.length; last++) {
      const before = await scene();
      before.put(base);
      const { faults } = before.parts.world.sandbox;
      faults.add({ from: last, fault: { kind: "cut", when: "after" } });
      faults.add({
        from: last + 1,
        times: Number.POSITIVE_INFINITY,
        fault: { kind: "error", code: "AccessDenied", status: 403 },
      });
      await before.pass();
      faults.clear();
      const after = new Scene(await before.parts.restart());
      await after.settle();
      assert.equal(after.object().status?.phase, "Active", `after call ${last}, ${calls[last - 1] ?? ""}`);
      assert.deepEqual(await after.profileNames(), ["jobs"]);
    }
  });

  it("finishes a deletion after a crash at any of its calls", async () => {
    const probe = await scene();
    probe.put(base);
    await probe.settle();
    probe.remove();
    const { calls } = await probe.pass();
    assert.ok(calls.includes("DeleteFargateProfile"));
    for (let last = 1; last <= calls.length; last++) {
      const before = await scene();
      before.put(base);
      await before.settle();
      before.remove();
      const { faults } = before.parts.world.sandbox;
      faults.add({ from: last, fault: { kind: "cut", when: "after" } });
      faults.add({
        from: last + 1,
        times: Number.POSITIVE_INFINITY,
        fault: { kind: "error", code: "AccessDenied", status: 403 },
      });
      await before.pass();
      faults.clear();
      const after = new Scene(await before.parts.restart());
      await after.settle();
      assert.equal(after.find(), undefined, `after call ${last}, ${calls[last - 1] ?? ""}`);
      assert.deepEqual(await after.profileNames(), []);
      assert.deepEqual(await after.roleNames(), []);
    }
  });
});

describe("several FargateProfiles", () => {
  it("are created one at a time, and those that wait say for what", async () => {
    const it = await scene();
    const names = ["a", "b", "c"];
    for (const name of names) it.put({ selectors: [{ namespace: name }] }, {}, name);
    const { clock } = it.parts.world;
    for (const name of names) await it.pass(name);
    for (let turn = 0; turn < 10 && it.object("a").status?.phase !== "Creating"; turn++) {
      await clock.advance(5000);
      for (const name of names) await it.pass(name);
    }
    assert.deepEqual(
      names.map((name) => it.object(name).status?.phase),
      ["Creating", "Queued", "Queued"],
    );
    assert.equal(it.condition("Reconciling", "b"), "True Queued");
    assert.equal(it.message("Reconciling", "b"), "waiting for a (CREATING)");
    assert.equal(it.object("c").status?.queuePosition, 2);
    assert.equal(it.object("c").status?.waitingFor, "a (CREATING), b (to create)");
    const tried = it.parts.world.sandbox.calls.records.filter(
      ({ operation }) => operation === "CreateFargateProfile",
    ).length;
    assert.equal(tried, 1, "nobody tries while EKS is at work");
    const writes = await it.settle(...names);
    assert.equal(writes.filter((call) => call === "CreateFargateProfile").length, 2);
    for (const name of names) {
      assert.equal(it.condition("Ready", name), "True Synced");
      assert.equal(it.object(name).status?.queuePosition, undefined);
    }
  });

  it("do not wait for one that is done", async () => {
    const it = await scene();
    const arn = await it.makeRole("mine");
    const spec = (namespace: string): object => ({ selectors: [{ namespace }], podExecutionRole: { arn } });
    for (const name of ["a", "b"]) it.put(spec(name), {}, name);
    await it.settle("a");
    it.put(spec("c"), {}, "c");
    await it.pass("b");
    await it.pass("c");
    assert.equal(it.object("c").status?.waitingFor, "b (CREATING)");
  });

  it("wait for profiles of others", async () => {
    const it = await scene();
    const arn = await it.makeRole("theirs");
    await it.makeProfile("foreign", "theirs", arn);
    it.put({ selectors: [{ namespace: "a" }], podExecutionRole: { arn } });
    const { writes } = await it.pass();
    assert.deepEqual(writes, []);
    assert.equal(it.object().status?.phase, "Queued");
    assert.equal(it.message("Ready"), "waiting for foreign (CREATING)");
    assert.deepEqual(await it.settle(), ["CreateFargateProfile"]);
  });

  it("let deletions go first, and nobody waits for one that is gone", async () => {
    const it = await scene();
    const arn = await it.makeRole("mine");
    const spec = (namespace: string): object => ({ selectors: [{ namespace }], podExecutionRole: { arn } });
    it.put(spec("a"), {}, "a");
    await it.settle("a");
    it.put(spec("b"), {}, "b");
    it.put(spec("c"), {}, "c");
    it.put(spec("d"), {}, "d");
    for (const name of ["b", "c", "d"]) await it.pass(name);
    it.remove("a");
    it.remove("c");
    for (const name of ["a", "c", "d"]) await it.pass(name);
    assert.equal(it.find("c"), undefined);
    assert.equal(it.object("d").status?.waitingFor, "b (CREATING), a (to delete)");
    await it.settle("a", "b", "d");
    const writes = it.parts.world.sandbox.calls.records
      .map(({ operation }) => operation)
      .filter((operation) => operation.endsWith("FargateProfile") && !isRead(operation));
    assert.deepEqual(writes, [
      "CreateFargateProfile",
      "CreateFargateProfile",
      "DeleteFargateProfile",
      "CreateFargateProfile",
    ]);
    assert.deepEqual((await it.profileNames()).toSorted(), ["b", "d"]);
  });

  it("are told when they match the same pods, and who gets them", async () => {
    const it = await scene();
    it.put({ selectors: [{ namespace: "prod-*" }] }, {}, "zeta");
    it.put({ selectors: [{ namespace: "*-web" }] }, {}, "alpha");
    await it.settle("zeta", "alpha");
    assert.equal(it.condition("Ready", "zeta"), "True Synced");
    assert.equal(it.condition("SelectorsOverlap", "zeta"), "True SelectorsOverlap");
    assert.equal(
      it.message("SelectorsOverlap", "zeta"),
      "profile alpha matches pods of namespace prod-* too; alpha gets them",
    );
  });

  it("of one name in EKS: the second is refused as a conflict", async () => {
    const it = await scene();
    it.put({ selectors: [{ namespace: "a" }], name: "same" }, {}, "one");
    await it.settle("one");
    const arn = it.object("one").status?.podExecutionRoleARN;
    it.put({ selectors: [{ namespace: "b" }], name: "same", podExecutionRole: { arn } }, {}, "two");
    assert.equal((await it.pass("two")).outcome.kind, "retry");
    assert.equal(it.condition("Stalled", "two"), "True NameConflict");
  });
});
