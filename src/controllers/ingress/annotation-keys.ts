import type { AnnotationRegistry } from "../load-balancing/annotation-registry.ts";

export const albPrefix = "alb.ingress.kubernetes.io/";
export const classAnnotation = "kubernetes.io/ingress.class";
export const defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";

/** Read from the Service of a target group first, then from the Ingress. */
const backendSuffixes = [
  "tags",
  "target-type",
  "backend-protocol",
  "backend-protocol-version",
  "target-group-attributes",
  "target-node-labels",
  "multi-cluster-target-group",
  "healthcheck-port",
  "healthcheck-protocol",
  "healthcheck-path",
  "healthcheck-interval-seconds",
  "healthcheck-timeout-seconds",
  "healthy-threshold-count",
  "unhealthy-threshold-count",
  "success-codes",
  "auth-type",
  "auth-idp-oidc",
  "auth-idp-cognito",
  "auth-on-unauthenticated-request",
  "auth-scope",
  "auth-session-cookie",
  "auth-session-timeout",
] as const;

const ingressSuffixes = [
  "group.name",
  "group.order",
  "load-balancer-name",
  "scheme",
  "ip-address-type",
  "subnets",
  "security-groups",
  "manage-backend-security-group-rules",
  "customer-owned-ipv4-pool",
  "ipam-ipv4-pool-id",
  "load-balancer-attributes",
  "minimum-load-balancer-capacity",
  "wafv2-acl-arn",
  "wafv2-acl-name",
  "shield-advanced-protection",
  "listen-ports",
  "ssl-redirect",
  "inbound-cidrs",
  "security-group-prefix-lists",
  "certificate-arn",
  "ssl-policy",
  "mutual-authentication",
  "use-regex-path-match",
  "jwt-validation",
  "enable-frontend-nlb",
  "frontend-nlb-scheme",
  "frontend-nlb-subnets",
  "frontend-nlb-security-groups",
  "frontend-nlb-listener-port-mapping",
  "frontend-nlb-eip-allocations",
  "frontend-nlb-attributes",
  "frontend-nlb-tags",
  "frontend-nlb-healthcheck-port",
  "frontend-nlb-healthcheck-protocol",
  "frontend-nlb-healthcheck-path",
  "frontend-nlb-healthcheck-interval-seconds",
  "frontend-nlb-healthcheck-timeout-seconds",
  "frontend-nlb-healthcheck-healthy-threshold-count",
  "frontend-nlb-healthcheck-unhealthy-threshold-count",
  "frontend-nlb-healthcheck-success-codes",
  "dry-run-plan",
] as const;

/** Understood by LBC and not by us: a user who relies on them must know. */
const unsupported: readonly (readonly [suffix: string, advice: string])[] = [
  ["waf-acl-id", "AWS has closed WAF Classic; use wafv2-acl-arn or wafv2-acl-name"],
  ["web-acl-id", "AWS has closed WAF Classic; use wafv2-acl-arn or wafv2-acl-name"],
  ["create-acm-cert", "request the certificate in ACM; it is found by its host names"],
  ["acm-pca-arn", "request the certificate in ACM; it is found by its host names"],
];

const families = ["actions.", "conditions.", "transforms.", "listener-attributes.", "target-control-port."] as const;

const ownKeys = ["mode", "drift", "deletion-policy", "adopt", "reconcile-at"].map((name) => `fairlead.io/${name}`);

const serviceLoadBalancerKeys = [
  "type",
  "scheme",
  "ssl-cert",
  "ssl-ports",
  "backend-protocol",
  "nlb-target-type",
  "subnets",
].map((name) => [`service.beta.kubernetes.io/aws-load-balancer-${name}`, "a Service of type LoadBalancer"] as const);

const key = (suffix: string): string => `${albPrefix}${suffix}`;

export const ingressAnnotationRegistry: AnnotationRegistry = {
  // Unknown keys under fairlead.io/ are told by `parseControls`, for all kinds alike.
  prefixes: [albPrefix, "service.beta.kubernetes.io/aws-load-balancer-"],
  known: new Set([...[...backendSuffixes, ...ingressSuffixes].map(key), ...ownKeys]),
  families: families.map(key),
  elsewhere: new Map(serviceLoadBalancerKeys),
  unsupported: new Map(unsupported.map(([suffix, advice]) => [key(suffix), advice])),
};

/** The keys of ours that work on a Service behind an Ingress. */
export const backendServiceAnnotationRegistry: AnnotationRegistry = {
  prefixes: [albPrefix],
  known: new Set(backendSuffixes.map(key)),
  families: [key("target-control-port.")],
  elsewhere: new Map(ingressSuffixes.map((suffix) => [key(suffix), "the Ingress"])),
};
