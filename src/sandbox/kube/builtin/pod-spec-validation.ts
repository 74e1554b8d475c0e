import type { FieldError } from "../resource-definition.ts";
import { checkIp } from "./address-checks.ts";
import { validateContainers } from "./container-validation.ts";
import { duplicate, forbidden, invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, numberAt, objectsAt, stringAt, stringMapAt } from "./fields.ts";
import { validateLabels } from "./label-validation.ts";
import { dnsLabel, dnsSubdomain, qualifiedName } from "./name-rules.ts";
import { validateAffinity, validateSpread, validateTolerations } from "./scheduling-validation.ts";
import { validateVolumes } from "./volume-validation.ts";

const MAX_INT32 = 2_147_483_647;
const restartPolicies = ["Always", "Never", "OnFailure"];
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/** A pod's template in another object. */
export function validatePodTemplate(template: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [
    ...validateLabels(stringMapAt(template, "metadata", "labels"), `${path}.labels`),
    ...validatePodSpec(fieldsAt(template, "spec"), `${path}.spec`, false),
  ];
  if (listAt(template, "spec", "ephemeralContainers").length > 0) {
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"));
  }
  return errors;
}

/** The spec of a pod, or of a template for pods. */
export function validatePodSpec(spec: Fields, path: string, isPod: boolean): readonly FieldError[] {
  const volumes = new Set<string>();
  const volumeErrors = validateVolumes(spec, `${path}.volumes`, volumes);
  return [
    ...volumeErrors,
    ...validateContainers(spec, path, volumes),
    ...validateHostPorts(spec, path, isPod),
    ...oneOf(spec, "restartPolicy", restartPolicies, path),
    ...oneOf(spec, "dnsPolicy", dnsPolicies, path),
    ...validateLabels(stringMapAt(spec, "nodeSelector"), `${path}.nodeSelector`),
    ...validateAffinity(spec, `${path}.affinity`),
    ...validateDns(spec, `${path}.dnsConfig`),
    ...validateGates(spec, path),
    ...validateSpread(spec, `${path}.topologySpreadConstraints`),
    ...validateNames(spec, path),
    ...validateTolerations(spec, `${path}.tolerations`),
    ...validateAliases(spec, `${path}.hostAliases`),
    ...named(spec, "priorityClassName", path),
    ...named(spec, "runtimeClassName", path),
    ...oneOf(spec, "preemptionPolicy", ["PreemptLowerPriority", "Never"], path),
  ];
}

function oneOf(spec: Fields, field: string, allowed: readonly string[], path: string): readonly FieldError[] {
  const value = stringAt(spec, field);
  if (value === undefined || allowed.includes(value)) return [];
  return [notSupported(`${path}.${field}`, value, allowed)];
}

function named(spec: Fields, field: string, path: string): readonly FieldError[] {
  const value = stringAt(spec, field) ?? "";
  return value === "" ? [] : invalidBy(dnsSubdomain, `${path}.${field}`, value);
}

function validateHostPorts(spec: Fields, path: string, isPod: boolean): readonly FieldError[] {
  if (spec["hostNetwork"] !== true) return [];
  return objectsAt(spec, "containers").flatMap((container, index) =>
    objectsAt(container, "ports").flatMap((port, position) => {
      const host = numberAt(port, "hostPort") ?? 0;
      if ((!isPod && host === 0) || host === numberAt(port, "containerPort")) return [];
      const why = "must match `containerPort` when `hostNetwork` is true";
      return [invalidValue(`${path}.containers[${index}].ports[${position}].hostPort`, host, why)];
    }),
  );
}

function validateDns(spec: Fields, path: string): readonly FieldError[] {
  const config = spec["dnsConfig"];
  const servers = listAt(config, "nameservers").map(String);
  if (spec["dnsPolicy"] === "None") {
    if (config === undefined) return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")];
    const why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
    if (servers.length === 0) return [required(`${path}.nameservers`, why)];
  }
  const errors: FieldError[] = [];
  if (servers.length > 3) {
    errors.push(invalidValue(`${path}.nameservers`, servers, "must not have more than 3 nameservers"));
  }
  for (const [index, server] of servers.entries()) errors.push(...checkIp(`${path}.nameservers[${index}]`, server));
  for (const [index, option] of objectsAt(config, "options").entries()) {
    if ((stringAt(option, "name") ?? "") === "") {
      errors.push(required(`${path}.options[${index}]`, "must not be empty"));
    }
  }
  return errors;
}

function validateGates(spec: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = objectsAt(spec, "readinessGates").flatMap((gate, index) =>
    invalidBy(qualifiedName, `${path}.readinessGates[${index}].conditionType`, stringAt(gate, "conditionType") ?? ""),
  );
  const names = new Set<string>();
  for (const [index, gate] of objectsAt(spec, "schedulingGates").entries()) {
    const at = `${path}.schedulingGates[${index}]`;
    const name = stringAt(gate, "name") ?? "";
    errors.push(...invalidBy(qualifiedName, at, name));
    if (names.has(name)) errors.push(duplicate(at, name));
    names.add(name);
  }
  return errors;
}

function validateNames(spec: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [...named(spec, "serviceAccountName", path), ...named(spec, "nodeName", path)];
  const seconds = numberAt(spec, "activeDeadlineSeconds");
  if (seconds !== undefined && (seconds < 1 || seconds > MAX_INT32)) {
    const why = `must be between 1 and ${MAX_INT32}, inclusive`;
    errors.push(invalidValue(`${path}.activeDeadlineSeconds`, seconds, why));
  }
  for (const field of ["hostname", "subdomain"]) {
    const value = stringAt(spec, field) ?? "";
    if (value !== "") errors.push(...invalidBy(dnsLabel, `${path}.${field}`, value));
  }
  return errors;
}

function validateAliases(spec: Fields, path: string): readonly FieldError[] {
  return objectsAt(spec, "hostAliases").flatMap((alias, index) => [
    ...checkIp(`${path}[${index}].ip`, stringAt(alias, "ip") ?? ""),
    ...listAt(alias, "hostnames").flatMap((host, position) =>
      invalidBy(dnsSubdomain, `${path}[${index}].hostnames[${position}]`, String(host)),
    ),
  ]);
}
