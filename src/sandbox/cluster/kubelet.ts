import { AppError } from "../../errors.ts";
import { sha256Hex } from "../../json.ts";
import { listAt, numberAt, stringAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { type ClusterContext, deleteObject, kubeTime, patchStatus, startQueue } from "./cluster-context.ts";
import { keyOf } from "./object-cache.ts";
import { PodAddresses } from "./pod-addresses.ts";
import {
  type Condition,
  conditionHolds,
  conditionsOf,
  isPodFinished,
  nodeNameOf,
  onHostNetwork,
  withCondition,
} from "./pod-state.ts";
import { managedAnnotation } from "./sandbox-node.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface KubeletOptions {
  /** From binding to running containers. */
  readonly startDelayMs: number;
  /** From deletion to the end of the containers, at most the Pod's grace period. */
  readonly stopDelayMs: number;
}

/** Runs the Pods of the Nodes that this program has made: starts them, keeps their readiness, ends them. */
export function startKubelets(context: ClusterContext, options: KubeletOptions): WorkQueue {
  const { pods, nodes } = context.caches;
  const addresses = new PodAddresses();
  const times = new Map<string, number>();
  const queue = startQueue(context, "kubelet", async (key) => {
    const pod = pods.get(key);
    if (pod === undefined) return;
    const nodeName = nodeNameOf(pod);
    if (nodeName === undefined) return;
    const node = nodes.get(nodeName);
    if (node === undefined) {
      // Pod garbage collection: nothing is left that could end this Pod in order.
      await deleteObject(context, pods, pod, 0);
    } else if (node.metadata.annotations?.[managedAnnotation] !== undefined) {
      await syncPod({ context, options, addresses, times, queue }, pod, node);
    }
  });
  pods.onChange((current, old) => {
    for (const pod of [old, current]) {
      const address = pod === undefined || onHostNetwork(pod) ? undefined : stringAt(pod, "status", "podIP");
      if (address === undefined || pod === undefined) continue;
      if (pod === current && !isPodFinished(pod)) addresses.take(address, pod.metadata.uid ?? "");
      else if (current === undefined || isPodFinished(current)) addresses.release(address, pod.metadata.uid ?? "");
    }
    if (current !== undefined) queue.add(keyOf(current));
    else times.delete(old?.metadata.uid ?? "");
  });
  nodes.onChange((current, old) => {
    const appeared = current !== undefined && old === undefined;
    if (current !== undefined && !appeared) return;
    const name = (current ?? old)?.metadata.name;
    for (const pod of pods.values()) if (nodeNameOf(pod) === name) queue.add(keyOf(pod));
  });
  return queue;
}

interface Kubelet {
  readonly context: ClusterContext;
  readonly options: KubeletOptions;
  readonly addresses: PodAddresses;
  /** When a Pod, by uid, may start, or may end once it is being deleted. */
  readonly times: Map<string, number>;
  readonly queue: WorkQueue;
}

async function syncPod(kubelet: Kubelet, pod: KubeObject, node: KubeObject): Promise<void> {
  const { context, options } = kubelet;
  if (pod.metadata.deletionTimestamp !== undefined) {
    const grace = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
    // Counted from when this was first seen: the clock of the API server is another one.
    const end = context.clock.now() + Math.min(options.stopDelayMs, grace);
    if (isDue(kubelet, pod, "stop", end)) await deleteObject(context, context.caches.pods, pod, 0);
    return;
  }
  if (isPodFinished(pod)) return;
  if (stringAt(pod, "status", "phase") === "Running") {
    await keepReadiness(context, pod);
    return;
  }
  if (isDue(kubelet, pod, "start", context.clock.now() + options.startDelayMs)) await startPod(kubelet, pod, node);
}

/** Whether the time has come, which is set at the first call; otherwise the Pod is looked at again then. */
function isDue({ context, times, queue }: Kubelet, pod: KubeObject, what: string, at: number): boolean {
  const key = `${pod.metadata.uid ?? ""}/${what}`;
  const due = times.get(key);
  if (due === undefined) {
    if (at <= context.clock.now()) return true;
    times.set(key, at);
    queue.addAfter(keyOf(pod), at - context.clock.now());
    return false;
  }
  if (due > context.clock.now()) {
    // A real timer may fire a little before its time by the wall clock.
    queue.addAfter(keyOf(pod), due - context.clock.now());
    return false;
  }
  times.delete(key);
  return true;
}

