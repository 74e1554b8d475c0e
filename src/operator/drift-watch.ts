import type { Inventory } from "../aws/inventory.ts";
import type { Engine } from "../engine/engine.ts";
import type { Owner } from "../engine/stack.ts";

/** How the value of a stack tag leads to the owner, and to the queue that serves it. */
export interface StackOwners {
  readonly owner: (stack: string) => Owner;
  readonly wake: (stack: string) => void;
}

/**
 * Sends what a listing of AWS found to have been changed by somebody else to the owners: by the tags of the resource, or
 * for a security group of others to whoever keeps rules on it.
 */
export function watchDrift(
  { inventory, engine }: { readonly inventory: Inventory; readonly engine: Engine },
  owners: Readonly<Record<string, StackOwners>>,
  endpointRules: StackOwners,
): () => void {
  return inventory.onChange((changes) => {
    const suspects = new Map<string, { readonly stack: string; readonly owners: StackOwners }>();
    for (const { kind, key, tags } of changes) {
      for (const [tag, candidate] of Object.entries(owners)) {
        const stack = tags[tag];
        if (stack !== undefined) suspects.set(`${tag} ${stack}`, { stack, owners: candidate });
      }
      if (kind === "security-group" && engine.known(endpointRules.owner(key)) !== undefined) {
        suspects.set(`group ${key}`, { stack: key, owners: endpointRules });
      }
    }
    for (const {
      stack,
      owners: { owner, wake },
    } of suspects.values()) {
      engine.suspect(owner(stack));
      wake(stack);
    }
  });
}
