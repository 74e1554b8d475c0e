import type { FieldError, KubeObject } from "../resource-definition.ts";
import { checkIp, isIpText } from "./address-checks.ts";
import { forbidden, invalidBy, invalidValue, notSupported, required, tooLong } from "./field-errors.ts";
import { fieldsAt, listAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { dnsLabel, dnsSubdomain, pathSegment, portName, portNumber, wildcardSubdomain } from "./name-rules.ts";
import { checkBalancerHost } from "./service-validation.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const classAnnotation = "kubernetes.io/ingress.class";

export function validateIngress(ingress: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(ingress, "spec");
  const errors: FieldError[] = [];
  const className = stringAt(spec, "ingressClassName");
  const rules = listAt(spec, "rules");
  const backend = valueAt(spec, "defaultBackend");
  if (rules.length === 0 && backend === undefined) {
    errors.push(invalidValue("spec", null, "either `defaultBackend` or `rules` must be specified"));
  }
  if (backend !== undefined) errors.push(...validateBackend(backend, "spec.defaultBackend"));
  for (const [index, rule] of rules.entries()) errors.push(...validateRule(rule, `spec.rules[${index}]`));
  for (const [index, tls] of listAt(spec, "tls").entries()) {
    for (const [position, host] of listAt(tls, "hosts").entries()) {
      const path = `spec.tls[${index}].hosts[${position}]`;
      const rule = String(host).includes("*") ? wildcardSubdomain : dnsSubdomain;
      errors.push(...invalidBy(rule, path, String(host)));
    }
    const secret = stringAt(tls, "secretName") ?? "";
    if (secret !== "") errors.push(...invalidBy(dnsSubdomain, `spec.tls[${index}].secretName`, secret));
  }
  if (className !== undefined) errors.push(...invalidBy(dnsSubdomain, "spec.ingressClassName", className));
  const annotated = ingress.metadata.annotations?.[classAnnotation];
  if (old === undefined && annotated !== undefined && className !== undefined && annotated !== className) {
    const path = `annotations.${classAnnotation}`;
    errors.push(invalidValue(path, annotated, "must match `ingressClassName` when both are specified"));
  }
  return errors;
}

/** What the status may say of the load balancer. */
export function validateIngressStatus(ingress: KubeObject, old: KubeObject): readonly FieldError[] {
  const entries = (object: KubeObject): readonly unknown[] => objectsAt(object, "status", "loadBalancer", "ingress");
  const known = entries(old).map((entry) => stringAt(entry, "ip") ?? "");
  return entries(ingress).flatMap((entry, index) => {
    const path = `status.loadBalancer.ingress[${index}]`;
    const ip = stringAt(entry, "ip") ?? "";
    return [...(ip === "" ? [] : checkIp(`${path}.ip`, ip, known)), ...checkBalancerHost(entry, path)];
  });
}

function validateRule(rule: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const host = stringAt(rule, "host") ?? "";
  if (host !== "") {
    if (isIpText(host)) errors.push(invalidValue(`${path}.host`, host, "must be a DNS name, not an IP address"));
    errors.push(...invalidBy(host.includes("*") ? wildcardSubdomain : dnsSubdomain, `${path}.host`, host));
  }
  const http = valueAt(rule, "http");
  if (http === undefined) return errors;
  const paths = listAt(http, "paths");
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  for (const [index, entry] of paths.entries()) errors.push(...validatePath(entry, `${path}.http.paths[${index}]`));
  return errors;
}

function validatePath(entry: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const pathType = stringAt(entry, "pathType");
  const value = stringAt(entry, "path") ?? "";
  if (pathType === undefined) return [required(`${path}.pathType`, "pathType must be specified")];
  if (pathType === "ImplementationSpecific") {
    if (value !== "" && !value.startsWith("/"))
      errors.push(invalidValue(`${path}.path`, value, "must be an absolute path"));
  } else if (pathTypes.includes(pathType)) {
    if (!value.startsWith("/")) errors.push(invalidValue(`${path}.path`, value, "must be an absolute path"));
    for (const sequence of ["//", "/./", "/../", "%2f", "%2F"]) {
      if (value.includes(sequence)) errors.push(invalidValue(`${path}.path`, value, `must not contain '${sequence}'`));
    }
    for (const suffix of ["/..", "/."]) {
      if (value.endsWith(suffix)) errors.push(invalidValue(`${path}.path`, value, `cannot end with '${suffix}'`));
    }
  } else errors.push(notSupported(`${path}.pathType`, pathType, pathTypes));
  return [...errors, ...validateBackend(valueAt(entry, "backend"), `${path}.backend`)];
}

function validateBackend(backend: unknown, path: string): readonly FieldError[] {
  const service = valueAt(backend, "service");
  const resource = valueAt(backend, "resource");
  if (resource !== undefined && service !== undefined) {
    return [invalidValue(path, "", "cannot set both resource and service backends")];
  }
  if (resource !== undefined) return checkReference(resource, `${path}.resource`);
  if (service === undefined) return [invalidValue(path, "", "resource or service backend is required")];
  const errors: FieldError[] = [];
  const name = stringAt(service, "name") ?? "";
  if (name === "") errors.push(required(`${path}.service.name`));
  else errors.push(...invalidBy(dnsLabel, `${path}.service.name`, name));
  const givenName = stringAt(service, "port", "name") ?? "";
  const number = valueAt(service, "port", "number");
  const hasNumber = number !== undefined && number !== 0;
  const at = `${path}.service.port`;
  if (givenName !== "" && hasNumber) errors.push(invalidValue(path, "", "cannot set both port name & port number"));
  else if (givenName !== "") errors.push(...invalidBy(portName, `${at}.name`, givenName));
  else if (hasNumber)
    errors.push(...portNumber(number).map((problem) => invalidValue(`${at}.number`, number, problem)));
  else errors.push(required(path, "port name or number is required"));
  return errors;
}

/** A reference by group, kind and name. */
function checkReference(reference: unknown, path: string): readonly FieldError[] {
  const group = stringAt(reference, "apiGroup");
  const errors: FieldError[] = group === undefined ? [] : invalidBy(dnsSubdomain, `${path}.apiGroup`, group);
  for (const field of ["kind", "name"]) {
    const value = stringAt(reference, field) ?? "";
    if (value === "") errors.push(required(`${path}.${field}`));
    else errors.push(...invalidBy(pathSegment, `${path}.${field}`, value));
  }
  return errors;
}

const MAX_CONTROLLER = 250;
const scopes = ["Cluster", "Namespace"];

export function validateIngressClass(ingressClass: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const controller = stringAt(ingressClass, "spec", "controller") ?? "";
  if (old !== undefined && stringAt(old, "spec", "controller") !== controller) {
    errors.push(invalidValue("spec.controller", controller, "field is immutable"));
  }
  if (controller.length > MAX_CONTROLLER) errors.push(tooLong("spec.controller", MAX_CONTROLLER));
  errors.push(...checkPrefixedPath("spec.controller", controller));
  const parameters = valueAt(ingressClass, "spec", "parameters");
  if (parameters === undefined) return errors;
  const path = "spec.parameters";
  errors.push(...checkReference(parameters, path));
  const scope = stringAt(parameters, "scope");
  const namespace = stringAt(parameters, "namespace");
  if (scope === undefined) return [...errors, required(`${path}.scope`)];
  if (!scopes.includes(scope)) return [...errors, notSupported(`${path}.scope`, scope, scopes)];
  if (scope === "Namespace" && namespace === undefined) {
    errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  } else if (scope === "Namespace" && namespace !== undefined) {
    errors.push(...invalidBy(dnsLabel, `${path}.namespace`, namespace));
  } else if (namespace !== undefined) {
    errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}

/** A path whose first part is a domain, such as `example.com/controller`. */
function checkPrefixedPath(field: string, value: string): readonly FieldError[] {
  if (value === "") return [required(field)];
  const slash = value.indexOf("/");
  const [host, path] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (host === "" || path === "") {
    return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const pattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
  const fits = new RegExp(`^${pattern}$`).test(path);
  const why = `Invalid path (regex used for validation is '${pattern}')`;
  return [...invalidBy(dnsSubdomain, field, host), ...(fits ? [] : [invalidValue(field, path, why)])];
}

/** The annotation that named the class before there was a field for it. */
export function ingressWarnings(ingress: KubeObject, old: KubeObject | undefined): readonly string[] {
  const annotation = "kubernetes.io/ingress.class";
  const isOldStyle =
    ingress.metadata.annotations?.[annotation] !== undefined &&
    stringAt(ingress, "spec", "ingressClassName") === undefined;
  if (old !== undefined || !isOldStyle) return [];
  return [`annotation ${JSON.stringify(annotation)} is deprecated, please use 'spec.ingressClassName' instead`];
}
