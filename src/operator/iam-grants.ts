import { ownershipTagKeys } from "../controllers/cluster-identity.ts";
import { clusterTag } from "../controllers/load-balancing/tracking.ts";

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** Writes that are allowed together. */
export interface Grant {
  readonly sid: string;
  readonly actions: readonly string[];
  /** ARNs without the leading `arn:PARTITION:`; everything when absent. */
  readonly resources?: readonly string[];
  readonly conditions?: Conditions;
}

/** Services whose service-linked roles AWS makes on first use. */
export const serviceLinkedRoleServices = {
  "load-balancing": ["elasticloadbalancing.amazonaws.com"],
  "identity-and-nodes": ["eks-nodegroup.amazonaws.com", "eks-fargate.amazonaws.com"],
} as const;

/** Load balancers and security groups bear the AWS Load Balancer Controller's tag, everything else our own. */
const ownTag = ownershipTagKeys.clusterARN;

/** Full action names; `lists` hold names with spaces between them. */
const named = (service: string, ...lists: string[]): readonly string[] =>
  lists.flatMap((list) => list.split(" ")).map((name) => `${service}:${name}`);
const elb = (...lists: string[]): readonly string[] => named("elasticloadbalancing", ...lists);
const ec2 = (...lists: string[]): readonly string[] => named("ec2", ...lists);
const iam = (...lists: string[]): readonly string[] => named("iam", ...lists);
const eks = (...lists: string[]): readonly string[] => named("eks", ...lists);

const requested = (tag: string): Conditions => ({ Null: { [`aws:RequestTag/${tag}`]: "false" } });
const owned = (tag: string): Conditions => ({ Null: { [`aws:ResourceTag/${tag}`]: "false" } });
/** Tags may be changed on what is ours; the ownership tag itself may not be given. */
const ownedKeepingOwner = (tag: string): Conditions => ({
  Null: { [`aws:RequestTag/${tag}`]: "true", [`aws:ResourceTag/${tag}`]: "false" },
});
const requestedInCreate = (key: string, creates: string | readonly string[], tag: string): Conditions => ({
  StringEquals: { [key]: creates },
  ...requested(tag),
});

const loadBalancers = [
  "elasticloadbalancing:*:*:loadbalancer/app/*/*",
  "elasticloadbalancing:*:*:loadbalancer/net/*/*",
] as const;
const targetGroups = ["elasticloadbalancing:*:*:targetgroup/*/*"] as const;
const listeners = ["app", "net"].flatMap((type) => [
  `elasticloadbalancing:*:*:listener/${type}/*/*/*`,
  `elasticloadbalancing:*:*:listener-rule/${type}/*/*/*`,
]);
const securityGroups = ["ec2:*:*:security-group/*"] as const;
const launchTemplates = ["ec2:*:*:launch-template/*"] as const;
const roles = ["iam::*:role/*"] as const;

/**
 * How writes are restricted. IAM knows for each action which resources and condition keys it can be restricted by
 * ("Service Authorization Reference" of AWS); where an action takes no tag condition, or its resource is never ours (the
 * security groups of nodes, the web ACL of somebody else), it is allowed without one.
 */
export const loadBalancingGrants: readonly Grant[] = [
  {
    sid: "CreateLoadBalancing",
    actions: elb("CreateLoadBalancer", "CreateTargetGroup"),
    conditions: requested(clusterTag),
  },
  {
    sid: "Listeners",
    actions: elb(
      "CreateListener ModifyListener DeleteListener CreateRule ModifyRule DeleteRule SetRulePriorities",
      "AddListenerCertificates RemoveListenerCertificates SetWebAcl",
    ),
  },
  {
    sid: "ChangeOwnLoadBalancing",
    actions: elb(
      "SetSubnets SetSecurityGroups SetIpAddressType ModifyIpPools ModifyLoadBalancerAttributes",
      "ModifyCapacityReservation DeleteLoadBalancer ModifyTargetGroup ModifyTargetGroupAttributes",
      "DeleteTargetGroup ModifyListenerAttributes",
    ),
    conditions: owned(clusterTag),
  },
  {
    sid: "RegisterTargets",
    actions: elb("RegisterTargets", "DeregisterTargets"),
    resources: targetGroups,
  },
  {
    sid: "TagNewLoadBalancing",
    actions: elb("AddTags"),
    resources: [...loadBalancers, ...targetGroups],
    conditions: requestedInCreate(
      "elasticloadbalancing:CreateAction",
      ["CreateTargetGroup", "CreateLoadBalancer"],
      clusterTag,
    ),
  },
  {
    sid: "TagOwnLoadBalancing",
    actions: elb("AddTags", "RemoveTags"),
    resources: [...loadBalancers, ...targetGroups],
    conditions: ownedKeepingOwner(clusterTag),
  },
  { sid: "TagListeners", actions: elb("AddTags", "RemoveTags"), resources: listeners },
  {
    sid: "SecurityGroupRules",
    actions: ec2(
      "AuthorizeSecurityGroupIngress",
      "RevokeSecurityGroupIngress",
      "UpdateSecurityGroupRuleDescriptionsIngress",
    ),
    resources: [...securityGroups, "ec2:*:*:security-group-rule/*"],
  },
  {
    sid: "CreateSecurityGroups",
    actions: ec2("CreateSecurityGroup"),
    resources: [...securityGroups, "ec2:*:*:vpc/*"],
  },
  {
    sid: "TagNewSecurityGroups",
    actions: ec2("CreateTags"),
    resources: securityGroups,
    conditions: requestedInCreate("ec2:CreateAction", "CreateSecurityGroup", clusterTag),
  },
  {
    sid: "TagOwnSecurityGroups",
    actions: ec2("CreateTags", "DeleteTags"),
    resources: securityGroups,
    conditions: ownedKeepingOwner(clusterTag),
  },
  {
    sid: "DeleteOwnSecurityGroups",
    actions: ec2("DeleteSecurityGroup"),
    resources: securityGroups,
    conditions: owned(clusterTag),
  },
  {
    sid: "WebACLAssociations",
    actions: named("wafv2", "AssociateWebACL", "DisassociateWebACL"),
    resources: ["wafv2:*:*:regional/webacl/*/*", "elasticloadbalancing:*:*:loadbalancer/app/*/*"],
  },
  { sid: "ShieldProtections", actions: named("shield", "CreateProtection", "DeleteProtection") },
];

