import type { Ingress, Service } from "../../api/builtin.ts";
import type { IngressClassParams } from "../../api/ingress-class-params.ts";
import type { Problem } from "../../engine/stack.ts";
import type { Facts } from "../load-balancing/facts.ts";
import type { LivingLoadBalancer } from "../load-balancing/replacement.ts";
import type { BackendSecurityGroup } from "../load-balancing/security-group-decision.ts";
import type { TagSettings } from "../load-balancing/tags.ts";
import type { GroupID } from "./group.ts";

/** Everything that decides the AWS resources of one ingress group; plain data. */
export interface IngressGroupInput {
  readonly group: GroupID;
  /** In the order of the group. */
  readonly active: readonly GroupMember[];
  /** Being deleted, or gone to another group or class, while our finalizer still holds them. */
  readonly inactive: readonly Ingress[];
  /** By `namespace/name`: every Service that a member names and that exists. */
  readonly services: ReadonlyMap<string, Service>;
  readonly facts: Facts;
  /** The application load balancers that this group has in AWS, the newest first: two while one replaces the other. */
  readonly existing: readonly ExistingLoadBalancer[];
  readonly settings: IngressSettings;
  /** Milliseconds since the epoch; certificates that have expired by then are not chosen. */
  readonly now: number;
}

export interface GroupMember {
  readonly ingress: Ingress;
  /** Of its class. */
  readonly params?: IngressClassParams;
  /** Its class or group name cannot be used now: the member keeps its last accepted version. */
  readonly unplaced?: Pick<Problem, "reason" | "field" | "value" | "message">;
  /** What this member was last built from without error. */
  readonly accepted?: AcceptedVersion;
}

/** The last good content of a member: it stays in force while the current content is in error. */
export interface AcceptedVersion {
  /** Of the Ingress: one that is made anew under the same name starts afresh. */
  readonly uid: string;
  readonly generation?: number;
  readonly spec: Ingress["spec"];
  /** Those under our prefix. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The same of the Services it names, by name. */
  readonly services?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** OIDC clients by Secret name, so that rules outlive a Secret; never the secret itself. */
  readonly clients?: Readonly<Record<string, { readonly clientID: string; readonly secretHash: string }>>;
}

export interface ExistingLoadBalancer extends LivingLoadBalancer {
  /** In lower case, as it is published. */
  readonly dnsName?: string;
  readonly subnetIDs: readonly string[];
}

/** What flags and feature gates decide. */
export interface IngressSettings {
  readonly clusterName: string;
  readonly vpcID: string;
  /** `--ingress-class`: the annotation value that is ours; empty: also Ingresses without any class. */
  readonly ingressClass: string;
  readonly defaultScheme: "internal" | "internet-facing";
  readonly defaultTargetType: "instance" | "ip";
  readonly defaultSSLPolicy: string;
  readonly tags: TagSettings;
  readonly backendSecurityGroup: BackendSecurityGroup;
  readonly manageBackendSecurityGroupRules: boolean;
  /** False with `--disable-restricted-sg-rules`: node and pod rules open all ports. */
  readonly restrictedSecurityGroupRules: boolean;
  readonly tolerateMissingService: boolean;
  readonly tolerateMissingAction: boolean;
  readonly allowedCertificateAuthorityARNs: readonly string[];
  /** Attach every certificate that matches a host, as LBC does, in place of the best one. */
  readonly attachAllCertificates: boolean;
  readonly enableWAFv2: boolean;
  readonly enableShield: boolean;
  readonly enableIPTargetType: boolean;
  readonly weightedTargetGroups: boolean;
  readonly capacityReservation: boolean;
  /** Removing an mTLS annotation writes mode `off` (gate `EnhancedDefaultBehavior`). */
  readonly enhancedDefaultBehavior: boolean;
  readonly quotas: LoadBalancerQuotas;
}

/** Quotas of Elastic Load Balancing and EC2 that count before the first write. */
export interface LoadBalancerQuotas {
  readonly rules: number;
  readonly targetGroups: number;
  readonly targetGroupsPerAction: number;
  readonly certificates: number;
  readonly listeners: number;
  readonly securityGroupRules: number;
}

export const defaultQuotas: LoadBalancerQuotas = {
  rules: 100,
  targetGroups: 100,
  targetGroupsPerAction: 5,
  certificates: 25,
  listeners: 50,
  securityGroupRules: 60,
};
