import ipaddr from "ipaddr.js";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { duplicate, forbidden, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, numberAt, objectsAt, stringAt, stringMapAt } from "./fields.ts";
import { validateLabels } from "./label-validation.ts";
import { dnsLabel, dnsSubdomain, portName, portNumber, qualifiedName } from "./name-rules.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const protocols = ["SCTP", "TCP", "UDP"];

export function validateService(service: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(service, "spec");
  const type = stringAt(spec, "type") ?? "";
  const errors: FieldError[] = [];
  if (!types.includes(type)) errors.push(notSupported("spec.type", type, types));
  errors.push(...validatePorts(spec, type), ...validateLabels(stringMapAt(spec, "selector"), "spec.selector"));
  const affinity = stringAt(spec, "sessionAffinity") ?? "None";
  if (!["ClientIP", "None"].includes(affinity)) {
    errors.push(notSupported("spec.sessionAffinity", affinity, ["ClientIP", "None"]));
  }
  if (type === "ExternalName") {
    const name = stringAt(spec, "externalName") ?? "";
    if (name === "") errors.push(required("spec.externalName"));
    else
      errors.push(
        ...dnsSubdomain(name.replace(/\.$/, "")).map((problem) => invalidValue("spec.externalName", name, problem)),
      );
    const ip = stringAt(spec, "clusterIP") ?? "";
    if (ip !== "" && ip !== "None")
      errors.push(forbidden("spec.clusterIPs[0]", "may not be set for ExternalName services"));
    for (const field of ["ipFamilies", "ipFamilyPolicy"]) {
      if (spec[field] !== undefined)
        errors.push(forbidden(`spec.${field}`, "may not be set for ExternalName services"));
    }
  }
  errors.push(...validateAddresses(spec), ...validateTraffic(spec, type), ...validateLoadBalancer(spec, type, old));
  if (old !== undefined) errors.push(...validateUpdate(spec, type, old));
  return errors;
}

