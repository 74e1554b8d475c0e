import type { KubeObject } from "../resource-definition.ts";
import { ageSince } from "./age.ts";
import { firstThree, orNone, orUnset } from "./cell-text.ts";
import { eventCells, eventColumns, nodeCells, nodeColumns } from "./core-cells.ts";
import { defaultConfig, defaultNode, defaultPod, defaultSecret } from "./core-defaults.ts";
import {
  nodeWarnings,
  secretWarnings,
  validateConfigMap,
  validateNamespaceStatus,
  validateNode,
  validateSecret,
} from "./core-validation.ts";
import { type BuiltinKind, type Column, defineKind } from "./define-kind.ts";
import { validateEvent } from "./event-validation.ts";
import { fieldsAt, listAt, stringAt, stringMapAt, textOf, valueAt } from "./fields.ts";
import { validateLimitRange, validateQuota } from "./limit-validation.ts";
import { defaultEndpoints, defaultLimitRange } from "./other-defaults.ts";
import { podCells, podColumns, podRowConditions } from "./pod-cells.ts";
import { defaultPodTemplate } from "./pod-defaults.ts";
import { validatePod } from "./pod-validation.ts";
import { podWarnings } from "./pod-warnings.ts";
import { serviceCells, serviceColumns } from "./service-cells.ts";
import { defaultService } from "./service-defaults.ts";
import { validateService, validateServiceStatus } from "./service-validation.ts";
import { serviceWarnings } from "./service-warnings.ts";
import { defaultVolume, defaultVolumeClaim } from "./storage-defaults.ts";
import { validateVolume, validateVolumeClaim } from "./storage-validation.ts";

type CoreKind = Omit<BuiltinKind, "group" | "version" | "model"> & { readonly model?: string };

function core(kind: CoreKind): ReturnType<typeof defineKind> {
  return defineKind({ model: `V1${kind.kind}`, ...kind, group: "", version: "v1" });
}

const withAge: Column = ["Age"];

