import { sha256Hex } from "../../../json.ts";
import type { SandboxContext } from "../service.ts";
import { validationError } from "./errors.ts";
import type { LoadBalancerType } from "./model.ts";

/** Rules of load balancer names. Source: ELBv2 API reference, CreateLoadBalancer. */
export function checkLoadBalancerName(name: string): void {
  checkName(name, "Load balancer name");
  if (name.startsWith("internal-")) throw validationError(`Load balancer name '${name}' cannot begin with 'internal-'`);
}

export function checkTargetGroupName(name: string): void {
  checkName(name, "Target group name");
}

function checkName(name: string, what: string): void {
  if (name.length === 0) throw validationError(`${what} must not be empty`);
  if (name.length > 32) throw validationError(`${what} '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]*$/.test(name))
    throw validationError(
      `${what} '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`,
    );
  if (name.startsWith("-") || name.endsWith("-"))
    throw validationError(`${what} '${name}' cannot begin or end with '-'`);
}

export function dnsName(
  context: SandboxContext,
  loadBalancer: { name: string; id: string; type: LoadBalancerType; scheme: string },
): string {
  const name = loadBalancer.name.toLowerCase();
  const suffix = context.partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  if (loadBalancer.type === "network") return `${name}-${loadBalancer.id}.elb.${context.region}.${suffix}`;
  const prefix = loadBalancer.scheme === "internal" ? "internal-" : "";
  return `${prefix}${name}-${context.ids.digits(9)}.${context.region}.elb.${suffix}`;
}

const hostedZones: Readonly<Record<string, Readonly<Record<LoadBalancerType, string>>>> = {
  "us-east-1": { application: "Z35SXDOTRQ7X7K", network: "Z26RNL4JYFTOTI" },
  "us-east-2": { application: "Z3AADJGX6KTTL2", network: "ZLMOA37VPKANP" },
  "us-west-1": { application: "Z368ELLRRE2KJ0", network: "Z24FKFUX50B4VW" },
  "us-west-2": { application: "Z1H1FL5HABSF5", network: "Z18D5FSROUN65G" },
  "eu-west-1": { application: "Z32O12XQLNTSW2", network: "Z2IFOLAFXWLO4F" },
};

/** Route 53 zone of the region's load balancers; regions that are not in the table get one of their own form. */
export function hostedZoneId(region: string, type: LoadBalancerType): string {
  return hostedZones[region]?.[type] ?? `Z${sha256Hex([region, type], 13).toUpperCase()}`;
}
