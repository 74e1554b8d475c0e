import type { Aws } from "../aws/clients.ts";
import type { Clock } from "../clock.ts";
import { createRegistry, type Registry } from "../engine/registry.ts";
import type { ResourceType } from "../engine/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import { ec2LaunchTemplate } from "../resources/ec2/launch-template.ts";
import { securityGroupType } from "../resources/ec2/security-group.ts";
import { securityGroupRulesType } from "../resources/ec2/security-group-rules.ts";
import { eksAccessEntry } from "../resources/eks/access-entry.ts";
import { eksFargateProfile } from "../resources/eks/fargate-profile.ts";
import { eksNodeGroup } from "../resources/eks/node-group.ts";
import { eksPodIdentityAssociation } from "../resources/eks/pod-identity-association.ts";
import { listenerType } from "../resources/elbv2/listener.ts";
import { loadBalancerType } from "../resources/elbv2/load-balancer.ts";
import { ruleType } from "../resources/elbv2/rule.ts";
import { targetGroupType } from "../resources/elbv2/target-group.ts";
import { targetsType } from "../resources/elbv2/targets.ts";
import { iamOIDCProvider } from "../resources/iam/oidc-provider.ts";
import { iamRole } from "../resources/iam/role.ts";
import { kubernetesAwsAuthEntry } from "../resources/kubernetes/aws-auth-entry.ts";
import { kubernetesServiceAccount } from "../resources/kubernetes/service-account.ts";
import { targetGroupBindingType } from "../resources/kubernetes/target-group-binding.ts";
import { shieldProtectionType } from "../resources/shield/protection.ts";
import { webACLAssociationType } from "../resources/wafv2/association.ts";
import type { AwsParts } from "./aws-parts.ts";
import type { Caches } from "./caches.ts";
import type { Settings } from "./settings.ts";

/** Every resource type of the program. */
export function createResourceTypes(options: {
  readonly aws: Aws;
  readonly awsParts: AwsParts;
  readonly settings: Settings;
  readonly kube: KubeClient;
  readonly caches: Pick<Caches, "awsAuth" | "bindings" | "serviceAccounts">;
  readonly clock: Clock;
}): Registry {
  const { aws, awsParts, settings, kube, caches, clock } = options;
  const { inventory, targets, fargateQueue } = awsParts;
  const tagPolicy = { externalKeys: new Set(settings.externalManagedTags) };
  const elbv2 = { elbv2: aws.elbv2, inventory, targets, clock, tagPolicy };
  const ec2 = { ec2: aws.ec2, inventory, clock, tagPolicy };
  const { clusterName } = settings;
  // Each type is written for its own spec; the engine hands it no other.
  const types = [
    loadBalancerType(elbv2),
    listenerType(elbv2),
    ruleType(elbv2),
    targetGroupType(elbv2),
    targetsType(elbv2),
    securityGroupType(ec2),
    securityGroupRulesType(ec2),
    ec2LaunchTemplate(aws.ec2),
    iamRole(aws.iam),
    iamOIDCProvider(aws.iam),
    eksAccessEntry(aws.eks, { clusterName, clock }),
    eksNodeGroup(aws.eks, { clusterName, clock }),
    eksFargateProfile(aws.eks, { clusterName, clock, queue: fargateQueue }),
    eksPodIdentityAssociation(aws.eks, { clusterName, clock }),
    webACLAssociationType(aws.wafv2),
    shieldProtectionType(aws.shield),
    targetGroupBindingType(kube, caches.bindings),
    kubernetesServiceAccount(kube, caches.serviceAccounts),
    kubernetesAwsAuthEntry(kube, caches.awsAuth),
  ] as readonly ResourceType[];
  return createRegistry(types);
}
