import assert from "node:assert/strict";
import type { AppliedChange } from "../../src/engine/applier.ts";
import type { Engine, ReconcileOptions } from "../../src/engine/engine.ts";
import type { Stack } from "../../src/engine/stack.ts";
import type { LogFields, Logger } from "../../src/log.ts";
import { loggedEngine } from "../../src/operator/logged-engine.ts";

const stack: Stack = {
  owner: { kind: "Service", namespace: "shop", name: "web" },
  ownership: { tags: {}, idTag: "id" },
  types: [],
  resources: [],
  problems: [],
};
const observed = {
  type: "elbv2/Listener",
  id: "443",
  spec: {},
  outputs: { arn: "arn:aws:l" },
  state: "ready",
} as const;
const applied: AppliedChange = {
  action: "update",
  type: "elbv2/Listener",
  id: "443",
  observed,
  change: {
    action: "update",
    type: "elbv2/Listener",
    id: "443",
    desired: { type: "elbv2/Listener", id: "443", spec: {}, references: [] } as unknown as (AppliedChange["change"] & {
      action: "create";
    })["desired"],
    observed,
    differences: [{ field: "actions", from: "old", to: "client-secret-value" }],
  },
};

describe("The log of the operator", () => {
  it("has one line for each change in AWS, with its owner and the fields but without values", async () => {
    const lines: string[] = [];
    const log = { info: (message: string, fields?: LogFields) => lines.push(JSON.stringify({ message, ...fields })) };
    let passedOn = 0;
    const engine = {
      reconcile: async (_stack: Stack, options: ReconcileOptions) => options.onApplied?.(applied),
    } as unknown as Engine;
    await loggedEngine(engine, log as unknown as Logger).reconcile(stack, {
      mode: "apply",
      drift: "repair",
      signal: AbortSignal.timeout(1000),
      onApplied: () => passedOn++,
    });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [
        {
          message: "updated",
          owner: "Service shop/web",
          type: "elbv2/Listener",
          id: "443",
          aws: "arn:aws:l",
          fields: ["actions"],
        },
      ],
    );
    assert.equal(passedOn, 1);
  });
});
