import type { Node } from "../../api/builtin.ts";
import { type NodeGroup, nodeGroupFinalizer, nodeGroupKind } from "../../api/node-group.ts";
import type { ClusterFacts } from "../../aws/facts/cluster.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import type { Lister } from "../../kube/lister.ts";
import { type OwnKindDependencies, OwnKindReconciler } from "../own-kind/reconciler.ts";
import { buildNodeGroup, emptyNodeGroupStack, instanceTypesOf, type NodeGroupBuild } from "./build.ts";
import type { NodeGroupSurroundings } from "./facts.ts";
import { nodeGroupStatus, nodesOf } from "./report.ts";

export interface NodeGroupDependencies extends OwnKindDependencies<NodeGroup> {
  readonly surroundings: NodeGroupSurroundings;
  readonly cluster: ClusterFacts;
  readonly clusterName: string;
  readonly nodes: Lister<Node>;
}

/** What the build finds, with the version of the cluster that it was made for. */
type VersionedBuild = NodeGroupBuild & { readonly clusterVersion: string };

/** How soon a settled group whose nodes are not all ready is looked at again; an event of a Node comes earlier. */
const nodesPollMs = 30_000;

/** Keeps a node group, its launch template and its node role as the NodeGroup wants them. Never waits for EKS. */
export class NodeGroupReconciler {
  readonly #deps: NodeGroupDependencies;
  readonly #frame: OwnKindReconciler<NodeGroup, VersionedBuild>;

  constructor(deps: NodeGroupDependencies) {
    this.#deps = deps;
    const { cluster, clusterName, nodes, surroundings } = deps;
    this.#frame = new OwnKindReconciler(deps, {
      kind: nodeGroupKind,
      finalizer: nodeGroupFinalizer,
      owner: (name) => ({ kind: "NodeGroup", namespace: "", name }),
      build: async (object, controls, signal) => {
        const facts = await surroundings.facts(instanceTypesOf(object), signal);
        return { ...buildNodeGroup({ object, facts, controls }), clusterVersion: facts.cluster.version };
      },
      emptyStack: async (object) => emptyNodeGroupStack(object, await cluster.get(clusterName)),
      retained: ({ status, metadata }) =>
        `node group ${status?.nodegroupName ?? metadata.name}, its launch template and its role stay`,
      status: ({ object, build, ...pass }) => {
        const name = build?.nodegroupName ?? object.status?.nodegroupName ?? object.spec?.name ?? object.metadata.name;
        return nodeGroupStatus({
          object,
          ...pass,
          ...(build === undefined ? {} : { build, clusterVersion: build.clusterVersion }),
          clusterName,
          nodes: nodesOf(nodes.list(), name),
        });
      },
      unreadyPollMs: nodesPollMs,
    });
  }

  reconcile(key: string, context: ReconcileContext): Promise<Outcome> {
    return this.#frame.reconcile(key, context);
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
}
