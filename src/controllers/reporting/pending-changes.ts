import type { PendingChange } from "../../api/common.ts";
import type { Reconciled } from "../../engine/engine.ts";
import { withoutSecrets } from "../../engine/hash.ts";
import type { Change } from "../../engine/plan.ts";
import { canonicalJson } from "../../json.ts";

const mostChanges = 100;
const mostDifferences = 50;
const longestValue = 1024;

/** The changes that a pass did not make, for `status.plan`: those of mode `plan`, drift that is reported, and refused ones. */
export function pendingChanges({ outcome, plan }: Reconciled): readonly PendingChange[] {
  const open = outcome === "planned" || outcome === "drifted" ? plan.changes : [];
  return [
    ...open.map((change) => pendingChange(change)),
    ...plan.blocked.map(({ change, reason, message }) => ({ ...pendingChange(change), reason, message })),
  ].slice(0, mostChanges);
}

function pendingChange(change: Change): PendingChange {
  const differences = change.action === "update" || change.action === "replace" ? change.differences : [];
  return {
    action: change.action,
    type: change.type,
    id: change.id,
    ...(differences.length === 0
      ? {}
      : {
          differences: differences.slice(0, mostDifferences).map(({ field, from, to, replace }) => ({
            field,
            ...valueText("from", from),
            ...valueText("to", to),
            ...(replace === undefined ? {} : { replace }),
          })),
        }),
  };
}

function valueText<Key extends "from" | "to">(key: Key, value: unknown): { readonly [K in Key]?: string } {
  if (value === undefined) return {};
  const text = typeof value === "string" ? value : canonicalJson(withoutSecrets(value));
  return { [key]: text.length > longestValue ? `${text.slice(0, longestValue)}...` : text } as {
    readonly [K in Key]?: string;
  };
}
