/** Feature gates with their defaults; the names and meanings are those of the AWS Load Balancer Controller. */
export const featureGates = {
  ListenerRulesTagging: true,
  WeightedTargetGroups: true,
  ServiceTypeLoadBalancerOnly: false,
  EndpointsFailOpen: true,
  EnableServiceController: true,
  EnableIPTargetType: true,
  EnableTCPUDPListener: false,
  SubnetsClusterTagCheck: true,
  NLBHealthCheckAdvancedConfig: true,
  NLBSecurityGroup: true,
  ALBSingleSubnet: false,
  LBCapacityReservation: true,
  SubnetDiscoveryByReachability: true,
  EnhancedDefaultBehavior: false,
  EnableDefaultTagsLowPriority: false,
} as const satisfies Readonly<Record<string, boolean>>;

export type FeatureGate = keyof typeof featureGates;
export type FeatureGates = Readonly<Record<FeatureGate, boolean>>;

/** Gates of LBC whose feature Fairlead does not have: accepted, so that start-up flags can be kept, and without effect. */
export const foreignGates: readonly string[] = [
  "EnableRGTAPI",
  "NLBGatewayAPI",
  "ALBGatewayAPI",
  "GatewayListenerSet",
  "GlobalAcceleratorController",
  "ALBTargetControlAgent",
  "EnableCertificateManagement",
  "IngressPlanAnnotation",
];
