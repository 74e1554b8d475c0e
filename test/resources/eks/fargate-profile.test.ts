import assert from "node:assert/strict";
import type { FargateProfile } from "@aws-sdk/client-eks";
import type { EksPort } from "../../../src/aws/eks.ts";
import type { CallContext } from "../../../src/engine/resource-type.ts";
import type { Resource } from "../../../src/engine/stack.ts";
import { AppError } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/log.ts";
import { eksFargateProfile } from "../../../src/resources/eks/fargate-profile.ts";
import {
  compareFargateProfiles,
  type FargateProfileSpec,
  type FargateProfileStatusCode,
} from "../../../src/resources/eks/fargate-profile-spec.ts";
import { FargateQueue } from "../../../src/resources/eks/fargate-queue.ts";
import { SimClock } from "../../support/sim-clock.ts";

const ownership = { tags: { owner: "FargateProfile/jobs" }, idTag: "id" };
const context: CallContext = { depth: "normal", ownership, log: silentLogger, signal: new AbortController().signal };

const spec: FargateProfileSpec = {
  name: "jobs",
  podExecutionRoleARN: "arn:role",
  subnetIDs: ["subnet-a", "subnet-b"],
  selectors: [
    { namespace: "a", labels: {} },
    { namespace: "b", labels: { x: "y" } },
  ],
  tags: { team: "platform" },
  retiredTagKeys: [],
};
const resource: Resource<FargateProfileSpec> = { type: "eks/FargateProfile", id: "fargate-profile", spec };

/** EKS as far as Fargate profiles need it, with a status that the test sets. */
class FakeEks {
  readonly profiles = new Map<string, FargateProfile>();
  readonly writes: string[] = [];
  /** What the next create or delete throws. */
  refusal: AppError | undefined;
  /** Reads do not show what exists. */
  blind = false;

  port(): EksPort {
    const port = {
      listFargateProfiles: () => Promise.resolve({ fargateProfileNames: [...this.profiles.keys()] }),
      describeFargateProfile: ({ fargateProfileName }: { fargateProfileName: string }) => {
        const fargateProfile = this.blind ? undefined : this.profiles.get(fargateProfileName);
        return fargateProfile === undefined ? Promise.reject(missing()) : Promise.resolve({ fargateProfile });
      },
      createFargateProfile: (request: FargateProfile) => {
        const name = request.fargateProfileName ?? "";
        this.writes.push(`create ${name}`);
        if (this.refusal !== undefined) return Promise.reject(this.refusal);
        this.put(name, "CREATING", request);
        return Promise.resolve({ fargateProfile: this.profiles.get(name) });
      },
      deleteFargateProfile: ({ fargateProfileName }: { fargateProfileName: string }) => {
        this.writes.push(`delete ${fargateProfileName}`);
        if (this.refusal !== undefined) return Promise.reject(this.refusal);
        this.put(fargateProfileName, "DELETING");
        return Promise.resolve({});
      },
    };
    return port as unknown as EksPort;
  }

  put(name: string, status: FargateProfileStatusCode, more: Partial<FargateProfile> = {}): void {
    const before = this.profiles.get(name) ?? { fargateProfileName: name, fargateProfileArn: `arn:${name}` };
    this.profiles.set(name, { ...before, ...more, status });
  }
}

function missing(): AppError {
  return new AppError("none", { class: "missing", code: "ResourceNotFound" });
}

function scene() {
  const eks = new FakeEks();
  const clock = new SimClock();
  const queue = new FargateQueue(clock);
  const type = eksFargateProfile(eks.port(), { clusterName: "demo", clock, queue });
  const observe = () => type.observe({ desired: [resource], parents: [] }, context);
  const one = async () => {
    const [observed] = await observe();
    assert.ok(observed);
    return observed;
  };
  return { eks, clock, queue, type, observe, one };
}

const tags = { ...ownership.tags, id: resource.id, ...spec.tags };
const health = { issues: [{ code: "AccessDenied" as const, message: "no", resourceIds: ["r"] }] };

