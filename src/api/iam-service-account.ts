import {
  awsManagedSchema,
  conditionsSchema,
  managedARNsSchema,
  observedGenerationSchema,
  permissionsBoundaryARNSchema,
  planSchema,
  roleARNPattern,
  rolePathSchema,
  tagsSchema,
} from "./common.ts";
import type { CustomKind } from "./crd.ts";
import { fixedInside } from "./fixed-field.ts";
import type { KubeObject } from "./object.ts";
import { anyObject, choice, flag, integer, list, map, object, text, type Value } from "./schema.ts";

/** `IamServiceAccount`: an IAM role that the pods of a ServiceAccount use. */

const serviceAccount = object("The ServiceAccount that pods use.", {
  name: text("Its name; that of this object when absent.", {
    min: 1,
    max: 253,
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  }).exactOptional(),
  mode: choice(
    "Create makes it when it is missing; Annotate waits until somebody else has made it; Ignore leaves it alone.",
    ["Create", "Annotate", "Ignore"],
    { default: "Create" },
  ).exactOptional(),
  labels: map("Labels to set on it.", text("The label's value.", { max: 63 }), { max: 50 }).exactOptional(),
  annotations: map("Annotations to set on it.", text("The annotation's value.", { max: 4096 }), {
    max: 50,
    rules: [
      {
        rule: "!('eks.amazonaws.com/role-arn' in self)",
        message: "eks.amazonaws.com/role-arn is set by the operator",
      },
    ],
  }).exactOptional(),
  force: flag("Take annotations and labels over from another field manager that sets them differently.", {
    default: false,
  }).exactOptional(),
});

const subject = object("One more ServiceAccount that may use the role.", {
  namespace: text(
    "Its namespace, which must be this object's own unless the operator allows more. Its own when absent.",
    {
      max: 63,
      pattern: /^[a-z0-9*?]([-a-z0-9*?]*[a-z0-9*?])?$/,
    },
  ).exactOptional(),
  name: text("Its name; * stands for any characters and ? for one.", {
    min: 1,
    max: 253,
    pattern: /^[a-z0-9.*?-]+$/,
  }),
});

const role = object("The IAM role.", {
  arn: text("Use this existing role, which the operator then does not touch.", {
    max: 2048,
    pattern: roleARNPattern,
  }).exactOptional(),
  name: text("The name of the role; made of cluster, namespace and name when absent.", {
    max: 64,
    pattern: /^[A-Za-z0-9_+=,.@-]{1,64}$/,
  }).exactOptional(),
  path: rolePathSchema.exactOptional(),
  description: text("What the role is for.", { max: 1000, pattern: /^[\t\n\r -~¡-ÿ]*$/ }).exactOptional(),
  maxSessionDuration: integer("How long a session may last, in seconds.", {
    min: 3600,
    max: 43_200,
    default: 3600,
  }).exactOptional(),
  permissionsBoundaryARN: permissionsBoundaryARNSchema.exactOptional(),
  tags: tagsSchema("Tags of the role, beside those that record ownership.", 45).exactOptional(),
});

const inlinePolicy = object(
  "One policy of the role's own.",
  {
    name: text("The name of the policy.", { max: 128, pattern: /^[A-Za-z0-9_+=,.@-]{1,128}$/ }),
    document: anyObject(
      "The policy document as an object. %{P}, %{ACCT}, %{REGION} and %{CLUSTER} stand for partition, account, region and cluster.",
    ).exactOptional(),
    documentJSON: text("The policy document as JSON text, with the same placeholders.", {
      max: 20_480,
    }).exactOptional(),
  },
  {
    rules: [
      {
        rule: "has(self.document) != has(self.documentJSON)",
        message: "exactly one of document and documentJSON is needed",
      },
      { rule: "!self.name.startsWith('wk-')", message: "names that start with wk- are for the well-known policies" },
    ],
  },
);

const wellKnown = object("Policies for software that is in wide use.", {
  autoScaler: flag("Cluster Autoscaler.", { default: false }).exactOptional(),
  awsLoadBalancerController: flag("AWS Load Balancer Controller.", { default: false }).exactOptional(),
  externalDNS: flag("ExternalDNS with Route 53.", { default: false }).exactOptional(),
  certManager: flag("cert-manager with Route 53.", { default: false }).exactOptional(),
  ebsCSIController: flag("Amazon EBS CSI driver.", { default: false }).exactOptional(),
  efsCSIController: flag("Amazon EFS CSI driver.", { default: false }).exactOptional(),
  imageBuilder: flag("Pushing to and pulling from Amazon ECR.", { default: false }).exactOptional(),
});