/** The kinds of the core group, `v1`. */
export const coreKinds = [
  core({
    kind: "Namespace",
    plural: "namespaces",
    shortNames: ["ns"],
    clusterScoped: true,
    status: true,
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    columns: [["Name"], ["Status"], withAge],
    cells: (object, now) => [object.metadata.name, stringAt(object, "status", "phase") ?? "", age(object, now)],
    validateStatus: validateNamespaceStatus,
    selectableFields: (object) => ({ "status.phase": stringAt(object, "status", "phase") ?? "" }),
  }),
  core({
    kind: "Node",
    plural: "nodes",
    shortNames: ["no"],
    clusterScoped: true,
    status: true,
    columns: nodeColumns,
    cells: nodeCells,
    defaults: defaultNode,
    validate: validateNode,
    validateStatus: validateNode,
    warnings: nodeWarnings,
    selectableFields: (object) => ({ "spec.unschedulable": String(valueAt(object, "spec", "unschedulable") === true) }),
  }),
  core({
    kind: "Pod",
    plural: "pods",
    generation: true,
    shortNames: ["po"],
    categories: ["all"],
    status: true,
    columns: podColumns,
    cells: podCells,
    rowConditions: podRowConditions,
    defaults: defaultPod,
    validate: validatePod,
    warnings: podWarnings,
    selectableFields: (object) => ({
      "spec.nodeName": stringAt(object, "spec", "nodeName") ?? "",
      // What clients of old called it.
      "spec.host": stringAt(object, "spec", "nodeName") ?? "",
      "spec.restartPolicy": stringAt(object, "spec", "restartPolicy") ?? "",
      "spec.schedulerName": stringAt(object, "spec", "schedulerName") ?? "",
      "spec.serviceAccountName": stringAt(object, "spec", "serviceAccountName") ?? "",
      "spec.hostNetwork": String(valueAt(object, "spec", "hostNetwork") === true),
      "status.phase": stringAt(object, "status", "phase") ?? "",
      "status.podIP": stringAt(object, "status", "podIP") ?? "",
      // Accepted by the API server, which never fills it.
      "status.podIPs": "",
      "status.nominatedNodeName": stringAt(object, "status", "nominatedNodeName") ?? "",
    }),
  }),
  core({
    kind: "Service",
    plural: "services",
    shortNames: ["svc"],
    categories: ["all"],
    status: true,
    columns: serviceColumns,
    cells: serviceCells,
    defaults: defaultService,
    validate: validateService,
    validateStatus: validateServiceStatus,
    warnings: serviceWarnings,
    selectableFields: (object) => ({
      "spec.clusterIP": stringAt(object, "spec", "clusterIP") ?? "",
      "spec.type": stringAt(object, "spec", "type") ?? "",
    }),
  }),
  core({
    kind: "Endpoints",
    deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    plural: "endpoints",
    singular: "endpoints",
    shortNames: ["ep"],
    columns: [["Name"], ["Endpoints"], withAge],
    cells: (object, now) => [object.metadata.name, endpointsText(object), age(object, now)],
    defaults: defaultEndpoints,
  }),
  core({
    kind: "ConfigMap",
    plural: "configmaps",
    shortNames: ["cm"],
    columns: [["Name"], ["Data"], withAge],
    cells: (object, now) => [
      object.metadata.name,
      Object.keys(fieldsAt(object, "data")).length + Object.keys(fieldsAt(object, "binaryData")).length,
      age(object, now),
    ],
    defaults: defaultConfig,
    validate: validateConfigMap,
  }),
  core({
    kind: "Secret",
    plural: "secrets",
    columns: [["Name"], ["Type"], ["Data"], withAge],
    cells: (object, now) => [
      object.metadata.name,
      stringAt(object, "type") ?? "",
      Object.keys(fieldsAt(object, "data")).length,
      age(object, now),
    ],
    defaults: defaultSecret,
    validate: validateSecret,
    warnings: secretWarnings,
    selectableFields: (object) => ({ type: stringAt(object, "type") ?? "" }),
  }),
  core({
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    shortNames: ["sa"],
  }),
  core({
    kind: "Event",
    model: "CoreV1Event",
    validate: validateEvent,
    plural: "events",
    shortNames: ["ev"],
    columns: eventColumns,
    cells: eventCells,
    selectableFields: (object) => ({
      "involvedObject.kind": stringAt(object, "involvedObject", "kind") ?? "",
      "involvedObject.namespace": stringAt(object, "involvedObject", "namespace") ?? "",
      "involvedObject.name": stringAt(object, "involvedObject", "name") ?? "",
      "involvedObject.uid": stringAt(object, "involvedObject", "uid") ?? "",
      "involvedObject.apiVersion": stringAt(object, "involvedObject", "apiVersion") ?? "",
      "involvedObject.resourceVersion": stringAt(object, "involvedObject", "resourceVersion") ?? "",
      "involvedObject.fieldPath": stringAt(object, "involvedObject", "fieldPath") ?? "",
      reason: stringAt(object, "reason") ?? "",
      reportingComponent: stringAt(object, "reportingComponent") ?? "",
      source: stringAt(object, "source", "component") ?? stringAt(object, "reportingComponent") ?? "",
      type: stringAt(object, "type") ?? "",
    }),
  }),
  core({
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    shortNames: ["pv"],
    defaults: defaultVolume,
    validate: validateVolume,
    clusterScoped: true,
    status: true,
    columns: [
      ["Name"],
      ["Capacity"],
      ["Access Modes"],
      ["Reclaim Policy"],
      ["Status"],
      ["Claim"],
      ["StorageClass"],
      ["VolumeAttributesClass"],
      ["Reason"],
      withAge,
      ["VolumeMode", "string", 1],
    ],
    cells: (object, now) => [
      object.metadata.name,
      stringAt(object, "spec", "capacity", "storage") ?? "",
      accessModes(object, "spec"),
      stringAt(object, "spec", "persistentVolumeReclaimPolicy") ?? "",
      phase(object),
      claimText(object),
      stringAt(object, "spec", "storageClassName") ?? "",
      orUnset(stringAt(object, "spec", "volumeAttributesClassName")),
      stringAt(object, "status", "reason") ?? "",
      age(object, now),
      orUnset(stringAt(object, "spec", "volumeMode")),
    ],
  }),
  core({
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    shortNames: ["pvc"],
    status: true,
    columns: [
      ["Name"],
      ["Status"],
      ["Volume"],
      ["Capacity"],
      ["Access Modes"],
      ["StorageClass"],
      ["VolumeAttributesClass"],
      withAge,
      ["VolumeMode", "string", 1],
    ],
    cells: (object, now) => [
      object.metadata.name,
      phase(object),
      stringAt(object, "spec", "volumeName") ?? "",
      stringAt(object, "status", "capacity", "storage") ?? "",
      accessModes(object, "status"),
      stringAt(object, "spec", "storageClassName") ?? "",
      orUnset(stringAt(object, "spec", "volumeAttributesClassName")),
      age(object, now),
      orUnset(stringAt(object, "spec", "volumeMode")),
    ],
    defaults: defaultVolumeClaim,
    validate: validateVolumeClaim,
  }),
  core({
    kind: "LimitRange",
    plural: "limitranges",
    shortNames: ["limits"],
    defaults: defaultLimitRange,
    validate: validateLimitRange,
    columns: [["Name"], ["Created At", "date"]],
    cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? null],
  }),
  core({
    kind: "ResourceQuota",
    validate: validateQuota,
    plural: "resourcequotas",
    shortNames: ["quota"],
    status: true,
    columns: [["Name"], ["Request"], ["Limit"], withAge],
    cells: (object, now) => [object.metadata.name, quotaText(object, false), quotaText(object, true), age(object, now)],
  }),
  core({
    kind: "PodTemplate",
    plural: "podtemplates",
    generation: true,
    columns: [["Name"], ["Containers"], ["Images"], ["Pod Labels"]],
    cells: (object) => {
      const containers = listAt(object, "template", "spec", "containers");
      const labels = stringMapAt(object, "template", "metadata", "labels");
      return [
        object.metadata.name,
        containers.map((container) => stringAt(container, "name")).join(","),
        containers.map((container) => stringAt(container, "image")).join(","),
        orNone(
          Object.entries(labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(","),
        ),
      ];
    },
    defaults: (object) => defaultPodTemplate(valueAt(object, "template")),
  }),
];

