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

/** A module, and a way for other modules to put keys into its queue. */
export interface Wakeable {
  readonly module: ControllerModule;
  /** Makes a key due; before the module watches, nobody needs to be woken. */
  wake(key: string): void;
}

export function wakeable(module: ControllerModule): Wakeable {
  let own: WorkQueue | undefined;
  return {
    module: {
      ...module,
      watch(queue) {
        own = queue;
        module.watch(queue);
      },
    },
    wake: (key) => own?.add(key, "retry"),
  };
}
