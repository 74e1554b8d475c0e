import type { HttpRequest, HttpResponse } from "../../http.ts";
import type { Admission } from "./admission.ts";
import { readConfiguration } from "./apply-request.ts";
import { negotiate } from "./content-negotiation.ts";
import { readDeleteOptions } from "./delete-options.ts";
import { RETURNS_DELETED } from "./deleted-object-answers.ts";
import type { ObjectDeleter } from "./deletion.ts";
import { jsonAnswer } from "./http-answer.ts";
import { jsonPatch } from "./json-patch.ts";
import { inOrderOfNames, isObject, type JsonObject } from "./json-value.ts";
import {
  getAnswer,
  listAnswer,
  pageAnswer,
  type ReadDependencies,
  type ReadRequest,
  readPage,
  watchAnswer,
} from "./list-and-watch.ts";
import { parseListOptions } from "./list-options.ts";
import { mergePatch } from "./merge-patch.ts";
import { finalizerWarnings } from "./metadata-rules.ts";
import { decodeObject, decodePatched } from "./object-decoding.ts";
import { checkBodyKind, isOfOtherKind } from "./object-kind.ts";
import { completeSchema } from "./object-meta.ts";
import type { ObjectWriter, WriteTarget } from "./object-writer.ts";
import { strategicMergePatch } from "./patch-strategic.ts";
import type { Registry, ServedResource } from "./registry.ts";
import { bodyText, decodeBody, decodePatchText, requireObject } from "./request-body.ts";
import type { WriteContext } from "./request-context.ts";
import { isTrue, type RequestInfo } from "./request-info.ts";
import type { KubeObject } from "./resource-definition.ts";
import { badRequest, methodNotAllowed, noRoute, noSuchResource, unsupportedMediaType } from "./status-error.ts";
import { checkIncludeObject, represent } from "./table.ts";
import { checkVersion } from "./update-preconditions.ts";

export interface EndpointDependencies extends ReadDependencies {
  readonly registry: Registry;
  readonly writer: ObjectWriter;
  readonly deleter: ObjectDeleter;
  readonly admission: Admission;
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

/** Answers requests for a resource itself and for its `status`. */
export async function resourceAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource } = call;
  const verb =
    info.subresource === "" ? info.verb : info.verb === "create" || info.verb === "delete" ? "none" : info.verb;
  checkRoute(call);
  if (!resource.definition.verbs.includes(verb)) throw methodNotAllowed(resource, info.verb);
  // What cannot be answered is not done either.
  const read = readRequest(call);
  switch (info.verb) {
    case "get":
      return getAnswer(deps, read, info.name ?? "", info.query.get("resourceVersion") ?? "");
    case "list":
      return listAnswer(deps, read, parseListOptions(info.query, resource, false));
    case "watch":
      return watchAnswer(deps, read, parseListOptions(info.query, resource, true), call.http.signal);
    case "create":
      return createAnswer(deps, call);
    case "update":
      return updateAnswer(deps, call);
    case "patch":
      return patchAnswer(deps, call);
    case "delete":
      return deleteAnswer(deps, call);
    case "deletecollection":
      return deleteCollectionAnswer(deps, call, read);
  }
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

/** What no path serves: objects without their namespace, writes to all namespaces, replacing a collection. */
function checkRoute({ info, resource }: ResourceCall): void {
  const everywhere = resource.definition.namespaced && info.namespace === undefined;
  if (everywhere && info.name !== undefined) throw noSuchResource();
  if (!METHODS.has(info.method) || (info.method === "HEAD" && !resource.custom)) throw methodNotAllowed(resource);
  const write = info.verb !== "get" && info.verb !== "list" && info.verb !== "watch";
  const collectionWrite = info.name === undefined && (info.verb === "update" || info.verb === "patch");
  if (collectionWrite && resource.custom && !everywhere) throw badRequest("name must be provided");
  if ((info.oldWatch && info.method !== "GET") || (everywhere && write) || collectionWrite) {
    throw methodNotAllowed(resource, info.verb);
  }
  if (info.name === "." || info.name === "..") {
    const name = JSON.stringify(info.name);
    throw badRequest(`Name parameter invalid: ${name}: may not be '${info.name}'`);
  }
}

