import type { Clock, Random } from "../../clock.ts";
import { type Logger, silentLogger } from "../../log.ts";
import { type ClusterApi, resources } from "./cluster-api.ts";
import type { CacheName, ClusterContext } from "./cluster-context.ts";
import { startDaemonSets } from "./daemon-sets.ts";
import { startDeployments } from "./deployments.ts";
import { startEndpointSlices } from "./endpoint-slices.ts";
import { startGarbageCollector } from "./garbage-collector.ts";
import { startKubelets } from "./kubelet.ts";
import { LabelIndex } from "./label-index.ts";
import { startNamespaceContents } from "./namespace-contents.ts";
import { startNamespaceDeletion } from "./namespace-deletion.ts";
import { startNodes } from "./nodes.ts";
import { ObjectCache } from "./object-cache.ts";
import { OwnerIndex } from "./owner-index.ts";
import { startReplicaSets } from "./replica-sets.ts";
import { ResourceMonitor } from "./resource-monitor.ts";
import type { SandboxNode } from "./sandbox-node.ts";
import { startScheduler } from "./scheduler.ts";
import { startStatefulSets } from "./stateful-sets.ts";
import { startStorageProtection } from "./storage-protection.ts";

export interface ClusterOptions {
  /** `httpClusterApi(handler)` for the embedded API or a connection to a real one. */
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly random: Random;
  /** The machines of the beginning. */
  readonly nodes: readonly SandboxNode[];
  readonly log?: Logger;
  /** From binding to a running Pod; 1 s when absent. */
  readonly startDelayMs?: number;
  /** From deletion to the end of a Pod (at most its grace period); 1 s when absent. */
  readonly stopDelayMs?: number;
  /** From joining to a Ready Node; at once when absent. */
  readonly nodeReadyDelayMs?: number;
  /** PEM text for the `kube-root-ca.crt` of each namespace; empty when absent. */
  readonly rootCertificate?: string;
  /** How long changes of a Service's Pods gather before its EndpointSlices are written; 100 ms when absent. */
  readonly endpointsBatchMs?: number;
}

export interface Cluster {
  /** States which machines the cluster has from now on. */
  setNodes(desired: readonly SandboxNode[]): void;
  /** Resolves once everything has been listed. */
  readonly started: Promise<void>;
  /** Ends all watches and work; objects stay as they are. */
  stop(): Promise<void>;
}

const cacheNames: readonly CacheName[] = [
  "namespaces",
  "nodes",
  "pods",
  "services",
  "deployments",
  "replicaSets",
  "statefulSets",
  "daemonSets",
  "endpointSlices",
];

/**
 * Does what the controllers, the scheduler and the kubelets of a cluster do, as far as people see it: Deployments, StatefulSets and
 * DaemonSets get Pods, Pods get Nodes and addresses and become ready, Services get EndpointSlices, machines become Nodes; what has lost
 * its owners goes, and namespaces come with their contents and go with them.
 */
export function startCluster(options: ClusterOptions): Cluster {
  const { api, clock, random, log = silentLogger } = options;
  const cache = (name: CacheName): ObjectCache => new ObjectCache(resources[name], { api, clock, random });
  const caches = Object.fromEntries(cacheNames.map((name) => [name, cache(name)])) as Record<CacheName, ObjectCache>;
  const context: ClusterContext = { api, clock, random, log, caches };
  const controller = new AbortController();
  const monitor = new ResourceMonitor(context, controller.signal);
  const podIndex = new OwnerIndex(caches.pods);
  const podLabels = new LabelIndex(caches.pods);
  const setIndex = new OwnerIndex(caches.replicaSets);
  const sliceIndex = new OwnerIndex(caches.endpointSlices);
  const nodes = startNodes(context, options.nodeReadyDelayMs ?? 0);
  const queues = [
    nodes.queue,
    startDeployments(context, setIndex),
    startReplicaSets(context, podIndex),
    startStatefulSets(context, podIndex),
    startDaemonSets(context, podIndex),
    startScheduler(context),
    startKubelets(context, { startDelayMs: options.startDelayMs ?? 1000, stopDelayMs: options.stopDelayMs ?? 1000 }),
    startEndpointSlices(context, { podLabels, sliceIndex, batchMs: options.endpointsBatchMs ?? 100 }),
    startNamespaceContents(context, monitor, options.rootCertificate ?? ""),
  ];
  // These act on objects of all kinds, and so only once all are known.
  const janitors = [
    startGarbageCollector(context, monitor),
    startNamespaceDeletion(context, monitor),
    startStorageProtection(context, monitor),
  ];
  const lists: Promise<void>[] = [];
  const runs = Object.values(caches).map((each) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    lists.push(promise);
    return each.run(controller.signal, resolve);
  });
  // Whoever acts before everything is known does things twice.
  const started = Promise.all(lists).then(() => {
    nodes.setNodes(options.nodes);
    for (const queue of queues) queue.start();
  });
  const monitored = monitor.start().then(() => {
    for (const janitor of janitors) janitor.start();
  });
  return {
    setNodes: (desired) => void started.then(() => nodes.setNodes(desired)),
    started: Promise.all([started, monitored]).then(() => undefined),
    async stop() {
      for (const queue of [...queues, ...janitors]) queue.stop();
      controller.abort();
      await Promise.allSettled([...runs, monitor.stop()]);
    },
  };
}
