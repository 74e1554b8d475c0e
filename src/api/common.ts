import { choice, flag, integer, list, map, object, text, type Value } from "./schema.ts";

/** Parts that several kinds share, so that one thing reads alike everywhere. */

const conditionSchema = object("One aspect of the object's state, as the Kubernetes API conventions define it.", {
  type: text("The aspect: Ready, Reconciling, Stalled, Drifted, or one of the kind's own.", {
    max: 316,
    pattern:
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
  }),
  status: choice("Whether it holds.", ["True", "False", "Unknown"]),
  observedGeneration: integer("The generation of the object that this was found for.", {
    min: 0,
    int64: true,
  }).exactOptional(),
  lastTransitionTime: text("When the status last changed.", { max: 64, format: "date-time" }),
  reason: text("One word from the closed list of reasons.", {
    min: 1,
    max: 1024,
    pattern: /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/,
  }),
  message: text("What is the case, for a person: object, field, value and what is allowed.", { max: 32_768 }),
});

export const conditionsSchema = list(
  "The object's state in the form that kubectl wait and Argo CD read.",
  conditionSchema,
  {
    max: 32,
    keys: ["type"],
  },
);

export const observedGenerationSchema = integer("The generation that the operator acted on last.", {
  min: 0,
  int64: true,
});

export const labelSelectorSchema = object(
  "Selects objects by their labels; both forms must hold.",
  {
    matchLabels: map("Labels that must be there with exactly these values.", text("The label's value.", { max: 63 }), {
      max: 64,
    }).exactOptional(),
    matchExpressions: list(
      "Requirements on labels; all must hold.",
      object("One requirement.", {
        key: text("The label's key.", { max: 317 }),
        operator: text("In, NotIn, Exists or DoesNotExist.", { max: 16 }),
        values: list("Values for In and NotIn.", text("A label value.", { max: 63 }), { max: 64 }).exactOptional(),
      }),
      { max: 64 },
    ).exactOptional(),
  },
  { atomic: true },
);

/** AWS tags that the user wants; the keys that record ownership are not for users. */
export function tagsSchema(description: string, max: number) {
  return map(description, text("The tag's value.", { max: 256 }), {
    max,
    rules: [
      {
        rule: "self.all(k, size(k) >= 1 && size(k) <= 128)",
        message: "a tag key has 1 to 128 characters",
      },
      {
        rule: "self.all(k, !k.startsWith('aws:') && !k.startsWith('fairlead.io/'))",
        message: "tag keys must not start with aws: or fairlead.io/, which are reserved",
      },
    ],
  });
}

export const roleARNPattern = /^arn:aws[a-z-]*:iam::[0-9]{12}:role\/([!-~]+\/)?[A-Za-z0-9_+=,.@-]{1,64}$/;
export const policyARNPattern = /^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy\/([!-~]+\/)?[A-Za-z0-9_+=,.@-]{1,128}$/;

export const rolePathSchema = text("The IAM path of the role, such as /workloads/. AWS never changes it afterwards.", {
  max: 512,
  pattern: /^\/([!-)+-~]{1,510}\/)?$/,
});

export const permissionsBoundaryARNSchema = text("The managed policy that bounds what the role may ever do.", {
  max: 2048,
  pattern: policyARNPattern,
});

export const managedARNsSchema = list(
  "ARNs of managed policies to attach.",
  text("The ARN of a managed policy.", { max: 2048, pattern: policyARNPattern }),
  { max: 25, set: true },
);

export const awsManagedSchema = list(
  "AWS's own managed policies by name, such as AmazonS3ReadOnlyAccess or service-role/AmazonEBSCSIDriverPolicy; the partition is filled in.",
  text("The name of an AWS managed policy, with its path when it has one.", {
    max: 512,
    pattern: /^([A-Za-z0-9_+=,.@-]+\/)*[A-Za-z0-9_+=,.@-]{1,128}$/,
  }),
  { max: 25, set: true },
);

export const pendingChangeSchema = object("One change that is wanted and not made.", {
  action: choice("What would be done.", ["create", "update", "replace", "delete"]),
  type: text("The AWS resource type, such as elbv2/Listener.", { max: 128 }),
  id: text("The resource's id inside its owner.", { max: 512 }),
  differences: list(
    "The fields that differ.",
    object("One field.", {
      field: text("Its path in the resource.", { max: 1024 }),
      from: text("The value in AWS.", { max: 4096 }).exactOptional(),
      to: text("The value wanted.", { max: 4096 }).exactOptional(),
      replace: flag("The field cannot be changed in place.").exactOptional(),
    }),
    { max: 50 },
  ).exactOptional(),
  reason: text("Why the change is not made, when it is refused.", { max: 256 }).exactOptional(),
  message: text("The same for a person, with what to do.", { max: 4096 }).exactOptional(),
});

export const planSchema = list("Changes that are pending: in mode plan, or refused.", pendingChangeSchema, {
  max: 100,
});

export const healthIssueSchema = object("One problem that AWS reports.", {
  code: text("AWS's code.", { max: 128 }),
  message: text("AWS's text.", { max: 4096 }).exactOptional(),
  resourceIDs: list("The resources concerned.", text("An id.", { max: 256 }), { max: 64 }).exactOptional(),
});

export const durationPattern = /^([0-9]+(h|m|s))+$/;

export type PendingChange = Value<typeof pendingChangeSchema>;
export type HealthIssue = Value<typeof healthIssueSchema>;
