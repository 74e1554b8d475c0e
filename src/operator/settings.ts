import type { FeatureGates } from "./feature-gates.ts";

/** Everything that flags and environment decide, checked and with defaults filled in. */
export interface Settings {
  readonly clusterName: string;
  readonly region: string;
  /** Found out from AWS when absent. */
  readonly vpcID?: string;
  readonly vpcTags?: Readonly<Record<string, string>>;
  /** All namespaces when absent. */
  readonly watchNamespace?: string;
  readonly ingressClass: string;
  readonly loadBalancerClass: string;
  readonly defaultTags: Readonly<Record<string, string>>;
  readonly externalManagedTags: readonly string[];
  readonly defaultTargetType: "instance" | "ip";
  readonly defaultScheme: "internal" | "internet-facing";
  readonly defaultSSLPolicy: string;
  readonly allowedCertificateAuthorityARNs: readonly string[];
  readonly serviceTargetENISecurityGroupTags: Readonly<Record<string, string>>;
  readonly enableBackendSecurityGroup: boolean;
  readonly backendSecurityGroup?: string;
  readonly manageBackendSecurityGroupRules: boolean;
  readonly restrictedSecurityGroupRules: boolean;
  readonly tolerateMissingService: boolean;
  readonly tolerateMissingAction: boolean;
  readonly requiredSecretsLabel?: { readonly key: string; readonly value: string };
  readonly enableShield: boolean;
  readonly enableWAFv2: boolean;
  /** 0: no limit. */
  readonly maxTargetsPerTargetGroup: number;
  readonly gates: FeatureGates;
  readonly workers: {
    readonly ingress: number;
    readonly service: number;
    readonly targetGroupBinding: number;
    readonly identity: number;
    readonly nodes: number;
  };
  /** What happens to objects that do not say themselves. */
  readonly mode: "apply" | "plan" | "pause";
  readonly drift: "repair" | "report";
  /** How often AWS is read in full for each object, in milliseconds. */
  readonly verifyEveryMs: number;
  /** How often the inventory is listed as a whole, in milliseconds. */
  readonly inventoryEveryMs: number;
  /** Absent: this process leads without asking. */
  readonly leaderElection?: { readonly name: string; readonly namespace: string; readonly identity: string };
}

/** The Lease of the AWS Load Balancer Controller: while one of the two leads in a cluster, the other waits. */
export const defaultLeaseName = "aws-load-balancer-controller-leader";

/** Tags that say whose a resource is; nobody may set or hand over these. */
export const trackingTagKeys: readonly string[] = [
  "elbv2.k8s.aws/cluster",
  "elbv2.k8s.aws/resource",
  "ingress.k8s.aws/stack",
  "ingress.k8s.aws/resource",
  "service.k8s.aws/stack",
  "service.k8s.aws/resource",
  "gateway.k8s.aws.nlb/resource",
  "gateway.k8s.aws.alb/resource",
  "gateway.k8s.aws.nlb/stack",
  "gateway.k8s.aws.alb/stack",
];
