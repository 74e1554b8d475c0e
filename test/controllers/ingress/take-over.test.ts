import assert from "node:assert/strict";
import { ingressKind } from "../../../src/api/builtin.ts";
import { loadBalancerKind } from "../../../src/api/load-balancer.ts";
import { targetGroupBindingKind } from "../../../src/api/target-group-binding.ts";
import { sampleIngress } from "../../support/budget-objects.ts";
import { OperatorWorld } from "../../support/operator-world.ts";

describe("a stack that another controller of the family made", function () {
  this.timeout(240_000);

  it("is taken over without a change in AWS: there are no reports, and bindings bear foreign checkpoints", async () => {
    const world = await OperatorWorld.create();
    await world.apply(sampleIngress("one"));
    await world.untilReady();
    await world.drive(world.process.stop());
    for (const { metadata } of await world.list(loadBalancerKind))
      await world.delete(loadBalancerKind, `${metadata.namespace ?? ""}/${metadata.name}`);
    for (const { metadata } of await world.list(targetGroupBindingKind)) {
      const annotations = { "elbv2.k8s.aws/checkpoint": "abc/def", "elbv2.k8s.aws/checkpoint-timestamp": "1700000000" };
      await world.patch(targetGroupBindingKind, `${metadata.namespace ?? ""}/${metadata.name}`, {
        metadata: { annotations },
      });
    }
    const taken = await world.step(() => world.start(), { passMs: 3_600_000 });
    assert.deepEqual(
      taken.records.map(({ operation }) => operation).filter((operation) => !/^(Describe|List)/.test(operation)),
      [],
    );
    assert.equal((await world.list(loadBalancerKind)).length, 1);
    await world.close();
  });
});

describe("the reports of a group", function () {
  this.timeout(240_000);

  it("go from a namespace that it left while the operator was away", async () => {
    const world = await OperatorWorld.create();
    const stray = (namespace: string): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: ${namespace}
  annotations: {alb.ingress.kubernetes.io/group.name: shop}
spec:
  ingressClassName: alb
  rules: [{host: ${namespace}.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: none, port: {number: 80}}}}]}}]
`;
    const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`;
    await world.apply([namespace("left"), namespace("stays"), stray("left"), stray("stays")].join("---\n"));
    await world.until(async () => (await world.list(loadBalancerKind)).length === 2);
    await world.rest();
    assert.deepEqual((await world.list(loadBalancerKind)).map(({ metadata }) => metadata.namespace ?? "").toSorted(), [
      "left",
      "stays",
    ]);
    await world.drive(world.process.stop());

    await world.patch(ingressKind, "left/web", {
      metadata: { finalizers: [], annotations: { "alb.ingress.kubernetes.io/group.name": null } },
      spec: { ingressClassName: "other" },
    });
    await world.start();
    await world.rest();
    assert.deepEqual(
      (await world.list(loadBalancerKind)).map(({ metadata }) => metadata.namespace),
      ["stays"],
    );
    await world.close();
  });
});
