import { type Controls, defaultControls, parseControls } from "../../api/annotations.ts";
import type { Ingress } from "../../api/builtin.ts";
import type { Problem } from "../../engine/stack.ts";

export interface GroupControls {
  readonly mode: Controls["mode"];
  readonly drift: Controls["drift"];
  readonly problems: readonly Problem[];
}

/** One load balancer can be treated in one way only: of what the members say, the most careful holds. */
export function groupControls(members: readonly Ingress[], defaults: Controls = defaultControls): GroupControls {
  const parsed = members.map((ingress) => parseControls(ingress, defaults));
  const modes = parsed.map(({ controls }) => controls.mode);
  const mode = modes.includes("pause")
    ? "pause"
    : modes.includes("plan")
      ? "plan"
      : members.length === 0
        ? defaults.mode
        : "apply";
  const drift =
    members.length === 0
      ? defaults.drift
      : parsed.some(({ controls }) => controls.drift === "report")
        ? "report"
        : "repair";
  return { mode, drift, problems: parsed.flatMap(({ problems }) => problems) };
}

/** Whether the AWS resources outlive the group: everyone who leaves it says so. */
export function retains(leaving: readonly Ingress[], defaults: Controls = defaultControls): boolean {
  return (
    leaving.length > 0 &&
    leaving.every((ingress) => parseControls(ingress, defaults).controls.deletionPolicy === "retain")
  );
}
