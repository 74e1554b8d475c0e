import type { KubeObject } from "../resource-definition.ts";
import { ageSince, humanDuration } from "./age.ts";
import { containerCells, labelText, orNone, selectorText } from "./cell-text.ts";
import { type Column, defineKind } from "./define-kind.ts";
import { listAt, numberAt, stringAt, stringMapAt, valueAt } from "./fields.ts";
import { validateCronJob, validateJob } from "./job-validation.ts";
import { deploymentWarnings, jobTemplateWarnings, templateWarnings } from "./pod-warnings.ts";
import {
  defaultCronJob,
  defaultDaemonSet,
  defaultDeployment,
  defaultJob,
  defaultReplicaSet,
  defaultReplicationController,
  defaultStatefulSet,
} from "./workload-defaults.ts";
import {
  validateControllerRevision,
  validateDaemonSet,
  validateDeployment,
  validateReplicaSet,
  validateReplicationController,
  validateStatefulSet,
} from "./workload-validation.ts";

const apps = { group: "apps", version: "v1" };
const batch = { group: "batch", version: "v1" };
const all = ["all"];
const scale = { labelSelectorPath: ".status.selector" };
const templateColumns: readonly Column[] = [
  ["Containers", "string", 1],
  ["Images", "string", 1],
];
const selectorColumn: Column = ["Selector", "string", 1];

/** Workload kinds: `apps/v1`, `batch/v1` and the ReplicationController of the core group. */
export const workloadKinds = [
  defineKind({
    ...apps,
    kind: "Deployment",
    model: "V1Deployment",
    plural: "deployments",
    shortNames: ["deploy"],
    categories: all,
    status: true,
    scale,
    generation: true,
    columns: [["Name"], ["Ready"], ["Up-to-date"], ["Available"], ["Age"], ...templateColumns, selectorColumn],
    cells: (object, now) => [
      object.metadata.name,
      `${status(object, "readyReplicas")}/${replicas(object)}`,
      status(object, "updatedReplicas"),
      status(object, "availableReplicas"),
      ageSince(object.metadata.creationTimestamp, now),
      ...containerCells(valueAt(object, "spec", "template", "spec")),
      selectorText(valueAt(object, "spec", "selector")),
    ],
    defaults: defaultDeployment,
    validate: validateDeployment,
    warnings: deploymentWarnings,
  }),
  defineKind({
    ...apps,
    kind: "ReplicaSet",
    model: "V1ReplicaSet",
    plural: "replicasets",
    shortNames: ["rs"],
    categories: all,
    status: true,
    scale,
    generation: true,
    columns: [
      ["Name"],
      ["Desired", "integer"],
      ["Current", "integer"],
      ["Ready", "integer"],
      ["Age"],
      ...templateColumns,
      selectorColumn,
    ],
    cells: replicaSetCells,
    defaults: defaultReplicaSet,
    validate: validateReplicaSet,
    warnings: templateWarnings,
  }),
  defineKind({
    group: "",
    version: "v1",
    kind: "ReplicationController",
    model: "V1ReplicationController",
    plural: "replicationcontrollers",
    shortNames: ["rc"],
    categories: all,
    status: true,
    scale: {},
    generation: true,
    columns: [
      ["Name"],
      ["Desired", "integer"],
      ["Current", "integer"],
      ["Ready", "integer"],
      ["Age"],
      ...templateColumns,
      selectorColumn,
    ],
    cells: replicaSetCells,
    defaults: defaultReplicationController,
    validate: validateReplicationController,
    warnings: templateWarnings,
    selectableFields: (object) => ({ "status.replicas": String(status(object, "replicas")) }),
  }),
  defineKind({
    ...apps,
    kind: "StatefulSet",
    model: "V1StatefulSet",
    plural: "statefulsets",
    shortNames: ["sts"],
    categories: all,
    status: true,
    scale,
    generation: true,
    columns: [["Name"], ["Ready"], ["Age"], ...templateColumns],
    cells: (object, now) => [
      object.metadata.name,
      `${status(object, "readyReplicas")}/${replicas(object)}`,
      ageSince(object.metadata.creationTimestamp, now),
      ...containerCells(valueAt(object, "spec", "template", "spec")),
    ],
    defaults: defaultStatefulSet,
    validate: validateStatefulSet,
    warnings: templateWarnings,
  }),
  defineKind({
    ...apps,
    kind: "DaemonSet",
    model: "V1DaemonSet",
    plural: "daemonsets",
    shortNames: ["ds"],
    categories: all,
    status: true,
    generation: true,
    columns: [
      ["Name"],
      ["Desired", "integer"],
      ["Current", "integer"],
      ["Ready", "integer"],
      ["Up-to-date", "integer"],
      ["Available", "integer"],
      ["Node Selector"],
      ["Age"],
      ...templateColumns,
      selectorColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      status(object, "desiredNumberScheduled"),
      status(object, "currentNumberScheduled"),
      status(object, "numberReady"),
      status(object, "updatedNumberScheduled"),
      status(object, "numberAvailable"),
      labelText(stringMapAt(object, "spec", "template", "spec", "nodeSelector")),
      ageSince(object.metadata.creationTimestamp, now),
      ...containerCells(valueAt(object, "spec", "template", "spec")),
      selectorText(valueAt(object, "spec", "selector")),
    ],
    defaults: defaultDaemonSet,
    validate: validateDaemonSet,
    warnings: templateWarnings,
  }),
  defineKind({
    ...apps,
    kind: "ControllerRevision",
    model: "V1ControllerRevision",
    validate: validateControllerRevision,
    plural: "controllerrevisions",
    columns: [["Name"], ["Controller"], ["Revision"], ["Age"]],
    cells: (object, now) => {
      const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
      return [
        object.metadata.name,
        owner === undefined ? "<none>" : `${controllerType(owner)}/${owner.name}`,
        valueAt(object, "revision"),
        ageSince(object.metadata.creationTimestamp, now),
      ];
    },
  }),
  defineKind({
    ...batch,
    kind: "Job",
    model: "V1Job",
    plural: "jobs",
    categories: all,
    status: true,
    generation: true,
    columns: [["Name"], ["Status"], ["Completions"], ["Duration"], ["Age"], ...templateColumns, selectorColumn],
    cells: (object, now) => [
      object.metadata.name,
      jobStatus(object),
      `${status(object, "succeeded")}/${jobTarget(object)}`,
      jobDuration(object, now),
      ageSince(object.metadata.creationTimestamp, now),
      ...containerCells(valueAt(object, "spec", "template", "spec")),
      selectorText(valueAt(object, "spec", "selector")),
    ],
    defaults: defaultJob,
    validate: validateJob,
    warnings: templateWarnings,
    selectableFields: (object) => ({ "status.successful": String(status(object, "succeeded")) }),
  }),
  defineKind({
    ...batch,
    kind: "CronJob",
    model: "V1CronJob",
    plural: "cronjobs",
    shortNames: ["cj"],
    categories: all,
    status: true,
    generation: true,
    columns: [
      ["Name"],
      ["Schedule"],
      ["Timezone"],
      ["Suspend", "boolean"],
      ["Active", "integer"],
      ["Last Schedule"],
      ["Age"],
      ...templateColumns,
      selectorColumn,
    ],
    cells: (object, now) => {
      const last = stringAt(object, "status", "lastScheduleTime");
      const job = valueAt(object, "spec", "jobTemplate", "spec");
      return [
        object.metadata.name,
        stringAt(object, "spec", "schedule") ?? "",
        orNone(stringAt(object, "spec", "timeZone")),
        valueAt(object, "spec", "suspend") === true ? "True" : "False",
        listAt(object, "status", "active").length,
        last === undefined ? "<none>" : ageSince(last, now),
        ageSince(object.metadata.creationTimestamp, now),
        ...containerCells(valueAt(job, "template", "spec")),
        selectorText(valueAt(job, "selector")),
      ];
    },
    defaults: defaultCronJob,
    validate: validateCronJob,
    warnings: jobTemplateWarnings,
  }),
];

