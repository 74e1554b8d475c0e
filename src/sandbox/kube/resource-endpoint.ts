import type { HttpRequest, HttpResponse } from "../../http.ts";
import { type ObjectDeleter, parseDeleteOptions } from "./deletion.ts";
import { jsonAnswer } from "./http-answer.ts";
import { jsonPatch } from "./json-patch.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import { getAnswer, listAnswer, type ReadDependencies, type ReadRequest, watchAnswer } from "./list-and-watch.ts";
import { parseListOptions } from "./list-options.ts";
import { mergePatch } from "./merge-patch.ts";
import { decodeApplied, decodeObject, decodePatched } from "./object-decoding.ts";
import { completeSchema } from "./object-meta.ts";
import type { ObjectWriter, WriteTarget } from "./object-writer.ts";
import { strategicMergePatch } from "./patch-strategic.ts";
import type { ServedResource } from "./registry.ts";
import { bodyText, decodeBody, decodeText, requireObject } from "./request-body.ts";
import type { WriteContext } from "./request-context.ts";
import { isTrue, type RequestInfo } from "./request-info.ts";
import type { KubeObject } from "./resource-definition.ts";
import { badRequest, invalid, methodNotAllowed, notAcceptable, unsupportedMediaType } from "./status-error.ts";
import { negotiate, represent } from "./table.ts";

export interface EndpointDependencies extends ReadDependencies {
  readonly writer: ObjectWriter;
  readonly deleter: ObjectDeleter;
}

export interface ResourceCall {
  readonly http: HttpRequest;
  readonly info: RequestInfo;
  readonly resource: ServedResource;
  readonly context: WriteContext;
}

const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;
type PatchType = (typeof PATCH_TYPES)[number];

/** Kinds whose DELETE answers with the object deleted rather than with a Status (`ReturnDeletedObject`). */
const RETURNS_DELETED = new Set([
  "/pods",
  "/services",
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
]);

/** Answers requests for a resource itself and for its `status`. */
export async function resourceAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource } = call;
  const verb =
    info.subresource === "" ? info.verb : info.verb === "create" || info.verb === "delete" ? "none" : info.verb;
  if (!resource.definition.verbs.includes(verb)) throw methodNotAllowed(resource);
  switch (info.verb) {
    case "get":
      return getAnswer(deps, readRequest(call), info.name ?? "");
    case "list":
      return listAnswer(deps, readRequest(call), parseListOptions(info.query, resource, false));
    case "watch":
      return watchAnswer(deps, readRequest(call), parseListOptions(info.query, resource, true), call.http.signal);
    case "create":
      return createAnswer(deps, call);
    case "update":
      return updateAnswer(deps, call);
    case "patch":
      return patchAnswer(deps, call);
    case "delete":
      return deleteAnswer(deps, call);
    case "deletecollection":
      return deleteCollectionAnswer(deps, call);
  }
}

function readRequest({ http, info, resource }: ResourceCall): ReadRequest {
  const representation = negotiate(http.headers["accept"]);
  if (representation === undefined) throw notAcceptable(["application/json", "application/yaml"]);
  return {
    resource,
    namespace: info.namespace,
    representation,
    includeObject: info.query.get("includeObject") ?? undefined,
  };
}

async function createAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { http, info, resource, context } = call;
  if (info.name !== undefined) throw methodNotAllowed(resource);
  const { value, duplicates } = decodeBody(http.body, http.headers["content-type"], resource.kind);
  const namespace = scope(resource, info);
  const body = decodeObject(requireObject(value), { resource, namespace, name: undefined }, context, duplicates);
  const object = await deps.writer.create({ resource, namespace, subresource: "" }, body, context);
  return shown(deps, call, 201, object);
}

async function updateAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { http, resource, context } = call;
  const target = writeTarget(call);
  const { value, duplicates } = decodeBody(http.body, http.headers["content-type"], resource.kind);
  const given = requireObject(value);
  const metadata = isObject(given["metadata"]) ? given["metadata"] : {};
  if ((metadata["name"] ?? "") === "") {
    throw badRequest(`the name of the object (${target.name} based on URL) was undeterminable: name must be provided`);
  }
  const body = decodeObject(given, { resource, namespace: target.namespace, name: target.name }, context, duplicates);
  const { object, created } = await deps.writer.replace(target, body, context);
  return shown(deps, call, created ? 201 : 200, object);
}

async function patchAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { http, info, resource, context } = call;
  const target = writeTarget(call);
  const type = patchType(http.headers["content-type"], resource);
  const force = isTrue(info.query.get("force"));
  if (type === "application/apply-patch+yaml") return applyAnswer(deps, call, target, force);
  if (info.query.has("force")) {
    throw invalidPatchOptions("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch");
  }
  const text = bodyText(http.body);
  const { value: patch } = decodeText(text, false);
  const object = await deps.writer.change(
    target,
    (current) => patched(current, patch, { type, text, resource, name: target.name, context }),
    context,
  );
  return shown(deps, call, 200, object);
}

