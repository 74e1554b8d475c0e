import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, numberAt, stringAt, stringMapAt, valueAt } from "./fields.ts";
import { selectorMatches, validateLabelSelector } from "./label-validation.ts";
import { validatePodTemplate } from "./pod-validation.ts";

/** Deployment and ReplicaSet: the selector is required, matches the template and never changes. */
export function validateReplicated(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(object, "spec");
  return [
    ...nonNegative(spec, "replicas"),
    ...validateSelector(object, old),
    ...validateTemplate(spec, ["Always"]),
    ...(object.kind === "Deployment" ? validateStrategy(spec) : []),
  ];
}

export function validateStatefulSet(set: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(set, "spec");
  const errors: FieldError[] = [...nonNegative(spec, "replicas"), ...validateTemplate(spec, ["Always"])];
  if (old === undefined) return [...errors, ...validateSelector(set, old)];
  const mutable = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
  ];
  const rest = (object: KubeObject): string =>
    canonicalJson(
      Object.fromEntries(Object.entries(fieldsAt(object, "spec")).filter(([name]) => !mutable.includes(name))),
    );
  if (rest(set) !== rest(old)) {
    errors.push(
      forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return errors;
}

export function validateDaemonSet(set: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  return [...validateSelector(set, old), ...validateTemplate(fieldsAt(set, "spec"), ["Always"])];
}

export function validateJob(job: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(job, "spec");
  const errors: FieldError[] = [
    ...nonNegative(spec, "parallelism"),
    ...nonNegative(spec, "completions"),
    ...nonNegative(spec, "backoffLimit"),
    ...validateTemplate(spec, ["OnFailure", "Never"]),
  ];
  if (old === undefined) return errors;
  for (const field of ["completions", "template", "selector", "completionMode"]) {
    const before = valueAt(old, "spec", field);
    if (before !== undefined && canonicalJson(before) !== canonicalJson(spec[field])) {
      errors.push(invalidValue(`spec.${field}`, spec[field] ?? null, "field is immutable"));
    }
  }
  return errors;
}

export function validateCronJob(job: KubeObject): readonly FieldError[] {
  const schedule = stringAt(job, "spec", "schedule") ?? "";
  const errors: FieldError[] = [];
  if (job.metadata.name.length > 52) {
    errors.push(invalidValue("metadata.name", job.metadata.name, "must be no more than 52 characters"));
  }
  if (schedule === "") errors.push(required("spec.schedule"));
  else if (!/^@\w+( \S+)?$/.test(schedule) && schedule.trim().split(/\s+/).length !== 5) {
    const fields = schedule.trim().split(/\s+/);
    const message = `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`;
    errors.push(invalidValue("spec.schedule", schedule, message));
  }
  return errors;
}

function validateSelector(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const selector = valueAt(object, "spec", "selector");
  if (selector === undefined) return [required("spec.selector")];
  const errors: FieldError[] = [...validateLabelSelector(selector, "spec.selector")];
  const given = fieldsAt(selector);
  if (Object.keys(given).length === 0) {
    const message = `empty selector is invalid for ${object.kind.toLowerCase()}`;
    errors.push(invalidValue("spec.selector", selector, message));
  }
  const labels = stringMapAt(object, "spec", "template", "metadata", "labels");
  if (!selectorMatches(selector, labels)) {
    errors.push(invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  const before = valueAt(old, "spec", "selector");
  if (old !== undefined && canonicalJson(before) !== canonicalJson(selector)) {
    errors.push(invalidValue("spec.selector", selector, "field is immutable"));
  }
  return errors;
}

function validateTemplate(spec: Fields, restartPolicies: readonly string[]): readonly FieldError[] {
  const errors: FieldError[] = [...validatePodTemplate(spec["template"], "spec.template")];
  const policy = stringAt(spec, "template", "spec", "restartPolicy");
  if (policy !== undefined && !restartPolicies.includes(policy)) {
    errors.push(notSupported("spec.template.spec.restartPolicy", policy, restartPolicies));
  }
  return errors;
}

function validateStrategy(spec: Fields): readonly FieldError[] {
  const type = stringAt(spec, "strategy", "type") ?? "";
  if (type === "Recreate" && valueAt(spec, "strategy", "rollingUpdate") !== undefined) {
    return [forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== "Recreate" && type !== "RollingUpdate") {
    return [notSupported("spec.strategy.type", type, ["Recreate", "RollingUpdate"])];
  }
  const isZero = (value: unknown): boolean => value === 0 || value === "0%" || value === "0";
  const unavailable = valueAt(spec, "strategy", "rollingUpdate", "maxUnavailable");
  if (isZero(unavailable) && isZero(valueAt(spec, "strategy", "rollingUpdate", "maxSurge"))) {
    const path = "spec.strategy.rollingUpdate.maxUnavailable";
    return [invalidValue(path, unavailable, "may not be 0 when `maxSurge` is 0")];
  }
  return [];
}

function nonNegative(spec: Fields, field: string): readonly FieldError[] {
  const value = numberAt(spec, field);
  if (value === undefined || value >= 0) return [];
  return [invalidValue(`spec.${field}`, value, "must be greater than or equal to 0")];
}

/** The state that a revision keeps is never changed (`ValidateControllerRevision`). */
export function validateControllerRevision(revision: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const { data } = revision as { readonly data?: unknown };
  if (data === undefined || data === null) return [required("data", "data is mandatory")];
  if (old === undefined || canonicalJson(data) === canonicalJson(old["data"])) return [];
  return [invalidValue("data", data, "field is immutable")];
}
