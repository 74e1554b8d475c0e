import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { checkEndpointIp, checkIp, checkRange } from "./address-checks.ts";
import { duplicate, forbidden, invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, numberAt, objectsAt, stringAt, stringMapAt, valueAt } from "./fields.ts";
import { validateLabels } from "./label-validation.ts";
import { dnsLabel, dnsSubdomain, portNumber, qualifiedName } from "./name-rules.ts";
import { checkPort } from "./port-checks.ts";
import { checkServiceAddresses, isHeadless } from "./service-address-validation.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const protocols = ["SCTP", "TCP", "UDP"];
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
const NOT_BALANCED = "may only be used when `type` is 'LoadBalancer'";
const MAX_AFFINITY_SECONDS = 86_400;

export function validateService(service: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(service, "spec");
  const type = stringAt(spec, "type") ?? "";
  return [
    ...(old === undefined ? [] : validateUpdate(spec, type, fieldsAt(old, "spec"))),
    ...validateHints(service),
    ...validateByType(spec, type),
    ...objectsAt(spec, "ports").flatMap(validatePort(spec)),
    ...validateLabels(stringMapAt(spec, "selector"), "spec.selector"),
    ...validateAffinity(spec),
    ...checkServiceAddresses(spec, fieldsAt(old, "spec")),
    ...validateExternalAddresses(spec, listAt(old, "spec", "externalIPs").map(String)),
    ...(types.includes(type) ? [] : [notSupported("spec.type", type, types)]),
    ...validatePortsTogether(spec, type),
    ...validateSourceRanges(service, type, old),
    ...validateLoadBalancer(spec, type),
    ...validateTraffic(spec, type),
  ];
}

