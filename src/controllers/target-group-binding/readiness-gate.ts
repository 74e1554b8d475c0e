import type { Pod, PodCondition } from "../../api/builtin.ts";

/** The condition type that a pod waits for until it is a healthy target of this binding. */
export function gateOf(bindingName: string): string {
  return `target-health.elbv2.k8s.aws/${bindingName}`;
}

const prefixes = ["target-health.elbv2.k8s.aws/", "target-health.alb.ingress.k8s.aws/"];

const objectName = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;

/** Names of the bindings that a pod waits for, in its own namespace; what cannot be a name is somebody else's gate. */
export function gatedBindings(pod: Pod): readonly string[] {
  return (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const prefix = prefixes.find((candidate) => conditionType.startsWith(candidate));
    const name = prefix === undefined ? "" : conditionType.slice(prefix.length);
    return objectName.test(name) ? [name] : [];
  });
}

export function hasGate(pod: Pod, gate: string): boolean {
  return pod.spec?.readinessGates?.some(({ conditionType }) => conditionType === gate) ?? false;
}

export function isGateOpen(pod: Pod, gate: string): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === gate && status === "True") ?? false;
}

/** Health of one registered target in AWS's words. */
export interface TargetHealth {
  readonly id: string;
  readonly port: number;
  readonly state: string;
  readonly reason?: string;
  readonly description?: string;
}

/** The gate's condition for a target, as LBC writes it; `undefined` health: AWS has not told yet. */
export function gateCondition(
  gate: string,
  health: TargetHealth | undefined,
): Omit<PodCondition, "lastTransitionTime"> {
  if (health === undefined) return { type: gate, status: "Unknown", reason: "", message: "" };
  if (health.state === "healthy") return { type: gate, status: "True", reason: "", message: "" };
  return { type: gate, status: "False", reason: health.reason ?? "", message: health.description ?? "" };
}

/**
 * The strategic merge patch of `pods/status` that sets a gate's condition, or undefined when the pod already has it so.
 * The uid keeps a successor of the same name untouched.
 */
export function gatePatch(
  pod: Pod,
  condition: Omit<PodCondition, "lastTransitionTime">,
  now: number,
): object | undefined {
  const old = pod.status?.conditions?.find(({ type }) => type === condition.type);
  const same =
    old?.status === condition.status &&
    (old.reason ?? "") === (condition.reason ?? "") &&
    (old.message ?? "") === (condition.message ?? "");
  if (same) return undefined;
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? time) : time;
  return { metadata: { uid: pod.metadata.uid }, status: { conditions: [{ ...condition, lastTransitionTime }] } };
}