function readRequest({ http, info, resource, context }: ResourceCall): ReadRequest {
  const route = resource.custom ? "custom" : info.verb === "list" || info.verb === "watch" ? "list" : "item";
  const representation = negotiate(http.headers["accept"], route);
  const includeObject = info.query.get("includeObject") ?? undefined;
  if (representation.as === "Table") checkIncludeObject(includeObject);
  return { resource, namespace: info.namespace, representation, includeObject, warnings: context.warnings };
}

async function createAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { http, info, resource, context } = call;
  if (info.name !== undefined && !resource.custom) throw methodNotAllowed(resource);
  const decoded = decodeBody(http.body, http.headers["content-type"], resource.kind);
  const namespace = scope(resource, info);
  const body = decodeObject(decoded, { resource, namespace, name: undefined }, context);
  const object = await deps.writer.create({ resource, namespace, subresource: "" }, body, context);
  warnOfFinalizers(call, object);
  return shown(deps, call, 201, object);
}

async function updateAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { http, resource, context } = call;
  const target = writeTarget(call);
  const decoded = decodeBody(http.body, http.headers["content-type"], resource.kind);
  const given = requireObject(decoded, resource);
  // Custom resources of another kind are refused only when the version they name is that of the present object.
  const metadata = isObject(given["metadata"]) ? given["metadata"] : {};
  if (isOfOtherKind(given, resource))
    checkVersion(target, deps.writer.get(target), { ...given, metadata } as KubeObject);
  checkBodyKind(given, resource);
  if ((metadata["name"] ?? "") === "") {
    throw badRequest(`the name of the object (${target.name} based on URL) was undeterminable: name must be provided`);
  }
  const expected = { resource, namespace: target.namespace, name: target.name };
  const body = decodeObject(decoded, expected, context);
  const { object, created } = await deps.writer.replace(target, body, context);
  warnOfFinalizers(call, object);
  return shown(deps, call, created ? 201 : 200, object);
}

async function patchAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { http, info, resource, context } = call;
  const target = writeTarget(call);
  const type = patchType(http.headers["content-type"], resource);
  const force = isTrue(info.query.get("force"));
  if (type === "application/apply-patch+yaml") return applyAnswer(deps, call, target, force);
  const text = bodyText(http.body);
  const patch = decodePatchText(text, type === "application/strategic-merge-patch+json" ? "" : DECODING);
  const object = await deps.writer.change(
    target,
    (current) => patched(current, patch, { type, text, resource, name: target.name, context }),
    context,
  );
  warnOfFinalizers(call, object);
  return shown(deps, call, 200, object);
}

function warnOfFinalizers({ resource, context }: ResourceCall, { metadata }: KubeObject): void {
  if (resource.custom) context.warnings.push(...finalizerWarnings(metadata));
}

const ORPHANED_PODS =
  "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";
const DECODING = "error decoding patch: ";

function mapPatch(patch: unknown, prefix: string): JsonObject {
  if (isObject(patch)) return patch;
  const actual = Array.isArray(patch) ? "array" : typeof patch === "boolean" ? "bool" : typeof patch;
  throw badRequest(`${prefix}json: cannot unmarshal ${actual} into Go value of type map[string]interface {}`);
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
  else if (type === "application/merge-patch+json") {
    if (patch === null) throw badRequest("Invalid JSON Patch");
    result = mergePatch(current, mapPatch(patch, DECODING));
  } else result = strategicMergePatch(current, mapPatch(patch ?? {}, ""), completeSchema(resource.definition.schema));
  return decodePatched(result, current, { resource, name, patch: text }, context);
}