/** What the status may say of the load balancer (`ValidateLoadBalancerStatus`). */
export function validateServiceStatus(service: KubeObject, old: KubeObject): readonly FieldError[] {
  const path = "status.loadBalancer.ingress";
  const entries = objectsAt(service, "status", "loadBalancer", "ingress");
  if (stringAt(service, "spec", "type") !== "LoadBalancer" && entries.length > 0) {
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  const known = objectsAt(old, "status", "loadBalancer", "ingress").map((entry) => stringAt(entry, "ip") ?? "");
  return entries.flatMap((entry, index) => {
    const at = `${path}[${index}]`;
    const ip = stringAt(entry, "ip") ?? "";
    const mode = stringAt(entry, "ipMode");
    const errors: FieldError[] = ip === "" ? [] : [...checkIp(`${at}.ip`, ip, known)];
    if (mode === undefined) {
      if (ip !== "") errors.push(required(`${at}.ipMode`, "must be specified when `ip` is set"));
    } else if (ip === "") errors.push(forbidden(`${at}.ipMode`, "may not be specified when `ip` is not set"));
    else if (!["Proxy", "VIP"].includes(mode)) errors.push(notSupported(`${at}.ipMode`, mode, ["Proxy", "VIP"]));
    return [...errors, ...checkBalancerHost(entry, at)];
  });
}

/** The name of a load balancer, which is no address. */
export function checkBalancerHost(entry: unknown, path: string): readonly FieldError[] {
  const host = stringAt(entry, "hostname") ?? "";
  if (host === "") return [];
  const at = `${path}.hostname`;
  const isIp = checkIp(at, host).length === 0;
  return [
    ...invalidBy(dnsSubdomain, at, host),
    ...(isIp ? [invalidValue(at, host, "must be a DNS name, not an IP address")] : []),
  ];
}

function validateHints(service: KubeObject): readonly FieldError[] {
  const mode = service.metadata.annotations?.["service.kubernetes.io/topology-mode"];
  const hints = service.metadata.annotations?.["service.kubernetes.io/topology-aware-hints"];
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const message = "must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified";
  return [invalidValue("metadata.annotations[service.kubernetes.io/topology-mode]", mode, message)];
}

function validateByType(spec: Fields, type: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (listAt(spec, "ports").length === 0 && !isHeadless(spec) && type !== "ExternalName") {
    errors.push(required("spec.ports"));
  }
  if ((type === "LoadBalancer" || type === "NodePort") && isHeadless(spec)) {
    errors.push(invalidValue("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`));
  }
  if (type !== "ExternalName") return errors;
  const message = "may not be set for ExternalName services";
  if (listAt(spec, "clusterIPs").length > 0) errors.push(forbidden("spec.clusterIPs", message));
  if (listAt(spec, "ipFamilies").length > 0) errors.push(forbidden("spec.ipFamilies", message));
  if (spec["ipFamilyPolicy"] !== undefined) errors.push(forbidden("spec.ipFamilyPolicy", message));
  const name = (stringAt(spec, "externalName") ?? "").replace(/\.$/, "");
  if (name === "") errors.push(required("spec.externalName"));
  else errors.push(...invalidBy(dnsSubdomain, "spec.externalName", name));
  return errors;
}

function validatePort(spec: Fields): (port: Fields, index: number) => readonly FieldError[] {
  const needsName = listAt(spec, "ports").length > 1;
  const names = new Set<string>();
  return (port, index) => {
    const path = `spec.ports[${index}]`;
    const errors: FieldError[] = [];
    const name = stringAt(port, "name") ?? "";
    if (name === "") {
      if (needsName) errors.push(required(`${path}.name`));
    } else {
      errors.push(...invalidBy(dnsLabel, `${path}.name`, name));
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
    const number = port["port"] ?? 0;
    errors.push(...portNumber(number).map((problem) => invalidValue(`${path}.port`, number, problem)));
    const protocol = stringAt(port, "protocol") ?? "";
    if (protocol === "") errors.push(required(`${path}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, protocols));
    errors.push(...checkPort(`${path}.targetPort`, port["targetPort"] ?? 0));
    const appProtocol = stringAt(port, "appProtocol");
    if (appProtocol !== undefined) errors.push(...invalidBy(qualifiedName, `${path}.appProtocol`, appProtocol));
    return errors;
  };
}

function validateAffinity(spec: Fields): readonly FieldError[] {
  const affinity = stringAt(spec, "sessionAffinity") ?? "";
  const path = "spec.sessionAffinityConfig";
  if (affinity === "") return [required("spec.sessionAffinity")];
  if (affinity === "None") {
    if (spec["sessionAffinityConfig"] === undefined) return [];
    return [forbidden(path, "must not be set when session affinity is None")];
  }
  if (affinity !== "ClientIP") return [notSupported("spec.sessionAffinity", affinity, ["ClientIP", "None"])];
  const seconds = numberAt(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds");
  const why = "when session affinity type is ClientIP";
  if (spec["sessionAffinityConfig"] === undefined) return [required(path, why)];
  if (valueAt(spec, "sessionAffinityConfig", "clientIP") === undefined) return [required(`${path}.clientIP`, why)];
  const at = `${path}.clientIP.timeoutSeconds`;
  if (seconds === undefined) return [required(at, why)];
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return [];
  return [invalidValue(at, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)];
}

function validateExternalAddresses(spec: Fields, known: readonly string[]): readonly FieldError[] {
  return listAt(spec, "externalIPs").flatMap((address, index) => {
    const path = `spec.externalIPs[${index}]`;
    const errors = checkIp(path, String(address), known);
    return errors.length > 0 ? errors : checkEndpointIp(path, String(address));
  });
}

function validatePortsTogether(spec: Fields, type: string): readonly FieldError[] {
  const ports = objectsAt(spec, "ports");
  const errors: FieldError[] = [];
  for (const [index, port] of ports.entries()) {
    if (type === "ClusterIP" && (numberAt(port, "nodePort") ?? 0) !== 0) {
      errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  const repeated = (field: string, told: (port: Fields, index: number) => FieldError): void => {
    const seen = new Set<string>();
    for (const [index, port] of ports.entries()) {
      const number = numberAt(port, field) ?? 0;
      if (field === "nodePort" && number === 0) continue;
      const key = `${stringAt(port, "protocol") ?? ""}/${number}`;
      if (seen.has(key)) errors.push(told(port, index));
      seen.add(key);
    }
  };
  repeated("nodePort", (port, index) => duplicate(`spec.ports[${index}].nodePort`, port["nodePort"]));
  repeated("port", (port, index) => duplicate(`spec.ports[${index}]`, comparedPart(port)));
  return errors;
}

/** What the API server compares of two ports, as its own structure prints. */
function comparedPart(port: Fields): unknown {
  const Protocol = stringAt(port, "protocol") ?? "";
  return { Name: "", Protocol, AppProtocol: null, Port: port["port"] ?? 0, TargetPort: 0, NodePort: 0 };
}

function validateSourceRanges(service: KubeObject, type: string, old: KubeObject | undefined): readonly FieldError[] {
  const ranges = listAt(service, "spec", "loadBalancerSourceRanges").map((range) => String(range).trim());
  const misplaced = (path: string): FieldError[] => (type === "LoadBalancer" ? [] : [forbidden(path, NOT_BALANCED)]);
  if (ranges.length > 0) {
    // The API server writes the field's name so.
    const path = "spec.LoadBalancerSourceRanges";
    const known = listAt(old, "spec", "loadBalancerSourceRanges").map((range) => String(range).trim());
    return [...misplaced(path), ...ranges.flatMap((range, index) => checkRange(`${path}[${index}]`, range, known))];
  }
  const annotated = service.metadata.annotations?.[SOURCE_RANGES];
  if (annotated === undefined) return [];
  const path = `metadata.annotations[${SOURCE_RANGES}]`;
  const isNew = old?.metadata.annotations?.[SOURCE_RANGES] !== annotated && annotated.trim() !== "";
  const texts = isNew ? annotated.trim().split(",") : [];
  return [...misplaced(path), ...texts.flatMap((range) => checkRange(path, range.trim()))];
}

function validateLoadBalancer(spec: Fields, type: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (spec["allocateLoadBalancerNodePorts"] !== undefined && type !== "LoadBalancer") {
    errors.push(forbidden("spec.allocateLoadBalancerNodePorts", NOT_BALANCED));
  }
  return [...errors, ...validateClass(spec, type)];
}

function validateClass(spec: Fields, type: string): readonly FieldError[] {
  const name = stringAt(spec, "loadBalancerClass");
  if (name === undefined) return [];
  if (type !== "LoadBalancer") return [forbidden("spec.loadBalancerClass", NOT_BALANCED)];
  return invalidBy(qualifiedName, "spec.loadBalancerClass", name);
}

function validateTraffic(spec: Fields, type: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const policies = ["Cluster", "Local"];
  const external = stringAt(spec, "externalTrafficPolicy") ?? "";
  const isBalanced = type === "LoadBalancer" || type === "NodePort";
  if (isBalanced || (type === "ClusterIP" && listAt(spec, "externalIPs").length > 0)) {
    if (external === "") errors.push(required("spec.externalTrafficPolicy"));
    else if (!policies.includes(external)) {
      errors.push(notSupported("spec.externalTrafficPolicy", external, policies));
    }
  } else if (external !== "") {
    const message = "may only be set for externally-accessible services";
    errors.push(invalidValue("spec.externalTrafficPolicy", external, message));
  }
  const health = numberAt(spec, "healthCheckNodePort") ?? 0;
  const path = "spec.healthCheckNodePort";
  if (type === "LoadBalancer" && external === "Local") {
    if (health === 0) errors.push(required(path));
    else errors.push(...portNumber(health).map((problem) => invalidValue(path, health, problem)));
  } else if (health !== 0) {
    const message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue(path, health, message));
  }
  const internal = stringAt(spec, "internalTrafficPolicy");
  if (internal === undefined) {
    if (type !== "ExternalName" && types.includes(type)) errors.push(required("spec.internalTrafficPolicy"));
  } else if (!policies.includes(internal)) {
    errors.push(notSupported("spec.internalTrafficPolicy", internal, policies));
  }
  const distribution = stringAt(spec, "trafficDistribution");
  const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
  if (distribution !== undefined && !distributions.includes(distribution)) {
    errors.push(notSupported("spec.trafficDistribution", distribution, distributions));
  }
  return errors;
}

function validateUpdate(spec: Fields, type: string, old: Fields): readonly FieldError[] {
  const oldType = stringAt(old, "type") ?? "";
  const errors: FieldError[] = [];
  if (type !== "ExternalName" && oldType !== "ExternalName") {
    errors.push(...validateAddressUpdate(spec, old), ...validateFamilyUpdate(spec, old));
  }
  const both = type === "LoadBalancer" && oldType === "LoadBalancer";
  if (both && spec["loadBalancerClass"] !== old["loadBalancerClass"]) {
    errors.push(invalidValue("spec.loadBalancerClass", spec["loadBalancerClass"] ?? null, "may not change once set"));
  }
  errors.push(...validateClass(spec, type));
  const local = both && spec["externalTrafficPolicy"] === "Local" && old["externalTrafficPolicy"] === "Local";
  if (local && spec["healthCheckNodePort"] !== old["healthCheckNodePort"]) {
    errors.push(forbidden("spec.healthCheckNodePort", "field is immutable"));
  }
  return errors;
}

function validateAddressUpdate(spec: Fields, old: Fields): readonly FieldError[] {
  if (isHeadless(spec) && isHeadless(old)) return [];
  const [after, before] = [listAt(spec, "clusterIPs"), listAt(old, "clusterIPs")];
  if (before.length > after.length && after.length === 0) {
    return [invalidValue("spec.clusterIPs[0]", after, "primary clusterIP can not be unset")];
  }
  return before
    .slice(0, after.length)
    .flatMap((address, index) =>
      address === after[index] ? [] : [invalidValue(`spec.clusterIPs[${index}]`, after, "may not change once set")],
    );
}

function validateFamilyUpdate(spec: Fields, old: Fields): readonly FieldError[] {
  if (isHeadless(spec) || isHeadless(old)) return [];
  const [after, before] = [listAt(spec, "ipFamilies"), listAt(old, "ipFamilies")];
  const shared = before.slice(0, after.length);
  if (canonicalJson(shared) === canonicalJson(after.slice(0, before.length))) return [];
  return [invalidValue("spec.ipFamilies[0]", after, "may not change once set")];
}
