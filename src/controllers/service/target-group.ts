import type { Service, ServicePort } from "../../api/builtin.ts";
import type { Resource } from "../../engine/stack.ts";
import type { HealthCheckSpec, Tags, TargetGroupSpec } from "../../resources/elbv2/specs.ts";
import { parseBool } from "../load-balancing/annotation-value.ts";
import { type HealthCheckDefaults, readHealthCheck } from "../load-balancing/health-check.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { namespacedName } from "../load-balancing/names.ts";
import { healthCheckPort, targetGroupPort, targetPortOf } from "../load-balancing/service-port.ts";
import type { ListenerProtocol } from "./listener-ports.ts";
import { sorted } from "./load-balancer.ts";
import { typeWords } from "./ownership.ts";
import type { Placement } from "./placement.ts";
import type { ServiceView } from "./service-view.ts";

/** A target group and what its binding needs. */
export interface ServiceTargetGroup {
  readonly resource: Resource<TargetGroupSpec>;
  /** The Service behind it: the base Service, or one that an action names. */
  readonly service: Service;
  readonly port: ServicePort;
  readonly targetType: "instance" | "ip";
  /** Targets see the address of the client, not that of the load balancer. */
  readonly preservesClientIP: boolean;
}

const healthCheckKeys = {
  port: "healthcheck-port",
  protocol: "healthcheck-protocol",
  path: "healthcheck-path",
  successCodes: "healthcheck-success-codes",
  interval: "healthcheck-interval",
  timeout: "healthcheck-timeout",
  healthyThreshold: "healthcheck-healthy-threshold",
  unhealthyThreshold: "healthcheck-unhealthy-threshold",
} as const;

/** One target group for each port of a Service; all annotations are those of the base Service. */
export function targetGroup(
  view: ServiceView,
  wanted: {
    readonly service: Service;
    readonly port: ServicePort;
    readonly protocol: ListenerProtocol;
    readonly place: Placement;
    readonly tags: Tags;
  },
): ServiceTargetGroup {
  const { service, port, protocol } = wanted;
  const { settings } = view.input;
  const { metadata } = service;
  const targetType = readTargetType(view);
  const number = readTargetPort(service, port, targetType);
  const healthCheck = readChecks(view, service, targetType);
  const family = addressFamily(service);
  if (family === "ipv6" && wanted.place.ipAddressType !== "dualstack")
    throw new InputError(
      `service ${metadata.namespace ?? ""}/${metadata.name} is IPv6 (spec.ipFamilies), the load balancer ipv4: unsupported IPv6 configuration, lb not dual-stack; set annotation ${view.annotations.key("ip-address-type")} to dualstack`,
      { reason: "InvalidSpec", field: "spec.ipFamilies", value: "IPv6" },
    );
  const attributes = readAttributes(view, port.port);
  const isBackend = metadata.name !== view.name;
  const hashed = [
    settings.clusterName,
    ...(isBackend ? [view.service.metadata.uid] : []),
    metadata.uid,
    String(number),
    String(port.port),
    targetType,
    protocol,
    healthCheck.protocol,
    String(healthCheck.intervalSeconds),
  ];
  return {
    resource: {
      type: "elbv2/TargetGroup",
      id: targetGroupID(service, port),
      spec: {
        name: namespacedName(metadata.namespace ?? "", metadata.name, hashed),
        targetType,
        protocol,
        port: number,
        ...(family === "ipv6" ? { ipAddressType: family } : {}),
        vpcID: settings.vpcID,
        healthCheck,
        attributes,
        tags: wanted.tags,
      },
    },
    service,
    port,
    targetType,
    preservesClientIP:
      attributes["preserve_client_ip.enabled"] === undefined
        ? targetType === "instance"
        : isTrue(attributes["preserve_client_ip.enabled"]),
  };
}

export function targetGroupID({ metadata }: Service, { port }: ServicePort): string {
  return `${metadata.namespace ?? ""}/${metadata.name}:${port}`;
}

function readTargetType({ all, annotations, input, report }: ServiceView): "instance" | "ip" {
  const { type, targetType } = typeWords(all);
  if (type === "nlb-ip") return "ip";
  const word = targetType ?? input.settings.defaultTargetType;
  if (word === "ip") {
    if (input.settings.enableIPTargetType) return word;
    throw annotations.invalid("nlb-target-type", "is ip while feature gate EnableIPTargetType is off");
  }
  if (word !== "instance") {
    const key = annotations.key("nlb-target-type");
    const message = `annotation ${key} must be ip or instance, and counts as instance (value ${JSON.stringify(word)})`;
    report({
      reason: "InvalidAnnotation",
      field: `metadata.annotations[${key}]`,
      value: word,
      message,
      severity: "warning",
    });
  }
  return "instance";
}

