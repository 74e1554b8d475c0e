import assert from "node:assert/strict";
import { ingressKind } from "../../../src/api/builtin.ts";
import { sampleIngress } from "../../support/budget-objects.ts";
import { OperatorWorld } from "../../support/operator-world.ts";
import { BalancerWatch } from "./balancer-watch.ts";

const prefix = "alb.ingress.kubernetes.io/";

describe("a frontend NLB", function () {
  this.timeout(240_000);

  it("gets the ALB as target once that is active, follows its successor, and goes", async () => {
    const world = await OperatorWorld.create();
    const watch = new BalancerWatch(world);
    const manifests = sampleIngress("one");
    const ingress = manifests.find(({ object }) => object.kind === "Ingress");
    Object.assign(ingress?.object.metadata["annotations"] ?? {}, { [`${prefix}enable-frontend-nlb`]: "true" });
    const first = await world.step(() => world.apply(manifests));
    const refused = first.records.filter(({ operation, status }) => operation === "RegisterTargets" && status >= 400);
    assert.deepEqual(refused, []);
    const alb = (await watch.loadBalancers()).find(({ Type }) => Type === "application");
    assert.deepEqual(await watch.albTargets(), [`${alb?.LoadBalancerArn ?? ""}:80`]);
    const names = (await world.get(ingressKind, "default/one"))?.status?.loadBalancer?.ingress ?? [];
    assert.deepEqual(
      names.map(({ hostname = "" }) => hostname).toSorted(),
      (await watch.loadBalancers()).map(({ DNSName = "" }) => DNSName.toLowerCase()).toSorted(),
    );

    await world.patch(ingressKind, "default/one", { metadata: { annotations: { [`${prefix}scheme`]: "internal" } } });
    await world.until(async () => {
      const balancers = await watch.loadBalancers();
      return (
        balancers
          .filter(({ Type }) => Type === "application")
          .map(({ Scheme }) => Scheme)
          .join() === "internal"
      );
    }, 3_600_000);
    await world.untilReady();
    const next = (await watch.loadBalancers()).find(({ Type }) => Type === "application");
    assert.deepEqual(await watch.albTargets(), [`${next?.LoadBalancerArn ?? ""}:80`]);

    await world.patch(ingressKind, "default/one", {
      metadata: { annotations: { [`${prefix}enable-frontend-nlb`]: "false" } },
    });
    await world.untilReady();
    await world.until(async () => (await watch.loadBalancers()).length === 1);
    assert.deepEqual(await watch.albTargets(), []);
    await world.delete(ingressKind, "default/one");
    await world.until(async () => (await world.get(ingressKind, "default/one")) === undefined);
    assert.deepEqual([...(await watch.loadBalancers()), ...(await watch.targetGroups())], []);
    await world.close();
  });
});