async function applyAnswer(
  deps: EndpointDependencies,
  call: ResourceCall,
  target: WriteTarget,
  force: boolean,
): Promise<HttpResponse> {
  const { http, context } = call;
  const request = readConfiguration(bodyText(http.body), force);
  const { object, created } = await deps.writer.apply(target, request, context);
  return shown(deps, call, created ? 201 : 200, object);
}

async function deleteAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource } = call;
  const target = writeTarget(call);
  const options = readDeleteOptions(deleteBody(call.http), info.query);
  if (
    resource.storageKey === "batch/jobs" &&
    options.propagationPolicy === undefined &&
    options.orphanDependents === undefined
  ) {
    call.context.warnings.push(ORPHANED_PODS);
  }
  const { object, gone } = await deps.deleter.delete(target, options, deleteContext(call), {
    equivalents: deps.registry.equivalentsOf(resource),
  });
  if (!gone) return shown(deps, call, options.orphanDependents === false ? 202 : 200, object);
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

/** Deletes the objects of one page of a list, and answers with that list as it was. */
async function deleteCollectionAnswer(
  deps: EndpointDependencies,
  call: ResourceCall,
  read: ReadRequest,
): Promise<HttpResponse> {
  const { info, resource } = call;
  const context = deleteContext(call);
  const options = parseListOptions(info.query, resource, false);
  const deletion = readDeleteOptions(deleteBody(call.http), info.query);
  const collection = deps.storage.collection(resource.storageKey);
  const page = readPage(deps.storage, read, options);
  for (const { metadata } of page.items) {
    if (collection.get(metadata.namespace ?? "", metadata.name) === undefined) continue;
    const target = { resource, namespace: metadata.namespace, name: metadata.name, subresource: "" };
    await deps.deleter.delete(target, deletion, context, {
      name: "",
      equivalents: deps.registry.equivalentsOf(resource),
    });
  }
  return pageAnswer(deps, read, page, options);
}

/** An object as the answer to a write, in the form that the client accepts. */
export function shown(deps: ReadDependencies, call: ResourceCall, status: number, object: KubeObject): HttpResponse {
  const { representation, includeObject } = readRequest(call);
  const value = represent(representation, call.resource.definition, object, { now: deps.clock.now(), includeObject });
  return jsonAnswer(
    status,
    representation.as === "Object" ? ordered(value as JsonObject, call.resource) : value,
    call.context.warnings,
  );
}

function ordered(object: JsonObject, resource: ServedResource): JsonObject {
  const { apiVersion, kind, ...rest } = object;
  return resource.custom
    ? { apiVersion, kind, ...(inOrderOfNames(rest) as JsonObject) }
    : { kind, apiVersion, ...rest };
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
  if (type === undefined) throw resource.custom ? unsupportedMediaType(allowed) : noRoute(415);
  return type;
}

function deleteBody(http: HttpRequest): unknown {
  const text = bodyText(http.body);
  return text.trim() === "" ? undefined : decodeBody(http.body, http.headers["content-type"]).value;
}

/** A body takes the place of the options in the query altogether. */
function deleteContext({ http, info, context }: ResourceCall): WriteContext {
  const body = deleteBody(http);
  if (isObject(body)) {
    const { apiVersion: _apiVersion, kind: _kind, ...options } = body;
    const { dryRun } = options;
    return { ...context, options, dryRun: Array.isArray(dryRun) && dryRun.includes("All") };
  }
  const { query } = info;
  const options: JsonObject = { ...context.options };
  if (query.has("gracePeriodSeconds")) options["gracePeriodSeconds"] = Number(query.get("gracePeriodSeconds"));
  if (query.has("orphanDependents")) options["orphanDependents"] = query.get("orphanDependents") === "true";
  if (query.has("propagationPolicy")) options["propagationPolicy"] = query.get("propagationPolicy");
  return { ...context, options, dryRun: query.getAll("dryRun").includes("All") };
}
