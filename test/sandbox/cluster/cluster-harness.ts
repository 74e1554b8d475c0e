import { type Clock, sleep, systemClock } from "../../../src/clock.ts";
import {
  type ClusterApi,
  type ClusterResource,
  httpClusterApi,
  resources,
} from "../../../src/sandbox/cluster/cluster-api.ts";
import type { SandboxNode } from "../../../src/sandbox/cluster/sandbox-node.ts";
import { type Cluster, startCluster } from "../../../src/sandbox/cluster/start-cluster.ts";
import { createKubeApi, type KubeApi } from "../../../src/sandbox/kube/kube-api.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { startTestControlPlane, type TestControlPlane } from "../../support/control-plane.ts";
import { SimClock } from "../../support/sim-clock.ts";

/** The same tests run against the embedded API in simulated time and, by `npm run test:e2e`, against a real one in real time. */
export const real = process.env["FAIRLEAD_TEST_KUBE"] === "real";

/** A control plane of its own: whatever else is in a cluster would be run too. */
let plane: Promise<TestControlPlane> | undefined;

/** For the `after` of each file: several run in one process, one after the other. */
export async function stopPlane(): Promise<void> {
  const running = plane;
  plane = undefined;
  await (await running)?.stop();
}

/** A cluster on one of the two APIs. */
export interface ClusterHarness {
  readonly api: ClusterApi;
  readonly cluster: Cluster;
  /** Where `create` puts what has a namespace. */
  readonly namespace: string;
  create(resource: ClusterResource, object: KubeObject): Promise<KubeObject>;
  /** The objects of the namespace, or all of a resource that has none. */
  list(resource: ClusterResource): Promise<readonly KubeObject[]>;
  get(resource: ClusterResource, name: string): Promise<KubeObject | undefined>;
  /** Lets time pass until the condition holds; fails after a minute. */
  until(condition: () => Promise<boolean>): Promise<void>;
  /** Removes what the test has made from an API that others use after it, and ends the cluster. */
  stop(): Promise<void>;
}

/** The harness on the embedded API, with what only that can do. */
export interface EmbeddedHarness extends ClusterHarness {
  readonly clock: SimClock;
  readonly kube: KubeApi;
  /** Lets `ms` of simulated time go by in small steps, so that what follows from each step can happen. */
  pass(ms: number): Promise<void>;
}

const twoNodes = (): readonly SandboxNode[] => [testNode(1), testNode(2)];

export function startHarness(nodes: readonly SandboxNode[] = twoNodes()): Promise<ClusterHarness> {
  return real ? startRealHarness(nodes) : startEmbeddedHarness(nodes);
}

export async function startEmbeddedHarness(nodes: readonly SandboxNode[] = twoNodes()): Promise<EmbeddedHarness> {
  const random = seededRandom(7);
  const clock = new SimClock();
  const kube = createKubeApi({ clock, random });
  const api = httpClusterApi(kube.handle);
  const cluster = startCluster({ api, clock, random, nodes, rootCertificate: "the root" });
  await clock.settle();
  await cluster.started;
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    for (let step = 0; step < 600; step++) {
      if (await condition()) return;
      await clock.advance(100);
    }
    throw new Error("not reached within a simulated minute");
  };
  return {
    ...commonParts(api, "default"),
    cluster,
    clock,
    kube,
    until,
    async pass(ms) {
      for (let left = ms; left > 0; left -= 100) await clock.advance(Math.min(100, left));
    },
    stop: () => cluster.stop(),
  };
}

let harnesses = 0;

async function startRealHarness(nodes: readonly SandboxNode[]): Promise<ClusterHarness> {
  plane ??= startTestControlPlane();
  const api = httpClusterApi((await plane).admin.http);
  const namespace = `cluster-${harnesses++}`;
  const clock: Clock = systemClock;
  await api.create(resources.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const delays = { startDelayMs: 50, stopDelayMs: 500 };
  const cluster = startCluster({ api, clock, random: Math.random, nodes, rootCertificate: "the root", ...delays });
  await cluster.started;
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    for (const end = clock.now() + 60_000; clock.now() < end; await sleep(clock, 50)) if (await condition()) return;
    throw new Error("not reached within a minute");
  };
  return {
    ...commonParts(api, namespace),
    cluster,
    until,
    async stop() {
      for (const name of ["deployments", "statefulSets", "daemonSets", "replicaSets", "pods"] as const) {
        await api.deleteCollection(resources[name], namespace);
      }
      for (const { metadata } of (await api.list(resources.services, { namespace })).items) {
        await api.delete(resources.services, metadata, {});
      }
      // Pods end with their nodes, without a grace period.
      cluster.setNodes([]);
      await until(async () => (await api.list(resources.nodes)).items.length === 0);
      await until(async () => (await api.list(resources.pods, { namespace })).items.length === 0);
      await cluster.stop();
    },
  };
}

function commonParts(
  api: ClusterApi,
  namespace: string,
): Pick<ClusterHarness, "api" | "namespace" | "create" | "list" | "get"> {
  const list = async (resource: ClusterResource): Promise<readonly KubeObject[]> =>
    (await api.list(resource, isClusterWide(resource) ? {} : { namespace })).items;
  return {
    api,
    namespace,
    list,
    create: (resource, object) =>
      api.create(
        resource,
        isClusterWide(resource) ? object : { ...object, metadata: { ...object.metadata, namespace } },
      ),
    get: async (resource, name) => (await list(resource)).find((object) => object.metadata.name === name),
  };
}

const clusterWide = new Set(["nodes", "namespaces", "customresourcedefinitions", "priorityclasses", "clusterroles"]);

function isClusterWide({ plural }: ClusterResource): boolean {
  return clusterWide.has(plural);
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
    metadata: { name },
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
    metadata: { name },
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