function replicaSetCells(object: KubeObject, now: number): readonly unknown[] {
  const selector = valueAt(object, "spec", "selector");
  return [
    object.metadata.name,
    replicas(object),
    status(object, "replicas"),
    status(object, "readyReplicas"),
    ageSince(object.metadata.creationTimestamp, now),
    ...containerCells(valueAt(object, "spec", "template", "spec")),
    object.kind === "ReplicaSet" ? selectorText(selector) : labelText(stringMapAt(selector)),
  ];
}

function replicas(object: KubeObject): number {
  return numberAt(object, "spec", "replicas") ?? 0;
}

function status(object: KubeObject, field: string): number {
  return numberAt(object, "status", field) ?? 0;
}

function controllerType(owner: { readonly apiVersion: string; readonly kind: string }): string {
  const group = owner.apiVersion.includes("/") ? `.${owner.apiVersion.split("/", 1)[0] ?? ""}` : "";
  return `${owner.kind.toLowerCase()}${group}`;
}

/** How many completions there are to be; where any one will do, of how many pods at a time. */
function jobTarget(job: KubeObject): string {
  const completions = numberAt(job, "spec", "completions");
  if (completions !== undefined) return String(completions);
  const parallelism = numberAt(job, "spec", "parallelism") ?? 0;
  return parallelism > 1 ? `1 of ${parallelism}` : "1";
}

function jobStatus(job: KubeObject): string {
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  const conditions = listAt(job, "status", "conditions");
  const holds = (type: string): boolean =>
    conditions.some((condition) => stringAt(condition, "type") === type && stringAt(condition, "status") === "True");
  return ["Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"].find(holds) ?? "Running";
}

function jobDuration(job: KubeObject, now: number): string {
  const start = Date.parse(stringAt(job, "status", "startTime") ?? "");
  if (Number.isNaN(start)) return "";
  const end = Date.parse(stringAt(job, "status", "completionTime") ?? "");
  return humanDuration((Number.isNaN(end) ? now : end) - start);
}
