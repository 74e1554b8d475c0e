import type { HttpResponse } from "../../http.ts";
import { CREATED } from "./http-answer.ts";
import { isObject, type JsonObject, valueAt, withValueAt } from "./json-value.ts";
import { timestamp } from "./object-writer.ts";
import { partBody } from "./part-body.ts";
import { reviewedPart } from "./part-review.ts";
import type { KubeObject } from "./resource-definition.ts";
import type { EndpointDependencies, ResourceCall } from "./resource-endpoint.ts";
import { badRequest, conflict, methodNotAllowed, notFound, StatusError } from "./status-error.ts";

const KIND = { group: "", version: "v1", kind: "Binding" } as const;
const PODS = { group: "", resource: "pods", kind: "Pod" } as const;
const BINDINGS = { ...PODS, resource: "pods/binding" } as const;

/** Answers the `binding` of a pod, and `bindings`, which name their pod: puts the pod on a node. */
export async function bindingAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, context, resource } = call;
  if (info.verb !== "create") throw methodNotAllowed(resource);
  const { body: sent, metadata } = partBody(call, KIND);
  const given = typeof metadata["name"] === "string" ? metadata["name"] : "";
  const name = info.name ?? given;
  if (given !== name) throw badRequest("name in URL does not match name in Binding object");
  const body = await reviewedPart(deps, call, KIND, { body: sent, name });
  const node = targetOf(body);
  const pods = deps.storage.collection("/pods");
  const pod = pods.get(info.namespace ?? "", name);
  if (pod === undefined) throw notFound(PODS, name);
  const problem = unboundProblem(pod);
  if (problem !== undefined) throw conflict(BINDINGS, name, `pod ${name} ${problem}`);
  // Neither counts as a change of the pod's generation nor is anybody noted for it.
  if (!context.dryRun) deps.storage.put(pods, bound(pod, node, metadata, timestamp(deps.clock)));
  return CREATED;
}

function targetOf(body: JsonObject): string {
  const [kind, name] = [valueAt(body, ".target.kind") ?? "", valueAt(body, ".target.name") ?? ""];
  const problems: string[] = [];
  if (kind !== "" && kind !== "Node") {
    const text = `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`;
    problems.push(`target.kind: ${text}`);
  }
  if (typeof name !== "string" || name === "") problems.push("target.name: Required value");
  // Told without the words of a validation.
  if (problems.length > 0) {
    throw new StatusError(500, "", problems.length === 1 ? (problems[0] ?? "") : `[${problems.join(", ")}]`);
  }
  return name as string;
}

function unboundProblem(pod: KubeObject): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return "is being deleted, cannot be assigned to a host";
  const node = valueAt(pod, ".spec.nodeName");
  if (typeof node === "string" && node !== "") return `is already assigned to node ${JSON.stringify(node)}`;
  const gates = valueAt(pod, ".spec.schedulingGates");
  return Array.isArray(gates) && gates.length > 0 ? "has non-empty .spec.schedulingGates" : undefined;
}

function bound(pod: KubeObject, node: string, given: JsonObject, time: string): KubeObject {
  const merged = (name: "annotations" | "labels"): JsonObject =>
    isObject(given[name]) ? { [name]: { ...pod.metadata[name], ...given[name] } } : {};
  const others = ((valueAt(pod, ".status.conditions") as JsonObject[] | undefined) ?? []).filter(
    ({ type }) => type !== "PodScheduled",
  );
  const scheduled = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: time };
  const placed = withValueAt(pod, ".spec.nodeName", node) as KubeObject;
  return withValueAt(
    { ...placed, metadata: { ...placed.metadata, ...merged("annotations"), ...merged("labels") } },
    ".status.conditions",
    [...others, scheduled],
  ) as KubeObject;
}
