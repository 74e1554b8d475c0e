import assert from "node:assert/strict";
import { resources } from "../../../src/sandbox/cluster/cluster-api.ts";
import { conditionsOf } from "../../../src/sandbox/cluster/pod-state.ts";
import { listAt, numberAt, stringAt, valueAt } from "../../../src/sandbox/kube/builtin/fields.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import {
  type ClusterHarness,
  deployment,
  podSpecOf,
  real,
  service,
  startEmbeddedHarness,
  startHarness,
  stopPlane,
  testNode,
} from "./cluster-harness.ts";

describe("the sandbox cluster", () => {
  let harness: ClusterHarness;

  afterEach(async () => {
    await harness.stop();
  });
  after(stopPlane);

  const available = async (name: string, replicas: number): Promise<boolean> => {
    const found = await harness.get(resources.deployments, name);
    return (
      numberAt(found, "status", "availableReplicas") === replicas &&
      numberAt(found, "status", "updatedReplicas") === replicas &&
      numberAt(found, "status", "replicas") === replicas
    );
  };
  const readyEndpoints = async (): Promise<readonly unknown[]> =>
    (await harness.list(resources.endpointSlices))
      .flatMap((slice) => listAt(slice, "endpoints"))
      .filter((endpoint) => valueAt(endpoint, "conditions", "ready") === true);

  it("joins the initial machines as ready nodes of their zones", async () => {
    harness = await startHarness();
    await harness.until(async () => (await harness.list(resources.nodes)).filter(isReady).length === 2);
    const nodes = await harness.list(resources.nodes);
    assert.deepEqual(
      nodes.map((node) => [
        node.metadata.name,
        stringAt(node, "spec", "providerID"),
        node.metadata.labels?.["topology.kubernetes.io/zone"],
      ]),
      [
        ["node-1", "aws:///us-west-2a/i-00000000000000001", "us-west-2a"],
        ["node-2", "aws:///us-west-2b/i-00000000000000002", "us-west-2b"],
      ],
    );
  });

  it("turns a deployment into ready pods with unique addresses of their node's subnet", async () => {
    harness = await startHarness();
    await harness.create(resources.deployments, deployment("web", 20));
    await harness.until(() => available("web", 20));
    const pods = await harness.list(resources.pods);
    const addresses = pods.map((pod) => stringAt(pod, "status", "podIP") ?? "");
    assert.equal(new Set(addresses).size, 20);
    for (const pod of pods) {
      const prefix =
        stringAt(pod, "spec", "nodeName") === "node-1"
          ? /^192\.168\.(3[2-9]|[45]\d|6[0-3])\./
          : /^192\.168\.(6[4-9]|[78]\d|9[0-5])\./;
      assert.match(stringAt(pod, "status", "podIP") ?? "", prefix);
    }
    const reasons = conditionsOf(await harness.get(resources.deployments, "web")).map(({ type, reason }) => [
      type,
      reason,
    ]);
    assert.deepEqual(reasons, [
      ["Available", "MinimumReplicasAvailable"],
      ["Progressing", "NewReplicaSetAvailable"],
    ]);
  });

  it("rolls a new template out without falling below the wanted availability", async () => {
    harness = await startHarness();
    const web = await harness.create(resources.deployments, deployment("web", 4));
    await harness.until(() => available("web", 4));
    const containers = [{ name: "main", image: "nginx:2" }];
    await harness.api.patch(resources.deployments, web.metadata, { spec: { template: { spec: { containers } } } });
    let least = 4;
    await harness.until(async () => {
      const running = (await harness.list(resources.pods)).filter(
        (pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined,
      );
      least = Math.min(least, running.length);
      const images = (await harness.list(resources.pods)).map((pod) => stringAt(pod, "spec", "containers", 0, "image"));
      return images.length === 4 && images.every((image) => image === "nginx:2") && (await available("web", 4));
    });
    assert.equal(least, 3);
    const sets = await harness.list(resources.replicaSets);
    assert.deepEqual(new Set(sets.map((set) => numberAt(set, "spec", "replicas"))), new Set([0, 4]));
    const current = await harness.get(resources.deployments, "web");
    assert.equal(current?.metadata.annotations?.["deployment.kubernetes.io/revision"], "2");
  });

  it("scales up and down, and replaces a deleted pod", async () => {
    harness = await startHarness();
    const web = await harness.create(resources.deployments, deployment("web", 2));
    await harness.until(() => available("web", 2));
    await harness.api.patch(resources.deployments, web.metadata, { spec: { replicas: 5 } });
    await harness.until(() => available("web", 5));
    await harness.api.patch(resources.deployments, web.metadata, { spec: { replicas: 1 } });
    await harness.until(async () => (await harness.list(resources.pods)).length === 1);
    const [left] = await harness.list(resources.pods);
    await harness.api.delete(resources.pods, (left as KubeObject).metadata, {});
    await harness.until(async () => {
      const pods = await harness.list(resources.pods);
      return pods.length === 1 && pods.every(isReady) && pods[0]?.metadata.uid !== left?.metadata.uid;
    });
  });

  it("keeps a pod unready until its readiness gates are met, and takes it back when one fails", async () => {
    harness = await startHarness();
    const gate = "target-health.example.com/a";
    await harness.create(resources.deployments, deployment("web", 1, { readinessGates: [{ conditionType: gate }] }));
    await harness.create(resources.services, service("web", [{ port: 80, targetPort: "http" }]));
    await harness.until(async () => {
      const [pod] = await harness.list(resources.pods);
      return conditionsOf(pod).some(({ type, reason }) => type === "Ready" && reason === "ReadinessGatesNotReady");
    });
    const pod = (await harness.list(resources.pods))[0] as KubeObject;
    assert.deepEqual(await readyEndpoints(), []);
    const set = async (status: string): Promise<void> => {
      const current = (await harness.list(resources.pods))[0] as KubeObject;
      const others = conditionsOf(current).filter(({ type }) => type !== gate);
      await harness.api.patch(
        resources.pods,
        pod.metadata,
        { status: { conditions: [...others, { type: gate, status }] } },
        "status",
      );
    };
    await set("True");
    await harness.until(async () => (await readyEndpoints()).length === 1);
    await set("False");
    await harness.until(async () => (await readyEndpoints()).length === 0);
  });

  it("gives services slices with resolved ports, nodes and zones, and marks terminating pods", async () => {
    harness = await startHarness([testNode(1)]);
    await harness.create(resources.deployments, deployment("web", 1));
    await harness.create(resources.services, service("web", [{ name: "http", port: 80, targetPort: "http" }]));
    await harness.until(async () => (await readyEndpoints()).length === 1);
    const [slice] = await harness.list(resources.endpointSlices);
    assert.equal(slice?.metadata.labels?.["kubernetes.io/service-name"], "web");
    assert.deepEqual(slice?.["ports"], [{ name: "http", port: 8080, protocol: "TCP" }]);
    const [pod] = await harness.list(resources.pods);
    assert.deepEqual(listAt(slice, "endpoints"), [
      {
        addresses: [stringAt(pod, "status", "podIP")],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: "node-1",
        targetRef: { kind: "Pod", namespace: harness.namespace, name: pod?.metadata.name, uid: pod?.metadata.uid },
        zone: "us-west-2a",
      },
    ]);
    await harness.api.delete(resources.pods, (pod as KubeObject).metadata, {});
    let leaving: unknown;
    await harness.until(async () => {
      const during = (await harness.list(resources.endpointSlices)).flatMap((each) => listAt(each, "endpoints"));
      leaving = during.find((endpoint) => stringAt(endpoint, "targetRef", "uid") === pod?.metadata.uid);
      return valueAt(leaving, "conditions", "terminating") === true;
    });
    assert.deepEqual(valueAt(leaving, "conditions"), { ready: false, serving: true, terminating: true });
    await harness.until(async () => {
      const endpoints = await readyEndpoints();
      return endpoints.length === 1 && stringAt(endpoints[0], "targetRef", "uid") !== pod?.metadata.uid;
    });
  });

  it("splits more than a hundred endpoints over slices", async () => {
    harness = await startHarness([testNode(1, { maxPods: 500 })]);
    await harness.create(resources.deployments, deployment("web", 130));
    await harness.create(resources.services, service("web", [{ port: 80, targetPort: 8080 }]));
    await harness.until(async () => (await readyEndpoints()).length === 130);
    const sizes = (await harness.list(resources.endpointSlices)).map((slice) => listAt(slice, "endpoints").length);
    assert.equal(Math.max(...sizes) <= 100, true);
  });

  it("respects taints and selectors, and says why a pod waits", async () => {
    const taint = { key: "team", value: "red", effect: "NoSchedule" } as const;
    harness = await startHarness([testNode(1, { taints: [taint] })]);
    await harness.create(resources.deployments, deployment("web", 1));
    const reason = async (): Promise<string | undefined> =>
      conditionsOf((await harness.list(resources.pods))[0]).find(({ type }) => type === "PodScheduled")?.message;
    await harness.until(async () => (await reason()) !== undefined);
    assert.equal(await reason(), "0/1 nodes are available: 1 node(s) had untolerated taint {team: red}.");
    harness.cluster.setNodes([testNode(1, { taints: [taint] }), testNode(2)]);
    await harness.until(() => available("web", 1));
    assert.equal(stringAt((await harness.list(resources.pods))[0], "spec", "nodeName"), "node-2");
  });

  it("brings and removes the nodes of a node group, and moves their pods", async () => {
    const grouped = testNode(3, { labels: { "eks.amazonaws.com/nodegroup": "ng" } });
    harness = await startHarness([testNode(1), grouped]);
    await harness.create(resources.deployments, deployment("web", 4));
    await harness.until(() => available("web", 4));
    assert.equal(
      (await harness.get(resources.nodes, "node-3"))?.metadata.labels?.["eks.amazonaws.com/nodegroup"],
      "ng",
    );
    harness.cluster.setNodes([testNode(1, { labels: { size: "big" } })]);
    await harness.until(async () => {
      const pods = await harness.list(resources.pods);
      return pods.length === 4 && pods.every((pod) => isReady(pod) && stringAt(pod, "spec", "nodeName") === "node-1");
    });
    assert.equal(await harness.get(resources.nodes, "node-3"), undefined);
    assert.equal((await harness.get(resources.nodes, "node-1"))?.metadata.labels?.["size"], "big");
  });

  it("runs a daemon on every node and numbered pods in order", async () => {
    harness = await startHarness();
    const selector = { matchLabels: { app: "x" } };
    const template = { metadata: { labels: { app: "x" } }, spec: podSpecOf() };
    const metadata = { name: "x" };
    await harness.create(resources.daemonSets, {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata,
      spec: { selector, template },
    });
    const spec = { selector, template, serviceName: "x", replicas: 2 };
    await harness.create(resources.statefulSets, { apiVersion: "apps/v1", kind: "StatefulSet", metadata, spec });
    await harness.until(
      async () => numberAt(await harness.get(resources.daemonSets, "x"), "status", "numberReady") === 2,
    );
    await harness.until(
      async () => numberAt(await harness.get(resources.statefulSets, "x"), "status", "readyReplicas") === 2,
    );
    const numbered = (await harness.list(resources.pods))
      .map((pod) => pod.metadata.name)
      .filter((name) => /^x-\d$/.test(name));
    assert.deepEqual(numbered.sort(), ["x-0", "x-1"]);
    harness.cluster.setNodes([testNode(1), testNode(2), testNode(3)]);
    await harness.until(
      async () => numberAt(await harness.get(resources.daemonSets, "x"), "status", "numberReady") === 3,
    );
  });

  // Only the embedded API can be made to forget, and only it counts requests.
  if (!real) {
    it("goes on after the API has forgotten its history", async () => {
      const embedded = await startEmbeddedHarness();
      harness = embedded;
      await harness.create(resources.deployments, deployment("web", 1));
      await harness.until(() => available("web", 1));
      embedded.kube.compact();
      await harness.create(resources.deployments, deployment("next", 2));
      await harness.until(() => available("next", 2));
    });

    it("writes nothing once everything is as it should be", async () => {
      const embedded = await startEmbeddedHarness();
      harness = embedded;
      await harness.create(resources.deployments, deployment("web", 3));
      await harness.create(resources.services, service("web", [{ port: 80, targetPort: 8080 }]));
      await harness.until(async () => (await readyEndpoints()).length === 3 && (await available("web", 3)));
      await embedded.pass(2000);
      embedded.kube.clearRequests();
      await embedded.pass(5000);
      const writes = embedded.kube.requests.filter(({ verb }) => !["get", "list", "watch"].includes(verb));
      assert.deepEqual(writes, []);
    });
  }
});

function isReady(object: KubeObject): boolean {
  return conditionsOf(object).some(({ type, status }) => type === "Ready" && status === "True");
}
