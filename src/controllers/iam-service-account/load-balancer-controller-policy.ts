/** One statement of a policy document. */
export interface Statement {
  readonly Effect: "Allow";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

const clusterTag = "elbv2.k8s.aws/cluster";
const tagged = { Null: { [`aws:ResourceTag/${clusterTag}`]: "false" } };
const requestTagged = { Null: { [`aws:RequestTag/${clusterTag}`]: "false" } };
const retag = { Null: { [`aws:RequestTag/${clusterTag}`]: "true", [`aws:ResourceTag/${clusterTag}`]: "false" } };

/** Actions that the isolated partition `aws-iso` does not have. */
const absentInIso: ReadonlySet<string> = new Set(
  [
    "DescribeTrustStores",
    "DescribeListenerAttributes",
    "DescribeCapacityReservation",
    "ModifyListenerAttributes",
    "ModifyCapacityReservation",
  ].map((name) => `elasticloadbalancing:${name}`),
);

/** The rights that the AWS Load Balancer Controller 3.5 documents for itself. */
export function loadBalancerControllerStatements(partition: string): readonly Statement[] {
  const statements = allStatements(partition);
  if (partition !== "aws-iso") return statements;
  return statements.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((action) => !absentInIso.has(action)),
  }));
}

function allStatements(partition: string): readonly Statement[] {
  const elb = (path: string): string => `arn:${partition}:elasticloadbalancing:*:*:${path}`;
  const securityGroups = `arn:${partition}:ec2:*:*:security-group/*`;
  const groupsAndBalancers = [elb("targetgroup/*/*"), elb("loadbalancer/net/*/*"), elb("loadbalancer/app/*/*")];
  const listenersAndRules = [
    elb("listener/net/*/*/*"),
    elb("listener/app/*/*/*"),
    elb("listener-rule/net/*/*/*"),
    elb("listener-rule/app/*/*/*"),
  ];
  return [
    allow(of("iam", ["CreateServiceLinkedRole"]), "*", {
      StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" },
    }),
    allow([...of("ec2", ec2Reads), ...of("elasticloadbalancing", elbReads)], "*"),
    allow(
      [
        ...of("cognito-idp", ["DescribeUserPoolClient"]),
        ...of("acm", ["ListCertificates", "DescribeCertificate"]),
        ...of("iam", ["ListServerCertificates", "GetServerCertificate"]),
        ...of("waf-regional", webACLActions),
        ...of("wafv2", webACLActions),
        ...of("shield", ["GetSubscriptionState", "DescribeProtection", "CreateProtection", "DeleteProtection"]),
      ],
      "*",
    ),
    allow(of("ec2", ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]), "*"),
    allow(of("ec2", ["CreateSecurityGroup"]), "*"),
    allow(of("ec2", ["CreateTags"]), securityGroups, {
      StringEquals: { "ec2:CreateAction": "CreateSecurityGroup" },
      ...requestTagged,
    }),
    allow(of("ec2", ["CreateTags", "DeleteTags"]), securityGroups, retag),
    allow(
      of("ec2", ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "DeleteSecurityGroup"]),
      "*",
      tagged,
    ),
    allow(of("elasticloadbalancing", ["CreateLoadBalancer", "CreateTargetGroup"]), "*", requestTagged),
    allow(of("elasticloadbalancing", ["CreateListener", "DeleteListener", "CreateRule", "DeleteRule"]), "*"),
    allow(of("elasticloadbalancing", ["AddTags", "RemoveTags"]), groupsAndBalancers, retag),
    allow(of("elasticloadbalancing", ["AddTags", "RemoveTags"]), listenersAndRules),
    allow(of("elasticloadbalancing", taggedWrites), "*", tagged),
    allow(of("elasticloadbalancing", ["AddTags"]), groupsAndBalancers, {
      StringEquals: { "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"] },
      ...requestTagged,
    }),
    allow(of("elasticloadbalancing", ["RegisterTargets", "DeregisterTargets"]), elb("targetgroup/*/*")),
    allow(
      of("elasticloadbalancing", [
        "SetWebAcl",
        "ModifyListener",
        "AddListenerCertificates",
        "RemoveListenerCertificates",
        "ModifyRule",
        "SetRulePriorities",
      ]),
      "*",
    ),
  ];
}

const webACLActions = ["GetWebACL", "GetWebACLForResource", "AssociateWebACL", "DisassociateWebACL"];

const ec2Reads = [
  "DescribeAccountAttributes",
  "DescribeAddresses",
  "DescribeAvailabilityZones",
  "DescribeInternetGateways",
  "DescribeVpcs",
  "DescribeVpcPeeringConnections",
  "DescribeSubnets",
  "DescribeSecurityGroups",
  "DescribeInstances",
  "DescribeNetworkInterfaces",
  "DescribeTags",
  "GetCoipPoolUsage",
  "DescribeCoipPools",
  "GetSecurityGroupsForVpc",
  "DescribeIpamPools",
  "DescribeRouteTables",
];

const elbReads = [
  "DescribeLoadBalancers",
  "DescribeLoadBalancerAttributes",
  "DescribeListeners",
  "DescribeListenerCertificates",
  "DescribeSSLPolicies",
  "DescribeRules",
  "DescribeTargetGroups",
  "DescribeTargetGroupAttributes",
  "DescribeTargetHealth",
  "DescribeTags",
  "DescribeTrustStores",
  "DescribeListenerAttributes",
  "DescribeCapacityReservation",
];

const taggedWrites = [
  "ModifyLoadBalancerAttributes",
  "SetIpAddressType",
  "SetSecurityGroups",
  "SetSubnets",
  "DeleteLoadBalancer",
  "ModifyTargetGroup",
  "ModifyTargetGroupAttributes",
  "DeleteTargetGroup",
  "ModifyListenerAttributes",
  "ModifyCapacityReservation",
  "ModifyIpPools",
];

function of(service: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${service}:${name}`);
}

function allow(actions: readonly string[], resource: string | readonly string[], condition?: object): Statement {
  return {
    Effect: "Allow",
    Action: actions,
    Resource: resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}
