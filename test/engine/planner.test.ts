import assert from "node:assert/strict";
import fc from "fast-check";
import type { Change, Plan } from "../../src/engine/plan.ts";
import { planStack } from "../../src/engine/planner.ts";
import { resolveRefs } from "../../src/engine/references.ts";
import type { Observed } from "../../src/engine/resource-type.ts";
import { type Resource, ref, resourceKey, type Stack } from "../../src/engine/stack.ts";
import { sampleStack, stackOf, World } from "./world.ts";

const { registry } = new World();

/** What AWS would hold had the Stack been applied: each Ref resolved to the ARN of its resource. */
function applied(stack: Stack): readonly Observed[] {
  const outputs = new Map(stack.resources.map((one) => [resourceKey(one), { arn: `arn:${resourceKey(one)}` }]));
  return stack.resources.map(({ type, id, spec }) => ({
    type,
    id,
    spec: resolveRefs(spec, outputs),
    outputs: { arn: `arn:${type} ${id}` },
    state: "ready",
  }));
}

const lines = (plan: Plan): readonly string[] =>
  plan.changes.map((change: Change) => `${change.action} ${change.type} ${change.id}`);

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

describe("planner", () => {
  it("finds nothing to do for what is already so, and keeps everything", () => {
    const plan = planStack(sampleStack(), applied(sampleStack()), registry);
    assert.deepEqual(plan.changes, []);
    assert.equal(plan.kept.length, sampleStack().resources.length);
  });

  it("plans a dependent of something new as changed, with the value known after the apply", () => {
    const observed = applied(sampleStack()).filter(({ type }) => type !== "t/Group");
    const plan = planStack(sampleStack(), observed, registry);
    assert.deepEqual(lines(plan), ["create t/Group group", "update t/Balancer balancer"]);
    const [, update] = plan.changes;
    assert.ok(update?.action === "update");
    assert.deepEqual(update.differences[0]?.to, [ref("t/Group", "group", "arn")]);
  });

  it("keeps one of several instances of an id, the one that needs least, and deletes the others", () => {
    const [pool] = applied(stackOf([{ type: "t/Pool", id: "p", spec: { protocol: "HTTP", port: 1 } }]));
    assert.ok(pool);
    const other: Observed = { ...pool, spec: { protocol: "TCP", port: 1 }, outputs: { arn: "arn:other" } };
    const stack = stackOf([{ type: "t/Pool", id: "p", spec: { protocol: "HTTP", port: 1 } }]);
    const plan = planStack(stack, [other, pool], registry);
    assert.deepEqual(lines(plan), ["delete t/Pool p"]);
    assert.deepEqual(
      plan.changes.map((change) => (change.action === "delete" ? change.observed.outputs["arn"] : "")),
      ["arn:other"],
    );
  });

  it("waits for a predecessor that is still being deleted", () => {
    const [pool] = applied(stackOf([{ type: "t/Pool", id: "p", spec: { port: 1 } }]));
    assert.ok(pool);
    const plan = planStack(
      stackOf([{ type: "t/Pool", id: "p", spec: { port: 1 } }]),
      [{ ...pool, state: "deleting" }],
      registry,
    );
    assert.deepEqual(plan.changes, []);
    assert.deepEqual(
      plan.waiting.map(({ id }) => id),
      ["p"],
    );
  });

  it("keeps what a protected resource holds when the deletion of that resource is refused", () => {
    const protectedStack = sampleStack({ balancer: { protected: true } });
    const plan = planStack(stackOf([]), applied(protectedStack), registry);
    assert.deepEqual(lines(plan), []);
    assert.deepEqual(
      plan.blocked.map(({ reason, change }) => `${reason} ${change.type}`),
      ["DeletionBlocked t/Balancer"],
    );
  });

  describe("for any Stack", () => {
    const ports = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 5 });
    const stacks = fc
      .record({ ports, protocol: fc.constantFrom("HTTP", "HTTPS"), scheme: fc.constantFrom("internal", "public") })
      .map((shape) => sampleStack(shape));

    it("plans nothing against itself", () => {
      fc.assert(
        fc.property(stacks, (stack) => assert.deepEqual(planStack(stack, applied(stack), registry).changes, [])),
      );
    });

    it("changes neither its input nor its mind", () => {
      fc.assert(
        fc.property(stacks, stacks, (from, to) => {
          const observed = deepFreeze(applied(from));
          const once = planStack(deepFreeze(to), observed, registry);
          assert.deepEqual(planStack(to, observed, registry), once);
        }),
      );
    });

    it("names each resource once, with deletions last", () => {
      fc.assert(
        fc.property(stacks, stacks, (from, to) => {
          const { changes, kept } = planStack(to, applied(from), registry);
          const named = [...changes, ...kept].map(resourceKey);
          assert.equal(new Set(named).size, named.length);
          const wanted = new Set(to.resources.map(resourceKey));
          assert.ok([...wanted].every((key) => named.includes(key)));
          const firstDelete = changes.findIndex(({ action }) => action === "delete");
          assert.ok(firstDelete < 0 || changes.slice(firstDelete).every(({ action }) => action === "delete"));
        }),
      );
    });

    it("puts each creation after those that it refers to", () => {
      fc.assert(
        fc.property(stacks, (stack) => {
          const order = planStack(stack, [], registry).changes.map(resourceKey);
          const place = (type: string, id: string): number => order.indexOf(resourceKey({ type, id }));
          for (const { type, id } of stack.resources as readonly Resource[]) {
            if (type !== "t/Listener") continue;
            assert.ok(place(type, id) > place("t/Balancer", "balancer"));
            assert.ok(place(type, id) > place("t/Pool", `pool-${id}`));
          }
        }),
      );
    });
  });
});
