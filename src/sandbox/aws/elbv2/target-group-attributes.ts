import { defineOperation, type Operation } from "../service.ts";
import { required, string } from "../shapes.ts";
import {
  type AttributeRule,
  AttributeTable,
  attributeList,
  either,
  isAnything,
  isBetween,
  isBoolean,
  isOneOf,
} from "./attribute-table.ts";
import { invalidConfiguration, validationError } from "./errors.ts";
import type { TargetGroup } from "./model.ts";
import type { Elbv2State } from "./state.ts";

type Subject = Pick<TargetGroup, "targetType" | "protocol">;
type Rule = AttributeRule<Subject>;

const isLambda = ({ targetType }: Subject): boolean => targetType === "lambda";
const isApplication = ({ targetType, protocol }: Subject): boolean =>
  targetType === "lambda" || protocol === "HTTP" || protocol === "HTTPS";
const isApplicationServer = (subject: Subject): boolean => isApplication(subject) && !isLambda(subject);
const isNetwork = (subject: Subject): boolean => !isApplication(subject);
const isTcpOrTls = ({ protocol }: Subject): boolean => protocol === "TCP" || protocol === "TLS";
const isServer = (subject: Subject): boolean => !isLambda(subject);
const isAny = (): boolean => true;
const carriesUdp = ({ protocol }: Subject): boolean =>
  protocol?.includes("UDP") === true || protocol?.includes("QUIC") === true;

const off = isOneOf("off");

function healthRules(action: string, countIsOptional: boolean): Rule[] {
  const count = isBetween(1, 1000);
  const family = `target_group_health.${action}.minimum_healthy_targets`;
  return [
    { key: `${family}.count`, default: "1", appliesTo: isServer, check: countIsOptional ? either(off, count) : count },
    { key: `${family}.percentage`, default: "off", appliesTo: isServer, check: either(off, isBetween(1, 100)) },
  ];
}

/** Source: ELBv2 API reference, TargetGroupAttribute. */
export const targetGroupAttributes = new AttributeTable<Subject>(
  "Target group",
  ({ targetType, protocol }) =>
    targetType === "lambda"
      ? "target groups with target type 'lambda'"
      : `target groups with the ${protocol ?? ""} protocol`,
  [
    { key: "deregistration_delay.timeout_seconds", default: "300", appliesTo: isServer, check: isBetween(0, 3600) },
    { key: "stickiness.enabled", default: "false", appliesTo: isAny, check: isBoolean },
    {
      key: "stickiness.type",
      default: (subject) => (isApplication(subject) ? "lb_cookie" : "source_ip"),
      appliesTo: isAny,
      check: isOneOf("lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto"),
    },
    {
      key: "load_balancing.cross_zone.enabled",
      default: "use_load_balancer_configuration",
      appliesTo: isAny,
      check: isOneOf("true", "false", "use_load_balancer_configuration"),
    },
    ...healthRules("dns_failover", true),
    ...healthRules("unhealthy_state_routing", false),
    {
      key: "load_balancing.algorithm.type",
      default: "round_robin",
      appliesTo: isApplicationServer,
      check: isOneOf("round_robin", "least_outstanding_requests", "weighted_random"),
    },
    {
      key: "load_balancing.algorithm.anomaly_mitigation",
      default: "off",
      appliesTo: isApplicationServer,
      check: isOneOf("on", "off"),
    },
    {
      key: "slow_start.duration_seconds",
      default: "0",
      appliesTo: isApplicationServer,
      check: either(isOneOf("0"), isBetween(30, 900)),
    },
    {
      key: "stickiness.lb_cookie.duration_seconds",
      default: "86400",
      appliesTo: isApplication,
      check: isBetween(1, 604800),
    },
    {
      key: "stickiness.app_cookie.cookie_name",
      default: "",
      appliesTo: isApplication,
      check: (name) =>
        /^AWSALB(APP|TG)?/.test(name) ? "cannot begin with 'AWSALB', 'AWSALBAPP' or 'AWSALBTG'" : undefined,
    },
    {
      key: "stickiness.app_cookie.duration_seconds",
      default: "86400",
      appliesTo: isApplication,
      check: isBetween(1, 604800),
    },
    { key: "lambda.multi_value_headers.enabled", default: "false", appliesTo: isLambda, check: isBoolean },
    {
      key: "deregistration_delay.connection_termination.enabled",
      default: ({ protocol }) => (protocol === "UDP" || protocol === "TCP_UDP" ? "true" : "false"),
      appliesTo: isNetwork,
      check: isBoolean,
    },
    {
      key: "preserve_client_ip.enabled",
      default: (subject) => (subject.targetType === "ip" && isTcpOrTls(subject) ? "false" : "true"),
      appliesTo: isNetwork,
      check: isBoolean,
    },
    { key: "proxy_protocol_v2.enabled", default: "false", appliesTo: isNetwork, check: isBoolean },
    {
      key: "target_health_state.unhealthy.connection_termination.enabled",
      default: "true",
      appliesTo: isTcpOrTls,
      check: isBoolean,
    },
    {
      key: "target_health_state.unhealthy.draining_interval_seconds",
      default: "0",
      appliesTo: isTcpOrTls,
      check: isBetween(0, 360000),
    },
    { key: "target_failover.on_deregistration", default: "no_rebalance", appliesTo: () => false, check: isAnything },
    { key: "target_failover.on_unhealthy", default: "no_rebalance", appliesTo: () => false, check: isAnything },
  ],
);

