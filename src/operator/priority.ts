import type { KubeObject } from "../api/object.ts";
import type { InformerEvent } from "../kube/informer.ts";
import type { Priority } from "../kube/work-queue.ts";

/**
 * How urgent an event is: what a start finds there is a resync, deletions free what others wait for, all else is an
 * edit.
 */
export function priorityOf(event: InformerEvent<KubeObject>, synced: boolean): Priority {
  if (!synced) return "resync";
  if (event.type === "delete" || event.new.metadata.deletionTimestamp !== undefined) return "urgent";
  return "edit";
}
