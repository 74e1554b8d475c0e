import type { IamServiceAccountSpec } from "../../api/iam-service-account.ts";
import { loadBalancerControllerStatements, type Statement } from "./load-balancer-controller-policy.ts";

type Policies = NonNullable<IamServiceAccountSpec["policies"]>;
type WellKnown = NonNullable<Policies["wellKnown"]>;

export interface WellKnownPolicies {
  /** Statements by policy name, `wk-<name>`. */
  readonly inline: ReadonlyMap<string, readonly Statement[]>;
  /** ARNs. */
  readonly managed: readonly string[];
}

/** The policies that `policies.wellKnown` asks for, as the software's own documentation has them. */
export function wellKnownPolicies(
  policies: Policies | undefined,
  { partition, cluster }: { readonly partition: string; readonly cluster: string },
): WellKnownPolicies {
  const wanted: WellKnown = policies?.wellKnown ?? {};
  const zones = hostedZones(policies, partition);
  const inline = new Map<string, readonly Statement[]>();
  const managed: string[] = [];
  if (wanted.autoScaler === true)
    inline.set(
      "wk-autoScaler",
      autoScaler(policies?.options?.autoScalerScope === "ClusterTagged" ? cluster : undefined),
    );
  if (wanted.awsLoadBalancerController === true)
    inline.set("wk-awsLoadBalancerController", loadBalancerControllerStatements(partition));
  if (wanted.externalDNS === true) inline.set("wk-externalDNS", externalDNS(zones));
  if (wanted.certManager === true) inline.set("wk-certManager", certManager(zones, partition));
  if (wanted.efsCSIController === true)
    inline.set("wk-efsCSIController", efsCSIController(policies?.options?.efsProfile ?? "Current"));
  if (wanted.ebsCSIController === true)
    managed.push(`arn:${partition}:iam::aws:policy/${ebsPolicies[policies?.options?.ebsPolicy ?? "V1"]}`);
  if (wanted.imageBuilder === true)
    managed.push(`arn:${partition}:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser`);
  return { inline, managed };
}

const ebsPolicies = {
  V1: "service-role/AmazonEBSCSIDriverPolicy",
  V2: "AmazonEBSCSIDriverPolicyV2",
  ClusterScoped: "AmazonEBSCSIDriverEKSClusterScopedPolicy",
} as const;

function hostedZones(policies: Policies | undefined, partition: string): readonly string[] {
  const ids = policies?.options?.hostedZoneIDs ?? [];
  return (ids.length === 0 ? ["*"] : ids).map((id) => `arn:${partition}:route53:::hostedzone/${id}`);
}

function autoScaler(onlyCluster: string | undefined): readonly Statement[] {
  const describes = [
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeTags",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
  ];
  const writes = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"];
  const lookups = ["ec2:DescribeImages", "ec2:GetInstanceTypesFromInstanceRequirements", "eks:DescribeNodegroup"];
  if (onlyCluster === undefined) return [allow(describes), allow([...writes, ...lookups])];
  const tag = `aws:ResourceTag/k8s.io/cluster-autoscaler/${onlyCluster}`;
  return [allow(describes), allow(writes, "*", { StringEquals: { [tag]: "owned" } }), allow(lookups)];
}

function externalDNS(zones: readonly string[]): readonly Statement[] {
  return [
    allow(["route53:ChangeResourceRecordSets"], zones),
    allow([
      "route53:ListHostedZones",
      "route53:ListResourceRecordSets",
      "route53:ListTagsForResource",
      "route53:ListTagsForResources",
    ]),
  ];
}

function certManager(zones: readonly string[], partition: string): readonly Statement[] {
  return [
    allow(["route53:ChangeResourceRecordSets"], zones),
    allow(["route53:GetChange"], `arn:${partition}:route53:::change/*`),
    allow(["route53:ListResourceRecordSets", "route53:ListHostedZonesByName"]),
  ];
}

function efsCSIController(profile: "Compatible" | "Current"): readonly Statement[] {
  const requested = { StringLike: { "aws:RequestTag/efs.csi.aws.com/cluster": "true" } };
  const tagged = { StringLike: { "aws:ResourceTag/efs.csi.aws.com/cluster": "true" } };
  const statements = [
    allow(["elasticfilesystem:DescribeAccessPoints", "elasticfilesystem:DescribeFileSystems"]),
    allow(["elasticfilesystem:CreateAccessPoint"], "*", requested),
    allow(["elasticfilesystem:TagResource"], "*", requested),
    allow(["elasticfilesystem:DeleteAccessPoint"], "*", tagged),
  ];
  if (profile === "Compatible") return statements;
  return [
    ...statements,
    allow([
      "elasticfilesystem:DescribeMountTargets",
      "ec2:DescribeAvailabilityZones",
      "s3files:ListAccessPoints",
      "s3files:ListFileSystems",
    ]),
    allow(["s3files:CreateAccessPoint", "s3files:TagResource"], "*", requested),
    allow(["s3files:DeleteAccessPoint"], "*", tagged),
  ];
}

function allow(actions: readonly string[], resource: string | readonly string[] = "*", condition?: object): Statement {
  return {
    Effect: "Allow",
    Action: single(actions),
    Resource: single(resource),
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

/** IAM counts the brackets of a list. */
function single(values: string | readonly string[]): string | readonly string[] {
  return typeof values !== "string" && values.length === 1 ? (values[0] ?? values) : values;
}
