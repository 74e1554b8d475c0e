import { listAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { type ClusterContext, kubeTime, patchStatus, startQueue } from "./cluster-context.ts";
import { whyNot } from "./node-fit.ts";
import { keyOf } from "./object-cache.ts";
import { conditionsOf, isPodFinished, nodeNameOf, withCondition } from "./pod-state.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Binds each Pod to the fitting Node that has the fewest Pods. */
export function startScheduler(context: ClusterContext): WorkQueue {
  const { pods, nodes } = context.caches;
  const load = new NodeLoad();
  const waiting = new Set<string>();
  const queue = startQueue(context, "scheduler", async (key) => {
    const pod = pods.get(key);
    waiting.delete(key);
    if (pod === undefined || !needsNode(pod)) return;
    const { chosen, why } = choose(pod, [...nodes.values()], load);
    if (chosen === undefined) {
      waiting.add(key);
      await reportUnschedulable(context, pod, why);
      return;
    }
    load.reserve(key, chosen.metadata.name);
    const { name, namespace } = pod.metadata;
    try {
      await context.api.create(
        pods.resource,
        {
          apiVersion: "v1",
          kind: "Binding",
          metadata: {
            name,
            ...(namespace === undefined ? {} : { namespace }),
            ...(pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }),
          },
          target: { apiVersion: "v1", kind: "Node", name: chosen.metadata.name },
        },
        "binding",
      );
    } catch (error) {
      load.release(key);
      throw error;
    }
  });
  pods.onChange((current, old) => {
    const key = keyOf(current ?? (old as KubeObject));
    const node = current === undefined || isPodFinished(current) ? undefined : nodeNameOf(current);
    if (node !== undefined) load.reserve(key, node);
    else if (current === undefined || old?.metadata.uid !== current.metadata.uid || isPodFinished(current))
      load.release(key);
    if (current !== undefined && needsNode(current)) queue.add(key);
  });
  nodes.onChange(() => {
    for (const key of waiting) queue.add(key);
  });
  return queue;
}

function needsNode(pod: KubeObject): boolean {
  return (
    nodeNameOf(pod) === undefined &&
    pod.metadata.deletionTimestamp === undefined &&
    !isPodFinished(pod) &&
    listAt(pod, "spec", "schedulingGates").length === 0
  );
}

function choose(
  pod: KubeObject,
  nodes: readonly KubeObject[],
  load: NodeLoad,
): { readonly chosen: KubeObject | undefined; readonly why: string } {
  let chosen: KubeObject | undefined;
  const reasons = new Map<string, number>();
  for (const node of nodes) {
    const reason = whyNot(pod, node, load.of(node.metadata.name));
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    else if (chosen === undefined || load.of(node.metadata.name) < load.of(chosen.metadata.name)) chosen = node;
  }
  const counted = [...reasons].map(([reason, count]) => `${count} ${count === 1 ? "node(s)" : "node(s)"} ${reason}`);
  const why =
    nodes.length === 0
      ? "no nodes available to schedule pods"
      : `0/${nodes.length} nodes are available: ${counted.join(", ")}.`;
  return { chosen, why };
}

async function reportUnschedulable(context: ClusterContext, pod: KubeObject, message: string): Promise<void> {
  const known = conditionsOf(pod).find((condition) => condition.type === "PodScheduled");
  if (known?.status === "False" && known.message === message) return;
  const next = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
  const conditions = withCondition(conditionsOf(pod), next, kubeTime(context.clock));
  await patchStatus(context, context.caches.pods, pod, { conditions });
}

/** How many Pods each Node has, including those just bound whose events are still on the way. */
class NodeLoad {
  readonly #nodeOf = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  of(node: string): number {
    return this.#counts.get(node) ?? 0;
  }

  reserve(pod: string, node: string): void {
    if (this.#nodeOf.get(pod) === node) return;
    this.release(pod);
    this.#nodeOf.set(pod, node);
    this.#counts.set(node, this.of(node) + 1);
  }

  release(pod: string): void {
    const node = this.#nodeOf.get(pod);
    if (node === undefined) return;
    this.#nodeOf.delete(pod);
    this.#counts.set(node, this.of(node) - 1);
  }
}
