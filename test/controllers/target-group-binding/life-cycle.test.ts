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
  this.timeout(60_000);
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
});
