import type { Node, Pod } from "../../api/builtin.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import type { Problem, Stack } from "../../engine/stack.ts";
import type { IngressPermission, SecurityGroupRulesSpec } from "../../resources/ec2/specs.ts";
import { instanceID } from "../target-group-binding/node-targets.ts";
import { bindingPermissions, mergePermissions } from "./permissions.ts";
import type { EndpointRef } from "./ports.ts";

/** A binding with the endpoints that its targets are. */
export interface BindingEndpoints {
  readonly binding: TargetGroupBinding;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
}

export type GroupOfEndpoint = ReadonlyMap<string, { readonly groupID: string } | { readonly error: string }>;

/** What has to be asked of AWS before the rules can be built. */
export function endpointRefs(
  bindings: readonly BindingEndpoints[],
  nodeOf: (name: string) => Node | undefined,
): readonly EndpointRef[] {
  const refs = new Map<string, EndpointRef>();
  for (const { pods, nodes } of bindings) {
    for (const pod of pods) {
      const ref = podRef(pod, nodeOf);
      if (ref !== undefined) refs.set(ref.id, ref);
    }
    for (const node of nodes) {
      const id = instanceID(node.spec?.providerID);
      if (id !== undefined) refs.set(id, { id, kind: "node" });
    }
  }
  return [...refs.values()];
}

function podRef(pod: Pod, nodeOf: (name: string) => Node | undefined): EndpointRef | undefined {
  const id = pod.status?.podIP;
  if (id === undefined) return undefined;
  const node = pod.spec?.nodeName === undefined ? undefined : nodeOf(pod.spec.nodeName);
  const instance = instanceID(node?.spec?.providerID);
  const podENI = pod.metadata.annotations?.["vpc.amazonaws.com/pod-eni"];
  const computeType = node?.metadata.labels?.["eks.amazonaws.com/compute-type"];
  return {
    id,
    kind: "pod",
    ...(instance === undefined ? {} : { instanceID: instance }),
    ...(podENI === undefined ? {} : { podENI }),
    ...(computeType === undefined ? {} : { computeType }),
  };
}

export interface EndpointRules {
  /** Wanted rules by security group. */
  readonly groups: ReadonlyMap<string, readonly IngressPermission[]>;
  /** False when an endpoint's group could not be found out: then nothing may be revoked. */
  readonly complete: boolean;
  /** Per binding (`namespace/name`): what stands in the way. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
}

/** The rules that all bindings of the cluster need, per security group. Pure. */
export function buildEndpointRules(
  bindings: readonly BindingEndpoints[],
  groupOf: GroupOfEndpoint,
  budget: number,
): EndpointRules {
  const collected = new Map<string, IngressPermission[]>();
  const problems = new Map<string, readonly Problem[]>();
  let complete = true;
  for (const { binding, pods, nodes } of bindings) {
    const { networking } = binding.spec;
    if (networking === undefined) continue;
    const messages: string[] = [];
    const podsByGroup = new Map<string, Pod[]>();
    for (const { id, pod } of endpointsOf(pods, nodes)) {
      const group = groupOf.get(id);
      if (group === undefined || "error" in group) {
        complete = false;
        messages.push(group?.error ?? `the security group of ${id} is not known yet`);
        continue;
      }
      const members = podsByGroup.get(group.groupID) ?? [];
      if (pod !== undefined) members.push(pod);
      podsByGroup.set(group.groupID, members);
    }
    for (const [groupID, members] of podsByGroup) {
      const { permissions, unresolved } = bindingPermissions(networking, members);
      collected.set(groupID, [...(collected.get(groupID) ?? []), ...permissions]);
      messages.push(...unresolved);
    }
    if (messages.length > 0)
      problems.set(
        keyOf(binding),
        messages.slice(0, 5).map((message) => problem(binding, message)),
      );
  }
  const groups = new Map(
    [...collected].map(([groupID, permissions]) => [groupID, mergePermissions(permissions, budget)]),
  );
  return { groups, complete, problems };
}

function* endpointsOf(
  pods: readonly Pod[],
  nodes: readonly Node[],
): Generator<{ readonly id: string; readonly pod?: Pod }> {
  for (const pod of pods) if (pod.status?.podIP !== undefined) yield { id: pod.status.podIP, pod };
  for (const node of nodes) {
    const id = instanceID(node.spec?.providerID);
    if (id !== undefined) yield { id };
  }
}

function keyOf({ metadata }: TargetGroupBinding): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function problem({ kind, metadata }: TargetGroupBinding, message: string): Problem {
  const { namespace, name } = metadata;
  return {
    object: { kind, name, ...(namespace === undefined ? {} : { namespace }) },
    reason: "SecurityGroupNotFound",
    field: "spec.networking",
    message,
    severity: "error",
  };
}

/** The Stack of our rules on one security group that is not ours. Empty `ingress`: all of ours are revoked. */
export function endpointRulesStack(groupID: string, ingress: readonly IngressPermission[]): Stack {
  const spec: SecurityGroupRulesSpec = { securityGroupID: groupID, ingress };
  return {
    owner: { kind: "SecurityGroup", namespace: "", name: groupID },
    ownership: { tags: {}, idTag: "" },
    types: ["ec2/SecurityGroupRules"],
    resources: [{ type: "ec2/SecurityGroupRules", id: groupID, spec }],
    problems: [],
  };
}
