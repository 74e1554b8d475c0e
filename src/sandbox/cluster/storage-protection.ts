import { listAt, stringAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { type ClusterResource, resources } from "./cluster-api.ts";
import { type ClusterContext, startQueue } from "./cluster-context.ts";
import type { ResourceMonitor } from "./resource-monitor.ts";
import type { WorkQueue } from "./work-queue.ts";

const volumes: ClusterResource = { group: "", version: "v1", plural: "persistentvolumes" };

/** What admission puts on new objects so that none goes while it is in use. */
const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  persistentvolumes: "kubernetes.io/pv-protection",
};

/** Lets deleted PersistentVolumeClaims go once no Pod uses them, and PersistentVolumes once no claim is bound to them. */
export function startStorageProtection(context: ClusterContext, monitor: ResourceMonitor): WorkQueue {
  const { pods } = context.caches;
  /** `plural/namespace/name` of what is to go. */
  const going = new Set<string>();
  const queue = startQueue(context, "storage-protection", async (key) => {
    if (!going.has(key)) return;
    const [plural = "", namespace = "", name = ""] = key.split("/");
    const resource = plural === "persistentvolumes" ? volumes : resources.claims;
    const place = { name, ...(namespace === "" ? {} : { namespace }) };
    const object = await context.api.get(resource, place);
    if (object?.metadata.deletionTimestamp === undefined) return;
    const isUsed =
      plural === "persistentvolumes"
        ? stringAt(object, "status", "phase") === "Bound"
        : [...pods.values()].some((pod) => uses(pod, namespace, name));
    if (isUsed) return;
    const { uid, resourceVersion, finalizers: held = [] } = object.metadata;
    const left = held.filter((finalizer) => finalizer !== finalizers[plural]);
    if (left.length === held.length) return;
    await context.api.patch(resource, place, { metadata: { uid, resourceVersion, finalizers: left } });
  });
  monitor.onChange(({ group, plural }, current, old) => {
    const finalizer = finalizers[plural];
    if (group !== "" || finalizer === undefined) return;
    const { namespace = "", name } = (current ?? (old as KubeObject)).metadata;
    const key = `${plural}/${namespace}/${name}`;
    if (
      current?.metadata.deletionTimestamp !== undefined &&
      current.metadata.finalizers?.includes(finalizer) === true
    ) {
      going.add(key);
      queue.add(key);
    } else going.delete(key);
  });
  pods.onChange((current, old) => {
    const namespace = (current ?? old)?.metadata.namespace ?? "";
    for (const key of going) if (key.startsWith(`persistentvolumeclaims/${namespace}/`)) queue.add(key);
  });
  return queue;
}

function uses(pod: KubeObject, namespace: string, claim: string): boolean {
  if (pod.metadata.namespace !== namespace) return false;
  if (["Succeeded", "Failed"].includes(stringAt(pod, "status", "phase") ?? "")) return false;
  return listAt(pod, "spec", "volumes").some(
    (volume) =>
      stringAt(volume, "persistentVolumeClaim", "claimName") === claim ||
      (stringAt(volume, "name") !== undefined &&
        `${pod.metadata.name}-${stringAt(volume, "name")}` === claim &&
        typeof (volume as { readonly ephemeral?: unknown }).ephemeral === "object"),
  );
}
