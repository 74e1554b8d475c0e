import assert from "node:assert/strict";
import { planRollingUpdate, rolloutLimits, templateHash } from "../../../src/sandbox/cluster/deployment-plan.ts";
import { deployment } from "./cluster-harness.ts";

describe("a rolling update's plan", () => {
  const counts = (key: string, replicas: number, available: number) => ({ key, replicas, pods: replicas, available });
  const cases: readonly {
    readonly name: string;
    readonly limits: readonly [replicas: number, maxSurge: number, maxUnavailable: number];
    readonly current: readonly [replicas: number, available: number];
    readonly old: readonly (readonly [replicas: number, available: number])[];
    readonly expected: Readonly<Record<string, number>>;
  }[] = [
    { name: "fills the only set", limits: [3, 1, 0], current: [0, 0], old: [], expected: { new: 3 } },
    { name: "shrinks the only set", limits: [3, 1, 0], current: [5, 5], old: [], expected: { new: 3 } },
    { name: "adds the surge first", limits: [4, 1, 0], current: [0, 0], old: [[4, 4]], expected: { new: 1 } },
    {
      name: "takes an old pod for an available new one",
      limits: [4, 1, 0],
      current: [1, 1],
      old: [[4, 4]],
      expected: { old0: 3 },
    },
    {
      name: "waits while the new pod is not available",
      limits: [4, 1, 0],
      current: [1, 0],
      old: [[4, 4]],
      expected: {},
    },
    {
      name: "removes unavailable old pods first",
      limits: [4, 1, 1],
      current: [1, 0],
      old: [
        [2, 0],
        [2, 2],
      ],
      expected: { old0: 1 },
    },
    {
      name: "uses what may be unavailable at once",
      limits: [4, 0, 2],
      current: [0, 0],
      old: [[4, 4]],
      expected: { old0: 2 },
    },
    { name: "is empty when done", limits: [4, 1, 1], current: [4, 4], old: [[0, 0]], expected: {} },
  ];
  for (const { name, limits, current, old, expected } of cases) {
    it(name, () => {
      const [replicas, maxSurge, maxUnavailable] = limits;
      const plan = planRollingUpdate(
        { replicas, maxSurge, maxUnavailable },
        counts("new", ...current),
        old.map((set, index) => counts(`old${index}`, ...set)),
      );
      assert.deepEqual(Object.fromEntries(plan), expected);
    });
  }

  it("rounds surge up and unavailability down, and never lets both be zero", () => {
    const limits = (maxSurge: unknown, maxUnavailable: unknown): unknown => {
      const object = deployment("web", 3);
      const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
      const { maxSurge: surge, maxUnavailable: unavailable } = rolloutLimits({
        ...object,
        spec: { ...(object["spec"] as object), strategy },
      });
      return [surge, unavailable];
    };
    assert.deepEqual(limits("25%", "25%"), [1, 0]);
    assert.deepEqual(limits(0, "25%"), [0, 1]);
    assert.deepEqual(limits(2, 1), [2, 1]);
  });

  it("names templates by content", () => {
    assert.equal(templateHash({ a: 1, b: 2 }), templateHash({ b: 2, a: 1 }));
    assert.notEqual(templateHash({ a: 1 }), templateHash({ a: 2 }));
  });
});
