import type { FieldError, KubeObject } from "../resource-definition.ts";
import { checkEndpointIp, checkIp, isIPv4Text, isIPv6Text } from "./address-checks.ts";
import { duplicate, invalidBy, invalidValue, notSupported, required, tooMany } from "./field-errors.ts";
import { type Fields, listAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { validateLabels } from "./label-validation.ts";
import { dnsLabel, dnsSubdomain, labelValue, type NameRule, qualifiedName } from "./name-rules.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];
const limits = { endpoints: 1000, addresses: 100, ports: 20_000, zones: 8, nodes: 8, topology: 16 } as const;

export function validateEndpointSlice(slice: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(slice, "addressType") ?? "";
  if (type === "") errors.push(required("addressType"));
  else if (!addressTypes.includes(type)) errors.push(notSupported("addressType", type, addressTypes));
  errors.push(...validatePorts(objectsAt(slice, "ports")));
  const unchanged = old !== undefined && JSON.stringify(old["endpoints"]) === JSON.stringify(slice["endpoints"]);
  if (!unchanged) errors.push(...validateEndpoints(objectsAt(slice, "endpoints"), type));
  if (old !== undefined && stringAt(old, "addressType") !== type) {
    errors.push(invalidValue("addressType", type, "field is immutable"));
  }
  return errors;
}

function validatePorts(ports: readonly Fields[]): readonly FieldError[] {
  if (ports.length > limits.ports) return [tooMany("ports", ports.length, limits.ports)];
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const path = `ports[${index}]`;
    const name = stringAt(port, "name") ?? "";
    const errors: FieldError[] = name === "" ? [] : invalidBy(dnsLabel, `${path}.name`, name);
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    const protocol = stringAt(port, "protocol");
    if (protocol === undefined) errors.push(required(`${path}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, protocols));
    const appProtocol = stringAt(port, "appProtocol");
    if (appProtocol !== undefined) errors.push(...invalidBy(qualifiedName, `${path}.appProtocol`, appProtocol));
    return errors;
  });
}

function validateEndpoints(endpoints: readonly Fields[], type: string): readonly FieldError[] {
  if (endpoints.length > limits.endpoints) return [tooMany("endpoints", endpoints.length, limits.endpoints)];
  return endpoints.flatMap((endpoint, index) => {
    const path = `endpoints[${index}]`;
    const addresses = listAt(endpoint, "addresses");
    const errors: FieldError[] = [];
    if (addresses.length === 0) errors.push(required(`${path}.addresses`, "must contain at least 1 address"));
    else if (addresses.length > limits.addresses) {
      errors.push(tooMany(`${path}.addresses`, addresses.length, limits.addresses));
    }
    for (const [position, address] of addresses.map(String).entries()) {
      errors.push(...checkAddress(type, address, `${path}.addresses`, position));
    }
    const node = stringAt(endpoint, "nodeName");
    if (node !== undefined) errors.push(...invalidBy(dnsSubdomain, `${path}.nodeName`, node));
    const topology = valueAt(endpoint, "deprecatedTopology");
    if (topology !== undefined) {
      errors.push(...validateLabels(topology as Record<string, string>, `${path}.deprecatedTopology`));
    }
    const host = stringAt(endpoint, "hostname");
    if (host !== undefined) errors.push(...invalidBy(dnsLabel, `${path}.hostname`, host));
    const hints = valueAt(endpoint, "hints");
    errors.push(
      ...checkHints(objectsAt(hints, "forZones"), `${path}.hints.forZones`, limits.zones, labelValue),
      ...checkHints(objectsAt(hints, "forNodes"), `${path}.hints.forNodes`, limits.nodes, dnsSubdomain),
    );
    return errors;
  });
}

function checkAddress(type: string, address: string, path: string, position: number): readonly FieldError[] {
  const at = `${path}[${position}]`;
  if (type === "FQDN") return checkDomain(at, address);
  if (type !== "IPv4" && type !== "IPv6") return [];
  const errors = checkIp(at, address);
  if (errors.length > 0) return errors;
  const fits = type === "IPv4" ? isIPv4Text(address) : isIPv6Text(address);
  return [
    ...(fits ? [] : [invalidValue(path, address, `must be an ${type} address`)]),
    ...checkEndpointIp(at, address),
  ];
}

function checkDomain(field: string, text: string): readonly FieldError[] {
  if (text === "") return [required(field)];
  const name = text.replace(/\.$/, "");
  const problems = dnsSubdomain(name);
  if (problems.length > 0) return [invalidValue(field, name, problems.join(","))];
  if (!name.includes(".")) {
    return [invalidValue(field, name, "should be a domain with at least two segments separated by dots")];
  }
  return name.split(".").flatMap((label) => {
    const wrong = dnsLabel(label);
    return wrong.length > 0 ? [invalidValue(field, label, wrong.join(","))] : [];
  });
}

function checkHints(hints: readonly Fields[], path: string, limit: number, rule: NameRule): readonly FieldError[] {
  if (hints.length > limit) return [tooMany(path, hints.length, limit)];
  const names = new Set<string>();
  return hints.flatMap((hint, index) => {
    const name = stringAt(hint, "name") ?? "";
    const at = `${path}[${index}].name`;
    const repeated = names.has(name) ? [duplicate(at, name)] : [];
    names.add(name);
    return [...repeated, ...invalidBy(rule, at, name)];
  });
}