function readTargetPort(service: Service, port: ServicePort, targetType: "instance" | "ip"): number {
  if (targetType === "instance" && service.spec?.type === "LoadBalancer" && (port.nodePort ?? 0) === 0)
    throw new InputError(
      `service ${service.metadata.namespace ?? ""}/${service.metadata.name} has no node port for port ${port.port}, which instance targets need; set spec.allocateLoadBalancerNodePorts to true, or use target type ip`,
      { reason: "InvalidSpec", field: "spec.allocateLoadBalancerNodePorts" },
    );
  return targetGroupPort(service, port, targetType);
}

function readChecks(view: ServiceView, service: Service, targetType: "instance" | "ip"): HealthCheckSpec {
  const check = readHealthCheck(view.annotations, healthCheckKeys, {
    protocols: ["TCP", "HTTP", "HTTPS"],
    resolvePort: (wanted) => healthCheckPort(service, wanted, targetType),
    defaults: healthCheckDefaults(service, targetType),
  });
  if (view.input.settings.advancedHealthChecks) return check;
  const { timeoutSeconds: _timeout, matcher: _matcher, ...rest } = check;
  return rest;
}

/**
 * With `externalTrafficPolicy: Local` every node is a target, and the port that kube-proxy answers on tells which of them
 * have pods.
 */
function healthCheckDefaults({ spec }: Service, targetType: "instance" | "ip"): HealthCheckDefaults {
  const isLocal = targetType === "instance" && spec?.externalTrafficPolicy === "Local" && spec.type === "LoadBalancer";
  const successCodes = "200-399";
  const intervalSeconds = 10;
  return isLocal
    ? {
        port: String(spec.healthCheckNodePort ?? 0),
        protocol: "HTTP",
        path: "/healthz",
        successCodes,
        intervalSeconds,
        timeoutSeconds: 6,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      }
    : {
        port: "traffic-port",
        protocol: "TCP",
        path: "/",
        successCodes,
        intervalSeconds,
        timeoutSeconds: 10,
        healthyThreshold: 3,
        unhealthyThreshold: 3,
      };
}

const proxyProtocol = "proxy_protocol_v2.enabled";

/** Later wins: default, all ports, this port, the list of ports with proxy protocol, proxy protocol everywhere. */
function readAttributes({ annotations }: ServiceView, port: number): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = { [proxyProtocol]: "false" };
  const suffix = "target-group-attributes";
  Object.assign(attributes, annotations.map(suffix));
  const ofPort = annotations.map(`${suffix}.${port}`) ?? {};
  for (const [key, value] of Object.entries(ofPort)) if (value !== "") attributes[key] = value;
  const listed = annotations.list("proxy-protocol-per-target-group");
  if (listed !== undefined) {
    const wrong = listed.find((entry) => !/^\d{1,5}$/.test(entry));
    if (wrong !== undefined)
      throw annotations.invalid("proxy-protocol-per-target-group", `has ${wrong}, which is not a port number`);
    attributes[proxyProtocol] = String(listed.map(Number).includes(port));
  }
  const everywhere = annotations.text("proxy-protocol");
  if (everywhere !== undefined && everywhere !== "*")
    throw annotations.invalid("proxy-protocol", `must be "*", which switches proxy protocol v2 on for all ports`);
  if (everywhere === "*") attributes[proxyProtocol] = "true";
  if (attributes[proxyProtocol] === "") delete attributes[proxyProtocol];
  const preserve = attributes["preserve_client_ip.enabled"];
  if (preserve !== undefined && !parseBool(preserve).ok)
    throw annotations.invalid(
      ofPort["preserve_client_ip.enabled"] === preserve ? `${suffix}.${port}` : suffix,
      `has preserve_client_ip.enabled ${JSON.stringify(preserve)}, which must be true or false`,
    );
  return sorted(attributes);
}

function isTrue(text: string): boolean {
  const parsed = parseBool(text);
  return parsed.ok && parsed.value;
}

/** A dual-stack Service has IPv6 endpoints too, and AWS takes one family for a target group. */
function addressFamily({ spec }: Service): "ipv4" | "ipv6" {
  return spec?.ipFamilies?.includes("IPv6") === true ? "ipv6" : "ipv4";
}

/** What nodes or pods listen on, as written: a number or a name. */
export function trafficPort({ targetType, resource, port }: ServiceTargetGroup): number | string {
  return targetType === "instance" ? resource.spec.port : targetPortOf(port);
}
