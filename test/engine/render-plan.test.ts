import assert from "node:assert/strict";
import { planStack } from "../../src/engine/planner.ts";
import { planDocument, renderPlan, renderSummary } from "../../src/engine/render-plan.ts";
import { ref, type Stack } from "../../src/engine/stack.ts";
import { sampleStack, stackOf, World } from "./world.ts";

const { registry } = new World();

function documentOf(stack: Stack, observed: Parameters<typeof planStack>[1] = []) {
  return planDocument(stack, planStack(stack, observed, registry));
}

describe("a plan as text and data", () => {
  it("shows a creation with its fields, and what is known only after the apply", () => {
    const text = renderPlan(documentOf(sampleStack({ ports: [80] })));
    assert.match(text, /^Ingress default\/web\n/);
    assert.match(text, /\+ t\/Balancer balancer\n\s+scheme: "internal"/);
    assert.match(text, /groups: \[\(arn of t\/Group group, known after apply\)\]/);
  });

  it("shows an update field by field, and what forces a replacement", () => {
    const observed = [
      { type: "t/Pool", id: "p", spec: { protocol: "TCP", port: 1 }, outputs: { arn: "a" }, state: "ready" as const },
    ];
    const stack = stackOf([{ type: "t/Pool", id: "p", spec: { protocol: "HTTP", port: 2 } }]);
    const text = renderPlan(documentOf(stack, observed));
    assert.match(text, /-\/\+ t\/Pool p\n\s+protocol: "TCP" -> "HTTP" {2}# forces replacement\n\s+port: 1 -> 2/);
  });

  it("says so when there is nothing to do", () => {
    assert.equal(renderPlan(documentOf(stackOf([]))), "Ingress default/web\n    no changes");
  });

  it("counts over all owners", () => {
    const documents = [documentOf(sampleStack({ ports: [80] })), documentOf(stackOf([]))];
    assert.equal(renderSummary(documents), "Plan: 4 to create, 0 to update, 0 to replace, 0 to delete.");
  });

  it("lists problems, and counts those that are errors", () => {
    const problem = {
      object: { kind: "Ingress", name: "web" },
      reason: "InvalidAnnotation",
      message: "scheme must be internal or internet-facing",
    };
    const stack: Stack = {
      ...stackOf([]),
      problems: [
        { ...problem, severity: "error" },
        { ...problem, severity: "warning" },
      ],
    };
    const document = documentOf(stack);
    assert.match(renderPlan(document), /! InvalidAnnotation: scheme must be/);
    assert.match(renderSummary([document]), /; 1 problem\.$/);
  });

  it("never shows a secret", () => {
    const action = { type: "authenticate-oidc", clientSecret: "hush", clientSecretHash: "h" };
    const stack = stackOf([{ type: "t/Pool", id: "p", spec: { action, other: ref("t/Group", "g", "arn") } }]);
    const document = documentOf(stack);
    assert.equal(JSON.stringify(document).includes("hush"), false);
    assert.equal(renderPlan(document).includes("hush"), false);
  });
});
