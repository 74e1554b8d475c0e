import type { PortNumberOrName, Service } from "../../api/builtin.ts";
import type { Resource } from "../../engine/stack.ts";
import type { TargetGroupSpec } from "../../resources/elbv2/specs.ts";
import { readHealthCheck } from "../load-balancing/health-check.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { namespacedName } from "../load-balancing/names.ts";
import {
  addressFamily,
  healthCheckPort,
  servicePort,
  targetGroupPort,
  targetPortOf,
} from "../load-balancing/service-port.ts";
import { checkTags, wantedTags } from "../load-balancing/tags.ts";
import type { BindingPort } from "../load-balancing/target-group-binding.ts";
import { type GroupID, groupKey } from "./group.ts";
import { memberTags, paramsTags } from "./member-tags.ts";
import type { MemberView } from "./member-view.ts";

/** A target group and what its binding needs, before the load balancer's security groups are known. */
export interface BackendTargetGroup {
  readonly resource: Resource<TargetGroupSpec>;
  readonly namespace: string;
  readonly service: string;
  /** As written in the backend. */
  readonly port: PortNumberOrName;
  /** What the load balancer must reach on nodes or pods. */
  readonly openPorts: readonly BindingPort[];
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly multiCluster: boolean;
}

const healthCheckKeys = {
  port: "healthcheck-port",
  protocol: "healthcheck-protocol",
  path: "healthcheck-path",
  successCodes: "success-codes",
  interval: "healthcheck-interval-seconds",
  timeout: "healthcheck-timeout-seconds",
  healthyThreshold: "healthy-threshold-count",
  unhealthyThreshold: "unhealthy-threshold-count",
} as const;

/** One target group for each (Ingress, Service, port as written). */
export function backendTargetGroup(
  view: MemberView,
  group: GroupID,
  service: Service,
  port: PortNumberOrName,
): BackendTargetGroup {
  const { settings } = view;
  const annotations = view.withService(service);
  const servicePortSpec = servicePort(service, port);
  const targetType = readTargetType(view, service);
  const protocol = annotations.oneOf("backend-protocol", ["HTTP", "HTTPS"]) ?? "HTTP";
  const protocolVersion = annotations.oneOf("backend-protocol-version", ["HTTP1", "HTTP2", "GRPC"]) ?? "HTTP1";
  const tgPort = targetGroupPort(service, servicePortSpec, targetType);
  const control = controlPort(view, service, port, targetType);
  const grpc = protocolVersion === "GRPC";
  const healthCheck = readHealthCheck(annotations, healthCheckKeys, {
    protocols: ["HTTP", "HTTPS"],
    grpc,
    resolvePort: (wanted) => healthCheckPort(service, wanted, targetType),
    defaults: {
      port: "traffic-port",
      protocol,
      path: grpc ? "/AWS.ALB/healthcheck" : "/",
      successCodes: grpc ? "12" : "200",
      intervalSeconds: 15,
      timeoutSeconds: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
  });
  const family = addressFamily(service);
  const name = namespacedName(service.metadata.namespace ?? "", service.metadata.name, [
    settings.clusterName,
    groupKey(group),
    view.namespace,
    view.name,
    service.metadata.uid,
    String(port),
    String(tgPort),
    targetType,
    protocol,
    protocolVersion,
    ...(control === undefined ? [] : [String(control)]),
  ]);
  const serviceTags = checkTags(
    serviceOnly(view, service),
    settings.tags,
    `metadata.annotations[${view.annotations.key("tags")}] of Service ${service.metadata.name}`,
  );
  return {
    resource: {
      type: "elbv2/TargetGroup",
      id: `${view.namespace}/${view.name}-${service.metadata.name}:${port}`,
      spec: {
        name,
        targetType,
        protocol,
        protocolVersion,
        port: tgPort,
        ...(family === "ipv6" ? { ipAddressType: family } : {}),
        vpcID: settings.vpcID,
        ...(control === undefined ? {} : { targetControlPort: control }),
        healthCheck,
        attributes: annotations.map("target-group-attributes") ?? {},
        tags: wantedTags(settings.tags, [memberTags(view), serviceTags, paramsTags(view)]),
      },
    },
    namespace: service.metadata.namespace ?? "",
    service: service.metadata.name,
    port,
    openPorts: openPorts(
      view,
      targetType === "instance" ? tgPort : targetPortOf(servicePortSpec),
      healthCheck.port,
      control,
    ),
    ...nodeLabels(annotations.map("target-node-labels")),
    multiCluster:
      view.annotations.bool("multi-cluster-target-group") === true ||
      annotations.bool("multi-cluster-target-group") === true,
  };
}

function readTargetType(view: MemberView, service: Service): "instance" | "ip" {
  const fromParams = view.params.targetType;
  if (fromParams !== undefined) return fromParams;
  const annotations = view.withService(service);
  const type = annotations.oneOf("target-type", ["instance", "ip"]) ?? view.settings.defaultTargetType;
  if (type === "ip" && !view.settings.enableIPTargetType)
    throw annotations.invalid("target-type", "is ip while feature gate EnableIPTargetType is off");
  return type;
}

function controlPort(
  view: MemberView,
  service: Service,
  port: PortNumberOrName,
  targetType: string,
): number | undefined {
  const suffix = `target-control-port.${service.metadata.name}.${port}`;
  const annotations = view.withService(service);
  const control = annotations.integer(suffix, 1, 65535);
  if (control !== undefined && targetType === "instance")
    throw annotations.invalid(suffix, "target control port is not supported for instance target group");
  return control;
}

/** The Service's own `tags`; those of the Ingress come in as a weaker layer. */
function serviceOnly(view: MemberView, service: Service): Readonly<Record<string, string>> {
  const has = view.serviceAnnotations(service)[view.annotations.key("tags")] !== undefined;
  return has ? (view.withService(service).map("tags") ?? {}) : {};
}

function openPorts(
  view: MemberView,
  target: PortNumberOrName,
  healthPort: string,
  control: number | undefined,
): readonly BindingPort[] {
  if (!view.settings.restrictedSecurityGroupRules) return [{ protocol: "TCP" }];
  const ports: PortNumberOrName[] = [target];
  if (healthPort !== "traffic-port") ports.push(Number(healthPort));
  if (control !== undefined) ports.push(control);
  return [...new Set(ports)].map((port) => ({ protocol: "TCP", port }));
}

function nodeLabels(labels: Readonly<Record<string, string>> | undefined): {
  readonly nodeLabels?: Readonly<Record<string, string>>;
} {
  return labels === undefined ? {} : { nodeLabels: labels };
}

/** An IPv6 target group needs a load balancer that speaks IPv6. */
export function checkAddressFamily(targetGroup: BackendTargetGroup, ipAddressType: string): void {
  if (targetGroup.resource.spec.ipAddressType !== "ipv6" || ipAddressType !== "ipv4") return;
  throw new InputError(
    `service ${targetGroup.namespace}/${targetGroup.service} is IPv6 (spec.ipFamilies), the load balancer ipv4: unsupported IPv6 configuration, lb not dual-stack; set annotation alb.ingress.kubernetes.io/ip-address-type to dualstack`,
    { reason: "InvalidSpec", field: "spec.ipFamilies", value: "IPv6" },
  );
}
