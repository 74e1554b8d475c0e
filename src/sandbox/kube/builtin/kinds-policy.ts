import { formatWarnings } from "../crd-rules/unknown-formats.ts";
import type { KubeObject } from "../resource-definition.ts";
import { ageSince } from "./age.ts";
import { defaultAutoscaler } from "./autoscaler-defaults.ts";
import { validateAutoscaler, validateAutoscalerStatus } from "./autoscaler-validation.ts";
import { orUnset } from "./cell-text.ts";
import { eventCells, eventColumns } from "./core-cells.ts";
import { type BuiltinKind, defineKind } from "./define-kind.ts";
import { validateNewEvent } from "./event-validation.ts";
import { listAt, numberAt, stringAt, textAt, valueAt } from "./fields.ts";
import {
  defaultBinding,
  defaultCustomResourceDefinition,
  defaultPriorityClass,
  defaultWebhooks,
} from "./other-defaults.ts";
import {
  validateDisruptionBudget,
  validateDisruptionBudgetStatus,
  validateLease,
  validatePriorityClass,
  validateStorageClass,
} from "./policy-validation.ts";
import { validateBinding, validateClusterRole, validateRole } from "./rbac-validation.ts";
import { defaultStorageClass } from "./storage-defaults.ts";
import { validateWebhooks } from "./webhook-validation.ts";

const rbac = { group: "rbac.authorization.k8s.io", version: "v1" };
const admission = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  clusterScoped: true,
  generation: true,
} as const;
const createdAt = {
  columns: [["Name"], ["Created At", "date"]],
  cells: (object: KubeObject) => [object.metadata.name, object.metadata.creationTimestamp ?? null],
} as const;
const reviewVerbs = ["create"];
const authentication = {
  group: "authentication.k8s.io",
  version: "v1",
  clusterScoped: true,
  verbs: reviewVerbs,
} as const;
const authorization = { group: "authorization.k8s.io", version: "v1", verbs: reviewVerbs } as const;

