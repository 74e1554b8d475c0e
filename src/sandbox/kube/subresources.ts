import type { HttpResponse } from "../../http.ts";
import { valueAt } from "./json-value.ts";
import { decodeObject } from "./object-decoding.ts";
import { bindingAnswer } from "./pod-binding.ts";
import { evictionAnswer } from "./pod-eviction.ts";
import { decodeBody } from "./request-body.ts";
import type { KubeObject } from "./resource-definition.ts";
import { type EndpointDependencies, type ResourceCall, shown, writeTarget } from "./resource-endpoint.ts";
import { scaleAnswer } from "./scale.ts";
import { methodNotAllowed } from "./status-error.ts";
import { tokenAnswer } from "./token-request.ts";
import type { Facade } from "./write-review.ts";

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

/** Webhooks see the namespace itself, as an update of this part of it. */
const FINALIZE: Facade = { subresource: "finalize", show: (object) => object, absorb: (_object, shown) => shown };

/** Takes the finalizers of a namespace itself away; all else is an update of the namespace as any. */
async function finalizeAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  if (call.info.verb !== "update") throw methodNotAllowed(call.resource);
  const { http, resource, context } = call;
  const target = { ...writeTarget(call), subresource: "" };
  const decoded = decodeBody(http.body, http.headers["content-type"], resource.kind);
  const body = decodeObject(decoded, { resource, namespace: undefined, name: target.name }, context);
  const finalizers = valueAt(body, ".spec.finalizers");
  const object = await deps.writer.change(
    target,
    (current): KubeObject => ({
      ...body,
      spec: Array.isArray(finalizers) && finalizers.length > 0 ? { finalizers } : {},
      status: current["status"],
    }),
    context,
    { trusted: true, managedSubresource: "finalize", facade: FINALIZE },
  );
  return shown(deps, call, 200, object);
}
