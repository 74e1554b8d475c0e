import type { KubeObject } from "../resource-definition.ts";
import { ageSince } from "./age.ts";
import { orNone } from "./cell-text.ts";
import type { Column } from "./define-kind.ts";
import { listAt, numberAt, stringAt, textOf, valueAt } from "./fields.ts";

export const nodeColumns: readonly Column[] = [
  ["Name"],
  ["Status"],
  ["Roles"],
  ["Age"],
  ["Version"],
  ["Internal-IP", "string", 1],
  ["External-IP", "string", 1],
  ["OS-Image", "string", 1],
  ["Kernel-Version", "string", 1],
  ["Container-Runtime", "string", 1],
];

export function nodeCells(node: KubeObject, now: number): readonly unknown[] {
  const info = (field: string): string => stringAt(node, "status", "nodeInfo", field) || "<unknown>";
  const address = (type: string): string =>
    stringAt(
      listAt(node, "status", "addresses").find((candidate) => stringAt(candidate, "type") === type),
      "address",
    ) ?? "<none>";
  return [
    node.metadata.name,
    nodeStatus(node),
    nodeRoles(node),
    ageSince(node.metadata.creationTimestamp, now),
    stringAt(node, "status", "nodeInfo", "kubeletVersion") ?? "",
    address("InternalIP"),
    address("ExternalIP"),
    info("osImage"),
    kernelText(info("kernelVersion"), stringAt(node, "status", "nodeInfo", "architecture") ?? ""),
    info("containerRuntimeVersion"),
  ];
}

function kernelText(kernel: string, architecture: string): string {
  return architecture === "" ? kernel : `${kernel} (${architecture})`;
}

function nodeStatus(node: KubeObject): string {
  const ready = listAt(node, "status", "conditions").find((condition) => stringAt(condition, "type") === "Ready");
  const status = ready === undefined ? "Unknown" : stringAt(ready, "status") === "True" ? "Ready" : "NotReady";
  return valueAt(node, "spec", "unschedulable") === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string {
  const prefix = "node-role.kubernetes.io/";
  const roles: string[] = [];
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.push(key.slice(prefix.length));
    else if (key === "kubernetes.io/role" && value !== "") roles.push(value);
  }
  return orNone(roles.sort().join(","));
}

export const eventColumns: readonly Column[] = [
  ["Last Seen"],
  ["Type"],
  ["Reason"],
  ["Object"],
  ["Subobject", "string", 1],
  ["Source", "string", 1],
  ["Message"],
  ["First Seen", "string", 1],
  ["Count", "string", 1],
  ["Name", "string", 1],
];

/** An Event's row, from either form: core `v1` or `events.k8s.io/v1`. */
export function eventCells(event: KubeObject, now: number): readonly unknown[] {
  const either = (core: string, events: string): unknown => valueAt(event, core) ?? valueAt(event, events);
  const about = either("involvedObject", "regarding");
  const eventTime = stringAt(event, "eventTime");
  const first = either("firstTimestamp", "deprecatedFirstTimestamp") ?? eventTime;
  const last =
    stringAt(event, "series", "lastObservedTime") ?? either("lastTimestamp", "deprecatedLastTimestamp") ?? first;
  const count = numberAt(event, "series", "count") ?? (either("count", "deprecatedCount") as number | undefined) ?? 1;
  const component =
    stringAt(either("source", "deprecatedSource"), "component") ??
    stringAt(event, "reportingComponent") ??
    stringAt(event, "reportingController") ??
    "";
  const host = stringAt(either("source", "deprecatedSource"), "host") ?? stringAt(event, "reportingInstance") ?? "";
  const kind = (stringAt(about, "kind") ?? "").toLowerCase();
  const name = stringAt(about, "name") ?? "";
  return [
    ageSince(last, now),
    stringAt(event, "type") ?? "",
    stringAt(event, "reason") ?? "",
    name === "" ? kind : `${kind}/${name}`,
    stringAt(about, "fieldPath") ?? "",
    [component, host].filter((part) => part !== "").join(", "),
    (textOf(either("message", "note")) ?? "").trim(),
    ageSince(first, now),
    count,
    event.metadata.name,
  ];
}
