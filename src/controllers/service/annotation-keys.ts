import type { AnnotationRegistry } from "../load-balancing/annotation-registry.ts";

export const servicePrefix = "service.beta.kubernetes.io/";
export const nlbPrefix = `${servicePrefix}aws-load-balancer-`;

/** Those under `nlbPrefix`. */
const suffixes = [
  "type",
  "nlb-target-type",
  "name",
  "scheme",
  "internal",
  "subnets",
  "additional-resource-tags",
  "ip-address-type",
  "eip-allocations",
  "private-ipv4-addresses",
  "ipv6-addresses",
  "enable-prefix-for-ipv6-source-nat",
  "source-nat-ipv6-prefixes",
  "security-group-prefix-lists",
  "security-groups",
  "manage-backend-security-group-rules",
  "disable-nlb-sg",
  "inbound-sg-rules-on-private-link-traffic",
  "enable-icmp-for-path-mtu-discovery",
  "ssl-cert",
  "ssl-ports",
  "ssl-negotiation-policy",
  "backend-protocol",
  "alpn-policy",
  "enable-tcp-udp-listener",
  "quic-enabled-ports",
  "target-group-attributes",
  "proxy-protocol",
  "proxy-protocol-per-target-group",
  "target-node-labels",
  "multi-cluster-target-group",
  "healthcheck-protocol",
  "healthcheck-port",
  "healthcheck-path",
  "healthcheck-success-codes",
  "healthcheck-interval",
  "healthcheck-timeout",
  "healthcheck-healthy-threshold",
  "healthcheck-unhealthy-threshold",
  "attributes",
  "cross-zone-load-balancing-enabled",
  "access-log-enabled",
  "access-log-s3-bucket-name",
  "access-log-s3-bucket-prefix",
  "minimum-load-balancer-capacity",
] as const;

const families = ["listener-attributes.", "target-group-attributes."] as const;

export const sourceRangesSuffix = "load-balancer-source-ranges";

export const serviceAnnotationRegistry: AnnotationRegistry = {
  prefixes: [nlbPrefix],
  known: new Set([...suffixes.map((suffix) => `${nlbPrefix}${suffix}`), `${servicePrefix}${sourceRangesSuffix}`]),
  families: [...families.map((family) => `${nlbPrefix}${family}`), `${servicePrefix}actions.`],
  elsewhere: new Map([[`${nlbPrefix}quic-enabled-containers`, "a Pod"]]),
};
