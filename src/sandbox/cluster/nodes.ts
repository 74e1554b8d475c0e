import { canonicalJson } from "../../json.ts";
import { fieldsAt, listAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import {
  type ClusterContext,
  createObject,
  deleteObject,
  kubeTime,
  patchObject,
  startQueue,
} from "./cluster-context.ts";
import { conditionHolds } from "./pod-state.ts";
import { managedAnnotation, nodeLabels, nodeObject, nodeStatus, type SandboxNode } from "./sandbox-node.ts";
import type { WorkQueue } from "./work-queue.ts";

const notReadyTaint = "node.kubernetes.io/not-ready";

export interface NodeManager {
  /** States which machines the cluster has: Nodes come, change and go accordingly. */
  setNodes(desired: readonly SandboxNode[]): void;
  readonly queue: WorkQueue;
}

/** Joins machines to the cluster as Nodes. Nodes that something else made are left alone. */
export function startNodes(context: ClusterContext, readyDelayMs: number): NodeManager {
  const { nodes } = context.caches;
  let desired = new Map<string, SandboxNode>();
  /** When a Node may become Ready, on the clock. */
  const readyAt = new Map<string, number>();
  const queue = startQueue(context, "nodes", async (name) => {
    const wanted = desired.get(name);
    const known = nodes.get(name);
    if (wanted === undefined) {
      readyAt.delete(name);
      if (known?.metadata.annotations?.[managedAnnotation] !== undefined) await deleteObject(context, nodes, known);
      return;
    }
    if (known === undefined) {
      readyAt.set(name, context.clock.now() + readyDelayMs);
      await createObject(context, nodes, nodeObject(wanted));
    } else await updateNode(context, known, wanted);
    await reportStatus(context, name, wanted, readyAt, queue);
  });
  nodes.onChange((current, old) => queue.add((current ?? old)?.metadata.name ?? ""));
  return {
    queue,
    setNodes(next) {
      const before = desired;
      desired = new Map(next.map((node) => [node.name, node]));
      for (const name of new Set([...before.keys(), ...desired.keys()])) queue.add(name);
    },
  };
}

async function updateNode(context: ClusterContext, known: KubeObject, wanted: SandboxNode): Promise<void> {
  const labels = nodeLabels(wanted);
  const own = known.metadata.labels ?? {};
  const changedLabels = Object.entries(labels).some(([name, value]) => own[name] !== value);
  // Taints that Kubernetes itself puts on nodes (cordoning, pressure) stay, but the one that the API server gives to every new
  // node: the node lifecycle controller takes that away from a node that is ready.
  const foreign = listAt(known, "spec", "taints").filter((taint) => {
    const key = String((taint as { key?: string }).key);
    return key.startsWith("node.kubernetes.io/") && !(key === notReadyTaint && conditionHolds(known, "Ready"));
  });
  const taints = [...foreign, ...wanted.taints];
  const changedTaints = canonicalJson(taints) !== canonicalJson(listAt(known, "spec", "taints"));
  if (!changedLabels && !changedTaints) return;
  await patchObject(context, context.caches.nodes, known, {
    metadata: { labels },
    ...(changedTaints ? { spec: { taints: taints.length === 0 ? null : taints } } : {}),
  });
}

async function reportStatus(
  context: ClusterContext,
  name: string,
  wanted: SandboxNode,
  readyAt: Map<string, number>,
  queue: WorkQueue,
): Promise<void> {
  const { nodes } = context.caches;
  const known = nodes.get(name);
  if (known === undefined) return;
  const wait = (readyAt.get(name) ?? 0) - context.clock.now();
  const ready = wait <= 0;
  if (!ready) queue.addAfter(name, wait);
  const reported = Object.keys(fieldsAt(known, "status", "capacity")).length > 0;
  if (reported && (conditionHolds(known, "Ready") || !ready)) return;
  await patchObject(context, nodes, known, { status: nodeStatus(wanted, ready, kubeTime(context.clock)) }, "status");
}