const policyOptions = object("Choices for the well-known policies.", {
  hostedZoneIDs: list(
    "Hosted zones that externalDNS and certManager may change; all when empty.",
    text("The id of a hosted zone.", { max: 64, pattern: /^Z[A-Z0-9]+$/ }),
    { max: 100, set: true },
  ).exactOptional(),
  autoScalerScope: choice("Which Auto Scaling groups autoScaler may change.", ["All", "ClusterTagged"], {
    default: "All",
  }).exactOptional(),
  ebsPolicy: choice(
    "Which of AWS's policies ebsCSIController uses; ClusterScoped needs mode PodIdentity.",
    ["V1", "V2", "ClusterScoped"],
    { default: "V1" },
  ).exactOptional(),
  efsProfile: choice("Which rights efsCSIController gets.", ["Compatible", "Current"], {
    default: "Current",
  }).exactOptional(),
});

const policies = object("What the role may do.", {
  mode: choice(
    "What happens to policies that somebody else put on the role: Additive keeps them, Exclusive removes them.",
    ["Additive", "Exclusive"],
    { default: "Additive" },
  ).exactOptional(),
  managedARNs: managedARNsSchema.exactOptional(),
  awsManaged: awsManagedSchema.exactOptional(),
  inline: list("Policies of the role's own.", inlinePolicy, { max: 20, keys: ["name"] }).exactOptional(),
  wellKnown: wellKnown.exactOptional(),
  options: policyOptions.exactOptional(),
});

const spec = object(
  "The wanted role, its rights, and the ServiceAccount that uses it.",
  {
    mode: choice(
      "How pods get the role: IRSA by a web identity token, PodIdentity by the EKS Pod Identity agent. The operator's setting when absent.",
      ["IRSA", "PodIdentity"],
    ).exactOptional(),
    serviceAccount: serviceAccount.exactOptional(),
    additionalSubjects: list("More ServiceAccounts that may use the role.", subject, { max: 100 }).exactOptional(),
    role: role.exactOptional(),
    policies: policies.exactOptional(),
    trust: object("Details of who may use the role.", {
      audience: text("The audience of web identity tokens.", {
        min: 1,
        max: 255,
        default: "sts.amazonaws.com",
      }).exactOptional(),
      scopeToServiceAccount: flag(
        "Mode PodIdentity: only sessions of this cluster, namespace and ServiceAccount may use the role.",
        { default: true },
      ).exactOptional(),
    }).exactOptional(),
    irsa: object("Settings of mode IRSA.", {
      tokenExpirationSeconds: integer("How long a web identity token is valid.", {
        min: 600,
        max: 86_400,
      }).exactOptional(),
      stsRegionalEndpoints: flag("Whether pods use the regional endpoint of STS.").exactOptional(),
    }).exactOptional(),
    podIdentity: object(
      "Settings of mode PodIdentity.",
      {
        targetRoleARN: text("A role, possibly in another account, that is assumed from this one.", {
          max: 2048,
          pattern: roleARNPattern,
        }).exactOptional(),
        disableSessionTags: flag("Sessions carry no tags that name cluster, namespace and pod.", {
          default: false,
        }).exactOptional(),
        sessionPolicy: anyObject("A policy document that sessions are limited to as well.").exactOptional(),
        tags: tagsSchema("Tags of the association, beside those that record ownership.", 45).exactOptional(),
      },
      {
        rules: [
          {
            rule: "!has(self.sessionPolicy) || (has(self.disableSessionTags) && self.disableSessionTags)",
            message: "sessionPolicy needs disableSessionTags: true",
          },
        ],
      },
    ).exactOptional(),
  },
  {
    rules: [
      fixedInside("role", "arn"),
      fixedInside("role", "name"),
      fixedInside("role", "path"),
      fixedInside("serviceAccount", "name"),
      {
        rule: "!(has(self.role) && has(self.role.arn)) || !(has(self.policies) || has(self.trust))",
        message: "role.arn excludes policies and trust: an existing role is not changed",
      },
      {
        rule: "!(has(self.role) && has(self.role.arn)) || !(has(self.role.name) || has(self.role.path) || has(self.role.description) || has(self.role.permissionsBoundaryARN) || has(self.role.tags))",
        message: "role.arn excludes every other field of role",
      },
      {
        rule: "!has(self.mode) || self.mode != 'PodIdentity' || !has(self.irsa)",
        message: "irsa is for mode IRSA",
      },
      {
        rule: "!has(self.mode) || self.mode != 'IRSA' || !has(self.podIdentity)",
        message: "podIdentity is for mode PodIdentity",
      },
    ],
  },
);

