import type { KubeObject } from "../resource-definition.ts";
import { ageSince, humanDuration } from "./age.ts";
import type { Column } from "./define-kind.ts";
import { listAt, numberAt, stringAt, valueAt } from "./fields.ts";

export const podColumns: readonly Column[] = [
  ["Name"],
  ["Ready"],
  ["Status"],
  ["Restarts"],
  ["Age"],
  ["IP", "string", 1],
  ["Node", "string", 1],
  ["Nominated Node", "string", 1],
  ["Readiness Gates", "string", 1],
];

/** A Pod's row. STATUS is the first thing that keeps the pod from running, as kubectl users know it. */
export function podCells(pod: KubeObject, now: number): readonly unknown[] {
  const sidecars = listAt(pod, "spec", "initContainers").filter((container) => isSidecar(container));
  const initialization = initSummary(pod, sidecars);
  const phase = stringAt(pod, "status", "phase") ?? "";
  const before = {
    ...initialization,
    status: initialization.status ?? gated(pod) ?? (stringAt(pod, "status", "reason") || phase),
  };
  const initialized = initialization.status === undefined || holds(pod, "Initialized");
  const summary = initialized ? withContainers(pod, before) : before;
  return [
    pod.metadata.name,
    `${summary.ready}/${listAt(pod, "spec", "containers").length + sidecars.length}`,
    leaving(pod, phase) ?? summary.status,
    restartText(summary.restarts, now),
    ageSince(pod.metadata.creationTimestamp, now),
    stringAt(pod, "status", "podIPs", 0, "ip") || stringAt(pod, "status", "podIP") || "<none>",
    stringAt(pod, "spec", "nodeName") || "<none>",
    stringAt(pod, "status", "nominatedNodeName") || "<none>",
    readinessGates(pod),
  ];
}

/** Tables mark the rows of pods that have ended. */
export function podRowConditions(pod: KubeObject): readonly Record<string, string>[] {
  const phase = stringAt(pod, "status", "phase") ?? "";
  const message = { Succeeded: "The pod has completed successfully.", Failed: "The pod failed." }[phase];
  return message === undefined ? [] : [{ type: "Completed", status: "True", reason: phase, message }];
}

interface Summary<Status> {
  readonly status: Status;
  readonly ready: number;
  readonly restarts: Restarts;
}

interface Restarts {
  readonly count: number;
  /** Milliseconds since the epoch; 0: none is known. */
  readonly last: number;
}

/** How far the init containers are; after that, restarts are those of the sidecars among them. */
function initSummary(pod: KubeObject, sidecars: readonly unknown[]): Summary<string | undefined> {
  const names = new Set(sidecars.map((container) => stringAt(container, "name")));
  const total = listAt(pod, "spec", "initContainers").length;
  const all: unknown[] = [];
  const ofSidecars: unknown[] = [];
  let ready = 0;
  for (const [index, container] of listAt(pod, "status", "initContainerStatuses").entries()) {
    const sidecar = names.has(stringAt(container, "name"));
    all.push(container);
    if (sidecar) ofSidecars.push(container);
    const terminated = valueAt(container, "state", "terminated");
    if (terminated !== undefined && (numberAt(terminated, "exitCode") ?? 0) === 0) continue;
    if (sidecar && valueAt(container, "started") === true) {
      if (valueAt(container, "ready") === true) ready++;
      continue;
    }
    const restarts = restartsOf(holds(pod, "Initialized") ? ofSidecars : all);
    if (terminated !== undefined) return { status: `Init:${terminatedReason(terminated)}`, ready, restarts };
    const waiting = stringAt(container, "state", "waiting", "reason") ?? "";
    const status = waiting === "" || waiting === "PodInitializing" ? `${index}/${total}` : waiting;
    return { status: `Init:${status}`, ready, restarts };
  }
  return { status: undefined, ready, restarts: restartsOf(ofSidecars) };
}

function withContainers(pod: KubeObject, before: Summary<string>): Summary<string> {
  const statuses = listAt(pod, "status", "containerStatuses");
  let { status, ready } = before;
  let running = false;
  let failure = "";
  for (const container of statuses.toReversed()) {
    const waiting = stringAt(container, "state", "waiting", "reason") ?? "";
    const terminated = valueAt(container, "state", "terminated");
    if (waiting !== "") status = waiting;
    else if (terminated !== undefined) {
      status = terminatedReason(terminated);
      if ((numberAt(terminated, "exitCode") ?? 0) !== 0) failure = status;
    } else if (valueAt(container, "ready") === true && valueAt(container, "state", "running") !== undefined) {
      running = true;
      ready++;
    }
  }
  if (status === "Completed") {
    if (running && holds(pod, "Ready")) status = "Running";
    else if (failure !== "") status = failure;
    else if (running) status = "NotReady";
  }
  const own = restartsOf(statuses);
  const restarts = {
    count: before.restarts.count + own.count,
    last: Math.max(before.restarts.last, own.last),
  };
  return { status, ready, restarts };
}

function gated(pod: KubeObject): string | undefined {
  return stringAt(condition(pod, "PodScheduled"), "reason") === "SchedulingGated" ? "SchedulingGated" : undefined;
}

function leaving(pod: KubeObject, phase: string): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if (stringAt(pod, "status", "reason") === "NodeLost") return "Unknown";
  return phase === "Succeeded" || phase === "Failed" ? undefined : "Terminating";
}

function isSidecar(container: unknown): boolean {
  return stringAt(container, "restartPolicy") === "Always";
}

function terminatedReason(terminated: unknown): string {
  const reason = stringAt(terminated, "reason") ?? "";
  if (reason !== "") return reason;
  const signal = numberAt(terminated, "signal") ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(terminated, "exitCode") ?? 0}` : `Signal:${signal}`;
}

function restartsOf(statuses: readonly unknown[]): Restarts {
  let count = 0;
  let last = 0;
  for (const status of statuses) {
    count += numberAt(status, "restartCount") ?? 0;
    const finished = Date.parse(stringAt(status, "lastState", "terminated", "finishedAt") ?? "");
    if (finished > last) last = finished;
  }
  return { count, last };
}

function restartText({ count, last }: Restarts, now: number): string {
  return count > 0 && last > 0 ? `${count} (${humanDuration(now - last)} ago)` : String(count);
}

function holds(pod: KubeObject, type: string): boolean {
  return stringAt(condition(pod, type), "status") === "True";
}

function readinessGates(pod: KubeObject): string {
  const gates = listAt(pod, "spec", "readinessGates");
  if (gates.length === 0) return "<none>";
  const met = gates.filter((gate) => {
    const type = stringAt(gate, "conditionType") ?? "";
    return stringAt(condition(pod, type), "status") === "True";
  });
  return `${met.length}/${gates.length}`;
}

function condition(pod: KubeObject, type: string): unknown {
  return listAt(pod, "status", "conditions").find((candidate) => stringAt(candidate, "type") === type);
}
