import { isObject, omit } from "./json-value.ts";
import type { KubeObject } from "./resource-definition.ts";

type Converter = (object: KubeObject) => KubeObject;

/** Resources that two groups serve from one storage. */
const SHARED: Readonly<Record<string, string>> = { "events.k8s.io/events": "/events" };

export function storageKeyOf(group: string, plural: string): string {
  const key = `${group}/${plural}`;
  return SHARED[key] ?? key;
}

/** The object as another version of its kind shows it. Custom resources differ in `apiVersion` only (conversion `None`). */
export function convertVersion(object: KubeObject, apiVersion: string, kind: string): KubeObject {
  if (object.apiVersion === apiVersion && object.kind === kind) return object;
  const converter = CONVERTERS[`${kind} ${object.apiVersion} ${apiVersion}`];
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = converter === undefined ? object : converter(object);
  return { apiVersion, kind, ...rest };
}

const EVENT_NAMES: readonly (readonly [core: string, events: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];

function renamed(object: KubeObject, from: 0 | 1): KubeObject {
  const names = new Map(EVENT_NAMES.map((pair) => [pair[from], pair[1 - from]]));
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value])) as KubeObject;
}

/** autoscaling/v1 knows only the CPU target; the rest of v2 it carries in annotations. */
function autoscalerToV1(object: KubeObject): KubeObject {
  const spec = isObject(object["spec"]) ? object["spec"] : {};
  const metrics = Array.isArray(spec["metrics"]) ? (spec["metrics"] as Record<string, unknown>[]) : [];
  const cpu = metrics.find((metric) => isCpuUtilization(metric));
  const others = metrics.filter((metric) => metric !== cpu);
  const target = (cpu?.["resource"] as { target?: { averageUtilization?: number } } | undefined)?.target
    ?.averageUtilization;
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  if (others.length > 0) annotations["autoscaling.alpha.kubernetes.io/metrics"] = JSON.stringify(others);
  if (spec["behavior"] !== undefined)
    annotations["autoscaling.alpha.kubernetes.io/behavior"] = JSON.stringify(spec["behavior"]);
  return {
    ...object,
    metadata: Object.keys(annotations).length === 0 ? object.metadata : { ...object.metadata, annotations },
    spec: {
      ...omit(spec, ["metrics", "behavior"]),
      ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }),
    },
    ...statusWith(object, { currentReplicas: 0 }, "currentMetrics"),
  };
}

function autoscalerToV2(object: KubeObject): KubeObject {
  const spec = isObject(object["spec"]) ? object["spec"] : {};
  const annotations = object.metadata.annotations ?? {};
  const others = JSON.parse(annotations["autoscaling.alpha.kubernetes.io/metrics"] ?? "[]") as unknown[];
  const behavior = annotations["autoscaling.alpha.kubernetes.io/behavior"];
  const percentage = spec["targetCPUUtilizationPercentage"];
  const cpu = {
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percentage } },
  };
  const metrics = percentage === undefined ? others : [cpu, ...others];
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(object.metadata.annotations === undefined
        ? {}
        : {
            annotations: omit(annotations, [
              "autoscaling.alpha.kubernetes.io/metrics",
              "autoscaling.alpha.kubernetes.io/behavior",
            ]) as Record<string, string>,
          }),
    },
    spec: {
      ...omit(spec, ["targetCPUUtilizationPercentage"]),
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(behavior === undefined ? {} : { behavior: JSON.parse(behavior) as unknown }),
    },
    ...statusWith(object, { currentMetrics: null }, "currentCPUUtilizationPercentage", "currentReplicas"),
  };
}

/** The status with what a version always shows, and without what it does not know. */
function statusWith(
  object: KubeObject,
  always: Record<string, unknown>,
  unknown: string,
  unlessZero = "",
): Record<string, unknown> {
  const status = object["status"];
  if (!isObject(status)) return {};
  const dropped = status[unlessZero] === 0 ? [unknown, unlessZero] : [unknown];
  return { status: { ...always, ...omit(status, dropped) } };
}

function isCpuUtilization(metric: Record<string, unknown>): boolean {
  const resource = metric["resource"] as { name?: string; target?: { type?: string } } | undefined;
  return metric["type"] === "Resource" && resource?.name === "cpu" && resource.target?.type === "Utilization";
}

const CONVERTERS: Readonly<Record<string, Converter>> = {
  "Event v1 events.k8s.io/v1": (object) => renamed(object, 0),
  "Event events.k8s.io/v1 v1": (object) => renamed(object, 1),
  "HorizontalPodAutoscaler autoscaling/v2 autoscaling/v1": autoscalerToV1,
  "HorizontalPodAutoscaler autoscaling/v1 autoscaling/v2": autoscalerToV2,
};
