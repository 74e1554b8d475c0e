import type { KubeObject } from "../resource-definition.ts";
import { ageSince, humanDuration } from "./age.ts";
import type { Column } from "./define-kind.ts";
import { fieldsAt, listAt, numberAt, stringAt, valueAt } from "./fields.ts";

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
  const containers = listAt(pod, "spec", "containers");
  const statuses = listAt(pod, "status", "containerStatuses");
  const initStatuses = listAt(pod, "status", "initContainerStatuses");
  const ready = statuses.filter((status) => valueAt(status, "ready") === true && isRunning(status)).length;
  return [
    pod.metadata.name,
    `${ready}/${containers.length}`,
    podStatus(pod),
    restarts(initialized(pod) ? statuses : initStatuses, now),
    ageSince(pod.metadata.creationTimestamp, now),
    stringAt(pod, "status", "podIP") ?? "<none>",
    stringAt(pod, "spec", "nodeName") ?? "<none>",
    stringAt(pod, "status", "nominatedNodeName") ?? "<none>",
    readinessGates(pod),
  ];
}

function podStatus(pod: KubeObject): string {
  const phase = stringAt(pod, "status", "phase") ?? "";
  if (pod.metadata.deletionTimestamp !== undefined && phase !== "Succeeded" && phase !== "Failed") {
    return stringAt(pod, "status", "reason") === "NodeLost" ? "Unknown" : "Terminating";
  }
  const scheduled = condition(pod, "PodScheduled");
  if (stringAt(scheduled, "reason") === "SchedulingGated") return "SchedulingGated";
  const initialization = initStatus(pod);
  if (initialization !== undefined) return initialization;
  let status = stringAt(pod, "status", "reason") ?? phase;
  let anyRunning = false;
  for (const container of listAt(pod, "status", "containerStatuses").toReversed()) {
    const waiting = stringAt(container, "state", "waiting", "reason");
    if (waiting !== undefined && waiting !== "") status = waiting;
    else if (valueAt(container, "state", "terminated") !== undefined) status = terminatedReason(container, "");
    else if (valueAt(container, "ready") === true && isRunning(container)) anyRunning = true;
  }
  if (status !== "Completed" || !anyRunning) return status;
  return stringAt(condition(pod, "Ready"), "status") === "True" ? "Running" : "NotReady";
}

function initStatus(pod: KubeObject): string | undefined {
  const total = listAt(pod, "spec", "initContainers").length;
  for (const [index, container] of listAt(pod, "status", "initContainerStatuses").entries()) {
    const terminated = fieldsAt(container, "state", "terminated");
    if (numberAt(terminated, "exitCode") === 0) continue;
    if (isRestartable(pod, stringAt(container, "name")) && valueAt(container, "started") === true) continue;
    if (valueAt(container, "state", "terminated") !== undefined) return terminatedReason(container, "Init:");
    const waiting = stringAt(container, "state", "waiting", "reason") ?? "";
    return waiting === "" || waiting === "PodInitializing" ? `Init:${index}/${total}` : `Init:${waiting}`;
  }
  return undefined;
}

function isRestartable(pod: KubeObject, name: string | undefined): boolean {
  const spec = listAt(pod, "spec", "initContainers").find((container) => stringAt(container, "name") === name);
  return stringAt(spec, "restartPolicy") === "Always";
}

function terminatedReason(container: unknown, prefix: string): string {
  const terminated = fieldsAt(container, "state", "terminated");
  const reason = stringAt(terminated, "reason") ?? "";
  if (reason !== "") return `${prefix}${reason}`;
  const signal = numberAt(terminated, "signal") ?? 0;
  return signal === 0 ? `${prefix}ExitCode:${numberAt(terminated, "exitCode") ?? 0}` : `${prefix}Signal:${signal}`;
}

function initialized(pod: KubeObject): boolean {
  return initStatus(pod) === undefined;
}

function restarts(statuses: readonly unknown[], now: number): string {
  let count = 0;
  let last = 0;
  for (const status of statuses) {
    count += numberAt(status, "restartCount") ?? 0;
    const finished = Date.parse(stringAt(status, "lastState", "terminated", "finishedAt") ?? "");
    if (finished > last) last = finished;
  }
  return count > 0 && last > 0 ? `${count} (${humanDuration(now - last)} ago)` : String(count);
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

function isRunning(status: unknown): boolean {
  return valueAt(status, "state", "running") !== undefined;
}
