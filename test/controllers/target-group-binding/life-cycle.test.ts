import assert from "node:assert/strict";
import { podKind, serviceKind } from "../../../src/api/builtin.ts";
import type { Kind, KubeObject } from "../../../src/api/object.ts";
import { type TargetGroupBinding, targetGroupBindingKind } from "../../../src/api/target-group-binding.ts";
import { OperatorWorld } from "../../support/operator-world.ts";

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const configMapKind: Kind<ConfigMap> = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
};
const deploymentKind: Kind = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};

describe("bindings at work", function () {
  this.timeout(240_000);
  let world: OperatorWorld;

  beforeEach(async () => {
    world = await OperatorWorld.create();
    await world.applySample("30-mqtt-nlb.yaml");
  });
  afterEach(async () => {
    await world.close();
  });

  const records = async (): Promise<readonly (readonly string[])[]> =>
    (await world.list(configMapKind))
      .filter(({ metadata }) => metadata.name.startsWith("aws-lbc-targets-"))
      .map(({ data }) => (data?.["targets"] ?? "").split(","));

  it("record what they register in a group that other clusters share, and forget what has gone", async () => {
    await world.untilReady();
    assert.deepEqual(await records(), []);
    const key = "service.beta.kubernetes.io/aws-load-balancer-multi-cluster-target-group";
    await world.step(() =>
      world.patch(serviceKind, "telemetry/broker", { metadata: { annotations: { [key]: "true" } } }),
    );
    const before = await records();
    assert.deepEqual(
      before.map(({ length }) => length),
      [2, 2],
    );
    const [binding] = (await world.list(targetGroupBindingKind)) as readonly TargetGroupBinding[];
    assert.equal(binding?.spec.multiClusterTargetGroup, true);
    const step = await world.step(() => world.patch(deploymentKind, "telemetry/broker", { spec: { replicas: 1 } }), {
      passMs: 60_000,
    });
    assert.equal(step.calls.filter((call) => call.endsWith("DeregisterTargets")).length, 2);
    assert.deepEqual(
      (await records()).map(({ length }) => length),
      [1, 1],
    );
  });

  it("let a pod go that waits for a binding that does not exist", async () => {
    const conditionType = "target-health.elbv2.k8s.aws/k8s-gone-0123456789";
    await world.patch(deploymentKind, "telemetry/broker", {
      spec: { template: { spec: { readinessGates: [{ conditionType }] } } },
    });
    await world.until(async () => {
      const pods = await world.list(podKind);
      const gated = pods.filter(({ spec }) => spec?.readinessGates !== undefined);
      const open = gated.filter(({ status }) =>
        status?.conditions?.some(
          ({ type, status: state, reason }) =>
            type === conditionType && state === "True" && reason === "TargetGroupBindingNotFound",
        ),
      );
      return gated.length > 0 && open.length === gated.length;
    });
    await world.untilReady();
  });

  it("leave a target group of another namespace's Service alone, and say whose it is", async () => {
    await world.untilReady();
    const [victim] = (await world.list(targetGroupBindingKind)) as readonly TargetGroupBinding[];
    const arn = victim?.spec.targetGroupARN ?? "";
    const step = await world.step(
      () =>
        world.apply(`
apiVersion: v1
kind: Service
metadata: {name: lure, namespace: default}
spec: {selector: {app: lure}, ports: [{port: 80}]}
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: {name: lure, namespace: default}
spec: {serviceRef: {name: lure, port: 80}, targetGroupARN: ${JSON.stringify(arn)}, targetType: ip, ipAddressType: ipv4}
`),
      { passMs: 60_000 },
    );
    assert.deepEqual(
      step.calls.filter((call) => /Register|Deregister/.test(call)),
      [],
    );
    const lure = await world.get(targetGroupBindingKind, "default/lure");
    const ready = lure?.status?.conditions?.find(({ type }) => type === "Ready");
    assert.equal(ready?.reason, "NotOwned");
    assert.match(ready?.message ?? "", /belongs to an Ingress or Service of namespace telemetry/);
    const removal = await world.step(() => world.delete(targetGroupBindingKind, "default/lure"), { passMs: 60_000 });
    assert.deepEqual(
      removal.calls.filter((call) => call.includes("Deregister")),
      [],
    );
  });
});
