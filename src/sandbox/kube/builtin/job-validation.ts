import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { cronProblem } from "./cron-schedule.ts";
import { invalidValue, nonNegative, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, numberAt, stringAt, stringMapAt } from "./fields.ts";
import { isUsableSelector, selectorMatches, validateLabelSelector } from "./label-validation.ts";
import { dnsLabel } from "./name-rules.ts";
import { validatePodTemplate } from "./pod-spec-validation.ts";

const counts = ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"];
const fixed = [
  "selector",
  "template",
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
];
const concurrencyPolicies = ["Allow", "Forbid", "Replace"];
const MAX_CRON_NAME = 52;

export function validateJob(job: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(job, "spec");
  const errors: FieldError[] = [...validateJobSpec(spec, "spec"), ...validateSelector(spec)];
  if (old !== undefined) return [...errors, ...validateUpdate(spec, fieldsAt(old, "spec"))];
  const last = `${job.metadata.name}-${(numberAt(spec, "completions") ?? 0) - 1}`;
  const isIndexed = spec["completionMode"] === "Indexed" && (numberAt(spec, "completions") ?? 0) > 0;
  if (isIndexed && dnsLabel(last).length > 0) {
    const why = `will not able to create pod with invalid DNS label: ${last}`;
    errors.push(invalidValue("metadata.name", job.metadata.name, why));
  }
  return errors;
}

export function validateCronJob(job: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(job, "spec");
  const schedule = stringAt(spec, "schedule") ?? "";
  const errors: FieldError[] = [];
  if (schedule === "") errors.push(required("spec.schedule"));
  else {
    const problem = cronProblem(schedule);
    if (problem !== undefined) errors.push(invalidValue("spec.schedule", schedule, problem));
    const zoned = stringAt(old, "spec", "schedule")?.includes("TZ") === true;
    if (schedule.includes("TZ") && !zoned) {
      const why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
      errors.push(invalidValue("spec.schedule", schedule, why));
    }
  }
  errors.push(...nonNegative("spec.startingDeadlineSeconds", spec["startingDeadlineSeconds"]), ...validateZone(spec));
  const policy = stringAt(spec, "concurrencyPolicy") ?? "";
  if (!concurrencyPolicies.includes(policy)) {
    errors.push(notSupported("spec.concurrencyPolicy", policy, concurrencyPolicies));
  }
  errors.push(...validateJobSpec(fieldsAt(spec, "jobTemplate", "spec"), "spec.jobTemplate.spec"));
  errors.push(...nonNegative("spec.successfulJobsHistoryLimit", spec["successfulJobsHistoryLimit"]));
  errors.push(...nonNegative("spec.failedJobsHistoryLimit", spec["failedJobsHistoryLimit"]));
  if (old === undefined && job.metadata.name.length > MAX_CRON_NAME) {
    errors.push(invalidValue("metadata.name", job.metadata.name, "must be no more than 52 characters"));
  }
  return errors;
}

function validateJobSpec(spec: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = counts.flatMap((field) => nonNegative(`${path}.${field}`, spec[field]));
  const mode = stringAt(spec, "completionMode");
  const modes = ["NonIndexed", "Indexed"];
  if (mode !== undefined && !modes.includes(mode)) errors.push(notSupported(`${path}.completionMode`, mode, modes));
  if (mode === "Indexed") {
    if (spec["completions"] === undefined) {
      errors.push(required(`${path}.completions`, "when completion mode is Indexed"));
    }
  } else {
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"]) {
      if (spec[field] === undefined) continue;
      errors.push(invalidValue(`${path}.${field}`, spec[field], "requires indexed completion mode"));
    }
  }
  errors.push(...validatePodTemplate(spec["template"], `${path}.template`));
  const policy = stringAt(spec, "template", "spec", "restartPolicy") ?? "";
  const at = `${path}.template.spec.restartPolicy`;
  if (policy === "Always" || policy === "") errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  else if (!["OnFailure", "Never"].includes(policy)) errors.push(notSupported(at, policy, ["OnFailure", "Never"]));
  return errors;
}

function validateSelector(spec: Fields): readonly FieldError[] {
  const { selector } = spec;
  if (selector === undefined) return [required("spec.selector")];
  const errors: FieldError[] = [...validateLabelSelector(selector, "spec.selector")];
  const labels = stringMapAt(spec, "template", "metadata", "labels");
  if (isUsableSelector(selector) && !selectorMatches(selector, labels)) {
    errors.push(invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  return errors;
}

function validateUpdate(spec: Fields, old: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  const changed = (field: string): boolean => canonicalJson(old[field] ?? null) !== canonicalJson(spec[field] ?? null);
  const isFixed = (field: string): FieldError =>
    invalidValue(`spec.${field}`, spec[field] ?? null, "field is immutable");
  if (changed("completions")) {
    if (spec["completionMode"] !== "Indexed") errors.push(isFixed("completions"));
    else if (spec["completions"] !== undefined && spec["completions"] !== spec["parallelism"]) {
      const why = "can only be modified in tandem with spec.parallelism";
      errors.push(invalidValue("spec.completions", spec["completions"], why));
    }
  }
  return [...errors, ...fixed.filter(changed).map(isFixed)];
}

function validateZone(spec: Fields): readonly FieldError[] {
  const zone = stringAt(spec, "timeZone");
  if (zone === undefined) return [];
  const path = "spec.timeZone";
  if (zone === "") return [invalidValue(path, zone, "timeZone must be nil or non-empty string")];
  if (zone.toLowerCase() === "local") {
    const why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    return [invalidValue(path, zone, why)];
  }
  return isKnownZone(zone) ? [] : [invalidValue(path, zone, `unknown time zone ${zone}`)];
}

function isKnownZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