const status = object("What the operator found and did.", {
  observedGeneration: observedGenerationSchema.exactOptional(),
  conditions: conditionsSchema.exactOptional(),
  mode: text("The mode in effect.", { max: 32 }).exactOptional(),
  roleARN: text("The ARN of the role that pods use.", { max: 2048 }).exactOptional(),
  role: object("The role.", {
    name: text("Its name; recorded at creation and never computed anew.", { max: 64 }).exactOptional(),
    arn: text("Its ARN.", { max: 2048 }).exactOptional(),
    id: text("IAM's unique id of the role.", { max: 128 }).exactOptional(),
    path: text("Its path.", { max: 512 }).exactOptional(),
    created: flag("The operator created it.").exactOptional(),
    adopted: flag("It was there before and was taken over.").exactOptional(),
  }).exactOptional(),
  oidc: object("The identity provider of mode IRSA.", {
    issuer: text("The issuer without its scheme.", { max: 512 }).exactOptional(),
    providerARN: text("The ARN of the provider in IAM.", { max: 2048 }).exactOptional(),
    audience: text("The audience of tokens.", { max: 255 }).exactOptional(),
  }).exactOptional(),
  association: object("The association of mode PodIdentity.", {
    id: text("Its id.", { max: 128 }).exactOptional(),
    arn: text("Its ARN.", { max: 2048 }).exactOptional(),
    externalID: text("The external id that a target role's trust policy must name.", { max: 2048 }).exactOptional(),
  }).exactOptional(),
  serviceAccount: object("The ServiceAccount.", {
    name: text("Its name.", { max: 253 }).exactOptional(),
    created: flag("The operator created it.").exactOptional(),
  }).exactOptional(),
  subjects: list("The subjects that the trust policy names.", text("A subject of a token.", { max: 512 }), {
    max: 101,
  }).exactOptional(),
  trustPolicySize: integer("Characters of the trust policy, white space left out.", { min: 0 }).exactOptional(),
  trustPolicyQuota: integer("The most that IAM accepts.", { min: 0 }).exactOptional(),
  inlinePolicySize: integer("Characters of all inline policies, white space left out.", { min: 0 }).exactOptional(),
  policies: object("The policies on the role.", {
    attached: list("ARNs of attached policies.", text("An ARN.", { max: 2048 }), { max: 50 }).exactOptional(),
    inline: list("Names of inline policies.", text("A name.", { max: 128 }), { max: 50 }).exactOptional(),
  }).exactOptional(),
  managed: object("What the operator applied last, so that what leaves the spec leaves AWS.", {
    policyARNs: list("ARNs of policies that it attached.", text("An ARN.", { max: 2048 }), { max: 50 }).exactOptional(),
    inlineNames: list("Names of policies that it put.", text("A name.", { max: 128 }), { max: 50 }).exactOptional(),
    tagKeys: list("Keys of tags that it set.", text("A tag key.", { max: 128 }), { max: 50 }).exactOptional(),
    permissionsBoundaryARN: text("The permissions boundary that it set.", { max: 2048 }).exactOptional(),
  }).exactOptional(),
  plan: planSchema.exactOptional(),
});

export type IamServiceAccountSpec = Value<typeof spec>;
export type IamServiceAccountStatus = Value<typeof status>;

export interface IamServiceAccount extends KubeObject {
  readonly spec?: IamServiceAccountSpec;
  readonly status?: IamServiceAccountStatus;
}

export const iamServiceAccountFinalizer = "fairlead.io/iam-service-account";

export const iamServiceAccountKind: CustomKind<IamServiceAccount> = {
  group: "fairlead.io",
  version: "v1alpha1",
  kind: "IamServiceAccount",
  plural: "iamserviceaccounts",
  singular: "iamserviceaccount",
  shortNames: ["isa"],
  categories: ["fairlead"],
  namespaced: true,
  description: "An IAM role for the pods of a ServiceAccount, with its trust policy and rights.",
  schemas: { spec, status },
  columns: [
    { name: "MODE", type: "string", jsonPath: ".status.mode", description: "IRSA or PodIdentity" },
    {
      name: "SERVICEACCOUNT",
      type: "string",
      jsonPath: ".status.serviceAccount.name",
      description: "The ServiceAccount that pods use",
    },
    { name: "ROLE", type: "string", jsonPath: ".status.role.name", description: "The name of the role" },
    {
      name: "READY",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: "Whether all is in effect",
    },
    {
      name: "REASON",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: "Why it is ready or not",
      priority: 1,
    },
    { name: "ROLE-ARN", type: "string", jsonPath: ".status.roleARN", description: "The ARN of the role", priority: 1 },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
  ],
  specRequired: false,
  statusSubresource: true,
};
