import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidBy, invalidValue, nonNegative, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, isFields, numberAt, objectsAt, stringAt, textAt, valueAt } from "./fields.ts";
import { pathSegment } from "./name-rules.ts";
import { compareQuantities } from "./quantity.ts";

const metricTypes = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const sources: Readonly<Record<string, string>> = {
  Object: "object",
  External: "external",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
};
const MAX_WINDOW = 3600;
const MAX_PERIOD = 1800;

export function validateAutoscaler(autoscaler: KubeObject): readonly FieldError[] {
  const spec = fieldsAt(autoscaler, "spec");
  const errors: FieldError[] = [];
  const [least, most] = [numberAt(spec, "minReplicas"), numberAt(spec, "maxReplicas") ?? 0];
  // The API server checks against 0 or 1, by what metrics there are.
  if (least !== undefined && least < 1) {
    errors.push(invalidValue("spec.minReplicas", least, "must be greater than or equal to 1"));
  }
  if (most < 1) errors.push(required("spec.maxReplicas", "must be set and greater than 0"));
  if (least !== undefined && most < least) {
    errors.push(invalidValue("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"));
  }
  errors.push(...validateTarget(fieldsAt(spec, "scaleTargetRef"), "spec.scaleTargetRef"));
  const metrics = objectsAt(spec, "metrics");
  for (const [index, metric] of metrics.entries()) errors.push(...validateMetric(metric, `spec.metrics[${index}]`));
  const canReachZero = metrics.some(({ type }) => type === "Object" || type === "External");
  if (least === 0 && !canReachZero) {
    const why = "must specify at least one Object or External metric to support scaling to zero replicas";
    errors.push(forbidden("spec.metrics", why));
  }
  for (const direction of ["scaleUp", "scaleDown"]) {
    const rules = valueAt(spec, "behavior", direction);
    if (isFields(rules)) errors.push(...validateScaling(rules, `spec.behavior.${direction}`));
  }
  return errors;
}

export function validateAutoscalerStatus(autoscaler: KubeObject): readonly FieldError[] {
  return ["currentReplicas", "desiredReplicas"].flatMap((field) =>
    nonNegative(`status.${field}`, valueAt(autoscaler, "status", field)),
  );
}

function validateTarget(target: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ["kind", "name"]) {
    const value = stringAt(target, field) ?? "";
    if (value === "") errors.push(required(`${path}.${field}`));
    else errors.push(...invalidBy(pathSegment, `${path}.${field}`, value));
  }
  const version = stringAt(target, "apiVersion") ?? "";
  const isCore = version === "" || (!version.includes("/") && version !== "v1");
  if (isCore || version === "v1") {
    const allowed = version === "v1" && target["kind"] === "ReplicationController";
    if (!allowed) errors.push(invalidValue(`${path}.apiVersion`, version, "apiVersion must specify API group"));
  }
  return errors;
}

function validateMetric(metric: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(metric, "type") ?? "";
  if (type === "") errors.push(required(`${path}.type`, "must specify a metric source type"));
  const source = sources[type];
  if (source === undefined) {
    const wrong = notSupported(`${path}.type`, type, metricTypes);
    errors.push(wrong, wrong);
  }
  const present = Object.values(sources).filter((field) => metric[field] !== undefined);
  const [first] = present;
  if (first !== undefined) errors.push(...validateSource(fieldsAt(metric, first), first, `${path}.${first}`));
  if (source !== undefined && metric[source] === undefined) {
    errors.push(required(`${path}.${source}`, "must populate information for the given metric source"));
  }
  if (present.length === 1) return errors;
  for (const field of present) {
    if (field !== source) errors.push(forbidden(`${path}.${field}`, "must populate the given metric source only"));
  }
  return errors;
}

function validateSource(source: Fields, kind: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const isResource = kind === "resource" || kind === "containerResource";
  if (isResource && (stringAt(source, "name") ?? "") === "") {
    errors.push(required(`${path}.name`, "must specify a resource name"));
  }
  const target = fieldsAt(source, "target");
  const at = `${path}.target`;
  const type = stringAt(target, "type") ?? "";
  const types = ["AverageValue", "Utilization", "Value"];
  if (type === "") errors.push(required(`${at}.type`, "must specify a metric target type"));
  if (!types.includes(type)) errors.push(notSupported(`${at}.type`, type, types));
  for (const field of ["value", "averageValue"]) {
    const amount = textAt(target, field);
    if (amount !== undefined && compareQuantities(amount, "0") <= 0) {
      errors.push(invalidValue(`${at}.${field}`, amount, "must be positive"));
    }
  }
  const utilization = numberAt(target, "averageUtilization");
  if (utilization !== undefined && utilization < 1) {
    errors.push(invalidValue(`${at}.averageUtilization`, utilization, "must be greater than 0"));
  }
  if (!isResource) return errors;
  if (utilization === undefined && target["averageValue"] === undefined) {
    const why = "must set either a target raw value or a target utilization";
    errors.push(required(`${at}.averageUtilization`, why));
  }
  if (utilization !== undefined && target["averageValue"] !== undefined) {
    errors.push(forbidden(`${at}.averageValue`, "may not set both a target raw value and a target utilization"));
  }
  return errors;
}

function validateScaling(rules: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const window = numberAt(rules, "stabilizationWindowSeconds");
  const at = `${path}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0) {
    errors.push(invalidValue(at, window, "must be greater than or equal to zero"));
  }
  if (window !== undefined && window > MAX_WINDOW) {
    errors.push(invalidValue(at, window, `must be less than or equal to ${MAX_WINDOW}`));
  }
  const select = stringAt(rules, "selectPolicy");
  const selects = ["Disabled", "Max", "Min"];
  if (select !== undefined && !selects.includes(select)) {
    errors.push(notSupported(`${path}.selectPolicy`, select, selects));
  }
  const policies = objectsAt(rules, "policies");
  if (policies.length === 0) errors.push(required(`${path}.policies`, "must specify at least one Policy"));
  for (const [index, policy] of policies.entries()) {
    const place = `${path}.policies[${index}]`;
    const type = stringAt(policy, "type") ?? "";
    if (!["Pods", "Percent"].includes(type)) errors.push(notSupported(`${place}.type`, type, ["Percent", "Pods"]));
    for (const field of ["value", "periodSeconds"]) {
      const value = numberAt(policy, field) ?? 0;
      if (value <= 0) errors.push(invalidValue(`${place}.${field}`, value, "must be greater than zero"));
    }
    const period = numberAt(policy, "periodSeconds") ?? 0;
    if (period > MAX_PERIOD) {
      errors.push(invalidValue(`${place}.periodSeconds`, period, `must be less than or equal to ${MAX_PERIOD}`));
    }
  }
  return errors;
}
