import { canonicalJson } from "../../json.ts";
import { stringAt, stringMapAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { type ClusterContext, createObject, deleteObject, ownedBy, startQueue } from "./cluster-context.ts";
import { type LabelIndex, SelectorIndex } from "./label-index.ts";
import { keyOf } from "./object-cache.ts";
import type { OwnerIndex } from "./owner-index.ts";
import { isPodFinished } from "./pod-state.ts";
import { type EndpointGroup, endpointGroups, planSlices, sliceLabels } from "./slice-plan.ts";
import type { WorkQueue } from "./work-queue.ts";

const managedBy = "endpointslice.kubernetes.io/managed-by";

export interface EndpointSliceOptions {
  readonly podLabels: LabelIndex;
  readonly sliceIndex: OwnerIndex;
  readonly batchMs: number;
}

/** Writes the EndpointSlices of Services that have selectors. */
export function startEndpointSlices(context: ClusterContext, options: EndpointSliceOptions): WorkQueue {
  const { services, pods, nodes, endpointSlices } = context.caches;
  const selectors = new SelectorIndex();
  const pending = new Set<string>();
  const queue = startQueue(context, "endpointslices", async (key) => {
    const service = services.get(key);
    if (service !== undefined) await syncService(context, service, options);
  });
  const soon = (key: string): void => {
    if (pending.has(key)) return;
    pending.add(key);
    context.clock.setTimer(options.batchMs, () => {
      pending.delete(key);
      queue.add(key);
    });
  };
  services.onChange((current, old) => {
    const service = current ?? (old as KubeObject);
    const selector =
      current === undefined || !hasSelector(current) ? undefined : stringMapAt(current, "spec", "selector");
    selectors.set(keyOf(service), service.metadata.namespace ?? "", selector);
    if (current !== undefined) queue.add(keyOf(current));
  });
  pods.onChange((current, old) => {
    if (current !== undefined && old !== undefined && sameForEndpoints(current, old)) return;
    for (const pod of [current, old]) {
      if (pod !== undefined) for (const service of selectors.ownersSelecting(pod)) soon(service);
    }
  });
  endpointSlices.onChange((current, old) => {
    const slice = current ?? old;
    const name = slice?.metadata.labels?.["kubernetes.io/service-name"];
    if (name !== undefined) soon(`${slice?.metadata.namespace ?? ""}/${name}`);
  });
  nodes.onChange((current, old) => {
    // Endpoints carry their node's zone; nothing else of a node matters here.
    const zone = "topology.kubernetes.io/zone";
    if (current?.metadata.labels?.[zone] === old?.metadata.labels?.[zone]) return;
    for (const service of services.values()) if (hasSelector(service)) soon(keyOf(service));
  });
  return queue;
}

function hasSelector(service: KubeObject): boolean {
  return (
    Object.keys(stringMapAt(service, "spec", "selector")).length > 0 &&
    stringAt(service, "spec", "type") !== "ExternalName"
  );
}

function sameForEndpoints(a: KubeObject, b: KubeObject): boolean {
  return endpointFacts(a) === endpointFacts(b);
}

function endpointFacts(pod: KubeObject): string {
  const { uid, labels, deletionTimestamp } = pod.metadata;
  const conditions = (pod["status"] as { conditions?: readonly { type: string; status: string }[] } | undefined)
    ?.conditions;
  const ready = conditions?.find((condition) => condition.type === "Ready")?.status;
  return canonicalJson([
    uid,
    labels,
    deletionTimestamp,
    ready,
    stringAt(pod, "status", "podIP"),
    stringAt(pod, "status", "phase"),
    stringAt(pod, "spec", "nodeName"),
  ]);
}

async function syncService(context: ClusterContext, service: KubeObject, options: EndpointSliceOptions): Promise<void> {
  const { nodes, endpointSlices } = context.caches;
  const existing = options.sliceIndex
    .ownedBy(service)
    .filter(
      (slice) => slice.metadata.labels?.[managedBy] !== undefined && slice.metadata.deletionTimestamp === undefined,
    );
  if (service.metadata.deletionTimestamp !== undefined) return;
  if (!hasSelector(service)) {
    if (stringAt(service, "spec", "type") === "ExternalName")
      await Promise.all(existing.map((slice) => deleteObject(context, endpointSlices, slice)));
    return;
  }
  const selector = stringMapAt(service, "spec", "selector");
  const namespace = service.metadata.namespace ?? "";
  const pods = options.podLabels.select(namespace, selector).filter((pod) => !isPodFinished(pod));
  const groups = endpointGroups(
    service,
    pods,
    (node) => nodes.get(node)?.metadata.labels?.["topology.kubernetes.io/zone"],
  );
  const plan = planSlices(groups, existing);
  const labels = sliceLabels(service);
  for (const { slice, group } of plan.update) await updateSlice(context, slice, group, labels);
  const updated = new Set(plan.update.map(({ slice }) => slice));
  for (const slice of existing) {
    if (updated.has(slice) || plan.delete.includes(slice)) continue;
    if (canonicalJson(slice.metadata.labels) !== canonicalJson(labels)) {
      await updateSlice(context, slice, { ports: portsOf(slice), endpoints: endpointsOf(slice) }, labels);
    }
  }
  for (const group of plan.create) {
    await createObject(context, endpointSlices, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "",
        generateName: `${service.metadata.name}-`,
        namespace,
        labels,
        ownerReferences: [ownedBy(service)],
      },
      addressType: "IPv4",
      endpoints: group.endpoints,
      ports: group.ports,
    });
  }
  for (const slice of plan.delete) await deleteObject(context, endpointSlices, slice);
}

async function updateSlice(
  context: ClusterContext,
  slice: KubeObject,
  group: EndpointGroup,
  labels: Record<string, string>,
): Promise<void> {
  const { endpointSlices } = context.caches;
  const next: KubeObject = { ...slice, metadata: { ...slice.metadata, labels }, ...group };
  endpointSlices.observe(await context.api.update(endpointSlices.resource, next));
}

function portsOf(slice: KubeObject): EndpointGroup["ports"] {
  return slice["ports"] as EndpointGroup["ports"];
}

function endpointsOf(slice: KubeObject): EndpointGroup["endpoints"] {
  return slice["endpoints"] as EndpointGroup["endpoints"];
}
