import type { Ref } from "../../engine/stack.ts";

/** The desired fields of the ELBv2 resource types. An absent field is not managed, unless its comment says otherwise. */

export type Tags = Readonly<Record<string, string>>;
/** A literal, or the output of another resource of the same Stack. */
export type StringOrRef = string | Ref;

export interface SubnetMapping {
  readonly subnetID: string;
  readonly allocationID?: string;
  readonly privateIPv4Address?: string;
  readonly ipv6Address?: string;
  readonly sourceNatIpv6Prefix?: string;
}

/** `elbv2/LoadBalancer`. Outputs: `arn`, `dnsName`, `canonicalHostedZoneID`, `vpcID`, `name`. */
export interface LoadBalancerSpec {
  readonly name: string;
  readonly type: "application" | "network";
  readonly scheme: "internal" | "internet-facing";
  readonly ipAddressType: "ipv4" | "dualstack" | "dualstack-without-public-ipv4";
  readonly subnetMappings: readonly SubnetMapping[];
  /** Absent: not managed. Empty: a network load balancer without security groups. */
  readonly securityGroups?: readonly StringOrRef[];
  readonly enforceSecurityGroupInboundRulesOnPrivateLinkTraffic?: "on" | "off";
  readonly customerOwnedIPv4Pool?: string;
  readonly ipv4IPAMPoolID?: string;
  readonly enablePrefixForIPv6SourceNat?: "on" | "off";
  /** Only the listed keys are read and written. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly minimumCapacityUnits?: number;
  /** Tags wanted beside the ownership tags. */
  readonly tags: Tags;
}

export interface HealthCheckSpec {
  /** `traffic-port` or a number as text. */
  readonly port: string;
  readonly protocol: string;
  /** HTTP and HTTPS only. */
  readonly path?: string;
  readonly matcher?: { readonly httpCode?: string; readonly grpcCode?: string };
  readonly intervalSeconds: number;
  readonly timeoutSeconds?: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** `elbv2/TargetGroup`. Outputs: `arn`, `name`. */
export interface TargetGroupSpec {
  readonly name: string;
  readonly targetType: "instance" | "ip" | "alb";
  readonly protocol: string;
  /** HTTP and HTTPS only. */
  readonly protocolVersion?: string;
  readonly port: number;
  readonly ipAddressType?: "ipv4" | "ipv6";
  readonly vpcID: string;
  readonly targetControlPort?: number;
  readonly healthCheck: HealthCheckSpec;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

export interface WeightedTargetGroup {
  readonly targetGroupARN: StringOrRef;
  readonly weight?: number;
}

/** One action of a listener or rule; the order in the list is AWS's `Order`. */
export type ActionSpec =
  | {
      readonly type: "forward";
      readonly targetGroups: readonly WeightedTargetGroup[];
      readonly stickiness?: { readonly enabled: boolean; readonly durationSeconds?: number };
    }
  | {
      readonly type: "redirect";
      readonly host?: string;
      readonly path?: string;
      readonly port?: string;
      readonly protocol?: string;
      readonly query?: string;
      readonly statusCode: string;
    }
  | {
      readonly type: "fixed-response";
      readonly contentType?: string;
      readonly messageBody?: string;
      readonly statusCode: string;
    }
  | {
      readonly type: "authenticate-oidc";
      readonly issuer: string;
      readonly authorizationEndpoint: string;
      readonly tokenEndpoint: string;
      readonly userInfoEndpoint: string;
      readonly clientID: string;
      /**
       * Never logged, planned or stored: AWS does not return it; `clientSecretHash` is what is compared. Empty: AWS keeps
       * the secret that it has.
       */
      readonly clientSecret: string;
      readonly clientSecretHash: string;
      /** The hash of the secret that AWS was given last, as far as a report remembers it: what a new process goes by. */
      readonly lastSecretHash?: string;
      readonly extraParams?: Readonly<Record<string, string>>;
      readonly onUnauthenticatedRequest: string;
      readonly scope: string;
      readonly sessionCookieName: string;
      readonly sessionTimeout: number;
    }
  | {
      readonly type: "authenticate-cognito";
      readonly userPoolARN: string;
      readonly userPoolClientID: string;
      readonly userPoolDomain: string;
      readonly extraParams?: Readonly<Record<string, string>>;
      readonly onUnauthenticatedRequest: string;
      readonly scope: string;
      readonly sessionCookieName: string;
      readonly sessionTimeout: number;
    }
  | {
      readonly type: "jwt-validation";
      readonly jwksEndpoint: string;
      readonly issuer: string;
      readonly additionalClaims?: readonly {
        readonly format: string;
        readonly name: string;
        readonly values: readonly string[];
      }[];
    };

export interface MutualAuthenticationSpec {
  readonly mode: "off" | "passthrough" | "verify";
  readonly trustStoreARN?: string;
  readonly ignoreClientCertificateExpiry?: boolean;
  readonly advertiseTrustStoreCANames?: "on" | "off";
}

/** `elbv2/Listener`. Outputs: `arn`. */
export interface ListenerSpec {
  readonly loadBalancerARN: StringOrRef;
  readonly port: number;
  readonly protocol: string;
  readonly defaultActions: readonly ActionSpec[];
  /** The default certificate; TLS and HTTPS only. */
  readonly certificateARN?: string;
  /** Certificates for SNI beside the default one. */
  readonly extraCertificateARNs?: readonly string[];
  readonly sslPolicy?: string;
  readonly alpnPolicy?: readonly string[];
  readonly mutualAuthentication?: MutualAuthenticationSpec;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

export type ConditionSpec =
  | { readonly field: "host-header"; readonly values?: readonly string[]; readonly regexValues?: readonly string[] }
  | { readonly field: "path-pattern"; readonly values?: readonly string[]; readonly regexValues?: readonly string[] }
  | {
      readonly field: "http-header";
      readonly name: string;
      readonly values?: readonly string[];
      readonly regexValues?: readonly string[];
    }
  | { readonly field: "http-request-method"; readonly values: readonly string[] }
  | { readonly field: "query-string"; readonly values: readonly { readonly key?: string; readonly value: string }[] }
  | { readonly field: "source-ip"; readonly values: readonly string[] };

export interface TransformSpec {
  readonly type: "url-rewrite" | "host-header-rewrite";
  readonly rewrites: readonly { readonly regex: string; readonly replace: string }[];
}

/** `elbv2/Rule`, id `<port>:<priority>`. All rules of one listener are changed as one batch. Outputs: `arn`. */
export interface RuleSpec {
  readonly listenerARN: StringOrRef;
  readonly priority: number;
  readonly conditions: readonly ConditionSpec[];
  readonly actions: readonly ActionSpec[];
  readonly transforms?: readonly TransformSpec[];
  readonly tags: Tags;
}

export interface Target {
  /** An IP address, an instance ID, or a load balancer ARN. */
  readonly id: string;
  readonly port: number;
  /** `all`, or a zone name; only for IP addresses outside the VPC. */
  readonly availabilityZone?: string;
}

/** A target that may be another resource of the Stack: the load balancer behind a network load balancer. */
export type DesiredTarget = Omit<Target, "id"> & { readonly id: StringOrRef };

/** `elbv2/Targets`: what is registered in one target group. Id: the target group's ARN. */
export interface TargetsSpec {
  readonly targetGroupARN: StringOrRef;
  readonly targets: readonly DesiredTarget[];
  /** Only these may be deregistered (multi-cluster mode); absent: the whole group is ours. */
  readonly mayDeregister?: readonly string[];
}
