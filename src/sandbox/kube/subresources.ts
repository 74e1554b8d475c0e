import type { HttpResponse } from "../../http.ts";
import { parseDeleteOptions } from "./deletion.ts";
import { jsonAnswer } from "./http-answer.ts";
import { jsonPatch } from "./json-patch.ts";
import { isObject, type JsonObject, omit, valueAt, withValueAt } from "./json-value.ts";
import { mergePatch } from "./merge-patch.ts";
import { timestamp, type WriteTarget } from "./object-writer.ts";
import type { ServedResource } from "./registry.ts";
import { bodyText, decodeBody, decodeText, requireObject } from "./request-body.ts";
import type { KubeObject, ResourceDefinition } from "./resource-definition.ts";
import { type EndpointDependencies, type ResourceCall, shown, writeTarget } from "./resource-endpoint.ts";
import { objectSelector, selectorText } from "./selectors.ts";
import { badRequest, conflict, invalid, methodNotAllowed, StatusError, unsupportedMediaType } from "./status-error.ts";
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

type ScaleRule = NonNullable<ResourceDefinition["scale"]>;

async function scaleAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource, context, http } = call;
  const rule = resource.definition.scale;
  if (rule === undefined) throw methodNotAllowed(resource);
  const target = { ...writeTarget(call), subresource: "" };
  if (info.verb === "get") return jsonAnswer(200, scaleOf(deps.writer.get(target), rule, resource), context.warnings);
  if (info.verb !== "update" && info.verb !== "patch") throw methodNotAllowed(resource);
  const compute = (current: KubeObject): KubeObject => {
    const wanted = wantedScale(scaleOf(current, rule, resource), http.headers["content-type"], bodyText(http.body));
    const replicas = valueAt(wanted, ".spec.replicas") ?? 0;
    if (typeof replicas !== "number" || !Number.isInteger(replicas)) {
      throw badRequest("json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32");
    }
    if (replicas < 0) {
      const detail = `Invalid value: ${replicas}: must be greater than or equal to 0`;
      throw invalid({ group: "autoscaling", resource: "", kind: "Scale" }, target.name, [
        { field: "spec.replicas", type: "FieldValueInvalid", detail },
      ]);
    }
    const given = (wanted["metadata"] as KubeObject["metadata"] | undefined)?.resourceVersion;
    const metadata =
      given === undefined || given === ""
        ? omit(current.metadata, ["resourceVersion"])
        : { ...current.metadata, resourceVersion: given };
    return { ...withValueAt(current, rule.specReplicasPath, replicas), metadata } as KubeObject;
  };
  const object = await deps.writer.change(target, compute, context, { managedSubresource: "scale" });
  return jsonAnswer(200, scaleOf(object, rule, resource), context.warnings);
}

function scaleOf(object: KubeObject, rule: ScaleRule, resource: ServedResource): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selectorPath = resource.custom ? rule.labelSelectorPath : ".spec.selector";
  const text = scaleSelector(selectorPath === undefined ? undefined : valueAt(object, selectorPath));
  const replicas = valueAt(object, rule.specReplicasPath);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: { replicas: valueAt(object, rule.statusReplicasPath) ?? 0, ...(text === "" ? {} : { selector: text }) },
  };
}

/** Custom resources hold the text itself, built-in kinds a `LabelSelector` or (ReplicationController) plain labels. */
function scaleSelector(selector: unknown): string {
  if (typeof selector === "string") return selector;
  if (!isObject(selector)) return "";
  const isLabelSelector = selector["matchLabels"] !== undefined || selector["matchExpressions"] !== undefined;
  return selectorText(isLabelSelector ? selector : { matchLabels: selector });
}

/** PUT replaces the scale; a patch of any type is applied to it (a scale has no lists, so all merge patches agree). */
function wantedScale(current: JsonObject, contentType: string | undefined, text: string): JsonObject {
  const type = (contentType ?? "application/json").split(";")[0]?.trim();
  const { value } = decodeText(text, type === "application/apply-patch+yaml" || type === "application/yaml");
  switch (type) {
    case "application/json":
    case "application/yaml":
      return requireObject(value);
    case "application/json-patch+json":
      return requireObject(jsonPatch(current, value));
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json":
    case "application/apply-patch+yaml":
      return requireObject(mergePatch(current, value));
    default:
      throw unsupportedMediaType(["application/json"]);
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
  await deps.deleter.delete(target, parseDeleteOptions(body["deleteOptions"], call.info.query), call.context);
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
    throw invalid({ group: "authentication.k8s.io", resource: "", kind: "TokenRequest" }, target.name, [
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
