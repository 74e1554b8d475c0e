import { conditionsSchema, observedGenerationSchema, planSchema, tagsSchema } from "./common.ts";
import type { CustomKind } from "./crd.ts";
import { fixed } from "./fixed-field.ts";
import type { KubeObject } from "./object.ts";
import { choice, list, object, text, type Value } from "./schema.ts";

/** `IamIdentityMapping`: an IAM principal that may call the Kubernetes API. */

const principal = object(
  "Who is let in: exactly one of the members.",
  {
    arn: text("The ARN of an IAM role or user.", {
      max: 2048,
      pattern: /^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)\/[!-~]+$/,
    }).exactOptional(),
    ssoPermissionSet: object("A permission set of IAM Identity Center, whose role is looked up.", {
      name: text("The name of the permission set.", { max: 32, pattern: /^[A-Za-z0-9_+=,.@-]{1,32}$/ }),
      accountID: text("The account that it is assigned in.", { max: 12, pattern: /^[0-9]{12}$/ }),
    }).exactOptional(),
    accountID: text("All principals of an account (ConfigMap only).", {
      max: 12,
      pattern: /^[0-9]{12}$/,
    }).exactOptional(),
    iamServiceAccountRef: object("The role of an IamServiceAccount.", {
      namespace: text("Its namespace.", { max: 63 }),
      name: text("Its name.", { max: 253 }),
    }).exactOptional(),
  },
  {
    rules: [
      {
        rule: "[has(self.arn), has(self.ssoPermissionSet), has(self.accountID), has(self.iamServiceAccountRef)].filter(x, x).size() == 1",
        message: "exactly one of arn, ssoPermissionSet, accountID and iamServiceAccountRef is needed",
      },
      { rule: "self == oldSelf", message: "principal cannot be changed; make a new object instead" },
    ],
  },
);

const types = ["Standard", "EC2Linux", "EC2Windows", "FargateLinux", "HybridLinux", "EC2", "HyperPodLinux"] as const;

const spec = object(
  "Who is let in and with which rights.",
  {
    principal,
    backend: choice(
      "Where it is written: Auto follows the cluster's authentication mode.",
      ["Auto", "AccessEntry", "ConfigMap"],
      {
        default: "Auto",
      },
    ).exactOptional(),
    type: choice("The type of the access entry. Standard when absent.", types).exactOptional(),
    username: text("The Kubernetes user name; chosen by EKS when absent.", { min: 1, max: 256 }).exactOptional(),
    groups: list("Kubernetes groups.", text("The name of a group.", { min: 1, max: 256, pattern: /^\S+$/ }), {
      max: 100,
      set: true,
    }).exactOptional(),
    accessPolicies: list(
      "EKS access policies.",
      object("One policy.", {
        policy: text("The name or ARN of an EKS access policy, such as AmazonEKSViewPolicy.", { min: 1, max: 2048 }),
        scope: object(
          "Where it holds.",
          {
            type: choice("The whole cluster or some namespaces.", ["Cluster", "Namespace"]),
            namespaces: list(
              "The namespaces; * stands for any characters.",
              text("A namespace.", { min: 1, max: 63 }),
              {
                min: 1,
                max: 100,
                set: true,
              },
            ).exactOptional(),
          },
          {
            rules: [
              {
                rule: "(self.type == 'Namespace') == has(self.namespaces)",
                message: "namespaces goes with type Namespace",
              },
            ],
          },
        ),
      }),
      { max: 20, keys: ["policy"] },
    ).exactOptional(),
    tags: tagsSchema("Tags of the access entry, beside those that record ownership.", 45).exactOptional(),
  },
  {
    rules: [
      fixed("type"),
      {
        rule: "!has(self.type) || self.type == 'Standard' || !(has(self.username) || has(self.groups))",
        message: "only type Standard takes username and groups",
      },
      {
        rule: "!has(self.type) || self.type in ['Standard', 'EC2'] || !has(self.accessPolicies)",
        message: "only types Standard and EC2 take accessPolicies",
      },
      {
        rule: "!has(self.principal.accountID) || !(has(self.username) || has(self.groups) || has(self.accessPolicies) || has(self.type))",
        message: "principal.accountID excludes username, groups, accessPolicies and type",
      },
    ],
  },
);

const status = object("What the operator found and did.", {
  observedGeneration: observedGenerationSchema.exactOptional(),
  conditions: conditionsSchema.exactOptional(),
  backend: text("Where it is written.", { max: 32 }).exactOptional(),
  authenticationMode: text("The cluster's authentication mode.", { max: 32 }).exactOptional(),
  principalARN: text("The principal in effect.", { max: 2048 }).exactOptional(),
  principalID: text("IAM's unique id of it.", { max: 128 }).exactOptional(),
  username: text("The Kubernetes user name in effect.", { max: 256 }).exactOptional(),
  type: text("The type of the access entry.", { max: 32 }).exactOptional(),
  accessEntryARN: text("The ARN of the access entry.", { max: 2048 }).exactOptional(),
  plan: planSchema.exactOptional(),
});

export interface IamIdentityMapping extends KubeObject {
  readonly spec: Value<typeof spec>;
  readonly status?: Value<typeof status>;
}

export const iamIdentityMappingFinalizer = "fairlead.io/iam-identity-mapping";

export const iamIdentityMappingKind: CustomKind<IamIdentityMapping> = {
  group: "fairlead.io",
  version: "v1alpha1",
  kind: "IamIdentityMapping",
  plural: "iamidentitymappings",
  singular: "iamidentitymapping",
  shortNames: ["iim"],
  categories: ["fairlead"],
  namespaced: false,
  description: "Lets an IAM principal call the Kubernetes API, by an EKS access entry or the aws-auth ConfigMap.",
  schemas: { spec, status },
  columns: [
    { name: "PRINCIPAL", type: "string", jsonPath: ".status.principalARN", description: "Who is let in" },
    { name: "BACKEND", type: "string", jsonPath: ".status.backend", description: "Where it is written" },
    { name: "TYPE", type: "string", jsonPath: ".status.type", description: "The type of the access entry" },
    { name: "USERNAME", type: "string", jsonPath: ".status.username", description: "The Kubernetes user name" },
    {
      name: "READY",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: "Whether all is in effect",
    },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
  ],
  specRequired: true,
  statusSubresource: true,
};
