import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidValue, notSupported, required, tooLong } from "./field-errors.ts";
import { fieldsAt, listAt, stringAt, valueAt } from "./fields.ts";
import { validateLabels } from "./label-validation.ts";
import { configKey } from "./name-rules.ts";

const dataLimit = 1024 * 1024;

export function validateNode(node: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, taint] of listAt(node, "spec", "taints").entries()) {
    const path = `spec.taints[${index}]`;
    const effect = stringAt(taint, "effect") ?? "";
    if (effect === "") errors.push(required(`${path}.effect`));
    else if (!["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(effect)) {
      errors.push(notSupported(`${path}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]));
    }
    errors.push(...validateLabels({ [stringAt(taint, "key") ?? ""]: stringAt(taint, "value") ?? "" }, path));
  }
  const ranges = listAt(old, "spec", "podCIDRs");
  if (ranges.length > 0 && JSON.stringify(ranges) !== JSON.stringify(listAt(node, "spec", "podCIDRs"))) {
    errors.push(forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  const before = stringAt(old, "spec", "providerID") ?? "";
  if (before !== "" && stringAt(node, "spec", "providerID") !== before) {
    errors.push(forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

export function validateConfigMap(config: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const data = fieldsAt(config, "data");
  for (const key of Object.keys(data)) {
    errors.push(...configKey(key).map((problem) => invalidValue(`data[${key}]`, key, problem)));
    if (key in fieldsAt(config, "binaryData")) {
      errors.push(invalidValue(`data[${key}]`, key, `duplicate of key present in binaryData`));
    }
  }
  for (const key of Object.keys(fieldsAt(config, "binaryData"))) {
    errors.push(...configKey(key).map((problem) => invalidValue(`binaryData[${key}]`, key, problem)));
  }
  const size = Object.values(data).reduce<number>((sum, value) => sum + String(value).length, 0);
  if (size > dataLimit) errors.push(tooLong("", dataLimit));
  return [...errors, ...validateImmutable(config, old, ["data", "binaryData"])];
}

const secretKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

export function validateSecret(secret: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const data = fieldsAt(secret, "data");
  for (const key of Object.keys(data)) {
    errors.push(...configKey(key).map((problem) => invalidValue(`data[${key}]`, key, problem)));
  }
  const type = stringAt(secret, "type") ?? "";
  for (const key of secretKeys[type] ?? []) if (!(key in data)) errors.push(required(`data[${key}]`));
  if (old !== undefined && type !== stringAt(old, "type")) {
    errors.push(invalidValue("type", type, "field is immutable"));
  }
  return [...errors, ...validateImmutable(secret, old, ["data"])];
}

function validateImmutable(
  object: KubeObject,
  old: KubeObject | undefined,
  fields: readonly string[],
): readonly FieldError[] {
  if (old?.["immutable"] !== true) return [];
  return ["immutable", ...fields]
    .filter((field) => JSON.stringify(valueAt(object, field)) !== JSON.stringify(old[field]))
    .map((field) => forbidden(field, "field is immutable when `immutable` is set"));
}
