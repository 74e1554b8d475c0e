import type { FieldError, KubeObject } from "../resource-definition.ts";
import { duplicate, forbidden, invalidBy, invalidValue, required } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, objectsAt, stringAt, textAt } from "./fields.ts";
import { qualifiedName } from "./name-rules.ts";
import { compareQuantities } from "./quantity.ts";
import { checkContainerResourceName, checkQuotaResource, checkResourceName } from "./resource-validation.ts";

const limitTypes = ["Pod", "Container", "PersistentVolumeClaim"];
const scopes = [
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
];

export function validateLimitRange(range: KubeObject): readonly FieldError[] {
  const types = new Set<string>();
  return objectsAt(range, "spec", "limits").flatMap((limit, index) => {
    const path = `spec.limits[${index}]`;
    const type = stringAt(limit, "type") ?? "";
    const errors: FieldError[] = invalidBy(qualifiedName, `${path}.type`, type);
    if (errors.length === 0 && !type.includes("/") && !limitTypes.includes(type)) {
      errors.push(invalidValue(`${path}.type`, type, "must be a standard limit type or fully qualified"));
    }
    if (types.has(type)) errors.push(duplicate(`${path}.type`, type));
    types.add(type);
    return [...errors, ...validateAmounts(limit, type, path)];
  });
}

function validateAmounts(limit: Fields, type: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const checkName = type === "Pod" || type === "Container" ? checkContainerResourceName : checkResourceName;
  for (const field of ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]) {
    const amounts = Object.keys(fieldsAt(limit, field));
    if (type === "Pod" && (field === "default" || field === "defaultRequest")) {
      if (amounts.length > 0) errors.push(forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const name of amounts) {
      errors.push(...checkName(name, `${path}.${field}[${name}]`));
      names.add(name);
    }
  }
  const isSized = textAt(limit, "min", "storage") !== undefined || textAt(limit, "max", "storage") !== undefined;
  if (type === "PersistentVolumeClaim" && !isSized) {
    const why = "either minimum or maximum storage value is required, but neither was provided";
    errors.push(required(`${path}.limits`, why));
  }
  for (const name of names) errors.push(...validateOrder(limit, name, type, path));
  return errors;
}

function validateOrder(limit: Fields, name: string, type: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const at = (field: string): string | undefined =>
    type === "Pod" && field.startsWith("default") ? undefined : textAt(limit, field, name);
  const ordered = (low: string, high: string, told: string, shown: string, words: readonly [string, string]): void => {
    const [less, more] = [at(low), at(high)];
    if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) return;
    const why = `${words[0]} value ${less} is greater than ${words[1]} value ${more}`;
    errors.push(invalidValue(`${path}.${told}[${name}]`, at(shown), why));
  };
  ordered("min", "max", "min", "min", ["min", "max"]);
  ordered("min", "defaultRequest", "defaultRequest", "defaultRequest", ["min", "default request"]);
  ordered("defaultRequest", "max", "defaultRequest", "defaultRequest", ["default request", "max"]);
  ordered("defaultRequest", "default", "defaultRequest", "defaultRequest", ["default request", "default limit"]);
  ordered("min", "default", "default", "min", ["min", "default"]);
  ordered("default", "max", "default", "max", ["default", "max"]);
  const ratio = at("maxLimitRequestRatio");
  if (ratio !== undefined && compareQuantities(ratio, "1") < 0) {
    errors.push(invalidValue(`${path}.maxLimitRequestRatio[${name}]`, ratio, `ratio ${ratio} is less than 1`));
  }
  return errors;
}

export function validateQuota(quota: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = Object.entries(fieldsAt(quota, "spec", "hard")).flatMap(([name, value]) =>
    checkQuotaResource(name, String(value), `spec.hard[${name}]`),
  );
  const given = listAt(quota, "spec", "scopes").map(String);
  for (const scope of given) {
    if (!scopes.includes(scope)) errors.push(invalidValue("spec.scopes", given, "unsupported scope"));
  }
  for (const pair of [
    ["BestEffort", "NotBestEffort"],
    ["Terminating", "NotTerminating"],
  ]) {
    if (pair.every((scope) => given.includes(scope))) {
      errors.push(invalidValue("spec.scopes", given, "conflicting scopes"));
    }
  }
  return errors;
}
