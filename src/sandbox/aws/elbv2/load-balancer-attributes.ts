import { defineOperation, type Operation } from "../service.ts";
import { required, string } from "../shapes.ts";
import {
  type AttributeRule,
  AttributeTable,
  attributeList,
  isAnything,
  isBetween,
  isBoolean,
  isOneOf,
} from "./attribute-table.ts";
import { invalidConfiguration, validationError } from "./errors.ts";
import type { LoadBalancer } from "./model.ts";
import type { Elbv2State } from "./state.ts";

type Rule = AttributeRule<LoadBalancer>;

const onBoth = (): boolean => true;
const onApplication = (loadBalancer: LoadBalancer): boolean => loadBalancer.type === "application";
const onNetwork = (loadBalancer: LoadBalancer): boolean => loadBalancer.type === "network";

const isLogPrefix = (value: string): string | undefined => {
  if (value.startsWith("/") || value.endsWith("/")) return "cannot begin or end with '/'";
  return value.includes("AWSLogs") ? "cannot contain 'AWSLogs'" : undefined;
};

function logs(family: string, appliesTo: Rule["appliesTo"]): Rule[] {
  return [
    { key: `${family}.s3.enabled`, default: "false", appliesTo, check: isBoolean },
    { key: `${family}.s3.bucket`, default: "", appliesTo, check: isAnything },
    { key: `${family}.s3.prefix`, default: "", appliesTo, check: isLogPrefix },
  ];
}

function flag(key: string, initial: string, appliesTo: Rule["appliesTo"]): Rule {
  return { key, default: initial, appliesTo, check: isBoolean };
}

/** Source: ELBv2 API reference, LoadBalancerAttribute. */
export const loadBalancerAttributes = new AttributeTable<LoadBalancer>(
  "Load balancer",
  (loadBalancer) => `load balancers with type '${loadBalancer.type}'`,
  [
    flag("deletion_protection.enabled", "false", onBoth),
    {
      key: "load_balancing.cross_zone.enabled",
      default: (loadBalancer) => (loadBalancer.type === "application" ? "true" : "false"),
      appliesTo: onBoth,
      check: isBoolean,
    },
    ...logs("access_logs", onBoth),
    {
      key: "ipv6.deny_all_igw_traffic",
      default: (loadBalancer) => (loadBalancer.scheme === "internal" ? "true" : "false"),
      appliesTo: onBoth,
      check: isBoolean,
    },
    flag("zonal_shift.config.enabled", "false", onBoth),
    { key: "idle_timeout.timeout_seconds", default: "60", appliesTo: onApplication, check: isBetween(1, 4000) },
    { key: "client_keep_alive.seconds", default: "3600", appliesTo: onApplication, check: isBetween(60, 604800) },
    ...logs("connection_logs", onApplication),
    ...logs("health_check_logs", onApplication),
    {
      key: "routing.http.desync_mitigation_mode",
      default: "defensive",
      appliesTo: onApplication,
      check: isOneOf("monitor", "defensive", "strictest"),
    },
    flag("routing.http.drop_invalid_header_fields.enabled", "false", onApplication),
    flag("routing.http.preserve_host_header.enabled", "false", onApplication),
    flag("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", onApplication),
    flag("routing.http.xff_client_port.enabled", "false", onApplication),
    {
      key: "routing.http.xff_header_processing.mode",
      default: "append",
      appliesTo: onApplication,
      check: isOneOf("append", "preserve", "remove"),
    },
    flag("routing.http2.enabled", "true", onApplication),
    flag("waf.fail_open.enabled", "false", onApplication),
    {
      key: "dns_record.client_routing_policy",
      default: "any_availability_zone",
      appliesTo: onNetwork,
      check: isOneOf("availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"),
    },
    { key: "secondary_ips.auto_assigned.per_subnet", default: "0", appliesTo: onNetwork, check: isBetween(0, 7) },
  ],
);

export function loadBalancerAttributeOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeLoadBalancerAttributes",
      mutating: false,
      bucket: "reads",
      input: { LoadBalancerArn: required(string()) },
      handle(input) {
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        return { Attributes: loadBalancerAttributes.all(loadBalancer, loadBalancer.attributes) };
      },
    }),
    defineOperation({
      name: "ModifyLoadBalancerAttributes",
      mutating: true,
      bucket: "writes",
      input: { LoadBalancerArn: required(string()), Attributes: attributeList },
      handle(input) {
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        const after = loadBalancerAttributes.changed(loadBalancer, loadBalancer.attributes, input.Attributes);
        checkTogether(loadBalancer, after);
        for (const [key, value] of after) loadBalancer.attributes.set(key, value);
        return { Attributes: loadBalancerAttributes.all(loadBalancer, loadBalancer.attributes) };
      },
    }),
  ];
}

function checkTogether(loadBalancer: LoadBalancer, after: ReadonlyMap<string, string>): void {
  if (loadBalancer.type === "application" && after.get("load_balancing.cross_zone.enabled") === "false")
    throw invalidConfiguration("Cross-zone load balancing cannot be turned off for application load balancers");
  for (const family of ["access_logs", "connection_logs", "health_check_logs"]) {
    if (after.get(`${family}.s3.enabled`) === "true" && (after.get(`${family}.s3.bucket`) ?? "") === "")
      throw validationError(`'${family}.s3.bucket' must be specified when '${family}.s3.enabled' is 'true'`);
  }
  const key = "secondary_ips.auto_assigned.per_subnet";
  if (Number(after.get(key) ?? 0) < Number(loadBalancer.attributes.get(key) ?? 0))
    throw invalidConfiguration(`'${key}' cannot be decreased`);
}
