import type { KubeObject } from "../resource-definition.ts";
import { ageSince } from "./age.ts";
import { labelText, orNone } from "./cell-text.ts";
import type { Column } from "./define-kind.ts";
import { listAt, numberAt, stringAt, stringMapAt } from "./fields.ts";

export const serviceColumns: readonly Column[] = [
  ["Name"],
  ["Type"],
  ["Cluster-IP"],
  ["External-IP"],
  ["Port(s)"],
  ["Age"],
  ["Selector", "string", 1],
];

export function serviceCells(service: KubeObject, now: number): readonly unknown[] {
  return [
    service.metadata.name,
    stringAt(service, "spec", "type") ?? "ClusterIP",
    orNone(stringAt(service, "spec", "clusterIP")),
    externalAddress(service),
    orNone(listAt(service, "spec", "ports").map(portText).join(",")),
    ageSince(service.metadata.creationTimestamp, now),
    labelText(stringMapAt(service, "spec", "selector")),
  ];
}

/** The addresses of a load balancer status, comma-separated: an IP where there is one, otherwise the host name. */
export function loadBalancerText(object: KubeObject): string {
  return listAt(object, "status", "loadBalancer", "ingress")
    .map((ingress) => stringAt(ingress, "ip") ?? stringAt(ingress, "hostname") ?? "")
    .filter((address) => address !== "")
    .sort()
    .join(",");
}

function externalAddress(service: KubeObject): string {
  const external = listAt(service, "spec", "externalIPs").map(String);
  switch (stringAt(service, "spec", "type") ?? "") {
    case "ExternalName":
      return stringAt(service, "spec", "externalName") ?? "";
    case "LoadBalancer": {
      const all = [loadBalancerText(service), ...external].filter((address) => address !== "");
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    default:
      return orNone(external.join(","));
  }
}

function portText(port: unknown): string {
  const nodePort = numberAt(port, "nodePort");
  const number = String(numberAt(port, "port") ?? "");
  const protocol = stringAt(port, "protocol") ?? "TCP";
  return nodePort === undefined || nodePort === 0 ? `${number}/${protocol}` : `${number}:${nodePort}/${protocol}`;
}