/** What identities, node groups and profiles need; restricted in the same way. */
export const identityAndNodesGrants: readonly Grant[] = [
  {
    sid: "CreateLaunchTemplates",
    actions: ec2("CreateLaunchTemplate"),
    resources: launchTemplates,
    conditions: requested(ownTag),
  },
  {
    sid: "TagNewLaunchTemplates",
    actions: ec2("CreateTags"),
    resources: launchTemplates,
    conditions: requestedInCreate("ec2:CreateAction", "CreateLaunchTemplate", ownTag),
  },
  {
    sid: "ChangeOwnLaunchTemplates",
    actions: ec2(
      "CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplateVersions DeleteLaunchTemplate",
      "CreateTags DeleteTags",
    ),
    resources: launchTemplates,
    conditions: owned(ownTag),
  },
  { sid: "CreateRoles", actions: iam("CreateRole", "TagRole"), resources: roles, conditions: requested(ownTag) },
  {
    sid: "ChangeOwnRoles",
    actions: iam(
      "UpdateRole UpdateAssumeRolePolicy DeleteRole TagRole UntagRole PutRolePermissionsBoundary",
      "DeleteRolePermissionsBoundary PutRolePolicy DeleteRolePolicy AttachRolePolicy DetachRolePolicy",
    ),
    resources: roles,
    conditions: owned(ownTag),
  },
  {
    sid: "PassRoles",
    actions: iam("PassRole"),
    resources: roles,
    conditions: {
      StringEquals: {
        "iam:PassedToService": [
          "eks.amazonaws.com",
          "ec2.amazonaws.com",
          "pods.eks.amazonaws.com",
          "eks-fargate-pods.amazonaws.com",
        ],
      },
    },
  },
  {
    sid: "CreatePolicies",
    actions: iam("CreatePolicy", "TagPolicy"),
    resources: ["iam::*:policy/*"],
    conditions: requested(ownTag),
  },
  {
    sid: "ChangeOwnPolicies",
    actions: iam("CreatePolicyVersion SetDefaultPolicyVersion DeletePolicyVersion DeletePolicy TagPolicy UntagPolicy"),
    resources: ["iam::*:policy/*"],
    conditions: owned(ownTag),
  },
  {
    sid: "CreateProviders",
    actions: iam("CreateOpenIDConnectProvider", "TagOpenIDConnectProvider"),
    resources: ["iam::*:oidc-provider/oidc.eks.*"],
    conditions: requested(ownTag),
  },
  {
    sid: "ChangeOwnProviders",
    actions: iam(
      "DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider TagOpenIDConnectProvider",
      "RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint",
      "UntagOpenIDConnectProvider",
    ),
    resources: ["iam::*:oidc-provider/oidc.eks.*"],
    conditions: owned(ownTag),
  },
  {
    sid: "CreateInstanceProfiles",
    actions: iam("CreateInstanceProfile", "TagInstanceProfile"),
    resources: ["iam::*:instance-profile/*"],
    conditions: requested(ownTag),
  },
  {
    sid: "ChangeOwnInstanceProfiles",
    actions: iam(
      "DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile TagInstanceProfile",
      "UntagInstanceProfile",
    ),
    resources: ["iam::*:instance-profile/*"],
    conditions: owned(ownTag),
  },
  {
    sid: "CreateInCluster",
    actions: eks("CreateNodegroup CreateFargateProfile CreateAccessEntry CreatePodIdentityAssociation CreateAddon"),
    resources: ["eks:*:*:cluster/*", "eks:*:*:access-entry/*", "eks:*:*:podidentityassociation/*"],
  },
  {
    sid: "TagNewInCluster",
    actions: eks("TagResource"),
    resources: ["eks:*:*:*"],
    conditions: requested(ownTag),
  },
  {
    sid: "ChangeOwnInCluster",
    actions: eks(
      "UpdateNodegroupConfig UpdateNodegroupVersion DeleteNodegroup DeleteFargateProfile UpdateAccessEntry",
      "DeleteAccessEntry AssociateAccessPolicy DisassociateAccessPolicy UpdatePodIdentityAssociation",
      "DeletePodIdentityAssociation TagResource UntagResource",
    ),
    resources: ["eks:*:*:*"],
    conditions: owned(ownTag),
  },
];
