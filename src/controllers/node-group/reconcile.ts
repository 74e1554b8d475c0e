import { type Controls, defaultControls, parseControls } from "../../api/annotations.ts";
import type { Node } from "../../api/builtin.ts";
import { type NodeGroup, nodeGroupFinalizer, nodeGroupKind } from "../../api/node-group.ts";
import type { ClusterFacts } from "../../aws/facts/cluster.ts";
import type { Clock } from "../../clock.ts";
import type { Engine, Reconciled } from "../../engine/engine.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import type { Lister } from "../../kube/lister.ts";
import { changeEvents } from "../reporting/change-events.ts";
import { outcomeOf } from "../reporting/outcome.ts";
import {
  addFinalizer,
  type EventSink,
  ProblemEvents,
  removeFinalizer,
  writeStatus,
} from "../reporting/status-writer.ts";
import { judge, type PassResult } from "../reporting/summary.ts";
import { buildNodeGroup, emptyNodeGroupStack, instanceTypesOf, type NodeGroupBuild } from "./build.ts";
import type { NodeGroupSurroundings } from "./facts.ts";
import { nodeGroupStatus, nodesOf } from "./report.ts";

export interface NodeGroupDependencies {
  readonly engine: Engine;
  readonly surroundings: NodeGroupSurroundings;
  readonly cluster: ClusterFacts;
  readonly clusterName: string;
  readonly kube: KubeClient;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly objects: Lister<NodeGroup>;
  readonly nodes: Lister<Node>;
  /** The operator-wide settings that annotations of an object override. */
  readonly defaults?: Controls;
}

/** How soon a settled group whose nodes are not all ready is looked at again; an event of a Node comes earlier. */
const nodesPollMs = 30_000;

/** Keeps a node group, its launch template and its node role as the NodeGroup wants them. Never waits for EKS. */
export class NodeGroupReconciler {
  readonly #deps: NodeGroupDependencies;
  readonly #problems: ProblemEvents;
  /** The `fairlead.io/reconcile-at` that was acted on last, by key. */
  readonly #kicks = new Map<string, string>();

