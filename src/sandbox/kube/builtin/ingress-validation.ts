import ipaddr from "ipaddr.js";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidValue, notSupported, required } from "./field-errors.ts";
import { fieldsAt, listAt, stringAt, valueAt } from "./fields.ts";
import { dns1035Label, dnsSubdomain, type NameRule, portName, portNumber, wildcardSubdomain } from "./name-rules.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const classAnnotation = "kubernetes.io/ingress.class";

export function validateIngress(ingress: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(ingress, "spec");
  const errors: FieldError[] = [];
  const className = stringAt(spec, "ingressClassName");
  const annotated = ingress.metadata.annotations?.[classAnnotation];
  if (old === undefined && annotated !== undefined && className !== undefined && annotated !== className) {
    const path = `metadata.annotations.${classAnnotation}`;
    errors.push(invalidValue(path, annotated, "must match `ingressClassName` when both are specified"));
  }
  const rules = listAt(spec, "rules");
  const backend = valueAt(spec, "defaultBackend");
  if (rules.length === 0 && backend === undefined) {
    errors.push(invalidValue("spec", rules, "either `defaultBackend` or `rules` must be specified"));
  }
  if (backend !== undefined) errors.push(...validateBackend(backend, "spec.defaultBackend"));
  for (const [index, rule] of rules.entries()) errors.push(...validateRule(rule, `spec.rules[${index}]`));
  for (const [index, tls] of listAt(spec, "tls").entries()) {
    for (const [position, host] of listAt(tls, "hosts").entries()) {
      const path = `spec.tls[${index}].hosts[${position}]`;
      const rule = String(host).includes("*") ? wildcardSubdomain : dnsSubdomain;
      errors.push(...named(rule, String(host), path));
    }
  }
  if (className !== undefined) errors.push(...named(dnsSubdomain, className, "spec.ingressClassName"));
  return errors;
}

function validateRule(rule: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const host = stringAt(rule, "host") ?? "";
  if (host !== "") {
    if (ipaddr.isValid(host) && !/^\d+$/.test(host)) {
      errors.push(invalidValue(`${path}.host`, host, "must be a DNS name, not an IP address"));
    } else errors.push(...named(host.includes("*") ? wildcardSubdomain : dnsSubdomain, host, `${path}.host`));
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
  if (pathType === undefined) errors.push(required(`${path}.pathType`, "pathType must be specified"));
  else if (pathType === "ImplementationSpecific") {
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
  if (resource !== undefined) {
    return ["kind", "name"]
      .filter((field) => (stringAt(resource, field) ?? "") === "")
      .map((field) => required(`${path}.resource.${field}`));
  }
  if (service === undefined) return [required(path, "resource or service backend is required")];
  const errors: FieldError[] = [];
  const name = stringAt(service, "name") ?? "";
  if (name === "") errors.push(required(`${path}.service.name`));
  else errors.push(...named(dns1035Label, name, `${path}.service.name`));
  const portNameValue = stringAt(service, "port", "name") ?? "";
  const number = valueAt(service, "port", "number");
  const hasNumber = number !== undefined && number !== 0;
  const portPath = `${path}.service.port`;
  if (portNameValue !== "" && hasNumber)
    errors.push(invalidValue(portPath, "", "cannot set both port name & port number"));
  else if (portNameValue !== "") errors.push(...named(portName, portNameValue, `${portPath}.name`));
  else if (hasNumber) {
    errors.push(...portNumber(number).map((problem) => invalidValue(`${portPath}.number`, number, problem)));
  } else errors.push(required(portPath, "port name or number is required"));
  return errors;
}

export function validateIngressClass(ingressClass: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const controller = stringAt(ingressClass, "spec", "controller") ?? "";
  if (controller === "") errors.push(required("spec.controller"));
  else if (!/^[^/]+(\/[^/]+)+$/.test(controller)) {
    const message = 'must be a domain-prefixed path (such as "acme.io/foo")';
    errors.push(invalidValue("spec.controller", controller, message));
  }
  if (old !== undefined && stringAt(old, "spec", "controller") !== controller) {
    errors.push(invalidValue("spec.controller", controller, "field is immutable"));
  }
  const parameters = valueAt(ingressClass, "spec", "parameters");
  if (parameters === undefined) return errors;
  const scope = stringAt(parameters, "scope");
  const namespace = stringAt(parameters, "namespace");
  if (scope === "Namespace" && namespace === undefined) {
    errors.push(required("spec.parameters.namespace", "`parameters.scope` is set to 'Namespace'"));
  }
  if (scope === "Cluster" && namespace !== undefined) {
    errors.push(forbidden("spec.parameters.namespace", "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}

function named(rule: NameRule, value: string, path: string): readonly FieldError[] {
  return rule(value).map((problem) => invalidValue(path, value, problem));
}