function validatePorts(spec: Fields, type: string): readonly FieldError[] {
  const ports = objectsAt(spec, "ports");
  const headless = stringAt(spec, "clusterIP") === "None";
  if (ports.length === 0) return type === "ExternalName" || headless ? [] : [required("spec.ports")];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const path = `spec.ports[${index}]`;
    const name = stringAt(port, "name") ?? "";
    if (name === "" && ports.length > 1) errors.push(required(`${path}.name`));
    if (name !== "") {
      errors.push(...dnsLabel(name).map((problem) => invalidValue(`${path}.name`, name, problem)));
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
    const number = port["port"];
    errors.push(...portNumber(number).map((problem) => invalidValue(`${path}.port`, number ?? 0, problem)));
    const protocol = stringAt(port, "protocol") ?? "";
    if (protocol === "") errors.push(required(`${path}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, protocols));
    errors.push(...validateTargetPort(port["targetPort"], `${path}.targetPort`));
    const appProtocol = stringAt(port, "appProtocol");
    if (appProtocol !== undefined) {
      errors.push(
        ...qualifiedName(appProtocol).map((problem) => invalidValue(`${path}.appProtocol`, appProtocol, problem)),
      );
    }
    const key = `${protocol}/${String(number)}`;
    if (numbers.has(key)) {
      const value = { port: number, protocol };
      errors.push(duplicate(path, value));
    }
    numbers.add(key);
    errors.push(...validateNodePort(port, path, type));
  }
  return errors;
}

function validateTargetPort(target: unknown, path: string): readonly FieldError[] {
  if (typeof target === "string") return portName(target).map((problem) => invalidValue(path, target, problem));
  return target === undefined ? [] : portNumber(target).map((problem) => invalidValue(path, target, problem));
}

function validateNodePort(port: Fields, path: string, type: string): readonly FieldError[] {
  const nodePort = numberAt(port, "nodePort") ?? 0;
  if (nodePort === 0) return [];
  if (type === "ClusterIP") return [forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'")];
  if (nodePort >= 30_000 && nodePort <= 32_767) return [];
  return [
    invalidValue(
      `${path}.nodePort`,
      nodePort,
      "provided port is not in the valid range. The range of valid ports is 30000-32767",
    ),
  ];
}

function validateAddresses(spec: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  const invalidIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
  const ip = stringAt(spec, "clusterIP") ?? "";
  if (ip !== "" && ip !== "None" && !ipaddr.isValid(ip)) errors.push(invalidValue("spec.clusterIPs[0]", ip, invalidIp));
  for (const [index, address] of listAt(spec, "externalIPs").entries()) {
    if (!ipaddr.isValid(String(address))) errors.push(invalidValue(`spec.externalIPs[${index}]`, address, invalidIp));
  }
  for (const [index, range] of listAt(spec, "loadBalancerSourceRanges").entries()) {
    if (!ipaddr.isValidCIDR(String(range).trim())) {
      const message = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
      errors.push(invalidValue(`spec.loadBalancerSourceRanges[${index}]`, range, message));
    }
  }
  return errors;
}

function validateTraffic(spec: Fields, type: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [field, allowedTypes] of [
    ["externalTrafficPolicy", ["NodePort", "LoadBalancer"]],
    ["internalTrafficPolicy", ["ClusterIP", "NodePort", "LoadBalancer"]],
  ] as const) {
    const value = stringAt(spec, field);
    if (value === undefined) continue;
    if (!["Cluster", "Local"].includes(value)) errors.push(notSupported(`spec.${field}`, value, ["Cluster", "Local"]));
    const external = listAt(spec, "externalIPs").length > 0;
    if (field === "externalTrafficPolicy" && !(allowedTypes as readonly string[]).includes(type) && !external) {
      errors.push(
        invalidValue("spec.externalTrafficPolicy", value, "may only be set for externally-accessible services"),
      );
    }
  }
  const health = numberAt(spec, "healthCheckNodePort") ?? 0;
  if (health !== 0 && (type !== "LoadBalancer" || spec["externalTrafficPolicy"] !== "Local")) {
    const message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue("spec.healthCheckNodePort", health, message));
  }
  return errors;
}

function validateLoadBalancer(spec: Fields, type: string, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const loadBalancerClass = stringAt(spec, "loadBalancerClass");
  if (type !== "LoadBalancer") {
    const message = "may only be used when `type` is 'LoadBalancer'";
    if (loadBalancerClass !== undefined) errors.push(forbidden("spec.loadBalancerClass", message));
    if (listAt(spec, "loadBalancerSourceRanges").length > 0) {
      errors.push(forbidden("spec.LoadBalancerSourceRanges", message));
    }
    if (spec["allocateLoadBalancerNodePorts"] !== undefined) {
      errors.push(forbidden("spec.allocateLoadBalancerNodePorts", message));
    }
    return errors;
  }
  if (loadBalancerClass !== undefined) {
    const path = "spec.loadBalancerClass";
    errors.push(...qualifiedName(loadBalancerClass).map((problem) => invalidValue(path, loadBalancerClass, problem)));
  }
  const before = stringAt(old, "spec", "loadBalancerClass");
  if (old !== undefined && stringAt(old, "spec", "type") === "LoadBalancer" && before !== loadBalancerClass) {
    errors.push(invalidValue("spec.loadBalancerClass", loadBalancerClass ?? null, "may not change once set"));
  }
  return errors;
}

function validateUpdate(spec: Fields, type: string, old: KubeObject): readonly FieldError[] {
  const before = stringAt(old, "spec", "clusterIP") ?? "";
  const after = stringAt(spec, "clusterIP") ?? "";
  if (before === "" || type === "ExternalName" || stringAt(old, "spec", "type") === "ExternalName") return [];
  if (before === after) return [];
  const message = after === "" ? "primary clusterIP can not be unset" : "may not change once set";
  return [invalidValue("spec.clusterIPs[0]", listAt(spec, "clusterIPs").length > 0 ? [after] : after, message)];
}