/** Access, policy, extension and other cluster-level kinds. */
export const policyKinds = [
  defineKind({ ...rbac, ...createdAt, kind: "Role", model: "V1Role", plural: "roles", validate: validateRole }),
  defineKind({
    ...rbac,
    ...createdAt,
    kind: "ClusterRole",
    model: "V1ClusterRole",
    plural: "clusterroles",
    validate: validateClusterRole,
    clusterScoped: true,
  }),
  defineKind({
    ...rbac,
    ...bindingTable(),
    kind: "RoleBinding",
    model: "V1RoleBinding",
    plural: "rolebindings",
    defaults: defaultBinding,
    validate: validateBinding,
  }),
  defineKind({
    ...rbac,
    ...bindingTable(),
    kind: "ClusterRoleBinding",
    model: "V1ClusterRoleBinding",
    plural: "clusterrolebindings",
    clusterScoped: true,
    defaults: defaultBinding,
    validate: validateBinding,
  }),
  defineKind({
    group: "coordination.k8s.io",
    version: "v1",
    kind: "Lease",
    model: "V1Lease",
    validate: validateLease,
    plural: "leases",
    columns: [["Name"], ["Holder"], ["Age"]],
    cells: (object, now) => [object.metadata.name, stringAt(object, "spec", "holderIdentity") ?? "", age(object, now)],
  }),
  defineKind({
    group: "policy",
    version: "v1",
    kind: "PodDisruptionBudget",
    model: "V1PodDisruptionBudget",
    validate: validateDisruptionBudget,
    validateStatus: validateDisruptionBudgetStatus,
    plural: "poddisruptionbudgets",
    shortNames: ["pdb"],
    status: true,
    generation: true,
    columns: [["Name"], ["Min Available"], ["Max Unavailable"], ["Allowed Disruptions", "integer"], ["Age"]],
    cells: (object, now) => [
      object.metadata.name,
      textAt(object, "spec", "minAvailable") ?? "N/A",
      textAt(object, "spec", "maxUnavailable") ?? "N/A",
      numberAt(object, "status", "disruptionsAllowed") ?? 0,
      age(object, now),
    ],
  }),
  autoscaler("v2"),
  autoscaler("v1"),
  defineKind({
    group: "apiextensions.k8s.io",
    version: "v1",
    ...createdAt,
    kind: "CustomResourceDefinition",
    storedIn: ["apiextensions.k8s.io", "v1beta1"],
    model: "V1CustomResourceDefinition",
    plural: "customresourcedefinitions",
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    clusterScoped: true,
    status: true,
    generation: true,
    defaults: defaultCustomResourceDefinition,
    // The rules need more than what is here: see `crd-validation.ts`.
    validate: () => [],
    validateStatus: () => [],
    warnings: formatWarnings,
  }),
  defineKind({
    ...admission,
    ...webhookTable(),
    kind: "MutatingWebhookConfiguration",
    model: "V1MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
    categories: ["api-extensions"],
    defaults: defaultWebhooks,
    validate: validateWebhooks,
  }),
  defineKind({
    ...admission,
    ...webhookTable(),
    kind: "ValidatingWebhookConfiguration",
    model: "V1ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    categories: ["api-extensions"],
    defaults: defaultWebhooks,
    validate: validateWebhooks,
  }),
  defineKind({
    group: "events.k8s.io",
    version: "v1",
    kind: "Event",
    model: "EventsV1Event",
    validate: validateNewEvent,
    plural: "events",
    shortNames: ["ev"],
    notStored: true,
    storedIn: ["", "v1"],
    columns: eventColumns,
    cells: eventCells,
    selectableFields: (object) => ({
      "regarding.kind": stringAt(object, "regarding", "kind") ?? "",
      "regarding.namespace": stringAt(object, "regarding", "namespace") ?? "",
      "regarding.name": stringAt(object, "regarding", "name") ?? "",
      "regarding.uid": stringAt(object, "regarding", "uid") ?? "",
      "regarding.apiVersion": stringAt(object, "regarding", "apiVersion") ?? "",
      "regarding.resourceVersion": stringAt(object, "regarding", "resourceVersion") ?? "",
      "regarding.fieldPath": stringAt(object, "regarding", "fieldPath") ?? "",
      reason: stringAt(object, "reason") ?? "",
      reportingController: stringAt(object, "reportingController") ?? "",
      type: stringAt(object, "type") ?? "",
    }),
  }),
  defineKind({
    group: "storage.k8s.io",
    version: "v1",
    kind: "StorageClass",
    model: "V1StorageClass",
    plural: "storageclasses",
    shortNames: ["sc"],
    clusterScoped: true,
    columns: [["Name"], ["Provisioner"], ["ReclaimPolicy"], ["VolumeBindingMode"], ["AllowVolumeExpansion"], ["Age"]],
    cells: (object, now) => [
      object.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true"
        ? `${object.metadata.name} (default)`
        : object.metadata.name,
      stringAt(object, "provisioner") ?? "",
      stringAt(object, "reclaimPolicy") ?? "",
      orUnset(stringAt(object, "volumeBindingMode")),
      valueAt(object, "allowVolumeExpansion") === true,
      age(object, now),
    ],
    defaults: defaultStorageClass,
    validate: validateStorageClass,
  }),
  defineKind({
    group: "scheduling.k8s.io",
    version: "v1",
    kind: "PriorityClass",
    model: "V1PriorityClass",
    plural: "priorityclasses",
    shortNames: ["pc"],
    clusterScoped: true,
    generation: true,
    columns: [["Name"], ["Value", "integer"], ["Global-Default", "boolean"], ["Age"], ["PreemptionPolicy"]],
    cells: (object, now) => [
      object.metadata.name,
      numberAt(object, "value") ?? 0,
      valueAt(object, "globalDefault") === true,
      age(object, now),
      stringAt(object, "preemptionPolicy") ?? "",
    ],
    defaults: defaultPriorityClass,
    validate: validatePriorityClass,
  }),
  defineKind({ ...authentication, kind: "TokenReview", model: "V1TokenReview", plural: "tokenreviews" }),
  defineKind({
    ...authentication,
    kind: "SelfSubjectReview",
    model: "V1SelfSubjectReview",
    plural: "selfsubjectreviews",
  }),
  defineKind({
    ...authorization,
    clusterScoped: true,
    kind: "SubjectAccessReview",
    model: "V1SubjectAccessReview",
    plural: "subjectaccessreviews",
  }),
  defineKind({
    ...authorization,
    clusterScoped: true,
    kind: "SelfSubjectAccessReview",
    model: "V1SelfSubjectAccessReview",
    plural: "selfsubjectaccessreviews",
  }),
  defineKind({
    ...authorization,
    clusterScoped: true,
    kind: "SelfSubjectRulesReview",
    model: "V1SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
  }),
  defineKind({
    ...authorization,
    kind: "LocalSubjectAccessReview",
    model: "V1LocalSubjectAccessReview",
    plural: "localsubjectaccessreviews",
  }),
];

