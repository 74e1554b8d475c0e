import { fieldsAt, listAt, stringAt, stringMapAt, valueAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { conditionHolds } from "./pod-state.ts";

/** Why a Pod cannot run on a Node, in the scheduler's words; undefined when it can. */
export function whyNot(pod: KubeObject, node: KubeObject, podsOnNode: number): string | undefined {
  if (!conditionHolds(node, "Ready")) return "had untolerated taint {node.kubernetes.io/not-ready: }";
  if (valueAt(node, "spec", "unschedulable") === true) return "were unschedulable";
  const taint = listAt(node, "spec", "taints").find(
    (candidate) => stringAt(candidate, "effect") !== "PreferNoSchedule" && !isTolerated(pod, candidate),
  );
  if (taint !== undefined) {
    return `had untolerated taint {${stringAt(taint, "key") ?? ""}: ${stringAt(taint, "value") ?? ""}}`;
  }
  if (!matchesSelector(pod, node)) return "didn't match Pod's node affinity/selector";
  const limit = Number(stringAt(node, "status", "allocatable", "pods") ?? 110);
  return podsOnNode >= limit ? "Too many pods" : undefined;
}

export function isTolerated(pod: KubeObject, taint: unknown): boolean {
  return listAt(pod, "spec", "tolerations").some((toleration) => {
    const key = stringAt(toleration, "key") ?? "";
    const effect = stringAt(toleration, "effect") ?? "";
    if (effect !== "" && effect !== stringAt(taint, "effect")) return false;
    if (key === "") return stringAt(toleration, "operator") === "Exists";
    if (key !== stringAt(taint, "key")) return false;
    if (stringAt(toleration, "operator") === "Exists") return true;
    return (stringAt(toleration, "value") ?? "") === (stringAt(taint, "value") ?? "");
  });
}

/** `nodeSelector` and the required node affinity. */
export function matchesSelector(pod: KubeObject, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  const wanted = Object.entries(stringMapAt(pod, "spec", "nodeSelector"));
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  const required = valueAt(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
  if (required === undefined) return true;
  return listAt(required, "nodeSelectorTerms").some((term) => {
    const expressions = listAt(term, "matchExpressions");
    const fields = listAt(term, "matchFields");
    if (expressions.length === 0 && fields.length === 0) return false;
    return (
      expressions.every((expression) => holds(expression, labels[stringAt(expression, "key") ?? ""])) &&
      fields.every((field) => holds(field, stringAt(field, "key") === "metadata.name" ? node.metadata.name : undefined))
    );
  });
}

function holds(expression: unknown, value: string | undefined): boolean {
  const values = listAt(expression, "values");
  switch (stringAt(expression, "operator") ?? "") {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Whether a DaemonSet wants its Pod on this Node: its Pods tolerate everything that Kubernetes puts on nodes by itself. */
export function daemonFits(pod: KubeObject, node: KubeObject): boolean {
  const spec = fieldsAt(pod, "spec");
  const tolerant = { ...pod, spec: { ...spec, tolerations: [...listAt(spec, "tolerations"), ...daemonTolerations] } };
  const taints = listAt(node, "spec", "taints").filter((taint) => stringAt(taint, "effect") !== "PreferNoSchedule");
  return taints.every((taint) => isTolerated(tolerant, taint)) && matchesSelector(pod, node);
}

export const daemonTolerations = [
  ["not-ready", "NoExecute"],
  ["unreachable", "NoExecute"],
  ["disk-pressure", "NoSchedule"],
  ["memory-pressure", "NoSchedule"],
  ["pid-pressure", "NoSchedule"],
  ["unschedulable", "NoSchedule"],
].map(([condition, effect]) => ({ key: `node.kubernetes.io/${condition ?? ""}`, operator: "Exists", effect }));
