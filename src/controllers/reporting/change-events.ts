import type { KubeObject } from "../../api/object.ts";
import type { Reconciled } from "../../engine/engine.ts";
import type { Change } from "../../engine/plan.ts";
import type { EventSink } from "./problem-events.ts";

const verbs: Readonly<Record<Change["action"], readonly [reason: string, text: string]>> = {
  create: ["Created", "created"],
  update: ["Updated", "updated"],
  replace: ["Replaced", "replaced"],
  delete: ["Deleted", "deleted"],
};

/** One event for each change that AWS has accepted, with the fields that it changed. */
export function changeEvents(events: EventSink, object: KubeObject, { applied, drift }: Reconciled): void {
  for (const { change } of applied) {
    const [reason, text] = verbs[change.action];
    const fields = "differences" in change ? change.differences.map((difference) => difference.field) : [];
    const what =
      fields.length === 0 ? "" : `: ${fields.slice(0, 8).join(", ")}${fields.length > 8 ? " and others" : ""}`;
    events.event(object, {
      type: "Normal",
      reason: drift && change.action === "update" ? "DriftRepaired" : reason,
      message: `${text} ${change.type} ${nameOf(change)}${what}`,
    });
  }
}

function nameOf(change: Change): string {
  const spec = (change.action === "delete" ? change.observed : change.desired).spec;
  const name = typeof spec === "object" && spec !== null && "name" in spec ? spec.name : undefined;
  return typeof name === "string" ? name : change.id;
}
