import { canonicalJson } from "../../json.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import type { KubeObject } from "./resource-definition.ts";

/**
 * What goes by itself when a Service changes to a type that does not have it: a value that the client left as it was. What the client
 * has changed as well stays, and is refused by validation.
 */
export function withoutFieldsOfOldType(service: KubeObject, old: KubeObject): KubeObject {
  const next: JsonObject = { ...specOf(service) };
  const before = specOf(old);
  const unchanged = (name: string): boolean => canonicalJson(next[name]) === canonicalJson(before[name]);
  const dropUnchanged = (...names: readonly string[]): void => {
    for (const name of names) if (unchanged(name)) delete next[name];
  };
  if (before["type"] !== "ExternalName" && next["type"] === "ExternalName") {
    if (unchanged("clusterIP") && unchanged("clusterIPs")) dropUnchanged("clusterIP", "clusterIPs");
    dropUnchanged("ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy");
  }
  if (hasNodePorts(before) && !hasNodePorts(next)) {
    const known = new Set(portsOf(before).map(({ nodePort }) => nodePort));
    if (portsOf(next).every(({ nodePort }) => nodePort === undefined || known.has(nodePort)))
      next["ports"] = portsOf(next).map(({ nodePort: _nodePort, ...port }) => port);
  }
  if (hasHealthPort(before) && !hasHealthPort(next)) dropUnchanged("healthCheckNodePort");
  if (before["type"] === "LoadBalancer" && next["type"] !== "LoadBalancer")
    dropUnchanged("allocateLoadBalancerNodePorts", "loadBalancerClass");
  if (isExternal(before) && !isExternal(next)) dropUnchanged("externalTrafficPolicy");
  if (next["type"] === "LoadBalancer") return { ...service, spec: next };
  return { ...service, spec: next, status: { ...(service["status"] as JsonObject | undefined), loadBalancer: {} } };
}

interface Port extends JsonObject {
  readonly nodePort?: number;
}

function specOf(service: KubeObject): JsonObject {
  return isObject(service["spec"]) ? service["spec"] : {};
}

function portsOf(spec: JsonObject): readonly Port[] {
  return Array.isArray(spec["ports"]) ? (spec["ports"] as Port[]) : [];
}

function hasNodePorts({ type }: JsonObject): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function hasHealthPort({ type, externalTrafficPolicy }: JsonObject): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

function isExternal(spec: JsonObject): boolean {
  return hasNodePorts(spec) || (Array.isArray(spec["externalIPs"]) && spec["externalIPs"].length > 0);
}
