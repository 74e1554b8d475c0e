import { isObject, type JsonObject } from "./json-value.ts";
import { checkBodyKind } from "./object-kind.ts";
import { decodeBody, requireObject } from "./request-body.ts";
import type { ResourceCall } from "./resource-endpoint.ts";
import { badRequest } from "./status-error.ts";

export interface PartKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The body of a request to a part of an object that has a kind of its own, such as a Binding or an Eviction. */
export function partBody(
  { http, info, resource }: ResourceCall,
  { group, version, kind }: PartKind,
): { readonly body: JsonObject; readonly metadata: JsonObject } {
  const body = requireObject(decodeBody(http.body, http.headers["content-type"], kind));
  checkBodyKind(body, {
    ...resource,
    apiVersion: group === "" ? version : `${group}/${version}`,
    kind,
    custom: false,
    definition: { ...resource.definition, group, version, kind },
  });
  const metadata = isObject(body["metadata"]) ? body["metadata"] : {};
  const namespace = metadata["namespace"];
  if (typeof namespace === "string" && namespace !== "" && namespace !== info.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return { body, metadata };
}
