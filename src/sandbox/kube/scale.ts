import type { HttpResponse } from "../../http.ts";
import { type ApplyRequest, appliedTo, readConfiguration } from "./apply-request.ts";
import { modelSchema } from "./builtin/model-schema.ts";
import { writeZeros } from "./builtin/normalize.ts";
import { jsonAnswer } from "./http-answer.ts";
import { jsonPatch } from "./json-patch.ts";
import { isObject, type JsonObject, omit, valueAt, withValueAt } from "./json-value.ts";
import { mergePatch } from "./merge-patch.ts";
import { decodeObject, decodePatched } from "./object-decoding.ts";
import { completeSchema } from "./object-meta.ts";
import { timestamp } from "./object-writer.ts";
import type { ServedResource } from "./registry.ts";
import { bodyText, decodeBody, decodeText, requireObject } from "./request-body.ts";
import { isTrue } from "./request-info.ts";
import type { KubeMetadata, KubeObject, ResourceDefinition } from "./resource-definition.ts";
import { type EndpointDependencies, type ResourceCall, writeTarget } from "./resource-endpoint.ts";
import { selectorText } from "./selectors.ts";
import { EMPTY_SET } from "./server-side-apply/field-set.ts";
import { type FieldWriter, trackUpdate } from "./server-side-apply/managed-fields.ts";
import { decodeManagers, encodeManagers, type Manager } from "./server-side-apply/manager-entries.ts";
import { mergeTypeOf } from "./server-side-apply/merge-type.ts";
import { parentManagers, type ReplicaPaths, SCALE_VERSION, scaleManagers } from "./server-side-apply/scale-entries.ts";
import {
  badRequest,
  internalError,
  invalid,
  methodNotAllowed,
  noRoute,
  StatusError,
  unsupportedMediaType,
} from "./status-error.ts";

type ScaleRule = NonNullable<ResourceDefinition["scale"]>;

/** Answers requests for the `scale` of an object. */
export async function scaleAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource, context } = call;
  const rule = resource.definition.scale;
  if (rule === undefined) throw methodNotAllowed(resource);
  const target = { ...writeTarget(call), subresource: "" };
  if (info.verb === "get") {
    const object = deps.writer.get(target);
    if (resource.custom && valueAt(object, rule.specReplicasPath) === undefined) {
      throw internalError(`the spec replicas field ${JSON.stringify(rule.specReplicasPath)} does not exist`);
    }
    return jsonAnswer(200, scaleOf(object, rule, resource), context.warnings);
  }
  if (info.verb !== "update" && info.verb !== "patch") throw methodNotAllowed(resource, info.verb);
  const writer = scaleWriter(context.fieldManager, timestamp(deps.clock));
  const paths = replicaPaths(deps, resource);
  const wanted = wantedScale(call, writer);
  const compute = (current: KubeObject): KubeObject => {
    const managers = decodeManagers(current.metadata.managedFields) ?? [];
    const present = scaleOf(current, rule, resource) as KubeObject;
    const isUnset = resource.custom && valueAt(current, rule.specReplicasPath) === undefined;
    const shown = isUnset ? { ...present, spec: { replicas: UNSET } } : present;
    const owned = encodeManagers(scaleManagers(managers, paths));
    const scale = wanted({ ...shown, metadata: { ...shown.metadata, managedFields: owned } });
    const replicas = checkedReplicas(scale, resource, rule);
    const after = parentManagers(
      managers,
      decodeManagers(scale.metadata.managedFields) ?? [],
      paths,
      resource.apiVersion,
    );
    const { resourceVersion } = scale.metadata;
    return withManagers(
      {
        ...(withValueAt(current, rule.specReplicasPath, replicas) as KubeObject),
        metadata: {
          // Custom resources are changed without a version only because the present one is put in its place.
          ...(resource.custom ? current.metadata : (omit(current.metadata, ["resourceVersion"]) as KubeMetadata)),
          ...(resourceVersion === undefined || resourceVersion === "" ? {} : { resourceVersion }),
        },
      },
      after,
    );
  };
  const object = await deps.writer.change(target, compute, context, {
    applied: true,
    facade: {
      subresource: "scale",
      kind: { group: "autoscaling", version: "v1", kind: "Scale" },
      show: (current) => scaleOf(current, rule, resource) as KubeObject,
      absorb: (current, scale) =>
        withValueAt(current, rule.specReplicasPath, valueAt(scale, ".spec.replicas") ?? 0) as KubeObject,
    },
  });
  return jsonAnswer(200, scaleOf(object, rule, resource), context.warnings);
}

function scaleWriter(manager: string, time: string): FieldWriter {
  const schema = modelSchema("V1Scale");
  const type = mergeTypeOf(completeSchema(schema));
  return {
    manager,
    apiVersion: SCALE_VERSION,
    kind: "Scale",
    subresource: "scale",
    time,
    versions: {
      convert: (object, apiVersion) => (apiVersion === SCALE_VERSION ? { object, type } : undefined),
      empty() {
        const object = {};
        writeZeros(object, schema);
        return object;
      },
    },
    ignored: () => EMPTY_SET,
    custom: false,
  };
}

/** Where the versions of a resource keep their replicas. */
function replicaPaths({ registry }: EndpointDependencies, { storageKey }: ServedResource): ReplicaPaths {
  const paths: Record<string, readonly string[] | undefined> = {};
  for (const { apiVersion, definition } of registry.versionsOf(storageKey)) {
    const steps = definition.scale?.specReplicasPath.split(".").filter((step) => step !== "");
    paths[apiVersion] = steps?.map((step) => `f:${step}`);
  }
  return paths;
}

function withManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const metadata = omit(object.metadata, ["managedFields"]) as KubeObject["metadata"];
  return {
    ...object,
    metadata: managers.length === 0 ? metadata : { ...metadata, managedFields: encodeManagers(managers) },
  };
}

/** Stands for replicas that a custom resource does not have: the smallest number of 32 bits. */
const UNSET = -(2 ** 31);

function checkedReplicas(scale: KubeObject, resource: ServedResource, { specReplicasPath }: ScaleRule): number {
  const given = valueAt(scale, ".spec.replicas");
  const replicas = typeof given === "number" ? given : 0;
  if (resource.custom && replicas === UNSET) {
    throw badRequest(`the spec replicas field ${JSON.stringify(specReplicasPath)} cannot be empty`);
  }
  if (replicas >= 0) return replicas;
  const [subject, field, why] = resource.custom
    ? [resource, specReplicasPath, "should be a non-negative integer"]
    : [{ group: "autoscaling", resource: "", kind: "Scale" }, "spec.replicas", "must be greater than or equal to 0"];
  const detail = `Invalid value: ${replicas}: ${why}`;
  throw invalid(subject, scale.metadata.name, [{ field, type: "FieldValueInvalid", detail }]);
}

function scaleOf(object: KubeObject, rule: ScaleRule, resource: ServedResource): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selectorPath = resource.custom ? rule.labelSelectorPath : ".spec.selector";
  const text = scaleSelector(selectorPath === undefined ? undefined : valueAt(object, selectorPath));
  const replicas = valueAt(object, rule.specReplicasPath);
  return {
    kind: "Scale",
    apiVersion: SCALE_VERSION,
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

/** What the request makes of a scale: a PUT replaces it, patches of all types are applied to it. */
function wantedScale(call: ResourceCall, writer: FieldWriter): (current: KubeObject) => KubeObject {
  const { http, context, info } = call;
  const text = bodyText(http.body);
  const type = (http.headers["content-type"] ?? "application/json").split(";")[0]?.trim();
  if (type === "application/apply-patch+yaml") {
    const request: ApplyRequest = readConfiguration(text, isTrue(info.query.get("force")));
    const target = { ...writeTarget(call), resource: scaleResource(call.resource) };
    return (current) => {
      const next = appliedTo(current, request, target, writer, context);
      if (call.resource.custom) refuseCustom(request.config, current, next);
      return next;
    };
  }
  const resource = scaleResource(call.resource);
  const { name, namespace } = writeTarget(call);
  const tracked = (current: KubeObject, next: KubeObject): KubeObject =>
    trackUpdate(current, next, writer, next.metadata.managedFields);
  const patchedBy =
    (compute: (current: KubeObject) => unknown) =>
    (current: KubeObject): KubeObject =>
      tracked(current, decodePatched(compute(current), current, { resource, name, patch: text }, context));
  if (info.verb === "update") {
    const decoded = decodeBody(http.body, http.headers["content-type"], "Scale");
    const body = replacement(requireObject(decoded), call.resource, () =>
      decodeObject(decoded, { resource, namespace, name }, context),
    );
    return (current) => tracked(current, body);
  }
  const { value } = decodeText(text, false);
  if (type === "application/json-patch+json") return patchedBy((current) => jsonPatch(current, value));
  // A scale has no lists, so both merge patches agree.
  const isMerge = type === "application/merge-patch+json";
  if (isMerge || (type === "application/strategic-merge-patch+json" && !call.resource.custom)) {
    return patchedBy((current) => mergePatch(current, value));
  }
  throw call.resource.custom ? unsupportedMediaType(CUSTOM_PATCHES) : noRoute(415);
}

const CUSTOM_PATCHES = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

/** The scale that a PUT brings. The API server of custom resources cannot tell what is wrong with one. */
function replacement(given: JsonObject, { custom }: ServedResource, decode: () => KubeObject): KubeObject {
  let body: KubeObject;
  try {
    body = decode();
  } catch (error) {
    if (!custom || !(error instanceof StatusError) || !error.message.includes("cannot be handled as a Scale"))
      throw error;
    throw badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"');
  }
  const { metadata } = given;
  if (isObject(metadata) && (metadata["name"] ?? "") !== "") return body;
  const { name } = body.metadata;
  throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
}

/** Applying a scale does not work for custom resources, unless there is nothing to do. */
function refuseCustom({ metadata }: KubeObject, current: KubeObject, next: KubeObject): void {
  if (valueAt(current, ".spec.replicas") === valueAt(next, ".spec.replicas")) return;
  const subject = `${metadata.namespace ?? ""}/${metadata.name}; ${SCALE_VERSION}, Kind=Scale`;
  const why = `request to convert CR to an invalid group/version: ${SCALE_VERSION}`;
  throw new StatusError(500, "", `failed to convert new object (${subject}) to proper version: ${why}`);
}

/** The resource as far as server-side apply to its `scale` is concerned. */
function scaleResource(resource: ServedResource): ServedResource {
  const definition = { ...resource.definition, group: "autoscaling", version: "v1", schema: modelSchema("V1Scale") };
  return { ...resource, apiVersion: SCALE_VERSION, kind: "Scale", custom: false, definition };
}
