import type { HttpResponse } from "../../http.ts";
import { type ApplyRequest, appliedTo, readConfiguration } from "./apply-request.ts";
import { modelSchema } from "./builtin/model-schema.ts";
import { writeZeros } from "./builtin/normalize.ts";
import { jsonAnswer } from "./http-answer.ts";
import { jsonPatch } from "./json-patch.ts";
import { isObject, type JsonObject, omit, valueAt, withValueAt } from "./json-value.ts";
import { mergePatch } from "./merge-patch.ts";
import { completeSchema } from "./object-meta.ts";
import { timestamp } from "./object-writer.ts";
import type { ServedResource } from "./registry.ts";
import { bodyText, decodeText, requireObject } from "./request-body.ts";
import { isTrue } from "./request-info.ts";
import type { KubeObject, ResourceDefinition } from "./resource-definition.ts";
import { type EndpointDependencies, type ResourceCall, writeTarget } from "./resource-endpoint.ts";
import { selectorText } from "./selectors.ts";
import { EMPTY_SET } from "./server-side-apply/field-set.ts";
import { type FieldWriter, trackUpdate } from "./server-side-apply/managed-fields.ts";
import { decodeManagers, encodeManagers, type Manager } from "./server-side-apply/manager-entries.ts";
import { mergeTypeOf } from "./server-side-apply/merge-type.ts";
import { parentManagers, type ReplicaPaths, SCALE_VERSION, scaleManagers } from "./server-side-apply/scale-entries.ts";
import { badRequest, invalid, methodNotAllowed, StatusError, unsupportedMediaType } from "./status-error.ts";

type ScaleRule = NonNullable<ResourceDefinition["scale"]>;

/** Answers requests for the `scale` of an object. */
export async function scaleAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  const { info, resource, context } = call;
  const rule = resource.definition.scale;
  if (rule === undefined) throw methodNotAllowed(resource);
  const target = { ...writeTarget(call), subresource: "" };
  if (info.verb === "get") return jsonAnswer(200, scaleOf(deps.writer.get(target), rule, resource), context.warnings);
  if (info.verb !== "update" && info.verb !== "patch") throw methodNotAllowed(resource);
  const writer = scaleWriter(context.fieldManager, timestamp(deps.clock));
  const paths = replicaPaths(deps, resource);
  const wanted = wantedScale(call, writer);
  const compute = (current: KubeObject): KubeObject => {
    const managers = decodeManagers(current.metadata.managedFields) ?? [];
    const shown = scaleOf(current, rule, resource) as KubeObject;
    const owned = encodeManagers(scaleManagers(managers, paths));
    const scale = wanted({ ...shown, metadata: { ...shown.metadata, managedFields: owned } });
    const replicas = checkedReplicas(scale, target.name);
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
          ...(omit(current.metadata, ["resourceVersion"]) as KubeObject["metadata"]),
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

function checkedReplicas(scale: KubeObject, name: string): number {
  const replicas = valueAt(scale, ".spec.replicas") ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas)) {
    throw badRequest("json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32");
  }
  if (replicas >= 0) return replicas;
  const detail = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  throw invalid({ group: "autoscaling", resource: "", kind: "Scale" }, name, [
    { field: "spec.replicas", type: "FieldValueInvalid", detail },
  ]);
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
  const { value } = decodeText(text, type === "application/yaml");
  const tracked = (current: KubeObject, next: unknown): KubeObject => {
    const scale = requireObject(next) as KubeObject;
    const object = { ...scale, metadata: isObject(scale.metadata) ? scale.metadata : {} } as unknown as KubeObject;
    return trackUpdate(current, object, writer, object.metadata.managedFields);
  };
  switch (type) {
    case "application/json":
    case "application/yaml":
      return (current) => tracked(current, value);
    case "application/json-patch+json":
      return (current) => tracked(current, jsonPatch(current, value));
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json":
      // A scale has no lists, so both merge patches agree.
      return (current) => tracked(current, mergePatch(current, value));
    default:
      throw unsupportedMediaType(["application/json"]);
  }
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
  const definition = { ...resource.definition, schema: modelSchema("V1Scale"), version: "v1" };
  return { ...resource, apiVersion: SCALE_VERSION, kind: "Scale", custom: false, definition };
}