function age(object: KubeObject, now: number): string {
  return ageSince(object.metadata.creationTimestamp, now);
}

function phase(object: KubeObject): string {
  return object.metadata.deletionTimestamp === undefined ? (stringAt(object, "status", "phase") ?? "") : "Terminating";
}

function accessModes(object: KubeObject, part: "spec" | "status"): string {
  const short: Record<string, string> = {
    ReadWriteOnce: "RWO",
    ReadOnlyMany: "ROX",
    ReadWriteMany: "RWX",
    ReadWriteOncePod: "RWOP",
  };
  return listAt(object, part, "accessModes")
    .map((mode) => short[String(mode)] ?? String(mode))
    .join(",");
}

function claimText(object: KubeObject): string {
  const name = stringAt(object, "spec", "claimRef", "name");
  return name === undefined ? "" : `${stringAt(object, "spec", "claimRef", "namespace") ?? ""}/${name}`;
}

function quotaText(object: KubeObject, limits: boolean): string {
  const used = fieldsAt(object, "status", "used");
  return Object.entries(fieldsAt(object, "status", "hard"))
    .filter(([name]) => name.startsWith("limits.") === limits)
    .map(([name, hard]) => `${name}: ${textOf(used[name]) ?? "0"}/${textOf(hard) ?? ""}`)
    .sort()
    .join(", ");
}

function endpointsText(object: KubeObject): string {
  const texts = listAt(object, "subsets").flatMap((subset) => {
    const ports = listAt(subset, "ports");
    const addresses = listAt(subset, "addresses").map((address) => stringAt(address, "ip") ?? "");
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) => addresses.map((address) => `${address}:${String(valueAt(port, "port"))}`));
  });
  return orNone(firstThree(texts));
}