  constructor(deps: NodeGroupDependencies) {
    this.#deps = deps;
    this.#problems = new ProblemEvents(deps.events);
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { objects, engine } = this.#deps;
    const object = objects.get(key);
    if (object === undefined) {
      engine.forget({ kind: "NodeGroup", namespace: "", name: key });
      this.#problems.forget("NodeGroup", key);
      this.#kicks.delete(key);
      return { kind: "done" };
    }
    const { controls, problems } = parseControls(object, this.#deps.defaults ?? defaultControls);
    if (controls.mode === "pause") {
      await this.#report(object, { pass: { mode: "pause", problems }, signal });
      return { kind: "done" };
    }
    if (object.metadata.deletionTimestamp !== undefined) return this.#delete(object, { controls, signal });
    return this.#apply(object, { controls, problems, key, signal });
  }

  /** The key of the NodeGroup that a Node belongs to, for the watch of Nodes. */
  keyOfNode(node: Node): string | undefined {
    const name = node.metadata.labels?.["eks.amazonaws.com/nodegroup"];
    if (name === undefined) return undefined;
    for (const object of this.#deps.objects.list()) {
      if ((object.spec?.name ?? object.metadata.name) === name) return object.metadata.name;
    }
    return undefined;
  }

  async #apply(
    object: NodeGroup,
    {
      controls,
      problems,
      key,
      signal,
    }: {
      readonly controls: Controls;
      readonly problems: PassResult["problems"];
      readonly key: string;
      readonly signal: AbortSignal;
    },
  ): Promise<Outcome> {
    const { engine, surroundings, kube } = this.#deps;
    const mode = controls.mode === "plan" ? "plan" : "apply";
    let build: NodeGroupBuild | undefined;
    try {
      const facts = await surroundings.facts(instanceTypesOf(object), signal);
      build = buildNodeGroup({ object, facts, controls });
      const all = [...problems, ...build.stack.problems];
      if (all.some((problem) => problem.severity === "error")) {
        // The last good state stays until the object is mended.
        await this.#report(object, { build, pass: { mode, problems: all }, signal });
        return { kind: "done" };
      }
      if (mode === "apply") await addFinalizer(kube, nodeGroupKind, { object, finalizer: nodeGroupFinalizer, signal });
      const reconciled = await engine.reconcile(build.stack, {
        mode,
        drift: controls.drift,
        verify: this.#kicked(key, controls),
        signal,
      });
      const clusterVersion = facts.cluster.version;
      const ready = await this.#report(object, {
        build,
        clusterVersion,
        pass: { mode, problems: all, reconciled },
        signal,
      });
      const outcome = outcomeOf(reconciled);
      const soon = !ready && reconciled.settled && (outcome.kind !== "wait" || outcome.afterMs > nodesPollMs);
      return soon ? { kind: "wait", afterMs: nodesPollMs, reason: "nodes to become ready" } : outcome;
    } catch (error) {
      await this.#report(object, {
        ...(build === undefined ? {} : { build }),
        pass: { mode, problems, error },
        signal,
      });
      return { kind: "retry", error };
    }
  }

  async #delete(
    object: NodeGroup,
    { controls, signal }: { readonly controls: Controls; readonly signal: AbortSignal },
  ): Promise<Outcome> {
    const { engine, cluster, clusterName, kube, events } = this.#deps;
    if (!(object.metadata.finalizers ?? []).includes(nodeGroupFinalizer)) return { kind: "done" };
    if (controls.mode === "plan") return { kind: "done" };
    const stack = emptyNodeGroupStack(object, await cluster.get(clusterName));
    if (controls.deletionPolicy === "retain") {
      const name = object.status?.nodegroupName ?? object.metadata.name;
      events.event(object, {
        type: "Normal",
        reason: "Retained",
        message: `node group ${name}, its launch template and its role stay`,
      });
    } else {
      let reconciled: Reconciled;
      try {
        reconciled = await engine.reconcile(stack, { mode: "apply", drift: "repair", signal });
      } catch (error) {
        await this.#report(object, { pass: { mode: "apply", problems: [], error }, signal });
        return { kind: "retry", error };
      }
      if (!reconciled.settled) {
        await this.#report(object, { pass: { mode: "apply", problems: [], reconciled }, signal });
        return outcomeOf(reconciled);
      }
      changeEvents(events, object, reconciled);
    }
    engine.forget(stack.owner);
    await removeFinalizer(kube, nodeGroupKind, { object, finalizer: nodeGroupFinalizer, signal });
    return { kind: "done" };
  }

  /** Whether the object is ready, as was reported. */
  async #report(
    object: NodeGroup,
    {
      pass,
      build,
      clusterVersion,
      signal,
    }: {
      readonly pass: PassResult;
      readonly build?: NodeGroupBuild;
      readonly clusterVersion?: string;
      readonly signal: AbortSignal;
    },
  ): Promise<boolean> {
    const { kube, clock, events, clusterName, nodes } = this.#deps;
    const verdict = judge(pass);
    this.#problems.tell(object, verdict.state === "stalled" ? verdict : undefined);
    if (pass.reconciled !== undefined) changeEvents(events, object, pass.reconciled);
    const nodegroupName =
      build?.nodegroupName ?? object.status?.nodegroupName ?? object.spec?.name ?? object.metadata.name;
    const status = nodeGroupStatus({
      object,
      pass,
      ...(build === undefined ? {} : { build }),
      clusterName,
      ...(clusterVersion === undefined ? {} : { clusterVersion }),
      nodes: nodesOf(nodes.list(), nodegroupName),
      now: clock.now(),
    });
    await writeStatus(kube, nodeGroupKind, { object, status, signal });
    return status.conditions?.find((condition) => condition.type === "Ready")?.status === "True";
  }

  /** A new `fairlead.io/reconcile-at` asks for a full reading, once. */
  #kicked(key: string, controls: Controls): boolean {
    const { reconcileAt } = controls;
    if (reconcileAt === undefined || this.#kicks.get(key) === reconcileAt) return false;
    this.#kicks.set(key, reconcileAt);
    return true;
  }
}
