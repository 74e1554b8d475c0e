import type { KubeObject } from "../resource-definition.ts";
import { ensureFields, isFields, listAt, objectsAt, setDefault } from "./fields.ts";

/** A Service's defaults (`SetDefaults_Service`). */
export function defaultService(service: KubeObject): void {
  const spec = ensureFields(service, "spec");
  setDefault(spec, "sessionAffinity", "None");
  setDefault(spec, "type", "ClusterIP");
  if (spec["sessionAffinity"] === "ClientIP") {
    const config = ensureFields(ensureFields(spec, "sessionAffinityConfig"), "clientIP");
    setDefault(config, "timeoutSeconds", 10_800);
  } else delete spec["sessionAffinityConfig"];
  for (const port of objectsAt(spec, "ports")) {
    setDefault(port, "protocol", "TCP");
    if (port["targetPort"] === undefined || port["targetPort"] === 0 || port["targetPort"] === "") {
      port["targetPort"] = port["port"];
    }
  }
  const type = spec["type"];
  const isExternal = type === "ClusterIP" && listAt(spec, "externalIPs").length > 0;
  if (isExternal || type === "NodePort" || type === "LoadBalancer") {
    setDefault(spec, "externalTrafficPolicy", "Cluster");
  }
  if (type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer") {
    setDefault(spec, "internalTrafficPolicy", "Cluster");
  }
  if (type === "LoadBalancer") setDefault(spec, "allocateLoadBalancerNodePorts", true);
  const status = ensureFields(service, "status");
  if (!isFields(status["loadBalancer"])) status["loadBalancer"] = {};
  if (type !== "LoadBalancer") return;
  for (const entry of objectsAt(status, "loadBalancer", "ingress")) {
    if (typeof entry["ip"] === "string" && entry["ip"] !== "") setDefault(entry, "ipMode", "VIP");
  }
}
