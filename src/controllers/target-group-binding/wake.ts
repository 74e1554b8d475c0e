import type { EndpointSlice, Node, Pod, Service } from "../../api/builtin.ts";
import { objectKey } from "../../api/object.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import { canonicalJson } from "../../json.ts";
import type { InformerEvent } from "../../kube/informer.ts";
import { isSuitableNode } from "./node-targets.ts";
import { conditionStatus } from "./pod-targets.ts";
import { gatedBindings } from "./readiness-gate.ts";

/** Which bindings an event concerns, as `namespace/name` keys. Pure: bindings are asked for through look-ups. */

/** Index of bindings by `namespace/service`. */
export const byService = (binding: TargetGroupBinding): readonly string[] => [
  objectKey({ namespace: binding.metadata.namespace ?? "", name: binding.spec.serviceRef.name }),
];

/** Index of bindings by target group ARN. */
export const byTargetGroup = (binding: TargetGroupBinding): readonly string[] =>
  binding.spec.targetGroupARN === undefined ? [] : [binding.spec.targetGroupARN];

export function bindingNeedsWork(event: InformerEvent<TargetGroupBinding>): boolean {
  if (event.type !== "update") return true;
  const { old, new: now } = event;
  return (
    canonicalJson(old.spec) !== canonicalJson(now.spec) ||
    old.metadata.deletionTimestamp !== now.metadata.deletionTimestamp ||
    canonicalJson(old.metadata.annotations ?? {}) !== canonicalJson(now.metadata.annotations ?? {})
  );
}

/** The Service whose bindings a changed slice concerns; undefined when nothing that matters changed. */
export function serviceOfSlice(event: InformerEvent<EndpointSlice>): string | undefined {
  const slice = event.new ?? event.old;
  const service = slice.metadata.labels?.["kubernetes.io/service-name"];
  if (service === undefined) return undefined;
  if (event.type === "update" && sliceContent(event.old) === sliceContent(event.new)) return undefined;
  return objectKey({ namespace: slice.metadata.namespace ?? "", name: service });
}

function sliceContent({ ports, endpoints }: EndpointSlice): string {
  return canonicalJson({ ports, endpoints });
}

export function serviceChanged(event: InformerEvent<Service>): boolean {
  if (event.type !== "update") return true;
  const content = (service: Service): string => canonicalJson([service.spec?.ports, service.spec?.type]);
  return content(event.old) !== content(event.new);
}

/** Whether a node event can change the targets of an instance binding. */
export function nodeConcerns(event: InformerEvent<Node>, binding: TargetGroupBinding): boolean {
  const selector = binding.spec.nodeSelector;
  const suitable = (node: Node | undefined): boolean => node !== undefined && isSuitableNode(node, selector);
  const before = suitable(event.old);
  const after = suitable(event.new);
  if (!before && !after) return false;
  const ready = (node: Node | undefined): string | undefined => conditionStatus(node?.status?.conditions, "Ready");
  if (before && after) {
    return ready(event.old) !== ready(event.new) || event.old?.spec?.providerID !== event.new?.spec?.providerID;
  }
  return before ? ready(event.old) !== "False" : ready(event.new) !== "False";
}

/** Bindings that a pod waits for, or has waited for, in readiness gates. */
export function bindingsOfPod(event: InformerEvent<Pod>): readonly string[] {
  if (event.type === "delete") return [];
  const namespace = event.new.metadata.namespace ?? "";
  if (event.type === "update" && podContent(event.old) === podContent(event.new)) return [];
  return gatedBindings(event.new).map((name) => objectKey({ namespace, name }));
}

function podContent(pod: Pod): string {
  return canonicalJson([pod.status?.podIP, pod.status?.conditions, pod.metadata.deletionTimestamp, pod.metadata.uid]);
}