export function targetGroupAttributeOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeTargetGroupAttributes",
      mutating: false,
      bucket: "reads",
      input: { TargetGroupArn: required(string()) },
      handle(input) {
        const group = state.getTargetGroup(input.TargetGroupArn);
        return { Attributes: targetGroupAttributes.all(group, group.attributes) };
      },
    }),
    defineOperation({
      name: "ModifyTargetGroupAttributes",
      mutating: true,
      bucket: "writes",
      input: { TargetGroupArn: required(string()), Attributes: attributeList },
      handle(input) {
        const group = state.getTargetGroup(input.TargetGroupArn);
        if (group.targetType === "alb")
          throw invalidConfiguration("Attributes of target groups with target type 'alb' cannot be modified");
        const after = targetGroupAttributes.changed(group, group.attributes, input.Attributes);
        checkTogether(group, after);
        for (const [key, value] of after) group.attributes.set(key, value);
        return { Attributes: targetGroupAttributes.all(group, group.attributes) };
      },
    }),
  ];
}

function checkTogether(group: TargetGroup, after: ReadonlyMap<string, string>): void {
  const value = (key: string): string => targetGroupAttributes.value(key, group, after) ?? "";
  const protocol = group.protocol ?? "";
  checkStickiness(group, value);
  if (carriesUdp(group) && value("preserve_client_ip.enabled") === "false") {
    throw invalidConfiguration(
      `Client IP preservation cannot be disabled for target groups with the ${protocol} protocol`,
    );
  }
  const algorithm = value("load_balancing.algorithm.type");
  if (value("load_balancing.algorithm.anomaly_mitigation") === "on" && algorithm !== "weighted_random") {
    throw invalidConfiguration(
      "You cannot enable anomaly mitigation unless the load balancing algorithm is 'weighted_random'",
    );
  }
  if (Number(value("slow_start.duration_seconds")) > 0 && algorithm !== "round_robin")
    throw invalidConfiguration(`You cannot enable slow start with the load balancing algorithm '${algorithm}'`);
  const draining = Number(value("target_health_state.unhealthy.draining_interval_seconds"));
  if (draining > 0 && value("target_health_state.unhealthy.connection_termination.enabled") === "true") {
    throw invalidConfiguration(
      "You cannot set an unhealthy draining interval while unhealthy connection termination is enabled",
    );
  }
  for (const unit of ["count", "percentage"]) {
    const dns = value(`target_group_health.dns_failover.minimum_healthy_targets.${unit}`);
    const routing = value(`target_group_health.unhealthy_state_routing.minimum_healthy_targets.${unit}`);
    if (dns !== "off" && routing !== "off" && Number(dns) < Number(routing)) {
      throw validationError(
        `The DNS failover minimum healthy targets ${unit} '${dns}' must be at least the unhealthy state routing one '${routing}'`,
      );
    }
  }
}

function checkStickiness(group: TargetGroup, value: (key: string) => string): void {
  const type = value("stickiness.type");
  const application = isApplication(group);
  const fits = application ? type === "lb_cookie" || type === "app_cookie" : type === "source_ip";
  if (!fits) {
    throw invalidConfiguration(
      `Stickiness type '${type}' is not supported for target groups with the ${group.protocol ?? "lambda"} protocol`,
    );
  }
  if (value("stickiness.enabled") !== "true") return;
  if (group.protocol === "TLS")
    throw invalidConfiguration("You cannot enable stickiness on target groups with the TLS protocol");
  if (type === "app_cookie" && value("stickiness.app_cookie.cookie_name") === "") {
    throw invalidConfiguration("You must set an application cookie name to enable stickiness of type 'app_cookie'");
  }
}
