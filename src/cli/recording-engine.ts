import type { Engine, Reconciled } from "../engine/engine.ts";
import { type PlanDocument, planDocument } from "../engine/render-plan.ts";
import { ownerKey, type Stack } from "../engine/stack.ts";

/** What was planned for each owner, by `ownerKey`. */
export class PlanRecorder {
  readonly #planned = new Map<string, { readonly stack: Stack; readonly result: Reconciled }>();

  /** The engine in mode `plan`, whatever is asked of it; every plan is remembered. */
  wrap(engine: Engine): Engine {
    return {
      ...bound(engine),
      reconcile: async (stack, options) => {
        const result = await engine.reconcile(stack, { ...options, mode: "plan", drift: "report" });
        this.#planned.set(ownerKey(stack.owner), { stack, result });
        return result;
      },
    };
  }

  documents(): readonly PlanDocument[] {
    return [...this.#planned.values()]
      .map(({ stack, result }) => planDocument(stack, result.plan))
      .toSorted((a, b) => (ownerKey(a.owner) < ownerKey(b.owner) ? -1 : 1));
  }
}

function bound(engine: Engine): Engine {
  return {
    reconcile: (stack, options) => engine.reconcile(stack, options),
    observe: (stack, signal) => engine.observe(stack, signal),
    known: (owner) => engine.known(owner),
    forget: (owner) => engine.forget(owner),
    suspect: (owner) => engine.suspect(owner),
  };
}
