import type { HttpResponse } from "../../http.ts";
import { readDeleteOptions } from "./delete-options.ts";
import { jsonAnswer } from "./http-answer.ts";
import { isObject, type JsonObject, valueAt, withValueAt } from "./json-value.ts";
import { timestamp, type WriteTarget } from "./object-writer.ts";
import { decodeBody, requireObject } from "./request-body.ts";
import type { KubeObject } from "./resource-definition.ts";
import { type EndpointDependencies, type ResourceCall, shown, writeTarget } from "./resource-endpoint.ts";
import { scaleAnswer } from "./scale.ts";
import { objectSelector } from "./selectors.ts";
import { conflict, invalid, methodNotAllowed, StatusError } from "./status-error.ts";
import { issueToken } from "./tokens.ts";

/** Answers requests for subresources other than `status`; undefined when the resource has none of that name. */
export async function subresourceAnswer(
  deps: EndpointDependencies,
  call: ResourceCall,
): Promise<HttpResponse | undefined> {
  const { resource, info } = call;
  if (info.subresource === "scale" && resource.definition.scale !== undefined) return scaleAnswer(deps, call);
  switch (`${resource.storageKey}/${info.subresource}`) {
    case "/pods/binding":
      return bindingAnswer(deps, call);
    case "/pods/eviction":
      return evictionAnswer(deps, call);
    case "/serviceaccounts/token":
      return tokenAnswer(deps, call);
    case "/namespaces/finalize":
      return finalizeAnswer(deps, call);
    default:
      return undefined;
  }
}

const SUCCESS = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };

async function bindingAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  if (call.info.verb !== "create") throw methodNotAllowed(call.resource);
  const target = writeTarget(call);
  const body = requireObject(decodeBody(call.http.body, call.http.headers["content-type"]).value);
  const node = valueAt(body, ".target.name");
  if (typeof node !== "string" || node === "") {
    throw invalid({ group: "", resource: "", kind: "Binding" }, target.name, [
      { field: "target.name", type: "FieldValueRequired", detail: "Required value" },
    ]);
  }
  const bound = (current: KubeObject): KubeObject => {
    const present = valueAt(current, ".spec.nodeName");
    if (current.metadata.deletionTimestamp !== undefined) {
      throw conflict(
        { ...call.resource, resource: "pods/binding" },
        target.name,
        `pod ${target.name} is being deleted, cannot be assigned to a host`,
      );
    }
    if (typeof present === "string" && present !== "") {
      throw conflict(
        { ...call.resource, resource: "pods/binding" },
        target.name,
        `pod ${target.name} is already assigned to node ${JSON.stringify(present)}`,
      );
    }
    return withValueAt(current, ".spec.nodeName", node) as KubeObject;
  };
  await deps.writer.change({ ...target, subresource: "" }, bound, call.context, { trusted: true });
  const scheduled = (current: KubeObject): KubeObject =>
    withValueAt(current, ".status.conditions", [
      ...((valueAt(current, ".status.conditions") as JsonObject[] | undefined) ?? []).filter(
        ({ type }) => type !== "PodScheduled",
      ),
      { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: timestamp(deps.clock) },
    ]) as KubeObject;
  await deps.writer.change({ ...target, subresource: "status" }, scheduled, call.context);
  return jsonAnswer(201, SUCCESS);
}

/** An eviction is refused while a PodDisruptionBudget that selects the pod allows no disruption. */
async function evictionAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  if (call.info.verb !== "create") throw methodNotAllowed(call.resource);
  const target = { ...writeTarget(call), subresource: "" };
  const pod = deps.writer.get(target);
  const body = requireObject(decodeBody(call.http.body, call.http.headers["content-type"]).value);
  for (const budget of deps.storage.collection("policy/poddisruptionbudgets").objects(target.namespace)) {
    const allowed = valueAt(budget, ".status.disruptionsAllowed");
    if (!objectSelector(valueAt(budget, ".spec.selector"))(pod.metadata.labels ?? {})) continue;
    if (typeof allowed === "number" && allowed > 0) continue;
    throw new StatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
      details: {
        causes: [
          {
            reason: "DisruptionBudget",
            message: `The disruption budget ${budget.metadata.name} needs ${JSON.stringify(valueAt(budget, ".status.desiredHealthy") ?? 0)} healthy pods and has ${JSON.stringify(valueAt(budget, ".status.currentHealthy") ?? 0)} currently`,
          },
        ],
      },
    });
  }
  const options = readDeleteOptions(body["deleteOptions"] ?? {}, call.info.query);
  const dryRun = options.dryRun === true || call.context.dryRun;
  await deps.deleter.delete(target, { ...options, dryRun }, call.context);
  return jsonAnswer(201, SUCCESS);
}

const DEFAULT_TOKEN_SECONDS = 3600;

function tokenAnswer(deps: EndpointDependencies, call: ResourceCall): HttpResponse {
  if (call.info.verb !== "create") throw methodNotAllowed(call.resource);
  const target: WriteTarget = { ...writeTarget(call), subresource: "" };
  const account = deps.writer.get(target);
  const body = requireObject(decodeBody(call.http.body, call.http.headers["content-type"]).value);
  const spec = isObject(body["spec"]) ? body["spec"] : {};
  const seconds = typeof spec["expirationSeconds"] === "number" ? spec["expirationSeconds"] : DEFAULT_TOKEN_SECONDS;
  if (seconds < 600) {
    throw invalid({ group: "authentication.k8s.io", resource: "", kind: "TokenRequest" }, "", [
      {
        field: "spec.expirationSeconds",
        type: "FieldValueInvalid",
        detail: `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`,
      },
    ]);
  }
  const audiences =
    Array.isArray(spec["audiences"]) && spec["audiences"].length > 0
      ? (spec["audiences"] as string[])
      : ["https://kubernetes.default.svc"];
  const expires = deps.clock.now() + seconds * 1000;
  const token = issueToken({
    namespace: target.namespace ?? "",
    name: target.name,
    uid: account.metadata.uid ?? "",
    audiences,
    issuedAt: deps.clock.now(),
    expires,
  });
  return jsonAnswer(201, {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name: target.name, namespace: target.namespace, creationTimestamp: timestamp(deps.clock) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec["boundObjectRef"] ?? null },
    status: { token, expirationTimestamp: `${new Date(expires).toISOString().slice(0, 19)}Z` },
  });
}

async function finalizeAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  if (call.info.verb !== "update") throw methodNotAllowed(call.resource);
  const target = { ...writeTarget(call), subresource: "" };
  const body = requireObject(decodeBody(call.http.body, call.http.headers["content-type"]).value);
  const finalizers = valueAt(body, ".spec.finalizers");
  const object = await deps.writer.change(
    target,
    (current) => ({ ...current, spec: Array.isArray(finalizers) && finalizers.length > 0 ? { finalizers } : {} }),
    call.context,
    { trusted: true },
  );
  return shown(deps, call, 200, object);
}
