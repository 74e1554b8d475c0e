import {
  conditionsSchema,
  durationPattern,
  healthIssueSchema,
  observedGenerationSchema,
  planSchema,
  roleARNPattern,
  tagsSchema,
} from "./common.ts";
import type { CustomKind } from "./crd.ts";
import { fixed } from "./fixed-field.ts";
import { createdExecutionRoleSchema } from "./node-group-role.ts";
import { fargateSubnetsSchema } from "./node-group-subnets.ts";
import type { KubeObject } from "./object.ts";
import { choice, flag, integer, integerOrText, list, map, object, text, type Value } from "./schema.ts";

/** `FargateProfile`: which pods run on AWS Fargate. */

const selector = object("Pods that run on Fargate: the namespace and all labels must match.", {
  namespace: text("The namespace; * stands for any characters and ? for one.", {
    min: 1,
    max: 63,
    pattern: /^[a-z0-9*?]([-a-z0-9*?]*[a-z0-9*?])?$/,
  }),
  labels: map("Labels of the pods; keys and values may hold * and ?.", text("The label's value.", { max: 63 }), {
    max: 5,
  }).exactOptional(),
});

const spec = object(
  "The wanted profile.",
  {
    clusterName: text("A guard: when given and not the operator's cluster, nothing is done.", {
      max: 100,
    }).exactOptional(),
    name: text("The name of the profile in EKS; the object's name when absent.", {
      min: 1,
      max: 56,
      pattern: /^[0-9A-Za-z][A-Za-z0-9_-]*$/,
      rules: [{ rule: "!self.startsWith('eks-')", message: "names that start with eks- are reserved" }],
    }).exactOptional(),
    podExecutionRole: object(
      "The role for pulling images and writing logs: an existing one, or one that the operator makes.",
      {
        arn: text("An existing role, which the operator then does not touch.", {
          max: 2048,
          pattern: roleARNPattern,
        }).exactOptional(),
        create: createdExecutionRoleSchema.exactOptional(),
      },
      { rules: [{ rule: "!(has(self.arn) && has(self.create))", message: "arn and create exclude each other" }] },
    ).exactOptional(),
    subnets: fargateSubnetsSchema.exactOptional(),
    selectors: list("Which pods run on Fargate; any of them will do.", selector, { min: 1, max: 5 }),
    tags: tagsSchema("Tags of the profile, beside those that record ownership.", 40).exactOptional(),
    coreDNS: flag("Let CoreDNS run on Fargate; needs a selector for kube-system.", { default: false }).exactOptional(),
    replaceStrategy: choice(
      "What happens when a field changes that AWS cannot change in place: all but the tags. Reject changes nothing and says so.",
      ["CreateBefore", "DeleteBefore", "Reject"],
      { default: "Reject" },
    ).exactOptional(),
    drain: object("How pods leave a profile that goes.", {
      timeout: text("How long that may take.", { max: 16, pattern: durationPattern, default: "1h" }).exactOptional(),
      onTimeout: choice("What follows when it takes longer.", ["Wait", "Force", "Abort"], {
        default: "Wait",
      }).exactOptional(),
      maxParallel: integerOrText("Pods at a time, as a number or a percentage. 25% when absent.").exactOptional(),
    }).exactOptional(),
  },
  { rules: [fixed("name"), fixed("clusterName")] },
);

const status = object("What EKS holds and what the operator does about it.", {
  observedGeneration: observedGenerationSchema.exactOptional(),
  conditions: conditionsSchema.exactOptional(),
  phase: choice("How far the profile is, in one word.", [
    "Pending",
    "Queued",
    "Creating",
    "Active",
    "Replacing",
    "Deleting",
    "Failed",
  ]).exactOptional(),
  profileName: text("The name of the profile in EKS.", { max: 100 }).exactOptional(),
  arn: text("The ARN of the profile.", { max: 2048 }).exactOptional(),
  podExecutionRoleARN: text("The role in effect.", { max: 2048 }).exactOptional(),
  namespaces: text("The namespaces of the selectors, for tables.", { max: 512 }).exactOptional(),
  subnets: list("The subnets in effect.", text("The id of a subnet.", { max: 64 }), { max: 16 }).exactOptional(),
  pods: object("Pods that match.", {
    running: integer("Running on this profile.", { min: 0 }).exactOptional(),
    pending: integer("Waiting.", { min: 0 }).exactOptional(),
    matchingElsewhere: integer("Matching, but running elsewhere since before.", { min: 0 }).exactOptional(),
  }).exactOptional(),
  queuePosition: integer("Operations of the cluster's profiles that go first; 0 when running.", {
    min: 0,
  }).exactOptional(),
  waitingFor: text("What those are.", { max: 512 }).exactOptional(),
  health: object("Health as EKS sees it.", {
    issues: list("What is wrong.", healthIssueSchema, { max: 50 }).exactOptional(),
  }).exactOptional(),
  managed: object("What the operator applied last, so that what leaves the spec leaves AWS.", {
    tagKeys: list("Keys of tags that it set.", text("A tag key.", { max: 128 }), { max: 50 }).exactOptional(),
    policyARNs: list("ARNs of policies that it attached to the role.", text("An ARN.", { max: 2048 }), {
      max: 50,
    }).exactOptional(),
  }).exactOptional(),
  plan: planSchema.exactOptional(),
});

export type FargateProfileApiSpec = Value<typeof spec>;
export type FargateProfileStatus = Value<typeof status>;

export interface FargateProfile extends KubeObject {
  readonly spec: Value<typeof spec>;
  readonly status?: Value<typeof status>;
}

export const fargateProfileFinalizer = "fairlead.io/fargate-profile";

export const fargateProfileKind: CustomKind<FargateProfile> = {
  group: "fairlead.io",
  version: "v1alpha1",
  kind: "FargateProfile",
  plural: "fargateprofiles",
  singular: "fargateprofile",
  shortNames: ["fp"],
  categories: ["fairlead"],
  namespaced: false,
  description: "An EKS Fargate profile: which pods run on AWS Fargate, and the role that starts them.",
  schemas: { spec, status },
  columns: [
    { name: "STATUS", type: "string", jsonPath: ".status.phase", description: "How far the profile is" },
    { name: "NAMESPACES", type: "string", jsonPath: ".status.namespaces", description: "Namespaces of the selectors" },
    { name: "PODS", type: "integer", jsonPath: ".status.pods.running", description: "Pods on this profile" },
    {
      name: "QUEUE",
      type: "integer",
      jsonPath: ".status.queuePosition",
      description: "Operations that go first",
      priority: 1,
    },
    {
      name: "ROLE",
      type: "string",
      jsonPath: ".status.podExecutionRoleARN",
      description: "The pod execution role",
      priority: 1,
    },
    {
      name: "REASON",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: "Why it is ready or not",
      priority: 1,
    },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
  ],
  rules: [
    {
      rule: "has(self.spec.name) || self.metadata.name.matches('^[0-9a-z][0-9a-z-]{0,55}$') && !self.metadata.name.startsWith('eks-')",
      message:
        "names of profiles have at most 56 letters, digits and hyphens and do not start with eks-; set spec.name for others",
    },
  ],
  specRequired: true,
  statusSubresource: true,
};
