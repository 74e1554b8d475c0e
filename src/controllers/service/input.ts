import type { Service } from "../../api/builtin.ts";
import type { Facts } from "../load-balancing/facts.ts";
import type { LivingLoadBalancer } from "../load-balancing/replacement.ts";
import type { BackendSecurityGroup } from "../load-balancing/security-group-decision.ts";
import type { TagSettings } from "../load-balancing/tags.ts";
import type { OwnershipSettings } from "./ownership.ts";

/** Everything that decides the AWS resources of one Service; plain data. */
export interface ServiceInput {
  readonly service: Service;
  /** By name: the Services of the same namespace that its actions refer to and that exist. */
  readonly backends: ReadonlyMap<string, Service>;
  readonly facts: Facts;
  /** The network load balancers that this Service has in AWS, the newest first: two while one replaces the other. */
  readonly existing: readonly ExistingNetworkLoadBalancer[];
  /** What was last built without error. */
  readonly accepted?: AcceptedService;
  readonly settings: ServiceSettings;
}

/** The last good content of a Service: it stays in force while the present one is in error. */
export interface AcceptedService {
  /** A Service that is made anew under the same name starts afresh. */
  readonly uid: string;
  readonly generation?: number;
  readonly spec: Service["spec"];
  /** Those that decide the load balancer. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ExistingNetworkLoadBalancer extends LivingLoadBalancer {
  /** In the order in which AWS lists the zones. */
  readonly subnetIDs: readonly string[];
  /** A load balancer that was made without any can never have one. */
  readonly hasSecurityGroups: boolean;
}

/** What flags and feature gates decide. */
export interface ServiceSettings extends OwnershipSettings {
  readonly clusterName: string;
  readonly vpcID: string;
  readonly defaultScheme: "internal" | "internet-facing";
  readonly defaultTargetType: "instance" | "ip";
  readonly defaultSSLPolicy: string;
  readonly tags: TagSettings;
  readonly backendSecurityGroup: BackendSecurityGroup;
  readonly manageBackendSecurityGroupRules: boolean;
  /** False with `--disable-restricted-sg-rules`: node and pod rules open all ports. */
  readonly restrictedSecurityGroupRules: boolean;
  readonly enableIPTargetType: boolean;
  /** False (gate `NLBSecurityGroup`): no load balancer gets security groups. */
  readonly securityGroups: boolean;
  /** False (gate `NLBHealthCheckAdvancedConfig`): time-out and success codes are left to AWS. */
  readonly advancedHealthChecks: boolean;
  /** Gate `EnableTCPUDPListener`: what holds where the annotation is absent. */
  readonly mergeTCPAndUDP: boolean;
  readonly capacityReservation: boolean;
  readonly weightedTargetGroups: boolean;
  /** Removing the ALPN annotation writes `None` (gate `EnhancedDefaultBehavior`). */
  readonly enhancedDefaultBehavior: boolean;
}
