import type { LoadBalancerState } from "../surroundings.ts";
import type { HeldInterface } from "./held-interfaces.ts";

export type LoadBalancerType = "application" | "network";

export type Tags = Map<string, string>;

/** What can carry tags. */
export interface Tagged {
  readonly arn: string;
  readonly createdAt: number;
  readonly tags: Tags;
}

/** A load balancer's foot in one zone. */
export interface ZonePlacement {
  readonly zone: string;
  readonly subnetId: string;
  readonly held: HeldInterface;
  readonly allocationId: string | undefined;
  /** Given by the user (internal network load balancers). */
  readonly privateAddress: string | undefined;
  readonly ipv6Address: string | undefined;
  readonly sourceNatIpv6Prefix: string | undefined;
}

export type LoadBalancerIpType = "ipv4" | "dualstack" | "dualstack-without-public-ipv4";

export interface LoadBalancer extends Tagged {
  readonly id: string;
  readonly name: string;
  readonly type: LoadBalancerType;
  readonly scheme: "internet-facing" | "internal";
  readonly vpcId: string;
  readonly dnsName: string;
  readonly hostedZoneId: string;
  readonly activeAt: number;
  /** Set by a scenario; wins over time. */
  forcedState: { readonly code: LoadBalancerState; readonly reason: string } | undefined;
  readonly customerOwnedIpv4Pool: string | undefined;
  ipamPoolId: string | undefined;
  zones: readonly ZonePlacement[];
  securityGroups: readonly string[];
  ipAddressType: LoadBalancerIpType;
  /** Network load balancers with security groups only. */
  enforceOnPrivateLink: "on" | "off" | undefined;
  prefixForIpv6SourceNat: "on" | "off" | undefined;
  /** Attributes that were set; the others have their defaults. */
  readonly attributes: Map<string, string>;
  readonly listeners: Map<string, Listener>;
  /** Target groups in use by listeners and rules, with the number of references. */
  readonly targetGroupUse: Map<string, number>;
  ruleCount: number;
  capacityUnits: number | undefined;
  capacityChangedAt: number | undefined;
  capacityDecreasesLeft: number;
}

export type ListenerProtocol = "HTTP" | "HTTPS" | "TCP" | "TLS" | "UDP" | "TCP_UDP" | "QUIC" | "TCP_QUIC";

export interface MutualAuthentication {
  readonly Mode: "off" | "passthrough" | "verify";
  readonly TrustStoreArn?: string | undefined;
  readonly IgnoreClientCertificateExpiry?: boolean | undefined;
  readonly AdvertiseTrustStoreCaNames?: "on" | "off" | undefined;
}

export interface Listener extends Tagged {
  readonly id: string;
  readonly loadBalancer: LoadBalancer;
  port: number;
  protocol: ListenerProtocol;
  sslPolicy: string | undefined;
  defaultCertificate: string | undefined;
  /** The further certificates, in the order they were added. */
  readonly certificates: Set<string>;
  alpnPolicy: string | undefined;
  mutualAuthentication: MutualAuthentication | undefined;
  defaultActions: readonly StoredAction[];
  readonly defaultRule: Rule;
  /** Without the default rule, by ARN. */
  readonly rules: Map<string, Rule>;
  readonly priorities: Map<number, Rule>;
  readonly attributes: Map<string, string>;
}

/** An action as Describe answers it, with what it never shows. */
export interface StoredAction {
  readonly wire: Readonly<Record<string, unknown>> & { readonly Type: string };
  readonly targetGroupArns: readonly string[];
  readonly clientSecret?: string;
}

export interface Rule extends Tagged {
  readonly listenerArn: string;
  readonly isDefault: boolean;
  priority: number;
  /** As Describe answers them. */
  conditions: readonly Readonly<Record<string, unknown>>[];
  actions: readonly StoredAction[];
  transforms: readonly Readonly<Record<string, unknown>>[];
}

export type TargetType = "instance" | "ip" | "lambda" | "alb";

export type TargetGroupProtocol = ListenerProtocol;

export interface HealthCheck {
  readonly enabled: boolean;
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | undefined;
  readonly port: string | undefined;
  readonly path: string | undefined;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly httpCode: string | undefined;
  readonly grpcCode: string | undefined;
}

export interface Target {
  readonly id: string;
  /** Undefined for functions. */
  readonly port: number | undefined;
  readonly zone: string | undefined;
  readonly quicServerId: string | undefined;
  registeredAt: number;
  /** Wall time at which a draining target vanishes. */
  drainedAt: number | undefined;
  verdict: "initial" | "healthy" | "unhealthy";
  /** What the health source said last, and since when. */
  seen: { readonly healthy: boolean; readonly since: number } | undefined;
}

export interface TargetGroup extends Tagged {
  readonly name: string;
  readonly id: string;
  readonly protocol: TargetGroupProtocol | undefined;
  readonly protocolVersion: "HTTP1" | "HTTP2" | "GRPC" | undefined;
  readonly port: number | undefined;
  readonly vpcId: string | undefined;
  readonly targetType: TargetType;
  readonly ipAddressType: "ipv4" | "ipv6" | undefined;
  readonly controlPort: number | undefined;
  healthCheck: HealthCheck;
  readonly attributes: Map<string, string>;
  /** By `id:port`. */
  readonly targets: Map<string, Target>;
  /** ARNs of the listeners and rules that forward to it. */
  readonly usedBy: Set<string>;
  loadBalancer: LoadBalancer | undefined;
  attachedAt: number | undefined;
  /** When the last reference went; the association lingers for `lag.elbv2Detach`. */
  detachedAt: number | undefined;
}

export interface TrustStore extends Tagged {
  readonly name: string;
  readonly bundle: string;
}
