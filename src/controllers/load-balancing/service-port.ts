import type { PortNumberOrName, Service, ServicePort } from "../../api/builtin.ts";
import { InputError } from "./input-error.ts";

/** The Service's port of this number or name; throws an InputError that lists the ports there are. */
export function servicePort(service: Service, port: PortNumberOrName): ServicePort {
  const ports = service.spec?.ports ?? [];
  const found = ports.find((candidate) =>
    typeof port === "number" ? candidate.port === port : candidate.name === port,
  );
  if (found !== undefined) return found;
  const there = ports.map((candidate) =>
    candidate.name === undefined ? `${candidate.port}` : `${candidate.name} (${candidate.port})`,
  );
  throw new InputError(
    `unable to find port ${port} on service ${service.metadata.namespace ?? ""}/${service.metadata.name}, which has ${there.join(", ") || "no ports"}`,
    { reason: "PortMissing", value: String(port) },
  );
}

/** Kubernetes' default for an absent targetPort is the port itself. */
export function targetPortOf(port: ServicePort): PortNumberOrName {
  return port.targetPort === undefined || port.targetPort === 0 ? port.port : port.targetPort;
}

/**
 * The port of the target group. Targets are registered with their own ports, so for named target ports the number
 * has no effect and is 1. Throws when instance targets are wanted of a Service without node ports.
 */
export function targetGroupPort(service: Service, port: ServicePort, targetType: "instance" | "ip"): number {
  if (targetType === "ip") {
    const target = targetPortOf(port);
    return typeof target === "number" ? target : 1;
  }
  if (port.nodePort !== undefined && port.nodePort !== 0) return port.nodePort;
  const type = service.spec?.type ?? "ClusterIP";
  throw new InputError(
    `service ${service.metadata.namespace ?? ""}/${service.metadata.name} of type ${type} has no node port for port ${port.port}; instance targets need type NodePort or LoadBalancer, or use target type ip`,
    { reason: "InvalidSpec", value: type },
  );
}

/** The port that health checks use, as AWS takes it: `traffic-port` or a number. */
export function healthCheckPort(service: Service, wanted: string, targetType: "instance" | "ip"): string {
  if (wanted === "traffic-port" || /^\d+$/.test(wanted)) return wanted;
  const port = servicePort(service, wanted);
  if (targetType === "instance") return String(targetGroupPort(service, port, "instance"));
  const target = targetPortOf(port);
  if (typeof target === "number") return String(target);
  throw new InputError(
    `health check port ${wanted} cannot be used with ip targets: its targetPort ${target} is a name; use a number or traffic-port`,
    { reason: "InvalidAnnotation", value: wanted },
  );
}

/** The address family of the targets: the Service's first one. */
export function addressFamily(service: Service): "ipv4" | "ipv6" {
  return service.spec?.ipFamilies?.[0] === "IPv6" ? "ipv6" : "ipv4";
}
