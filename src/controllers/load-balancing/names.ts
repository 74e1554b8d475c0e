import { sha256Hex } from "../../json.ts";

/** The names that the AWS Load Balancer Controller gives, so that a cluster moves over without a change in AWS. */

/** ELBv2 names have at most 32 characters of `A-Za-z0-9-`; this gives `k8s-<8>-<8>-<10 digits>`. */
export function namespacedName(namespace: string, name: string, hashed: readonly string[]): string {
  return `k8s-${cut(alphanumeric(namespace), 8)}-${cut(alphanumeric(name), 8)}-${sha256Hex(hashed, 10)}`;
}

/** For owners without a namespace: `k8s-<17>-<10 digits>`. */
export function clusterWideName(name: string, hashed: readonly string[]): string {
  return `k8s-${cut(alphanumeric(name), 17)}-${sha256Hex(hashed, 10)}`;
}

/** The security group that all load balancers of a cluster share, as the source of traffic to nodes and pods. */
export function backendSecurityGroupName(cluster: string): string {
  return `k8s-traffic-${cut(alphanumeric(cluster), 232)}-${sha256Hex([cluster], 10)}`;
}

export function alphanumeric(text: string): string {
  return text.replace(/[^0-9A-Za-z]/g, "");
}

export function cut(text: string, length: number): string {
  return text.slice(0, length);
}
