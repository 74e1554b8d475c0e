import type { CustomKind } from "./crd.ts";
import { fargateProfileKind } from "./fargate-profile.ts";
import { iamIdentityMappingKind } from "./iam-identity-mapping.ts";
import { iamServiceAccountKind } from "./iam-service-account.ts";
import { ingressClassParamsKind } from "./ingress-class-params.ts";
import { loadBalancerKind } from "./load-balancer.ts";
import { nodeGroupKind } from "./node-group.ts";
import { targetGroupBindingKind } from "./target-group-binding.ts";

/** Every kind that this operator defines. */
export const customKinds: readonly CustomKind[] = [
  loadBalancerKind,
  targetGroupBindingKind,
  ingressClassParamsKind,
  iamServiceAccountKind,
  iamIdentityMappingKind,
  nodeGroupKind,
  fargateProfileKind,
];
