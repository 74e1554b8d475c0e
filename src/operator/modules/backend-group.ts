import type { Ingress, Service } from "../../api/builtin.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Inventory } from "../../aws/inventory.ts";
import type { ClassSurroundings } from "../../controllers/ingress/ingress-class.ts";
import { keysOfIngress } from "../../controllers/ingress/wake.ts";
import { withoutBackendSecurityGroup } from "../../controllers/load-balancing/backend-security-group.ts";
import { clusterTag } from "../../controllers/load-balancing/tracking.ts";
import type { InformerEvent } from "../../kube/informer.ts";
import type { WorkQueue } from "../../kube/work-queue.ts";
import type { ControllerModule } from "../module.ts";
import type { OperatorParts } from "../parts.ts";

const key = "cluster";
/** An Ingress that is deleted and made anew shall find the group that its predecessor used. */
const restMs = 30_000;

/** Deletes the cluster's shared back-end security group when nothing uses it any more. */
export function backendGroupModule(
  { caches, engine, settings }: OperatorParts,
  { inventory, classes }: { readonly inventory: Inventory; readonly classes: ClassSurroundings },
): ControllerModule {
  const { clusterName } = settings;

  function isUsed(): boolean {
    return (
      [...caches.ingresses.list()].some((ingress) => keysOfIngress(ingress, classes).length > 0) ||
      [...caches.services.list()].some(isHeld) ||
      [...caches.bindings.list()].some(({ spec }) => spec.networking !== undefined) ||
      inventory.loadBalancers.withTags({ [clusterTag]: clusterName }).length > 0
    );
  }

  return {
    name: "backendSecurityGroup",
    concurrency: 1,
    watch(queue: WorkQueue) {
      const onLeave = (event: InformerEvent<Ingress | Service>): void => {
        if (event.type === "delete" || (event.type === "update" && isHeld(event.old) && !isHeld(event.new))) {
          queue.addAfter(key, restMs, "resync");
        }
      };
      caches.ingresses.onEvent(onLeave);
      caches.services.onEvent(onLeave);
      // A process that ended too early may have left the group behind.
      queue.addAfter(key, restMs, "resync");
    },
    async reconcile(_key, { signal }) {
      if (settings.mode !== "apply" || !settings.enableBackendSecurityGroup) return { kind: "done" };
      if (settings.backendSecurityGroup !== undefined || isUsed()) return { kind: "done" };
      const stack = withoutBackendSecurityGroup(clusterName);
      const result = await engine.reconcile(stack, { mode: "apply", drift: "repair", signal });
      const failure = result.failed[0];
      if (failure !== undefined) return { kind: "retry", error: failure.error };
      return result.againInMs === undefined
        ? { kind: "done" }
        : { kind: "wait", afterMs: result.againInMs, reason: result.waiting[0]?.reason ?? "AWS" };
    },
  };
}

/** Objects whose finalizers say that they have something in AWS. */
function isHeld({ metadata }: KubeObject): boolean {
  return (metadata.finalizers ?? []).some((finalizer) => /(^|\.)(ingress|service)\.k8s\.aws\//.test(finalizer));
}
