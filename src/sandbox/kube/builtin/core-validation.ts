import { goJsonError } from "../go-json-error.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { checkRange } from "./address-checks.ts";
import { duplicate, forbidden, invalidBy, invalidValue, notSupported, required, tooLong } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { configKey, labelValue, qualifiedName } from "./name-rules.ts";
import { taintEffects } from "./scheduling-validation.ts";

const dataLimit = 1024 * 1024;

export function validateNode(node: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  // The API server takes taints for a part of the metadata here.
  const taints = validateTaints(objectsAt(node, "spec", "taints"), "metadata.taints");
  const ranges = listAt(node, "spec", "podCIDRs").map(String);
  if (old === undefined) {
    errors.push(...taints, ...ranges.flatMap((range, index) => checkRange(`spec.podCIDRs[${index}]`, range)));
    if (ranges.length > 1 && (ranges.length > 2 || new Set(ranges.map((range) => range.includes(":"))).size < 2)) {
      const why = "may specify no more than one CIDR for each IP family";
      errors.push(invalidValue("spec.podCIDRs", ranges, why));
    }
    return errors;
  }
  const seen = new Set<string>();
  for (const [index, address] of objectsAt(node, "status", "addresses").entries()) {
    const [Type, Address] = [stringAt(address, "type") ?? "", stringAt(address, "address") ?? ""];
    if (seen.has(`${Type} ${Address}`)) errors.push(duplicate(`status.addresses[${index}]`, { Type, Address }));
    seen.add(`${Type} ${Address}`);
  }
  const known = listAt(old, "spec", "podCIDRs");
  if (known.length > 0 && JSON.stringify(known) !== JSON.stringify(ranges)) {
    errors.push(forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  const before = stringAt(old, "spec", "providerID") ?? "";
  if (before !== "" && stringAt(node, "spec", "providerID") !== before) {
    errors.push(forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  return [...errors, ...taints];
}

function validateTaints(taints: readonly Fields[], path: string): readonly FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `${path}[${index}]`;
    const [key = "", value = "", effect = ""] = ["key", "value", "effect"].map((field) => stringAt(taint, field));
    const errors: FieldError[] = invalidBy(qualifiedName, `${at}.key`, key);
    const problems = labelValue(value);
    if (problems.length > 0) errors.push(invalidValue(`${at}.value`, value, problems.join(";")));
    if (effect === "") errors.push(required(`${at}.effect`));
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects));
    if (seen.has(`${key} ${effect}`)) {
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: taint["timeAdded"] ?? null };
      const repeated = duplicate(at, shown);
      errors.push({ ...repeated, detail: `${repeated.detail}: taints must be unique by key and effect pair` });
    }
    seen.add(`${key} ${effect}`);
    return errors;
  });
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
  if (size > dataLimit) errors.push(tooLong("[]", dataLimit));
  return [...errors, ...validateImmutable(config, old, ["data", "binaryData"])];
}

const secretKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

/** Types whose one key holds JSON. */
const dockerTypes = new Set(["kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson"]);

export function validateSecret(secret: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const data = fieldsAt(secret, "data");
  for (const key of Object.keys(data)) {
    errors.push(...configKey(key).map((problem) => invalidValue(`data[${key}]`, key, problem)));
  }
  const type = stringAt(secret, "type") ?? "";
  errors.push(...validateSecretType(secret, type, data));
  if (old !== undefined && type !== stringAt(old, "type")) {
    errors.push(invalidValue("type", type, "field is immutable"));
  }
  return [...errors, ...validateImmutable(secret, old, ["data"])];
}

function validateSecretType(secret: KubeObject, type: string, data: Fields): readonly FieldError[] {
  const account = "kubernetes.io/service-account.name";
  if (type === "kubernetes.io/service-account-token") {
    const isNamed = (secret.metadata.annotations?.[account] ?? "") !== "";
    return isNamed ? [] : [required(`metadata.annotations[${account}]`)];
  }
  if (type === "kubernetes.io/basic-auth") {
    if ("username" in data || "password" in data) return [];
    return [required("data[username]"), required("data[password]")];
  }
  const errors = (secretKeys[type] ?? []).filter((key) => !(key in data)).map((key) => required(`data[${key}]`));
  if (errors.length > 0 || !dockerTypes.has(type)) return errors;
  const [key = ""] = secretKeys[type] ?? [];
  const problem = goJsonError(Buffer.from(stringAt(data, key) ?? "", "base64").toString("utf8"));
  return problem === undefined ? [] : [invalidValue(`data[${key}]`, "<secret contents redacted>", problem)];
}

/** What the API server warns of: a certificate that no server can use. */
export function secretWarnings(secret: KubeObject): readonly string[] {
  if (stringAt(secret, "type") !== "kubernetes.io/tls") return [];
  for (const [key, what] of [
    ["tls.crt", "certificate"],
    ["tls.key", "key"],
  ] as const) {
    const text = Buffer.from(stringAt(fieldsAt(secret, "data"), key) ?? "", "base64").toString("utf8");
    if (!text.includes("-----BEGIN ")) return [`tls: failed to find any PEM data in ${what} input`];
  }
  return [];
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

/** The phase of a namespace says no more than whether it is being deleted. */
export function validateNamespaceStatus(namespace: KubeObject): readonly FieldError[] {
  const phase = stringAt(namespace, "status", "phase") ?? "";
  const [wanted, state] =
    namespace.metadata.deletionTimestamp === undefined ? ["Active", "empty"] : ["Terminating", "not empty"];
  if (phase === wanted) return [];
  return [invalidValue("status.Phase", phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`)];
}

export function nodeWarnings(node: KubeObject): readonly string[] {
  const isNamed = (stringAt(node, "spec", "externalID") ?? "") !== "";
  return isNamed ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : [];
}