describe("eks/FargateProfile", () => {
  it("deletes a profile that failed and makes it again, three times, then gives up with EKS's reason", async () => {
    const { eks, type, one } = scene();
    for (let attempt = 1; attempt <= 3; attempt++) {
      eks.put("jobs", "CREATE_FAILED", { tags, health });
      const observed = await one();
      assert.equal(observed.state, "failed");
      const differences = type.compare(spec, observed.spec);
      const after = await type.update({ resource, observed, differences }, context);
      assert.equal(after.state, "deleting");
      eks.profiles.clear();
      assert.equal((await type.create(resource, context)).state, "pending");
    }
    eks.put("jobs", "CREATE_FAILED", { tags, health });
    const observed = await one();
    const differences = type.compare(spec, observed.spec);
    await assert.rejects(type.update({ resource, observed, differences }, context), {
      code: "CreateFailed",
      message: "Fargate profile jobs is CREATE_FAILED (AccessDenied: no); given up after 3 attempts",
    });
    const other = { ...resource, spec: { ...spec, selectors: [{ namespace: "other", labels: {} }] } };
    const mended = await type.update({ resource: other, observed, differences }, context);
    assert.equal(mended.state, "deleting");
  });

  it("deletes again what EKS could not delete", async () => {
    const { eks, type, one } = scene();
    eks.put("jobs", "DELETE_FAILED", { tags });
    assert.equal((await type.delete(await one(), context)).kind, "waiting");
    assert.deepEqual(eks.writes, ["delete jobs"]);
    assert.equal((await type.delete(await one(), context)).kind, "waiting");
    assert.deepEqual(eks.writes, ["delete jobs"]);
    const observed = await one();
    eks.profiles.clear();
    assert.equal((await type.delete(observed, context)).kind, "deleted");
  });

  for (const [title, error] of [
    ["ResourceInUse", new AppError("busy", { class: "conflict", code: "ResourceInUse" })],
    [
      "InvalidRequest",
      new AppError("currently has profile y in status DELETING", { class: "invalid", code: "InvalidRequest" }),
    ],
  ] as const) {
    it(`stays in the line when EKS refuses with ${title} in spite of a free line`, async () => {
      const { eks, queue, type } = scene();
      eks.refusal = error;
      await assert.rejects(type.create(resource, context), { class: "waiting", code: "Queued" });
      assert.equal(queue.place("jobs")?.position, 1);
      eks.refusal = undefined;
      assert.equal((await type.create(resource, context)).state, "pending");
    });
  }

  it("takes its own profile for made when the answer was lost, and a stranger's for a conflict", async () => {
    const { eks, type } = scene();
    const exists = "A Fargate Profile already exists with this name in this cluster";
    eks.refusal = new AppError(exists, { class: "invalid", code: "InvalidParameter" });
    eks.put("jobs", "CREATE_FAILED", { tags });
    assert.equal((await type.create(resource, context)).outputs["arn"], "arn:jobs");
    eks.put("jobs", "ACTIVE", { tags: { owner: "somebody" } });
    await assert.rejects(type.create(resource, context), { class: "conflict", code: "NameConflict" });
    eks.blind = true;
    await assert.rejects(type.create(resource, context), { class: "waiting", code: "PropagationPending" });
  });

  it("does not take a profile of another owner over by its name alone", async () => {
    const { eks, type } = scene();
    const adopting = { ...resource, adopt: "jobs" };
    eks.put("jobs", "ACTIVE", { tags: { owner: "FargateProfile/other" } });
    assert.deepEqual(await type.observe({ desired: [adopting], parents: [] }, context), []);
    eks.put("jobs", "ACTIVE", { tags: {} });
    assert.equal((await type.observe({ desired: [adopting], parents: [] }, context)).length, 1);
  });
});

describe("the comparison of Fargate profiles", () => {
  const observed: FargateProfileSpec = { ...spec, live: { status: "ACTIVE", issues: [] } };
  const fields = (desired: FargateProfileSpec, found: FargateProfileSpec): readonly string[] =>
    compareFargateProfiles(desired, found).map(({ field, replace }) => (replace === true ? `${field}!` : field));

  it("finds nothing between a profile and itself in another order, with tags of others", () => {
    const shuffled = {
      ...observed,
      subnetIDs: observed.subnetIDs?.toReversed() ?? [],
      selectors: observed.selectors.toReversed(),
      tags: { ...observed.tags, cost: "1" },
    };
    assert.deepEqual(fields(spec, shuffled), []);
  });

  const changes: readonly (readonly [Partial<FargateProfileSpec>, readonly string[]])[] = [
    [{ podExecutionRoleARN: "arn:other" }, ["podExecutionRoleARN!"]],
    [{ subnetIDs: ["subnet-a"] }, ["subnetIDs!"]],
    [{ selectors: [{ namespace: "a", labels: {} }] }, ["selectors!"]],
    [{ tags: { team: "data" } }, ["tags.team"]],
    [{ tags: {}, retiredTagKeys: ["team"] }, ["tags.team"]],
    [{ tags: {} }, []],
  ];
  for (const [change, expected] of changes) {
    it(`tells ${expected.join() || "nothing"} for ${JSON.stringify(change)}`, () =>
      assert.deepEqual(fields({ ...spec, ...change }, observed), expected));
  }

  it("compares nothing that an adoption leaves open", () => {
    const { podExecutionRoleARN: _role, subnetIDs: _subnets, ...open } = spec;
    assert.deepEqual(fields(open, observed), []);
  });

  it("compares nothing while EKS is at work, and only the status of what failed", () => {
    const other = { ...spec, selectors: [{ namespace: "z", labels: {} }] };
    for (const status of ["CREATING", "DELETING"] as const)
      assert.deepEqual(fields(other, { ...observed, live: { status, issues: [] } }), []);
    for (const status of ["CREATE_FAILED", "DELETE_FAILED"] as const)
      assert.deepEqual(fields(other, { ...observed, live: { status, issues: [] } }), ["live.status"]);
  });
});
