import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidBy, invalidValue, nonNegative, notSupported, required } from "./field-errors.ts";
import { fieldsAt, numberAt, stringAt, valueAt } from "./fields.ts";
import { validateLabelSelector } from "./label-validation.ts";
import { qualifiedName } from "./name-rules.ts";
import { checkAtMostAll, checkCountOrPercent } from "./percent-checks.ts";

const HIGHEST_PRIORITY = 1_000_000_000;
const systemPriorities: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

export function validateDisruptionBudget(budget: KubeObject): readonly FieldError[] {
  const spec = fieldsAt(budget, "spec");
  const { minAvailable, maxUnavailable, selector } = spec;
  const eviction = stringAt(spec, "unhealthyPodEvictionPolicy");
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: eviction ?? null,
    };
    errors.push(invalidValue("spec", shown, "minAvailable and maxUnavailable cannot be both set"));
  }
  for (const field of ["minAvailable", "maxUnavailable"]) {
    errors.push(...checkCountOrPercent(`spec.${field}`, spec[field]), ...checkAtMostAll(`spec.${field}`, spec[field]));
  }
  errors.push(...validateLabelSelector(selector, "spec.selector"));
  const policies = ["AlwaysAllow", "IfHealthyBudget"];
  if (eviction !== undefined && !policies.includes(eviction)) {
    errors.push(notSupported("spec.unhealthyPodEvictionPolicy", eviction, policies));
  }
  return errors;
}

export function validateDisruptionBudgetStatus(budget: KubeObject): readonly FieldError[] {
  return ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"].flatMap((field) =>
    nonNegative(`status.${field}`, valueAt(budget, "status", field)),
  );
}

export function validateLease(lease: KubeObject): readonly FieldError[] {
  const spec = fieldsAt(lease, "spec");
  const seconds = numberAt(spec, "leaseDurationSeconds");
  const errors: FieldError[] = [];
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalidValue("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
  }
  errors.push(...nonNegative("spec.leaseTransitions", spec["leaseTransitions"]));
  if ((stringAt(spec, "preferredHolder") ?? "") !== "" && (stringAt(spec, "strategy") ?? "") === "") {
    errors.push(forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined"));
  }
  return errors;
}

export function validatePriorityClass(priority: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const { name } = priority.metadata;
  const value = numberAt(priority, "value") ?? 0;
  const policy = stringAt(priority, "preemptionPolicy");
  if (old !== undefined) {
    return [
      ...(value === numberAt(old, "value") ? [] : [forbidden("value", "may not be changed in an update.")]),
      ...fixedFields(priority, old, ["preemptionPolicy"]),
    ];
  }
  const errors: FieldError[] = [];
  if (name.startsWith("system-") && systemPriorities[name] !== value) {
    const problem =
      systemPriorities[name] === undefined
        ? `${name} is not a known system priority class`
        : `value of ${name} PriorityClass must be ${systemPriorities[name]}`;
    const why = `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`;
    errors.push(forbidden("metadata.name", why));
  } else if (!name.startsWith("system-") && value > HIGHEST_PRIORITY) {
    errors.push(forbidden("value", `maximum allowed value of a user defined priority is ${HIGHEST_PRIORITY}`));
  }
  const policies = ["PreemptLowerPriority", "Never"];
  if (policy !== undefined && !policies.includes(policy)) {
    errors.push(notSupported("preemptionPolicy", policy, policies));
  }
  return errors;
}

export function validateStorageClass(storage: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  if (old !== undefined) {
    return fixedFields(storage, old, ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"]);
  }
  const errors: FieldError[] = [];
  const provisioner = stringAt(storage, "provisioner") ?? "";
  if (provisioner === "") errors.push(required("provisioner"));
  else errors.push(...invalidBy(qualifiedName, "provisioner", provisioner.toLowerCase()));
  for (const [field, allowed] of [
    ["reclaimPolicy", ["Delete", "Retain"]],
    ["volumeBindingMode", ["Immediate", "WaitForFirstConsumer"]],
  ] as const) {
    const value = stringAt(storage, field);
    if (value !== undefined && !(allowed as readonly string[]).includes(value)) {
      errors.push(notSupported(field, value, allowed));
    }
  }
  return errors;
}

function fixedFields(object: KubeObject, old: KubeObject, fields: readonly string[]): readonly FieldError[] {
  return fields
    .filter((field) => canonicalJson(object[field] ?? null) !== canonicalJson(old[field] ?? null))
    .map((field) => invalidValue(field, object[field] ?? null, "field is immutable"));
}
