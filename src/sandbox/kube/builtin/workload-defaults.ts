import type { KubeObject } from "../resource-definition.ts";
import { ensureFields, type Fields, isFields, objectsAt, setDefault, stringMapAt, valueAt } from "./fields.ts";
import { defaultPodTemplate } from "./pod-defaults.ts";
import { defaultVolumeClaim } from "./storage-defaults.ts";

const maxInt32 = 2_147_483_647;

export function defaultDeployment(deployment: KubeObject): void {
  const spec = ensureFields(deployment, "spec");
  setDefault(spec, "replicas", 1);
  setDefault(spec, "revisionHistoryLimit", 10);
  setDefault(spec, "progressDeadlineSeconds", 600);
  const strategy = ensureFields(spec, "strategy");
  setDefault(strategy, "type", "RollingUpdate");
  if (strategy["type"] === "RollingUpdate") {
    const rolling = ensureFields(strategy, "rollingUpdate");
    setDefault(rolling, "maxUnavailable", "25%");
    setDefault(rolling, "maxSurge", "25%");
  }
  finish(deployment, spec, {});
}

export function defaultReplicaSet(set: KubeObject): void {
  const spec = ensureFields(set, "spec");
  setDefault(spec, "replicas", 1);
  finish(set, spec, { replicas: 0 });
}

/** The old kind takes selector and labels from its template. */
export function defaultReplicationController(controller: KubeObject): void {
  const spec = ensureFields(controller, "spec");
  setDefault(spec, "replicas", 1);
  const labels = stringMapAt(spec, "template", "metadata", "labels");
  if (Object.keys(labels).length > 0) {
    if (Object.keys(stringMapAt(spec, "selector")).length === 0) spec["selector"] = { ...labels };
    if (Object.keys(controller.metadata.labels ?? {}).length === 0) controller.metadata.labels = { ...labels };
  }
  finish(controller, spec, { replicas: 0 });
}

export function defaultStatefulSet(set: KubeObject): void {
  const spec = ensureFields(set, "spec");
  setDefault(spec, "replicas", 1);
  setDefault(spec, "revisionHistoryLimit", 10);
  setDefault(spec, "podManagementPolicy", "OrderedReady");
  const strategy = ensureFields(spec, "updateStrategy");
  setDefault(strategy, "type", "RollingUpdate");
  if (strategy["type"] === "RollingUpdate") setDefault(ensureFields(strategy, "rollingUpdate"), "partition", 0);
  const retention = ensureFields(spec, "persistentVolumeClaimRetentionPolicy");
  setDefault(retention, "whenDeleted", "Retain");
  setDefault(retention, "whenScaled", "Retain");
  for (const claim of objectsAt(spec, "volumeClaimTemplates")) {
    setDefault(claim, "apiVersion", "v1");
    setDefault(claim, "kind", "PersistentVolumeClaim");
    defaultVolumeClaim(claim as unknown as KubeObject);
  }
  finish(set, spec, { replicas: 0, availableReplicas: 0 });
}

export function defaultDaemonSet(set: KubeObject): void {
  // What is left of a field of the first versions of the kind.
  set.metadata.annotations = { "deprecated.daemonset.template.generation": "1", ...set.metadata.annotations };
  const spec = ensureFields(set, "spec");
  setDefault(spec, "revisionHistoryLimit", 10);
  const strategy = ensureFields(spec, "updateStrategy");
  setDefault(strategy, "type", "RollingUpdate");
  if (strategy["type"] === "RollingUpdate") {
    const rolling = ensureFields(strategy, "rollingUpdate");
    setDefault(rolling, "maxUnavailable", 1);
    setDefault(rolling, "maxSurge", 0);
  }
  const zero = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
  finish(set, spec, zero);
}

export function defaultJob(job: KubeObject): void {
  const spec = ensureFields(job, "spec");
  defaultJobSpec(spec);
  const uid = job.metadata.uid;
  if (uid !== undefined && spec["manualSelector"] !== true && spec["selector"] === undefined) {
    const own = { "batch.kubernetes.io/controller-uid": uid, "controller-uid": uid };
    const names = { "batch.kubernetes.io/job-name": job.metadata.name, "job-name": job.metadata.name };
    spec["selector"] = { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
    const metadata = ensureFields(ensureFields(spec, "template"), "metadata");
    metadata["labels"] = { ...stringMapAt(metadata, "labels"), ...own, ...names };
  }
  const labels = stringMapAt(spec, "template", "metadata", "labels");
  if (Object.keys(labels).length > 0 && Object.keys(job.metadata.labels ?? {}).length === 0)
    job.metadata.labels = labels;
  finish(job, spec, {});
}

export function defaultCronJob(job: KubeObject): void {
  const spec = ensureFields(job, "spec");
  setDefault(spec, "concurrencyPolicy", "Allow");
  setDefault(spec, "suspend", false);
  setDefault(spec, "successfulJobsHistoryLimit", 3);
  setDefault(spec, "failedJobsHistoryLimit", 1);
  const template = valueAt(spec, "jobTemplate", "spec");
  if (isFields(template)) defaultPodTemplate(template["template"]);
  setDefault(job, "status", {});
}

function defaultJobSpec(spec: Fields): void {
  if (spec["completions"] === undefined && spec["parallelism"] === undefined) spec["completions"] = 1;
  setDefault(spec, "parallelism", 1);
  setDefault(spec, "backoffLimit", spec["backoffLimitPerIndex"] === undefined ? 6 : maxInt32);
  setDefault(spec, "completionMode", "NonIndexed");
  setDefault(spec, "suspend", false);
  setDefault(spec, "manualSelector", false);
  setDefault(spec, "podReplacementPolicy", spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed");
}

function finish(object: KubeObject, spec: Fields, status: Fields): void {
  defaultPodTemplate(spec["template"]);
  setDefault(object, "status", status);
}
