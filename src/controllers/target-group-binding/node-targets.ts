import type { Node } from "../../api/builtin.ts";
import { matchesSelector } from "../../api/label-selector.ts";
import type { LabelSelector } from "../../api/object.ts";
import type { Target } from "../../resources/elbv2/specs.ts";
import { conditionStatus } from "./pod-targets.ts";

export interface NodeTarget {
  readonly target: Target;
  readonly node: Node;
}

const builtInSelector: LabelSelector = {
  matchExpressions: [
    { key: "node-role.kubernetes.io/master", operator: "DoesNotExist" },
    { key: "node.kubernetes.io/exclude-from-external-load-balancers", operator: "DoesNotExist" },
    { key: "alpha.service-controller.kubernetes.io/exclude-balancer", operator: "DoesNotExist" },
    // Fargate and hybrid nodes are no EC2 instances: AWS refuses them, and with them the whole registration.
    { key: "eks.amazonaws.com/compute-type", operator: "NotIn", values: ["fargate", "hybrid"] },
  ],
};

/** Whether a node may be a target of a binding at all, whatever its health. */
export function isSuitableNode(node: Node, selector: LabelSelector | undefined): boolean {
  const taints = node.spec?.taints ?? [];
  const leaving = taints.some(
    ({ key, effect }) =>
      key === "ToBeDeletedByClusterAutoscaler" ||
      key === "node.cloudprovider.kubernetes.io/shutdown" ||
      (key === "karpenter.sh/disrupted" && effect === "NoSchedule"),
  );
  return (
    !leaving &&
    matchesSelector(builtInSelector, node.metadata.labels) &&
    matchesSelector(selector, node.metadata.labels)
  );
}

/** Nodes that shall receive traffic on a node port; nodes of unknown state only when no other is ready. */
export function nodeTargets(input: {
  readonly nodes: Iterable<Node>;
  readonly nodePort: number;
  readonly selector?: LabelSelector;
  readonly failOpen: boolean;
}): { readonly targets: readonly NodeTarget[]; readonly withoutInstance: readonly string[] } {
  const ready: NodeTarget[] = [];
  const unknown: NodeTarget[] = [];
  const withoutInstance: string[] = [];
  for (const node of input.nodes) {
    if (!isSuitableNode(node, input.selector)) continue;
    const id = instanceID(node.spec?.providerID);
    if (id === undefined) {
      withoutInstance.push(node.metadata.name);
      continue;
    }
    const status = conditionStatus(node.status?.conditions, "Ready");
    const entry = { target: { id, port: input.nodePort }, node };
    if (status === "True") ready.push(entry);
    else if (status === "Unknown") unknown.push(entry);
  }
  return { targets: ready.length === 0 && input.failOpen ? unknown : ready, withoutInstance };
}

/** The EC2 instance ID at the end of a provider ID such as `aws:///us-west-2a/i-0123`. */
export function instanceID(providerID: string | undefined): string | undefined {
  return providerID?.match(/(?:^|\/)(i-[^/]+)$/)?.[1];
}
