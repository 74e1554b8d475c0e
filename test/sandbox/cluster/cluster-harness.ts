import { type ClusterApi, type ClusterResource, httpClusterApi } from "../../../src/sandbox/cluster/cluster-api.ts";
import type { SandboxNode } from "../../../src/sandbox/cluster/sandbox-node.ts";
import { type Cluster, startCluster } from "../../../src/sandbox/cluster/start-cluster.ts";
import { createKubeApi, type KubeApi } from "../../../src/sandbox/kube/kube-api.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { SimClock } from "../../support/sim-clock.ts";

/** A cluster on the embedded API in simulated time. */
export class ClusterHarness {
  readonly clock = new SimClock();
  readonly kube: KubeApi;
  readonly api: ClusterApi;
  readonly cluster: Cluster;

  constructor(nodes: readonly SandboxNode[] = [testNode(1), testNode(2)]) {
    const random = seededRandom(7);
    this.kube = createKubeApi({ clock: this.clock, random });
    this.api = httpClusterApi(this.kube.handle);
    this.cluster = startCluster({ api: this.api, clock: this.clock, random, nodes });
  }

  async list(resource: ClusterResource): Promise<readonly KubeObject[]> {
    return (await this.api.list(resource)).items;
  }

  async get(resource: ClusterResource, name: string): Promise<KubeObject | undefined> {
    return (await this.list(resource)).find((object) => object.metadata.name === name);
  }

  /** Moves time on until the condition holds; fails after a simulated minute. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    for (let step = 0; step < 600; step++) {
      if (await condition()) return;
      await this.clock.advance(100);
    }
    throw new Error("not reached within a simulated minute");
  }

  /** Lets `ms` of simulated time go by in small steps, so that what follows from each step can happen. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) await this.clock.advance(Math.min(100, left));
  }
}

export function testNode(number: number, overrides: Partial<SandboxNode> = {}): SandboxNode {
  return {
    name: `node-${number}`,
    instanceId: `i-0000000000000000${number}`,
    instanceType: "m5.large",
    region: "us-west-2",
    zone: number % 2 === 1 ? "us-west-2a" : "us-west-2b",
    internalIp: `192.168.${number * 32}.10`,
    subnetCidr: `192.168.${number * 32}.0/19`,
    labels: {},
    taints: [],
    ...overrides,
  };
}

export function deployment(name: string, replicas: number, podSpec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpecOf(podSpec) },
    },
  };
}

export function podSpecOf(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    containers: [{ name: "main", image: "nginx:1", ports: [{ name: "http", containerPort: 8080 }] }],
    ...overrides,
  };
}

export function service(name: string, ports: readonly Record<string, unknown>[]): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector: { app: name }, ports },
  };
}

function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
