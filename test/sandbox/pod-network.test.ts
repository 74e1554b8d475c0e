import assert from "node:assert/strict";
import type { AwsSandbox } from "../../src/sandbox/aws/aws-sandbox.ts";
import { type ClusterApi, httpClusterApi, resources } from "../../src/sandbox/cluster/cluster-api.ts";
import { createKubeApi } from "../../src/sandbox/kube/kube-api.ts";
import { PodNetwork } from "../../src/sandbox/pod-network.ts";
import { SimClock } from "../support/sim-clock.ts";
import { seeded } from "./kube/api-client.ts";

describe("the pod network", () => {
  it("gives back the addresses of pods that went while the API server was away", async () => {
    const clock = new SimClock();
    const handle = createKubeApi({ clock, random: seeded(3) }).handle;
    const api = httpClusterApi(handle);
    const assigned = new Set<string>();
    const health: ((target: string) => { readonly healthy: boolean })[] = [];
    const compute = {
      assignPodAddress: (instance: string, address: string) => void assigned.add(`${instance} ${address}`),
      releasePodAddress: (address: string) => void assigned.delete(`i-1 ${address}`),
    };
    const aws = {
      useTargetHealth: (source: (typeof health)[0]) => void health.push(source),
      surroundings: { compute },
    };
    let cut = new AbortController();
    let away = false;
    const fragile: ClusterApi = {
      ...api,
      list: (resource, options) => (away ? Promise.reject(new TypeError("away")) : api.list(resource, options)),
      watch: (resource, version, signal) => api.watch(resource, version, AbortSignal.any([signal, cut.signal])),
    };
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" }, spec: { providerID: "aws:///a/i-1" } };
    await api.create(resources.nodes, node);
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: "default", name: "default" } };
    await api.create({ group: "", version: "v1", plural: "serviceaccounts" }, account);
    for (const [index, name] of ["old", "kept"].entries()) {
      const metadata = { namespace: "default", name };
      const spec = { nodeName: "n", containers: [{ name: "c", image: "i" }] };
      await api.create(resources.pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
      const status = { podIP: `10.0.0.${index + 1}`, conditions: [{ type: "ContainersReady", status: "True" }] };
      await api.patch(resources.pods, metadata, { status }, "status");
    }
    const network = new PodNetwork(fragile, aws as unknown as AwsSandbox, clock);
    network.start();
    await clock.settle();
    assert.deepEqual([...assigned].toSorted(), ["i-1 10.0.0.1", "i-1 10.0.0.2"]);

    away = true;
    cut.abort();
    await clock.advance(1_000);
    await api.delete(resources.pods, { namespace: "default", name: "old" }, { gracePeriodSeconds: 0 });
    cut = new AbortController();
    away = false;
    await clock.advance(1_000);
    assert.deepEqual([...assigned], ["i-1 10.0.0.2"]);
    assert.deepEqual(
      ["10.0.0.1", "10.0.0.2"].map((address) => health[0]?.(address).healthy),
      [false, true],
    );
    await network.stop();
  });
});
