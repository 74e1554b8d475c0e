import type { Outcome, ReconcileContext } from "../kube/controller.ts";
import type { WorkQueue } from "../kube/work-queue.ts";

/** One controller as the operator runs it: a queue of keys, what wakes them, and the work on one key. */
export interface ControllerModule {
  readonly name: string;
  readonly concurrency: number;
  /** Subscribes to caches, and puts keys into the queue. Called once, before the caches fill. */
  watch(queue: WorkQueue): void;
  reconcile(key: string, context: ReconcileContext): Promise<Outcome>;
}
