import type { Observed, ResourceState } from "../engine/resource-type.ts";
import type { Owner } from "../engine/stack.ts";

/** Health of each target, by target group ARN. */
export type TargetHealthOfGroups = Readonly<
  Record<string, readonly { readonly target: string; readonly state: string; readonly reason?: string }[]>
>;

export interface TreeNode {
  readonly type: string;
  readonly id: string;
  readonly state: ResourceState;
  readonly reason?: string;
  /** ARN, or id where AWS gives none. */
  readonly identity: string;
  readonly dnsName?: string;
  readonly targets?: readonly { readonly target: string; readonly state: string; readonly reason?: string }[];
  readonly children: readonly TreeNode[];
}

export interface TreeDocument {
  readonly owner: Owner;
  readonly resources: readonly TreeNode[];
}

const parents: Readonly<Record<string, string>> = {
  "elbv2/Listener": "elbv2/LoadBalancer",
  "elbv2/Rule": "elbv2/Listener",
};

/** The resources of a Stack, each under the one that it hangs on. Pure. */
export function treeDocument(owner: Owner, observed: readonly Observed[], health: TargetHealthOfGroups): TreeDocument {
  const identityOf = ({ outputs, id }: Observed): string => outputs["arn"] ?? outputs["id"] ?? id;
  const isChildOf = (child: Observed, parent: Observed): boolean =>
    parents[child.type] === parent.type && JSON.stringify(child.spec).includes(JSON.stringify(identityOf(parent)));
  const node = (instance: Observed): TreeNode => {
    const identity = identityOf(instance);
    const targets = health[identity];
    const dnsName = instance.outputs["dnsName"];
    return {
      type: instance.type,
      id: instance.id,
      state: instance.state,
      ...(instance.reason === undefined ? {} : { reason: instance.reason }),
      identity,
      ...(dnsName === undefined ? {} : { dnsName }),
      ...(targets === undefined ? {} : { targets }),
      children: observed.filter((child) => isChildOf(child, instance)).map(node),
    };
  };
  const roots = observed.filter((instance) => !observed.some((parent) => isChildOf(instance, parent)));
  return { owner, resources: roots.map(node) };
}

export function renderTree({ owner, resources }: TreeDocument): string {
  const name = owner.namespace === "" ? owner.name : `${owner.namespace}/${owner.name}`;
  return `${[`${owner.kind} ${name}`, ...lines(resources, "")].join("\n")}\n`;
}

function lines(nodes: readonly TreeNode[], indent: string): readonly string[] {
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1;
    const inner = `${indent}${last ? "   " : "│  "}`;
    const targets = node.targets ?? [];
    const leaves = targets.length > 0 && node.children.length === 0;
    return [
      `${indent}${last ? "└─ " : "├─ "}${title(node)}`,
      ...targets.map(({ target, state, reason }, place) => {
        const end = leaves && place === targets.length - 1;
        return `${inner}${end ? "└─ " : "├─ "}${target} ${state}${reason === undefined ? "" : ` (${reason})`}`;
      }),
      ...lines(node.children, inner),
    ];
  });
}

function title({ type, id, state, reason, identity, dnsName, targets }: TreeNode): string {
  const healthy = targets?.filter((target) => target.state === "healthy").length;
  return [
    `${type} ${id}`,
    reason === undefined ? state : `${state} (${reason})`,
    ...(targets === undefined ? [] : [`targets ${healthy}/${targets.length} healthy`]),
    ...(dnsName === undefined ? [] : [dnsName]),
    identity === id ? "" : identity,
  ]
    .filter((part) => part !== "")
    .join("  ");
}