async function startPod({ context, addresses }: Kubelet, pod: KubeObject, node: KubeObject): Promise<void> {
  const nodeAddress =
    listAt(node, "status", "addresses")
      .filter((address) => stringAt(address, "type") === "InternalIP")
      .map((address) => stringAt(address, "address"))
      .at(0) ?? "";
  const uid = pod.metadata.uid ?? "";
  const cidr = node.metadata.annotations?.[managedAnnotation] ?? "";
  const address = onHostNetwork(pod) ? nodeAddress : addresses.allocate(cidr, uid);
  if (address === undefined) {
    const message = `subnet ${cidr} has no free address for pod ${keyOf(pod)}`;
    throw new AppError(message, { class: "transient", code: "SubnetFull" });
  }
  const now = kubeTime(context.clock);
  const conditions = [
    ["PodReadyToStartContainers", "True"],
    ["Initialized", "True"],
    ["ContainersReady", "True"],
    ["PodScheduled", "True"],
  ].reduce<readonly Condition[]>(
    (known, [type = "", status = ""]) =>
      withCondition(known, { type, status, reason: undefined, message: undefined }, now),
    conditionsOf(pod),
  );
  const started = { ...pod, status: { ...(pod["status"] as object | undefined), conditions } };
  try {
    await patchStatus(context, context.caches.pods, pod, {
      phase: "Running",
      conditions: withCondition(conditions, readyCondition(started), now),
      hostIP: nodeAddress,
      hostIPs: [{ ip: nodeAddress }],
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: now,
      containerStatuses: listAt(pod, "spec", "containers").map((container) => containerStatus(container, uid, now)),
      ...(listAt(pod, "spec", "initContainers").length === 0
        ? {}
        : {
            initContainerStatuses: listAt(pod, "spec", "initContainers").map((container) =>
              initStatus(container, uid, now),
            ),
          }),
    });
  } catch (error) {
    if (!onHostNetwork(pod)) addresses.release(address, uid);
    throw error;
  }
}

/** `Ready` follows the containers and the readiness gates that others set. */
function readyCondition(pod: KubeObject): Condition {
  if (!conditionHolds(pod, "ContainersReady")) {
    return { type: "Ready", status: "False", reason: "ContainersNotReady", message: "containers are not ready" };
  }
  const missing = listAt(pod, "spec", "readinessGates")
    .map((gate) => stringAt(gate, "conditionType") ?? "")
    .filter((type) => !conditionHolds(pod, type));
  if (missing.length === 0) return { type: "Ready", status: "True" };
  const message = missing
    .map((type) => {
      const exists = conditionsOf(pod).some((condition) => condition.type === type);
      return exists
        ? `the status of pod readiness gate "${type}" is not "True", but ${conditionsOf(pod).find((condition) => condition.type === type)?.status ?? ""}`
        : `corresponding condition of pod readiness gate "${type}" does not exist.`;
    })
    .join(", ");
  return { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message };
}

async function keepReadiness(context: ClusterContext, pod: KubeObject): Promise<void> {
  const known = conditionsOf(pod).find((condition) => condition.type === "Ready");
  const next = readyCondition(pod);
  if (known?.status === next.status && known.reason === next.reason && known.message === next.message) return;
  const conditions = withCondition(conditionsOf(pod), next, kubeTime(context.clock));
  // The resource version guards the conditions of others: the list is written as a whole.
  const { resourceVersion } = pod.metadata;
  const patch = { metadata: { uid: pod.metadata.uid, resourceVersion }, status: { conditions } };
  const { pods } = context.caches;
  pods.observe(await context.api.patch(pods.resource, pod.metadata, patch, "status"));
}

function containerStatus(container: unknown, uid: string, now: string): Record<string, unknown> {
  return {
    ...imageOf(container, uid),
    ready: true,
    started: true,
    restartCount: numberAt(container, "restartCount") ?? 0,
    lastState: {},
    state: { running: { startedAt: now } },
  };
}

function initStatus(container: unknown, uid: string, now: string): Record<string, unknown> {
  const terminated = { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now };
  return {
    ...imageOf(container, uid),
    ready: true,
    started: false,
    restartCount: 0,
    lastState: {},
    state: { terminated },
  };
}

function imageOf(container: unknown, uid: string): Record<string, string> {
  const name = stringAt(container, "name") ?? "";
  const image = stringAt(container, "image") ?? "";
  return {
    name,
    image,
    imageID: `${image.split(/[@:]/, 1)[0] ?? image}@sha256:${sha256Hex([image])}`,
    containerID: `containerd://${sha256Hex([uid, "/", name])}`,
  };
}