function age(object: KubeObject, now: number): string {
  return ageSince(object.metadata.creationTimestamp, now);
}

function bindingTable(): Pick<BuiltinKind, "columns" | "cells"> {
  return {
    columns: [
      ["Name"],
      ["Role"],
      ["Age"],
      ["Users", "string", 1],
      ["Groups", "string", 1],
      ["ServiceAccounts", "string", 1],
    ],
    cells: (object, now) => {
      const subjects = listAt(object, "subjects");
      const names = (kind: string): string =>
        subjects
          .filter((subject) => stringAt(subject, "kind") === kind)
          .map((subject) => {
            const name = stringAt(subject, "name") ?? "";
            return kind === "ServiceAccount" ? `${stringAt(subject, "namespace") ?? ""}/${name}` : name;
          })
          .join(", ");
      const role = `${stringAt(object, "roleRef", "kind") ?? ""}/${stringAt(object, "roleRef", "name") ?? ""}`;
      return [object.metadata.name, role, age(object, now), names("User"), names("Group"), names("ServiceAccount")];
    },
  };
}

function webhookTable(): Pick<BuiltinKind, "columns" | "cells"> {
  return {
    columns: [["Name"], ["Webhooks", "integer"], ["Age"]],
    cells: (object, now) => [object.metadata.name, listAt(object, "webhooks").length, age(object, now)],
  };
}

function autoscaler(version: "v1" | "v2"): ReturnType<typeof defineKind> {
  return defineKind({
    group: "autoscaling",
    version,
    kind: "HorizontalPodAutoscaler",
    model: version === "v1" ? "V1HorizontalPodAutoscaler" : "V2HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    shortNames: ["hpa"],
    categories: ["all"],
    status: true,
    ...(version === "v1" ? { notStored: true, storedIn: ["autoscaling", "v2"] as const } : {}),
    columns: [["Name"], ["Reference"], ["Targets"], ["MinPods"], ["MaxPods"], ["Replicas"], ["Age"]],
    cells: (object, now) => [
      object.metadata.name,
      `${stringAt(object, "spec", "scaleTargetRef", "kind") ?? ""}/${stringAt(object, "spec", "scaleTargetRef", "name") ?? ""}`,
      targetsText(object),
      String(numberAt(object, "spec", "minReplicas") ?? "<unset>"),
      numberAt(object, "spec", "maxReplicas") ?? 0,
      numberAt(object, "status", "currentReplicas") ?? 0,
      age(object, now),
    ],
    defaults: defaultAutoscaler,
    validate: validateAutoscaler,
    validateStatus: validateAutoscalerStatus,
  });
}

function targetsText(autoscalerObject: KubeObject): string {
  const single = numberAt(autoscalerObject, "spec", "targetCPUUtilizationPercentage");
  if (single !== undefined) {
    const current = numberAt(autoscalerObject, "status", "currentCPUUtilizationPercentage");
    return `cpu: ${current === undefined ? "<unknown>" : `${current}%`}/${single}%`;
  }
  const texts = listAt(autoscalerObject, "spec", "metrics").map((metric, index) => {
    const status = valueAt(autoscalerObject, "status", "currentMetrics", index);
    const name = stringAt(metric, "resource", "name") ?? stringAt(metric, "type") ?? "";
    const wanted = numberAt(metric, "resource", "target", "averageUtilization");
    const current = numberAt(status, "resource", "current", "averageUtilization");
    const target =
      wanted === undefined ? (stringAt(metric, "resource", "target", "averageValue") ?? "<auto>") : `${wanted}%`;
    return `${name}: ${current === undefined ? "<unknown>" : `${current}%`}/${target}`;
  });
  return texts.length === 0 ? "<none>" : texts.join(", ");
}