function patched(
  current: KubeObject,
  patch: unknown,
  options: {
    readonly type: Exclude<PatchType, "application/apply-patch+yaml">;
    readonly text: string;
    readonly resource: ServedResource;
    readonly name: string;
    readonly context: WriteContext;
  },
): KubeObject {
  const { type, resource, name, text, context } = options;
  let result: unknown;
  if (type === "application/json-patch+json") result = jsonPatch(current, patch);
  else if (!isObject(patch)) throw badRequest("error decoding patch: patch must be an object");
  else if (type === "application/merge-patch+json") result = mergePatch(current, patch);
  else result = strategicMergePatch(current, patch, completeSchema(resource.definition.schema));
  return decodePatched(result, current, { resource, name, patch: text }, context);
}

async function applyAnswer(
  deps: EndpointDependencies,
  call: ResourceCall,
  target: WriteTarget,
  force: boolean,
): Promise<HttpResponse> {
  const { http, info, resource, context } = call;
  if ((info.query.get("fieldManager") ?? "") === "") {
    throw invalidPatchOptions("fieldManager", "FieldValueRequired", "Required value: is required for apply patch");
  }
  const { value, duplicates } = decodeText(bodyText(http.body), true);
  const given = requireObject(value);
  if (given["apiVersion"] === undefined || given["kind"] === undefined) {
    throw badRequest(`error decoding YAML: Object 'Kind' is missing in '${JSON.stringify(given)}'`);
  }
  const expected = { resource, namespace: target.namespace, name: target.name };
  const config = decodeApplied(given, expected, context, duplicates);
  const { object, created } = await deps.writer.apply(target, config, context, force);
  return shown(deps, call, created ? 201 : 200, object);
}

async function deleteAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource } = call;
  const target = writeTarget(call);
  const options = parseDeleteOptions(deleteBody(call.http), info.query);
  const context = { ...call.context, dryRun: call.context.dryRun || bodyDryRun(call.http) };
  const { object, gone } = await deps.deleter.delete(target, options, context);
  if (!gone) return shown(deps, call, options.propagationPolicy === "Foreground" ? 202 : 200, object);
  if (RETURNS_DELETED.has(resource.storageKey)) return shown(deps, call, 200, object);
  return jsonAnswer(
    200,
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: {
        name: target.name,
        ...(resource.group === "" ? {} : { group: resource.group }),
        kind: resource.resource,
        uid: object.metadata.uid,
      },
    },
    call.context.warnings,
  );
}

async function deleteCollectionAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource, context } = call;
  const options = parseListOptions(info.query, resource, false);
  const deletion = parseDeleteOptions(deleteBody(call.http), info.query);
  const collection = deps.storage.collection(resource.storageKey);
  const chosen = collection.list(info.namespace).filter((object) => options.matches(object));
  const items: KubeObject[] = [];
  for (const { metadata } of chosen) {
    if (collection.get(metadata.namespace ?? "", metadata.name) === undefined) continue;
    const target = { resource, namespace: metadata.namespace, name: metadata.name, subresource: "" };
    items.push((await deps.deleter.delete(target, deletion, context)).object);
  }
  return jsonAnswer(
    200,
    {
      kind: resource.definition.listKind,
      apiVersion: resource.apiVersion,
      metadata: { resourceVersion: String(deps.storage.version) },
      items: resource.custom ? items : items.map(({ apiVersion: _apiVersion, kind: _kind, ...item }) => item),
    },
    context.warnings,
  );
}

/** An object as the answer to a write, in the form that the client accepts. */
export function shown(deps: ReadDependencies, call: ResourceCall, status: number, object: KubeObject): HttpResponse {
  const { representation, includeObject } = readRequest(call);
  const value = represent(representation, call.resource.definition, object, { now: deps.clock.now(), includeObject });
  return jsonAnswer(
    status,
    representation === "Object" ? ordered(value as JsonObject, call.resource) : value,
    call.context.warnings,
  );
}

function ordered(object: JsonObject, resource: ServedResource): JsonObject {
  const { apiVersion, kind, ...rest } = object;
  return resource.custom ? { apiVersion, kind, ...rest } : { kind, apiVersion, ...rest };
}

export function writeTarget({ info, resource }: ResourceCall): WriteTarget {
  return { resource, namespace: scope(resource, info), name: info.name ?? "", subresource: info.subresource };
}

function scope(resource: ServedResource, info: RequestInfo): string | undefined {
  if (!resource.definition.namespaced) return undefined;
  if (info.namespace === undefined || info.namespace === "") {
    if (info.verb === "create") throw badRequest("an empty namespace may not be set during creation");
    throw badRequest("namespace is required");
  }
  return info.namespace;
}

function patchType(contentType: string | undefined, resource: ServedResource): PatchType {
  const allowed = PATCH_TYPES.filter((type) => !(resource.custom && type === "application/strategic-merge-patch+json"));
  const given = (contentType ?? "").split(";")[0]?.trim().toLowerCase();
  const type = allowed.find((candidate) => candidate === given);
  if (type === undefined) throw unsupportedMediaType(allowed);
  return type;
}

function invalidPatchOptions(field: string, type: "FieldValueForbidden" | "FieldValueRequired", detail: string): Error {
  return invalid({ group: "meta.k8s.io", resource: "", kind: "PatchOptions" }, "", [{ field, type, detail }]);
}

function deleteBody(http: HttpRequest): unknown {
  const text = bodyText(http.body);
  return text.trim() === "" ? undefined : decodeBody(http.body, http.headers["content-type"]).value;
}

function bodyDryRun(http: HttpRequest): boolean {
  const body = deleteBody(http);
  return isObject(body) && Array.isArray(body["dryRun"]) && body["dryRun"].includes("All");
}
